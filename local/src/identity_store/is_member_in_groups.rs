//! `IsMemberInGroups`

use serde::Deserialize;
use serde_json::{Value, json};
use shared::ids::GroupId;

use super::{errors, member::MemberId, store::StoreId};
use crate::{api_error::ApiError, call::Call};

/// The most groups of one call.
///
/// Source: <https://docs.aws.amazon.com/singlesignon/latest/IdentityStoreAPIReference/API_IsMemberInGroups.html>
const GROUPS: usize = 100;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct IsMemberInGroupsRequest {
    identity_store_id: StoreId,
    member_id: MemberId,
    group_ids: Vec<GroupId>,
}

/// <https://docs.aws.amazon.com/singlesignon/latest/IdentityStoreAPIReference/API_IsMemberInGroups.html>
pub(super) fn is_member_in_groups(
    call: &mut Call<'_>,
    request: &IsMemberInGroupsRequest,
) -> Result<Value, ApiError> {
    request.identity_store_id.check(call.state)?;
    if !(1..=GROUPS).contains(&request.group_ids.len()) {
        return Err(call.invalid(format!("GroupIds must have between 1 and {GROUPS} members")));
    }
    let user = request.member_id.user_id();
    errors::known_user(call.state, user)?;
    let results: Vec<Value> = request
        .group_ids
        .iter()
        .map(|group| {
            json!({
                "GroupId": group,
                "MemberId": { "UserId": user },
                "MembershipExists": call.state.memberships.find(group, user).is_some(),
            })
        })
        .collect();
    Ok(json!({ "Results": results }))
}
