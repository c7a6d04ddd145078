//! Tests in the rules file.

use std::collections::BTreeMap;

use crate::{
    diagnostic::{Code, Diagnostic},
    organization::DEEPEST_UNIT,
    source::{Span, Spanned},
};

use super::{
    super::{
        glob::{Glob, depth},
        read::{Fields, Reader},
        test_case::{TestAccount, TestCase, TestPrincipal},
        tree::{Node, Value},
    },
    rule::Named,
};

const TEST: &[&str] =
    &["name", "description", "account", "group", "members", "user", "at", "expect"];
const ACCOUNT: &[&str] =
    &["id", "name", "email", "organizational_unit", "tags", "organizational_unit_tags"];
const USER: &[&str] = &["user_name", "groups", "attributes"];

impl Reader {
    pub(super) fn tests(&mut self, node: &Node) -> Vec<TestCase> {
        self.unique_names(node, "tests");
        self.entries(node, "`tests`", Self::test_case)
    }

    fn test_case(&mut self, node: &Node) -> Option<TestCase> {
        let fields = self.mapping(node, "a test", TEST)?;
        let named = self.named(&fields, "test");
        let account = self
            .required(
                &fields,
                "account",
                "describe an account, such as `{name: pay-prod, organizational_unit: /Workloads}`",
            )
            .and_then(|node| self.test_account(node));
        let principal = self.test_principal(&fields);
        let at = fields.get("at").map(|node| self.time(node, "`at`"));
        let expected = self.required(
            &fields,
            "expect",
            "name the permission sets that are expected, or `[]` for none",
        );
        let expect = expected.map(|node| self.expected(node));
        let Named { name, span, description } = named?;
        Some(TestCase {
            name,
            span,
            description,
            account: account?,
            principal: principal?,
            at: at.flatten(),
            expect: expect?,
            expect_span: expected.map_or_else(Span::default, |node| node.span),
        })
    }

    fn test_account(&mut self, node: &Node) -> Option<TestAccount> {
        let fields = self.mapping(node, "a test's account", ACCOUNT)?;
        let mut text = |name: &str| {
            let node = fields.get(name)?;
            self.short_text(node, &format!("`{name}`")).map(str::to_owned)
        };
        let (name, email) = (text("name"), text("email"));
        let units = fields.get("organizational_unit").and_then(|node| self.unit_names(node));
        Some(TestAccount {
            id: fields.get("id").and_then(|node| self.id(node, "`id`")),
            name,
            email,
            organizational_units: units.unwrap_or_default(),
            tags: self.optional_texts(&fields, "tags"),
            organizational_unit_tags: self.optional_texts(&fields, "organizational_unit_tags"),
        })
    }

    fn optional_texts(&mut self, fields: &Fields<'_>, name: &str) -> BTreeMap<String, String> {
        fields.get(name).map_or_else(BTreeMap::new, |node| self.texts(node, &format!("`{name}`")))
    }

    /// The names on a path from the root. It is one account's place, so nothing in it is a glob.
    fn unit_names(&mut self, node: &Node) -> Option<Vec<String>> {
        let text = self.short_text(node, "`organizational_unit`")?;
        let depth = depth(text);
        if depth > DEEPEST_UNIT {
            let message = format!("the organizational unit of a test is {depth} deep");
            self.report(
                Diagnostic::new(Code::InvalidValue, message, node.span)
                    .help("AWS nests organizational units five deep: no account is in this one"),
            );
            return None;
        }
        let names: Vec<&str> = match text.strip_prefix('/') {
            Some("") => Vec::new(),
            Some(rest) => rest.split('/').collect(),
            None => vec![""],
        };
        if names.iter().any(|name| name.is_empty() || name.contains(['*', '?', '['])) {
            let message = format!("`{text}` is not the path of an organizational unit");
            self.report(
                Diagnostic::new(Code::InvalidValue, message, node.span).help(
                    "write the one path from the root, without globs, such as `/Workloads/Prod`; `/` is the root",
                ),
            );
            return None;
        }
        Some(names.into_iter().map(str::to_owned).collect())
    }

