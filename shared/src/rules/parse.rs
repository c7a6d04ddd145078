//! The tree of a rules file to [`Rules`](super::Rules)' parts, with every mistake on the way.

use crate::{
    diagnostic::{Code, Diagnostic},
    source::SourceFile,
};

use super::{
    Manage, MaxRevocations, Protect, Rule, Unlisted,
    glob::{Glob, PathGlob},
    read::{Fields, Reader},
    selector::{AccountSelector, Condition, OrganizationalUnitPattern, TagCondition, TagValue},
    tree::{self, Node, Value},
};

const FILE: &[&str] = &["version", "manage", "protect", "rules"];
const MANAGE: &[&str] =
    &["unlisted", "max_revocations", "accounts", "management_account", "groups", "permission_sets"];
const PROTECT: &[&str] = &["groups", "permission_sets", "accounts"];
const RULE: &[&str] = &["name", "description", "permission_sets", "groups", "accounts"];
const SELECTOR: &[&str] = &["all", "id", "name", "organizational_unit", "tags", "not"];

type Parts = (Manage, Vec<Protect>, Vec<Rule>);

/// Reads the file, or says all that is wrong with it, in the order of its lines.
pub(super) fn rules(source: &SourceFile) -> Result<Parts, Vec<Diagnostic>> {
    let root = tree::read(source).map_err(|diagnostic| vec![*diagnostic])?;
    let mut reader = Reader::default();
    let parts = reader.file(&root);
    let mut diagnostics = reader.diagnostics;
    diagnostics.sort_by_key(|diagnostic| diagnostic.primary.span);
    match parts {
        Some(parts) if diagnostics.is_empty() => Ok(parts),
        _ => Err(diagnostics),
    }
}

impl Reader {
    fn file(&mut self, root: &Node) -> Option<Parts> {
        if root.value == Value::Null {
            self.report(Diagnostic::new(Code::Empty, "the rules file is empty", root.span).help(
                "a rules file begins with `version: 1`, and says what it manages and its rules",
            ));
            return None;
        }
        let fields = self.mapping(root, "the rules file", FILE)?;
        self.version(&fields);
        let manage = self.required(
            &fields,
            "manage",
            "say what this file is the truth for: `manage: {unlisted: report}`",
        );
        let manage = manage.and_then(|node| self.manage(node));
        let protect = fields.get("protect").map_or_else(Vec::new, |node| self.protect(node));
        let rules =
            self.required(&fields, "rules", "write `rules: []` for a file that grants nothing");
        let rules = rules.map(|node| self.rules(node));
        Some((manage?, protect, rules?))
    }

    fn version(&mut self, fields: &Fields<'_>) {
        let Some(node) = self.required(fields, "version", "begin the file with `version: 1`")
        else {
            return;
        };
        if node.value != Value::Text("1".to_owned()) {
            self.report(
                Diagnostic::new(
                    Code::UnsupportedVersion,
                    "the version of the rules language is not `1`",
                    node.span,
                )
                .label("this Usher speaks version 1"),
            );
        }
    }

    fn manage(&mut self, node: &Node) -> Option<Manage> {
        let fields = self.mapping(node, "`manage`", MANAGE)?;
        let unlisted = self
            .required(
                &fields,
                "unlisted",
                "say what happens to assignments that no rule grants: `revoke` or `report`",
            )
            .and_then(|node| self.unlisted(node));
        let max_revocations = fields
            .get("max_revocations")
            .map_or(Some(MaxRevocations::Default), |node| self.max_revocations(node));
        let accounts = fields
            .get("accounts")
            .map_or_else(|| Some(AccountSelector::all()), |node| self.selector(node));
        let management_account = fields
            .get("management_account")
            .map_or(Some(false), |node| self.boolean(node, "`management_account`"));
        let groups = self.optional_globs(&fields, "groups");
        let permission_sets = self.optional_globs(&fields, "permission_sets");
        Some(Manage {
            unlisted: unlisted?,
            max_revocations: max_revocations?,
            accounts: accounts?,
            management_account: management_account?,
            groups: groups.unwrap_or_else(everything),
            permission_sets: permission_sets.unwrap_or_else(everything),
        })
    }

