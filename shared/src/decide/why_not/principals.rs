//! Whom a rule means, and which of its keys keeps it from meaning the principal.

use crate::{
    explain::FailedKey,
    organization::{Principal, Unread, User},
    rules::{
        Principals, Rule, SpannedGlob,
        template::{AccountValues, GroupNameTemplate, TagKeyTemplate},
        user::{UserSelector, UserView},
    },
    source::Spanned,
    truth::Truth,
};

use super::{
    super::observed::{Name, PrincipalEntry},
    WhyNot,
    words::{any_of, joined, present, quoted, value},
};

/// How many names are told before the rest is left out.
const MOST_NAMES: usize = 3;

impl WhyNot<'_, '_> {
    /// Whom a rule names instead of the principal and their groups: one key, or one of each of the ways to
    /// be meant. Nothing, when the rule may mean them somewhere, or when that is not known.
    pub(super) fn names_others(&self, rule: &Rule) -> Vec<FailedKey> {
        if self.is_not_known() {
            return Vec::new();
        }
        let (mut others, users) = (Vec::new(), rule.principals.users());
        if names_groups(rule) {
            match self.names_other_groups(rule) {
                Some(key) => others.push(key),
                None => return others,
            }
        }
        if self.principal.is_group() {
            let only_users = others.is_empty().then(|| self.wants_a_user(users));
            others.extend(only_users);
            return others;
        }
        for (path, selector) in numbered(users) {
            match self.names_other_users(selector, &path) {
                Some(key) => others.push(key),
                None => return Vec::new(),
            }
        }
        others
    }

    /// Whether the name of the principal or of one of their groups, or which groups those are, was not
    /// read.
    fn is_not_known(&self) -> bool {
        let is_unknown = |entry: &&PrincipalEntry<'_>| entry.name == Name::Unknown;
        let lacks_groups = !self.principal.is_group() && self.lacks_groups();
        lacks_groups || is_unknown(&self.principal) || self.groups.iter().any(is_unknown)
    }

    /// Whether the user may be in more groups than those that were read.
    fn lacks_groups(&self) -> bool {
        let gaps = &self.catalogue.observed.gaps;
        gaps.hides_some(&Unread::Memberships) || gaps.hides_some(&Unread::Groups)
    }

    fn names_other_groups(&self, rule: &Rule) -> Option<FailedKey> {
        let candidates = self.candidates();
        match &rule.principals {
            Principals::Named { groups, .. } | Principals::AccountTag { groups, .. } => {
                self.listed(groups, candidates).err()
            }
            Principals::GroupName(template) => {
                let may_name = |group: &PrincipalEntry<'_>| template.value.may_name(group.text());
                let meant = candidates.into_iter().any(may_name);
                (!meant).then(|| self.wants_a_name(template, &format!("`{}`", template.value)))
            }
        }
    }

    fn names_other_users(&self, selector: &UserSelector, path: &str) -> Option<FailedKey> {
        let of_group = || self.in_other_groups(selector, path, Truth::No);
        self.principal.user.and_then(|_| self.called_otherwise(selector, path).or_else(of_group))
    }

    /// What a rule has against a principal: nothing as soon as one of the ways to be meant is open.
    pub(super) fn principals(&self, rule: &Rule) -> Vec<FailedKey> {
        let (mut failed, users) = (Vec::new(), rule.principals.users());
        if names_groups(rule) {
            match self.group(rule) {
                Some(key) => failed.push(key),
                None => return failed,
            }
        }
        if self.principal.is_group() {
            let only_users = failed.is_empty().then(|| self.wants_a_user(users));
            failed.extend(only_users);
            return failed;
        }
        for (path, selector) in numbered(users) {
            match self.selector(selector, &path) {
                Some(key) => failed.push(key),
                None => return Vec::new(),
            }
        }
        failed
    }

    fn wants_a_user(&self, users: &[UserSelector]) -> FailedKey {
        let span = users.first().map(|user| user.span).unwrap_or_default();
        self.key("users", span, "a user", self.whom())
    }

    fn wants_a_name(&self, template: &Spanned<GroupNameTemplate>, wanted: &str) -> FailedKey {
        self.key("group_name", template.span, wanted, self.whom_and_groups())
    }

    fn whom(&self) -> String {
        let kind = self.principal.principal.kind().to_lowercase();
        let known = match self.principal.name {
            Name::Known(_) => "",
            Name::Unknown => ", whose name was not read",
            Name::Gone => ", which no longer exists",
        };
        format!("{kind} `{}`{known}", self.principal.text())
    }

