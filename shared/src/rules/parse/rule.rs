//! Rules, and what is never granted whatever the rules say.

use std::collections::HashMap;

use chrono::{DateTime, Utc};

use crate::{
    diagnostic::{Code, Diagnostic},
    shown::shortened,
    source::{Span, Spanned},
};

use super::super::{
    Never, Principals, Rule, SpannedGlob, Window,
    read::{Fields, Reader},
    selector::AccountSelector,
    template::{InvalidTemplate, Placeholder, Template},
    tree::{Node, Value},
};

const RULE: &[&str] = &[
    "name",
    "description",
    "permission_sets",
    "groups",
    "users",
    "group_name",
    "account_tag",
    "members",
    "accounts",
    "from",
    "until",
];
const NEVER: &[&str] =
    &["name", "description", "permission_sets", "groups", "users", "accounts", "from", "until"];
const MEMBERS: &[&str] = &["at_least"];

/// How long the name of a rule, of an entry of `never` or of a test may be.
///
/// Unit: characters. Ours: every change is told with the names of its rules.
const LONGEST_NAME: usize = 256;

/// What a rule, an entry of `never` and a test have in common.
pub(super) struct Named {
    pub(super) name: String,
    pub(super) span: Span,
    pub(super) description: Option<String>,
}

/// How a rule says to whom it grants: the keys it has of those that exclude each other.
#[derive(Clone, Copy)]
enum Kind {
    Named,
    GroupName,
    AccountTag,
}

impl Reader {
    pub(super) fn rules(&mut self, node: &Node) -> Vec<Rule> {
        self.unique_names(node, "rules");
        self.entries(node, "`rules`", Self::rule)
    }

    pub(super) fn never(&mut self, node: &Node) -> Vec<Never> {
        self.unique_names(node, "entries of `never`");
        self.entries(node, "`never`", Self::never_entry)
    }

    pub(super) fn entries<T>(
        &mut self,
        node: &Node,
        place: &str,
        mut read: impl FnMut(&mut Self, &Node) -> Option<T>,
    ) -> Vec<T> {
        self.list(node, place).iter().filter_map(|item| read(self, item)).collect()
    }

    /// Reports each entry that bears the name of an earlier one, whatever else is wrong with either.
    pub(super) fn unique_names(&mut self, node: &Node, what: &str) {
        let Value::List(entries) = &node.value else { return };
        let mut seen: HashMap<&str, Span> = HashMap::new();
        for (name, span) in entries.iter().filter_map(name_of) {
            match seen.get(name) {
                Some(earlier) => self.duplicate_name(what, (name, span), *earlier),
                None => {
                    seen.insert(name, span);
                }
            }
        }
    }

    fn duplicate_name(&mut self, what: &str, (name, span): (&str, Span), earlier: Span) {
        self.report(
            Diagnostic::new(Code::DuplicateName, format!("two {what} are named `{name}`"), span)
                .label("again here")
                .also(earlier, "first here")
                .help(
                    "plans, announcements and test results go by these names; each needs its own",
                ),
        );
    }

    /// Reads all of a rule before giving up on any of it, so that every mistake is said.
    fn rule(&mut self, node: &Node) -> Option<Rule> {
        let fields = self.mapping(node, &rule_place(node), RULE)?;
        let named = self.named(&fields, "rule");
        let kind = self.kind(&fields);
        let permission_sets = self
            .required(&fields, "permission_sets", permission_sets_help(kind))
            .map(|node| self.permission_sets(node));
        let principals = self.principals(&fields, kind);
        let accounts = self.accounts(&fields, kind);
        let members_at_least = fields.get("members").and_then(|node| self.members(node, &fields));
        let window = self.window(&fields);
        let Named { name, span, description } = named?;
        Some(Rule {
            name,
            span,
            description,
            permission_sets: permission_sets?,
            principals: principals?,
            members_at_least,
            accounts: accounts?,
            accounts_span: fields.key_span("accounts").unwrap_or(span),
            window,
        })
    }

