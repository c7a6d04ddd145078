//! `RegisterDelegatedAdministrator` and `DeregisterDelegatedAdministrator`

use serde::Deserialize;
use serde_json::{Value, json};
use shared::{ids::AccountId, organization::AccountState};

use super::{delegations::IDENTITY_CENTER, errors};
use crate::{api_error::ApiError, call::Call};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DelegatedAdministratorRequest {
    account_id: AccountId,
    service_principal: String,
}

/// <https://docs.aws.amazon.com/organizations/latest/APIReference/API_RegisterDelegatedAdministrator.html>
pub(super) fn register(
    call: &mut Call<'_>,
    request: &DelegatedAdministratorRequest,
) -> Result<Value, ApiError> {
    check(call, request)?;
    let (account, service) = (request.account_id.clone(), request.service_principal.clone());
    call.state.delegations.register(account, service, call.now);
    Ok(json!({}))
}

/// <https://docs.aws.amazon.com/organizations/latest/APIReference/API_DeregisterDelegatedAdministrator.html>
pub(super) fn deregister(
    call: &mut Call<'_>,
    request: &DelegatedAdministratorRequest,
) -> Result<Value, ApiError> {
    errors::known_account(call.state, &request.account_id)?;
    let delegations = &mut call.state.delegations;
    if delegations.deregister(&request.account_id, &request.service_principal) {
        Ok(json!({}))
    } else {
        Err(errors::not_registered())
    }
}

fn check(call: &Call<'_>, request: &DelegatedAdministratorRequest) -> Result<(), ApiError> {
    let (account, service) = (&request.account_id, request.service_principal.as_str());
    let member = errors::known_account(call.state, account)?;
    if call.state.facts.management_account_id == *account {
        let message = "You can't register the management account as a delegated administrator.";
        return Err(errors::constraint(
            "CANNOT_REGISTER_MASTER_AS_DELEGATED_ADMINISTRATOR",
            message,
        ));
    }
    if member.account.state != AccountState::Active {
        let message = "You can't register a suspended account as a delegated administrator.";
        let reason = "CANNOT_REGISTER_SUSPENDED_ACCOUNT_AS_DELEGATED_ADMINISTRATOR";
        return Err(errors::constraint(reason, message));
    }
    check_others(call, account, service)
}

/// One account at most administers Identity Center.
///
/// Source: <https://docs.aws.amazon.com/singlesignon/latest/userguide/delegated-admin.html>
fn check_others(call: &Call<'_>, account: &AccountId, service: &str) -> Result<(), ApiError> {
    let mut administrators = call.state.delegations.administrators(Some(service));
    let Some((other, _)) =
        administrators.find(|(other, _)| *other == account || service == IDENTITY_CENTER)
    else {
        return Ok(());
    };
    if other == account {
        let message = "The account is already a delegated administrator for this service.";
        return Err(ApiError::new("AccountAlreadyRegisteredException", message));
    }
    let message = "The service already has a delegated administrator. Deregister it first.";
    Err(errors::constraint("DELEGATED_ADMINISTRATOR_EXISTS_FOR_THIS_SERVICE", message))
}
