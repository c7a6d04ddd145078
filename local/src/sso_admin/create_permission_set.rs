//! `CreatePermissionSet`

use serde::Deserialize;
use serde_json::{Value, json};
use shared::ids::{InstanceArn, PermissionSetArn};
use uuid::Uuid;

use super::{
    errors,
    permission_set::{PermissionSetDetails, SESSION_DURATION},
};
use crate::{api_error::ApiError, call::Call};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct CreatePermissionSetRequest {
    instance_arn: InstanceArn,
    name: String,
    description: Option<String>,
    session_duration: Option<String>,
}

/// <https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_CreatePermissionSet.html>
pub(super) fn create_permission_set(
    call: &mut Call<'_>,
    request: &CreatePermissionSetRequest,
) -> Result<Value, ApiError> {
    errors::known_instance(call.state, &request.instance_arn)?;
    check_name(call, &request.name)?;
    let set = PermissionSetDetails {
        arn: new_arn(call)?,
        name: request.name.clone(),
        description: request.description.clone(),
        session_duration: request
            .session_duration
            .clone()
            .unwrap_or_else(|| SESSION_DURATION.to_owned()),
        created: call.now,
    };
    let answer = json!({ "PermissionSet": set.to_value() });
    call.state.permission_sets.insert(set.arn.clone(), set);
    Ok(answer)
}

/// The pattern is `[\w+=,.@-]+`, of 1 to 32 characters.
fn check_name(call: &Call<'_>, name: &str) -> Result<(), ApiError> {
    let fits = |letter: char| letter.is_ascii_alphanumeric() || "_+=,.@-".contains(letter);
    if !(1..=32).contains(&name.len()) || !name.chars().all(fits) {
        return Err(call.invalid(format!("Name `{name}` does not match [\\w+=,.@-]{{1,32}}")));
    }
    if call.state.permission_sets.values().any(|set| set.name == name) {
        let message = format!("PermissionSet with name {name} already exists.");
        return Err(ApiError::new("ConflictException", message));
    }
    Ok(())
}

/// `arn:aws:sso:::permissionSet/ssoins-…/ps-…`, of the instance `arn:aws:sso:::instance/ssoins-…`.
fn new_arn(call: &Call<'_>) -> Result<PermissionSetArn, ApiError> {
    let instance =
        call.state.instance.instance_arn.as_str().replace(":instance/", ":permissionSet/");
    let id: String = Uuid::new_v4().simple().to_string().chars().take(16).collect();
    let arn = format!("{instance}/ps-{id}");
    arn.parse().map_err(|error: shared::ids::InvalidId| call.invalid(error.to_string()))
}
