//! The notifications that the Identity Store sends by itself, without a trail. CloudTrail's event
//! of the same change comes besides, under the same `source`.
//!
//! The envelope, the names of the events of groups and users and `event-version` are documented;
//! the names of the ids, and that of the events of memberships, follow from them.
//!
//! Source: <https://docs.aws.amazon.com/singlesignon/latest/userguide/eventbridge-event-message-structure.html>

use serde_json::{Value, json};

use super::directory::Change;
use crate::{call::Call, cloud_trail::Sender};

/// The notification of a change.
pub(super) fn event(call: &Call<'_>, change: &Change) -> Value {
    let (detail_type, group, user) = match change {
        Change::GroupCreated { group } => ("Group Created", Some(group), None),
        Change::GroupUpdated { group, .. } => ("Group Updated", Some(group), None),
        Change::GroupDeleted { group } => ("Group Deleted", Some(group), None),
        Change::MemberAdded { group, user } => {
            ("Group Membership Created", Some(group), Some(user))
        }
        Change::MemberRemoved { group, user } => {
            ("Group Membership Deleted", Some(group), Some(user))
        }
        Change::UserCreated { user } => ("User Created", None, Some(user)),
        Change::UserUpdated { user, .. } => ("User Updated", None, Some(user)),
        Change::UserDeleted { user } => ("User Deleted", None, Some(user)),
    };
    let mut detail = json!({
        "event-version": "1.0",
        "identity-store-id": call.state.instance.identity_store_id,
    });
    let mut resources = Vec::new();
    for (kind, id) in [("group", group), ("user", user)] {
        if let (Some(id), Some(detail)) = (id, detail.as_object_mut()) {
            resources.push(format!("arn:aws:identitystore:::{kind}/{id}"));
            detail.insert(format!("{kind}-id"), id.as_str().into());
        }
    }
    let sender = Sender {
        source: "identitystore",
        // The account that owns the identity store, whoever calls.
        account: call.state.facts.management_account_id.as_str(),
        region: &call.state.instance.region,
    };
    sender.envelope(detail_type, call.now, &resources, &detail)
}
