//! `LeaveOrganization`: a member account takes itself out.

use serde::de::IgnoredAny;
use serde_json::Value;

use super::departure;
use crate::{api_error::ApiError, call::Call};

/// <https://docs.aws.amazon.com/organizations/latest/APIReference/API_LeaveOrganization.html>
pub(super) fn leave_organization(call: &mut Call<'_>, _: &IgnoredAny) -> Result<Value, ApiError> {
    let account = call.caller.account_id.clone();
    departure::depart(call, &account, "LEFT")
}
