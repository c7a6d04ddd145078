//! `ListUsers`

use serde::Deserialize;
use serde_json::Value;

use super::{errors, store::StoreId, user};
use crate::{
    api_error::ApiError,
    call::Call,
    paging::{IDENTITY_CENTER_PAGE, PageRequest},
};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListUsersRequest {
    identity_store_id: StoreId,
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
    request.identity_store_id.check(call.state)?;
    errors::no_filters(call, &request.filters)?;
    call.list(
        "Users",
        IDENTITY_CENTER_PAGE,
        &request.page,
        call.state.users.rest(call.operation, &request.page),
        |stored| stored.user.id.as_str().into(),
        |stored| user::view(call.state, stored, &request.extensions),
    )
}
