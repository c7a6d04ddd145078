//! `CloseAccount`: asynchronous. A closed account stays listed for 90 days, which nobody waits for
//! here.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use serde_json::{Value, json};
use shared::{ids::AccountId, organization::AccountState};

use super::errors;
use crate::{api_error::ApiError, call::Call, clock, cloud_trail, state::State};

/// Accounts that may be in closure at once.
///
/// Unit: accounts. Source: <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html>
const IN_PROGRESS: usize = 3;

/// The period in which not too many accounts may be closed.
///
/// Source: <https://docs.aws.amazon.com/organizations/latest/APIReference/API_CloseAccount.html>
const PERIOD: TimeDelta = TimeDelta::days(30);

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
    let (id, requested) = (request.account_id.clone(), call.now);
    call.state.members.set_state(&id, AccountState::PendingClosure);
    call.state.closures.push(requested);
    call.later(call.settings().account_time, move |state| {
        complete(state, &id, requested);
    });
    Ok(json!({}))
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
    let recent = call.state.closures.iter().filter(|requested| call.now - **requested < PERIOD);
    if recent.count() >= most_in_period(call.state.members.keys().count()) {
        let message = "You have exceeded close account quota for the past 30 days.";
        return Err(errors::constraint("CLOSE_ACCOUNT_QUOTA_EXCEEDED", message));
    }
    Ok(())
}

/// A fifth of the member accounts, but at least 250 and at most 1,000.
fn most_in_period(accounts: usize) -> usize {
    (accounts / 5).clamp(250, 1000)
}

/// The state is `CLOSED` then. (What `SUSPENDED` means is an account that AWS itself stopped; the
/// retired `Status` had one word for both.)
///
/// Source: <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_accounts_account_state.html>
fn complete(state: &mut State, id: &AccountId, requested: DateTime<Utc>) {
    if !state.members.contains_key(id) {
        return;
    }
    state.members.set_state(id, AccountState::Closed);
    let details = json!({ "closeAccountStatus": {
        "accountId": id,
        "state": "SUCCEEDED",
        "requestedTimestamp": clock::worded(requested),
        "completedTimestamp": clock::worded(clock::now()),
    } });
    state.send(cloud_trail::organizations_event(state, "CloseAccountResult", &details));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fifth_of_the_accounts_may_be_closed_in_thirty_days() {
        assert_eq!(most_in_period(10), 250);
        assert_eq!(most_in_period(2_000), 400);
        assert_eq!(most_in_period(10_000), 1_000);
    }
}
