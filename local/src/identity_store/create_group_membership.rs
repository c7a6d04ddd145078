//! `CreateGroupMembership`

use serde::Deserialize;
use serde_json::{Value, json};
use shared::{
    ids::{GroupId, IdentityStoreId},
    organization::Membership,
};
use uuid::Uuid;

use super::{
    errors,
    member::{self, MemberId},
};
use crate::{api_error::ApiError, call::Call};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct CreateGroupMembershipRequest {
    identity_store_id: IdentityStoreId,
    group_id: GroupId,
    member_id: MemberId,
}

/// <https://docs.aws.amazon.com/singlesignon/latest/IdentityStoreAPIReference/API_CreateGroupMembership.html>
pub(super) fn create_group_membership(
    call: &mut Call<'_>,
    request: &CreateGroupMembershipRequest,
) -> Result<Value, ApiError> {
    errors::known_store(call.state, &request.identity_store_id)?;
    let (group, user) = (&request.group_id, request.member_id.user_id());
    errors::known_group(call.state, group)?;
    errors::known_user(call.state, user)?;
    if member::is_in_group(call.state, user, group) {
        return Err(errors::conflict("Member and Group relationship already exists"));
    }
    let id = Uuid::new_v4().to_string();
    let membership = Membership { group_id: group.clone(), user_id: user.clone() };
    call.state.memberships.insert(id.clone(), membership);
    Ok(json!({ "MembershipId": id, "IdentityStoreId": request.identity_store_id }))
}
