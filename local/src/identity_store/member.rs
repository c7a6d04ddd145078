//! A membership as the Identity Store shows it, and as requests name its parts.

use serde::Deserialize;
use serde_json::{Value, json};
use shared::ids::UserId;
use uuid::Uuid;

use super::{errors, memberships::StoredMembership, store};
use crate::{api_error::ApiError, clock, state::State};

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

/// A membership's id or ARN, as a request names it.
#[derive(Debug, Deserialize)]
pub(super) struct MembershipId(String);

impl MembershipId {
    /// The membership, or the error that there is none.
    pub(super) fn find<'a>(&self, state: &'a State) -> Result<&'a StoredMembership, ApiError> {
        let stored = state.memberships.find_named(&self.0);
        stored.ok_or_else(|| errors::not_found("GROUP_MEMBERSHIP", &self.0))
    }
}

/// `GroupMembership`
pub(super) fn view(state: &State, stored: &StoredMembership) -> Value {
    json!({
        "IdentityStoreId": state.instance.identity_store_id,
        "MembershipId": stored.id.to_string(),
        "MembershipArn": arn(stored.id),
        "GroupId": stored.membership.group_id,
        "MemberId": { "UserId": stored.membership.user_id },
        "CreatedAt": clock::seconds(stored.created),
        "UpdatedAt": clock::seconds(stored.created),
    })
}

/// The answer of those operations that tell the membership's id only.
pub(super) fn named(state: &State, id: Uuid) -> Value {
    json!({
        "MembershipId": id.to_string(),
        "MembershipArn": arn(id),
        "IdentityStoreId": state.instance.identity_store_id,
    })
}

fn arn(id: Uuid) -> String {
    store::arn("membership", &id.to_string())
}
