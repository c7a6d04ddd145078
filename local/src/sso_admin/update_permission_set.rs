//! `UpdatePermissionSet`

use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    permission_set::PermissionSetRequest,
    permission_set_fields::{check_description, check_relay_state, check_session_duration},
};
use crate::{api_error::ApiError, call::Call};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct UpdatePermissionSetRequest {
    #[serde(flatten)]
    set: PermissionSetRequest,
    description: Option<String>,
    session_duration: Option<String>,
    relay_state: Option<String>,
}

/// What is left out stays, but for the relay state: that is cleared.
///
/// Seen in <https://github.com/hashicorp/terraform-provider-aws/issues/17411>.
///
/// <https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_UpdatePermissionSet.html>
pub(super) fn update_permission_set(
    call: &mut Call<'_>,
    request: &UpdatePermissionSetRequest,
) -> Result<Value, ApiError> {
    check_description(call, request.description.as_deref())?;
    check_session_duration(call, request.session_duration.as_deref())?;
    check_relay_state(call, request.relay_state.as_deref())?;
    let set = request.set.find_mut(call)?;
    if let Some(description) = &request.description {
        set.description = Some(description.clone());
    }
    if let Some(duration) = &request.session_duration {
        set.session_duration.clone_from(duration);
    }
    set.relay_state.clone_from(&request.relay_state);
    set.revision += 1;
    Ok(json!({}))
}
