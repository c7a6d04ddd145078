//! `UpdateGroup`

use serde::Deserialize;
use serde_json::Value;
use shared::ids::GroupId;

use super::{
    errors, group,
    groups::StoredGroup,
    history::ExpectedRevision,
    operations::{self, AttributeOperation},
    store::StoreId,
};
use crate::{api_error::ApiError, call::Call};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct UpdateGroupRequest {
    identity_store_id: StoreId,
    group_id: GroupId,
    operations: Vec<AttributeOperation>,
    revision: Option<ExpectedRevision>,
}

/// All of the changes are made, or none.
///
/// <https://docs.aws.amazon.com/singlesignon/latest/IdentityStoreAPIReference/API_UpdateGroup.html>
pub(super) fn update_group(
    call: &mut Call<'_>,
    request: &UpdateGroupRequest,
) -> Result<Value, ApiError> {
    request.identity_store_id.check(call.state)?;
    operations::check_number(call, &request.operations)?;
    let mut stored = errors::known_group(call.state, &request.group_id)?.clone();
    stored.history.check(request.revision.as_ref())?;
    for operation in &request.operations {
        apply(&mut stored, operation).map_err(|wrong| call.invalid(wrong))?;
    }
    group::check(call, &stored)?;
    stored.history.update(call.now);
    let answer = group::named(call.state, &stored);
    call.state.groups.insert(stored);
    Ok(answer)
}

fn apply(stored: &mut StoredGroup, operation: &AttributeOperation) -> Result<(), String> {
    let path = &operation.attribute_path;
    let text = match &operation.attribute_value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        _ => return Err(format!("The value of {path} must be text")),
    };
    if path.eq_ignore_ascii_case("displayName") {
        stored.group.display_name = text.ok_or("displayName cannot be removed")?;
    } else if path.eq_ignore_ascii_case("description") {
        stored.description = text;
    } else {
        return Err(format!("The attribute path `{path}` is not supported."));
    }
    Ok(())
}
