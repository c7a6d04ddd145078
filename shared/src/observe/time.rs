//! The time that an observation has, and what the hour brings: which accounts of a scope are looked at
//! now, and which are left to the next run.

use std::collections::BTreeSet;

use tokio::time::Instant;

use crate::{
    decide::{has_turned, selectors_that_turned, since, turned},
    ids::AccountId,
    rules::selector::Test,
    scope::{Scope, is_due},
};

use super::{Observe, gather::Gathering};

impl<Reads: Observe> Gathering<'_, Reads> {
    /// Puts in place of a tick what it means: the accounts whose turn it is, and those where a rule has
    /// begun or ended, or everything where that costs less.
    pub(super) async fn what_the_hour_brings(&mut self) {
        if !std::mem::take(&mut self.scope.tick) {
            return;
        }
        let last = self.picture.ticked_at();
        let accounts = self.organization.accounts.iter().map(|account| &account.id);
        let in_turn: BTreeSet<AccountId> =
            accounts.filter(|id| is_due(id, last, self.now)).cloned().collect();
        self.scope.in_turn.extend(in_turn);
        let since = since(last, self.now);
        if !has_turned(self.rules, since, self.now) {
            return;
        }
        let asks = |question: fn(&Test) -> bool| {
            selectors_that_turned(self.rules, since, self.now).any(|at| at.asks(&question))
        };
        let asks_for_tags = asks(|test| matches!(test, Test::Tags(_)));
        if asks(|test| matches!(test, Test::OrganizationalUnitTags(_))) {
            self.unit_tags().await;
        }
        if asks_for_tags {
            self.tags().await;
        }
        let turned = turned(self.rules, &self.organization, since, self.now);
        if self.by_pairs_costs(turned.len()) > self.everything_costs() {
            self.scope.everything = true;
        } else {
            self.scope.part_of_sweep.extend(turned);
        }
    }

    /// Leaves out the accounts that a scope of single accounts does not mean, and those that are left
    /// to the next run.
    pub(super) fn keep_to_the_scope(&mut self) {
        let accounts = &mut self.organization.accounts;
        if let Some(meant) = self.scope.only_whole_accounts() {
            accounts.retain(|account| meant.contains(&account.id));
        }
        accounts.retain(|account| !self.rest.names_whole(&account.id));
    }

    /// When half of the time to look has passed: what comes first may not take all of it.
    pub(super) fn half_time(&self) -> Option<Instant> {
        let now = Instant::now();
        self.look_until.map(|until| now + until.saturating_duration_since(now) / 2)
    }

    /// Until when what is only remembered is read again: half as long as there was to look. It has to be
    /// read before it is changed, and what cannot be is left to the next run.
    pub(super) fn second_look_until(&self) -> Option<Instant> {
        let until = self.look_until?;
        let more = until.saturating_duration_since(self.began) / 2;
        Some(until.max(Instant::now()) + more)
    }

    /// Leaves accounts to the next run. Nothing of them is decided in this one.
    pub(super) fn put_off(&mut self, accounts: &BTreeSet<AccountId>) {
        if accounts.is_empty() {
            return;
        }
        self.organization.accounts.retain(|account| !accounts.contains(&account.id));
        let assignments = &mut self.organization.assignments;
        assignments.retain(|assignment| !accounts.contains(&assignment.account_id));
        self.reached.retain(|id| !accounts.contains(id));
        // A gap of an account that is looked at again is no gap of this run.
        let is_kept = |id: &AccountId| !accounts.contains(id);
        self.organization.gaps.retain(|gap| gap.account_id.as_ref().is_none_or(is_kept));
        for id in accounts {
            let rest = &mut self.rest;
            let place = if self.scope.accounts.contains(id) {
                &mut rest.accounts
            } else if self.scope.in_turn.contains(id) {
                &mut rest.in_turn
            } else {
                &mut rest.part_of_sweep
            };
            place.insert(id.clone());
        }
    }

    /// The scope, without what is left to the next run.
    pub(super) fn scope_looked_at(&self) -> Scope {
        if self.rest.is_empty() {
            return self.scope.clone();
        }
        let mut scope = self.scope.clone();
        if scope.is_everything() {
            // Not everything any more: what is odd about the rules in the whole organization cannot be said.
            let accounts = self.organization.accounts.iter().map(|account| account.id.clone());
            let in_turn = &scope.in_turn - &self.rest.in_turn;
            let others = accounts.filter(|id| !in_turn.contains(id)).collect();
            return Scope { in_turn, ..Scope::part_of_sweep(others) };
        }
        let rest = &self.rest;
        scope.accounts.retain(|id| !rest.accounts.contains(id));
        scope.in_turn.retain(|id| !rest.in_turn.contains(id));
        scope.part_of_sweep.retain(|id| !rest.part_of_sweep.contains(id));
        scope
    }
}
