//! Which change may start next.
//!
//! The accounts take turns: whoever has the fewest requests in flight comes first, and of those
//! whoever has the most left, so that no account with many changes is left over in the end.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

use tokio::time::Instant;

use crate::{
    ids::{AccountId, PermissionSetArn},
    plan::{Action, Change, Role},
};

use super::queue::{Queue, Waiting};

/// After how many successes in a row an account in which a request was refused has more than one slot
/// again. Twice as many each time that it refuses again as soon as it has: AWS may bear but one request
/// there.
///
/// Unit: changes.
const SUCCESSES_TO_RECOVER: u32 = 2;

/// The changes that wait, and what is in flight where.
#[derive(Debug, Default)]
pub(super) struct Accounts {
    /// Those where something waits or is in flight.
    open: BTreeMap<AccountId, Account>,
    /// When changes that wait for their time may start.
    times: Vec<Instant>,
}

/// What is to be done in an account.
#[derive(Debug, Default)]
struct Account {
    creates: Queue,
    deletes: Queue,
    in_flight: Vec<Flying>,
    /// The permission sets whose role is there: somebody has been granted them in this run.
    standing: BTreeSet<PermissionSetArn>,
    /// Whether a change has been made here in this run.
    is_proven: bool,
    /// Changes made here since a request was last refused.
    successes_in_a_row: u32,
    /// How many of them it takes until it has more than one slot again.
    to_recover: u32,
    /// Whether a request in flight takes longer than others.
    is_late: bool,
}

/// A change that may start: where it waits.
#[derive(Clone, Copy, Debug)]
struct Next {
    action: Action,
    place: usize,
    updates_role: bool,
}

/// A request in flight.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Flying {
    action: Action,
    permission_set: PermissionSetArn,
    updates_role: bool,
}

impl Accounts {
    pub(super) fn new(changes: impl Iterator<Item = Waiting>) -> Self {
        let mut accounts = Self::default();
        for waiting in changes {
            let account = accounts.open.entry(waiting.account().clone()).or_default();
            account.queue(waiting.change.action).push(waiting);
        }
        accounts
    }

    /// Takes the next change that may start now: it is in flight from here on.
    pub(super) fn next(&mut self, now: Instant) -> Option<Waiting> {
        let busy = self.open.values().filter(|account| account.waiting() > 0).count();
        let grants_first = self.open.values().any(|one| !one.is_in_trouble() && one.is_granting());
        let candidates = self.open.values_mut().filter_map(|account| {
            let next = account.next(now, busy > 1, grants_first)?;
            Some(((account.in_flight.len(), Reverse(account.waiting())), account, next))
        });
        let (_, account, next) = candidates.min_by(|(a, ..), (b, ..)| a.cmp(b))?;
        account.take(next)
    }

    /// A request came to its end: the change was made, or it was not.
    pub(super) fn ended(&mut self, change: &Change, made: bool) {
        let Some(account) = self.open.get_mut(&change.account.id) else { return };
        account.land(change);
        if made {
            account.succeeds(change);
        } else {
            account.refuses();
        }
        self.close(&change.account.id);
    }

    /// A request came to nothing, and the change waits again.
    pub(super) fn again(&mut self, waiting: Waiting, is_the_accounts_fault: bool) {
        let Some(account) = self.open.get_mut(waiting.account()) else { return };
        account.land(&waiting.change);
        if is_the_accounts_fault {
            account.refuses();
        }
        self.times.push(waiting.not_before);
        account.queue(waiting.change.action).push(waiting);
    }

    /// A request in this account takes longer than others.
    pub(super) fn see_late(&mut self, id: &AccountId) {
        if let Some(account) = self.open.get_mut(id) {
            account.is_late = true;
        }
    }

    /// Takes out all that waits in an account.
    pub(super) fn give_up(&mut self, id: &AccountId) -> Vec<Waiting> {
        let Some(account) = self.open.get_mut(id) else { return Vec::new() };
        let left =
            account.creates.take_all().into_iter().chain(account.deletes.take_all()).collect();
        self.close(id);
        left
    }

    /// Takes out the revocations that wait in an account.
    pub(super) fn give_up_revoking(&mut self, id: &AccountId) -> Vec<Waiting> {
        let Some(account) = self.open.get_mut(id) else { return Vec::new() };
        let left = account.deletes.take_all().into();
        self.close(id);
        left
    }

    /// All that waits.
    pub(super) fn into_waiting(self) -> impl Iterator<Item = Change> {
        let accounts = self.open.into_values();
        let waiting = accounts.flat_map(|mut account| {
            account.creates.take_all().into_iter().chain(account.deletes.take_all())
        });
        waiting.map(|waiting| waiting.change)
    }