    /// Which of the three ways of saying to whom; a second one beside it is reported.
    fn kind(&mut self, fields: &Fields<'_>) -> Kind {
        let kind = match (fields.get("group_name"), fields.get("account_tag")) {
            (Some(_), _) => Kind::GroupName,
            (None, Some(_)) => Kind::AccountTag,
            (None, None) => Kind::Named,
        };
        let excluded: &[(&str, &str)] = match kind {
            Kind::Named => &[],
            Kind::GroupName => {
                &[("group_name", "groups"), ("group_name", "users"), ("group_name", "account_tag")]
            }
            Kind::AccountTag => &[("account_tag", "users")],
        };
        for (key, other) in excluded {
            if let (Some(first), Some(second)) = (fields.key_span(key), fields.key_span(other)) {
                let message = format!("`{key}` and `{other}` cannot stand in one rule");
                self.report(
                    Diagnostic::new(Code::ConflictingFields, message, second)
                        .label(format!("`{other}` says otherwise to whom"))
                        .also(first, format!("`{key}` says to whom the rule grants"))
                        .help("make two rules of it"),
                );
            }
        }
        kind
    }

    fn principals(&mut self, fields: &Fields<'_>, kind: Kind) -> Option<Principals> {
        match kind {
            Kind::Named => self.named_principals(fields),
            Kind::GroupName => {
                let node = fields.get("group_name")?;
                let template = self.template(node, "`group_name`", GROUP_NAME_HELP)?;
                Some(Principals::GroupName(Spanned::new(template, node.span)))
            }
            Kind::AccountTag => {
                let node = fields.get("account_tag")?;
                let key = self.template(node, "`account_tag`", ACCOUNT_TAG_HELP);
                let help = "say which groups a tag may name, such as `[\"team-*\"]`: whoever may tag an account would otherwise choose freely";
                let groups = self.required(fields, "groups", help);
                let groups = groups.map(|node| self.globs(node, "`groups`"));
                Some(Principals::AccountTag { key: Spanned::new(key?, node.span), groups: groups? })
            }
        }
    }

    fn named_principals(&mut self, fields: &Fields<'_>) -> Option<Principals> {
        if fields.get("users").is_none() {
            let help = "name the groups to grant to, such as `[Engineering]`; or `users`, `group_name`, `account_tag`";
            self.required(fields, "groups", help)?;
        }
        let groups = fields.get("groups").map(|node| self.globs(node, "`groups`"));
        let users = fields.get("users").map(|node| self.users(node));
        Some(Principals::Named {
            groups: groups.unwrap_or_default(),
            users: users.unwrap_or_default(),
        })
    }

    fn template<P: Placeholder>(
        &mut self,
        node: &Node,
        place: &str,
        help: &str,
    ) -> Option<Template<P>> {
        let text = self.text(node, place)?;
        Template::new(text)
            .map_err(|error: InvalidTemplate| {
                let message = format!("`{text}` is not a template for {place}: {error}");
                self.report(Diagnostic::new(Code::InvalidTemplate, message, node.span).help(help));
            })
            .ok()
    }

    /// Named principals need to be told where; a name or a tag says it by itself.
    fn accounts(&mut self, fields: &Fields<'_>, kind: Kind) -> Option<AccountSelector> {
        let node = match kind {
            Kind::Named => {
                self.required(fields, "accounts", "say where, such as `accounts: {all: true}`")
            }
            Kind::GroupName | Kind::AccountTag => match fields.get("accounts") {
                None => return Some(AccountSelector::all()),
                node => node,
            },
        };
        node.and_then(|node| self.selector(node))
    }

    fn members(&mut self, node: &Node, rule: &Fields<'_>) -> Option<Spanned<usize>> {
        let only_users = rule.get("users").is_some() && rule.get("groups").is_none();
        if let (true, Some(key)) = (only_users, rule.key_span("members")) {
            self.report(
                Diagnostic::new(
                    Code::ConflictingFields,
                    "`members` is about groups, and the rule grants to none",
                    key,
                )
                .help("leave it out, or name `groups`"),
            );
        }
        if let Value::Text(number) = &node.value {
            let help = format!("write `members: {{at_least: {number}}}`");
            self.wrong_type_but(node, "a mapping", "`members`", &help);
            return None;
        }
        let fields = self.mapping(node, "`members`", MEMBERS)?;
        let help = "say how many, such as `members: {at_least: 1}`";
        let least = self.required(&fields, "at_least", help)?;
        Some(Spanned::new(self.number(least, "`at_least`", 1)?, least.span))
    }

