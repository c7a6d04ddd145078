//! `GetGroupMembershipId`

use serde::Deserialize;
use serde_json::Value;
use shared::ids::GroupId;

use super::{
    errors,
    member::{self, MemberId},
    store::StoreId,
};
use crate::{api_error::ApiError, call::Call};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct GetGroupMembershipIdRequest {
    identity_store_id: StoreId,
    group_id: GroupId,
    member_id: MemberId,
}

/// <https://docs.aws.amazon.com/singlesignon/latest/IdentityStoreAPIReference/API_GetGroupMembershipId.html>
pub(super) fn get_group_membership_id(
    call: &mut Call<'_>,
    request: &GetGroupMembershipIdRequest,
) -> Result<Value, ApiError> {
    request.identity_store_id.check(call.state)?;
    let user = request.member_id.user_id();
    let stored = call.state.memberships.find(&request.group_id, user);
    let stored = stored.ok_or_else(|| errors::not_found("GROUP_MEMBERSHIP", user.as_str()))?;
    Ok(member::named(call.state, stored.id))
}
