//! What limits rules: `manage`, `protect` and `never`, put to permission sets and principals once.

use std::cell::OnceCell;

use crate::{
    organization::Principal,
    rules::{Fence, ManagedUsers, Rules},
    truth::Truth,
};

use super::{
    catalogue::Catalogue,
    names::matches,
    observed::{Name, Pair, PrincipalEntry},
    select::{Columns, Selection},
};

/// What `manage` says of each permission set and principal.
pub(super) struct Managed {
    permission_sets: Vec<Truth>,
    principals: Vec<Truth>,
}

impl Managed {
    pub(super) fn new(rules: &Rules, catalogue: &Catalogue<'_>) -> Self {
        let manage = &rules.manage;
        let observed = &catalogue.observed;
        let permission_sets = observed.permission_sets.iter();
        let principals = observed.principals.iter();
        Self {
            permission_sets: permission_sets
                .map(|set| match set.name {
                    // What is of a permission set that no longer exists is not managed, and what
                    // cannot be named is left alone, whatever its name may be.
                    Name::Gone => Truth::No,
                    Name::Unknown => Truth::Unknown & matches(&manage.permission_sets, set.name),
                    Name::Known(_) => matches(&manage.permission_sets, set.name),
                })
                .collect(),
            principals: principals.map(|entry| managed_principal(rules, entry)).collect(),
        }
    }

    pub(super) fn holds(&self, pair: Pair) -> Truth {
        self.holds_permission_set(pair) & truth_at(&self.principals, pair.principal())
    }

    pub(super) fn holds_permission_set(&self, pair: Pair) -> Truth {
        truth_at(&self.permission_sets, pair.permission_set())
    }
}

fn managed_principal(rules: &Rules, entry: &PrincipalEntry<'_>) -> Truth {
    let manage = &rules.manage;
    let matching = match (&entry.principal, &manage.users) {
        (Principal::Group(_), _) => matches(&manage.groups, entry.name),
        (Principal::User(_), ManagedUsers::None) => Truth::No,
        (Principal::User(_), ManagedUsers::All) => Truth::Yes,
        (Principal::User(_), ManagedUsers::Named(globs)) => matches(globs, entry.name),
    };
    if entry.name == Name::Unknown { matching & Truth::Unknown } else { matching }
}

fn truth_at(truths: &[Truth], place: u32) -> Truth {
    truths.get(place as usize).copied().unwrap_or(Truth::No)
}

/// An entry of `protect` or of `never` in an organization.
pub(super) struct Wall<'r> {
    pub(super) fence: &'r Fence,
    /// Where it stands; nothing: everywhere.
    accounts: Option<Selection>,
    /// What becomes of principals that no longer exist.
    gone: Gone,
    permission_sets: Answers,
    principals: Answers,
}

/// What a wall says of each entry of a table, asked when it matters: few are asked of most entries.
#[derive(Default)]
struct Answers(OnceCell<Vec<OnceCell<Truth>>>);

impl Answers {
    fn of(&self, place: u32, entries: usize, ask: impl FnOnce() -> Truth) -> Truth {
        let answers = self.0.get_or_init(|| vec![OnceCell::new(); entries]);
        answers.get(place as usize).map_or(Truth::No, |answer| *answer.get_or_init(ask))
    }
}

/// Whether a wall can hold what no longer exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gone {
    /// Where it holds every name.
    ByEverything,
    /// Never by a name: what is gone needs no protection.
    NotByName,
}

impl<'r> Wall<'r> {
    pub(super) fn new<'o>(fence: &'r Fence, gone: Gone, columns: &mut Columns<'o, '_>) -> Self
    where
        'r: 'o,
    {
        Self {
            fence,
            accounts: fence.accounts.as_ref().map(|accounts| columns.select(accounts)),
            gone,
            permission_sets: Answers::default(),
            principals: Answers::default(),
        }
    }

    /// Whether it stands in an account.
    pub(super) fn stands_in(&self, account: usize) -> Truth {
        self.accounts.as_ref().map_or(Truth::Yes, |accounts| accounts.of(account))
    }

    /// Whether it holds a permission set and a principal where it stands.
    pub(super) fn holds(&self, pair: Pair, catalogue: &Catalogue<'_>) -> Truth {
        match self.holds_permission_set(pair.permission_set(), catalogue) {
            Truth::No => Truth::No,
            of_set => of_set & self.holds_principal(pair.principal(), catalogue),
        }
    }

    /// Whether it holds a permission set, in the table of those, for somebody.
    pub(super) fn holds_permission_set(&self, place: u32, catalogue: &Catalogue<'_>) -> Truth {
        let Some(globs) = &self.fence.permission_sets else { return Truth::Yes };
        let sets = &catalogue.observed.permission_sets;
        self.permission_sets.of(place, sets.len(), || {
            sets.get(place as usize).map_or(Truth::No, |set| matches(globs, set.name))
        })
    }

    fn holds_principal(&self, place: u32, catalogue: &Catalogue<'_>) -> Truth {
        if self.fence.is_for_anyone() {
            return Truth::Yes;
        }
        let principals = &catalogue.observed.principals;
        self.principals.of(place, principals.len(), || {
            principals.get(place as usize).map_or(Truth::No, |entry| self.names(entry, catalogue))
        })
    }

    fn names(&self, entry: &PrincipalEntry<'_>, catalogue: &Catalogue<'_>) -> Truth {
        if entry.name == Name::Gone && self.gone == Gone::NotByName {
            return Truth::No;
        }
        match &entry.principal {
            Principal::Group(_) => {
                self.fence.groups.as_ref().map_or(Truth::No, |globs| matches(globs, entry.name))
            }
            Principal::User(_) => self.holds_user(entry, catalogue),
        }
    }

    /// A user who cannot sign in stays protected, and forbidden.
    fn holds_user(&self, entry: &PrincipalEntry<'_>, catalogue: &Catalogue<'_>) -> Truth {
        let selectors = self.fence.users.iter().flatten();
        Truth::any(selectors.map(|selector| match entry.user {
            Some(user) => catalogue.means(selector, user),
            None if selector.is_by_name_only() => {
                selector.user_name.as_ref().map_or(Truth::Yes, |globs| matches(globs, entry.name))
            }
            None if entry.name == Name::Gone => Truth::No,
            None => Truth::Unknown,
        }))
    }
}