    fn unlisted(&mut self, node: &Node) -> Option<Unlisted> {
        match self.text(node, "`unlisted`")? {
            "revoke" => Some(Unlisted::Revoke),
            "report" => Some(Unlisted::Report),
            other => {
                let message = format!("`{other}` is not what `unlisted` can be");
                self.report(
                    Diagnostic::new(Code::InvalidValue, message, node.span)
                        .label("expected `revoke` or `report`")
                        .nearest(other, "a value", ["revoke", "report"]),
                );
                None
            }
        }
    }

    fn max_revocations(&mut self, node: &Node) -> Option<MaxRevocations> {
        let text = self.text(node, "`max_revocations`")?;
        let parsed = match text.strip_suffix('%') {
            Some(number) => number
                .trim_end()
                .parse()
                .ok()
                .filter(|per_cent| *per_cent <= 100)
                .map(MaxRevocations::PerCent),
            None => text.parse().ok().map(MaxRevocations::Count),
        };
        if parsed.is_none() {
            let message = format!("`{text}` is not a number of revocations");
            self.report(
                Diagnostic::new(Code::InvalidValue, message, node.span).label(
                    "expected a whole number such as `25`, or a per cent from `0%` to `100%`",
                ),
            );
        }
        parsed
    }

    fn protect(&mut self, node: &Node) -> Vec<Protect> {
        let Value::List(items) = &node.value else {
            self.wrong_type(node, "a list", "`protect`");
            return Vec::new();
        };
        items.iter().filter_map(|item| self.protect_entry(item)).collect()
    }

    fn protect_entry(&mut self, node: &Node) -> Option<Protect> {
        let fields = self.mapping(node, "an entry of `protect`", PROTECT)?;
        if fields.is_empty() {
            self.report(
                Diagnostic::new(
                    Code::Empty,
                    "an entry of `protect` without a key would protect everything",
                    node.span,
                )
                .help("to change nothing at all, narrow `manage` instead"),
            );
        }
        Some(Protect {
            groups: self.optional_globs(&fields, "groups"),
            permission_sets: self.optional_globs(&fields, "permission_sets"),
            accounts: fields.get("accounts").and_then(|node| self.selector(node)),
        })
    }

    fn rules(&mut self, node: &Node) -> Vec<Rule> {
        let Value::List(items) = &node.value else {
            self.wrong_type(node, "a list of rules", "`rules`");
            return Vec::new();
        };
        let mut rules: Vec<Rule> = Vec::new();
        for item in items {
            let Some(rule) = self.rule(item) else {
                continue;
            };
            match rules.iter().find(|earlier| earlier.name == rule.name) {
                Some(earlier) => self.duplicate_rule(&rule, earlier),
                None => rules.push(rule),
            }
        }
        rules
    }

    fn duplicate_rule(&mut self, rule: &Rule, earlier: &Rule) {
        let message = format!("two rules are named `{}`", rule.name);
        self.report(
            Diagnostic::new(Code::DuplicateRule, message, rule.span)
                .label("again here")
                .also(earlier.span, "first here")
                .help("announcements and plans name rules; give each its own name"),
        );
    }

