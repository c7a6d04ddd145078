//! Templates: names of groups and keys of tags that say by themselves what they are for.

use std::fmt;

use crate::organization::Tags;

/// Text with placeholders in braces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template<Placeholder> {
    text: String,
    parts: Vec<Part<Placeholder>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part<Placeholder> {
    Text(String),
    Placeholder(Placeholder),
}

/// The display name of the group that one permission set in one account is for.
pub type GroupNameTemplate = Template<GroupNamePart>;

/// The key of the account tag that one group is named by.
pub type TagKeyTemplate = Template<GroupPlaceholder>;

/// What can stand in braces in `group_name`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GroupNamePart {
    /// The account's name.
    Account,
    /// The account's id.
    AccountId,
    /// The permission set's name.
    PermissionSet,
    /// The value of a tag of the account.
    Tag(String),
}

/// What can stand in braces in `account_tag`: the group's display name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupPlaceholder;

/// A template that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTemplate {
    /// A `{` without its `}`.
    #[error("`{{` has no matching `}}`")]
    NotClosed,
    /// A `}` without its `{`.
    #[error("`}}` has no matching `{{`")]
    NotOpened,
    /// Too long for what it is filled in to be.
    #[error("filled in it has {least} characters or more, and {what} has at most {most}")]
    TooLong {
        /// How long it is when each placeholder is a single character.
        least: usize,
        /// What it is filled in to be.
        what: &'static str,
        /// How long that may be.
        most: usize,
    },
    /// Something in braces that stands for nothing.
    #[error("`{{{0}}}` is not a placeholder here")]
    UnknownPlaceholder(String),
    /// Text without any placeholder.
    #[error("it has no placeholder, so it would mean the same for everything")]
    NoPlaceholder,
}

/// What can stand in braces.
pub trait Placeholder: Sized {
    /// What the template is filled in to be.
    const WHAT: &'static str;

    /// How long that may be, in characters.
    const LONGEST: usize;

    /// Reads what stands in braces.
    fn read(name: &str) -> Option<Self>;
}

impl Placeholder for GroupNamePart {
    const WHAT: &'static str = "a group's display name";

    /// Source: <https://docs.aws.amazon.com/singlesignon/latest/IdentityStoreAPIReference/API_Group.html>.
    const LONGEST: usize = 1024;

    fn read(name: &str) -> Option<Self> {
        Some(match name {
            "account" => Self::Account,
            "account_id" => Self::AccountId,
            "permission_set" => Self::PermissionSet,
            _ => Self::Tag(name.strip_prefix("tag.").filter(|key| !key.is_empty())?.to_owned()),
        })
    }
}

impl Placeholder for GroupPlaceholder {
    const WHAT: &'static str = "a tag's key";

    /// Source: <https://docs.aws.amazon.com/organizations/latest/APIReference/API_Tag.html>.
    const LONGEST: usize = 128;

    fn read(name: &str) -> Option<Self> {
        (name == "group").then_some(Self)
    }
}

impl<P: Placeholder> Template<P> {
    /// Reads a template.
    ///
    /// # Errors
    /// When a brace has no partner, a placeholder is unknown, there is none, or it can only be filled in
    /// to what is too long.
    pub fn new(text: &str) -> Result<Self, InvalidTemplate> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let (name, after) = after.split_once('}').ok_or(InvalidTemplate::NotClosed)?;
            let placeholder = P::read(name)
                .ok_or_else(|| InvalidTemplate::UnknownPlaceholder(name.to_owned()))?;
            parts.extend(literal(before)?.map(Part::Text));
            parts.push(Part::Placeholder(placeholder));
            rest = after;
        }
        if parts.is_empty() {
            return Err(literal(rest).err().unwrap_or(InvalidTemplate::NoPlaceholder));
        }
        parts.extend(literal(rest)?.map(Part::Text));
        let least = parts.iter().map(Part::least).sum();
        if least > P::LONGEST {
            return Err(InvalidTemplate::TooLong { least, what: P::WHAT, most: P::LONGEST });
        }
        Ok(Self { text: text.to_owned(), parts })
    }

    /// As it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The template with each placeholder filled in; nothing, when one of them has no value, or when
    /// nothing can be called so because it is too long.
    fn fill<'a>(&'a self, value: impl Fn(&'a P) -> Option<&'a str>) -> Option<String> {
        let (mut filled, mut length) = (String::new(), 0);
        for part in &self.parts {
            let next = match part {
                Part::Text(text) => text,
                Part::Placeholder(placeholder) => value(placeholder)?,
            };
            length += next.chars().count();
            (length <= P::LONGEST).then(|| filled.push_str(next))?;
        }
        Some(filled)
    }
}

