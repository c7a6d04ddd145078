//! How keys of rules, and what they met, are put into words.

use crate::{
    rules::{
        SpannedGlob,
        selector::{OrganizationalUnitPattern, Place, TagValue},
    },
    source::Spanned,
};

pub(super) const NOT_READ: &str = "something that was not read";
const ABSENT: &str = "nothing: it is absent";

pub(super) fn any_of(globs: &[SpannedGlob]) -> String {
    let globs: Vec<&str> = globs.iter().map(|glob| glob.value.as_str()).collect();
    quoted(&globs)
}

/// "`a` or `b`".
pub(super) fn quoted(texts: &[&str]) -> String {
    joined(texts, " or ")
}

pub(super) fn joined(texts: &[&str], by: &str) -> String {
    let quoted: Vec<String> = texts.iter().map(|text| format!("`{text}`")).collect();
    quoted.join(by)
}

pub(super) fn read(text: Option<&str>) -> String {
    text.map_or_else(|| NOT_READ.to_owned(), |text| format!("`{text}`"))
}

pub(super) fn present(value: Option<&str>) -> String {
    value.map_or_else(|| ABSENT.to_owned(), |value| format!("`{value}`"))
}

pub(super) fn value(value: &TagValue) -> String {
    match value {
        TagValue::Present => "any value".to_owned(),
        TagValue::Absent => "none".to_owned(),
        TagValue::AnyOf(globs) => any_of(globs),
    }
}

pub(super) fn units(patterns: &[Spanned<OrganizationalUnitPattern>]) -> String {
    let patterns: Vec<&str> = patterns
        .iter()
        .map(|pattern| match &pattern.value {
            OrganizationalUnitPattern::Id(id) => id.as_str(),
            OrganizationalUnitPattern::Path(path) => path.as_str(),
        })
        .collect();
    quoted(&patterns)
}

/// The path of a place as it is met.
pub(super) fn path_of(place: &Place<'_>) -> String {
    read(plain_path_of(place).as_deref())
}

/// The path of a place; `/` right below the root. Nothing, when not all of it was read.
pub(in crate::decide) fn plain_path_of(place: &Place<'_>) -> Option<String> {
    let names: Vec<&str> = place.units.as_ref()?.iter().map(|unit| unit.name).collect();
    Some(format!("/{}", names.join("/")))
}
