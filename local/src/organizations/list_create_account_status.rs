//! `ListCreateAccountStatus`

use serde::Deserialize;
use serde_json::Value;

use super::create_account::{AccountCreation, to_status};
use crate::{
    api_error::ApiError,
    call::Call,
    paging::{ORGANIZATIONS_PAGE, PageRequest},
};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListCreateAccountStatusRequest {
    /// Without any, all.
    #[serde(default)]
    states: Vec<String>,
    #[serde(flatten)]
    page: PageRequest,
}

/// Newest first.
///
/// <https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListCreateAccountStatus.html>
pub(super) fn list_create_account_status(
    call: &mut Call<'_>,
    request: &ListCreateAccountStatusRequest,
) -> Result<Value, ApiError> {
    let is_asked_for = |creation: &&AccountCreation| {
        request.states.is_empty() || request.states.iter().any(|state| state == creation.status())
    };
    call.list(
        "CreateAccountStatuses",
        ORGANIZATIONS_PAGE,
        &request.page,
        call.state.account_creations.newest_first(None).filter(is_asked_for),
        |creation| creation.age_key().into(),
        to_status,
    )
}
