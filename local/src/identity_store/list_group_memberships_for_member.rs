//! `ListGroupMembershipsForMember`

use serde::Deserialize;
use serde_json::Value;

use super::{
    errors,
    member::{self, MemberId},
    store::StoreId,
};
use crate::{
    api_error::ApiError,
    call::Call,
    paging::{IDENTITY_CENTER_PAGE, PageRequest},
};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListGroupMembershipsForMemberRequest {
    identity_store_id: StoreId,
    member_id: MemberId,
    #[serde(flatten)]
    page: PageRequest,
}

/// <https://docs.aws.amazon.com/singlesignon/latest/IdentityStoreAPIReference/API_ListGroupMembershipsForMember.html>
pub(super) fn list_group_memberships_for_member(
    call: &mut Call<'_>,
    request: &ListGroupMembershipsForMemberRequest,
) -> Result<Value, ApiError> {
    request.identity_store_id.check(call.state)?;
    let user = request.member_id.user_id();
    errors::known_user(call.state, user)?;
    call.list(
        "GroupMemberships",
        IDENTITY_CENTER_PAGE,
        &request.page,
        call.state.memberships.of_user(user),
        |stored| stored.membership.group_id.as_str().into(),
        |stored| member::view(call.state, stored),
    )
}
