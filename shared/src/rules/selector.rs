//! Account selectors: which accounts a rule, `manage` or a `protect` entry means.

use std::sync::Arc;

use crate::{
    ids::{AccountId, OrganizationalUnitId},
    organization::Tags,
    source::{Span, Spanned},
    truth::Truth,
};

use super::{
    SpannedGlob,
    glob::{Glob, PathGlob},
};

/// Mappings of conditions: any mapping, all of whose conditions hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountSelector {
    /// At least one.
    pub any_of: Vec<Vec<Condition>>,
}

/// One key of an account selector.
#[derive(Clone, Debug)]
pub struct Condition {
    /// Where the key stands.
    pub span: Span,
    /// What it asks.
    pub test: Test,
}

/// The same key asks the same wherever it stands.
impl PartialEq for Condition {
    fn eq(&self, other: &Self) -> bool {
        self.test == other.test
    }
}

impl Eq for Condition {}

/// What one key of an account selector asks. Several values: any of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Test {
    /// Every account.
    All,
    /// These ids.
    Id(Vec<Spanned<AccountId>>),
    /// Names.
    Name(Vec<SpannedGlob>),
    /// The root users' e-mail addresses.
    Email(Vec<SpannedGlob>),
    /// An organizational unit above the account, at any height.
    OrganizationalUnit(Vec<Spanned<OrganizationalUnitPattern>>),
    /// The organizational unit, or the root, that holds the account itself.
    DirectlyIn(Vec<Spanned<OrganizationalUnitPattern>>),
    /// The account's own tags: all of these.
    Tags(Vec<TagCondition>),
    /// The tags of one organizational unit above the account, or of the root: all of these.
    OrganizationalUnitTags(Vec<TagCondition>),
    /// The selector does not hold.
    Not(AccountSelector),
}

/// Means one or several organizational units.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum OrganizationalUnitPattern {
    /// By id.
    Id(OrganizationalUnitId),
    /// By path from the root.
    Path(PathGlob),
}

/// What a tag must be.
#[derive(Clone, Debug)]
pub struct TagCondition {
    /// The tag's key.
    pub key: String,
    /// Where the key stands.
    pub span: Span,
    /// What is asked of its value.
    pub value: TagValue,
}

/// The same is asked of a tag wherever it stands.
impl PartialEq for TagCondition {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key && self.value == other.value
    }
}

impl Eq for TagCondition {}

/// What is asked of a tag's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TagValue {
    /// The tag is there.
    Present,
    /// The tag is not there.
    Absent,
    /// The value matches any of these.
    AnyOf(Vec<SpannedGlob>),
}

/// What is known of an account when a selector is put to it. What could not be read is `None`.
#[derive(Clone, Debug)]
pub struct AccountView<'a> {
    /// The account.
    pub id: &'a AccountId,
    /// Its name.
    pub name: Option<&'a str>,
    /// The root user's e-mail address.
    pub email: Option<&'a str>,
    /// Its own tags.
    pub tags: Option<&'a Tags>,
    /// Where it is.
    pub place: Arc<Place<'a>>,
}

/// Where in the organization accounts are. What could not be read is `None`.
#[derive(Clone, Debug)]
pub struct Place<'a> {
    /// What holds the accounts.
    pub parent: Option<&'a OrganizationalUnitId>,
    /// The root of the organization.
    pub root: &'a OrganizationalUnitId,
    /// The root's tags.
    pub root_tags: Option<&'a Tags>,
    /// The organizational units above the accounts, from below the root down to their parent.
    pub units: Option<Vec<UnitView<'a>>>,
}

/// An organizational unit above an account.
#[derive(Clone, Copy, Debug)]
pub struct UnitView<'a> {
    /// Its id.
    pub id: &'a OrganizationalUnitId,
    /// Its name.
    pub name: &'a str,
    /// Its own tags.
    pub tags: Option<&'a Tags>,
}

impl AccountSelector {
    /// Every account.
    #[must_use]
    pub fn all() -> Self {
        Self { any_of: vec![vec![Condition { span: Span::default(), test: Test::All }]] }
    }

    /// Whether the account is meant.
    #[must_use]
    pub fn matches(&self, account: &AccountView<'_>) -> Truth {
        Truth::any(self.any_of.iter().map(|conditions| {
            Truth::all(conditions.iter().map(|condition| condition.matches(account)))
        }))
    }

    /// Whether any condition, at any depth, asks such a question: what an observation has to read for
    /// this selector.
    #[must_use]
    pub fn asks(&self, question: &impl Fn(&Test) -> bool) -> bool {
        self.any_of.iter().flatten().any(|condition| match &condition.test {
            Test::Not(selector) => selector.asks(question),
            test => question(test),
        })
    }
}

