//! `UpdateOrganizationalUnit`: another name.

use serde::Deserialize;
use serde_json::{Value, json};
use shared::ids::OrganizationalUnitId;

use super::{errors, unit_name, views};
use crate::{api_error::ApiError, call::Call};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct UpdateOrganizationalUnitRequest {
    organizational_unit_id: OrganizationalUnitId,
    name: Option<String>,
}

/// <https://docs.aws.amazon.com/organizations/latest/APIReference/API_UpdateOrganizationalUnit.html>
pub(super) fn update_organizational_unit(
    call: &mut Call<'_>,
    request: &UpdateOrganizationalUnitRequest,
) -> Result<Value, ApiError> {
    let mut unit = errors::known_unit(call, &request.organizational_unit_id)?.clone();
    let renamed = request.name.as_ref().filter(|name| **name != unit.name);
    if let (Some(name), Some(parent)) = (renamed, &unit.parent_id) {
        unit_name::check(call.state, name, parent)?;
        call.state.organizational_units.rename(&unit.id, name.clone());
        unit.name.clone_from(name);
    }
    Ok(json!({ "OrganizationalUnit": views::organizational_unit(call.state, &unit) }))
}
