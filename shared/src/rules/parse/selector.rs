//! Account selectors.

use crate::{
    diagnostic::{Code, Diagnostic},
    ids::{AccountId, InvalidId, OrganizationalUnitId},
    source::Spanned,
};

use super::super::{
    SpannedGlob,
    glob::{Glob, PathGlob},
    read::Reader,
    selector::{
        AccountSelector, Condition, OrganizationalUnitPattern, TagCondition, TagValue, Test,
    },
    tree::{Key, Node, Value},
};

const SELECTOR: &[&str] = &[
    "all",
    "id",
    "name",
    "email",
    "organizational_unit",
    "directly_in",
    "tags",
    "organizational_unit_tags",
    "not",
];

impl Reader {
    /// A mapping, all of whose keys must hold, or a list of mappings, any of which must.
    pub(super) fn selector(&mut self, node: &Node) -> Option<AccountSelector> {
        let any_of: Vec<_> = self
            .values(node, "an account selector")
            .iter()
            .filter_map(|item| self.conditions(item))
            .collect();
        (!any_of.is_empty()).then_some(AccountSelector { any_of })
    }

    fn conditions(&mut self, node: &Node) -> Option<Vec<Condition>> {
        if let Value::Text(text) = &node.value {
            self.wrong_type_but(node, "a mapping", "an account selector", &as_selector(text));
            return None;
        }
        let fields = self.mapping(node, "an account selector", SELECTOR)?;
        if matches!(&node.value, Value::Mapping(entries) if entries.is_empty()) {
            self.report(
                Diagnostic::new(Code::Empty, "an account selector without a key", node.span)
                    .help("for every account, write `{all: true}`"),
            );
            return None;
        }
        let conditions = fields.iter().filter_map(|(key, node)| {
            Some(Condition { span: key.span, test: self.test(&key.text, node)? })
        });
        Some(conditions.collect())
    }

    fn test(&mut self, key: &str, node: &Node) -> Option<Test> {
        let place = format!("`{key}`");
        match key {
            "all" => self.all(node),
            "id" => Some(Test::Id(self.each(node, &place, |reader, item| reader.id(item, "`id`")))),
            "name" => Some(Test::Name(self.globs(node, &place))),
            "email" => Some(Test::Email(self.globs(node, &place))),
            "organizational_unit" => {
                Some(Test::OrganizationalUnit(self.organizational_units(node, &place)))
            }
            "directly_in" => Some(Test::DirectlyIn(self.organizational_units(node, &place))),
            "tags" => self.tags(node, &place).map(Test::Tags),
            "organizational_unit_tags" => self.tags(node, &place).map(Test::OrganizationalUnitTags),
            "not" => self.selector(node).map(Test::Not),
            // `mapping` has reported every other key.
            _ => None,
        }
    }

    fn all(&mut self, node: &Node) -> Option<Test> {
        if self.boolean(node, "`all`")? {
            return Some(Test::All);
        }
        self.report(
            Diagnostic::new(Code::InvalidValue, "`all` is `true`, or left out", node.span)
                .help("for no account at all, leave the rule out"),
        );
        None
    }

    fn organizational_units(
        &mut self,
        node: &Node,
        place: &str,
    ) -> Vec<Spanned<OrganizationalUnitPattern>> {
        self.each(node, place, |reader, item| reader.organizational_unit(item, place))
    }

    fn organizational_unit(
        &mut self,
        node: &Node,
        place: &str,
    ) -> Option<OrganizationalUnitPattern> {
        let text = self.text(node, place)?;
        if text.starts_with("ou-") || text.starts_with("r-") {
            return self.organizational_unit_id(text, node, place);
        }
        PathGlob::new(text)
            .map(OrganizationalUnitPattern::Path)
            .map_err(|error| {
                let message = format!("`{text}` is not an organizational unit: {error}");
                let help = match path_meant(text) {
                    Some(path) => format!("write `{path}`: the path from the root"),
                    None => UNIT_HELP.to_owned(),
                };
                self.report(Diagnostic::new(Code::InvalidGlob, message, node.span).help(help));
            })
            .ok()
    }

    fn organizational_unit_id(
        &mut self,
        text: &str,
        node: &Node,
        place: &str,
    ) -> Option<OrganizationalUnitPattern> {
        let id = text.parse().map(OrganizationalUnitPattern::Id);
        id.map_err(|error: InvalidId| {
            self.report(
                Diagnostic::new(Code::InvalidId, error.to_string(), node.span)
                    .label(format!("in {place}"))
                    .help(format!("an id is like `ou-ab12-c3d4e5f6`; for a unit of this name, write its path, such as `/{text}`")),
            );
        })
        .ok()
    }

    /// What tags, or other values that have names, must be.
    pub(super) fn tags(&mut self, node: &Node, place: &str) -> Option<Vec<TagCondition>> {
        let fields = self.open_mapping(node, place)?;
        if fields.is_empty() {
            self.report(
                Diagnostic::new(Code::Empty, format!("{place} without a key"), node.span)
                    .help("name a tag, such as `tags: {environment: production}`"),
            );
        }
        Some(fields.iter().map(|(key, node)| self.tag(key, node)).collect())
    }

    pub(super) fn tag(&mut self, key: &Key, node: &Node) -> TagCondition {
        let value = match &node.value {
            Value::Bool(true) => TagValue::Present,
            Value::Bool(false) => TagValue::Absent,
            _ => TagValue::AnyOf(self.tag_globs(node, &format!("tag `{}`", key.text))),
        };
        TagCondition { key: key.text.clone(), span: key.span, value }
    }

    /// Like other globs, but a tag's value may be empty.
    fn tag_globs(&mut self, node: &Node, place: &str) -> Vec<SpannedGlob> {
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

const UNIT_HELP: &str =
    "write a path from the root such as `/Workloads/Prod`, or an id such as `ou-ab12-c3d4e5f6`";

/// The path that is meant by one with a slash too few at its beginning, or too many elsewhere.
fn path_meant(text: &str) -> Option<String> {
    let names: Vec<&str> = text.split('/').filter(|name| !name.is_empty()).collect();
    let path = format!("/{}", names.join("/"));
    (!names.is_empty() && PathGlob::new(&path).is_ok()).then_some(path)
}

/// How a text that stands in a selector's place would be written as a selector.
fn as_selector(text: &str) -> String {
    let is_unit = text.starts_with('/') || text.parse::<OrganizationalUnitId>().is_ok();
    match text {
        "*" | "all" => "for every account, write `{all: true}`".to_owned(),
        _ if is_unit => format!("write `{{organizational_unit: {text}}}`"),
        _ if text.parse::<AccountId>().is_ok() => format!("write `{{id: {text}}}`"),
        _ => format!("say what it is: for an account's name, write `{{name: {text}}}`"),
    }
}
