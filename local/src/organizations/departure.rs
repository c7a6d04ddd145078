//! An account that goes: what it takes along, and what is told of it.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use shared::{ids::AccountId, organization::AccountState};

use super::{accounts::Member, errors};
use crate::{api_error::ApiError, call::Call, clock, cloud_trail, state::State};

/// Takes an account out of the organization. Its tags go with it, and so do its assignments.
pub(super) fn depart(
    call: &mut Call<'_>,
    account: &AccountId,
    method: &str,
) -> Result<Value, ApiError> {
    check(call.state, account)?;
    leave(call.state, account, method, call.now);
    Ok(json!({}))
}

/// Takes out an account that was closed long ago. It may have left in the meantime, and come back.
pub(super) fn clean(state: &mut State, account: &AccountId) {
    let is_closed = |member: &Member| member.account.state == AccountState::Closed;
    if state.members.get(account).is_some_and(is_closed) {
        state.delegations.remove(account);
        let now = state.clock.now();
        leave(state, account, "CLEANED", now);
    }
}

fn leave(state: &mut State, account: &AccountId, method: &str, now: DateTime<Utc>) {
    state.members.remove(account);
    state.assignments.remove_account(account);
    state.send(event(state, account, method, now));
}

fn check(state: &State, account: &AccountId) -> Result<(), ApiError> {
    if *account == state.facts.management_account_id {
        let message = "You can't remove the management account from the organization.";
        return Err(ApiError::new("MasterCannotLeaveOrganizationException", message));
    }
    errors::known_account(state, account)?;
    if state.delegations.is_administrator(account) {
        let message =
            "You can't remove an account that is a delegated administrator. Deregister it first.";
        return Err(errors::constraint("CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG", message));
    }
    Ok(())
}

fn event(state: &State, account: &AccountId, method: &str, time: DateTime<Utc>) -> Value {
    let details = json!({
        "accountId": account,
        "managementAccountId": state.facts.management_account_id,
        "departureMethod": method,
        "departureTime": clock::iso(time),
    });
    cloud_trail::organizations_event(state, "AccountDepartedOrganization", &details)
}
