//! `CreatePermissionSet`

use serde::Deserialize;
use serde_json::{Value, json};
use shared::{
    ids::{InstanceArn, InvalidId, PermissionSetArn},
    organization::Tags,
};
use uuid::Uuid;

use super::{
    errors,
    permission_set::{PermissionSetDetails, SESSION_DURATION},
    permission_set_fields::{
        check_description, check_name, check_relay_state, check_session_duration,
    },
    tags::{self, Tag},
};
use crate::{api_error::ApiError, call::Call, quotas::PERMISSION_SETS};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct CreatePermissionSetRequest {
    instance_arn: InstanceArn,
    name: String,
    description: Option<String>,
    session_duration: Option<String>,
    relay_state: Option<String>,
    #[serde(default)]
    tags: Vec<Tag>,
}

/// <https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_CreatePermissionSet.html>
pub(super) fn create_permission_set(
    call: &mut Call<'_>,
    request: &CreatePermissionSetRequest,
) -> Result<Value, ApiError> {
    errors::known_instance(call.state, &request.instance_arn)?;
    let tags = check(call, request)?;
    let duration = request.session_duration.clone();
    let set = PermissionSetDetails {
        description: request.description.clone(),
        session_duration: duration.unwrap_or_else(|| SESSION_DURATION.to_owned()),
        relay_state: request.relay_state.clone(),
        tags,
        ..PermissionSetDetails::new(new_arn(call)?, request.name.clone(), call.now)
    };
    let answer = json!({ "PermissionSet": set.to_value() });
    call.state.permission_sets.insert(set.arn.clone(), set);
    Ok(answer)
}

/// The request's tags, if all of it is in order.
fn check(call: &Call<'_>, request: &CreatePermissionSetRequest) -> Result<Tags, ApiError> {
    check_name(call, &request.name)?;
    check_description(call, request.description.as_deref())?;
    check_session_duration(call, request.session_duration.as_deref())?;
    check_relay_state(call, request.relay_state.as_deref())?;
    let tags = tags::with(call, &Tags::new(), &request.tags)?;
    let sets = &call.state.permission_sets;
    if sets.values().any(|set| set.name == request.name) {
        let name = &request.name;
        return Err(errors::conflict(format!("PermissionSet with name {name} already exists.")));
    }
    if call.has_quotas() && sets.len() >= PERMISSION_SETS {
        return Err(errors::quota_exceeded(PERMISSION_SETS, "permission sets"));
    }
    Ok(tags)
}

/// `arn:aws:sso:::permissionSet/ssoins-…/ps-…`, of the instance `arn:aws:sso:::instance/ssoins-…`.
fn new_arn(call: &Call<'_>) -> Result<PermissionSetArn, ApiError> {
    let instance =
        call.state.instance.instance_arn.as_str().replace(":instance/", ":permissionSet/");
    let id: String = Uuid::new_v4().simple().to_string().chars().take(16).collect();
    let arn = format!("{instance}/ps-{id}");
    arn.parse().map_err(|error: InvalidId| call.invalid(error.to_string()))
}
