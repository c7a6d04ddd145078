//! The users, and how they are found.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};
use shared::{ids::UserId, organization::User};

use super::history::History;
use crate::{
    multimap::Multimap,
    paging::{self, PageRequest},
};

/// A user, with what a snapshot does not hold.
#[derive(Clone, Debug)]
pub(crate) struct StoredUser {
    pub(crate) user: User,
    /// The attributes that are lists, as AWS writes them: addresses, phone numbers and the like.
    pub(super) lists: Map<String, Value>,
    pub(super) history: History,
}

/// The users, found by id, by user name and by e-mail address. Both are unique whatever their case,
/// except in a snapshot that says otherwise.
#[derive(Debug, Default)]
pub(crate) struct Users {
    users: BTreeMap<UserId, StoredUser>,
    /// In lower case.
    of_name: Multimap<String, UserId>,
    /// In lower case.
    of_email: Multimap<String, UserId>,
}

impl StoredUser {
    pub(super) fn new(user: User, created: DateTime<Utc>) -> Self {
        Self { user, lists: Map::new(), history: History::new(created) }
    }

    pub(super) fn email(&self) -> Option<&str> {
        self.user.attributes.get("email").map(String::as_str)
    }
}

impl Users {
    /// The users of a snapshot.
    pub(crate) fn of_snapshot(users: Vec<User>, created: DateTime<Utc>) -> Self {
        let mut all = Self::default();
        for user in users {
            all.insert(StoredUser::new(user, created));
        }
        all
    }

    pub(crate) fn contains_key(&self, id: &UserId) -> bool {
        self.users.contains_key(id)
    }

    /// Those from which a list goes on.
    pub(super) fn rest(
        &self,
        operation: &str,
        request: &PageRequest,
    ) -> impl Iterator<Item = &StoredUser> {
        paging::rest(&self.users, operation, request)
    }

    pub(crate) fn values(&self) -> impl Iterator<Item = &StoredUser> {
        self.users.values()
    }

    pub(crate) fn get(&self, id: &UserId) -> Option<&StoredUser> {
        self.users.get(id)
    }

    /// The user's id as it is kept, so that what names the user shares its text.
    pub(super) fn shared_id(&self, id: &UserId) -> Option<&UserId> {
        self.users.get_key_value(id).map(|(id, _)| id)
    }

    pub(super) fn named(&self, user_name: &str) -> Option<&UserId> {
        self.of_name.get(&user_name.to_lowercase()).next()
    }

    pub(super) fn at(&self, email: &str) -> Option<&UserId> {
        self.of_email.get(&email.to_lowercase()).next()
    }

    /// Adds a user, or puts them in the place of the one with their id.
    pub(super) fn insert(&mut self, stored: StoredUser) {
        let id = stored.user.id.clone();
        self.remove(&id);
        self.of_name.insert(stored.user.user_name.to_lowercase(), id.clone());
        if let Some(email) = stored.email() {
            self.of_email.insert(email.to_lowercase(), id.clone());
        }
        self.users.insert(id, stored);
    }

    pub(super) fn remove(&mut self, id: &UserId) {
        let Some(removed) = self.users.remove(id) else { return };
        self.of_name.remove(&removed.user.user_name.to_lowercase(), id);
        if let Some(email) = removed.email() {
            self.of_email.remove(&email.to_lowercase(), id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bobs_organization;

    #[test]
    fn a_user_is_found_by_name_and_address_until_they_are_removed() {
        let bob = bobs_organization();
        let mut users = Users::of_snapshot(bob.users, bob.observed_at);
        let mary = users.named("Mary.Adams@Example.com").unwrap().clone();
        assert_eq!(users.at("mary.adams@example.com"), Some(&mary));
        let mut moved = users.get(&mary).unwrap().clone();
        moved.user.attributes.insert("email".to_owned(), "mary@example.com".to_owned());
        users.insert(moved);
        assert_eq!(users.at("mary.adams@example.com"), None);
        assert_eq!(users.at("MARY@example.com"), Some(&mary));
        users.remove(&mary);
        assert_eq!(
            (users.at("mary@example.com"), users.named("mary.adams@example.com")),
            (None, None)
        );
    }
}
