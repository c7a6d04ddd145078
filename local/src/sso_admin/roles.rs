//! The IAM roles that permission sets become in accounts: one can be updated in an account at a
//! time, and an account that is not active cannot be reached.
//!
//! Source: <https://docs.aws.amazon.com/singlesignon/latest/userguide/limits.html>

use std::time::Duration;

use shared::{
    ids::{AccountId, PermissionSetArn},
    organization::AccountState,
};

use crate::{api_error::ApiError, call::Call, fault::CONFLICT, state::State};

/// How much longer an attempt on an account that is not active takes before it fails.
const FAILS_LATE: u32 = 3;

/// The error that another role of this account is being changed, or this one provisioned, if so.
pub(super) fn check_free(
    state: &State,
    account: &AccountId,
    set: &PermissionSetArn,
) -> Result<(), ApiError> {
    let mut assignments = state.assignment_requests.in_progress();
    let other_role =
        assignments.any(|other| other.account_id == *account && other.permission_set_arn != *set);
    let mut provisionings = state.provisionings.in_progress();
    let provisioned =
        provisionings.any(|other| other.request.accounts.binary_search(account).is_ok());
    if other_role || provisioned { Err(conflict()) } else { Ok(()) }
}

pub(super) fn conflict() -> ApiError {
    ApiError::new("ConflictException", CONFLICT)
}

/// How long it takes to change roles in these accounts.
pub(super) fn delay<'a>(
    call: &Call<'_>,
    accounts: impl IntoIterator<Item = &'a AccountId>,
) -> Duration {
    let all_active = accounts.into_iter().all(|account| is_active(call.state, account));
    call.settings().assignment_time.saturating_mul(if all_active { 1 } else { FAILS_LATE })
}

/// Why roles of this account cannot be changed, if so.
pub(super) fn check_reachable(state: &State, account: &AccountId) -> Result<(), String> {
    if is_active(state, account) {
        return Ok(());
    }
    Err(format!(
        "AWS SSO is unable to complete your request at this time. Obtaining permissions to manage your \
         AWS account '{account}' is taking longer than usual."
    ))
}

fn is_active(state: &State, account: &AccountId) -> bool {
    state.members.get(account).is_some_and(|member| member.account.state == AccountState::Active)
}
