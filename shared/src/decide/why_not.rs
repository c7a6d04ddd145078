//! Why a rule does not grant: the first of its keys that fails, and the value it met.

use chrono::{DateTime, SecondsFormat, Utc};

use crate::{
    explain::FailedKey,
    organization::{Principal, Tags, Unread},
    rules::{
        Principals, Rule, Rules, SpannedGlob, Window,
        selector::{
            AccountSelector, AccountView, Condition, OrganizationalUnitPattern, Place,
            TagCondition, TagValue, Test,
        },
        template::{AccountValues, GroupNameTemplate, TagKeyTemplate},
        user::{UserSelector, UserView},
    },
    source::{Span, Spanned},
    truth::Truth,
};

use super::{
    catalogue::Catalogue,
    observed::{Name, PrincipalEntry},
};

/// Asks one rule after the other why it grants a principal nothing in an account.
pub(super) struct WhyNot<'d, 'a> {
    pub(super) rules: &'d Rules,
    pub(super) catalogue: &'d Catalogue<'a>,
    pub(super) now: DateTime<Utc>,
    pub(super) account: &'d AccountView<'a>,
    pub(super) principal: &'d PrincipalEntry<'a>,
    /// The groups that a user is in.
    pub(super) groups: &'d [&'d PrincipalEntry<'a>],
}

const NOT_READ: &str = "something that was not read";
const ABSENT: &str = "nothing: it is absent";

impl WhyNot<'_, '_> {
    /// The keys that failed: one, or one of each alternative.
    pub(super) fn failed(&self, rule: &Rule) -> Vec<FailedKey> {
        let asked: [&dyn Fn() -> Vec<FailedKey>; 4] = [
            &|| self.window(rule.window),
            &|| self.accounts(&rule.accounts, "accounts"),
            &|| self.principals(rule),
            &|| self.permission_sets(rule),
        ];
        asked.into_iter().map(|ask| ask()).find(|failed| !failed.is_empty()).unwrap_or_default()
    }

    fn key(
        &self,
        key: &str,
        span: Span,
        wanted: impl Into<String>,
        met: impl Into<String>,
    ) -> FailedKey {
        FailedKey {
            key: key.to_owned(),
            wanted: wanted.into(),
            met: met.into(),
            line: (span != Span::default()).then(|| self.rules.line(span)),
        }
    }

    fn window(&self, window: Window) -> Vec<FailedKey> {
        let in_words = |time: DateTime<Utc>| time.to_rfc3339_opts(SecondsFormat::Secs, true);
        let now = || in_words(self.now);
        let early = window.from.filter(|from| *from > self.now);
        let late = window.until.filter(|until| *until <= self.now);
        let early = early.map(|from| self.key("from", Span::default(), in_words(from), now()));
        let late = late.map(|until| {
            self.key("until", Span::default(), format!("before {}", in_words(until)), now())
        });
        early.into_iter().chain(late).take(1).collect()
    }

