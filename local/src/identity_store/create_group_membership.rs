//! `CreateGroupMembership`

use serde::Deserialize;
use serde_json::Value;
use shared::{ids::GroupId, organization::Membership};

use super::{
    errors,
    member::{self, MemberId},
    store::StoreId,
};
use crate::{api_error::ApiError, call::Call};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct CreateGroupMembershipRequest {
    identity_store_id: StoreId,
    group_id: GroupId,
    member_id: MemberId,
}

/// <https://docs.aws.amazon.com/singlesignon/latest/IdentityStoreAPIReference/API_CreateGroupMembership.html>
pub(super) fn create_group_membership(
    call: &mut Call<'_>,
    request: &CreateGroupMembershipRequest,
) -> Result<Value, ApiError> {
    request.identity_store_id.check(call.state)?;
    let group_id = errors::known_group(call.state, &request.group_id)?.group.id.clone();
    let user_id = errors::known_user(call.state, request.member_id.user_id())?.user.id.clone();
    let membership = Membership { group_id, user_id };
    let id = call
        .state
        .memberships
        .insert(membership, call.now)
        .ok_or_else(|| errors::duplicate("Member and Group relationship already exists"))?;
    Ok(member::named(call.state, id))
}
