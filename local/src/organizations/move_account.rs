//! `MoveAccount`

use serde::Deserialize;
use serde_json::{Value, json};
use shared::ids::{AccountId, OrganizationalUnitId};

use super::errors;
use crate::{api_error::ApiError, call::Call};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct MoveAccountRequest {
    account_id: AccountId,
    source_parent_id: OrganizationalUnitId,
    destination_parent_id: OrganizationalUnitId,
}

/// <https://docs.aws.amazon.com/organizations/latest/APIReference/API_MoveAccount.html>
pub(super) fn move_account(
    call: &mut Call<'_>,
    request: &MoveAccountRequest,
) -> Result<Value, ApiError> {
    let units = &call.state.organizational_units;
    if !units.contains_key(&request.source_parent_id) {
        let message = "You specified a source parent that doesn't exist.";
        return Err(ApiError::new("SourceParentNotFoundException", message));
    }
    if !units.contains_key(&request.destination_parent_id) {
        let message = "You specified a destination parent that doesn't exist.";
        return Err(ApiError::new("DestinationParentNotFoundException", message));
    }
    let account = &errors::known_account(call.state, &request.account_id)?.account;
    if account.parent_id == request.destination_parent_id {
        let message = "The account is already in the destination parent.";
        return Err(ApiError::new("DuplicateAccountException", message));
    }
    if account.parent_id != request.source_parent_id {
        return Err(errors::account_not_found());
    }
    call.state.members.move_to(&request.account_id, request.destination_parent_id.clone());
    Ok(json!({}))
}
