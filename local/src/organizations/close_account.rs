//! `CloseAccount`: asynchronous. A closed account stays listed for 90 days, and is gone then.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Value, json};
use shared::{ids::AccountId, organization::AccountState};

use super::{departure, errors};
use crate::{
    api_error::ApiError,
    call::Call,
    clock::{self, DAY},
    cloud_trail, fields,
    state::State,
    world::World,
};

/// Accounts that may be in closure at once.
///
/// Unit: accounts. Source: <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html>
const IN_PROGRESS: usize = 3;

/// How long a closed account still belongs to the organization.
///
/// Source: <https://docs.aws.amazon.com/organizations/latest/APIReference/API_CloseAccount.html>
const CLEANED_AFTER: Duration = DAY.saturating_mul(90);

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct CloseAccountRequest {
    account_id: AccountId,
}

/// <https://docs.aws.amazon.com/organizations/latest/APIReference/API_CloseAccount.html>
pub(super) fn close_account(
    call: &mut Call<'_>,
    request: &CloseAccountRequest,
) -> Result<Value, ApiError> {
    check(call, &request.account_id)?;
    if call.has_quotas() {
        check_quotas(call)?;
    }
    let injected = call.take_failure(Some(&request.account_id));
    let (id, requested) = (request.account_id.clone(), call.now);
    let before = errors::known_account(call.state, &id)?.account.state.clone();
    call.state.members.set_state(&id, AccountState::PendingClosure);
    call.state.closures.push(requested);
    let world = Arc::downgrade(call.world);
    call.later(call.settings().account_time, move |state| {
        let closure = Closure { account: id, requested, before };
        match injected {
            None => closure.succeed(state, world.upgrade().as_ref()),
            Some(reason) => closure.fail(state, &reason),
        }
    });
    Ok(json!({}))
}

/// At the start: whatever is closed by then goes 90 days later.
pub(crate) fn clean_closed_accounts(world: &Arc<World>) {
    let state = world.state();
    let members = state.members.values().map(|member| &member.account);
    for account in members.filter(|account| account.state == AccountState::Closed) {
        clean_later(world, account.id.clone());
    }
}

fn check(call: &Call<'_>, id: &AccountId) -> Result<(), ApiError> {
    if *id == call.state.facts.management_account_id {
        let message = "You can't close the management account of the organization.";
        return Err(errors::constraint("CANNOT_CLOSE_MANAGEMENT_ACCOUNT", message));
    }
    let account = &errors::known_account(call.state, id)?.account;
    if matches!(account.state, AccountState::PendingClosure | AccountState::Closed) {
        let message = "You attempted to close an account that is already closed.";
        return Err(ApiError::new("AccountAlreadyClosedException", message));
    }
    Ok(())
}

fn check_quotas(call: &Call<'_>) -> Result<(), ApiError> {
    let members = call.state.members.values();
    let in_progress =
        members.filter(|member| member.account.state == AccountState::PendingClosure).count();
    if in_progress >= IN_PROGRESS {
        let message = "You have exceeded the number of accounts that can be closed at a time.";
        return Err(errors::constraint("CLOSE_ACCOUNT_REQUESTS_LIMIT_EXCEEDED", message));
    }
    if call.state.closures.are_too_many(call) {
        let message = "You have exceeded close account quota for the past 30 days.";
        return Err(errors::constraint("CLOSE_ACCOUNT_QUOTA_EXCEEDED", message));
    }
    Ok(())
}

/// An account that is being closed.
struct Closure {
    account: AccountId,
    requested: DateTime<Utc>,
    /// Its state before that.
    before: AccountState,
}

impl Closure {
    /// The state is `CLOSED` then. (What `SUSPENDED` means is an account that AWS itself stopped;
    /// the retired `Status` had one word for both.)
    ///
    /// Source: <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_accounts_account_state.html>
    fn succeed(self, state: &mut State, world: Option<&Arc<World>>) {
        let is_closed = self.end(state, AccountState::Closed, None);
        if let Some(world) = world.filter(|_| is_closed) {
            clean_later(world, self.account);
        }
    }

    /// The account is what it was. Only the success is documented; the failure is told alike.
    fn fail(self, state: &mut State, reason: &str) {
        self.end(state, self.before.clone(), Some(reason));
    }

    /// Tells what came of it, unless the account has left meanwhile.
    fn end(&self, state: &mut State, then: AccountState, failure: Option<&str>) -> bool {
        let id = &self.account;
        if !state.members.contains_key(id) {
            return false;
        }
        state.members.set_state(id, then);
        let status = fields::known([
            ("accountId", Some(id.as_str().into())),
            ("state", Some(if failure.is_none() { "SUCCEEDED" } else { "FAILED" }.into())),
            ("failureReason", failure.map(Value::from)),
            ("requestedTimestamp", Some(clock::worded(self.requested).into())),
            ("completedTimestamp", Some(clock::worded(state.clock.now()).into())),
        ]);
        let details = json!({ "closeAccountStatus": status });
        state.send(cloud_trail::organizations_event(state, "CloseAccountResult", &details));
        true
    }
}

/// Nothing opens a closed account again here, so what is closed now is closed then, or has left.
fn clean_later(world: &Arc<World>, account: AccountId) {
    world.later(CLEANED_AFTER, move |state| departure::clean(state, &account));
}
