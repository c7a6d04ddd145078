//! The events that follow a change: whom EventBridge hears it from, and in which words.
//!
//! Most changes are one CloudTrail record of the call. Groups, users and memberships are told
//! differently by whoever changes them ([`IdentitySource`]), and a second time by the Identity
//! Store itself where it notifies; tags are told a second time by the tagging service, and accounts
//! by Control Tower where there is one.

mod console;
pub(crate) mod control_tower;
mod directory;
mod native;
mod scim;
mod tag_change;

pub(crate) use self::tag_change::tags_of;

use serde_json::Value;
use shared::organization::{Membership, Tags};

use crate::{
    api_error::ApiError, call::Call, cloud_trail, service::Service, settings::IdentitySource,
    state::State,
};

/// What a change takes away, though its event still tells it.
#[derive(Debug, Default)]
pub(crate) struct Before {
    membership: Option<Membership>,
    tags: Option<Tags>,
}

impl Before {
    /// What there is to remember before this request is answered.
    pub(crate) fn new(state: &State, operation: &str, request: &Value) -> Self {
        let text = |field: &str| request.get(field).and_then(Value::as_str);
        match operation {
            "DeleteGroupMembership" => {
                let membership = text("MembershipId").and_then(|id| state.memberships.named(id));
                Self { membership: membership.cloned(), tags: None }
            }
            "TagResource" | "UntagResource" => {
                let tags = text("ResourceId").and_then(|id| tags_of(state, id));
                Self { membership: None, tags: tags.cloned() }
            }
            _ => Self::default(),
        }
    }
}

/// All events of a call that would change something, in the order in which they are sent.
pub(crate) fn of_call(
    call: &Call<'_>,
    request: &Value,
    before: &Before,
    answer: &Result<Value, ApiError>,
) -> Vec<Value> {
    if call.service == Service::IdentityStore {
        return of_identity(call, request, before, answer);
    }
    let mut events = vec![cloud_trail::api_call(call, request, answer)];
    if let (Service::Organizations, Ok(_), Some(tags)) = (call.service, answer, &before.tags) {
        events.extend(tag_change::event(call, request, tags));
    }
    events
}

/// The Identity Store's own notification comes sooner than CloudTrail's event, and only of what has
/// happened.
fn of_identity(
    call: &Call<'_>,
    request: &Value,
    before: &Before,
    answer: &Result<Value, ApiError>,
) -> Vec<Value> {
    let before = before.membership.as_ref();
    let Some(change) = directory::Change::new(call.operation, request, before, answer) else {
        return vec![cloud_trail::api_call(call, request, answer)];
    };
    let error = answer.as_ref().err();
    let recorded = match call.settings().identity_source {
        IdentitySource::Api => cloud_trail::api_call(call, request, answer),
        IdentitySource::Console => console::event(call, &change, error),
        IdentitySource::Scim => scim::event(call, &change, error),
    };
    let notifies = call.settings().native_notifications && error.is_none();
    let notification = notifies.then(|| native::event(call, &change));
    notification.into_iter().chain([recorded]).collect()
}
