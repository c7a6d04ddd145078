//! `RemoveAccountFromOrganization`

use serde::Deserialize;
use serde_json::Value;
use shared::ids::AccountId;

use super::departure;
use crate::{api_error::ApiError, call::Call};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct RemoveAccountFromOrganizationRequest {
    account_id: AccountId,
}

/// <https://docs.aws.amazon.com/organizations/latest/APIReference/API_RemoveAccountFromOrganization.html>
pub(super) fn remove_account_from_organization(
    call: &mut Call<'_>,
    request: &RemoveAccountFromOrganizationRequest,
) -> Result<Value, ApiError> {
    departure::depart(call, &request.account_id, "REMOVED")
}
