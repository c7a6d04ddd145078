//! A user's attributes: their names in AWS and in snapshots, and how requests set them.
//!
//! `CreateUser` names them as fields (`DisplayName`), `UpdateUser` by a path (`displayName`,
//! `name.familyName`, `aws:identitystore:enterprise.department`), whatever its case. A value of
//! `null`, or none, takes an attribute away.

use serde_json::{Map, Value};
use shared::organization::User;

use super::users::StoredUser;

/// The extension that holds a user's place in the company, which is shown only to those who ask for
/// it.
///
/// Source: <https://docs.aws.amazon.com/singlesignon/latest/IdentityStoreAPIReference/API_DescribeUser.html>
pub(super) const ENTERPRISE: &str = "aws:identitystore:enterprise";

/// An attribute that is text: its name in snapshots, and in AWS.
type Name = (&'static str, &'static str);

/// Attributes of `User` itself.
pub(super) const TEXTS: [Name; 10] = [
    ("birthdate", "Birthdate"),
    ("display_name", "DisplayName"),
    ("locale", "Locale"),
    ("nick_name", "NickName"),
    ("preferred_language", "PreferredLanguage"),
    ("profile_url", "ProfileUrl"),
    ("timezone", "Timezone"),
    ("title", "Title"),
    ("user_type", "UserType"),
    ("website", "Website"),
];

/// The parts of `Name`.
pub(super) const NAME_PARTS: [Name; 6] = [
    ("family_name", "FamilyName"),
    ("formatted_name", "Formatted"),
    ("given_name", "GivenName"),
    ("honorific_prefix", "HonorificPrefix"),
    ("honorific_suffix", "HonorificSuffix"),
    ("middle_name", "MiddleName"),
];

/// The enterprise extension's attributes, by their names in SCIM.
///
/// Source: <https://datatracker.ietf.org/doc/html/rfc7643#section-4.3>
pub(super) const ENTERPRISE_ATTRIBUTES: [Name; 5] = [
    ("cost_center", "costCenter"),
    ("department", "department"),
    ("division", "division"),
    ("employee_number", "employeeNumber"),
    ("organization", "organization"),
];

/// Attributes that are lists, and how many items each may have.
///
/// Source: <https://docs.aws.amazon.com/singlesignon/latest/IdentityStoreAPIReference/API_CreateUser.html>
const LISTS: [(&str, usize); 5] =
    [("Addresses", 1), ("Emails", 1), ("PhoneNumbers", 1), ("Photos", 3), ("Roles", 1)];

/// The longest text.
///
/// Unit: characters. Source: <https://docs.aws.amazon.com/singlesignon/latest/IdentityStoreAPIReference/API_CreateUser.html>
const LONGEST: usize = 1024;

/// The attributes of this table that the user has, by their names in AWS.
pub(super) fn renamed(user: &User, names: &[Name]) -> Map<String, Value> {
    let known = names.iter().filter_map(|(ours, theirs)| {
        let value = user.attributes.get(*ours)?;
        Some(((*theirs).to_owned(), Value::from(value.as_str())))
    });
    known.collect()
}

/// Sets the attribute of this path, or says what is wrong with it.
pub(super) fn set(stored: &mut StoredUser, path: &str, value: &Value) -> Result<(), String> {
    if path.eq_ignore_ascii_case("userName") {
        let name = text(path, value)?;
        stored.user.user_name = name.ok_or("userName cannot be removed")?;
        return Ok(());
    }
    if let Some((ours, _)) = named(&TEXTS, path) {
        return set_text(&mut stored.user, path, ours, value);
    }
    if let Some((list, most)) = LISTS.iter().find(|(list, _)| list.eq_ignore_ascii_case(path)) {
        return set_list(stored, list, *most, value);
    }
    let Some((parts, part)) = group_of(path) else { return Err(unsupported(path)) };
    if part.is_empty() {
        return set_parts(&mut stored.user, path, parts, value);
    }
    let (ours, _) = named(parts, part).ok_or_else(|| unsupported(path))?;
    set_text(&mut stored.user, path, ours, value)
}

/// The table that a path of two steps goes through, and the second step.
fn group_of(path: &str) -> Option<(&'static [Name], &str)> {
    let groups: [(&str, &'static [Name]); 2] =
        [("name", &NAME_PARTS), (ENTERPRISE, &ENTERPRISE_ATTRIBUTES)];
    groups.into_iter().find_map(|(group, names)| {
        let (start, rest) = path.split_at_checked(group.len())?;
        let part = if rest.is_empty() { rest } else { rest.strip_prefix('.')? };
        start.eq_ignore_ascii_case(group).then_some((names, part))
    })
}

fn named<'a>(names: &'a [Name], theirs: &str) -> Option<&'a Name> {
    names.iter().find(|(_, name)| name.eq_ignore_ascii_case(theirs))
}

