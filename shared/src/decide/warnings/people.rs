//! What rules ask of users and nobody is: their names, groups and attributes, each by itself and all
//! together.

use std::{cell::OnceCell, slice};

use rustc_hash::FxHashSet;

use crate::{
    diagnostic::{Code, Diagnostic},
    ids::UserId,
    organization::{Unread, User},
    rules::{Fence, Rule, SpannedGlob, user::UserSelector},
};

use super::{
    super::{catalogue::Catalogue, names::Names},
    values::{Values, Words},
};

/// How messages call attributes.
const ATTRIBUTES: Words = Words {
    code: Code::UnmatchedAttribute,
    owner: "user who can sign in",
    a_key: "an attribute",
    the_key: "the attribute",
};

/// How messages call attributes where it does not matter whether users can sign in.
const ATTRIBUTES_OF_ALL: Words = Words { owner: "user", ..ATTRIBUTES };

/// The users that were read, for the question whom a selector finds.
pub(super) struct People<'c, 'a> {
    catalogue: &'c Catalogue<'a>,
    /// Whether all users were read. An empty listing may not have been asked for.
    are_read: bool,
    /// Whether members of groups were read, where the rules asked for them.
    are_members_read: bool,
    enabled: OnceCell<FxHashSet<&'a UserId>>,
    attributes: OnceCell<Values<'a>>,
    attributes_of_all: OnceCell<Values<'a>>,
}

impl<'c, 'a> People<'c, 'a> {
    pub(super) fn new(catalogue: &'c Catalogue<'a>) -> Self {
        let gaps = &catalogue.observed.gaps;
        let complete = |what: &Unread| !gaps.hides_some(what);
        let organization = catalogue.observed.organization;
        let are_asked_for = organization.extent.is_whole() || !organization.users.is_empty();
        Self {
            catalogue,
            are_read: complete(&Unread::Users) && are_asked_for,
            are_members_read: complete(&Unread::Memberships) && complete(&Unread::Groups),
            enabled: OnceCell::new(),
            attributes: OnceCell::new(),
            attributes_of_all: OnceCell::new(),
        }
    }

    /// Whom a rule means. Who is in a group is read only for rules that may hold, and where the file
    /// manages users.
    pub(super) fn rule(
        &self,
        rule: &Rule,
        label: &str,
        has_members: bool,
        warnings: &mut Vec<Diagnostic>,
    ) {
        if !self.are_read {
            return;
        }
        let has_members = has_members && self.are_members_read;
        for selector in rule.principals.users() {
            let found = self.selector(selector, has_members);
            warnings.extend(found.into_iter().map(|warning| warning.label(label)));
        }
    }

    /// Whether all was read that tells whom a selector means.
    pub(super) fn are_known(&self, selector: &UserSelector, has_members: bool) -> bool {
        let has_members = has_members && self.are_members_read;
        self.are_read && (selector.in_group.is_none() || has_members)
    }

    fn selector(&self, selector: &UserSelector, has_members: bool) -> Vec<Diagnostic> {
        let names = selector.user_name.as_deref().unwrap_or_default();
        let groups = selector.in_group.as_deref().unwrap_or_default();
        let attributes =
            self.attributes.get_or_init(|| self.values(ATTRIBUTES, |user| user.enabled));
        let suggestions = &self.catalogue.suggestions;
        let mut found: Vec<_> = names.iter().filter_map(|glob| self.disabled(glob)).collect();
        if has_members {
            found.extend(groups.iter().filter_map(|glob| self.empty_group(glob)));
        }
        let conditions = selector.attributes.iter();
        found.extend(conditions.flat_map(|condition| attributes.unmatched(condition, suggestions)));
        let is_told = selector.is_by_name_only() || !found.is_empty();
        if !is_told && (groups.is_empty() || has_members) {
            found.extend(self.nobody(selector));
        }
        found
    }

    /// A name that only users have who match no rule.
    fn disabled(&self, glob: &SpannedGlob) -> Option<Diagnostic> {
        let (all, enabled) = (self.catalogue.user_names(), &self.catalogue.enabled_users);
        let is_disabled = !all.is_unmatched(&glob.value) && enabled.is_unmatched(&glob.value);
        is_disabled.then(|| {
            let message = format!("no user who can sign in is named `{}`", glob.value);
            Diagnostic::new(Code::UnmatchedUser, message, glob.span)
                .help("disabled users match no rule: it takes effect when such a user is enabled")
        })
    }

    /// A group that is there, and nobody in it.
    fn empty_group(&self, glob: &SpannedGlob) -> Option<Diagnostic> {
        let groups = self.catalogue.groups.matching(slice::from_ref(glob));
        let enabled = self.enabled.get_or_init(|| {
            let users = self.catalogue.observed.organization.users.iter();
            users.filter(|user| user.enabled).map(|user| &user.id).collect()
        });
        let has_members =
            |group: &u32| self.catalogue.members_of(*group).any(|user| enabled.contains(user));
        (!groups.is_empty() && !groups.iter().any(has_members)).then(|| {
            let message = match glob.value.name() {
                Some(name) => format!("no user who can sign in is in group `{name}`"),
                None => {
                    format!("no user who can sign in is in a group that `{}` matches", glob.value)
                }
            };
            Diagnostic::new(Code::UnmatchedUser, message, glob.span)
                .help("it takes effect when somebody is added to the group")
        })
    }

    /// A selector, each of whose keys somebody meets, and nobody all of them. Of a name that nobody has,
    /// that was said.
    fn nobody(&self, selector: &UserSelector) -> Option<Diagnostic> {
        let (names, groups) = (self.catalogue.user_names(), &self.catalogue.groups);
        let is_told = |globs: &Option<Vec<SpannedGlob>>, known: &Names<'_>| {
            globs.iter().flatten().any(|glob| known.is_unmatched(&glob.value))
        };
        if is_told(&selector.user_name, names) || is_told(&selector.in_group, groups) {
            return None;
        }
        self.catalogue.users(selector).is_empty().then(|| {
            let message = "no user who can sign in meets all that is asked here";
            Diagnostic::new(Code::UnmatchedUser, message, selector.span)
                .help("all keys of one entry must hold; a user for each needs an entry for each")
        })
    }

    /// Attributes that an entry of `protect` or `never` asks for: of any user, since it holds those who
    /// cannot sign in too.
    pub(super) fn fence(&self, fence: &Fence, label: &str, warnings: &mut Vec<Diagnostic>) {
        if !self.are_read {
            return;
        }
        let attributes =
            self.attributes_of_all.get_or_init(|| self.values(ATTRIBUTES_OF_ALL, |_| true));
        let conditions = fence.users.iter().flatten().flat_map(|selector| &selector.attributes);
        let found = conditions
            .flat_map(|condition| attributes.unmatched(condition, &self.catalogue.suggestions));
        warnings.extend(found.map(|warning| warning.label(label)));
    }

    fn values(&self, words: Words, which: impl Fn(&User) -> bool) -> Values<'a> {
        let users = self.catalogue.observed.organization.users.iter();
        Values::new(words, users.filter(|user| which(user)).map(|user| &user.attributes))
    }
}
