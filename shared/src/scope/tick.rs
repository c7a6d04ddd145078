//! The slow sweep: a listing by principal does not show what principals have left that are gone, so
//! every account is read pair by pair once a week. Spread over the week's hours, that is a few calls a
//! minute even in a large organization.

use chrono::{DateTime, TimeDelta, Utc};

use crate::ids::AccountId;

/// How long a round through all accounts takes: a week.
///
/// Unit: hours.
pub const HOURS_OF_A_ROUND: i64 = 7 * 24;

/// Whether an account's turn came between the last tick and now. Each account has one hour of the
/// week, by its id, so it keeps its turn whatever accounts come and go.
///
/// Hours whose tick was lost count too. When nobody knows when the last tick was, only this hour
/// does: to catch up with a week that was perhaps never missed would cost more than to wait for the
/// next.
#[must_use]
pub fn is_due(account: &AccountId, last: Option<DateTime<Utc>>, now: DateTime<Utc>) -> bool {
    let this_hour = hour(now);
    // A last tick that is still to come is another clock's mistake.
    let last = last.filter(|last| *last <= now);
    let first = last.map_or(this_hour, |last| hour(last) + 1).max(this_hour - HOURS_OF_A_ROUND + 1);
    let hours_ago = (this_hour - turn(account)).rem_euclid(HOURS_OF_A_ROUND);
    this_hour - hours_ago >= first
}

fn hour(time: DateTime<Utc>) -> i64 {
    time.timestamp().div_euclid(TimeDelta::hours(1).num_seconds())
}

/// The hour of the week that is the account's. AWS draws ids at random, so their digits spread well.
fn turn(account: &AccountId) -> i64 {
    let digits = account.as_str().bytes().filter(u8::is_ascii_digit);
    digits.fold(0, |number, digit| (number * 10 + i64::from(digit - b'0')) % HOURS_OF_A_ROUND)
}
