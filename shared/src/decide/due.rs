//! What time brings by itself: where a rule, or an entry of `never`, has begun or ended.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use fixedbitset::FixedBitSet;

use crate::{
    ids::AccountId,
    organization::Organization,
    rules::{Never, Rules, Window, selector::AccountSelector},
    scope::{Scope, is_due},
};

use super::{catalogue::Catalogue, select::Columns};

/// Whether any time of the file lies after that moment, and not after now.
#[must_use]
pub fn has_turned(rules: &Rules, last: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    let of_rules = rules.rules.iter().map(|rule| rule.window);
    let of_fences = rules.never.iter().map(|entry| entry.window);
    of_rules.chain(of_fences).any(|window| turned_between(window, last, now))
}

/// What says where a rule or an entry of `never` holds that has begun or ended in that time.
pub fn selectors_that_turned(
    rules: &Rules,
    last: DateTime<Utc>,
    now: DateTime<Utc>,
) -> impl Iterator<Item = &AccountSelector> {
    let of_rules = rules.rules.iter().map(|rule| (rule.window, Some(&rule.accounts)));
    let of_fences = rules.never.iter().map(|entry| (entry.window, entry.what.accounts.as_ref()));
    let all = of_rules.chain(of_fences);
    all.filter(move |(window, _)| turned_between(*window, last, now)).filter_map(|(_, at)| at)
}

/// The accounts where a rule or an entry of `never` has begun or ended after that moment, and not after
/// now; or where one may have, for all that was read.
#[must_use]
pub fn turned(
    rules: &Rules,
    organization: &Organization,
    last: DateTime<Utc>,
    now: DateTime<Utc>,
) -> BTreeSet<AccountId> {
    if !has_turned(rules, last, now) {
        return BTreeSet::new();
    }
    let catalogue = Catalogue::new(organization);
    let mut columns = Columns::new(&catalogue);
    let mut places = FixedBitSet::with_capacity(catalogue.observed.accounts.len());
    for selector in selectors_that_turned(rules, last, now) {
        places.union_with(columns.select(selector).possible());
    }
    let is_everywhere =
        |entry: &Never| entry.what.accounts.is_none() && turned_between(entry.window, last, now);
    if rules.never.iter().any(is_everywhere) {
        places.insert_range(..);
    }
    let accounts = catalogue.observed.accounts.iter().enumerate();
    let meant = accounts.filter(|(place, _)| places.contains(*place));
    meant.map(|(_, account)| account.id.clone()).collect()
}

fn turned_between(window: Window, last: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    let ends = [window.from, window.until].into_iter().flatten();
    ends.into_iter().any(|end| last < end.value && end.value <= now)
}

/// A scope in whose place of a tick stands what the tick means in an organization: offline, where
/// nothing costs anything.
#[must_use]
pub fn what_is_due(
    rules: &Rules,
    organization: &Organization,
    scope: &Scope,
    (last, now): (Option<DateTime<Utc>>, DateTime<Utc>),
) -> Scope {
    if !scope.tick {
        return scope.clone();
    }
    let accounts = organization.accounts.iter().map(|account| &account.id);
    let in_turn = accounts.filter(|id| is_due(id, last, now)).cloned().collect();
    let part_of_sweep = turned(rules, organization, since(last, now), now);
    let due = Scope { in_turn, part_of_sweep, ..Scope::default() };
    Scope { tick: false, ..scope.clone() }.merge(due)
}

/// From when on time is made good. When nobody knows when the last tick was, it is taken to have been
/// an hour ago, as it should: what an earlier hour brought is the sweep's.
#[must_use]
pub fn since(last: Option<DateTime<Utc>>, now: DateTime<Utc>) -> DateTime<Utc> {
    last.filter(|last| *last <= now).unwrap_or(now - TimeDelta::hours(1))
}
