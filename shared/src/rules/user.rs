//! User selectors: which users a rule, a `protect` entry or an entry of `never` means.

use crate::{source::Span, truth::Truth};

use super::{
    SpannedGlob,
    selector::{TagCondition, matches_any},
};

/// The attributes of a user that rules may ask for, by their names in the rules language.
///
/// Those of the Identity Store's user and its enterprise extension. Source:
/// <https://docs.aws.amazon.com/singlesignon/latest/IdentityStoreAPIReference/API_User.html>.
pub const ATTRIBUTES: &[&str] = &[
    "department",
    "cost_center",
    "division",
    "organization",
    "employee_number",
    "title",
    "user_type",
    "locale",
    "timezone",
    "preferred_language",
    "email",
];

/// Users for whom all of this holds. At least one thing is asked.
#[derive(Clone, Debug)]
pub struct UserSelector {
    /// Where it stands.
    pub span: Span,
    /// Any of these user names.
    pub user_name: Option<Vec<SpannedGlob>>,
    /// Membership in any group of such a display name.
    pub in_group: Option<Vec<SpannedGlob>>,
    /// All of these attributes.
    pub attributes: Vec<TagCondition>,
}

/// What is known of a user when a selector is put to them.
#[derive(Clone, Copy, Debug)]
pub struct UserView<'a> {
    /// Their user name; nothing, when it was not read.
    pub user_name: Option<&'a str>,
    /// The value of an attribute that was read.
    pub attributes: &'a std::collections::BTreeMap<String, String>,
    /// Whether an attribute that is not there may only not have been read.
    pub lacks_attributes: bool,
}

impl UserSelector {
    /// Whether the user is meant. `is_in` says of globs on display names whether the user is in a
    /// group that one of them matches.
    #[must_use]
    pub fn matches(&self, user: &UserView<'_>, is_in: impl Fn(&[SpannedGlob]) -> Truth) -> Truth {
        let named = self
            .user_name
            .as_deref()
            .map_or(Truth::Yes, |globs| matches_any(globs, user.user_name));
        let attributes = || Truth::all(self.attributes.iter().map(|attribute| user.has(attribute)));
        match named & attributes() {
            Truth::No => Truth::No,
            truth => truth & self.in_group.as_deref().map_or(Truth::Yes, is_in),
        }
    }

    /// Whether it asks for nothing but the user name.
    #[must_use]
    pub fn is_by_name_only(&self) -> bool {
        self.in_group.is_none() && self.attributes.is_empty()
    }
}

impl UserView<'_> {
    /// Whether an attribute is what is asked.
    #[must_use]
    pub fn has(&self, condition: &TagCondition) -> Truth {
        match self.attributes.get(&condition.key) {
            None if self.lacks_attributes => Truth::Unknown,
            value => condition.value.holds(value.map(String::as_str)).into(),
        }
    }
}
