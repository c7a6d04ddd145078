//! Groups and users as an identity provider changes them, over SCIM. It knows no memberships of
//! their own: a group is patched, and who came or went is hidden.
//!
//! Source: <https://docs.aws.amazon.com/singlesignon/latest/userguide/scim-logging-using-cloudtrail.html>

use serde_json::{Value, json};

use super::directory::Change;
use crate::{
    api_error::ApiError,
    call::Call,
    clock,
    cloud_trail::{HIDDEN, Record},
};

const USER: &str = "User";
const GROUP: &str = "Group";

/// The record of a change that the identity provider made.
pub(super) fn event(call: &Call<'_>, change: &Change, error: Option<&ApiError>) -> Value {
    let (name, parameters, elements) = worded(call, change);
    let user_identity = json!({
        "type": if error.is_some() { "Unknown" } else { "WebIdentityUser" },
        "accountId": call.caller.account_id,
        "accessKeyId": call.caller.access_key_id,
    });
    let user_agent = &call.caller.user_agent;
    let record = Record {
        source: "identitystore-scim",
        name,
        user_identity,
        user_agent,
        parameters,
        elements,
    };
    let mut event = record.into_event(call, error);
    if let Some(detail) = event.get_mut("detail").and_then(Value::as_object_mut) {
        let host = format!("scim.{}.amazonaws.com", call.state.instance.region);
        detail.insert("tlsDetails".to_owned(), json!({ "clientProvidedHostHeader": host }));
    }
    event
}

/// The name, the request and the answer.
fn worded(call: &Call<'_>, change: &Change) -> (&'static str, Value, Value) {
    let tenant = tenant(call);
    match change {
        Change::GroupCreated { group } => (
            "CreateGroup",
            json!({ "httpBody": { "displayName": HIDDEN }, "tenantId": tenant }),
            created(call, GROUP, group, &json!({ "displayName": HIDDEN })),
        ),
        Change::GroupUpdated { group, attributes } => {
            let operations = attributes.iter().map(|path| ("REPLACE", path.as_str())).collect();
            ("PatchGroup", patch(&tenant, group, operations), Value::Null)
        }
        Change::MemberAdded { group, .. } => {
            ("PatchGroup", patch(&tenant, group, vec![("ADD", "members")]), Value::Null)
        }
        Change::MemberRemoved { group, .. } => {
            ("PatchGroup", patch(&tenant, group, vec![("REMOVE", "members")]), Value::Null)
        }
        Change::GroupDeleted { group } => {
            ("DeleteGroup", json!({ "tenantId": tenant, "id": group }), Value::Null)
        }
        Change::UserCreated { user } => {
            let body = json!({ "userName": HIDDEN, "displayName": HIDDEN, "active": true });
            let parameters = json!({ "httpBody": body, "tenantId": tenant });
            ("CreateUser", parameters, created(call, USER, user, &body))
        }
        Change::UserUpdated { user, attributes } => {
            let operations = attributes.iter().map(|path| ("REPLACE", path.as_str())).collect();
            let elements = json!({ "id": user, "userName": HIDDEN });
            ("PatchUser", patch(&tenant, user, operations), elements)
        }
        Change::UserDeleted { user } => {
            ("DeleteUser", json!({ "tenantId": tenant, "id": user }), Value::Null)
        }
    }
}

/// What was created: its id, the fields of the request, and when.
fn created(call: &Call<'_>, kind: &str, id: &str, fields: &Value) -> Value {
    let now = clock::worded(call.now);
    let mut created = fields.clone();
    if let Some(created) = created.as_object_mut() {
        let schema = format!("urn:ietf:params:scim:schemas:core:2.0:{kind}");
        let meta = json!({ "created": now, "lastModified": now, "resourceType": kind });
        created.insert("id".to_owned(), id.into());
        created.insert("meta".to_owned(), meta);
        created.insert("schemas".to_owned(), json!([schema]));
    }
    created
}

fn patch(tenant: &str, id: &str, operations: Vec<(&str, &str)>) -> Value {
    let operation = |(op, path)| json!({ "op": op, "path": path, "value": HIDDEN });
    let operations: Vec<Value> = operations.into_iter().map(operation).collect();
    let body = json!({ "operations": operations, "schemas": [HIDDEN] });
    json!({ "httpBody": body, "tenantId": tenant, "id": id })
}

/// SCIM's own name of the identity store, of which only its being there is documented.
fn tenant(call: &Call<'_>) -> String {
    call.state.instance.identity_store_id.as_str().trim_start_matches("d-").to_owned()
}
