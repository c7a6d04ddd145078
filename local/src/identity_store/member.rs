//! Who is in which group.

use serde::Deserialize;
use serde_json::{Value, json};
use shared::{
    ids::{GroupId, UserId},
    organization::Membership,
};

use crate::state::State;

/// A member: users only, since there are no groups within groups.
#[derive(Debug, Deserialize)]
pub(super) enum MemberId {
    UserId(UserId),
}

impl MemberId {
    pub(super) fn user_id(&self) -> &UserId {
        let Self::UserId(id) = self;
        id
    }
}

/// Whether this user is in this group.
pub(super) fn is_in_group(state: &State, user: &UserId, group: &GroupId) -> bool {
    state
        .memberships
        .values()
        .any(|membership| membership.user_id == *user && membership.group_id == *group)
}

/// `GroupMembership`
pub(super) fn view(state: &State, id: &str, membership: &Membership) -> Value {
    json!({
        "IdentityStoreId": state.instance.identity_store_id,
        "MembershipId": id,
        "GroupId": membership.group_id,
        "MemberId": { "UserId": membership.user_id },
    })
}
