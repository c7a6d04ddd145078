//! Why a rule does not grant: the first of its keys that fails, and the value it met.

use chrono::{DateTime, SecondsFormat, Utc};

use crate::{
    explain::FailedKey,
    organization::{Principal, Tags},
    rules::{
        Principals, Rule, Rules, SpannedGlob, Window,
        selector::{
            AccountSelector, AccountView, Condition, OrganizationalUnitPattern, Place,
            TagCondition, TagValue, Test,
        },
        template::AccountValues,
        user::{UserSelector, UserView},
    },
    source::{Span, Spanned},
    truth::Truth,
};

use super::{catalogue::Catalogue, observed::PrincipalEntry};

/// Asks one rule after the other why it grants a principal nothing in an account.
pub(super) struct WhyNot<'d, 'a> {
    pub(super) rules: &'d Rules,
    pub(super) catalogue: &'d Catalogue<'a>,
    pub(super) now: DateTime<Utc>,
    pub(super) account: &'d AccountView<'a>,
    pub(super) principal: &'d PrincipalEntry<'a>,
    /// The display names of the groups that a user is in.
    pub(super) groups: &'d [String],
}

const NOT_READ: &str = "something that was not read";
const ABSENT: &str = "nothing: it is absent";

impl WhyNot<'_, '_> {
    /// The keys that failed: one, or one of each alternative.
    pub(super) fn failed(&self, rule: &Rule) -> Vec<FailedKey> {
        let asked: [&dyn Fn() -> Vec<FailedKey>; 5] = [
            &|| self.window(rule.window),
            &|| self.accounts(&rule.accounts, "accounts"),
            &|| self.principals(rule),
            &|| self.members(rule),
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
            line: (span != Span::default()).then(|| self.rules.source.position(span.start).line),
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
        let met = match of {
            None => NOT_READ.to_owned(),
            Some(tags) => present(tags.get(&tag.key).map(String::as_str)),
        };
        self.key(&format!("{path}.{}", tag.key), tag.span, value(&tag.value), met)
    }

    /// What the selector under a `not` means, and should not.
    fn not(&self, selector: &AccountSelector, path: &str, span: Span) -> FailedKey {
        let holds = |conditions: &&Vec<Condition>| {
            conditions.iter().all(|condition| condition.matches(self.account) != Truth::No)
        };
        let held = selector.any_of.iter().find(holds).and_then(|conditions| conditions.first());
        match held.map(|condition| self.condition(condition, path)) {
            Some(failed) => {
                let name = failed.key.strip_prefix(path).unwrap_or_default().to_owned();
                let wanted = format!("anything but {}", failed.wanted);
                self.key(&format!("{path}{name}"), span, wanted, failed.met)
            }
            None => self.key(path, span, "no match", NOT_READ),
        }
    }

    fn principals(&self, rule: &Rule) -> Vec<FailedKey> {
        match &rule.principals {
            Principals::Named { groups, users } => match &self.principal.principal {
                Principal::Group(_) => self.group(groups, users),
                Principal::User(_) => self.user(groups, users),
            },
            Principals::GroupName(template) => {
                if self.is_named_so(rule) {
                    return Vec::new();
                }
                let wanted = match self.names_asked_for(rule) {
                    names if names.is_empty() => format!("`{}`", template.value),
                    names => names,
                };
                vec![self.key("group_name", template.span, wanted, self.whom())]
            }
            Principals::AccountTag { key, groups } => {
                let listed = self.group(groups, &[]);
                if !listed.is_empty() {
                    return listed;
                }
                let tag = key.value.tag_key(self.principal.text());
                let met = match self.account.tags {
                    None => NOT_READ.to_owned(),
                    Some(tags) => present(tags.get(&tag).map(String::as_str)),
                };
                let wanted =
                    format!("tag `{tag}` with a word of {}", any_of(&rule.permission_sets));
                vec![self.key("account_tag", key.span, wanted, met)]
            }
        }
    }

    fn whom(&self) -> String {
        let kind = self.principal.principal.kind().to_lowercase();
        format!("{kind} `{}`", self.principal.text())
    }

    fn group(&self, globs: &[SpannedGlob], users: &[UserSelector]) -> Vec<FailedKey> {
        let Some(first) = globs.first() else {
            let span = users.first().map(|user| user.span).unwrap_or_default();
            return vec![self.key("users", span, "a user", self.whom())];
        };
        if globs.iter().any(|glob| glob.value.matches(self.principal.text())) {
            return Vec::new();
        }
        vec![self.key("groups", first.span, any_of(globs), self.whom())]
    }

    fn user(&self, groups: &[SpannedGlob], users: &[UserSelector]) -> Vec<FailedKey> {
        let met = || match self.groups {
            [] => format!("{}, member of no group", self.whom()),
            groups => {
                let groups: Vec<&str> = groups.iter().map(String::as_str).collect();
                format!("{}, member of {}", self.whom(), quoted(&groups))
            }
        };
        let by_group =
            groups.first().map(|first| self.key("groups", first.span, any_of(groups), met()));
        let several = users.len() > 1;
        let by_user = users.iter().enumerate().filter_map(|(number, selector)| {
            let path = if several { format!("users[{number}]") } else { "users".to_owned() };
            self.selector(selector, &path)
        });
        by_group.into_iter().chain(by_user).collect()
    }

    fn selector(&self, selector: &UserSelector, path: &str) -> Option<FailedKey> {
        let span = selector.span;
        let Some(user) = self.principal.user else {
            return Some(self.key(path, span, "a user", NOT_READ));
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
            lacks_attributes: false,
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
        let groups: Vec<&str> = self.groups.iter().map(String::as_str).collect();
        let met = if groups.is_empty() { "no group".to_owned() } else { quoted(&groups) };
        Some(self.key(&format!("{path}.in_group"), span, any_of(in_group), met))
    }

    /// The display names that a rule with `group_name` asks for in the account.
    fn asked_for(&self, rule: &Rule) -> Vec<String> {
        let Principals::GroupName(template) = &rule.principals else { return Vec::new() };
        let account = self.account;
        let values =
            AccountValues { id: account.id.as_str(), name: account.name, tags: account.tags };
        let sets = self.catalogue.permission_sets.matching(&rule.permission_sets);
        let names = sets.into_iter().filter_map(|set| self.catalogue.permission_set_name(set));
        let mut asked: Vec<String> =
            names.filter_map(|name| template.value.group_name(values, name)).collect();
        asked.dedup();
        asked
    }

    fn is_named_so(&self, rule: &Rule) -> bool {
        let is_group = self.principal.is_group();
        let asked = self.asked_for(rule);
        is_group && asked.iter().any(|name| name.eq_ignore_ascii_case(self.principal.text()))
    }

    fn names_asked_for(&self, rule: &Rule) -> String {
        let asked = self.asked_for(rule);
        let asked: Vec<&str> = asked.iter().map(String::as_str).take(MOST_NAMES).collect();
        quoted(&asked)
    }

    fn members(&self, rule: &Rule) -> Vec<FailedKey> {
        let (Some(least), Principal::Group(id)) =
            (&rule.members_at_least, &self.principal.principal)
        else {
            return Vec::new();
        };
        let members = self.catalogue.members(id);
        if members >= least.value {
            return Vec::new();
        }
        let wanted = format!("{} members or more", least.value);
        vec![self.key("members.at_least", least.span, wanted, members.to_string())]
    }

    fn permission_sets(&self, rule: &Rule) -> Vec<FailedKey> {
        let span = rule.permission_sets.first().map_or(rule.span, |glob| glob.span);
        let wanted = any_of(&rule.permission_sets);
        vec![self.key("permission_sets", span, wanted, "no permission set of such a name")]
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
    let quoted: Vec<String> = texts.iter().map(|text| format!("`{text}`")).collect();
    quoted.join(" or ")
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

/// The path of a place; `/` right below the root.
pub(super) fn path_of(place: &Place<'_>) -> String {
    match &place.units {
        None => NOT_READ.to_owned(),
        Some(units) if units.is_empty() => "`/`".to_owned(),
        Some(units) => {
            let names: Vec<&str> = units.iter().map(|unit| unit.name).collect();
            format!("`/{}`", names.join("/"))
        }
    }
}
