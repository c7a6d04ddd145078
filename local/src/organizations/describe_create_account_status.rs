//! `DescribeCreateAccountStatus`

use serde::Deserialize;
use serde_json::{Value, json};

use super::create_account::to_status;
use crate::{api_error::ApiError, call::Call};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DescribeCreateAccountStatusRequest {
    create_account_request_id: String,
}

/// <https://docs.aws.amazon.com/organizations/latest/APIReference/API_DescribeCreateAccountStatus.html>
pub(super) fn describe_create_account_status(
    call: &mut Call<'_>,
    request: &DescribeCreateAccountStatusRequest,
) -> Result<Value, ApiError> {
    let creation =
        call.state.account_creations.get(&request.create_account_request_id).ok_or_else(|| {
            let message = "You specified an account creation request that doesn't exist.";
            ApiError::new("CreateAccountStatusNotFoundException", message)
        })?;
    Ok(json!({ "CreateAccountStatus": to_status(creation) }))
}
