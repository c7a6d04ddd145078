//! What rules are spread out over: everything that was observed, and the ways to find it by name.

use std::{cell::OnceCell, collections::HashMap};

use rustc_hash::FxHashMap;

use crate::{diagnostic::Suggestions, ids::GroupId, organization::Organization};

use super::{
    directory::Memberships,
    names::Names,
    observed::{Name, Observed, PermissionSetEntry},
};

/// Everything that was observed, and the ways to find it by name.
pub(super) struct Catalogue<'a> {
    pub(super) observed: Observed<'a>,
    pub(super) permission_sets: Names<'a>,
    pub(super) groups: Names<'a>,
    /// Users that can sign in; the others match no rule.
    pub(super) enabled_users: Names<'a>,
    user_names: OnceCell<Names<'a>>,
    account_names: OnceCell<Names<'a>>,
    account_emails: OnceCell<Names<'a>>,
    pub(super) memberships: OnceCell<Memberships<'a>>,
    pub(super) group_names: OnceCell<FxHashMap<&'a GroupId, &'a str>>,
    /// How many members groups have, where that is said without naming them.
    pub(super) group_sizes: HashMap<GroupId, usize>,
    pub(super) suggestions: Suggestions,
}

impl<'a> Catalogue<'a> {
    pub(super) fn new(organization: &'a Organization) -> Self {
        let observed = Observed::new(organization);
        Self {
            permission_sets: Names::of_permission_sets(&observed),
            groups: Names::of_groups(&observed),
            enabled_users: Names::of_users(&observed, |user| user.enabled),
            observed,
            user_names: OnceCell::new(),
            account_names: OnceCell::new(),
            account_emails: OnceCell::new(),
            memberships: OnceCell::new(),
            group_names: OnceCell::new(),
            group_sizes: HashMap::new(),
            suggestions: Suggestions::default(),
        }
    }

    /// Of all users: one who cannot sign in may still be protected by name.
    pub(super) fn user_names(&self) -> &Names<'a> {
        self.user_names.get_or_init(|| Names::of_users(&self.observed, |_| true))
    }

    pub(super) fn account_names(&self) -> &Names<'a> {
        self.account_names.get_or_init(|| {
            let accounts = (0..).zip(&self.observed.accounts);
            Names::new(accounts.map(|(place, account)| (place, Name::Known(&account.name))))
        })
    }

    pub(super) fn account_emails(&self) -> &Names<'a> {
        self.account_emails.get_or_init(|| {
            let accounts = (0..).zip(&self.observed.accounts);
            Names::new(accounts.map(|(place, account)| (place, Name::Known(&account.email))))
        })
    }

    /// The name of a permission set, or its ARN where there is none.
    pub(super) fn permission_set_name(&self, place: u32) -> Option<&str> {
        self.observed.permission_set(place).map(PermissionSetEntry::text)
    }
}
