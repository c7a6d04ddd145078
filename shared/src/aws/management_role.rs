//! A role in the management account, for the one call that AWS takes from there alone.
//!
//! Usher may run in a delegated administrator's account. From there it cannot list assignments by
//! principal, and asks for each pair of account and permission set instead: many more calls for the
//! same answer. With a role in the management account that may do nothing else, it can.

use std::str::FromStr;

use aws_config::{SdkConfig, sts::AssumeRoleProvider};
use aws_sdk_ssoadmin::config::SharedCredentialsProvider;

/// What the sessions are called: CloudTrail of the management account shows it.
const SESSION_NAME: &str = "usher-reconciler";

/// A role in the management account that may be assumed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManagementRole {
    /// Which one.
    pub arn: RoleArn,
    /// What its trust policy asks for, beside who is asking.
    pub external_id: Option<String>,
}

impl ManagementRole {
    /// The credentials of its sessions. Nothing is asked for yet.
    pub(super) async fn credentials(&self, config: &SdkConfig) -> SharedCredentialsProvider {
        let role = AssumeRoleProvider::builder(self.arn.as_str())
            .configure(config)
            .session_name(SESSION_NAME);
        let role = match &self.external_id {
            Some(id) => role.external_id(id),
            None => role,
        };
        SharedCredentialsProvider::new(role.build().await)
    }
}

/// The ARN of an IAM role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleArn(String);

/// It is not the ARN of a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the ARN of a role, such as `arn:aws:iam::111122223333:role/usher`")]
pub struct InvalidRoleArn;

impl RoleArn {
    /// As AWS writes it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for RoleArn {
    type Err = InvalidRoleArn;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        match parts.as_slice() {
            ["arn", _, "iam", "", account, role]
                if account.parse::<crate::ids::AccountId>().is_ok()
                    && role.strip_prefix("role/").is_some_and(|name| !name.is_empty()) =>
            {
                Ok(Self(text.to_owned()))
            }
            _ => Err(InvalidRoleArn),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_role_is_one() {
        let read = str::parse::<RoleArn>;
        for role in [
            "arn:aws:iam::310000000001:role/usher",
            "arn:aws-us-gov:iam::310000000001:role/some/path/usher",
        ] {
            assert_eq!(read(role).unwrap().as_str(), role);
        }
        for other in [
            "",
            "usher",
            "arn:aws:iam::310000000001:role/",
            "arn:aws:iam::310000000001:user/bob",
            "arn:aws:iam::31:role/usher",
            "arn:aws:sts::310000000001:assumed-role/usher/session",
        ] {
            assert_eq!(read(other), Err(InvalidRoleArn), "{other}");
        }
    }
}