    fn accounts(&self, selector: &AccountSelector, path: &str) -> Vec<FailedKey> {
        if selector.matches(self.account) == Truth::Yes {
            return Vec::new();
        }
        let several = selector.any_of.len() > 1;
        let alternatives = selector.any_of.iter().enumerate();
        alternatives
            .filter_map(|(number, conditions)| {
                let path = if several { format!("{path}[{number}]") } else { path.to_owned() };
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
            Test::Tags(tags) => self.tag(tags, account.tags, &key("tags"), span),
            Test::OrganizationalUnitTags(tags) => {
                let wanted: Vec<String> =
                    tags.iter().map(|tag| format!("{}: {}", tag.key, value(&tag.value))).collect();
                let met =
                    format!("no organizational unit with such tags at {}", path_of(&account.place));
                self.key(&key("organizational_unit_tags"), span, wanted.join(" and "), met)
            }
            Test::Not(selector) => self.not(selector, &key("not"), span),
        }
    }

    fn tag(&self, tags: &[TagCondition], of: Option<&Tags>, path: &str, span: Span) -> FailedKey {
        let Some(tag) = tags.iter().find(|tag| tag.holds(of) != Truth::Yes) else {
            return self.key(path, span, "these tags", "others");
        };
        let key = format!("{path}.{}", tag.key);
        self.key(&key, tag.span, value(&tag.value), self.met_tag(&tag.key))
    }

    /// What the selector under a `not` means, and should not.
    fn not(&self, selector: &AccountSelector, path: &str, span: Span) -> FailedKey {
        let holds = |conditions: &&Vec<Condition>| {
            conditions.iter().all(|condition| condition.matches(self.account) != Truth::No)
        };
        let held = selector.any_of.iter().find(holds).and_then(|conditions| conditions.first());
        let failed = match held.map(|condition| (condition, &condition.test)) {
            // Twice `not`: the inner selector is to hold, and does not.
            Some((_, Test::Not(inner))) => {
                return self
                    .accounts(inner, &format!("{path}.not"))
                    .into_iter()
                    .next()
                    .unwrap_or_else(|| self.key(path, span, "no match", NOT_READ));
            }
            Some((condition, Test::Tags(tags))) => self.held_tag(tags, condition.span, path),
            Some((condition, Test::OrganizationalUnitTags(_))) => FailedKey {
                met: format!("such tags on the way to {}", path_of(&self.account.place)),
                ..self.condition(condition, path)
            },
            Some((condition, _)) => self.condition(condition, path),
            None => return self.key(path, span, "no match", NOT_READ),
        };
        FailedKey { wanted: format!("anything but {}", failed.wanted), ..failed }
    }

    /// The first of tags that an account has, and should not.
    fn held_tag(&self, tags: &[TagCondition], span: Span, path: &str) -> FailedKey {
        let Some(tag) = tags.first() else {
            return self.key(&format!("{path}.tags"), span, "these tags", "them");
        };
        let key = format!("{path}.tags.{}", tag.key);
        self.key(&key, tag.span, value(&tag.value), self.met_tag(&tag.key))
    }

    /// The value of the account's tag.
    fn met_tag(&self, key: &str) -> String {
        let tags = self.account.tags;
        let met = tags.map(|tags| present(tags.get(key).map(String::as_str)));
        met.unwrap_or_else(|| NOT_READ.to_owned())
    }

    /// What a rule has against a principal: nothing as soon as one of the ways to be meant is open.
    fn principals(&self, rule: &Rule) -> Vec<FailedKey> {
        let users = rule.principals.users();
        let mut failed = Vec::new();
        if !matches!(&rule.principals, Principals::Named { groups, .. } if groups.is_empty()) {
            match self.group(rule) {
                Some(key) => failed.push(key),
                None => return failed,
            }
        }
        if self.principal.is_group() {
            let span = users.first().map(|user| user.span).unwrap_or_default();
            let only_users =
                failed.is_empty().then(|| self.key("users", span, "a user", self.whom()));
            failed.extend(only_users);
            return failed;
        }
        for (number, selector) in users.iter().enumerate() {
            let path =
                if users.len() > 1 { format!("users[{number}]") } else { "users".to_owned() };
            match self.selector(selector, &path) {
                Some(key) => failed.push(key),
                None => return Vec::new(),
            }
        }
        failed
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
        match (self.principal.is_group(), self.groups) {
            (true, _) => self.whom(),
            (false, []) => format!("{}, member of no group", self.whom()),
            (false, _) => format!("{}, member of {}", self.whom(), self.member_of()),
        }
    }

    fn member_of(&self) -> String {
        let groups: Vec<&str> = self.groups.iter().map(|group| group.text()).collect();
        if groups.is_empty() { "no group".to_owned() } else { joined(&groups, " and ") }
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
        Err(self.key("group_name", template.span, wanted, self.whom_and_groups()))
    }

    /// The names of a rule's permission sets that there are.
    fn sets(&self, rule: &Rule) -> Vec<&str> {
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
        let failed = || self.key("members.at_least", least.span, wanted, most.to_string());
        (most < least.value).then(failed)
    }

    fn selector(&self, selector: &UserSelector, path: &str) -> Option<FailedKey> {
        let span = selector.span;
        let Some(user) = self.principal.user else {
            return Some(self.key(path, span, "a user", self.whom()));
        };
        if !user.enabled {
            return Some(self.key(path, span, "an enabled user", "a disabled one"));
        }
        let named = selector.user_name.as_deref();
        if let Some(globs) =
            named.filter(|globs| !globs.iter().any(|glob| glob.value.matches(&user.user_name)))
        {
            return Some(self.key(&format!("{path}.user_name"), span, any_of(globs), self.whom()));
        }
        let view = UserView {
            user_name: Some(&user.user_name),
            attributes: &user.attributes,
            lacks_attributes: self.catalogue.observed.gaps.hides_some(&Unread::Users),
        };
        if let Some(attribute) =
            selector.attributes.iter().find(|attribute| view.has(attribute) != Truth::Yes)
        {
            let key = format!("{path}.attributes.{}", attribute.key);
            let met = present(user.attributes.get(&attribute.key).map(String::as_str));
            return Some(self.key(&key, attribute.span, value(&attribute.value), met));
        }
        let in_group = selector.in_group.as_deref()?;
        if self.catalogue.is_in(user, in_group) == Truth::Yes {
            return None;
        }
        Some(self.key(&format!("{path}.in_group"), span, any_of(in_group), self.member_of()))
    }

    fn permission_sets(&self, rule: &Rule) -> Vec<FailedKey> {
        let span = rule.permission_sets.first().map_or(rule.span, |glob| glob.span);
        let met = match self.sets(rule).as_slice() {
            [] => "no permission set of such a name",
            // All keys hold as far as was read, and that is not far enough.
            _ => NOT_READ,
        };
        vec![self.key("permission_sets", span, any_of(&rule.permission_sets), met)]
    }
}

/// How many names are told before the rest is left out.
const MOST_NAMES: usize = 3;

fn any_of(globs: &[SpannedGlob]) -> String {
    let globs: Vec<&str> = globs.iter().map(|glob| glob.value.as_str()).collect();
    quoted(&globs)
}

/// "`a` or `b`".
fn quoted(texts: &[&str]) -> String {
    joined(texts, " or ")
}

fn joined(texts: &[&str], by: &str) -> String {
    let quoted: Vec<String> = texts.iter().map(|text| format!("`{text}`")).collect();
    quoted.join(by)
}

fn read(text: Option<&str>) -> String {
    text.map_or_else(|| NOT_READ.to_owned(), |text| format!("`{text}`"))
}

fn present(value: Option<&str>) -> String {
    value.map_or_else(|| ABSENT.to_owned(), |value| format!("`{value}`"))
}

fn value(value: &TagValue) -> String {
    match value {
        TagValue::Present => "any value".to_owned(),
        TagValue::Absent => "no such tag".to_owned(),
        TagValue::AnyOf(globs) => any_of(globs),
    }
}

fn units(patterns: &[Spanned<OrganizationalUnitPattern>]) -> String {
    let patterns: Vec<&str> = patterns
        .iter()
        .map(|pattern| match &pattern.value {
            OrganizationalUnitPattern::Id(id) => id.as_str(),
            OrganizationalUnitPattern::Path(path) => path.as_str(),
        })
        .collect();
    quoted(&patterns)
}

/// The path of a place as it is met.
fn path_of(place: &Place<'_>) -> String {
    read(plain_path_of(place).as_deref())
}

/// The path of a place; `/` right below the root. Nothing, when not all of it was read.
pub(super) fn plain_path_of(place: &Place<'_>) -> Option<String> {
    let names: Vec<&str> = place.units.as_ref()?.iter().map(|unit| unit.name).collect();
    Some(format!("/{}", names.join("/")))
}
