//! The groups, and how they are found.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use shared::{ids::GroupId, organization::Group};

use super::history::History;
use crate::{
    multimap::Multimap,
    paging::{self, PageRequest},
};

/// A group, with what a snapshot does not hold.
#[derive(Clone, Debug)]
pub(crate) struct StoredGroup {
    pub(crate) group: Group,
    pub(super) description: Option<String>,
    pub(super) history: History,
}

/// The groups, found by id and by name. Names are unique whatever their case, except in a snapshot
/// that says otherwise.
#[derive(Debug, Default)]
pub(crate) struct Groups {
    groups: BTreeMap<GroupId, StoredGroup>,
    /// In lower case.
    of_name: Multimap<String, GroupId>,
}

impl Groups {
    /// The groups of a snapshot.
    pub(crate) fn of_snapshot(groups: Vec<Group>, created: DateTime<Utc>) -> Self {
        let mut all = Self::default();
        for group in groups {
            let history = History::new(created);
            all.insert(StoredGroup { group, description: None, history });
        }
        all
    }

    pub(crate) fn contains_key(&self, id: &GroupId) -> bool {
        self.groups.contains_key(id)
    }

    /// Those from which a list goes on.
    pub(super) fn rest(
        &self,
        operation: &str,
        request: &PageRequest,
    ) -> impl Iterator<Item = &StoredGroup> {
        paging::rest(&self.groups, operation, request)
    }

    pub(crate) fn values(&self) -> impl Iterator<Item = &StoredGroup> {
        self.groups.values()
    }

    pub(crate) fn get(&self, id: &GroupId) -> Option<&StoredGroup> {
        self.groups.get(id)
    }

    /// The group's id as it is kept, so that what names the group shares its text.
    pub(super) fn shared_id(&self, id: &GroupId) -> Option<&GroupId> {
        self.groups.get_key_value(id).map(|(id, _)| id)
    }

    pub(super) fn named(&self, name: &str) -> Option<&GroupId> {
        self.of_name.get(&name.to_lowercase()).next()
    }

    /// Adds a group, or puts it in the place of the one with its id.
    pub(super) fn insert(&mut self, stored: StoredGroup) {
        let id = stored.group.id.clone();
        self.remove(&id);
        self.of_name.insert(stored.group.display_name.to_lowercase(), id.clone());
        self.groups.insert(id, stored);
    }

    pub(super) fn remove(&mut self, id: &GroupId) {
        if let Some(removed) = self.groups.remove(id) {
            self.of_name.remove(&removed.group.display_name.to_lowercase(), id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bobs_organization;

    #[test]
    fn a_renamed_group_is_found_by_its_new_name_only() {
        let bob = bobs_organization();
        let mut groups = Groups::of_snapshot(bob.groups, bob.observed_at);
        let id = groups.named("ENGINEERING").unwrap().clone();
        let mut renamed = groups.get(&id).unwrap().clone();
        renamed.group.display_name = "Builders".to_owned();
        groups.insert(renamed);
        assert_eq!(groups.named("engineering"), None);
        assert_eq!(groups.named("builders"), Some(&id));
        groups.remove(&id);
        assert_eq!(groups.named("builders"), None);
    }
}