    fn never_entry(&mut self, node: &Node) -> Option<Never> {
        let fields = self.mapping(node, "an entry of `never`", NEVER)?;
        let named = self.named(&fields, "entry of `never`");
        let what = self.fence(&fields);
        if what.is_open() && !fields.has_unknown() {
            self.report(
                Diagnostic::new(
                    Code::Empty,
                    "an entry of `never` without a key would forbid everything",
                    node.span,
                )
                .help("say which permission sets, groups, users or accounts it is about"),
            );
        }
        let window = self.window(&fields);
        let Named { name, span, description } = named?;
        Some(Never { name, span, description, what, window })
    }

    pub(super) fn named(&mut self, fields: &Fields<'_>, what: &str) -> Option<Named> {
        let help = format!("name the {what} for what it is for, such as `engineering-power-users`");
        let node = self.required(fields, "name", &help);
        let name = node.and_then(|node| self.name(node, what));
        let description =
            fields.get("description").and_then(|node| self.text(node, "`description`"));
        Some(Named {
            name: name?.to_owned(),
            span: node?.span,
            description: description.map(str::to_owned),
        })
    }

    fn name<'a>(&mut self, node: &'a Node, what: &str) -> Option<&'a str> {
        let name = self.text(node, "`name`")?;
        if name.trim().is_empty() {
            let message = format!("the {what}'s name is empty");
            self.report(Diagnostic::new(Code::InvalidValue, message, node.span));
            return None;
        }
        let length = name.chars().count();
        if length > LONGEST_NAME {
            let message = format!("the {what}'s name has {length} characters");
            self.report(
                Diagnostic::new(Code::InvalidValue, message, node.span)
                    .label(format!("expected at most {LONGEST_NAME}"))
                    .help("keep the name short, and say more in `description`"),
            );
            return None;
        }
        Some(name)
    }

    fn window(&mut self, fields: &Fields<'_>) -> Window {
        let from = fields.get("from").and_then(|node| self.moment(node, "`from`"));
        let until = fields.get("until").and_then(|node| self.moment(node, "`until`"));
        if let (Some(begin), Some(end)) = (from, until)
            && begin.value >= end.value
        {
            self.report(
                Diagnostic::new(Code::EmptyWindow, "`until` is not after `from`", end.span)
                    .label("it ends here")
                    .also(begin.span, "it begins here"),
            );
        }
        Window { from, until }
    }

    fn moment(&mut self, node: &Node, place: &str) -> Option<Spanned<DateTime<Utc>>> {
        self.time(node, place).map(|time| Spanned::new(time, node.span))
    }

    pub(super) fn optional_globs(
        &mut self,
        fields: &Fields<'_>,
        name: &str,
    ) -> Option<Vec<SpannedGlob>> {
        fields.get(name).map(|node| self.globs(node, &format!("`{name}`")))
    }
}

const GROUP_NAME_HELP: &str = "write `{account}`, `{account_id}`, `{permission_set}` or `{tag.KEY}` for what differs, such as `aws-{account}-{permission_set}`";
const ACCOUNT_TAG_HELP: &str =
    "write `{group}` for the group's display name, such as `access/{group}`";

/// Why permission sets have to be named even where names or tags say who.
fn permission_sets_help(kind: Kind) -> &'static str {
    match kind {
        Kind::Named => "name the permission sets to grant, such as `[ViewOnlyAccess]`",
        Kind::GroupName => {
            "say which permission sets a group's name may ask for, such as `[ViewOnlyAccess]`: whoever may name a group would otherwise choose freely"
        }
        Kind::AccountTag => {
            "say which permission sets a tag may ask for, such as `[ViewOnlyAccess]`: whoever may tag an account would otherwise choose freely"
        }
    }
}

/// "rule `billing`", or "a rule" while its name is not known.
fn rule_place(node: &Node) -> String {
    name_of(node).map_or_else(
        || "a rule".to_owned(),
        |(name, _)| format!("rule `{}`", shortened(name, LONGEST_NAME)),
    )
}

/// The name that an entry bears, read before the rest of it.
fn name_of(entry: &Node) -> Option<(&str, Span)> {
    let Value::Mapping(fields) = &entry.value else { return None };
    let (_, node) = fields.iter().find(|(key, _)| key.text == "name")?;
    match &node.value {
        Value::Text(name) if !name.trim().is_empty() => Some((name, node.span)),
        _ => None,
    }
}
