//! `ListGroupMemberships`

use serde::Deserialize;
use serde_json::Value;
use shared::ids::GroupId;

use super::{errors, member, store::StoreId};
use crate::{
    api_error::ApiError,
    call::Call,
    paging::{IDENTITY_CENTER_PAGE, PageRequest},
};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListGroupMembershipsRequest {
    identity_store_id: StoreId,
    group_id: GroupId,
    #[serde(flatten)]
    page: PageRequest,
}

/// <https://docs.aws.amazon.com/singlesignon/latest/IdentityStoreAPIReference/API_ListGroupMemberships.html>
pub(super) fn list_group_memberships(
    call: &mut Call<'_>,
    request: &ListGroupMembershipsRequest,
) -> Result<Value, ApiError> {
    request.identity_store_id.check(call.state)?;
    errors::known_group(call.state, &request.group_id)?;
    call.list(
        "GroupMemberships",
        IDENTITY_CENTER_PAGE,
        &request.page,
        call.state.memberships.of_group(&request.group_id),
        |stored| stored.membership.user_id.as_str().into(),
        |stored| member::view(call.state, stored),
    )
}
