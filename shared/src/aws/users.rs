//! Users of the Identity Store, with the attributes that rules can ask for.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_identitystore::{
    operation::describe_user::DescribeUserOutput,
    types::{Email, User as ListedUser, UserStatus},
};
use aws_smithy_types::Document;

use crate::{failure::CallFailure, organization::User};

use super::failure::read_id;

/// The extension that holds a user's place in the company. AWS shows it only to those who ask for it.
///
/// Source: <https://docs.aws.amazon.com/singlesignon/latest/IdentityStoreAPIReference/API_ListUsers.html>.
pub(super) const ENTERPRISE: &str = "aws:identitystore:enterprise";

/// The extension's attributes, by their names in SCIM and in the rules language.
///
/// Source of SCIM's: <https://datatracker.ietf.org/doc/html/rfc7643#section-4.3>.
const ENTERPRISE_ATTRIBUTES: [(&str, &str); 5] = [
    ("costCenter", "cost_center"),
    ("department", "department"),
    ("division", "division"),
    ("employeeNumber", "employee_number"),
    ("organization", "organization"),
];

/// The part of a user that the two answers have in common, in types that do not.
struct Answer<'a> {
    id: &'a str,
    user_name: Option<&'a str>,
    status: Option<&'a UserStatus>,
    /// By their names in the rules language.
    texts: [(&'static str, Option<&'a str>); 5],
    emails: &'a [Email],
    extensions: Option<&'a HashMap<String, Document>>,
}

/// Puts either answer into an [`Answer`].
macro_rules! answer {
    ($user:expr) => {
        Answer {
            id: &$user.user_id,
            user_name: $user.user_name.as_deref(),
            status: $user.user_status.as_ref(),
            texts: [
                ("title", $user.title.as_deref()),
                ("user_type", $user.user_type.as_deref()),
                ("locale", $user.locale.as_deref()),
                ("timezone", $user.timezone.as_deref()),
                ("preferred_language", $user.preferred_language.as_deref()),
            ],
            emails: $user.emails.as_deref().unwrap_or_default(),
            extensions: $user.extensions.as_ref(),
        }
    };
}

pub(super) fn read_user(operation: &'static str, user: &ListedUser) -> Result<User, CallFailure> {
    read(operation, &answer!(user))
}

pub(super) fn read_described_user(
    operation: &'static str,
    user: &DescribeUserOutput,
) -> Result<User, CallFailure> {
    read(operation, &answer!(user))
}

fn read(operation: &'static str, answer: &Answer<'_>) -> Result<User, CallFailure> {
    let texts = answer.texts.iter().filter_map(|(name, value)| Some((*name, (*value)?)));
    let mut attributes: BTreeMap<String, String> =
        texts.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    attributes.extend(email(answer.emails).map(|email| ("email".to_owned(), email.to_owned())));
    attributes.extend(enterprise_attributes(answer.extensions));
    Ok(User {
        id: read_id(operation, Some(answer.id))?,
        user_name: answer.user_name.unwrap_or_default().to_owned(),
        enabled: answer.status != Some(&UserStatus::Disabled),
        attributes,
    })
}

/// The primary address, or the first.
fn email(emails: &[Email]) -> Option<&str> {
    let primary = emails.iter().find(|email| email.primary);
    primary.or_else(|| emails.first())?.value.as_deref()
}

fn enterprise_attributes(
    extensions: Option<&HashMap<String, Document>>,
) -> impl Iterator<Item = (String, String)> {
    let extension = extensions.and_then(|extensions| extensions.get(ENTERPRISE)?.as_object());
    ENTERPRISE_ATTRIBUTES.into_iter().filter_map(move |(theirs, ours)| {
        let value = extension?.get(theirs)?.as_string()?;
        Some((ours.to_owned(), value.to_owned()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "b4a83468-d051-70a3-0b2c-5a4f3e2d1c0b";

    fn described()
    -> aws_sdk_identitystore::operation::describe_user::builders::DescribeUserOutputBuilder {
        let enterprise = HashMap::from([
            ("department".to_owned(), Document::from("Platform")),
            ("costCenter".to_owned(), Document::from("4711")),
            ("manager".to_owned(), Document::Object(HashMap::new())),
        ]);
        DescribeUserOutput::builder()
            .user_id(ID)
            .user_arn("arn")
            .revision("1")
            .identity_store_id("d-9a67123456")
            .user_name("mary")
            .title("Lead")
            .emails(Email::builder().value("old@example.com").build())
            .emails(Email::builder().value("mary@example.com").primary(true).build())
            .extensions(ENTERPRISE, Document::Object(enterprise))
    }

    #[test]
    fn attributes_go_by_the_names_of_the_rules_language() {
        let user = read_described_user("x", &described().build().unwrap()).unwrap();
        let attributes: Vec<(&str, &str)> =
            user.attributes.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let expected = [
            ("cost_center", "4711"),
            ("department", "Platform"),
            ("email", "mary@example.com"),
            ("title", "Lead"),
        ];
        assert_eq!(attributes, expected);
        assert!(user.enabled);
    }

    #[test]
    fn only_a_disabled_user_is_disabled() {
        for (status, enabled) in [("ENABLED", true), ("DISABLED", false)] {
            let user = described().user_status(status.into()).build().unwrap();
            assert_eq!(read_described_user("x", &user).unwrap().enabled, enabled);
        }
    }
}
