//! Identifiers as checked types: an account id cannot be passed where a group id is meant, and text
//! that is not an id never travels further than the place where it was read.

use std::{
    fmt,
    hash::{Hash, Hasher},
    str::FromStr,
    sync::Arc,
};

use serde::{Deserialize, Serialize};

/// Text that is not an identifier of the kind that was expected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not {expected}")]
pub struct InvalidId {
    /// What stood there.
    pub text: String,
    /// What was expected, with its shape, as the end of a sentence.
    pub expected: &'static str,
}

/// Declares a checked newtype over shared text: its meaning, the words for an error, and the function
/// that normalises accepted text or refuses it.
macro_rules! id {
    ($(#[$meta:meta])* $name:ident, $expected:literal, $normalise:path) => {
        $(#[$meta])*
        #[derive(Clone, Debug, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Arc<str>);

        /// Mostly the text is shared, and need not be read.
        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                Arc::ptr_eq(&self.0, &other.0) || self.0 == other.0
            }
        }

        impl Hash for $name {
            fn hash<H: Hasher>(&self, state: &mut H) {
                self.0.hash(state);
            }
        }

        impl $name {
            /// The identifier as AWS writes it.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                $normalise(text)
                    .map(|id| Self(id.into()))
                    .ok_or_else(|| InvalidId { text: text.to_owned(), expected: $expected })
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;

            fn try_from(text: String) -> Result<Self, InvalidId> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0.as_ref().to_owned()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

id!(
    /// An AWS account: twelve digits.
    AccountId,
    "an account id (12 digits)",
    account_id
);
id!(
    /// An organizational unit (`ou-…`) or the root (`r-…`): what an account's parent can be.
    OrganizationalUnitId,
    "an organizational unit's id (`ou-…`) or the root's (`r-…`)",
    organizational_unit_id
);
id!(
    /// An organization: `o-…`.
    OrganizationId,
    "an organization's id (`o-…`)",
    organization_id
);
id!(
    /// A permission set of one Identity Center instance.
    PermissionSetArn,
    "a permission set's ARN (`arn:aws:sso:::permissionSet/ssoins-…/ps-…`)",
    permission_set_arn
);
id!(
    /// An Identity Center instance.
    InstanceArn,
    "an Identity Center instance's ARN (`arn:aws:sso:::instance/ssoins-…`)",
    instance_arn
);
id!(
    /// The directory behind an instance: `d-…` (or, for older ones, a UUID).
    IdentityStoreId,
    "an identity store's id (`d-…`)",
    identity_store_id
);
id!(
    /// A group of the identity store: a UUID, in older stores with ten hex digits before it.
    ///
    /// AWS also accepts and sends the ARN form; it is cut down to the bare id.
    GroupId,
    "a group's id (a UUID)",
    principal_id
);
id!(
    /// A user of the identity store. Same shapes as [`GroupId`].
    UserId,
    "a user's id (a UUID)",
    principal_id
);
id!(
    /// A set of revocations: what an approval is for. Small letters only, so that it can name a file.
    Digest,
    "a digest of revocations (20 hexadecimal digits)",
    digest
);

impl Digest {
    /// The digest of those bytes.
    pub(crate) fn of_bytes<'b>(bytes: impl Iterator<Item = &'b u8>) -> Self {
        Self(bytes.map(|byte| format!("{byte:02x}")).collect::<String>().into())
    }
}

fn account_id(text: &str) -> Option<&str> {
    (text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())).then_some(text)
}

/// Source of the shapes: <https://docs.aws.amazon.com/organizations/latest/APIReference/API_OrganizationalUnit.html>.
fn organizational_unit_id(text: &str) -> Option<&str> {
    let segments: Vec<&str> = text.split('-').collect();
    let well_formed = match segments.as_slice() {
        ["r", root] => is_lower_alphanumeric(root, 4..=32),
        ["ou", root, unit] => {
            is_lower_alphanumeric(root, 4..=32) && is_lower_alphanumeric(unit, 8..=32)
        }
        _ => false,
    };
    well_formed.then_some(text)
}

fn organization_id(text: &str) -> Option<&str> {
    let rest = text.strip_prefix("o-")?;
    is_lower_alphanumeric(rest, 10..=32).then_some(text)
}

/// The partition is left open: `aws`, `aws-us-gov` and `aws-cn` are in use.
fn permission_set_arn(text: &str) -> Option<&str> {
    let (instance, set) = sso_resource(text, "permissionSet/")?.split_once('/')?;
    (instance.starts_with("ssoins-") && set.len() > 3 && set.starts_with("ps-")).then_some(text)
}

fn instance_arn(text: &str) -> Option<&str> {
    let instance = sso_resource(text, "instance/")?;
    (instance.len() > 7 && instance.starts_with("ssoins-") && !instance.contains('/'))
        .then_some(text)
}

/// What follows `arn:PARTITION:sso:::KIND` in an ARN of Identity Center.
fn sso_resource<'a>(text: &'a str, kind: &str) -> Option<&'a str> {
    let (partition, rest) = text.strip_prefix("arn:")?.split_once(":sso:::")?;
    (partition.starts_with("aws") && !partition.contains(':')).then_some(())?;
    rest.strip_prefix(kind)
}

