//! `ProvisionPermissionSet`: brings the roles in accounts up to date, a while later.

use serde::Deserialize;
use serde_json::{Value, json};
use shared::ids::{AccountId, PermissionSetArn};

use super::{
    delegated, errors, permission_set::PermissionSetRequest, provisioning_status,
    role_updates::Role, roles,
};
use crate::{
    api_error::ApiError,
    call::Call,
    quotas::{ACCOUNTS_PER_PROVISIONING, OUTSTANDING_PROVISIONINGS},
    state::State,
};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ProvisionRequest {
    #[serde(flatten)]
    set: PermissionSetRequest,
    target_id: Option<AccountId>,
    target_type: TargetType,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum TargetType {
    AwsAccount,
    AllProvisionedAccounts,
}

/// An accepted request.
#[derive(Clone, Debug)]
pub(crate) struct Provisioning {
    pub(super) permission_set_arn: PermissionSetArn,
    /// The account that was named; without one, all.
    pub(super) target: Option<AccountId>,
    /// The accounts it is about, sorted.
    pub(super) accounts: Vec<AccountId>,
}

/// <https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_ProvisionPermissionSet.html>
pub(super) fn provision_permission_set(
    call: &mut Call<'_>,
    request: &ProvisionRequest,
) -> Result<Value, ApiError> {
    let set = request.set.find_mut(call)?.arn.clone();
    let provisioning = match request.target_type {
        TargetType::AwsAccount => one(call, set, request.target_id.as_ref())?,
        TargetType::AllProvisionedAccounts => all(call, set)?,
    };
    begin_role_updates(call.state, &provisioning)?;
    let injected = call.take_failure(provisioning.target.as_ref());
    let delay = roles::delay(call, &provisioning.accounts);
    let (request_id, now) = (call.request_id.to_owned(), call.now);
    let accepted = call.state.provisionings.accept(&request_id, now, provisioning);
    let answer =
        json!({ "PermissionSetProvisioningStatus": provisioning_status::view(accepted, None) });
    call.later(delay, move |state| complete(state, &request_id, injected));
    Ok(answer)
}

/// One account, to which the permission set need not be assigned.
fn one(
    call: &Call<'_>,
    set: PermissionSetArn,
    target: Option<&AccountId>,
) -> Result<Provisioning, ApiError> {
    let account = target
        .ok_or_else(|| call.invalid("TargetId is required when TargetType is AWS_ACCOUNT"))?;
    errors::known_account(call.state, account)?;
    delegated::may_change_account(call, account)?;
    let (target, accounts) = (Some(account.clone()), vec![account.clone()]);
    Ok(Provisioning { permission_set_arn: set, target, accounts })
}

/// All accounts that have the permission set now. The quotas are AWS's; with which errors they are
/// kept is not documented.
fn all(call: &Call<'_>, set: PermissionSetArn) -> Result<Provisioning, ApiError> {
    let accounts: Vec<AccountId> =
        call.state.assignments.accounts(&set).map(|(account, _)| account.clone()).collect();
    let accepted = call.state.provisionings.in_progress().map(|accepted| &accepted.request);
    let for_all = accepted.filter(|provisioning| provisioning.target.is_none());
    if call.has_quotas() && for_all.count() >= OUTSTANDING_PROVISIONINGS {
        let message =
            format!("More than {OUTSTANDING_PROVISIONINGS} permission sets are being provisioned.");
        return Err(ApiError::new("ThrottlingException", message));
    }
    if call.has_quotas() && accounts.len() > ACCOUNTS_PER_PROVISIONING {
        let message = format!(
            "The PermissionSet is provisioned to more than {ACCOUNTS_PER_PROVISIONING} accounts."
        );
        return Err(call.invalid(message));
    }
    Ok(Provisioning { permission_set_arn: set, target: None, accounts })
}

/// The role is updated in every account, or in none when one of them is busy.
fn begin_role_updates(state: &mut State, provisioning: &Provisioning) -> Result<(), ApiError> {
    let Provisioning { permission_set_arn: set, accounts, .. } = provisioning;
    for account in accounts {
        state.role_updates.check(account, set, Role::IsUpdated)?;
    }
    for account in accounts {
        state.role_updates.begin(account.clone(), set.clone());
    }
    Ok(())
}

/// Does all that can be done; the first failure is the one that is told.
fn complete(state: &mut State, request_id: &str, injected: Option<String>) {
    let accepted = state.provisionings.get(request_id);
    let Some(provisioning) = accepted.map(|accepted| accepted.request.clone()) else { return };
    let mut outcome = injected.map_or(Ok(()), Err);
    if outcome.is_ok() {
        for account in &provisioning.accounts {
            let applied = apply(state, &provisioning, account);
            outcome = outcome.and(applied);
        }
    }
    for account in &provisioning.accounts {
        state.role_updates.end(account, &provisioning.permission_set_arn);
    }
    let now = state.clock.now();
    state.provisionings.end(request_id, now, outcome);
}

fn apply(
    state: &mut State,
    provisioning: &Provisioning,
    account: &AccountId,
) -> Result<(), String> {
    roles::check_reachable(state, account)?;
    let Provisioning { permission_set_arn: arn, target, .. } = provisioning;
    let set = state.permission_sets.get(arn).map(|set| (set.arn.clone(), set.revision));
    let is_gone = target.is_none() && !state.assignments.is_provisioned(account, arn);
    match set.filter(|_| !is_gone) {
        Some((set, revision)) => {
            state.assignments.provision(account.clone(), set, revision);
            Ok(())
        }
        // Seen in <https://github.com/cloudposse/terraform-aws-sso/issues/66>.
        None => Err(format!(
            "Received a 404 status error: Permission set provision not found in AWS account {account}."
        )),
    }
}