impl<P> Part<P> {
    /// How many characters it stands for at the least.
    fn least(&self) -> usize {
        match self {
            Self::Text(text) => text.chars().count(),
            Self::Placeholder(_) => 1,
        }
    }
}

/// Text between placeholders, when there is any.
fn literal(text: &str) -> Result<Option<String>, InvalidTemplate> {
    match text {
        "" => Ok(None),
        _ if text.contains('}') => Err(InvalidTemplate::NotOpened),
        _ => Ok(Some(text.to_owned())),
    }
}

/// What an account fills into `group_name`.
#[derive(Clone, Copy, Debug)]
pub struct AccountValues<'a> {
    /// Its id.
    pub id: &'a str,
    /// Its name, if it was read.
    pub name: Option<&'a str>,
    /// Its tags, if they were read.
    pub tags: Option<&'a Tags>,
}

impl GroupNameTemplate {
    /// The name of the group for a permission set in an account; nothing, when the account lacks
    /// what the name is made of.
    #[must_use]
    pub fn group_name<'a>(
        &'a self,
        account: AccountValues<'a>,
        permission_set: &'a str,
    ) -> Option<String> {
        self.fill(|part| match part {
            GroupNamePart::Account => account.name,
            GroupNamePart::AccountId => Some(account.id),
            GroupNamePart::PermissionSet => Some(permission_set),
            GroupNamePart::Tag(key) => account.tags?.get(key).map(String::as_str),
        })
    }

    /// Whether this can be the name of a group for some account and permission set.
    #[must_use]
    pub fn may_name(&self, group: &str) -> bool {
        let (parts, end) = match self.parts.split_last() {
            Some((Part::Text(end), parts)) => (parts, end.as_str()),
            _ => (self.parts.as_slice(), ""),
        };
        let group = group.to_ascii_lowercase();
        let mut rest = group.strip_suffix(&end.to_ascii_lowercase());
        let mut anywhere = false;
        for part in parts {
            if let Part::Text(text) = part {
                rest = rest.and_then(|rest| behind(&text.to_ascii_lowercase(), rest, anywhere));
            }
            anywhere = matches!(part, Part::Placeholder(_));
        }
        rest.is_some()
    }

    /// Whether the name depends on the permission set.
    #[must_use]
    pub fn names_permission_set(&self) -> bool {
        self.parts.contains(&Part::Placeholder(GroupNamePart::PermissionSet))
    }

    /// Whether the name depends on the account's name.
    #[must_use]
    pub fn names_account(&self) -> bool {
        self.parts.contains(&Part::Placeholder(GroupNamePart::Account))
    }

    /// The keys of the account tags that the name is made of.
    pub fn tag_keys(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Placeholder(GroupNamePart::Tag(key)) => Some(key.as_str()),
            _ => None,
        })
    }
}

impl TagKeyTemplate {
    /// The key of the tag that names a group; nothing, when no key can be so long.
    #[must_use]
    pub fn tag_key(&self, group: &str) -> Option<String> {
        self.fill(|GroupPlaceholder| Some(group))
    }

    /// Whether a key may be one of some group, as far as its beginning and its end tell.
    #[must_use]
    pub fn may_be(&self, key: &str) -> bool {
        let text = |part: Option<&Part<GroupPlaceholder>>| match part {
            Some(Part::Text(text)) => text.clone(),
            _ => String::new(),
        };
        let (before, after) = (text(self.parts.first()), text(self.parts.last()));
        key.len() >= before.len() + after.len() && key.starts_with(&before) && key.ends_with(&after)
    }
}

