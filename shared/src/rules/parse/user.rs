//! User selectors.

use crate::{
    diagnostic::{Code, Diagnostic},
    source::Spanned,
};

use super::super::{
    read::{Reader, listed},
    selector::TagCondition,
    tree::{Key, Node, Value},
    user::{ATTRIBUTES, UserSelector},
};

const USER: &[&str] = &["user_name", "in_group", "attributes"];

impl Reader {
    /// Users: globs on user names and mappings, any of which must hold.
    pub(super) fn users(&mut self, node: &Node) -> Vec<UserSelector> {
        self.values(node, "`users`").iter().filter_map(|item| self.user(item)).collect()
    }

    fn user(&mut self, node: &Node) -> Option<UserSelector> {
        match &node.value {
            Value::Mapping(_) => self.user_mapping(node),
            Value::Text(_) => {
                let glob = self.glob(node, "`users`")?;
                Some(UserSelector {
                    span: node.span,
                    user_name: Some(vec![Spanned::new(glob, node.span)]),
                    in_group: None,
                    attributes: Vec::new(),
                })
            }
            _ => {
                self.wrong_type(node, "a user name or a mapping", "`users`");
                None
            }
        }
    }

    fn user_mapping(&mut self, node: &Node) -> Option<UserSelector> {
        let fields = self.mapping(node, "an entry of `users`", USER)?;
        if fields.is_empty() {
            let message = "an entry of `users` without a key would mean everybody";
            self.report(
                Diagnostic::new(Code::Empty, message, node.span)
                    .help("for everybody, write the glob `\"*\"`"),
            );
        }
        let mut globs = |name| fields.get(name).map(|node| self.globs(node, &format!("`{name}`")));
        let (user_name, in_group) = (globs("user_name"), globs("in_group"));
        let attributes = fields.get("attributes").map(|node| self.attributes(node));
        Some(UserSelector {
            span: node.span,
            user_name,
            in_group,
            attributes: attributes.unwrap_or_default(),
        })
    }

    fn attributes(&mut self, node: &Node) -> Vec<TagCondition> {
        let Some(fields) = self.open_mapping(node, "`attributes`") else { return Vec::new() };
        if fields.is_empty() {
            self.report(
                Diagnostic::new(Code::Empty, "`attributes` without a key", node.span)
                    .help("name an attribute, such as `attributes: {department: Platform}`"),
            );
        }
        let known: Vec<_> = fields.iter().filter(|(key, _)| self.is_attribute(key)).collect();
        known.into_iter().map(|(key, node)| self.tag(key, node)).collect()
    }

    pub(super) fn is_attribute(&mut self, key: &Key) -> bool {
        let known = ATTRIBUTES.contains(&key.text.as_str());
        if !known {
            let message = format!("users have no attribute `{}`", key.text);
            self.report(
                Diagnostic::new(Code::UnknownAttribute, message, key.span)
                    .label("not an attribute of the Identity Store")
                    .help(format!("the attributes are {}", listed(ATTRIBUTES)))
                    .nearest(&key.text, "an attribute", ATTRIBUTES.iter().copied()),
            );
        }
        known
    }
}
