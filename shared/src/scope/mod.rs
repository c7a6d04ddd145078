//! Where to look: which accounts, organizational units, groups, users and permission sets may now
//! be wrong.
//!
//! A scope holds identifiers only, never what happened to them. So it does not matter in what order
//! events come, or how often: scopes are merged, and what is there is read anew.

mod account;
pub mod event;
mod schedule;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::ids::{AccountId, GroupId, OrganizationalUnitId, PermissionSetArn, UserId};

pub use account::from_account_event;
pub use schedule::from_schedule;

/// Where to look.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Scope {
    /// Everywhere: the sweep, and whatever cannot be narrowed down.
    pub everything: bool,
    /// All assignments in these accounts.
    pub accounts: BTreeSet<AccountId>,
    /// All assignments in the accounts below these.
    pub organizational_units: BTreeSet<OrganizationalUnitId>,
    /// All assignments of these groups.
    pub groups: BTreeSet<GroupId>,
    /// All assignments of these users themselves, not those of the groups that they are in.
    pub users: BTreeSet<UserId>,
    /// All assignments of these permission sets.
    pub permission_sets: BTreeSet<PermissionSetArn>,
    /// The rules file has changed.
    pub rules_changed: bool,
}

impl Scope {
    /// Everywhere.
    #[must_use]
    pub fn everything() -> Self {
        Self { everything: true, ..Self::default() }
    }

    /// One account.
    #[must_use]
    pub fn account(id: AccountId) -> Self {
        Self { accounts: BTreeSet::from([id]), ..Self::default() }
    }

    /// One organizational unit, and all below it.
    #[must_use]
    pub fn organizational_unit(id: OrganizationalUnitId) -> Self {
        Self { organizational_units: BTreeSet::from([id]), ..Self::default() }
    }

    /// Both places.
    #[must_use]
    pub fn merge(mut self, mut other: Self) -> Self {
        self.everything |= other.everything;
        self.accounts.append(&mut other.accounts);
        self.organizational_units.append(&mut other.organizational_units);
        self.groups.append(&mut other.groups);
        self.users.append(&mut other.users);
        self.permission_sets.append(&mut other.permission_sets);
        self.rules_changed |= other.rules_changed;
        self
    }

    /// Whether the whole organization is meant. Changed rules can be wrong anywhere.
    #[must_use]
    pub fn is_everything(&self) -> bool {
        self.everything || self.rules_changed
    }

    /// The accounts, when the scope is nothing but accounts.
    #[must_use]
    pub fn only_accounts(&self) -> Option<&BTreeSet<AccountId>> {
        let only = Self { accounts: self.accounts.clone(), ..Self::default() };
        (*self == only).then_some(&self.accounts)
    }

    /// Whether there is nothing to look at.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Where any event that Usher knows says to look.
#[must_use]
pub fn from_any_event(envelope: &Value) -> Lead {
    match from_schedule(envelope) {
        Lead::Ignore(_) => from_account_event(envelope),
        found => found,
    }
}

/// What an event leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lead {
    /// Look there.
    Look(Scope),
    /// Nothing to do, and why: for one line in the log.
    Ignore(String),
}

impl Lead {
    fn ignore(why: impl Into<String>) -> Self {
        Self::Ignore(why.into())
    }
}
