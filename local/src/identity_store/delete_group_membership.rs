//! `DeleteGroupMembership`

use serde::Deserialize;
use serde_json::{Value, json};
use shared::ids::IdentityStoreId;

use super::errors;
use crate::{api_error::ApiError, call::Call};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DeleteGroupMembershipRequest {
    identity_store_id: IdentityStoreId,
    membership_id: String,
}

/// <https://docs.aws.amazon.com/singlesignon/latest/IdentityStoreAPIReference/API_DeleteGroupMembership.html>
pub(super) fn delete_group_membership(
    call: &mut Call<'_>,
    request: &DeleteGroupMembershipRequest,
) -> Result<Value, ApiError> {
    errors::known_store(call.state, &request.identity_store_id)?;
    let removed = call.state.memberships.remove(&request.membership_id);
    removed.ok_or_else(|| errors::not_found("GROUP_MEMBERSHIP", &request.membership_id))?;
    Ok(json!({}))
}
