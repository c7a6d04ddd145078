//! The policy that a permission set holds itself: `PutInlinePolicyToPermissionSet`,
//! `GetInlinePolicyForPermissionSet` and `DeleteInlinePolicyFromPermissionSet`.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{errors, permission_set::PermissionSetRequest};
use crate::{api_error::ApiError, call::Call};

/// The longest inline policy.
///
/// Unit: characters. Source: <https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_PutInlinePolicyToPermissionSet.html>
const LONGEST: usize = 32_768;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct PutRequest {
    #[serde(flatten)]
    set: PermissionSetRequest,
    inline_policy: String,
}

/// <https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_PutInlinePolicyToPermissionSet.html>
pub(super) fn put(call: &mut Call<'_>, request: &PutRequest) -> Result<Value, ApiError> {
    let policy = &request.inline_policy;
    if policy.chars().count() > LONGEST {
        return Err(errors::quota_exceeded(LONGEST, "characters of an inline policy"));
    }
    if serde_json::from_str::<Map<String, Value>>(policy).is_err() {
        return Err(call.invalid("InlinePolicy is not a policy in JSON"));
    }
    let set = request.set.find_mut(call)?;
    set.inline_policy = Some(policy.clone());
    set.revision += 1;
    Ok(json!({}))
}

/// Without a policy the text is empty.
///
/// <https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_GetInlinePolicyForPermissionSet.html>
pub(super) fn get(call: &mut Call<'_>, request: &PermissionSetRequest) -> Result<Value, ApiError> {
    let policy = request.find(call)?.inline_policy.as_deref();
    Ok(json!({ "InlinePolicy": policy.unwrap_or_default() }))
}

/// <https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_DeleteInlinePolicyFromPermissionSet.html>
pub(super) fn delete(
    call: &mut Call<'_>,
    request: &PermissionSetRequest,
) -> Result<Value, ApiError> {
    let set = request.find_mut(call)?;
    if set.inline_policy.take().is_some() {
        set.revision += 1;
    }
    Ok(json!({}))
}
