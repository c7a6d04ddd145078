//! `ListOrganizationalUnitsForParent`

use serde::Deserialize;
use serde_json::Value;
use shared::ids::OrganizationalUnitId;

use super::{errors, views};
use crate::{
    api_error::ApiError,
    call::Call,
    paging::{ORGANIZATIONS_PAGE, PageRequest},
};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListOrganizationalUnitsForParentRequest {
    parent_id: OrganizationalUnitId,
    #[serde(flatten)]
    page: PageRequest,
}

/// <https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListOrganizationalUnitsForParent.html>
pub(super) fn list_organizational_units_for_parent(
    call: &mut Call<'_>,
    request: &ListOrganizationalUnitsForParentRequest,
) -> Result<Value, ApiError> {
    errors::known_parent(call.state, &request.parent_id)?;
    call.list(
        "OrganizationalUnits",
        ORGANIZATIONS_PAGE,
        &request.page,
        call.state.organizational_units.of_parent(&request.parent_id),
        |unit| unit.id.as_str().into(),
        |unit| views::organizational_unit(call.state, unit),
    )
}
