//! `DescribePermissionSet`

use serde::Deserialize;
use serde_json::{Value, json};
use shared::ids::{InstanceArn, PermissionSetArn};

use super::errors;
use crate::{api_error::ApiError, call::Call};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DescribePermissionSetRequest {
    instance_arn: InstanceArn,
    permission_set_arn: PermissionSetArn,
}

/// <https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_DescribePermissionSet.html>
pub(super) fn describe_permission_set(
    call: &mut Call<'_>,
    request: &DescribePermissionSetRequest,
) -> Result<Value, ApiError> {
    errors::known_instance(call.state, &request.instance_arn)?;
    let arn = &request.permission_set_arn;
    let set = call.state.permission_sets.get(arn);
    let set = set.ok_or_else(|| errors::not_found("PermissionSet", arn.as_str()))?;
    Ok(json!({ "PermissionSet": set.to_value() }))
}
