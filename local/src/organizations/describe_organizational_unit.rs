//! `DescribeOrganizationalUnit`

use serde::Deserialize;
use serde_json::{Value, json};
use shared::ids::OrganizationalUnitId;

use super::views;
use crate::{api_error::ApiError, call::Call};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DescribeOrganizationalUnitRequest {
    organizational_unit_id: OrganizationalUnitId,
}

/// The root is not an organizational unit: `ListRoots` shows it.
///
/// <https://docs.aws.amazon.com/organizations/latest/APIReference/API_DescribeOrganizationalUnit.html>
pub(super) fn describe_organizational_unit(
    call: &mut Call<'_>,
    request: &DescribeOrganizationalUnitRequest,
) -> Result<Value, ApiError> {
    let unit = call.state.organizational_units.get(&request.organizational_unit_id);
    let unit = unit.filter(|unit| unit.parent_id.is_some()).ok_or_else(|| {
        let message = "You specified an organizational unit that doesn't exist.";
        ApiError::new("OrganizationalUnitNotFoundException", message)
    })?;
    Ok(json!({ "OrganizationalUnit": views::organizational_unit(call.state, unit) }))
}