    /// Whether a change waits for others rather than for its time.
    pub(super) fn does_any_wait_for_others(&self, now: Instant) -> bool {
        let mut accounts = self.open.values();
        let may_start = |waiting: &Waiting| waiting.not_before <= now;
        accounts.any(|one| one.creates.iter().chain(one.deletes.iter()).any(may_start))
    }

    /// Forgets an account in which nothing is left to do.
    fn close(&mut self, id: &AccountId) {
        let is_done = |one: &Account| one.waiting() == 0 && one.in_flight.is_empty();
        if self.open.get(id).is_some_and(is_done) {
            self.open.remove(id);
        }
    }

    /// When the next change's time comes, of those for which it has not come.
    pub(super) fn next_time(&mut self, now: Instant) -> Option<Instant> {
        self.times.retain(|time| *time > now);
        self.times.iter().min().copied()
    }
}

impl Account {
    fn queue(&mut self, action: Action) -> &mut Queue {
        match action {
            Action::Create => &mut self.creates,
            Action::Delete => &mut self.deletes,
        }
    }

    fn waiting(&self) -> usize {
        self.creates.len() + self.deletes.len()
    }

    fn succeeds(&mut self, change: &Change) {
        if change.action == Action::Create {
            self.standing.insert(change.permission_set.arn.clone());
        }
        self.is_proven = true;
        self.successes_in_a_row = self.successes_in_a_row.saturating_add(1);
    }

    fn refuses(&mut self) {
        let had_recovered = self.successes_in_a_row >= self.to_recover;
        let twice = self.to_recover.saturating_mul(2);
        if self.successes_in_a_row >= twice {
            self.to_recover = SUCCESSES_TO_RECOVER;
        } else if had_recovered {
            self.to_recover = twice;
        }
        self.successes_in_a_row = 0;
    }

    /// In an account in trouble there is one request at a time, and nobody waits for it.
    fn is_in_trouble(&self) -> bool {
        self.successes_in_a_row < self.to_recover || self.is_late
    }

    fn is_granting(&self) -> bool {
        self.creates.len() > 0
            || self.in_flight.iter().any(|flying| flying.action == Action::Create)
    }

    /// What may start here: first what updates a role, because that takes turns, then any.
    ///
    /// Until something has been done in an account, it gets one slot and no more while others wait:
    /// who knows whether its requests ever end.
    fn next(&self, now: Instant, others_wait: bool, grants_first: bool) -> Option<Next> {
        let is_limited = self.is_in_trouble() || (others_wait && !self.is_proven);
        if is_limited && !self.in_flight.is_empty() {
            return None;
        }
        let (action, queue) = if self.is_granting() {
            (Action::Create, &self.creates)
        } else if grants_first {
            return None;
        } else {
            (Action::Delete, &self.deletes)
        };
        let is_updating = self.in_flight.iter().any(|flying| flying.updates_role);
        let mut other = None;
        for (place, waiting) in queue.iter().enumerate() {
            let updates_role = self.updates_role(waiting);
            if waiting.not_before > now || self.is_in_use(waiting.permission_set(), updates_role) {
                continue;
            }
            match updates_role {
                true if !is_updating => return Some(Next { action, place, updates_role }),
                false if other.is_none() => other = Some(Next { action, place, updates_role }),
                _ => {}
            }
        }
        other
    }

    /// Whether what is in flight of a permission set is in the way of another of its changes: a role
    /// update is in the way of all, and all are in the way of a role update.
    fn is_in_use(&self, permission_set: &PermissionSetArn, updates_role: bool) -> bool {
        let mut of_set =
            self.in_flight.iter().filter(|flying| flying.permission_set == *permission_set);
        of_set.any(|flying| updates_role || flying.updates_role)
    }

    /// Whether AWS has to make or take away the role for this change, as far as is known: for the first
    /// that is granted the permission set, and for the last that loses it.
    fn updates_role(&self, waiting: &Waiting) -> bool {
        let set = waiting.permission_set();
        let is_the_only_one = match waiting.change.action {
            Action::Create => !self.standing.contains(set),
            Action::Delete => self.deletes.number_of(set) <= 1,
        };
        waiting.change.role != Role::Stays && is_the_only_one
    }

    fn take(&mut self, Next { action, place, updates_role }: Next) -> Option<Waiting> {
        let waiting = self.queue(action).take(place)?;
        let permission_set = waiting.permission_set().clone();
        self.in_flight.push(Flying { action, permission_set, updates_role });
        Some(waiting)
    }

    fn land(&mut self, change: &Change) {
        let is_it = |flying: &Flying| {
            flying.action == change.action && flying.permission_set == change.permission_set.arn
        };
        if let Some(place) = self.in_flight.iter().position(is_it) {
            self.in_flight.swap_remove(place);
            // If another one is late, too, that is noticed anew.
            self.is_late = false;
        }
    }
}
