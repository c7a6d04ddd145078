//! Control Tower, where there is one: it makes the accounts, and enrolls again those that are moved.
//! Of both it tells when it is done, after Organizations has told its part.
//!
//! Source: <https://docs.aws.amazon.com/controltower/latest/userguide/lifecycle-events.html>

use serde_json::{Value, json};
use shared::ids::AccountId;

use crate::{clock, cloud_trail::service_event, organizations::Member, state::State};

/// What Control Tower tells of something that happened in Organizations, if it concerns it.
pub(crate) fn lifecycle_event(state: &State, event: &Value) -> Option<Value> {
    let text = |pointer: &str| event.pointer(pointer).and_then(Value::as_str);
    if text("/source") != Some("aws.organizations") || text("/detail/errorCode").is_some() {
        return None;
    }
    let (name, status, done, account) = match text("/detail/eventName")? {
        "CreateAccountResult" => (
            "CreateManagedAccount",
            "createManagedAccountStatus",
            "created",
            text("/detail/serviceEventDetails/createAccountStatus/accountId")?,
        ),
        "MoveAccount" => (
            "UpdateManagedAccount",
            "updateManagedAccountStatus",
            "updated",
            text("/detail/requestParameters/accountId")?,
        ),
        _ => return None,
    };
    let account: AccountId = account.parse().ok()?;
    let details = json!({ status: details(state, state.members.get(&account)?, done) });
    Some(service_event(state, "controltower", &state.instance.region, name, &details))
}

fn details(state: &State, member: &Member, done: &str) -> Value {
    let account = &member.account;
    let unit = state.organizational_units.get(&account.parent_id);
    let now = clock::iso(state.clock.now());
    json!({
        "organizationalUnit": {
            "organizationalUnitName": unit.map(|unit| unit.name.as_str()),
            "organizationalUnitId": account.parent_id,
        },
        "account": { "accountName": account.name, "accountId": account.id },
        "state": "SUCCEEDED",
        "message": format!("AWS Control Tower successfully {done} a managed account."),
        "requestedTimestamp": now,
        "completedTimestamp": now,
    })
}
