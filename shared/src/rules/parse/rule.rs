//! Rules, and what is never granted whatever the rules say.

use std::collections::HashMap;

use chrono::{DateTime, Utc};

use crate::{
    diagnostic::{Code, Diagnostic},
    source::Span,
};

use super::super::{
    Never, Rule, Window,
    read::{Fields, Reader},
    tree::{Node, Value},
};

const RULE: &[&str] =
    &["name", "description", "permission_sets", "groups", "accounts", "from", "until"];
const NEVER: &[&str] =
    &["name", "description", "permission_sets", "groups", "accounts", "from", "until"];

/// What a rule and an entry of `never` have in common.
struct Named {
    name: String,
    span: Span,
    description: Option<String>,
}

impl Reader {
    pub(super) fn rules(&mut self, node: &Node) -> Vec<Rule> {
        let rules = self.entries(node, "`rules`", Self::rule);
        self.unique(rules, |rule| (&rule.name, rule.span))
    }

    pub(super) fn never(&mut self, node: &Node) -> Vec<Never> {
        let entries = self.entries(node, "`never`", Self::never_entry);
        self.unique(entries, |entry| (&entry.name, entry.span))
    }

    fn entries<T>(
        &mut self,
        node: &Node,
        place: &str,
        mut read: impl FnMut(&mut Self, &Node) -> Option<T>,
    ) -> Vec<T> {
        let Value::List(items) = &node.value else {
            self.wrong_type(node, "a list", place);
            return Vec::new();
        };
        items.iter().filter_map(|item| read(self, item)).collect()
    }

    /// The first of each name; the others are reported.
    fn unique<T>(&mut self, entries: Vec<T>, name: impl Fn(&T) -> (&String, Span)) -> Vec<T> {
        let mut seen: HashMap<String, Span> = HashMap::new();
        entries
            .into_iter()
            .filter(|entry| {
                let (text, span) = name(entry);
                match seen.get(text) {
                    Some(earlier) => self.duplicate((text, span), *earlier),
                    None => {
                        seen.insert(text.clone(), span);
                        return true;
                    }
                }
                false
            })
            .collect()
    }

    fn duplicate(&mut self, (name, span): (&String, Span), earlier: Span) {
        self.report(
            Diagnostic::new(Code::DuplicateRule, format!("two rules are named `{name}`"), span)
                .label("again here")
                .also(earlier, "first here")
                .help("announcements and plans name rules; give each its own name"),
        );
    }

    /// Reads all of a rule before giving up on any of it, so that every mistake is said.
    fn rule(&mut self, node: &Node) -> Option<Rule> {
        let fields = self.mapping(node, &rule_place(node), RULE)?;
        let named = self.named(&fields);
        let permission_sets = self
            .required(
                &fields,
                "permission_sets",
                "name the permission sets to grant, such as `[ViewOnlyAccess]`",
            )
            .map(|node| self.spanned_globs(node, "`permission_sets`"));
        let groups = self
            .required(&fields, "groups", "name the groups to grant to, such as `[Engineering]`")
            .map(|node| self.spanned_globs(node, "`groups`"));
        let accounts = self
            .required(&fields, "accounts", "say where, such as `accounts: {all: true}`")
            .and_then(|node| self.selector(node));
        let window = self.window(&fields);
        let Named { name, span, description } = named?;
        Some(Rule {
            name,
            span,
            description,
            permission_sets: permission_sets?,
            groups: groups?,
            accounts: accounts?,
            accounts_span: fields.key_span("accounts")?,
            window,
        })
    }

    fn never_entry(&mut self, node: &Node) -> Option<Never> {
        let fields = self.mapping(node, "an entry of `never`", NEVER)?;
        let named = self.named(&fields);
        let what = self.fence(&fields);
        if what.is_open() {
            self.report(
                Diagnostic::new(
                    Code::Empty,
                    "an entry of `never` without a key would forbid everything",
                    node.span,
                )
                .help("say which permission sets, groups or accounts it is about"),
            );
        }
        let window = self.window(&fields);
        let Named { name, span, description } = named?;
        Some(Never { name, span, description, what, window })
    }

    fn named(&mut self, fields: &Fields<'_>) -> Option<Named> {
        let node = self.required(
            fields,
            "name",
            "name the rule for what it is for, such as `engineering-power-users`",
        );
        let name = node.and_then(|node| self.rule_name(node));
        let description =
            fields.get("description").and_then(|node| self.text(node, "`description`"));
        Some(Named {
            name: name?.to_owned(),
            span: node?.span,
            description: description.map(str::to_owned),
        })
    }

    fn rule_name<'a>(&mut self, node: &'a Node) -> Option<&'a str> {
        let name = self.text(node, "`name`")?;
        if name.trim().is_empty() {
            self.report(Diagnostic::new(Code::InvalidValue, "a rule's name is empty", node.span));
            return None;
        }
        Some(name)
    }

    fn window(&mut self, fields: &Fields<'_>) -> Window {
        let from = fields.get("from").and_then(|node| self.time(node, "`from`"));
        let until = fields.get("until").and_then(|node| self.time(node, "`until`"));
        if let (Some(begin), Some(end)) = (from, until)
            && begin >= end
        {
            let span = fields.get("until").map_or_else(Span::default, |node| node.span);
            let first = fields.get("from").map_or_else(Span::default, |node| node.span);
            self.report(
                Diagnostic::new(Code::EmptyWindow, "`until` is not after `from`", span)
                    .label("it ends here")
                    .also(first, "it begins here"),
            );
        }
        Window { from, until }
    }

    fn time(&mut self, node: &Node, place: &str) -> Option<DateTime<Utc>> {
        let text = self.text(node, place)?;
        let parsed = DateTime::parse_from_rfc3339(text);
        if parsed.is_err() {
            self.report(
                Diagnostic::new(Code::InvalidValue, format!("`{text}` is not a time"), node.span)
                    .label(format!("in {place}"))
                    .help("write date, time and zone, such as `2026-01-31T00:00:00Z`"),
            );
        }
        parsed.ok().map(|time| time.with_timezone(&Utc))
    }
}

/// "rule `billing`", or "a rule" while its name is not known.
fn rule_place(node: &Node) -> String {
    let name = match &node.value {
        Value::Mapping(entries) => {
            entries.iter().find(|(key, _)| key.text == "name").map(|(_, name)| &name.value)
        }
        _ => None,
    };
    match name {
        Some(Value::Text(name)) => format!("rule `{name}`"),
        _ => "a rule".to_owned(),
    }
}
