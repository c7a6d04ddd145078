//! `CreateGroup`

use serde::Deserialize;
use serde_json::{Value, json};
use shared::{
    ids::{GroupId, IdentityStoreId, InvalidId},
    organization::Group,
};
use uuid::Uuid;

use super::errors;
use crate::{api_error::ApiError, call::Call};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct CreateGroupRequest {
    identity_store_id: IdentityStoreId,
    display_name: String,
}

/// <https://docs.aws.amazon.com/singlesignon/latest/IdentityStoreAPIReference/API_CreateGroup.html>
pub(super) fn create_group(
    call: &mut Call<'_>,
    request: &CreateGroupRequest,
) -> Result<Value, ApiError> {
    errors::known_store(call.state, &request.identity_store_id)?;
    let name = &request.display_name;
    if name.is_empty() {
        return Err(call.invalid("DisplayName must not be empty"));
    }
    if call
        .state
        .groups
        .values()
        .any(|group| group.display_name.to_lowercase() == name.to_lowercase())
    {
        return Err(errors::conflict("Duplicate GroupDisplayName"));
    }
    let id: GroupId = Uuid::new_v4()
        .to_string()
        .parse()
        .map_err(|error: InvalidId| call.invalid(error.to_string()))?;
    call.state.groups.insert(id.clone(), Group { id: id.clone(), display_name: name.clone() });
    Ok(json!({ "GroupId": id, "IdentityStoreId": request.identity_store_id }))
}
