//! Who is in which group, found from either side.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use shared::{
    ids::{GroupId, UserId},
    organization::Membership,
};
use uuid::Uuid;

use super::{groups::Groups, users::Users};
use crate::multimap::Multimap;

/// A membership that is kept: its id, which snapshots do not have, and since when it has been.
#[derive(Clone, Debug)]
pub(super) struct StoredMembership {
    pub(super) id: Uuid,
    pub(super) membership: Membership,
    pub(super) created: DateTime<Utc>,
}

/// The memberships, found by id, by group and by user. A user is in a group once.
#[derive(Debug, Default)]
pub(crate) struct Memberships {
    memberships: BTreeMap<Uuid, StoredMembership>,
    of_group: BTreeMap<GroupId, BTreeMap<UserId, Uuid>>,
    of_user: Multimap<UserId, GroupId>,
}

impl Memberships {
    /// The memberships of a snapshot.
    pub(crate) fn of_snapshot(
        memberships: Vec<Membership>,
        groups: &Groups,
        users: &Users,
        created: DateTime<Utc>,
    ) -> Self {
        let mut all = Self::default();
        for Membership { group_id, user_id } in memberships {
            let group_id = groups.shared_id(&group_id).cloned().unwrap_or(group_id);
            let user_id = users.shared_id(&user_id).cloned().unwrap_or(user_id);
            all.insert(Membership { group_id, user_id }, created);
        }
        all
    }

    /// All memberships, sorted.
    pub(crate) fn values(&self) -> impl Iterator<Item = Membership> {
        self.of_group.iter().flat_map(|(group, users)| {
            users.keys().map(|user| Membership { group_id: group.clone(), user_id: user.clone() })
        })
    }

    /// The groups that this user is in.
    pub(crate) fn groups_of(&self, user: &UserId) -> impl Iterator<Item = &GroupId> {
        self.of_user.get(user)
    }

    /// The membership that a request names, by its id or its ARN.
    pub(crate) fn named(&self, id: &str) -> Option<&Membership> {
        self.find_named(id).map(|stored| &stored.membership)
    }

    pub(super) fn find_named(&self, id: &str) -> Option<&StoredMembership> {
        let bare = id.rsplit_once('/').map_or(id, |(_, bare)| bare);
        self.memberships.get(&bare.parse().ok()?)
    }

    pub(super) fn find(&self, group: &GroupId, user: &UserId) -> Option<&StoredMembership> {
        self.memberships.get(self.of_group.get(group)?.get(user)?)
    }

    /// The memberships of a group, sorted by their users.
    pub(super) fn of_group(&self, group: &GroupId) -> impl Iterator<Item = &StoredMembership> {
        let ids = self.of_group.get(group).into_iter().flat_map(BTreeMap::values);
        ids.filter_map(|id| self.memberships.get(id))
    }

    /// The memberships of a user, sorted by their groups.
    pub(super) fn of_user(&self, user: &UserId) -> impl Iterator<Item = &StoredMembership> {
        self.of_user.get(user).filter_map(|group| self.find(group, user))
    }

    /// Puts a user into a group, unless they are in it; then there is nothing new.
    pub(super) fn insert(
        &mut self,
        membership: Membership,
        created: DateTime<Utc>,
    ) -> Option<Uuid> {
        let Membership { group_id, user_id } = &membership;
        if self.find(group_id, user_id).is_some() {
            return None;
        }
        let id = Uuid::new_v4();
        self.of_group.entry(group_id.clone()).or_default().insert(user_id.clone(), id);
        self.of_user.insert(user_id.clone(), group_id.clone());
        self.memberships.insert(id, StoredMembership { id, membership, created });
        Some(id)
    }

    pub(super) fn remove(&mut self, id: Uuid) -> Option<StoredMembership> {
        let removed = self.memberships.remove(&id)?;
        let Membership { group_id, user_id } = &removed.membership;
        self.of_user.remove(user_id, group_id);
        if let Some(users) = self.of_group.get_mut(group_id) {
            users.remove(user_id);
            if users.is_empty() {
                self.of_group.remove(group_id);
            }
        }
        Some(removed)
    }

    /// Takes everybody out of a group.
    pub(super) fn remove_group(&mut self, group: &GroupId) {
        let ids: Vec<Uuid> = self.of_group(group).map(|stored| stored.id).collect();
        for id in ids {
            self.remove(id);
        }
    }

    /// Takes a user out of every group.
    pub(super) fn remove_user(&mut self, user: &UserId) {
        let ids: Vec<Uuid> = self.of_user(user).map(|stored| stored.id).collect();
        for id in ids {
            self.remove(id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bobs_organization;

    fn bobs() -> Memberships {
        let bob = bobs_organization();
        let groups = Groups::of_snapshot(bob.groups, bob.observed_at);
        let users = Users::of_snapshot(bob.users, bob.observed_at);
        Memberships::of_snapshot(bob.memberships, &groups, &users, bob.observed_at)
    }

    #[test]
    fn a_membership_goes_from_both_sides_at_once() {
        let mut memberships = bobs();
        let mut all: Vec<Membership> = bobs_organization().memberships;
        all.sort();
        assert_eq!(memberships.values().collect::<Vec<_>>(), all);

        let first = all[0].clone();
        let id = memberships.find(&first.group_id, &first.user_id).unwrap().id;
        assert!(memberships.insert(first.clone(), DateTime::UNIX_EPOCH).is_none());
        assert_eq!(memberships.remove(id).unwrap().membership, first);
        assert!(memberships.of_group(&first.group_id).all(|other| other.membership != first));
        assert!(memberships.of_user(&first.user_id).all(|other| other.membership != first));

        let again = memberships.insert(first, DateTime::UNIX_EPOCH).unwrap();
        assert_ne!(again, id);
    }

    #[test]
    fn nobody_is_in_a_group_that_is_gone() {
        let mut memberships = bobs();
        let Membership { group_id, user_id } = memberships.values().next().unwrap();
        memberships.remove_group(&group_id);
        assert!(memberships.groups_of(&user_id).all(|other| *other != group_id));
        assert!(memberships.values().all(|other| other.group_id != group_id));

        let Membership { user_id, .. } = memberships.values().next().unwrap();
        memberships.remove_user(&user_id);
        assert!(memberships.values().all(|other| other.user_id != user_id));
    }
}
