//! `ListGroupMemberships`

use serde::Deserialize;
use serde_json::Value;
use shared::ids::{GroupId, IdentityStoreId};

use super::{errors, member};
use crate::{
    api_error::ApiError,
    call::Call,
    paging::{IDENTITY_CENTER_PAGE, PageRequest},
};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListGroupMembershipsRequest {
    identity_store_id: IdentityStoreId,
    group_id: GroupId,
    #[serde(flatten)]
    page: PageRequest,
}

/// <https://docs.aws.amazon.com/singlesignon/latest/IdentityStoreAPIReference/API_ListGroupMemberships.html>
pub(super) fn list_group_memberships(
    call: &mut Call<'_>,
    request: &ListGroupMembershipsRequest,
) -> Result<Value, ApiError> {
    errors::known_store(call.state, &request.identity_store_id)?;
    errors::known_group(call.state, &request.group_id)?;
    let memberships = call.state.memberships.iter();
    let memberships = memberships.filter(|(_, membership)| membership.group_id == request.group_id);
    let memberships =
        memberships.map(|(id, membership)| member::view(call.state, id, membership)).collect();
    call.page("GroupMemberships", IDENTITY_CENTER_PAGE, &request.page, memberships)
}
