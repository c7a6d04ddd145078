//! A user as the Identity Store shows them.

use serde_json::{Map, Value, json};
use shared::organization::User;

use crate::state::State;

/// The extension that holds a user's place in the company, which is shown only to those who ask for
/// it.
///
/// Source: <https://docs.aws.amazon.com/singlesignon/latest/IdentityStoreAPIReference/API_DescribeUser.html>
const ENTERPRISE: &str = "aws:identitystore:enterprise";

/// Attributes by their names in snapshots and in `User`.
const ATTRIBUTES: [(&str, &str); 9] = [
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
const NAME_PARTS: [(&str, &str); 3] =
    [("family_name", "FamilyName"), ("formatted_name", "Formatted"), ("given_name", "GivenName")];

/// The enterprise extension's attributes, by their names in snapshots and in SCIM.
///
/// Source: <https://datatracker.ietf.org/doc/html/rfc7643#section-4.3>
const ENTERPRISE_ATTRIBUTES: [(&str, &str); 5] = [
    ("cost_center", "costCenter"),
    ("department", "department"),
    ("division", "division"),
    ("employee_number", "employeeNumber"),
    ("organization", "organization"),
];

/// `User`, with the extensions that were asked for.
pub(super) fn view(state: &State, user: &User, extensions: &[String]) -> Value {
    let mut view = renamed(user, &ATTRIBUTES);
    view.entry("DisplayName").or_insert_with(|| user.user_name.clone().into());
    view.insert("UserId".to_owned(), user.id.as_str().into());
    view.insert("UserName".to_owned(), user.user_name.clone().into());
    view.insert("UserStatus".to_owned(), if user.enabled { "ENABLED" } else { "DISABLED" }.into());
    view.insert("IdentityStoreId".to_owned(), state.instance.identity_store_id.as_str().into());
    view.insert("Name".to_owned(), renamed(user, &NAME_PARTS).into());
    if let Some(email) = user.attributes.get("email") {
        view.insert(
            "Emails".to_owned(),
            json!([{ "Value": email, "Type": "work", "Primary": true }]),
        );
    }
    if extensions.iter().any(|extension| extension == ENTERPRISE) {
        let attributes = renamed(user, &ENTERPRISE_ATTRIBUTES);
        view.insert("Extensions".to_owned(), json!({ ENTERPRISE: attributes }));
    }
    view.into()
}

fn renamed(user: &User, names: &[(&str, &str)]) -> Map<String, Value> {
    let known = names.iter().filter_map(|(ours, theirs)| {
        let value = user.attributes.get(*ours)?;
        Some(((*theirs).to_owned(), Value::from(value.as_str())))
    });
    known.collect()
}