    /// With the groups that a user has access through.
    fn whom_and_groups(&self) -> String {
        if self.principal.is_group() {
            self.whom()
        } else {
            format!("{}, member of {}", self.whom(), self.member_of())
        }
    }

    fn member_of(&self) -> String {
        let groups: Vec<&str> = self.groups.iter().map(|group| group.text()).collect();
        let told = if groups.is_empty() { "no group".to_owned() } else { joined(&groups, " and ") };
        as_far_as_was_read(told, self.lacks_groups())
    }

    /// The groups that a rule for groups may mean: the principal itself, or those that a user is in.
    fn candidates(&self) -> Vec<&PrincipalEntry<'_>> {
        let itself = self.principal.is_group().then_some(self.principal);
        let of_user = self.groups.iter().copied();
        itself
            .into_iter()
            .chain(of_user)
            .filter(|group| matches!(group.name, Name::Known(_)))
            .collect()
    }

    /// The first key that keeps a rule for groups from meaning any of the candidates.
    fn group(&self, rule: &Rule) -> Option<FailedKey> {
        let candidates = self.candidates();
        let meant = match &rule.principals {
            Principals::Named { groups, .. } => self.listed(groups, candidates),
            Principals::AccountTag { key, groups } => match self.listed(groups, candidates) {
                Ok(listed) => self.tagged(rule, key, listed),
                Err(failed) => Err(failed),
            },
            Principals::GroupName(template) => self.named_so(rule, template, candidates),
        };
        match meant {
            Ok(groups) => self.members(rule, &groups),
            Err(failed) => Some(failed),
        }
    }

    fn listed<'g>(
        &self,
        globs: &[SpannedGlob],
        mut candidates: Vec<&'g PrincipalEntry<'g>>,
    ) -> Result<Vec<&'g PrincipalEntry<'g>>, FailedKey> {
        candidates.retain(|group| globs.iter().any(|glob| glob.value.matches(group.text())));
        let span = globs.first().map(|glob| glob.span).unwrap_or_default();
        let failed = || self.key("groups", span, any_of(globs), self.whom_and_groups());
        if candidates.is_empty() { Err(failed()) } else { Ok(candidates) }
    }

    /// Those that a tag of the account gives one of the rule's permission sets.
    fn tagged<'g>(
        &self,
        rule: &Rule,
        key: &Spanned<TagKeyTemplate>,
        mut groups: Vec<&'g PrincipalEntry<'g>>,
    ) -> Result<Vec<&'g PrincipalEntry<'g>>, FailedKey> {
        let sets = self.sets(rule);
        // A key that is too long for any tag is not spelt out.
        let spelt = |tag: Option<String>| tag.unwrap_or_else(|| key.value.to_string());
        let tag = groups.first().map(|group| spelt(key.value.tag_key(group.text())));
        let gives = |group: &PrincipalEntry<'_>| {
            let tag = key.value.tag_key(group.text());
            let value = self.account.tags.zip(tag).and_then(|(tags, tag)| tags.get(&tag));
            value.is_some_and(|value| value.split_whitespace().any(|word| sets.contains(&word)))
        };
        groups.retain(|group| sets.is_empty() || gives(group));
        match tag.filter(|_| groups.is_empty()) {
            None => Ok(groups),
            Some(tag) => {
                let words = any_of(&rule.permission_sets);
                let wanted = format!("tag `{tag}` with a word of {words}");
                Err(self.key("account_tag", key.span, wanted, self.met_tag(&tag)))
            }
        }
    }

    /// Those whose own name is one that a template asks for.
    fn named_so<'g>(
        &self,
        rule: &Rule,
        template: &Spanned<GroupNameTemplate>,
        mut candidates: Vec<&'g PrincipalEntry<'g>>,
    ) -> Result<Vec<&'g PrincipalEntry<'g>>, FailedKey> {
        let account = self.account;
        let values =
            AccountValues { id: account.id.as_str(), name: account.name, tags: account.tags };
        let sets = self.sets(rule);
        let mut asked: Vec<String> =
            sets.iter().filter_map(|set| template.value.group_name(values, set)).collect();
        asked.dedup();
        candidates.retain(|group| {
            let is_it = |name: &String| name.eq_ignore_ascii_case(group.text());
            sets.is_empty() || asked.iter().any(is_it)
        });
        if !candidates.is_empty() {
            return Ok(candidates);
        }
        let names: Vec<&str> = asked.iter().map(String::as_str).take(MOST_NAMES).collect();
        let wanted =
            if names.is_empty() { format!("`{}`", template.value) } else { quoted(&names) };
        Err(self.wants_a_name(template, &wanted))
    }

    /// The names of a rule's permission sets that there are.
    pub(super) fn sets(&self, rule: &Rule) -> Vec<&str> {
        let sets = self.catalogue.permission_sets.matching(&rule.permission_sets);
        sets.into_iter().filter_map(|set| self.catalogue.permission_set_name(set)).collect()
    }

    /// That none of the groups has enough members.
    fn members(&self, rule: &Rule, groups: &[&PrincipalEntry<'_>]) -> Option<FailedKey> {
        let least = rule.members_at_least.as_ref()?;
        let members = |group: &&PrincipalEntry<'_>| match &group.principal {
            Principal::Group(id) => self.catalogue.members(id),
            Principal::User(_) => 0,
        };
        let most = groups.iter().map(members).max().unwrap_or(0);
        let wanted = format!("{} members or more", least.value);
        let unread = self.catalogue.observed.gaps.hides_some(&Unread::Memberships);
        let met = as_far_as_was_read(most.to_string(), unread);
        (most < least.value).then(|| self.key("members.at_least", least.span, wanted, met))
    }

    /// What a selector has against a user: whom it names first, then what it asks of them.
    fn selector(&self, selector: &UserSelector, path: &str) -> Option<FailedKey> {
        let span = selector.span;
        let Some(user) = self.principal.user else {
            return Some(self.key(path, span, "a user", self.whom()));
        };
        let disabled =
            || (!user.enabled).then(|| self.key(path, span, "an enabled user", "a disabled one"));
        self.called_otherwise(selector, path)
            .or_else(|| self.in_other_groups(selector, path, Truth::Unknown))
            .or_else(disabled)
            .or_else(|| self.attribute(selector, user, path))
    }

    fn called_otherwise(&self, selector: &UserSelector, path: &str) -> Option<FailedKey> {
        let (globs, user) = (selector.user_name.as_deref()?, self.principal.user?);
        let named = globs.iter().any(|glob| glob.value.matches(&user.user_name));
        let key = format!("{path}.user_name");
        (!named).then(|| self.key(&key, selector.span, any_of(globs), self.whom()))
    }

    /// That the user is in no group that is asked for: certainly, or at least not certainly in one.
    fn in_other_groups(
        &self,
        selector: &UserSelector,
        path: &str,
        at_most: Truth,
    ) -> Option<FailedKey> {
        let (globs, user) = (selector.in_group.as_deref()?, self.principal.user?);
        let is_in = self.catalogue.is_in(user, globs);
        let key = format!("{path}.in_group");
        (is_in == Truth::No || is_in == at_most)
            .then(|| self.key(&key, selector.span, any_of(globs), self.member_of()))
    }

    fn attribute(&self, selector: &UserSelector, user: &User, path: &str) -> Option<FailedKey> {
        let view = UserView {
            user_name: Some(&user.user_name),
            attributes: &user.attributes,
            lacks_attributes: self.catalogue.observed.gaps.hides_some(&Unread::Users),
        };
        let mut attributes = selector.attributes.iter();
        let failed = attributes.find(|attribute| view.has(attribute) != Truth::Yes)?;
        let key = format!("{path}.attributes.{}", failed.key);
        let met = present(user.attributes.get(&failed.key).map(String::as_str));
        Some(self.key(&key, failed.span, value(&failed.value), met))
    }
}

fn as_far_as_was_read(told: String, lacks_some: bool) -> String {
    if lacks_some { format!("{told}, as far as was read") } else { told }
}

/// Whether a rule names groups, in whichever way.
fn names_groups(rule: &Rule) -> bool {
    !matches!(&rule.principals, Principals::Named { groups, .. } if groups.is_empty())
}

/// User selectors with their paths: with numbers, where there are several.
fn numbered(users: &[UserSelector]) -> impl Iterator<Item = (String, &UserSelector)> {
    let several = users.len() > 1;
    users.iter().enumerate().map(move |(number, selector)| {
        let path = if several { format!("users[{number}]") } else { "users".to_owned() };
        (path, selector)
    })
}
