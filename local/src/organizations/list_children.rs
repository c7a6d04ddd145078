//! `ListChildren`

use serde::Deserialize;
use serde_json::{Value, json};
use shared::ids::OrganizationalUnitId;

use super::errors;
use crate::{
    api_error::ApiError,
    call::Call,
    paging::{ORGANIZATIONS_PAGE, PageRequest},
};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListChildrenRequest {
    parent_id: OrganizationalUnitId,
    child_type: ChildType,
    #[serde(flatten)]
    page: PageRequest,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum ChildType {
    Account,
    OrganizationalUnit,
}

/// <https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListChildren.html>
pub(super) fn list_children(
    call: &mut Call<'_>,
    request: &ListChildrenRequest,
) -> Result<Value, ApiError> {
    let parent = &request.parent_id;
    errors::known_parent(call.state, parent)?;
    match request.child_type {
        ChildType::Account => {
            let accounts = call.state.members.of_parent(parent);
            page(call, request, accounts.map(|member| member.account.id.as_str()), "ACCOUNT")
        }
        ChildType::OrganizationalUnit => {
            let units = call.state.organizational_units.of_parent(parent);
            page(call, request, units.map(|unit| unit.id.as_str()), "ORGANIZATIONAL_UNIT")
        }
    }
}

fn page<'a>(
    call: &Call<'_>,
    request: &ListChildrenRequest,
    ids: impl Iterator<Item = &'a str>,
    kind: &str,
) -> Result<Value, ApiError> {
    call.list(
        "Children",
        ORGANIZATIONS_PAGE,
        &request.page,
        ids,
        |id| (*id).into(),
        |id| json!({ "Id": id, "Type": kind }),
    )
}
