//! `DeleteOrganizationalUnit`

use serde::Deserialize;
use serde_json::{Value, json};
use shared::ids::OrganizationalUnitId;

use super::errors;
use crate::{api_error::ApiError, call::Call};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DeleteOrganizationalUnitRequest {
    organizational_unit_id: OrganizationalUnitId,
}

/// <https://docs.aws.amazon.com/organizations/latest/APIReference/API_DeleteOrganizationalUnit.html>
pub(super) fn delete_organizational_unit(
    call: &mut Call<'_>,
    request: &DeleteOrganizationalUnitRequest,
) -> Result<Value, ApiError> {
    let id = &request.organizational_unit_id;
    errors::known_unit(call, id)?;
    let has_units = call.state.organizational_units.of_parent(id).next().is_some();
    let has_accounts = call.state.members.of_parent(id).next().is_some();
    if has_units || has_accounts {
        let message = "The specified OU is not empty.";
        return Err(ApiError::new("OrganizationalUnitNotEmptyException", message));
    }
    call.state.organizational_units.remove(id);
    Ok(json!({}))
}
