//! Who is who in the directory: which users a selector means, and how many members a group has.

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;

use crate::{
    ids::{GroupId, UserId},
    organization::{Principal, Unread, User},
    rules::{
        SpannedGlob,
        user::{UserSelector, UserView},
    },
    truth::Truth,
};

use super::{catalogue::Catalogue, names::matches, observed::Name};

/// Memberships, arranged when they are first asked for.
#[derive(Default)]
pub(super) struct Memberships<'a> {
    groups: FxHashMap<&'a UserId, BTreeSet<&'a GroupId>>,
    members: FxHashMap<&'a GroupId, BTreeSet<&'a UserId>>,
}

impl<'a> Catalogue<'a> {
    /// The users that can sign in and that a selector certainly means.
    pub(super) fn users(&self, selector: &UserSelector) -> Vec<u32> {
        let candidates = match &selector.user_name {
            Some(globs) => self.enabled_users.matching(globs),
            None => self.enabled_users.iter().map(|(_, place)| place).collect(),
        };
        let is_meant = |place: &u32| {
            let user = self.observed.principal(*place).and_then(|entry| entry.user);
            user.is_some_and(|user| self.means(selector, user) == Truth::Yes)
        };
        candidates.into_iter().filter(is_meant).collect()
    }

    /// Whether a selector means a user, whether they can sign in or not.
    pub(super) fn means(&self, selector: &UserSelector, user: &User) -> Truth {
        let view = UserView {
            user_name: Some(&user.user_name),
            attributes: &user.attributes,
            lacks_attributes: self.observed.gaps.hides_some(&Unread::Users),
        };
        selector.matches(&view, |globs| self.is_in(user, globs))
    }

    /// Whether a user is in a group that one of the globs matches.
    pub(super) fn is_in(&self, user: &User, globs: &[SpannedGlob]) -> Truth {
        let groups = self.memberships().groups.get(&user.id);
        let named = groups.into_iter().flatten().map(|id| self.is_named(id, globs));
        // Of a group that was not read, the members were not read either.
        let gaps = &self.observed.gaps;
        let unread = gaps.hides_some(&Unread::Memberships) || gaps.hides_some(&Unread::Groups);
        Truth::any(named) | if unread { Truth::Unknown } else { Truth::No }
    }

    /// Whether there is a group of that id that has such a name. Of one that was not read, even `*`
    /// is not certain: it may be gone.
    fn is_named(&self, id: &GroupId, globs: &[SpannedGlob]) -> Truth {
        match self.group_name(id) {
            Name::Known(name) => matches(globs, Name::Known(name)),
            Name::Unknown => matches(globs, Name::Unknown) & Truth::Unknown,
            Name::Gone => Truth::No,
        }
    }

    fn group_name(&self, id: &GroupId) -> Name<'a> {
        let names = self.group_names.get_or_init(|| {
            let groups = self.observed.organization.groups.iter();
            groups.map(|group| (&group.id, group.display_name.as_str())).collect()
        });
        match names.get(id) {
            Some(name) => Name::Known(name),
            None if self.observed.gaps.hides_some(&Unread::Groups) => Name::Unknown,
            None => Name::Gone,
        }
    }

    /// The members of a group that were read.
    pub(super) fn members_of(&self, group: u32) -> impl Iterator<Item = &'a UserId> + '_ {
        let members = match self.observed.principal(group).map(|entry| &entry.principal) {
            Some(Principal::Group(id)) => self.memberships().members.get(id),
            _ => None,
        };
        members.into_iter().flatten().copied()
    }

    /// How many members of a group were read, or how many it is said to have.
    pub(super) fn members(&self, group: &GroupId) -> usize {
        let said = self.group_sizes.get(group).copied();
        said.unwrap_or_else(|| self.memberships().members.get(group).map_or(0, BTreeSet::len))
    }

    /// Whether a group certainly has so many members.
    pub(super) fn has_members(&self, group: u32, at_least: usize) -> bool {
        match self.observed.principal(group).map(|entry| &entry.principal) {
            Some(Principal::Group(id)) => self.members(id) >= at_least,
            _ => false,
        }
    }

    fn memberships(&self) -> &Memberships<'a> {
        self.memberships.get_or_init(|| {
            let mut memberships = Memberships::default();
            for membership in &self.observed.organization.memberships {
                let (group, user) = (&membership.group_id, &membership.user_id);
                memberships.groups.entry(user).or_default().insert(group);
                memberships.members.entry(group).or_default().insert(user);
            }
            memberships
        })
    }
}
