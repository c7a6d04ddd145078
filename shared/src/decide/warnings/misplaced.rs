//! Values that would be right in another form or place: several in one text, an id where a name belongs.

use crate::{
    diagnostic::{Diagnostic, Help},
    ids::{AccountId, GroupId, UserId},
    organization::Principal,
    rules::glob::Glob,
};

use super::super::{catalogue::Catalogue, names::Names};

/// With the list that is meant by several values in one text, where at least one of them is known.
pub(super) fn as_list(
    diagnostic: Diagnostic,
    glob: &Glob,
    is_known: impl Fn(&Glob) -> bool,
) -> Diagnostic {
    let values: Vec<&str> = glob.as_str().split([',', ';']).map(str::trim).collect();
    let are_values = values.len() > 1 && !values.contains(&"");
    let is_known = |value: &&str| Glob::new(value).is_ok_and(|glob| is_known(&glob));
    if !are_values || !values.iter().any(is_known) {
        return diagnostic;
    }
    let quoted: Vec<String> = values.iter().map(|value| format!("\"{value}\"")).collect();
    diagnostic.help(format!("this is one text; write a list: `[{}]`", quoted.join(", ")))
}

/// With the name of the group or user whose id is written in its place.
pub(super) fn by_id(diagnostic: Diagnostic, glob: &Glob, catalogue: &Catalogue<'_>) -> Diagnostic {
    let Some(text) = glob.name().filter(|text| text.len() >= SHORTEST_ID) else {
        return diagnostic;
    };
    let (group, user) = (text.parse::<GroupId>().ok(), text.parse::<UserId>().ok());
    let is_it = |principal: &Principal| match principal {
        Principal::Group(id) => group.as_ref() == Some(id),
        Principal::User(id) => user.as_ref() == Some(id),
    };
    let may_be_id = group.is_some() || user.is_some();
    let mut principals = catalogue.observed.principals.iter().filter(|_| may_be_id);
    match principals.find(|entry| is_it(&entry.principal)) {
        Some(entry) => {
            let kind = entry.principal.kind().to_lowercase();
            let message = format!("this is the id of a {kind}; write its name");
            let help = Help::Replace { message, replacement: entry.text().to_owned() };
            Diagnostic { help: Some(help), ..diagnostic }
        }
        None => diagnostic,
    }
}

/// No id of a group or user is shorter than a UUID.
///
/// Unit: characters. Source:
/// <https://docs.aws.amazon.com/singlesignon/latest/IdentityStoreAPIReference/API_Group.html>.
const SHORTEST_ID: usize = 36;

/// With the key that is meant by what stands in the place of an account's name.
pub(super) fn as_key_of_account(diagnostic: Diagnostic, key: &str, glob: &Glob) -> Diagnostic {
    let Some(text) = glob.name() else { return diagnostic };
    let meant = match key {
        "email" if !text.contains('@') => "name",
        "name" if text.parse::<AccountId>().is_ok() => "id",
        "name" if text.starts_with('/') => "organizational_unit",
        "name" if text.contains('@') => "email",
        _ => return diagnostic,
    };
    diagnostic.help(format!("this is not what `{key}` holds; write `{meant}: {text}`"))
}

/// Whether a name is that of something.
pub(super) fn is_known<'n>(names: &'n Names<'_>) -> impl Fn(&Glob) -> bool + 'n {
    |glob| !names.is_unmatched(glob)
}
