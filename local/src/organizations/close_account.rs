//! `CloseAccount`: asynchronous. A closed account stays listed for 90 days, which nobody waits for
//! here.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Value, json};
use shared::{ids::AccountId, organization::AccountState};

use super::errors;
use crate::{api_error::ApiError, call::Call, clock, cloud_trail, state::State};

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
    if request.account_id == call.state.facts.management_account_id {
        let message = "You can't close the management account of the organization.";
        return Err(ApiError::new("ConstraintViolationException", message));
    }
    let account = &mut errors::known_account(call.state, &request.account_id)?.account;
    if matches!(account.state, AccountState::PendingClosure | AccountState::Closed) {
        let message = "You attempted to close an account that is already closed.";
        return Err(ApiError::new("AccountAlreadyClosedException", message));
    }
    account.state = AccountState::PendingClosure;
    let (id, requested) = (request.account_id.clone(), call.now);
    call.later(call.settings().account_time, move |state| {
        complete(state, &id, requested);
    });
    Ok(json!({}))
}

fn complete(state: &mut State, id: &AccountId, requested: DateTime<Utc>) {
    let Some(member) = state.members.get_mut(id) else {
        return;
    };
    member.account.state = AccountState::Closed;
    let details = json!({ "closeAccountStatus": {
        "accountId": id,
        "state": "SUCCEEDED",
        "requestedTimestamp": clock::worded(requested),
        "completedTimestamp": clock::worded(clock::now()),
    } });
    state.send(cloud_trail::organizations_event(state, "CloseAccountResult", &details));
}
