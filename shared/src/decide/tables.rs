//! The tables: every permission set and principal that is listed or that an assignment speaks of, in
//! the order of a plan, and the assignments as pairs of places in them.
//!
//! A million assignments are read once. Names are not looked at until all ids have a number, so that
//! what only assignments speak of finds its place among the others.

use rustc_hash::FxHashMap;

use crate::{
    ids::{AccountId, PermissionSetArn},
    organization::{Account, Assignment, Organization, Principal, Unread},
};

use super::{
    assignments::{Assignments, Placed},
    gaps::Gaps,
    observed::{Name, Pair, PermissionSetEntry, PrincipalEntry},
};

/// What assignments speak of, and they themselves.
pub(super) struct Tables<'a> {
    pub(super) permission_sets: Vec<PermissionSetEntry<'a>>,
    pub(super) principals: Vec<PrincipalEntry<'a>>,
    pub(super) assignments: Assignments<'a>,
}

impl<'a> Tables<'a> {
    pub(super) fn new(
        organization: &'a Organization,
        gaps: &Gaps<'_>,
        accounts: &[&Account],
    ) -> Self {
        let mut register = Register::new(organization, gaps, accounts);
        let mut placed = Vec::with_capacity(organization.assignments.len());
        let mut elsewhere = Vec::new();
        for assignment in &organization.assignments {
            match register.enter(assignment) {
                Some(entry) => placed.push(entry),
                None => elsewhere.push(assignment),
            }
        }
        let (permission_sets, set_places) =
            in_order(register.permission_sets, |a, b| (a.text(), a.arn).cmp(&(b.text(), b.arn)));
        let (principals, principal_places) = in_order(register.principals, |a, b| {
            (a.text(), &a.principal).cmp(&(b.text(), &b.principal))
        });
        let place = |places: &[u32], number: u32| places.get(number as usize).copied().unwrap_or(0);
        for Placed { pair, .. } in &mut placed {
            *pair = Pair::new(
                place(&set_places, pair.permission_set()),
                place(&principal_places, pair.principal()),
            );
        }
        let assignments = Assignments::new(&placed, accounts.len(), elsewhere);
        Self { permission_sets, principals, assignments }
    }
}

/// Sorts entries, and says of each number where its entry has gone.
fn in_order<T: Clone>(
    entries: Vec<T>,
    order: impl Fn(&T, &T) -> std::cmp::Ordering,
) -> (Vec<T>, Vec<u32>) {
    let mut numbered: Vec<(u32, T)> = (0..).zip(entries).collect();
    numbered.sort_by(|(_, a), (_, b)| order(a, b));
    let mut places = vec![0; numbered.len()];
    for (place, (number, _)) in (0..).zip(&numbered) {
        if let Some(slot) = places.get_mut(*number as usize) {
            *slot = place;
        }
    }
    (numbered.into_iter().map(|(_, entry)| entry).collect(), places)
}

/// Gives everything a number, in the order in which it is first met.
struct Register<'a, 't> {
    permission_sets: Vec<PermissionSetEntry<'a>>,
    principals: Vec<PrincipalEntry<'a>>,
    account_numbers: FxHashMap<&'t AccountId, u32>,
    permission_set_numbers: FxHashMap<&'a PermissionSetArn, u32>,
    principal_numbers: FxHashMap<Principal, u32>,
    /// Listings come account by account and permission set by permission set, so an answer is mostly
    /// the next one too.
    last_account: Option<(&'a AccountId, Option<u32>)>,
    last_permission_set: Option<(&'a PermissionSetArn, u32)>,
    absent: Absent,
}

/// What the names are of things that a listing does not have.
struct Absent {
    permission_set: Name<'static>,
    group: Name<'static>,
    user: Name<'static>,
}

impl<'a, 't> Register<'a, 't> {
    fn new(organization: &'a Organization, gaps: &Gaps<'_>, accounts: &'t [&Account]) -> Self {
        let absent = |listing: &Unread| {
            if gaps.hides_some(listing) { Name::Unknown } else { Name::Gone }
        };
        let mut register = Self {
            permission_sets: Vec::with_capacity(organization.permission_sets.len()),
            principals: Vec::with_capacity(organization.groups.len() + organization.users.len()),
            account_numbers: (0..).zip(accounts).map(|(place, of)| (&of.id, place)).collect(),
            permission_set_numbers: FxHashMap::default(),
            principal_numbers: FxHashMap::default(),
            last_account: None,
            last_permission_set: None,
            absent: Absent {
                permission_set: absent(&Unread::PermissionSets),
                group: absent(&Unread::Groups),
                user: absent(&Unread::Users),
            },
        };
        for set in &organization.permission_sets {
            register.permission_set(&set.arn, Name::Known(&set.name));
        }
        for group in &organization.groups {
            let principal = Principal::Group(group.id.clone());
            let name = Name::Known(group.display_name.as_str());
            register.principal(PrincipalEntry { principal, name, user: None });
        }
        for user in &organization.users {
            let principal = Principal::User(user.id.clone());
            let name = Name::Known(user.user_name.as_str());
            register.principal(PrincipalEntry { principal, name, user: Some(user) });
        }
        register
    }

    /// The numbers of an assignment; nothing, when its account is not listed.
    fn enter(&mut self, assignment: &'a Assignment) -> Option<Placed> {
        let account = self.account(&assignment.account_id)?;
        let permission_set = self.known_permission_set(&assignment.permission_set_arn);
        let principal = match self.principal_numbers.get(&assignment.principal) {
            Some(number) => *number,
            None => self.absent_principal(&assignment.principal),
        };
        Some(Placed { account, pair: Pair::new(permission_set, principal) })
    }

    fn account(&mut self, id: &'a AccountId) -> Option<u32> {
        match self.last_account {
            Some((last, number)) if last == id => number,
            _ => {
                let number = self.account_numbers.get(id).copied();
                self.last_account = Some((id, number));
                number
            }
        }
    }

    fn known_permission_set(&mut self, arn: &'a PermissionSetArn) -> u32 {
        match self.last_permission_set {
            Some((last, number)) if last == arn => number,
            _ => {
                let number = self.permission_set(arn, self.absent.permission_set);
                self.last_permission_set = Some((arn, number));
                number
            }
        }
    }

    /// The number of a permission set; of a new one: the next.
    fn permission_set(&mut self, arn: &'a PermissionSetArn, name: Name<'a>) -> u32 {
        let entries = &mut self.permission_sets;
        *self.permission_set_numbers.entry(arn).or_insert_with(|| {
            entries.push(PermissionSetEntry { arn, name });
            next(entries.len())
        })
    }

    fn absent_principal(&mut self, principal: &Principal) -> u32 {
        let name = match principal {
            Principal::Group(_) => self.absent.group,
            Principal::User(_) => self.absent.user,
        };
        self.principal(PrincipalEntry { principal: principal.clone(), name, user: None })
    }

    fn principal(&mut self, entry: PrincipalEntry<'a>) -> u32 {
        let entries = &mut self.principals;
        *self.principal_numbers.entry(entry.principal.clone()).or_insert_with(|| {
            entries.push(entry);
            next(entries.len())
        })
    }
}

/// The number of the last of so many. No organization has four thousand million of anything.
fn next(entries: usize) -> u32 {
    u32::try_from(entries - 1).unwrap_or(u32::MAX)
}
