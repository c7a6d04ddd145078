//! When the closing of accounts was asked for: not too many may be closed in thirty days.

use std::{collections::VecDeque, time::Duration};

use chrono::{DateTime, Utc};

use crate::{
    call::Call,
    clock::{self, DAY},
};

/// The period in which not too many accounts may be closed.
///
/// Source: <https://docs.aws.amazon.com/organizations/latest/APIReference/API_CloseAccount.html>
const PERIOD: Duration = DAY.saturating_mul(30);

/// How many accounts may be closed in the period: a fifth of them, but at least and at most so
/// many.
///
/// Unit: accounts. Source: <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html>
const FEWEST: usize = 250;
const MOST: usize = 1000;

/// When the closing of accounts was asked for, oldest first. More than can ever matter are not
/// kept.
#[derive(Debug, Default)]
pub(crate) struct Closures(VecDeque<DateTime<Utc>>);

impl Closures {
    pub(super) fn push(&mut self, requested: DateTime<Utc>) {
        self.0.push_back(requested);
        if self.0.len() > MOST {
            self.0.pop_front();
        }
    }

    /// Whether as many accounts as may be have been closed in the period.
    pub(super) fn are_too_many(&self, call: &Call<'_>) -> bool {
        let is_recent = |requested: &&DateTime<Utc>| clock::after(**requested, PERIOD) > call.now;
        let accounts = call.state.members.keys().count();
        self.0.iter().filter(is_recent).count() >= most_in_period(accounts)
    }
}

fn most_in_period(accounts: usize) -> usize {
    (accounts / 5).clamp(FEWEST, MOST)
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

    #[test]
    fn what_can_no_longer_matter_is_forgotten() {
        let mut closures = Closures::default();
        for _ in 0..=MOST {
            closures.push(DateTime::UNIX_EPOCH);
        }
        assert_eq!(closures.0.len(), MOST);
    }
}
