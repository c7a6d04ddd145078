//! `ListGroupMembershipsForMember`

use serde::Deserialize;
use serde_json::Value;
use shared::ids::IdentityStoreId;

use super::{
    errors,
    member::{self, MemberId},
};
use crate::{
    api_error::ApiError,
    call::Call,
    paging::{IDENTITY_CENTER_PAGE, PageRequest},
};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListGroupMembershipsForMemberRequest {
    identity_store_id: IdentityStoreId,
    member_id: MemberId,
    #[serde(flatten)]
    page: PageRequest,
}

/// <https://docs.aws.amazon.com/singlesignon/latest/IdentityStoreAPIReference/API_ListGroupMembershipsForMember.html>
pub(super) fn list_group_memberships_for_member(
    call: &mut Call<'_>,
    request: &ListGroupMembershipsForMemberRequest,
) -> Result<Value, ApiError> {
    errors::known_store(call.state, &request.identity_store_id)?;
    let user = request.member_id.user_id();
    errors::known_user(call.state, user)?;
    let memberships = call.state.memberships.iter();
    let memberships = memberships.filter(|(_, membership)| membership.user_id == *user);
    let memberships =
        memberships.map(|(id, membership)| member::view(call.state, id, membership)).collect();
    call.page("GroupMemberships", IDENTITY_CENTER_PAGE, &request.page, memberships)
}
