//! `ListAccountsForParent`

use serde::Deserialize;
use serde_json::Value;
use shared::ids::OrganizationalUnitId;

use super::{errors, views};
use crate::{
    api_error::ApiError,
    call::Call,
    paging::{ORGANIZATIONS_PAGE, PageRequest},
};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListAccountsForParentRequest {
    parent_id: OrganizationalUnitId,
    #[serde(flatten)]
    page: PageRequest,
}

/// <https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListAccountsForParent.html>
pub(super) fn list_accounts_for_parent(
    call: &mut Call<'_>,
    request: &ListAccountsForParentRequest,
) -> Result<Value, ApiError> {
    errors::known_parent(call.state, &request.parent_id)?;
    call.list(
        "Accounts",
        ORGANIZATIONS_PAGE,
        &request.page,
        call.state.members.of_parent(&request.parent_id),
        |member| member.account.id.as_str().into(),
        |member| views::account(call.state, member),
    )
}
