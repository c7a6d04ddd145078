//! An account that comes: where it begins, and what is told of it.

use serde_json::{Value, json};

use super::accounts::Member;
use crate::{clock, cloud_trail, state::State};

/// Takes an account into the organization. What is told of it is left to tell.
pub(super) fn arrive(state: &mut State, member: Member) -> Value {
    let event = event(state, &member);
    state.members.insert(member);
    event
}

fn event(state: &State, member: &Member) -> Value {
    let details = json!({
        "accountId": member.account.id,
        "managementAccountId": state.facts.management_account_id,
        "joinedMethod": member.joined_method.as_str(),
        "joinedTime": clock::iso(member.joined),
    });
    cloud_trail::organizations_event(state, "AccountJoinedOrganization", &details)
}
