//! `RemoveAccountFromOrganization`

use serde::Deserialize;
use serde_json::{Value, json};
use shared::ids::AccountId;

use super::errors;
use crate::{api_error::ApiError, call::Call, clock, cloud_trail};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct RemoveAccountFromOrganizationRequest {
    account_id: AccountId,
}

/// Its tags go with it, and so do its assignments.
///
/// <https://docs.aws.amazon.com/organizations/latest/APIReference/API_RemoveAccountFromOrganization.html>
pub(super) fn remove_account_from_organization(
    call: &mut Call<'_>,
    request: &RemoveAccountFromOrganizationRequest,
) -> Result<Value, ApiError> {
    let management_account_id = &call.state.facts.management_account_id;
    if request.account_id == *management_account_id {
        let message = "You can't remove the management account from the organization.";
        return Err(ApiError::new("MasterCannotLeaveOrganizationException", message));
    }
    let details = json!({
        "accountId": request.account_id,
        "managementAccountId": management_account_id,
        "departureMethod": "REMOVED",
        "departureTime": clock::iso(call.now),
    });
    call.state.members.remove(&request.account_id).ok_or_else(errors::account_not_found)?;
    call.state.assignments.remove_account(&request.account_id);
    call.state.send(cloud_trail::organizations_event(
        call.state,
        "AccountDepartedOrganization",
        &details,
    ));
    Ok(json!({}))
}