impl Condition {
    /// Whether the condition holds for the account.
    #[must_use]
    pub fn matches(&self, account: &AccountView<'_>) -> Truth {
        self.test.matches(account)
    }
}

impl Test {
    /// Whether it holds for the account.
    #[must_use]
    pub fn matches(&self, account: &AccountView<'_>) -> Truth {
        match self {
            Self::All => Truth::Yes,
            Self::Id(ids) => ids.iter().any(|id| id.value == *account.id).into(),
            Self::Name(globs) => matches_any(globs, account.name),
            Self::Email(globs) => matches_any(globs, account.email),
            Self::OrganizationalUnit(patterns) => {
                Truth::any(patterns.iter().map(|pattern| pattern.value.is_above(&account.place)))
            }
            Self::DirectlyIn(patterns) => {
                Truth::any(patterns.iter().map(|pattern| pattern.value.holds(&account.place)))
            }
            Self::OrganizationalUnitTags(tags) => one_unit_has(tags, &account.place),
            Self::Tags(tags) => Truth::all(tags.iter().map(|tag| tag.holds(account.tags))),
            Self::Not(selector) => !selector.matches(account),
        }
    }
}

impl OrganizationalUnitPattern {
    /// Whether the unit that holds the accounts themselves is meant.
    #[must_use]
    pub fn holds(&self, place: &Place<'_>) -> Truth {
        match self {
            Self::Path(path) if path.is_root() => {
                Truth::of(place.parent, |parent| parent == place.root)
            }
            Self::Path(path) => Truth::of(place.units.as_ref(), |units| {
                path.matches(&units.iter().map(|unit| unit.name).collect::<Vec<_>>())
            }),
            Self::Id(id) => Truth::of(place.parent, |parent| parent == id),
        }
    }

    /// Whether an organizational unit above the accounts, or the root, is meant.
    #[must_use]
    pub fn is_above(&self, place: &Place<'_>) -> Truth {
        match self {
            Self::Path(path) if path.is_root() => Truth::Yes,
            Self::Path(path) => {
                Truth::of(place.units.as_ref(), |units| matches_some_height(path, units))
            }
            Self::Id(id) if Some(id) == place.parent || id == place.root => Truth::Yes,
            Self::Id(id) => {
                Truth::of(place.units.as_ref(), |units| units.iter().any(|unit| unit.id == id))
            }
        }
    }
}

/// Whether one organizational unit above the accounts, or the root, has all of these tags.
pub(crate) fn one_unit_has(tags: &[TagCondition], place: &Place<'_>) -> Truth {
    let has_all = |of: Option<&Tags>| Truth::all(tags.iter().map(|tag| tag.holds(of)));
    let units = place
        .units
        .as_ref()
        .map_or(Truth::Unknown, |units| Truth::any(units.iter().map(|unit| has_all(unit.tags))));
    has_all(place.root_tags) | units
}

fn matches_some_height(path: &PathGlob, units: &[UnitView<'_>]) -> bool {
    let names: Vec<&str> = units.iter().map(|unit| unit.name).collect();
    (0..=names.len()).any(|height| names.get(..height).is_some_and(|names| path.matches(names)))
}

impl TagCondition {
    /// Whether the tags, if they were read, are what is asked.
    #[must_use]
    pub fn holds(&self, tags: Option<&Tags>) -> Truth {
        Truth::of(tags, |tags| self.value.holds(tags.get(&self.key).map(String::as_str)))
    }
}

impl TagValue {
    /// Whether a value, or its absence, is what is asked.
    #[must_use]
    pub fn holds(&self, value: Option<&str>) -> bool {
        match (self, value) {
            (Self::Present, value) => value.is_some(),
            (Self::Absent, value) => value.is_none(),
            (Self::AnyOf(globs), Some(value)) => globs.iter().any(|glob| glob.value.matches(value)),
            (Self::AnyOf(_), None) => false,
        }
    }
}

/// Whether any of the globs matches a name; of an unknown name, only `*` is certain to.
pub(crate) fn matches_any(globs: &[SpannedGlob], name: Option<&str>) -> Truth {
    Truth::any(globs.iter().map(|glob| matches(&glob.value, name)))
}

fn matches(glob: &Glob, name: Option<&str>) -> Truth {
    match name {
        Some(name) => glob.matches(name).into(),
        None if glob.is_everything() => Truth::Yes,
        None => Truth::Unknown,
    }
}
