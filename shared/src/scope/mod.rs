//! Where to look: which accounts, organizational units, groups, users and permission sets may now
//! be wrong.
//!
//! A scope holds identifiers only, never what happened to them. So it does not matter in what order
//! events come, or how often: scopes are merged, and what is there is read anew.

mod account;
pub mod event;
mod schedule;

use std::{collections::BTreeSet, fmt};

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

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_everything() {
            return f.write_str("everything");
        }
        let named = |kind: &str, id: &dyn fmt::Display| format!("{kind} {id}");
        let accounts = self.accounts.iter().map(|id| named("account", id));
        let units = self.organizational_units.iter();
        let units = units.map(|id| named("organizational unit", id));
        let groups = self.groups.iter().map(|id| named("group", id));
        let users = self.users.iter().map(|id| named("user", id));
        let sets = self.permission_sets.iter().map(|id| named("permission set", id));
        let places: Vec<String> =
            accounts.chain(units).chain(groups).chain(users).chain(sets).collect();
        f.write_str(&places.join(", "))
    }
}

/// The functions that take events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Function {
    /// Accounts and organizational units.
    AccountEvents,
    /// The schedule, which goes to the lane without a detour.
    Reconciler,
}

impl fmt::Display for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AccountEvents => "account-events",
            Self::Reconciler => "reconciler",
        })
    }
}

/// Which function takes an event, and what it makes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// The function; of an event that leads nowhere: none.
    pub function: Option<Function>,
    /// Where the event leads.
    pub lead: Lead,
}

/// What a function makes of an event.
type Reading = fn(&Value) -> Lead;

/// Where any event that Usher knows goes.
#[must_use]
pub fn route(envelope: &Value) -> Route {
    let functions: [(Function, Reading); 2] =
        [(Function::Reconciler, from_schedule), (Function::AccountEvents, from_account_event)];
    let mut ignored = String::new();
    for (function, lead) in functions {
        match lead(envelope) {
            lead @ Lead::Look(_) => return Route { function: Some(function), lead },
            Lead::Ignore(why) => ignored = why,
        }
    }
    Route { function: None, lead: Lead::Ignore(ignored) }
}

/// Where any event that Usher knows says to look.
#[must_use]
pub fn from_any_event(envelope: &Value) -> Lead {
    route(envelope).lead
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
