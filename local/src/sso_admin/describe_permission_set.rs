//! `DescribePermissionSet`

use serde_json::{Value, json};

use super::permission_set::PermissionSetRequest;
use crate::{api_error::ApiError, call::Call};

/// <https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_DescribePermissionSet.html>
pub(super) fn describe_permission_set(
    call: &mut Call<'_>,
    request: &PermissionSetRequest,
) -> Result<Value, ApiError> {
    Ok(json!({ "PermissionSet": request.find(call)?.to_value() }))
}
