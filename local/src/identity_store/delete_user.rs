//! `DeleteUser`

use serde::Deserialize;
use serde_json::{Value, json};
use shared::ids::UserId;

use super::{errors, history::ExpectedRevision, store::StoreId};
use crate::{api_error::ApiError, call::Call};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DeleteUserRequest {
    identity_store_id: StoreId,
    user_id: UserId,
    revision: Option<ExpectedRevision>,
}

/// Their memberships go with them. Their assignments stay, with a principal that is no more.
///
/// <https://docs.aws.amazon.com/singlesignon/latest/IdentityStoreAPIReference/API_DeleteUser.html>
pub(super) fn delete_user(
    call: &mut Call<'_>,
    request: &DeleteUserRequest,
) -> Result<Value, ApiError> {
    request.identity_store_id.check(call.state)?;
    let stored = errors::known_user(call.state, &request.user_id)?;
    stored.history.check(request.revision.as_ref())?;
    call.state.users.remove(&request.user_id);
    call.state.memberships.remove_user(&request.user_id);
    Ok(json!({}))
}
