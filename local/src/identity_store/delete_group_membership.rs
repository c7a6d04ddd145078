//! `DeleteGroupMembership`

use serde::Deserialize;
use serde_json::{Value, json};

use super::{member::MembershipId, store::StoreId};
use crate::{api_error::ApiError, call::Call};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DeleteGroupMembershipRequest {
    identity_store_id: StoreId,
    membership_id: MembershipId,
}

/// <https://docs.aws.amazon.com/singlesignon/latest/IdentityStoreAPIReference/API_DeleteGroupMembership.html>
pub(super) fn delete_group_membership(
    call: &mut Call<'_>,
    request: &DeleteGroupMembershipRequest,
) -> Result<Value, ApiError> {
    request.identity_store_id.check(call.state)?;
    let id = request.membership_id.find(call.state)?.id;
    call.state.memberships.remove(id);
    Ok(json!({}))
}
