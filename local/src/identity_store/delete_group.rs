//! `DeleteGroup`

use serde::Deserialize;
use serde_json::{Value, json};
use shared::ids::GroupId;

use super::{errors, history::ExpectedRevision, store::StoreId};
use crate::{api_error::ApiError, call::Call};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DeleteGroupRequest {
    identity_store_id: StoreId,
    group_id: GroupId,
    revision: Option<ExpectedRevision>,
}

/// Its memberships go with it. Its assignments stay, with a principal that is no more.
///
/// <https://docs.aws.amazon.com/singlesignon/latest/IdentityStoreAPIReference/API_DeleteGroup.html>
pub(super) fn delete_group(
    call: &mut Call<'_>,
    request: &DeleteGroupRequest,
) -> Result<Value, ApiError> {
    request.identity_store_id.check(call.state)?;
    let stored = errors::known_group(call.state, &request.group_id)?;
    stored.history.check(request.revision.as_ref())?;
    call.state.groups.remove(&request.group_id);
    call.state.memberships.remove_group(&request.group_id);
    Ok(json!({}))
}
