//! `CreateUser`

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};
use shared::{
    ids::{InvalidId, UserId},
    organization::User,
};
use uuid::Uuid;

use super::{attributes, store::StoreId, user, users::StoredUser};
use crate::{api_error::ApiError, call::Call};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct CreateUserRequest {
    identity_store_id: StoreId,
    #[serde(default)]
    extensions: Map<String, Value>,
    #[serde(flatten)]
    attributes: Map<String, Value>,
}

/// <https://docs.aws.amazon.com/singlesignon/latest/IdentityStoreAPIReference/API_CreateUser.html>
pub(super) fn create_user(
    call: &mut Call<'_>,
    request: &CreateUserRequest,
) -> Result<Value, ApiError> {
    request.identity_store_id.check(call.state)?;
    let mut stored = StoredUser::new(nobody(call)?, call.now);
    for (name, value) in request.attributes.iter().chain(&request.extensions) {
        attributes::set(&mut stored, name, value).map_err(|wrong| call.invalid(wrong))?;
    }
    user::check(call, &stored)?;
    let answer = user::named(call.state, &stored);
    call.state.users.insert(stored);
    Ok(answer)
}

/// A user with no attributes yet.
fn nobody(call: &Call<'_>) -> Result<User, ApiError> {
    let id: UserId = Uuid::new_v4()
        .to_string()
        .parse()
        .map_err(|error: InvalidId| call.invalid(error.to_string()))?;
    Ok(User { id, user_name: String::new(), enabled: true, attributes: BTreeMap::new() })
}
