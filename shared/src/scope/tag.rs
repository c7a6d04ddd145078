//! Events about tags of accounts, of organizational units and of the root.
//!
//! Two services tell of the same change: Organizations of the call, and the tagging service of what
//! came of it. Which keys are meant is said by both, which values only by one: so only the keys are
//! read.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::ids::{AccountId, OrganizationalUnitId};

use super::{About, Lead, Scope, event::Event};

pub(super) fn lead(event: Event<'_>) -> Lead {
    match (event.source(), event.name()) {
        ("aws.tag", "Tag Change on Resource") => of_resource(event),
        (_, "TagResource") => tagged(event, keys(event, "/detail/requestParameters/tags")),
        (_, "UntagResource") => tagged(event, keys(event, "/detail/requestParameters/tagKeys")),
        (_, name) => Lead::ignore(format!("`{name}` changes no tag")),
    }
}

/// A call to Organizations: the resource may also be a policy or the like.
fn tagged(event: Event<'_>, keys: BTreeSet<String>) -> Lead {
    match event.text("/detail/requestParameters/resourceId") {
        Some(id) => place(event, id, keys),
        None => Lead::ignore(format!("{} names no resource", event.name())),
    }
}

/// An event of the tagging service, which speaks of the resources of every service.
fn of_resource(event: Event<'_>) -> Lead {
    match event.text("/detail/service") {
        Some("organizations") => {}
        other => {
            let service = other.unwrap_or("nothing");
            return Lead::ignore(format!("tags of `{service}` are nothing to the rules"));
        }
    }
    let keys = keys(event, "/detail/changed-tag-keys");
    let last = |arn: &str| arn.rsplit('/').next().unwrap_or_default().to_owned();
    match event.text("/resources/0").map(last) {
        Some(id) => place(event, &id, keys),
        None => Lead::ignore(format!("{} names no resource", event.name())),
    }
}

fn place(event: Event<'_>, id: &str, keys: BTreeSet<String>) -> Lead {
    if let Ok(id) = id.parse::<AccountId>() {
        return Lead::look(Scope::account(id), About::AccountTags(keys));
    }
    if let Ok(id) = id.parse::<OrganizationalUnitId>() {
        return Lead::look(Scope::organizational_unit(id), About::UnitTags(keys));
    }
    let what = format!("`{id}` is neither an account nor an organizational unit");
    Lead::ignore(format!("{}: {what}", event.name()))
}

/// Keys in a list: of texts, or of tags.
fn keys(event: Event<'_>, pointer: &str) -> BTreeSet<String> {
    let items = event.value(pointer).and_then(Value::as_array);
    let key = |item: &Value| {
        let key = item.get("key").unwrap_or(item);
        key.as_str().map(str::to_owned)
    };
    items.into_iter().flatten().filter_map(key).collect()
}