fn identity_store_id(text: &str) -> Option<&str> {
    let directory =
        text.strip_prefix("d-").is_some_and(|rest| is_lower_alphanumeric(rest, 10..=10));
    (directory || is_uuid(text)).then_some(text)
}

fn digest(text: &str) -> Option<&str> {
    let is_lower_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    (text.len() == 20 && text.bytes().all(is_lower_hex)).then_some(text)
}

/// A UUID or, in older stores, ten hex digits and a UUID; either may stand behind an ARN, which is cut
/// off. A store has the one shape or the other, so they are never taken for the same.
fn principal_id(text: &str) -> Option<&str> {
    let bare = if text.starts_with("arn:") { text.rsplit_once('/')?.1 } else { text };
    let uuid = match bare.split_once('-') {
        Some((prefix, rest)) if prefix.len() == 10 => is_hex(prefix).then_some(rest)?,
        _ => bare,
    };
    is_uuid(uuid).then_some(bare)
}

fn is_uuid(text: &str) -> bool {
    let mut lengths = [8, 4, 4, 4, 12].into_iter();
    let segments_fit =
        text.split('-').all(|segment| is_hex(segment) && lengths.next() == Some(segment.len()));
    segments_fit && lengths.next().is_none()
}

fn is_hex(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn is_lower_alphanumeric(text: &str, length: std::ops::RangeInclusive<usize>) -> bool {
    length.contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check<Id: FromStr>(accepted: &[&str], refused: &[&str]) {
        for text in accepted {
            assert!(text.parse::<Id>().is_ok(), "`{text}` should be accepted");
        }
        for text in refused {
            assert!(text.parse::<Id>().is_err(), "`{text}` should be refused");
        }
    }

    #[test]
    fn account_ids_are_twelve_digits() {
        check::<AccountId>(
            &["012345678901"],
            &["", "12345678901", "1234567890123", "12345678901a"],
        );
    }

    #[test]
    fn organizational_unit_ids_include_roots_and_long_ones() {
        check::<OrganizationalUnitId>(
            &["r-ab12", "ou-ab12-c3d4e5f6", "ou-ab12-0123456789abcdef0123456789abcdef"],
            &[
                "order-service",
                "customer-prod",
                "ou-ab12",
                "ou-ab12-short",
                "r-",
                "r-AB12",
                "/Workloads",
            ],
        );
    }

    #[test]
    fn digests_can_name_files() {
        check::<Digest>(
            &["3066fc2ea86dabb44d37"],
            &["", "3066fc2ea86dabb44d3", "3066FC2EA86DABB44D37", "../../../../../../../"],
        );
    }

    #[test]
    fn arns_are_told_apart() {
        let set = "arn:aws:sso:::permissionSet/ssoins-7223aaaabbbbcccc/ps-1111222233334444";
        let instance = "arn:aws-us-gov:sso:::instance/ssoins-7223aaaabbbbcccc";
        check::<PermissionSetArn>(
            &[set],
            &[instance, "PowerUserAccess", "arn:aws:sso:::permissionSet/x/ps-1"],
        );
        check::<InstanceArn>(&[instance], &[set, "ssoins-7223aaaabbbbcccc"]);
    }

    #[test]
    fn a_principal_id_is_the_same_behind_an_arn() {
        let uuid = "b4a83468-d051-70a3-0b2c-5a4f3e2d1c0b";
        let long = format!("9067642ac7-{uuid}");
        for text in [uuid.to_owned(), long.clone(), format!("arn:aws:identitystore:::group/{long}")]
        {
            let id: GroupId = text.parse().unwrap();
            assert!(text.ends_with(id.as_str()) && !id.as_str().starts_with("arn:"));
        }
        check::<GroupId>(
            &[],
            &["", "Engineering", "b4a83468-d051-70a3-0b2c", "arn:aws:identitystore:::group"],
        );
    }
}
