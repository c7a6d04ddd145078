//! What came of provisioning: `DescribePermissionSetProvisioningStatus` and
//! `ListPermissionSetProvisioningStatus`.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Value, json};
use shared::ids::InstanceArn;

use super::{assignment_status::ListStatusRequest, errors, provision_permission_set::Provisioning};
use crate::{
    api_error::ApiError, call::Call, clock, fields, paging::IDENTITY_CENTER_PAGE,
    requests::Accepted,
};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DescribeRequest {
    instance_arn: InstanceArn,
    provision_permission_set_request_id: String,
}

/// <https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_DescribePermissionSetProvisioningStatus.html>
pub(super) fn describe(call: &mut Call<'_>, request: &DescribeRequest) -> Result<Value, ApiError> {
    errors::known_instance(call.state, &request.instance_arn)?;
    let id = &request.provision_permission_set_request_id;
    let accepted = call.state.provisionings.get(id);
    let accepted = accepted.ok_or_else(|| errors::not_found("Request", id))?;
    Ok(json!({ "PermissionSetProvisioningStatus": view(accepted, Some(accepted.created)) }))
}

/// Newest first.
///
/// <https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_ListPermissionSetProvisioningStatus.html>
pub(super) fn list(call: &mut Call<'_>, request: &ListStatusRequest) -> Result<Value, ApiError> {
    errors::known_instance(call.state, &request.instance_arn)?;
    call.list(
        "PermissionSetsProvisioningStatus",
        IDENTITY_CENTER_PAGE,
        &request.page,
        call.state.provisionings.newest_first(request.status()),
        |accepted| accepted.age_key().into(),
        Accepted::to_metadata,
    )
}

/// `PermissionSetProvisioningStatus`, with when it was asked for unless it is the answer to just
/// that.
pub(super) fn view(accepted: &Accepted<Provisioning>, created: Option<DateTime<Utc>>) -> Value {
    let Provisioning { permission_set_arn, target, .. } = &accepted.request;
    fields::known([
        ("Status", Some(accepted.status().into())),
        ("RequestId", Some(accepted.request_id.clone().into())),
        ("AccountId", target.as_ref().map(|account| account.as_str().into())),
        ("PermissionSetArn", Some(permission_set_arn.as_str().into())),
        ("FailureReason", accepted.failure().map(Value::from)),
        ("CreatedDate", created.map(clock::seconds)),
    ])
}
