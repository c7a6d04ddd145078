//! `CreateAccountAssignment`

use serde_json::Value;
use shared::organization::{Assignment, Principal};

use super::{
    assignment::{self, ChangeRequest, Direction},
    errors,
};
use crate::{
    api_error::ApiError,
    call::Call,
    quotas::{GROUPS_PER_PERMISSION_SET_AND_ACCOUNT, PERMISSION_SETS_PER_ACCOUNT},
    state::State,
};

/// <https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_CreateAccountAssignment.html>
pub(super) fn create_account_assignment(
    call: &mut Call<'_>,
    request: &ChangeRequest,
) -> Result<Value, ApiError> {
    let wanted = request.assignment(call)?;
    check_principal(call.state, &wanted.principal)?;
    check_groups(call.state, &wanted)?;
    check_permission_sets(call, &wanted)?;
    assignment::accept(call, Direction::Creation, wanted)
}

fn check_principal(state: &State, principal: &Principal) -> Result<(), ApiError> {
    let known = match principal {
        Principal::Group(id) => state.groups.contains_key(id),
        Principal::User(id) => state.users.contains_key(id),
    };
    if known { Ok(()) } else { Err(errors::not_found(principal.kind(), principal.id())) }
}

/// Source: <https://docs.aws.amazon.com/singlesignon/latest/userguide/limits.html>
fn check_groups(state: &State, wanted: &Assignment) -> Result<(), ApiError> {
    let is_group = |principal: &&Principal| matches!(principal, Principal::Group(_));
    let principals = state.assignments.principals(&wanted.account_id, &wanted.permission_set_arn);
    let is_full = principals.filter(is_group).count() >= GROUPS_PER_PERMISSION_SET_AND_ACCOUNT;
    if is_full && is_group(&&wanted.principal) && !state.assignments.contains(wanted) {
        let what = "groups for a permission set in an account";
        return Err(errors::quota_exceeded(GROUPS_PER_PERMISSION_SET_AND_ACCOUNT, what));
    }
    Ok(())
}

/// Adjustable, so only where quotas are strict.
fn check_permission_sets(call: &Call<'_>, wanted: &Assignment) -> Result<(), ApiError> {
    let Assignment { account_id, permission_set_arn, .. } = wanted;
    let assignments = &call.state.assignments;
    let provisioned = assignments.permission_sets(account_id).count();
    if call.has_quotas()
        && provisioned >= PERMISSION_SETS_PER_ACCOUNT
        && !assignments.is_provisioned(account_id, permission_set_arn)
    {
        let what = "permission sets provisioned to an account";
        return Err(errors::quota_exceeded(PERMISSION_SETS_PER_ACCOUNT, what));
    }
    Ok(())
}
