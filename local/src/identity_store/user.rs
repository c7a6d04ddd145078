//! A user as the Identity Store shows them, and what a user must have.

use serde_json::{Map, Value, json};
use shared::ids::UserId;

use super::{
    attributes::{self, ENTERPRISE, ENTERPRISE_ATTRIBUTES, NAME_PARTS, TEXTS},
    errors, store,
    users::StoredUser,
};
use crate::{api_error::ApiError, call::Call, state::State};

/// The longest user name.
///
/// Unit: characters. Source: <https://docs.aws.amazon.com/singlesignon/latest/IdentityStoreAPIReference/API_CreateUser.html>
const USER_NAME: usize = 128;

/// What Identity Center asks of every user, by the names in snapshots and in AWS.
///
/// Source: <https://docs.aws.amazon.com/singlesignon/latest/IdentityStoreAPIReference/API_CreateUser.html>
const REQUIRED: [(&str, &str); 3] = [
    ("display_name", "displayName"),
    ("family_name", "name.familyName"),
    ("given_name", "name.givenName"),
];

/// `User`, with the extensions that were asked for.
pub(super) fn view(state: &State, stored: &StoredUser, extensions: &[String]) -> Value {
    let user = &stored.user;
    let mut view = attributes::renamed(user, &TEXTS);
    view.extend(identity(state, &user.id));
    view.entry("DisplayName").or_insert_with(|| user.user_name.clone().into());
    view.insert("UserName".to_owned(), user.user_name.clone().into());
    view.insert("UserStatus".to_owned(), if user.enabled { "ENABLED" } else { "DISABLED" }.into());
    view.insert("Name".to_owned(), attributes::renamed(user, &NAME_PARTS).into());
    if let Some(email) = stored.email() {
        let emails = json!([{ "Value": email, "Type": "work", "Primary": true }]);
        view.insert("Emails".to_owned(), emails);
    }
    view.extend(stored.lists.clone());
    if extensions.iter().any(|extension| extension == ENTERPRISE) {
        let attributes = attributes::renamed(user, &ENTERPRISE_ATTRIBUTES);
        view.insert("Extensions".to_owned(), json!({ ENTERPRISE: attributes }));
    }
    stored.history.write(&mut view);
    view.into()
}

/// The answer of those operations that tell no more than which user it is, and their revision.
pub(super) fn named(state: &State, stored: &StoredUser) -> Value {
    let mut view = Map::new();
    view.extend(identity(state, &stored.user.id));
    view.insert("Revision".to_owned(), stored.history.revision().into());
    view.into()
}

/// The id, its ARN and the store's id.
pub(super) fn identity(state: &State, id: &UserId) -> [(String, Value); 3] {
    [
        ("UserId".to_owned(), id.as_str().into()),
        ("UserArn".to_owned(), store::arn("user", id.as_str()).into()),
        ("IdentityStoreId".to_owned(), state.instance.identity_store_id.as_str().into()),
    ]
}

/// The error that no user, or no user but this one, may be so, if so.
pub(super) fn check(call: &Call<'_>, stored: &StoredUser) -> Result<(), ApiError> {
    let user = &stored.user;
    errors::check_length(call, "UserName", &user.user_name, USER_NAME)?;
    errors::check_reserved(call, &user.user_name)?;
    if user.user_name.contains(char::is_whitespace) {
        return Err(call.invalid("UserName must not contain spaces"));
    }
    for (ours, theirs) in REQUIRED {
        if !user.attributes.contains_key(ours) {
            return Err(call.invalid(format!("The attribute {theirs} is required")));
        }
    }
    check_unique(call.state, stored)
}

fn check_unique(state: &State, stored: &StoredUser) -> Result<(), ApiError> {
    let is_other = |id: &UserId| *id != stored.user.id;
    if state.users.named(&stored.user.user_name).is_some_and(is_other) {
        return Err(errors::duplicate("Duplicate UserName"));
    }
    if stored.email().and_then(|email| state.users.at(email)).is_some_and(is_other) {
        return Err(errors::duplicate("Duplicate email"));
    }
    Ok(())
}
