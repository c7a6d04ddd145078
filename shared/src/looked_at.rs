//! What was looked at a moment ago. A burst of events about one place is many messages, of which the
//! first look serves all that were sent before it.
//!
//! An event is sent after the change that it tells of. So who looked after it was sent has seen that
//! change, and another look would read the same again.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    lane::{Cause, LaneMessage},
    scope::Scope,
};

/// By how much a look has to be later than the message: the queue's clock is not this one, and AWS may
/// show a change a moment after it told of it.
///
/// Unit: seconds.
const MARGIN_SECONDS: i64 = 1;

/// How long a look is remembered. Of messages that were on the lane for longer, their place is looked at
/// once more.
///
/// Unit: minutes.
const REMEMBERED_MINUTES: i64 = 60;

/// When places were looked at last, and nothing was left to do there.
#[derive(Clone, Debug, Default)]
pub struct LookedAt {
    everything: Option<DateTime<Utc>>,
    places: BTreeMap<String, DateTime<Utc>>,
}

impl LookedAt {
    /// Remembers that all that a scope names was looked at, by a run that began then and left nothing
    /// undone.
    pub fn remember(&mut self, scope: &Scope, began: DateTime<Utc>) {
        if scope.is_everything() {
            self.everything = Some(began);
        }
        let oldest = began - TimeDelta::minutes(REMEMBERED_MINUTES);
        self.places.retain(|_, at| oldest <= *at);
        self.places.extend(scope.places().map(|place| (place, began)));
    }

    /// Whether all that a message asks for was looked at after it was sent.
    ///
    /// Never so for a message that says that somebody changes an assignment, which AWS makes some
    /// seconds after it has told of it; nor for the slow sweep and for the rest of what a run had no time
    /// for.
    #[must_use]
    pub fn serves(&self, message: &LaneMessage, sent_at: DateTime<Utc>) -> bool {
        let is_later = |at: &DateTime<Utc>| *at >= sent_at + TimeDelta::seconds(MARGIN_SECONDS);
        let scope = &message.scope;
        if message.causes().any(Cause::is_of_an_assignment) || message.before.is_some() {
            return false;
        }
        if scope.is_everything() {
            return self.everything.as_ref().is_some_and(is_later);
        }
        let mut places = scope.places();
        !scope.is_sweep() && places.all(|place| self.places.get(&place).is_some_and(is_later))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lane::Before;

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_772_442_855 + second, 0).unwrap()
    }

    fn account(number: u64) -> Scope {
        Scope::account(format!("{number:012}").parse().unwrap())
    }

    fn message(scope: Scope) -> LaneMessage {
        LaneMessage { scope, ..LaneMessage::default() }
    }

    fn looked_at(scope: &Scope) -> LookedAt {
        let mut looked_at = LookedAt::default();
        looked_at.remember(scope, at(10));
        looked_at
    }

    #[test]
    fn a_look_serves_what_was_sent_before_it() {
        let looked_at = looked_at(&account(1).merge(account(2)));
        for scope in [account(1), account(2), account(1).merge(account(2))] {
            assert!(looked_at.serves(&message(scope), at(9)));
        }
        assert!(!looked_at.serves(&message(account(1)), at(10)), "perhaps the look was before it");
        for elsewhere in [account(3), account(1).merge(account(3)), Scope::everything()] {
            assert!(!looked_at.serves(&message(elsewhere), at(0)));
        }
    }

    #[test]
    fn a_look_at_everything_serves_whoever_asks_for_everything() {
        let looked_at = looked_at(&Scope::everything());
        assert!(looked_at.serves(&message(Scope::everything()), at(9)));
        assert!(looked_at.serves(&message(Scope::rules_changed()), at(9)));
        // A sweep may take an account's tags from memory; an event about one of them does not.
        assert!(!looked_at.serves(&message(account(1)), at(0)));
    }

    #[test]
    fn what_is_made_later_or_is_a_part_is_looked_at_in_any_case() {
        let mut looked_at = looked_at(&account(1));
        looked_at.remember(&Scope::everything(), at(10));
        let cause = Cause { event: "CreateAccountAssignment".to_owned(), ..Cause::default() };
        assert!(!looked_at.serves(&LaneMessage { cause, ..message(account(1)) }, at(0)));
        let before = Some(Before::default());
        assert!(!looked_at.serves(&LaneMessage { before, ..message(account(1)) }, at(0)));
        let part = Scope::part_of_sweep(account(1).accounts);
        for scope in [Scope::tick(), part.clone(), part.merge(account(1))] {
            assert!(!looked_at.serves(&message(scope), at(0)));
        }
    }

    #[test]
    fn old_looks_are_forgotten() {
        let mut looked_at = looked_at(&account(1));
        looked_at.remember(&account(2), at(10 + 60 * 60));
        assert!(looked_at.serves(&message(account(1)), at(0)));
        looked_at.remember(&account(2), at(11 + 60 * 60));
        assert!(!looked_at.serves(&message(account(1)), at(0)));
        assert!(looked_at.serves(&message(account(2)), at(0)));
    }
}
