//! `DeleteGroup`

use serde::Deserialize;
use serde_json::{Value, json};
use shared::ids::{GroupId, IdentityStoreId};

use super::errors;
use crate::{api_error::ApiError, call::Call};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DeleteGroupRequest {
    identity_store_id: IdentityStoreId,
    group_id: GroupId,
}

/// Its memberships go with it. Its assignments stay, with a principal that is no more.
///
/// <https://docs.aws.amazon.com/singlesignon/latest/IdentityStoreAPIReference/API_DeleteGroup.html>
pub(super) fn delete_group(
    call: &mut Call<'_>,
    request: &DeleteGroupRequest,
) -> Result<Value, ApiError> {
    errors::known_store(call.state, &request.identity_store_id)?;
    errors::known_group(call.state, &request.group_id)?;
    call.state.groups.remove(&request.group_id);
    call.state.memberships.retain(|_, membership| membership.group_id != request.group_id);
    Ok(json!({}))
}
