//! `DescribeHandshake`

use serde::Deserialize;
use serde_json::{Value, json};

use super::errors;
use crate::{api_error::ApiError, call::Call};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DescribeHandshakeRequest {
    handshake_id: String,
}

/// <https://docs.aws.amazon.com/organizations/latest/APIReference/API_DescribeHandshake.html>
pub(super) fn describe_handshake(
    call: &mut Call<'_>,
    request: &DescribeHandshakeRequest,
) -> Result<Value, ApiError> {
    let handshake = errors::known_handshake(call, &request.handshake_id)?;
    let is_invited = handshake.target.is(&call.caller.account_id);
    if is_invited || super::may_read(call) {
        Ok(json!({ "Handshake": handshake.view(call.state, call.now) }))
    } else {
        Err(errors::access_denied())
    }
}
