//! What was observed, as numbers: accounts, permission sets and principals by their places in
//! tables that are in the order of a plan. A million assignments are compared as integers, and only
//! what changes is spelt out again.

use std::{collections::HashMap, sync::Arc};

use crate::{
    ids::{AccountId, PermissionSetArn},
    organization::{Account, Assignment, Organization, Principal, Unread, User},
    rules::selector::AccountView,
};

use super::{assignments::Assignments, gaps::Gaps, map::Map};

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
pub(super) struct PermissionSetEntry<'a> {
    pub(super) arn: &'a PermissionSetArn,
    pub(super) name: Name<'a>,
}

/// A group or a user, and their name.
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
        let permission_sets = permission_sets(organization, &gaps);
        let principals = principals(organization, &gaps);
        let assignments = Assignments::new(organization, &accounts, &permission_sets, &principals);
        Self { organization, gaps, accounts, map, permission_sets, principals, assignments }
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

/// The permission sets that are listed, and those that only assignments speak of.
fn permission_sets<'a>(
    organization: &'a Organization,
    gaps: &Gaps<'_>,
) -> Vec<PermissionSetEntry<'a>> {
    let absent = absent_name(gaps, &Unread::PermissionSets);
    let mut names: HashMap<&PermissionSetArn, Name<'_>> =
        organization.permission_sets.iter().map(|set| (&set.arn, Name::Known(&set.name))).collect();
    let mut last = None;
    for Assignment { permission_set_arn: arn, .. } in &organization.assignments {
        if last != Some(arn) {
            names.entry(arn).or_insert(absent);
            last = Some(arn);
        }
    }
    let mut entries: Vec<_> =
        names.into_iter().map(|(arn, name)| PermissionSetEntry { arn, name }).collect();
    entries.sort_by(|a, b| (a.text(), a.arn).cmp(&(b.text(), b.arn)));
    entries
}

/// The groups and users that are listed, and those that only assignments speak of.
fn principals<'a>(organization: &'a Organization, gaps: &Gaps<'_>) -> Vec<PrincipalEntry<'a>> {
    let mut entries: HashMap<Principal, (Name<'_>, Option<&User>)> = HashMap::new();
    for group in &organization.groups {
        entries
            .insert(Principal::Group(group.id.clone()), (Name::Known(&group.display_name), None));
    }
    for user in &organization.users {
        entries
            .insert(Principal::User(user.id.clone()), (Name::Known(&user.user_name), Some(user)));
    }
    let (no_group, no_user) =
        (absent_name(gaps, &Unread::Groups), absent_name(gaps, &Unread::Users));
    for Assignment { principal, .. } in &organization.assignments {
        if !entries.contains_key(principal) {
            let absent = if let Principal::Group(_) = principal { no_group } else { no_user };
            entries.insert(principal.clone(), (absent, None));
        }
    }
    let mut entries: Vec<_> = entries
        .into_iter()
        .map(|(principal, (name, user))| PrincipalEntry { principal, name, user })
        .collect();
    entries.sort_by(|a, b| (a.text(), &a.principal).cmp(&(b.text(), &b.principal)));
    entries
}

/// What the name is of something that a listing does not have.
fn absent_name(gaps: &Gaps<'_>, listing: &Unread) -> Name<'static> {
    if gaps.hides_some(listing) { Name::Unknown } else { Name::Gone }
}
