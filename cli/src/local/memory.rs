//! What things were called and which tags they had: events tell only what is, and of what has gone only the id.

use std::{cell::RefCell, collections::HashMap};

use local::Local;
use shared::organization::{Organization, Tags};

/// What is remembered, by id.
pub(super) struct Memory {
    names: RefCell<HashMap<String, String>>,
    tags: RefCell<HashMap<String, Tags>>,
}

impl Memory {
    /// The names and the tags of the organization that is served.
    pub(super) fn of(local: &Local, organization: &Organization) -> Self {
        let Organization { accounts, organizational_units, groups, users, permission_sets, .. } =
            organization;
        let accounts_named = accounts.iter().map(|one| (one.id.to_string(), one.name.clone()));
        let groups = groups.iter().map(|one| (one.id.to_string(), one.display_name.clone()));
        let users = users.iter().map(|one| (one.id.to_string(), one.user_name.clone()));
        let sets = permission_sets.iter().map(|one| (one.arn.to_string(), one.name.clone()));
        let path = |id: String| Some((id.clone(), local.name_of(&id)?));
        let units = organizational_units.iter().filter_map(|one| path(one.id.to_string()));
        let names = accounts_named.chain(units).chain(groups).chain(users).chain(sets).collect();
        let of_accounts = accounts.iter().map(|one| (one.id.to_string(), one.tags.clone()));
        let units = organizational_units.iter().map(|one| (one.id.to_string(), one.tags.clone()));
        let tags = of_accounts.chain(units).collect();
        Self { names: RefCell::new(names), tags: RefCell::new(tags) }
    }

    /// What the thing with this id is called; what it was called, when it has gone.
    pub(super) fn name(&self, local: &Local, id: &str) -> Option<String> {
        let Some(name) = local.name_of(id) else { return self.names.borrow().get(id).cloned() };
        self.names.borrow_mut().insert(id.to_owned(), name.clone());
        // Of what has just come, the tags are those that it came with.
        if !self.tags.borrow().contains_key(id)
            && let Some(tags) = local.tags_of(id)
        {
            self.tags.borrow_mut().insert(id.to_owned(), tags);
        }
        Some(name)
    }

    /// What the thing with this id was called when it was last asked about.
    pub(super) fn last_name(&self, id: &str) -> Option<String> {
        self.names.borrow().get(id).cloned()
    }

    /// Remembers what something is called that has no name of its own.
    pub(super) fn remember(&self, id: &str, name: &str) {
        self.names.borrow_mut().insert(id.to_owned(), name.to_owned());
    }

    /// Remembers the tags of the thing with this id, and tells what they were.
    pub(super) fn replace_tags(&self, id: &str, tags: Tags) -> Tags {
        self.tags.borrow_mut().insert(id.to_owned(), tags).unwrap_or_default()
    }
}
