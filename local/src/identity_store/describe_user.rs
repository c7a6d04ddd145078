//! `DescribeUser`

use serde::Deserialize;
use serde_json::Value;
use shared::ids::UserId;

use super::{errors, store::StoreId, user};
use crate::{api_error::ApiError, call::Call};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DescribeUserRequest {
    identity_store_id: StoreId,
    user_id: UserId,
    #[serde(default)]
    extensions: Vec<String>,
}

/// <https://docs.aws.amazon.com/singlesignon/latest/IdentityStoreAPIReference/API_DescribeUser.html>
pub(super) fn describe_user(
    call: &mut Call<'_>,
    request: &DescribeUserRequest,
) -> Result<Value, ApiError> {
    request.identity_store_id.check(call.state)?;
    let user = errors::known_user(call.state, &request.user_id)?;
    Ok(user::view(call.state, user, &request.extensions))
}
