//! Names of groups, users and permission sets, by which globs find them.

use std::{cell::RefCell, collections::HashMap, rc::Rc};

use crate::{
    rules::{SpannedGlob, glob::Glob, selector::matches_any},
    truth::Truth,
};

use super::observed::{Name, Observed};

/// Known names with the places of their owners in a table, sorted by name, so that a glob looks
/// only at the names that begin as it does.
pub(super) struct Names<'a> {
    sorted: Vec<(&'a str, u32)>,
    /// What globs have found before: rules repeat each other's.
    found: RefCell<HashMap<String, Rc<[u32]>>>,
}

impl<'a> Names<'a> {
    pub(super) fn of_permission_sets(observed: &Observed<'a>) -> Self {
        Self::new((0..).zip(&observed.permission_sets).map(|(place, set)| (place, set.name)))
    }

    pub(super) fn of_groups(observed: &Observed<'a>) -> Self {
        let groups = (0..).zip(&observed.principals).filter(|(_, entry)| entry.is_group());
        Self::new(groups.map(|(place, group)| (place, group.name)))
    }

    /// Users that can sign in; the others match no rule.
    pub(super) fn of_enabled_users(observed: &Observed<'a>) -> Self {
        let enabled = (0..)
            .zip(&observed.principals)
            .filter(|(_, entry)| entry.user.is_some_and(|user| user.enabled));
        Self::new(enabled.map(|(place, user)| (place, user.name)))
    }

    fn new(entries: impl Iterator<Item = (u32, Name<'a>)>) -> Self {
        let known = |(place, name)| match name {
            Name::Known(name) => Some((name, place)),
            Name::Unknown | Name::Gone => None,
        };
        let mut sorted: Vec<_> = entries.filter_map(known).collect();
        sorted.sort_unstable();
        Self { sorted, found: RefCell::default() }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&'a str, u32)> + '_ {
        self.sorted.iter().copied()
    }

    /// The places that any of the globs matches, each once, in order.
    pub(super) fn matching(&self, globs: &[SpannedGlob]) -> Vec<u32> {
        let mut places: Vec<u32> = globs
            .iter()
            .flat_map(|glob| self.found(&glob.value).iter().copied().collect::<Vec<_>>())
            .collect();
        places.sort_unstable();
        places.dedup();
        places
    }

    /// Whether a glob matches no name.
    pub(super) fn is_unmatched(&self, glob: &Glob) -> bool {
        self.found(glob).is_empty()
    }

    fn found(&self, glob: &Glob) -> Rc<[u32]> {
        if let Some(found) = self.found.borrow().get(glob.as_str()) {
            return Rc::clone(found);
        }
        let found: Rc<[u32]> = self.find(glob).collect();
        self.found.borrow_mut().insert(glob.as_str().to_owned(), Rc::clone(&found));
        found
    }

    fn find<'g>(&'g self, glob: &'g Glob) -> impl Iterator<Item = u32> + 'g {
        let prefix = glob.prefix();
        let start = self.sorted.partition_point(|(name, _)| *name < prefix);
        let near = self.sorted.get(start..).unwrap_or_default();
        near.iter()
            .take_while(move |(name, _)| name.starts_with(prefix))
            .filter(|(name, _)| glob.matches(name))
            .map(|(_, place)| *place)
    }
}

/// Whether a name matches. The name of something that is gone matches only what stands for every
/// name.
pub(super) fn matches(globs: &[SpannedGlob], name: Name<'_>) -> Truth {
    match name {
        Name::Known(name) => matches_any(globs, Some(name)),
        Name::Unknown => matches_any(globs, None),
        Name::Gone => globs.iter().any(|glob| glob.value.is_everything()).into(),
    }
}
