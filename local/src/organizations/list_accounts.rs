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
    let accounts = call.state.members.values().map(|member| views::account(call.state, member));
    call.page("Accounts", ORGANIZATIONS_PAGE, request, accounts.collect())
}
