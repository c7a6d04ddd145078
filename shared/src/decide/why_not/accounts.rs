//! Which key of an account selector fails for the account.

use crate::{
    explain::FailedKey,
    organization::Tags,
    rules::selector::{AccountSelector, Condition, TagCondition, Test},
    source::Span,
    truth::Truth,
};

use super::{
    WhyNot,
    words::{NOT_READ, any_of, path_of, present, quoted, read, units, value},
};

impl WhyNot<'_, '_> {
    /// Of each alternative, the first key that fails; nothing, when the account is meant.
    pub(super) fn accounts(&self, selector: &AccountSelector, path: &str) -> Vec<FailedKey> {
        if selector.matches(self.account) == Truth::Yes {
            return Vec::new();
        }
        let alternatives = alternatives(selector, path);
        alternatives
            .filter_map(|(path, conditions)| {
                let fails = |condition: &&Condition| condition.matches(self.account) != Truth::Yes;
                conditions.iter().find(fails).map(|condition| self.condition(condition, &path))
            })
            .collect()
    }

    fn condition(&self, condition: &Condition, path: &str) -> FailedKey {
        let span = condition.span;
        let key = |name: &str| format!("{path}.{name}");
        let account = self.account;
        match &condition.test {
            Test::All => self.key(&key("all"), span, "every account", account.id.as_str()),
            Test::Id(ids) => {
                let ids: Vec<&str> = ids.iter().map(|id| id.value.as_str()).collect();
                self.key(&key("id"), span, quoted(&ids), format!("`{}`", account.id))
            }
            Test::Name(globs) => self.key(&key("name"), span, any_of(globs), read(account.name)),
            Test::Email(globs) => self.key(&key("email"), span, any_of(globs), read(account.email)),
            Test::OrganizationalUnit(patterns) => self.key(
                &key("organizational_unit"),
                span,
                units(patterns),
                path_of(&account.place),
            ),
            Test::DirectlyIn(patterns) => {
                self.key(&key("directly_in"), span, units(patterns), path_of(&account.place))
            }
            Test::Tags(tags) => self.tags(tags, account.tags, &key("tags"), span),
            Test::OrganizationalUnitTags(tags) => {
                let met =
                    format!("no organizational unit with such tags at {}", path_of(&account.place));
                self.unit_tags(tags, path, span, met)
            }
            Test::Not(selector) => self.not(selector, &key("not"), span),
        }
    }

    fn tags(&self, tags: &[TagCondition], of: Option<&Tags>, path: &str, span: Span) -> FailedKey {
        let failed = tags.iter().find(|tag| tag.holds(of) != Truth::Yes);
        failed
            .map_or_else(|| self.key(path, span, "these tags", "others"), |tag| self.tag(tag, path))
    }

    fn tag(&self, tag: &TagCondition, path: &str) -> FailedKey {
        let key = format!("{path}.{}", tag.key);
        self.key(&key, tag.span, value(&tag.value), self.met_tag(&tag.key))
    }

    /// The value of the account's tag.
    pub(super) fn met_tag(&self, key: &str) -> String {
        let tags = self.account.tags;
        let met = tags.map(|tags| present(tags.get(key).map(String::as_str)));
        met.unwrap_or_else(|| NOT_READ.to_owned())
    }

    fn unit_tags(&self, tags: &[TagCondition], path: &str, span: Span, met: String) -> FailedKey {
        let wanted: Vec<String> =
            tags.iter().map(|tag| format!("{}: {}", tag.key, value(&tag.value))).collect();
        self.key(&format!("{path}.organizational_unit_tags"), span, wanted.join(" and "), met)
    }

    /// What the selector under a `not` means, and should not: all the keys of the first alternative
    /// that holds, because any one of them would have kept it from holding.
    fn not(&self, selector: &AccountSelector, path: &str, span: Span) -> FailedKey {
        let holds = |conditions: &[Condition]| {
            conditions.iter().all(|condition| condition.matches(self.account) != Truth::No)
        };
        let held = alternatives(selector, path).find(|(_, conditions)| holds(conditions));
        let Some((path, conditions)) = held else {
            return self.key(path, span, "no match", NOT_READ);
        };
        let held: Vec<Held> =
            conditions.iter().flat_map(|condition| self.held(condition, &path)).collect();
        match held.as_slice() {
            [] => self.key(&path, span, "no match", NOT_READ),
            [Held::Key(key)] => {
                FailedKey { wanted: format!("anything but {}", key.wanted), ..key.clone() }
            }
            [Held::Not(inner)] => inner.clone(),
            several => {
                let wanted = format!("not all of {}", told(several, &path, Held::wanted));
                self.key(&path, span, wanted, told(several, &path, Held::met))
            }
        }
    }

    /// The keys of a condition under a `not` that holds.
    fn held(&self, condition: &Condition, path: &str) -> Vec<Held> {
        match &condition.test {
            Test::Not(inner) => {
                let failed = self.accounts(inner, &format!("{path}.not"));
                failed.into_iter().take(1).map(Held::Not).collect()
            }
            Test::Tags(tags) => {
                let path = format!("{path}.tags");
                tags.iter().map(|tag| Held::Key(self.tag(tag, &path))).collect()
            }
            Test::OrganizationalUnitTags(tags) => {
                let met = format!("such tags on the way to {}", path_of(&self.account.place));
                vec![Held::Key(self.unit_tags(tags, path, condition.span, met))]
            }
            _ => vec![Held::Key(self.condition(condition, path))],
        }
    }
}

/// Something under a `not` that holds.
enum Held {
    /// A key, and what it asks for and got.
    Key(FailedKey),
    /// A second `not`, by what its own selector asks for and did not get.
    Not(FailedKey),
}

impl Held {
    fn key(&self) -> &FailedKey {
        match self {
            Self::Key(key) | Self::Not(key) => key,
        }
    }

    fn wanted(&self) -> String {
        match self {
            Self::Key(key) => key.wanted.clone(),
            Self::Not(key) => format!("other than {}", key.wanted),
        }
    }

    fn met(&self) -> String {
        self.key().met.clone()
    }
}

/// Several keys in one sentence, by their names below a path.
fn told(held: &[Held], path: &str, text: fn(&Held) -> String) -> String {
    let told = held.iter().map(|held| {
        let name = held.key().key.strip_prefix(path).unwrap_or(&held.key().key);
        format!("{} {}", name.trim_start_matches('.'), text(held))
    });
    told.collect::<Vec<_>>().join(", ")
}

/// The alternatives of a selector, each with its path: with a number, where there are several.
fn alternatives<'s>(
    selector: &'s AccountSelector,
    path: &str,
) -> impl Iterator<Item = (String, &'s [Condition])> {
    let several = selector.any_of.len() > 1;
    selector.any_of.iter().enumerate().map(move |(number, conditions)| {
        let path = if several { format!("{path}[{number}]") } else { path.to_owned() };
        (path, conditions.as_slice())
    })
}
