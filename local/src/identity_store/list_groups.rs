//! `ListGroups`

use serde::Deserialize;
use serde_json::Value;

use super::{errors, group, store::StoreId};
use crate::{
    api_error::ApiError,
    call::Call,
    paging::{IDENTITY_CENTER_PAGE, PageRequest},
};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListGroupsRequest {
    identity_store_id: StoreId,
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
    request.identity_store_id.check(call.state)?;
    errors::no_filters(call, &request.filters)?;
    call.list(
        "Groups",
        IDENTITY_CENTER_PAGE,
        &request.page,
        call.state.groups.rest(call.operation, &request.page),
        |stored| stored.group.id.as_str().into(),
        |stored| group::view(call.state, stored),
    )
}
