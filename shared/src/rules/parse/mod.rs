//! The tree of a rules file to [`Rules`](super::Rules)' parts, with every mistake on the way.

mod definition;
mod json;
mod permission_set;
mod rule;
mod selector;
mod test_case;
mod user;

use crate::{
    diagnostic::{Code, Diagnostic},
    source::{SourceFile, Span, Spanned},
};

use super::{
    Fence, Manage, ManagedUsers, MaxRevocations, Never, Rule, SpannedGlob, Unlisted,
    definition::PermissionSetDefinition,
    glob::Glob,
    read::{Fields, Reader, boolean_meant, digits},
    selector::AccountSelector,
    test_case::TestCase,
    tree::{self, Node, Value},
};

const FILE: &[&str] =
    &["version", "manage", "protect", "rules", "never", "permission_sets", "tests"];
const MANAGE: &[&str] = &[
    "unlisted",
    "max_revocations",
    "accounts",
    "management_account",
    "groups",
    "users",
    "permission_sets",
];
const PROTECT: &[&str] = &["groups", "users", "permission_sets", "accounts"];

/// The parts of a file.
pub(super) struct Parts {
    pub(super) manage: Manage,
    pub(super) protect: Vec<Fence>,
    pub(super) rules: Vec<Rule>,
    pub(super) never: Vec<Never>,
    pub(super) permission_sets: Vec<PermissionSetDefinition>,
    pub(super) tests: Vec<TestCase>,
}

/// Reads the file, or says all that is wrong with it, in the order of its lines.
pub(super) fn rules(source: &SourceFile) -> Result<Parts, Vec<Diagnostic>> {
    let root = tree::read(source);
    let mut reader = root.as_ref().map(Reader::new).unwrap_or_default();
    tree::tags(source, |tag| reader.report(tag));
    let root = match root {
        Ok(root) => root,
        Err(diagnostic) => {
            let tags = reader.finish(source);
            // A tag makes YAML of what would be none without it, and the other way round.
            return Err(if tags.is_empty() { vec![*diagnostic] } else { tags });
        }
    };
    let parts = reader.file(&root);
    let diagnostics = reader.finish(source);
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
        let never = fields.get("never").map_or_else(Vec::new, |node| self.never(node));
        let permission_sets =
            fields.get("permission_sets").map_or_else(Vec::new, |node| self.definitions(node));
        let tests = fields.get("tests").map_or_else(Vec::new, |node| self.tests(node));
        Some(Parts { manage: manage?, protect, rules: rules?, never, permission_sets, tests })
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
        let users = fields.get("users").map_or(ManagedUsers::None, |node| self.managed_users(node));
        let permission_sets = self.optional_permission_sets(&fields);
        Some(Manage {
            unlisted: unlisted?,
            max_revocations: max_revocations?,
            accounts: accounts?,
            management_account: management_account?,
            groups: groups.unwrap_or_else(everything),
            users,
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
            Some(number) => digits(number.trim_end())
                .filter(|per_cent| *per_cent <= 100)
                .map(MaxRevocations::PerCent),
            None => digits(text).map(MaxRevocations::Count),
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

    fn managed_users(&mut self, node: &Node) -> ManagedUsers {
        match &node.value {
            Value::Bool(true) => ManagedUsers::All,
            Value::Bool(false) => ManagedUsers::None,
            Value::Text(text) if boolean_meant(text).is_some() => {
                self.boolean(node, "`users` in `manage`");
                ManagedUsers::None
            }
            Value::Text(_) | Value::List(_) => ManagedUsers::Named(self.globs(node, "`users`")),
            Value::Null | Value::Mapping(_) => {
                self.wrong_type(node, "true, false or user names", "`users` in `manage`");
                ManagedUsers::None
            }
        }
    }

    fn protect(&mut self, node: &Node) -> Vec<Fence> {
        self.entries(node, "`protect`", Self::protect_entry)
    }

    fn protect_entry(&mut self, node: &Node) -> Option<Fence> {
        let fields = self.mapping(node, "an entry of `protect`", PROTECT)?;
        let fence = self.fence(&fields);
        if fence.is_open() && !fields.has_unknown() {
            self.report(
                Diagnostic::new(
                    Code::Empty,
                    "an entry of `protect` without a key would protect everything",
                    node.span,
                )
                .help("to change nothing at all, narrow `manage` instead"),
            );
        }
        Some(fence)
    }

    fn fence(&mut self, fields: &Fields<'_>) -> Fence {
        Fence {
            span: fields.span(),
            groups: self.optional_globs(fields, "groups"),
            users: fields.get("users").map(|node| self.users(node)),
            permission_sets: self.optional_permission_sets(fields),
            accounts: fields.get("accounts").and_then(|node| self.selector(node)),
        }
    }
}

fn everything() -> Vec<SpannedGlob> {
    Glob::new("*").map(|glob| Spanned::new(glob, Span::default())).into_iter().collect()
}
