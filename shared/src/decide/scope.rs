//! Which assignments of an organization a scope means.

use std::collections::HashSet;

use crate::{ids::OrganizationalUnitId, organization::Principal, scope::Scope};

use super::observed::{Observed, Pair};

/// A scope, by places in the tables.
pub(super) struct Reach<'s> {
    scope: &'s Scope,
    permission_sets: HashSet<u32>,
    principals: HashSet<u32>,
}

impl<'s> Reach<'s> {
    pub(super) fn new(scope: &'s Scope, observed: &Observed<'_>) -> Self {
        let names_principals = !scope.groups.is_empty() || !scope.users.is_empty();
        let named = |principal: &Principal| match principal {
            Principal::Group(id) => scope.groups.contains(id),
            Principal::User(id) => scope.users.contains(id),
        };
        let sets = (0..).zip(&observed.permission_sets);
        let sets = sets.filter(|(_, set)| scope.permission_sets.contains(set.arn));
        let principals = (0..).zip(&observed.principals).filter(|_| names_principals);
        let principals = principals.filter(|(_, entry)| named(&entry.principal));
        Self {
            scope,
            permission_sets: sets.map(|(place, _)| place).collect(),
            principals: principals.map(|(place, _)| place).collect(),
        }
    }

    /// The accounts that may hold anything that is meant.
    pub(super) fn accounts(&self, observed: &Observed<'_>) -> Vec<usize> {
        match self.scope.only_whole_accounts() {
            Some(ids) => ids.iter().filter_map(|id| observed.account(id)).collect(),
            None => (0..observed.accounts.len()).collect(),
        }
    }

    /// Whether all of an account's assignments are meant.
    pub(super) fn is_whole(&self, account: usize, observed: &Observed<'_>) -> bool {
        let Some(of) = observed.accounts.get(account) else { return false };
        let place = observed.map.place_of(account);
        let below = |id: &OrganizationalUnitId| {
            place.is_some_and(|place| {
                place.parent == Some(id)
                    || place.root == id
                    || place.units.iter().flatten().any(|unit| unit.id == id)
            })
        };
        self.scope.is_everything()
            // Who was in a group, no table says: it may be anybody.
            || !self.scope.members_of.is_empty()
            || self.scope.names_whole(&of.id)
            || self.scope.organizational_units.iter().any(below)
    }

    /// Whether an assignment is meant wherever it is.
    pub(super) fn includes(&self, pair: Pair) -> bool {
        self.permission_sets.contains(&pair.permission_set())
            || self.principals.contains(&pair.principal())
    }
}
