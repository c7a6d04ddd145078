//! `Tag Change on Resource`: the tagging service tells what the tags are now, beside CloudTrail's
//! record of the call.
//!
//! Source: <https://docs.aws.amazon.com/tag-editor/latest/userguide/monitor-tag-changes.html>

use serde_json::{Value, json};
use shared::{
    ids::{AccountId, OrganizationalUnitId},
    organization::Tags,
};

use crate::{
    call::Call,
    cloud_trail::{ORGANIZATIONS_REGION, Sender},
    state::State,
};

/// The tags of an account, an organizational unit or the root.
pub(crate) fn tags_of<'a>(state: &'a State, id: &str) -> Option<&'a Tags> {
    if let Ok(account) = id.parse::<AccountId>() {
        return state.members.get(&account).map(|member| &member.account.tags);
    }
    let unit: OrganizationalUnitId = id.parse().ok()?;
    state.organizational_units.get(&unit).map(|unit| &unit.tags)
}

/// The event, if any tag is not what it was.
pub(super) fn event(call: &Call<'_>, request: &Value, before: &Tags) -> Option<Value> {
    let id = request.get("ResourceId").and_then(Value::as_str)?;
    let tags = tags_of(call.state, id)?;
    let changed: Vec<&String> = before
        .keys()
        .chain(tags.keys().filter(|key| !before.contains_key(*key)))
        .filter(|key| before.get(*key) != tags.get(*key))
        .collect();
    if changed.is_empty() {
        return None;
    }
    let kind = kind(id);
    let detail = json!({
        "changed-tag-keys": changed,
        "service": "organizations",
        "resource-type": kind,
        // There are no tag policies here that it could break.
        "tag-policy-compliant": "true",
        "version-timestamp": call.now.timestamp_millis().to_string(),
        "version": version(call.state),
        "tags": tags,
    });
    let facts = &call.state.facts;
    let management = facts.management_account_id.as_str();
    let resource = format!("arn:aws:organizations::{management}:{kind}/{}/{id}", facts.id);
    let sender = Sender { source: "tag", account: management, region: ORGANIZATIONS_REGION };
    Some(sender.envelope("Tag Change on Resource", call.now, &[resource], &detail))
}

fn kind(id: &str) -> &'static str {
    match id.get(..2) {
        Some("ou") => "ou",
        Some("r-") => "root",
        _ => "account",
    }
}

/// Grows with every change of tags: of two events the later one has the greater.
fn version(state: &State) -> u64 {
    let calls = |name: &str| state.calls.get(name).copied().unwrap_or_default();
    calls("organizations:TagResource") + calls("organizations:UntagResource")
}
