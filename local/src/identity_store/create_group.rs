//! `CreateGroup`

use serde::Deserialize;
use serde_json::Value;
use shared::{
    ids::{GroupId, InvalidId},
    organization::Group,
};
use uuid::Uuid;

use super::{group, groups::StoredGroup, history::History, store::StoreId};
use crate::{api_error::ApiError, call::Call};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct CreateGroupRequest {
    identity_store_id: StoreId,
    /// The store of Identity Center refuses a group without.
    #[serde(default)]
    display_name: String,
    description: Option<String>,
}

/// <https://docs.aws.amazon.com/singlesignon/latest/IdentityStoreAPIReference/API_CreateGroup.html>
pub(super) fn create_group(
    call: &mut Call<'_>,
    request: &CreateGroupRequest,
) -> Result<Value, ApiError> {
    request.identity_store_id.check(call.state)?;
    let id: GroupId = Uuid::new_v4()
        .to_string()
        .parse()
        .map_err(|error: InvalidId| call.invalid(error.to_string()))?;
    let stored = StoredGroup {
        group: Group { id, display_name: request.display_name.clone() },
        description: request.description.clone(),
        history: History::new(call.now),
    };
    group::check(call, &stored)?;
    let answer = group::named(call.state, &stored);
    call.state.groups.insert(stored);
    Ok(answer)
}
