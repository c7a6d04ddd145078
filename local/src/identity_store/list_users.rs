//! `ListUsers`

use serde::Deserialize;
use serde_json::Value;
use shared::ids::IdentityStoreId;

use super::{errors, user};
use crate::{
    api_error::ApiError,
    call::Call,
    paging::{IDENTITY_CENTER_PAGE, PageRequest},
};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListUsersRequest {
    identity_store_id: IdentityStoreId,
    #[serde(default)]
    filters: Vec<Value>,
    #[serde(default)]
    extensions: Vec<String>,
    #[serde(flatten)]
    page: PageRequest,
}

/// <https://docs.aws.amazon.com/singlesignon/latest/IdentityStoreAPIReference/API_ListUsers.html>
pub(super) fn list_users(
    call: &mut Call<'_>,
    request: &ListUsersRequest,
) -> Result<Value, ApiError> {
    errors::known_store(call.state, &request.identity_store_id)?;
    errors::no_filters(call, &request.filters)?;
    let users = call
        .state
        .users
        .values()
        .map(|user| user::view(call.state, user, &request.extensions))
        .collect();
    call.page("Users", IDENTITY_CENTER_PAGE, &request.page, users)
}
