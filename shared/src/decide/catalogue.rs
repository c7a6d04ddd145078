//! What rules are spread out over: everything that was observed, and the ways to find it by name.

use std::{cell::OnceCell, collections::HashMap};

use crate::{ids::GroupId, organization::Organization};

use super::{
    directory::Memberships,
    names::Names,
    observed::{Observed, PermissionSetEntry},
};

/// Everything that was observed, and the ways to find it by name.
pub(super) struct Catalogue<'a> {
    pub(super) observed: Observed<'a>,
    pub(super) permission_sets: Names<'a>,
    pub(super) groups: Names<'a>,
    /// Users that can sign in; the others match no rule.
    pub(super) enabled_users: Names<'a>,
    pub(super) memberships: OnceCell<Memberships<'a>>,
    pub(super) group_names: OnceCell<HashMap<&'a GroupId, &'a str>>,
}

impl<'a> Catalogue<'a> {
    pub(super) fn new(organization: &'a Organization) -> Self {
        let observed = Observed::new(organization);
        Self {
            permission_sets: Names::of_permission_sets(&observed),
            groups: Names::of_groups(&observed),
            enabled_users: Names::of_enabled_users(&observed),
            observed,
            memberships: OnceCell::new(),
            group_names: OnceCell::new(),
        }
    }

    /// The name of a permission set, or its ARN where there is none.
    pub(super) fn permission_set_name(&self, place: u32) -> Option<&str> {
        self.observed.permission_set(place).map(PermissionSetEntry::text)
    }
}
