//! A permission set with what snapshots leave out.

use chrono::{DateTime, Utc};
use serde_json::Value;
use shared::{ids::PermissionSetArn, organization::PermissionSet};

use crate::{clock, fields};

/// How long a session lasts when nobody said.
///
/// Source: <https://docs.aws.amazon.com/singlesignon/latest/userguide/howtosessionduration.html>
pub(super) const SESSION_DURATION: &str = "PT1H";

/// A permission set.
#[derive(Clone, Debug)]
pub(crate) struct PermissionSetDetails {
    pub(super) arn: PermissionSetArn,
    pub(super) name: String,
    pub(super) description: Option<String>,
    pub(super) session_duration: String,
    pub(super) created: DateTime<Utc>,
}

impl PermissionSetDetails {
    /// Of a snapshot, which knows the name only.
    pub(crate) fn from_snapshot(set: PermissionSet, created: DateTime<Utc>) -> Self {
        let PermissionSet { arn, name } = set;
        Self {
            arn,
            name,
            description: None,
            session_duration: SESSION_DURATION.to_owned(),
            created,
        }
    }

    /// For a snapshot.
    pub(crate) fn to_snapshot(&self) -> PermissionSet {
        PermissionSet { arn: self.arn.clone(), name: self.name.clone() }
    }

    /// `PermissionSet`
    pub(super) fn to_value(&self) -> Value {
        fields::known([
            ("PermissionSetArn", Some(self.arn.as_str().into())),
            ("Name", Some(self.name.clone().into())),
            ("Description", self.description.clone().map(Value::from)),
            ("SessionDuration", Some(self.session_duration.clone().into())),
            ("CreatedDate", Some(clock::seconds(self.created))),
        ])
    }
}
