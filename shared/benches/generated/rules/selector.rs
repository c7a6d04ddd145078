//! Names and account selectors: as text, and what they match.

use std::fmt;

use shared::{ids::AccountId, organization::Account};

use super::Company;

/// A glob on a name, of the kinds that people write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Name {
    Is(String),
    Begins(String),
    Ends(String),
    Contains(String),
}

impl Name {
    pub(super) fn is(text: impl Into<String>) -> Self {
        Self::Is(text.into())
    }

    pub(super) fn begins(text: impl Into<String>) -> Self {
        Self::Begins(text.into())
    }

    pub(super) fn ends(text: impl Into<String>) -> Self {
        Self::Ends(text.into())
    }

    pub(super) fn contains(text: impl Into<String>) -> Self {
        Self::Contains(text.into())
    }

    pub(super) fn matches(&self, name: &str) -> bool {
        match self {
            Self::Is(text) => name == text,
            Self::Begins(text) => name.starts_with(text),
            Self::Ends(text) => name.ends_with(text),
            Self::Contains(text) => name.contains(text),
        }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Is(text) => write!(f, "\"{text}\""),
            Self::Begins(text) => write!(f, "\"{text}*\""),
            Self::Ends(text) => write!(f, "\"*{text}\""),
            Self::Contains(text) => write!(f, "\"*{text}*\""),
        }
    }
}

/// `[a, b]`.
pub(super) fn list<T: fmt::Display>(items: &[T]) -> String {
    let items: Vec<String> = items.iter().map(T::to_string).collect();
    format!("[{}]", items.join(", "))
}

/// An organizational unit and all below it.
#[derive(Clone, Debug)]
pub(super) enum Unit {
    /// By path, in which a name may be `*`.
    Path(Vec<String>),
    /// Units of this name anywhere: `/**/Prod`.
    Anywhere(String),
    /// By id; the path is whose it is.
    Id { id: String, path: Vec<String> },
}

impl Unit {
    /// Whether an account below these units is meant.
    fn is_above(&self, units: &[String]) -> bool {
        match self {
            Self::Path(path) | Self::Id { path, .. } => {
                let fits = |(one, other): (&String, &String)| one == "*" || one == other;
                path.len() <= units.len() && path.iter().zip(units).all(fits)
            }
            Self::Anywhere(name) => units.contains(name),
        }
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => write!(f, "\"/{}\"", path.join("/")),
            Self::Anywhere(name) => write!(f, "\"/**/{name}\""),
            Self::Id { id, .. } => f.write_str(id),
        }
    }
}

/// An account selector: all that is said must hold. What is empty says nothing.
#[derive(Clone, Debug, Default)]
pub(super) struct Selector {
    pub(super) unit: Option<Unit>,
    pub(super) tags: Vec<(&'static str, Vec<Name>)>,
    pub(super) names: Vec<Name>,
    pub(super) emails: Vec<Name>,
    pub(super) ids: Vec<AccountId>,
    pub(super) not: Option<Box<Self>>,
}

impl Selector {
    pub(super) fn below(unit: Unit) -> Self {
        Self { unit: Some(unit), ..Self::default() }
    }

    pub(super) fn named(names: impl Into<Vec<Name>>) -> Self {
        Self { names: names.into(), ..Self::default() }
    }

    pub(super) fn tag(key: &'static str, values: impl IntoIterator<Item = Name>) -> Self {
        Self::default().and_tag(key, values)
    }

    pub(super) fn and_tag(
        mut self,
        key: &'static str,
        values: impl IntoIterator<Item = Name>,
    ) -> Self {
        self.tags.push((key, values.into_iter().collect()));
        self
    }

    pub(super) fn but(mut self, not: Self) -> Self {
        self.not = Some(Box::new(not));
        self
    }

    /// Whether the account at this position is meant.
    pub(super) fn matches(&self, company: &Company, position: usize) -> bool {
        let account = &company.organization.accounts[position];
        let any = |names: &[Name], name: &str| {
            names.is_empty() || names.iter().any(|one| one.matches(name))
        };
        any(&self.names, &account.name)
            && any(&self.emails, &account.email)
            && (self.ids.is_empty() || self.ids.contains(&account.id))
            && self.unit.as_ref().is_none_or(|unit| unit.is_above(company.path(position)))
            && self.tags_match(account)
            && self.not.as_ref().is_none_or(|not| !not.matches(company, position))
    }

    fn tags_match(&self, account: &Account) -> bool {
        self.tags.iter().all(|(key, values)| {
            let value = account.tags.get(*key);
            value.is_some_and(|value| values.iter().any(|one| one.matches(value)))
        })
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        parts.extend(self.unit.as_ref().map(|unit| format!("organizational_unit: {unit}")));
        if !self.tags.is_empty() {
            let tag = |(key, values): &(&str, Vec<Name>)| format!("{key}: {}", list(values));
            let tags: Vec<String> = self.tags.iter().map(tag).collect();
            parts.push(format!("tags: {{{}}}", tags.join(", ")));
        }
        for (key, names) in [("name", &self.names), ("email", &self.emails)] {
            parts.extend((!names.is_empty()).then(|| format!("{key}: {}", list(names))));
        }
        if !self.ids.is_empty() {
            let ids: Vec<String> = self.ids.iter().map(|id| format!("\"{id}\"")).collect();
            parts.push(format!("id: {}", list(&ids)));
        }
        parts.extend(self.not.as_ref().map(|not| format!("not: {not}")));
        write!(f, "{{{}}}", parts.join(", "))
    }
}