/// What is behind the first occurrence of a part: at the beginning, or anywhere.
fn behind<'t>(part: &str, text: &'t str, anywhere: bool) -> Option<&'t str> {
    if anywhere { text.split_once(part).map(|(_, rest)| rest) } else { text.strip_prefix(part) }
}

impl<P> fmt::Display for Template<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_filled_in() {
        let template = GroupNameTemplate::new("aws-{account}-{tag.team}-{permission_set}").unwrap();
        let tags = Tags::from([("team".to_owned(), "pay".to_owned())]);
        let account = AccountValues { id: "1", name: Some("prod"), tags: Some(&tags) };
        assert_eq!(template.group_name(account, "View").as_deref(), Some("aws-prod-pay-View"));
        let untagged = AccountValues { tags: Some(&Tags::new()), ..account };
        assert_eq!(template.group_name(untagged, "View"), None);
        assert_eq!(template.group_name(AccountValues { name: None, ..account }, "View"), None);
        assert!(template.names_permission_set());
    }

    #[test]
    fn a_template_tells_which_names_it_may_make() {
        let check = |template: &str, group: &str, expected: bool| {
            let may_name = GroupNameTemplate::new(template).unwrap().may_name(group);
            assert_eq!(may_name, expected, "{template} for {group}");
        };
        check("aws-{account}-{permission_set}", "AWS-pay-prod-View", true);
        check("aws-{account}-{permission_set}", "aws-pay", false);
        check("aws-{account}-{permission_set}", "Engineering", false);
        check("{account}-x-{tag.team}-x", "pay-x-a-x", true);
        check("{account}-x-{tag.team}-x", "pay-x", false);
        check("{account}{account_id}", "", true);
        check("a{account}a", "a", false);
        check("a{account}a", "aa", true);
        check("É{account}", "é-pay", false);
    }

    #[test]
    fn a_tag_key_names_a_group() {
        let template = TagKeyTemplate::new("access/{group}").unwrap();
        assert_eq!(template.tag_key("a-b").as_deref(), Some("access/a-b"));
        assert_eq!(template.tag_key(&"é".repeat(121)).map(|key| key.chars().count()), Some(128));
        assert_eq!(template.tag_key(&"é".repeat(122)), None);
        assert!(template.may_be("access/a-b") && template.may_be("access/"));
        assert!(!template.may_be("access") && !template.may_be("environment"));
        let ends = TagKeyTemplate::new("a{group}a").unwrap();
        assert!(ends.may_be("aa") && !ends.may_be("a"));
        assert!(TagKeyTemplate::new("{group}").unwrap().may_be("anything"));
    }

    /// What nothing can be called is not spelt out, however often it says so.
    #[test]
    fn a_template_longer_than_what_it_names_is_refused() {
        let error = |text: &str| TagKeyTemplate::new(text).unwrap_err().to_string();
        let told = "filled in it has 129 characters or more, and a tag's key has at most 128";
        assert_eq!(error(&"{group}".repeat(129)), told);
        assert_eq!(error(&format!("{}{{group}}", "é".repeat(128))), told);
        assert!(TagKeyTemplate::new(&"{group}".repeat(128)).is_ok());
        let template = GroupNameTemplate::new(&"{account}".repeat(1024)).unwrap();
        let account = AccountValues { id: "1", name: Some("ab"), tags: None };
        assert_eq!(template.group_name(account, "View"), None);
        assert!(GroupNameTemplate::new(&"{account}".repeat(1025)).is_err());
    }

    #[test]
    fn what_is_no_template_is_refused() {
        let error = |text| GroupNameTemplate::new(text).unwrap_err().to_string();
        assert_eq!(error("aws-{account"), "`{` has no matching `}`");
        for text in ["aws-account}-{permission_set}", "{account}}", "account}"] {
            assert_eq!(error(text), "`}` has no matching `{`", "{text}");
        }
        assert_eq!(error("aws-{acount}"), "`{acount}` is not a placeholder here");
        assert_eq!(error("aws-{tag.}"), "`{tag.}` is not a placeholder here");
        assert_eq!(error("aws"), "it has no placeholder, so it would mean the same for everything");
        assert!(TagKeyTemplate::new("access/{account}").is_err());
    }
}
