//! `DescribeOrganizationalUnit`

use serde::Deserialize;
use serde_json::{Value, json};
use shared::ids::OrganizationalUnitId;

use super::{errors, views};
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
    let unit = errors::known_unit(call, &request.organizational_unit_id)?;
    Ok(json!({ "OrganizationalUnit": views::organizational_unit(call.state, unit) }))
}
