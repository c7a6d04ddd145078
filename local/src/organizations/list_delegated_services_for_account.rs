//! `ListDelegatedServicesForAccount`

use serde::Deserialize;
use serde_json::{Value, json};
use shared::ids::AccountId;

use super::errors;
use crate::{
    api_error::ApiError,
    call::Call,
    clock,
    paging::{ORGANIZATIONS_PAGE, PageRequest},
};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListDelegatedServicesForAccountRequest {
    account_id: AccountId,
    #[serde(flatten)]
    page: PageRequest,
}

/// <https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListDelegatedServicesForAccount.html>
pub(super) fn list_delegated_services_for_account(
    call: &mut Call<'_>,
    request: &ListDelegatedServicesForAccountRequest,
) -> Result<Value, ApiError> {
    let account = &request.account_id;
    errors::known_account(call.state, account)?;
    if !call.state.delegations.is_administrator(account) {
        return Err(errors::not_registered());
    }
    let services = call.state.delegations.services(account);
    let views = services
        .map(|(service, enabled)| {
            json!({
                "ServicePrincipal": service,
                "DelegationEnabledDate": clock::seconds(enabled),
            })
        })
        .collect();
    call.page("DelegatedServices", ORGANIZATIONS_PAGE, &request.page, views)
}
