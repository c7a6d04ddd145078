//! `ListGroups`

use serde::Deserialize;
use serde_json::Value;
use shared::ids::IdentityStoreId;

use super::{errors, group};
use crate::{
    api_error::ApiError,
    call::Call,
    paging::{IDENTITY_CENTER_PAGE, PageRequest},
};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListGroupsRequest {
    identity_store_id: IdentityStoreId,
    #[serde(default)]
    filters: Vec<Value>,
    #[serde(flatten)]
    page: PageRequest,
}

/// <https://docs.aws.amazon.com/singlesignon/latest/IdentityStoreAPIReference/API_ListGroups.html>
pub(super) fn list_groups(
    call: &mut Call<'_>,
    request: &ListGroupsRequest,
) -> Result<Value, ApiError> {
    errors::known_store(call.state, &request.identity_store_id)?;
    errors::no_filters(call, &request.filters)?;
    let groups = call.state.groups.values().map(|group| group::view(call.state, group)).collect();
    call.page("Groups", IDENTITY_CENTER_PAGE, &request.page, groups)
}
