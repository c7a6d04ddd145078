//! `ListDelegatedAdministrators`

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{accounts::Member, views};
use crate::{
    api_error::ApiError,
    call::Call,
    clock,
    paging::{ORGANIZATIONS_PAGE, PageRequest},
    state::State,
};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListDelegatedAdministratorsRequest {
    service_principal: Option<String>,
    #[serde(flatten)]
    page: PageRequest,
}

/// <https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListDelegatedAdministrators.html>
pub(super) fn list_delegated_administrators(
    call: &mut Call<'_>,
    request: &ListDelegatedAdministratorsRequest,
) -> Result<Value, ApiError> {
    let administrators =
        call.state.delegations.administrators(request.service_principal.as_deref());
    let views = administrators
        .filter_map(|(id, enabled)| Some(view(call.state, call.state.members.get(id)?, enabled)))
        .collect();
    call.page("DelegatedAdministrators", ORGANIZATIONS_PAGE, &request.page, views)
}

/// `DelegatedAdministrator`
fn view(state: &State, member: &Member, enabled: DateTime<Utc>) -> Value {
    let account = &member.account;
    json!({
        "Id": account.id,
        "Arn": views::account_arn(state, account.id.as_str()),
        "Email": account.email,
        "Name": account.name,
        "State": account.state,
        "JoinedMethod": member.joined_method.as_str(),
        "JoinedTimestamp": clock::seconds(member.joined),
        "DelegationEnabledDate": clock::seconds(enabled),
    })
}
