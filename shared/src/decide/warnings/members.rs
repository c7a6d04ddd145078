//! Rules for groups with so many members, when no group has them.

use crate::{
    diagnostic::{Code, Diagnostic},
    organization::Principal,
    rules::Rule,
};

use super::super::catalogue::Catalogue;

/// Of the groups that a rule means, not one has as many members as it asks for.
pub(super) fn too_few(
    rule: &Rule,
    groups: impl IntoIterator<Item = u32>,
    catalogue: &Catalogue<'_>,
) -> Option<Diagnostic> {
    let least = rule.members_at_least.as_ref()?;
    let sized = groups.into_iter().filter_map(|group| {
        let entry = catalogue.observed.principal(group)?;
        let Principal::Group(id) = &entry.principal else { return None };
        Some((catalogue.members(id), entry.text()))
    });
    // Of those as large, the first by name.
    let (members, largest) = sized.reduce(|a, b| if b.0 > a.0 { b } else { a })?;
    (members < least.value).then(|| {
        let noun = if least.value == 1 { "member" } else { "members" };
        let message = format!("no group of rule `{}` has {} {noun}", rule.name, least.value);
        Diagnostic::new(Code::TooFewMembers, message, least.span)
            .label(format!("the largest, `{largest}`, has {members}"))
            .help("it takes effect when a group has grown")
    })
}
