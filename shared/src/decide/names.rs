//! Names of groups, users and permission sets, by which globs find them.

use std::{
    cell::{OnceCell, RefCell},
    rc::Rc,
};

use rustc_hash::FxHashMap;

use crate::{
    organization::User,
    rules::{SpannedGlob, glob::Glob, selector::matches_any},
    truth::Truth,
};

use super::observed::{Name, Observed};

/// Known names with the places of their owners in a table, sorted by name, so that a glob looks
/// only at the names that begin as it does.
pub(super) struct Names<'a> {
    sorted: Vec<(&'a str, u32)>,
    /// What globs have found before: rules repeat each other's.
    found: RefCell<FxHashMap<String, Rc<[u32]>>>,
    by_lower_case: OnceCell<FxHashMap<String, Vec<&'a str>>>,
    by_ascii_lower_case: OnceCell<FxHashMap<String, Vec<u32>>>,
}

impl<'a> Names<'a> {
    pub(super) fn of_permission_sets(observed: &Observed<'a>) -> Self {
        Self::new((0..).zip(&observed.permission_sets).map(|(place, set)| (place, set.name)))
    }

    pub(super) fn of_groups(observed: &Observed<'a>) -> Self {
        let groups = (0..).zip(&observed.principals).filter(|(_, entry)| entry.is_group());
        Self::new(groups.map(|(place, group)| (place, group.name)))
    }

    /// Users of whom that holds.
    pub(super) fn of_users(observed: &Observed<'a>, which: impl Fn(&User) -> bool) -> Self {
        let users =
            (0..).zip(&observed.principals).filter(|(_, entry)| entry.user.is_some_and(&which));
        Self::new(users.map(|(place, user)| (place, user.name)))
    }

    pub(super) fn new(entries: impl Iterator<Item = (u32, Name<'a>)>) -> Self {
        let known = |(place, name)| match name {
            Name::Known(name) => Some((name, place)),
            Name::Unknown | Name::Gone => None,
        };
        let mut sorted: Vec<_> = entries.filter_map(known).collect();
        sorted.sort_unstable();
        Self {
            sorted,
            found: RefCell::default(),
            by_lower_case: OnceCell::new(),
            by_ascii_lower_case: OnceCell::new(),
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&'a str, u32)> + Clone + '_ {
        self.sorted.iter().copied()
    }

    /// The places that any of the globs matches, each once, in order.
    pub(super) fn matching(&self, globs: &[SpannedGlob]) -> Vec<u32> {
        let mut places = Vec::new();
        globs.iter().for_each(|glob| self.each_matching(&glob.value, |place| places.push(place)));
        places.sort_unstable();
        places.dedup();
        places
    }

    /// The places that a glob matches, each once, in no order.
    pub(super) fn each_matching(&self, glob: &Glob, visit: impl FnMut(u32)) {
        // One name is found as quickly as it would be looked up.
        if glob.name().is_some() {
            self.find(glob).for_each(visit);
        } else {
            self.found(glob).iter().copied().for_each(visit);
        }
    }

    /// Whether a glob matches no name.
    pub(super) fn is_unmatched(&self, glob: &Glob) -> bool {
        match glob.name() {
            Some(_) => self.find(glob).next().is_none(),
            None => self.found(glob).is_empty(),
        }
    }

    /// The names that a name equals but for case.
    pub(super) fn twins(&self, name: &str) -> &[&'a str] {
        let by_lower_case = self
            .by_lower_case
            .get_or_init(|| by_key(self.iter().map(|(name, _)| (name.to_lowercase(), name))));
        by_lower_case.get(&name.to_lowercase()).map_or(&[], Vec::as_slice)
    }

    /// The places of a name, without regard to ASCII case.
    pub(super) fn in_any_case(&self, name: &str) -> &[u32] {
        let by_ascii_lower_case = self.by_ascii_lower_case.get_or_init(|| {
            by_key(self.iter().map(|(name, place)| (name.to_ascii_lowercase(), place)))
        });
        by_ascii_lower_case.get(&name.to_ascii_lowercase()).map_or(&[], Vec::as_slice)
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

/// Arranges values by keys that several of them may have.
pub(super) fn by_key<T>(entries: impl Iterator<Item = (String, T)>) -> FxHashMap<String, Vec<T>> {
    let mut by_key: FxHashMap<String, Vec<T>> = FxHashMap::default();
    by_key.reserve(entries.size_hint().0);
    for (key, value) in entries {
        by_key.entry(key).or_default().push(value);
    }
    by_key
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
