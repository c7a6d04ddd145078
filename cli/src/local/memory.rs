//! What things were called and which tags they had: events tell only what is, and of what has gone only the id.

use std::{
    cell::RefCell,
    collections::{HashMap, VecDeque},
};

use local::Local;
use shared::organization::{Organization, Tags};

/// How many things are remembered beside those of the beginning. Of one that came before so many others, and has gone, the
/// id is shown.
///
/// Unit: things, of some two hundred bytes each.
const REMEMBERED: usize = 100_000;

/// What is remembered, by id.
pub(super) struct Memory {
    /// What has come since the beginning, oldest first.
    come: RefCell<VecDeque<String>>,
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
        Self { come: RefCell::default(), names: RefCell::new(names), tags: RefCell::new(tags) }
    }

    /// What the thing with this id is called; what it was called, when it has gone.
    pub(super) fn name(&self, local: &Local, id: &str) -> Option<String> {
        let Some(name) = local.name_of(id) else { return self.names.borrow().get(id).cloned() };
        self.remember(id, &name);
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

    /// Remembers what something is called, be it that it has no name of its own.
    pub(super) fn remember(&self, id: &str, name: &str) {
        let before = self.names.borrow_mut().insert(id.to_owned(), name.to_owned());
        if before.is_none() {
            self.come.borrow_mut().push_back(id.to_owned());
            self.forget();
        }
    }

    fn forget(&self) {
        let mut come = self.come.borrow_mut();
        if come.len() > REMEMBERED
            && let Some(oldest) = come.pop_front()
        {
            self.names.borrow_mut().remove(&oldest);
            self.tags.borrow_mut().remove(&oldest);
        }
    }

    /// Remembers the tags of the thing with this id, if it is known, and tells what they were.
    pub(super) fn replace_tags(&self, id: &str, tags: Tags) -> Tags {
        if !self.names.borrow().contains_key(id) {
            return Tags::default();
        }
        self.tags.borrow_mut().insert(id.to_owned(), tags).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use local::{Settings, bobs_organization};

    use super::*;

    #[tokio::test]
    async fn what_came_long_ago_is_forgotten_and_what_was_there_at_first_is_not() {
        let organization = bobs_organization();
        let local = Local::start(organization.clone(), Settings::default()).await.unwrap();
        let memory = Memory::of(&local, &organization);
        let at_first = memory.names.borrow().len();
        for number in 0..=REMEMBERED {
            memory.remember(&format!("membership-{number}"), "Mary, Engineering");
            memory.replace_tags(&format!("membership-{number}"), Tags::default());
        }
        assert_eq!(memory.last_name("membership-0"), None);
        assert!(memory.last_name("membership-1").is_some());
        let account = organization.accounts.first().unwrap();
        assert_eq!(memory.last_name(account.id.as_str()).as_ref(), Some(&account.name));
        assert_eq!(memory.names.borrow().len(), at_first + REMEMBERED);
        assert_eq!(memory.come.borrow().len(), REMEMBERED);
        memory.replace_tags("unknown", Tags::default());
        let known = at_first + REMEMBERED;
        assert!(
            memory.tags.borrow().len() <= known && !memory.tags.borrow().contains_key("unknown")
        );
    }
}
