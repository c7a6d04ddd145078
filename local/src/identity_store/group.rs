//! A group as the Identity Store shows it.

use serde_json::{Value, json};
use shared::organization::Group;

use crate::state::State;

/// `Group`
pub(super) fn view(state: &State, group: &Group) -> Value {
    json!({
        "GroupId": group.id,
        "DisplayName": group.display_name,
        "IdentityStoreId": state.instance.identity_store_id,
    })
}
