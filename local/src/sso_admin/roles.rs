//! The accounts in which permission sets are IAM roles: one that is not active cannot be reached.

use std::time::Duration;

use shared::{ids::AccountId, organization::AccountState};

use crate::{call::Call, state::State};

/// How much longer an attempt on an account that is not active takes before it fails.
const FAILS_LATE: u32 = 3;

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
