//! Names of permission sets, and globs on them.

use crate::diagnostic::{Code, Diagnostic};

use super::super::{
    SpannedGlob,
    glob::{Glob, literals},
    read::{Fields, Reader},
    tree::Node,
};
use super::definition::{LONGEST_NAME, is_in_names};

impl Reader {
    pub(super) fn optional_permission_sets(
        &mut self,
        fields: &Fields<'_>,
    ) -> Option<Vec<SpannedGlob>> {
        fields.get("permission_sets").map(|node| self.permission_sets(node))
    }

    pub(super) fn permission_sets(&mut self, node: &Node) -> Vec<SpannedGlob> {
        const PLACE: &str = "`permission_sets`";
        self.each(node, PLACE, |reader, item| {
            let glob = reader.glob(item, PLACE)?;
            reader.may_be_permission_set(&glob, item);
            Some(glob)
        })
    }

    /// Reports what no permission set can be called: it would wait for ever.
    pub(super) fn may_be_permission_set(&mut self, glob: &Glob, node: &Node) {
        let pieces = literals(glob.as_str());
        let length: usize = pieces.iter().map(|piece| piece.chars().count()).sum();
        let has_others = !pieces.iter().all(|piece| piece.chars().all(is_in_names));
        if length <= LONGEST_NAME && !has_others {
            return;
        }
        let diagnostic = Diagnostic::new(
            Code::InvalidValue,
            format!("no permission set can be called `{glob}`"),
            node.span,
        );
        self.report(match list_meant(glob.as_str()) {
            Some(list) => diagnostic.label("this is one name").help(format!("write a list: `[{list}]`")),
            None if glob.as_str().starts_with("arn:") => diagnostic.label("this is an ARN").help(
                "write the permission set's name, such as `ViewOnlyAccess`, as the console shows it",
            ),
            None if has_others => diagnostic.help(format!(
                "a name has 1 to {LONGEST_NAME} letters, digits and characters of `_+=,.@-`"
            )),
            None => diagnostic
                .label(format!("{length} characters"))
                .help(format!("a name has at most {LONGEST_NAME}")),
        });
    }
}

/// Several names in one text, as a list has them.
fn list_meant(text: &str) -> Option<String> {
    let names: Vec<&str> =
        text.split([',', ';']).map(str::trim).filter(|name| !name.is_empty()).collect();
    let is_name = |name: &&str| {
        name.chars().count() <= LONGEST_NAME
            && literals(name).iter().all(|piece| piece.chars().all(is_in_names))
    };
    // A name such as `View*` begins with no character of YAML's own; another goes in quotes.
    let listed = |name: &&str| match name.starts_with(['*', '[', '?', '@']) {
        true => format!("\"{name}\""),
        false => (*name).to_owned(),
    };
    (names.len() > 1 && names.iter().all(is_name))
        .then(|| names.iter().map(listed).collect::<Vec<_>>().join(", "))
}
