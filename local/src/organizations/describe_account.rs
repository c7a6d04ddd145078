//! `DescribeAccount`

use serde::Deserialize;
use serde_json::{Value, json};
use shared::ids::AccountId;

use super::{errors, views};
use crate::{api_error::ApiError, call::Call};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DescribeAccountRequest {
    account_id: AccountId,
}

/// <https://docs.aws.amazon.com/organizations/latest/APIReference/API_DescribeAccount.html>
pub(super) fn describe_account(
    call: &mut Call<'_>,
    request: &DescribeAccountRequest,
) -> Result<Value, ApiError> {
    let member = errors::known_account(call.state, &request.account_id)?;
    Ok(json!({ "Account": views::account(call.state, member) }))
}