    /// Reads all of a rule before giving up on any of it, so that every mistake is said.
    fn rule(&mut self, node: &Node) -> Option<Rule> {
        let place = rule_place(node);
        let fields = self.mapping(node, &place, RULE)?;
        let name_node = self.required(
            &fields,
            "name",
            "name the rule for what it is for, such as `engineering-power-users`",
        );
        let name = name_node.and_then(|node| self.rule_name(node));
        let description =
            fields.get("description").and_then(|node| self.text(node, "`description`"));
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
        Some(Rule {
            name: name?.to_owned(),
            span: name_node?.span,
            description: description.map(str::to_owned),
            permission_sets: permission_sets?,
            groups: groups?,
            accounts: accounts?,
            accounts_span: fields.key_span("accounts")?,
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

    fn optional_globs(&mut self, fields: &Fields<'_>, name: &str) -> Option<Vec<Glob>> {
        fields.get(name).map(|node| self.globs(node, &format!("`{name}`")))
    }

    /// A mapping, all of whose keys must hold, or a list of mappings, any of which must.
    fn selector(&mut self, node: &Node) -> Option<AccountSelector> {
        let any_of: Vec<_> = self
            .values(node, "an account selector")
            .iter()
            .filter_map(|item| self.conditions(item))
            .collect();
        (!any_of.is_empty()).then_some(AccountSelector { any_of })
    }

    fn conditions(&mut self, node: &Node) -> Option<Vec<Condition>> {
        let fields = self.mapping(node, "an account selector", SELECTOR)?;
        if matches!(&node.value, Value::Mapping(entries) if entries.is_empty()) {
            self.report(
                Diagnostic::new(Code::Empty, "an account selector without a key", node.span)
                    .help("for every account, write `{all: true}`"),
            );
            return None;
        }
        Some(fields.iter().filter_map(|(key, node)| self.condition(&key.text, node)).collect())
    }

    fn condition(&mut self, key: &str, node: &Node) -> Option<Condition> {
        let place = format!("`{key}`");
        match key {
            "all" => self.all(node),
            "id" => {
                Some(Condition::Id(self.each(node, &place, |reader, item| reader.id(item, "`id`"))))
            }
            "name" => Some(Condition::Name(self.globs(node, &place))),
            "organizational_unit" => Some(Condition::OrganizationalUnit(self.each(
                node,
                &place,
                Self::organizational_unit,
            ))),
            "tags" => self.tags(node).map(Condition::Tags),
            "not" => self.selector(node).map(Condition::Not),
            // `mapping` has reported every other key.
            _ => None,
        }
    }

    fn each<T>(
        &mut self,
        node: &Node,
        place: &str,
        mut read: impl FnMut(&mut Self, &Node) -> Option<T>,
    ) -> Vec<T> {
        self.values(node, place).iter().filter_map(|item| read(self, item)).collect()
    }

    fn all(&mut self, node: &Node) -> Option<Condition> {
        if self.boolean(node, "`all`")? {
            return Some(Condition::All);
        }
        self.report(
            Diagnostic::new(Code::InvalidValue, "`all` is `true`, or left out", node.span)
                .help("for no account at all, leave the rule out"),
        );
        None
    }

    fn organizational_unit(&mut self, node: &Node) -> Option<OrganizationalUnitPattern> {
        let text = self.text(node, "`organizational_unit`")?;
        if text.starts_with("ou-") || text.starts_with("r-") {
            return self.id(node, "`organizational_unit`").map(OrganizationalUnitPattern::Id);
        }
        PathGlob::new(text)
            .map(OrganizationalUnitPattern::Path)
            .map_err(|error| {
                let message = format!("`{text}` is not an organizational unit: {error}");
                self.report(
                    Diagnostic::new(Code::InvalidGlob, message, node.span)
                        .help("write a path from the root such as `/Workloads/Prod`, or an id such as `ou-ab12-c3d4e5f6`"),
                );
            })
            .ok()
    }

    fn tags(&mut self, node: &Node) -> Option<Vec<TagCondition>> {
        let fields = self.open_mapping(node, "`tags`")?;
        if fields.is_empty() {
            self.report(
                Diagnostic::new(Code::Empty, "`tags` without a key", node.span)
                    .help("name a tag, such as `tags: {environment: production}`"),
            );
        }
        Some(fields.iter().filter_map(|(key, node)| self.tag(&key.text, node)).collect())
    }

    fn tag(&mut self, key: &str, node: &Node) -> Option<TagCondition> {
        let value = match &node.value {
            Value::Bool(true) => TagValue::Present,
            Value::Bool(false) => TagValue::Absent,
            _ => TagValue::AnyOf(self.tag_globs(node, &format!("tag `{key}`"))),
        };
        Some(TagCondition { key: key.to_owned(), value })
    }

    /// Like other globs, but a tag's value may be empty.
    fn tag_globs(&mut self, node: &Node, place: &str) -> Vec<Glob> {
        self.each(node, place, |reader, item| match &item.value {
            Value::Text(text) if text.is_empty() => Glob::new("").ok(),
            Value::Bool(_) => {
                reader.report(
                    Diagnostic::new(Code::WrongType, format!("expected text in the list of {place}, found true or false"), item.span)
                        .help("`true` (present) and `false` (absent) stand alone; for a tag whose value is the word, quote it"),
                );
                None
            }
            _ => reader.glob(item, place),
        })
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

fn everything() -> Vec<Glob> {
    Glob::new("*").into_iter().collect()
}