    fn test_principal(&mut self, fields: &Fields<'_>) -> Option<TestPrincipal> {
        match (fields.get("group"), fields.get("user")) {
            (Some(node), None) => {
                let display_name = self.plain_name(node, "`group`")?.value;
                let members = fields.get("members");
                let members = members.and_then(|node| self.number(node, "`members`", 0));
                Some(TestPrincipal::Group { display_name, members })
            }
            (None, Some(node)) => {
                if let Some(members) = fields.key_span("members") {
                    let message = "`members` is about a group, and the test is about a user";
                    self.report(
                        Diagnostic::new(Code::ConflictingFields, message, members)
                            .help("leave it out: the groups of a user have enough members"),
                    );
                }
                self.test_user(node)
            }
            (None, None) => {
                let help = "say whom it is about, such as `group: Engineering`, or `user`";
                self.required(fields, "group", help)?;
                None
            }
            (Some(_), Some(user)) => {
                let message = "a test is about a group or a user, and here are both";
                let first = fields.key_span("group").unwrap_or(user.span);
                let second = fields.key_span("user").unwrap_or(user.span);
                self.report(
                    Diagnostic::new(Code::ConflictingFields, message, second)
                        .label("here a user")
                        .also(first, "here a group")
                        .help("make two tests of it"),
                );
                None
            }
        }
    }

    fn test_user(&mut self, node: &Node) -> Option<TestPrincipal> {
        let fields = self.mapping(node, "a test's user", USER)?;
        let user_name = fields
            .get("user_name")
            .map_or(Some(SOMEBODY), |node| self.short_text(node, "`user_name`"))?
            .to_owned();
        let groups =
            fields.get("groups").map_or_else(Vec::new, |node| self.plain_names(node, "`groups`"));
        let attributes = fields.get("attributes").map(|node| self.attribute_values(node));
        Some(TestPrincipal::User {
            user_name,
            groups: groups.into_iter().map(|group| group.value).collect(),
            attributes: attributes.unwrap_or_default(),
        })
    }

    fn attribute_values(&mut self, node: &Node) -> BTreeMap<String, String> {
        let Some(fields) = self.open_mapping(node, "`attributes`") else { return BTreeMap::new() };
        let known = fields.iter().filter_map(|(key, node)| {
            let value = self.short_text(node, &format!("attribute `{}`", key.text));
            self.is_attribute(key).then_some((key.text.clone(), value?.to_owned()))
        });
        known.collect()
    }

    /// Names, in a list or alone; the list may be empty. A test is about certain things, so a glob
    /// is a mistake.
    fn plain_names(&mut self, node: &Node, place: &str) -> Vec<Spanned<String>> {
        items(node).iter().filter_map(|item| self.plain_name(item, place)).collect()
    }

    /// The names of permission sets.
    fn expected(&mut self, node: &Node) -> Vec<Spanned<String>> {
        for item in items(node) {
            // Another kind of value is reported with the names.
            if let Value::Text(text) = &item.value
                && let Ok(glob) = Glob::new(text)
            {
                self.may_be_permission_set(&glob, item);
            }
        }
        self.plain_names(node, "`expect`")
    }

    fn plain_name(&mut self, node: &Node, place: &str) -> Option<Spanned<String>> {
        let name = self.glob(node, place)?;
        if name.name().is_none() {
            let message = format!("`{name}` is a glob, and {place} takes names");
            self.report(
                Diagnostic::new(Code::InvalidValue, message, node.span)
                    .help("a test is about certain names: write each of them"),
            );
        }
        Some(Spanned::new(name.as_str().to_owned(), node.span))
    }
}

/// The values of a list, or the one that stands in its place.
fn items(node: &Node) -> &[Node] {
    match &node.value {
        Value::List(items) => items,
        _ => std::slice::from_ref(node),
    }
}

/// What a test's user is called when the test does not say.
const SOMEBODY: &str = "somebody";
