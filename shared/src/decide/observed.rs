//! What was observed, as numbers: accounts, permission sets and principals by their places in
//! tables that are in the order of a plan. A million assignments are compared as integers, and only
//! what changes is spelt out again.

use std::sync::Arc;

use crate::{
    ids::{AccountId, PermissionSetArn},
    organization::{Account, Organization, Principal, Unread, User},
    rules::selector::AccountView,
};

use super::{assignments::Assignments, gaps::Gaps, map::Map, tables::Tables};

/// A name that may have gone unread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Name<'a> {
    Known(&'a str),
    /// It was not read.
    Unknown,
    /// There is nothing of that id.
    Gone,
}

/// A permission set, and its name.
#[derive(Clone)]
pub(super) struct PermissionSetEntry<'a> {
    pub(super) arn: &'a PermissionSetArn,
    pub(super) name: Name<'a>,
}

/// A group or a user, and their name.
#[derive(Clone)]
pub(super) struct PrincipalEntry<'a> {
    pub(super) principal: Principal,
    pub(super) name: Name<'a>,
    /// What was read of a user.
    pub(super) user: Option<&'a User>,
}

impl PermissionSetEntry<'_> {
    /// The name, or the ARN where there is none.
    pub(super) fn text(&self) -> &str {
        match self.name {
            Name::Known(name) => name,
            Name::Unknown | Name::Gone => self.arn.as_str(),
        }
    }
}

impl PrincipalEntry<'_> {
    /// The name, or the id where there is none.
    pub(super) fn text(&self) -> &str {
        match self.name {
            Name::Known(name) => name,
            Name::Unknown | Name::Gone => self.principal.id(),
        }
    }

    pub(super) fn is_group(&self) -> bool {
        matches!(self.principal, Principal::Group(_))
    }
}

/// A permission set and a principal, by their places in the tables. In the order of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Pair(u64);

impl Pair {
    pub(super) fn new(permission_set: u32, principal: u32) -> Self {
        Self(u64::from(permission_set) << 32 | u64::from(principal))
    }

    pub(super) fn permission_set(self) -> u32 {
        (self.0 >> 32) as u32
    }

    #[expect(clippy::cast_possible_truncation, reason = "the lower half is what is meant")]
    pub(super) fn principal(self) -> u32 {
        self.0 as u32
    }

    /// A key to sort by pairs and, of the same pair, by another number: one comparison.
    pub(super) fn then(self, number: u32) -> u128 {
        u128::from(self.0) << 32 | u128::from(number)
    }
}

/// What was observed.
pub(super) struct Observed<'a> {
    pub(super) organization: &'a Organization,
    pub(super) gaps: Gaps<'a>,
    /// By id, each once.
    pub(super) accounts: Vec<&'a Account>,
    pub(super) map: Map<'a>,
    /// By name.
    pub(super) permission_sets: Vec<PermissionSetEntry<'a>>,
    /// By name.
    pub(super) principals: Vec<PrincipalEntry<'a>>,
    pub(super) assignments: Assignments<'a>,
}

impl<'a> Observed<'a> {
    pub(super) fn new(organization: &'a Organization) -> Self {
        let gaps = Gaps::new(&organization.gaps);
        let accounts = accounts(organization);
        let map = Map::new(organization, &gaps, &accounts);
        let tables = Tables::new(organization, &gaps, &accounts);
        Self {
            organization,
            gaps,
            accounts,
            map,
            permission_sets: tables.permission_sets,
            principals: tables.principals,
            assignments: tables.assignments,
        }
    }

    /// The place of an account in the table.
    pub(super) fn account(&self, id: &AccountId) -> Option<usize> {
        self.accounts.binary_search_by(|account| account.id.cmp(id)).ok()
    }

    pub(super) fn permission_set(&self, place: u32) -> Option<&PermissionSetEntry<'a>> {
        self.permission_sets.get(place as usize)
    }

    pub(super) fn principal(&self, place: u32) -> Option<&PrincipalEntry<'a>> {
        self.principals.get(place as usize)
    }

    pub(super) fn view(&self, account: usize) -> Option<AccountView<'a>> {
        let of = *self.accounts.get(account)?;
        let unread = self.gaps.hides(of, &Unread::Accounts);
        Some(AccountView {
            id: &of.id,
            name: (!unread).then_some(of.name.as_str()),
            email: (!unread).then_some(of.email.as_str()),
            tags: (!self.gaps.hides(of, &Unread::Tags)).then_some(&of.tags),
            place: Arc::clone(self.map.place_of(account)?),
        })
    }
}

fn accounts(organization: &Organization) -> Vec<&Account> {
    let mut accounts: Vec<&Account> = organization.accounts.iter().collect();
    accounts.sort_by(|a, b| a.id.cmp(&b.id));
    accounts.dedup_by(|later, earlier| later.id == earlier.id);
    accounts
}
