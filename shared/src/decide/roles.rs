//! What becomes of the IAM role that a permission set is in an account: AWS makes it with the first
//! assignment there, and takes it away with the last.

use crate::plan::Role;

use super::{
    account::{AccountDecision, Granted},
    observed::Pair,
};

/// The roles of one account. It is asked for one permission set after the other.
pub(super) struct Roles<'r> {
    pub(super) granted: &'r [Granted],
    pub(super) in_place: &'r [Pair],
    /// The permission set that was asked for last, and what becomes of its role when assignments go.
    after: Option<(u32, Role)>,
}

impl<'r> Roles<'r> {
    pub(super) fn new(granted: &'r [Granted], in_place: &'r [Pair]) -> Self {
        Self { granted, in_place, after: None }
    }

    /// The role, when somebody is granted the permission set.
    pub(super) fn of_create(&self, pair: Pair) -> Role {
        let there = of_set(self.in_place, |pair| *pair, pair.permission_set());
        if there.is_empty() { Role::MayChange } else { Role::Stays }
    }

    /// The role, when somebody's assignment goes: it goes too, if all of them do and none is made. Where
    /// one is to be made, it may: that one need not be in the scope.
    ///
    /// That does not depend on the scope, so that a plan for a scope is the full plan cut down to it.
    pub(super) fn of_delete(&mut self, pair: Pair, account: &AccountDecision<'_, '_>) -> Role {
        let set = pair.permission_set();
        let after = match self.after {
            Some((of, after)) if of == set => after,
            _ => self.after(set, account),
        };
        self.after = Some((set, after));
        after
    }

    /// What becomes of a role, by who keeps its permission set and who gets it.
    fn after(&self, set: u32, account: &AccountDecision<'_, '_>) -> Role {
        let in_place = of_set(self.in_place, |pair| *pair, set);
        let granted = of_set(self.granted, |(pair, _)| *pair, set);
        let is_granted =
            |pair: Pair| granted.binary_search_by_key(&pair, |(pair, _)| *pair).is_ok();
        let stays = |pair: &Pair| !account.goes(*pair, is_granted(*pair));
        let is_made =
            |pair: Pair| in_place.binary_search(&pair).is_err() && account.is_to_be_granted(pair);
        if in_place.iter().any(stays) {
            Role::Stays
        } else if granted.iter().any(|(pair, _)| is_made(*pair)) {
            Role::MayChange
        } else {
            Role::Goes
        }
    }
}

/// The part of a sorted run that is of one permission set.
fn of_set<T>(sorted: &[T], pair: impl Fn(&T) -> Pair, set: u32) -> &[T] {
    let from = sorted.partition_point(|one| pair(one).permission_set() < set);
    let rest = sorted.get(from..).unwrap_or_default();
    let to = rest.partition_point(|one| pair(one).permission_set() == set);
    rest.get(..to).unwrap_or_default()
}
