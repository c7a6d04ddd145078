//! Groups and users as the console of Identity Center changes them: calls of `sso-directory`, which
//! has names of its own for some of them.
//!
//! Source: <https://docs.aws.amazon.com/singlesignon/latest/userguide/sso-cloudtrail-use-cases.html>

use serde_json::{Value, json};

use super::directory::Change;
use crate::{
    api_error::ApiError,
    call::Call,
    cloud_trail::{self, HIDDEN, Record},
};

/// The record of a change made in the console.
pub(super) fn event(call: &Call<'_>, change: &Change, error: Option<&ApiError>) -> Value {
    let (name, parameters, elements) =
        worded(change, call.state.instance.identity_store_id.as_str());
    let record = Record {
        source: "sso-directory",
        name,
        user_identity: cloud_trail::user_identity(call),
        user_agent: "AWS Internal",
        parameters,
        elements,
    };
    let mut event = record.into_event(call, error);
    if let Some(detail) = event.get_mut("detail").and_then(Value::as_object_mut) {
        detail.insert("sessionCredentialFromConsole".to_owned(), "true".into());
    }
    event
}

/// The name, the request and the answer.
fn worded(change: &Change, store: &str) -> (&'static str, Value, Value) {
    match change {
        Change::GroupCreated { group } => (
            "CreateGroup",
            json!({ "identityStoreId": store, "displayName": HIDDEN }),
            json!({ "group": { "groupId": group, "displayName": HIDDEN } }),
        ),
        Change::GroupUpdated { group, attributes } if renames(attributes) => (
            "UpdateGroupDisplayName",
            json!({ "identityStoreId": store, "groupId": group, "displayName": HIDDEN }),
            Value::Null,
        ),
        Change::GroupUpdated { group, .. } => (
            "UpdateGroup",
            json!({ "identityStoreId": store, "groupId": group, "groupAttributes": HIDDEN }),
            Value::Null,
        ),
        Change::GroupDeleted { group } => {
            ("DeleteGroup", json!({ "identityStoreId": store, "groupId": group }), Value::Null)
        }
        Change::MemberAdded { group, user } => {
            ("AddMemberToGroup", member(store, group, user), Value::Null)
        }
        Change::MemberRemoved { group, user } => {
            ("RemoveMemberFromGroup", member(store, group, user), Value::Null)
        }
        Change::UserCreated { user } => (
            "CreateUser",
            json!({ "identityStoreId": store, "userName": HIDDEN, "userAttributes": HIDDEN }),
            json!({ "user": { "userId": user, "userName": HIDDEN, "active": true } }),
        ),
        Change::UserUpdated { user, .. } => (
            "UpdateUser",
            json!({ "identityStoreId": store, "userId": user, "userAttributes": HIDDEN }),
            Value::Null,
        ),
        Change::UserDeleted { user } => {
            ("DeleteUser", json!({ "identityStoreId": store, "userId": user }), Value::Null)
        }
    }
}

fn renames(attributes: &[String]) -> bool {
    attributes.iter().any(|attribute| attribute.eq_ignore_ascii_case("displayName"))
}

fn member(store: &str, group: &str, user: &str) -> Value {
    json!({ "identityStoreId": store, "groupId": group, "member": { "memberId": user } })
}
