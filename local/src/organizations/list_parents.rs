//! `ListParents`

use serde::Deserialize;
use serde_json::{Value, json};
use shared::ids::{AccountId, OrganizationalUnitId};

use crate::{
    api_error::ApiError,
    call::Call,
    paging::{ORGANIZATIONS_PAGE, PageRequest},
    state::State,
};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListParentsRequest {
    child_id: String,
    #[serde(flatten)]
    page: PageRequest,
}

/// <https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListParents.html>
pub(super) fn list_parents(
    call: &mut Call<'_>,
    request: &ListParentsRequest,
) -> Result<Value, ApiError> {
    let parent = parent(call.state, &request.child_id).ok_or_else(|| {
        ApiError::new("ChildNotFoundException", "You specified a child that doesn't exist.")
    })?;
    let kind = if parent == call.state.facts.root_id { "ROOT" } else { "ORGANIZATIONAL_UNIT" };
    let parents = vec![json!({ "Id": parent, "Type": kind })];
    call.page("Parents", ORGANIZATIONS_PAGE, &request.page, parents)
}

fn parent(state: &State, child: &str) -> Option<OrganizationalUnitId> {
    if let Ok(account) = child.parse::<AccountId>() {
        return Some(state.members.get(&account)?.account.parent_id.clone());
    }
    state.organizational_units.get(&child.parse().ok()?)?.parent_id.clone()
}
