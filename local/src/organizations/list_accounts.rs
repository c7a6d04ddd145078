//! `ListAccounts`

use serde_json::Value;

use super::views;
use crate::{
    api_error::ApiError,
    call::Call,
    paging::{ORGANIZATIONS_PAGE, PageRequest},
};

/// <https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListAccounts.html>
pub(super) fn list_accounts(call: &mut Call<'_>, request: &PageRequest) -> Result<Value, ApiError> {
    call.list(
        "Accounts",
        ORGANIZATIONS_PAGE,
        request,
        call.state.members.rest(call.operation, request),
        |member| member.account.id.as_str().into(),
        |member| views::account(call.state, member),
    )
}