fn set_text(user: &mut User, path: &str, ours: &str, value: &Value) -> Result<(), String> {
    match text(path, value)? {
        Some(text) => user.attributes.insert(ours.to_owned(), text),
        None => user.attributes.remove(ours),
    };
    Ok(())
}

/// An object takes the place of all that was there.
fn set_parts(user: &mut User, path: &str, names: &[Name], value: &Value) -> Result<(), String> {
    for (ours, _) in names {
        user.attributes.remove(*ours);
    }
    let parts = match value {
        Value::Null => return Ok(()),
        Value::Object(parts) => parts,
        _ => return Err(format!("The value of {path} must be a structure")),
    };
    for (part, value) in parts {
        let path = format!("{path}.{part}");
        let (ours, _) = named(names, part).ok_or_else(|| unsupported(&path))?;
        set_text(user, &path, ours, value)?;
    }
    Ok(())
}

fn set_list(stored: &mut StoredUser, list: &str, most: usize, value: &Value) -> Result<(), String> {
    let items = match value {
        Value::Null => None,
        Value::Array(items) if (1..=most).contains(&items.len()) => Some(items),
        _ => return Err(format!("{list} must be a list of between 1 and {most} items")),
    };
    let items: Option<Vec<Value>> = items.map(|items| items.iter().map(pascal_case).collect());
    if list == "Emails" {
        let email = items.as_ref().and_then(|items| items.first()?.get("Value"));
        set_text(&mut stored.user, list, "email", email.unwrap_or(&Value::Null))?;
    }
    match items {
        Some(items) => stored.lists.insert(list.to_owned(), Value::Array(items)),
        None => stored.lists.remove(list),
    };
    Ok(())
}

/// Field names as answers have them: `UpdateUser` takes `primary` where `CreateUser` takes
/// `Primary`.
fn pascal_case(value: &Value) -> Value {
    let Value::Object(fields) = value else { return value.clone() };
    let renamed = fields.iter().map(|(name, value)| {
        let mut letters = name.chars();
        let first = letters.next().map(|first| first.to_ascii_uppercase());
        (first.into_iter().chain(letters).collect(), value.clone())
    });
    Value::Object(renamed.collect())
}

/// The text of a value; nothing where it is `null`.
fn text(path: &str, value: &Value) -> Result<Option<String>, String> {
    match value {
        Value::Null => Ok(None),
        Value::String(text) if (1..=LONGEST).contains(&text.chars().count()) => {
            Ok(Some(text.clone()))
        }
        _ => Err(format!("The value of {path} must be text of between 1 and {LONGEST} characters")),
    }
}

fn unsupported(path: &str) -> String {
    format!("The attribute path `{path}` is not supported.")
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use serde_json::json;

    use super::*;
    use crate::bobs_organization;

    fn mary() -> StoredUser {
        let users = bobs_organization().users;
        let mary = users.into_iter().find(|user| user.user_name == "mary.adams@example.com");
        StoredUser::new(mary.unwrap(), DateTime::UNIX_EPOCH)
    }

    #[test]
    fn paths_name_attributes_whatever_their_case() {
        let mut mary = mary();
        for (path, value, name) in [
            ("title", json!("Lead"), "title"),
            ("Name.FamilyName", json!("Smith"), "family_name"),
            ("aws:identitystore:enterprise.costCenter", json!("4711"), "cost_center"),
        ] {
            set(&mut mary, path, &value).unwrap();
            assert_eq!(Some(mary.user.attributes[name].as_str()), value.as_str());
            set(&mut mary, path, &Value::Null).unwrap();
            assert!(!mary.user.attributes.contains_key(name));
        }
    }

    #[test]
    fn an_object_takes_the_place_of_all_parts() {
        let mut mary = mary();
        set(&mut mary, ENTERPRISE, &json!({ "division": "East" })).unwrap();
        assert_eq!(
            renamed(&mary.user, &ENTERPRISE_ATTRIBUTES),
            *json!({ "division": "East" }).as_object().unwrap()
        );
    }

    #[test]
    fn emails_are_kept_as_aws_shows_them() {
        let mut mary = mary();
        set(&mut mary, "emails", &json!([{ "value": "mary@example.com", "primary": true }]))
            .unwrap();
        assert_eq!(mary.email(), Some("mary@example.com"));
        assert_eq!(mary.lists["Emails"], json!([{ "Value": "mary@example.com", "Primary": true }]));
    }

    #[test]
    fn what_cannot_be_set_is_named() {
        let mut mary = mary();
        for (path, value) in [
            ("userStatus", json!("DISABLED")),
            ("name.", json!("x")),
            ("name.nick", json!("x")),
            ("nam", json!("x")),
            ("title", json!(7)),
            ("title", json!("")),
            ("userName", Value::Null),
            ("emails", json!([])),
            ("name", json!("Mary Adams")),
        ] {
            assert!(set(&mut mary, path, &value).is_err(), "{path} {value}");
        }
    }
}
