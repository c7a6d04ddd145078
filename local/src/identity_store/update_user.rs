//! `UpdateUser`

use serde::Deserialize;
use serde_json::Value;
use shared::ids::UserId;

use super::{
    attributes, errors,
    history::ExpectedRevision,
    operations::{self, AttributeOperation},
    store::StoreId,
    user,
};
use crate::{api_error::ApiError, call::Call};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct UpdateUserRequest {
    identity_store_id: StoreId,
    user_id: UserId,
    operations: Vec<AttributeOperation>,
    revision: Option<ExpectedRevision>,
}

/// All of the changes are made, or none.
///
/// <https://docs.aws.amazon.com/singlesignon/latest/IdentityStoreAPIReference/API_UpdateUser.html>
pub(super) fn update_user(
    call: &mut Call<'_>,
    request: &UpdateUserRequest,
) -> Result<Value, ApiError> {
    request.identity_store_id.check(call.state)?;
    operations::check_number(call, &request.operations)?;
    let mut stored = errors::known_user(call.state, &request.user_id)?.clone();
    stored.history.check(request.revision.as_ref())?;
    for operation in &request.operations {
        attributes::set(&mut stored, &operation.attribute_path, &operation.attribute_value)
            .map_err(|wrong| call.invalid(wrong))?;
    }
    user::check(call, &stored)?;
    stored.history.update(call.now);
    let answer = user::named(call.state, &stored);
    call.state.users.insert(stored);
    Ok(answer)
}
