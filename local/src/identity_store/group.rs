//! A group as the Identity Store shows it, and what it may be called.

use serde_json::{Map, Value};
use shared::ids::GroupId;

use super::{errors, groups::StoredGroup, store};
use crate::{api_error::ApiError, call::Call, state::State};

/// The longest name, and the longest description.
///
/// Unit: characters. Source: <https://docs.aws.amazon.com/singlesignon/latest/IdentityStoreAPIReference/API_CreateGroup.html>
const LONGEST: usize = 1024;

/// `Group`
pub(super) fn view(state: &State, stored: &StoredGroup) -> Value {
    let mut view = Map::new();
    view.extend(identity(state, &stored.group.id));
    view.insert("DisplayName".to_owned(), stored.group.display_name.as_str().into());
    if let Some(description) = &stored.description {
        view.insert("Description".to_owned(), description.as_str().into());
    }
    stored.history.write(&mut view);
    view.into()
}

/// The answer of those operations that tell no more than which group it is, and its revision.
pub(super) fn named(state: &State, stored: &StoredGroup) -> Value {
    let mut view = Map::new();
    view.extend(identity(state, &stored.group.id));
    view.insert("Revision".to_owned(), stored.history.revision().into());
    view.into()
}

/// The id, its ARN and the store's id.
pub(super) fn identity(state: &State, id: &GroupId) -> [(String, Value); 3] {
    [
        ("GroupId".to_owned(), id.as_str().into()),
        ("GroupArn".to_owned(), store::arn("group", id.as_str()).into()),
        ("IdentityStoreId".to_owned(), state.instance.identity_store_id.as_str().into()),
    ]
}

/// The error that no group, or no group but this one, may be so, if so.
pub(super) fn check(call: &Call<'_>, stored: &StoredGroup) -> Result<(), ApiError> {
    let name = &stored.group.display_name;
    errors::check_length(call, "DisplayName", name, LONGEST)?;
    errors::check_reserved(call, name)?;
    if let Some(description) = &stored.description {
        errors::check_length(call, "Description", description, LONGEST)?;
    }
    if call.state.groups.named(name).is_some_and(|other| *other != stored.group.id) {
        return Err(errors::duplicate("Duplicate GroupDisplayName"));
    }
    Ok(())
}
