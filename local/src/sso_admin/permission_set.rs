//! A permission set with what snapshots leave out, and how its requests find it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::Value;
use shared::{
    ids::{InstanceArn, PermissionSetArn},
    organization::Tags,
};

use super::{
    customer_managed_policies::PolicyReference, delegated, errors,
    permissions_boundary::PermissionsBoundary,
};
use crate::{api_error::ApiError, call::Call, clock, fields};

/// How long a session lasts when nobody said.
///
/// Source: <https://docs.aws.amazon.com/singlesignon/latest/userguide/howtosessionduration.html>
pub(super) const SESSION_DURATION: &str = "PT1H";

/// A permission set.
#[derive(Clone, Debug)]
pub(crate) struct PermissionSetDetails {
    pub(super) arn: PermissionSetArn,
    pub(crate) name: String,
    pub(super) description: Option<String>,
    pub(super) session_duration: String,
    pub(super) relay_state: Option<String>,
    pub(super) created: DateTime<Utc>,
    pub(super) tags: Tags,
    /// Names of AWS managed policies, by their ARNs.
    pub(super) managed_policies: BTreeMap<String, String>,
    pub(super) customer_managed_policies: BTreeSet<PolicyReference>,
    pub(super) inline_policy: Option<String>,
    pub(super) permissions_boundary: Option<PermissionsBoundary>,
    /// Counted up with each change that accounts do not know of until they are provisioned again.
    pub(super) revision: u64,
}

impl PermissionSetDetails {
    /// A new one, of which nothing but the name is said.
    pub(super) fn new(arn: PermissionSetArn, name: String, created: DateTime<Utc>) -> Self {
        Self {
            arn,
            name,
            description: None,
            session_duration: SESSION_DURATION.to_owned(),
            relay_state: None,
            created,
            tags: Tags::new(),
            managed_policies: BTreeMap::new(),
            customer_managed_policies: BTreeSet::new(),
            inline_policy: None,
            permissions_boundary: None,
            revision: 0,
        }
    }

    /// `PermissionSet`
    pub(super) fn to_value(&self) -> Value {
        fields::known([
            ("PermissionSetArn", Some(self.arn.as_str().into())),
            ("Name", Some(self.name.clone().into())),
            ("Description", self.description.clone().map(Value::from)),
            ("SessionDuration", Some(self.session_duration.clone().into())),
            ("RelayState", self.relay_state.clone().map(Value::from)),
            ("CreatedDate", Some(clock::seconds(self.created))),
        ])
    }

    /// The last part of the ARN, by which AWS names it in errors.
    pub(super) fn id(&self) -> &str {
        self.arn.as_str().rsplit('/').next().unwrap_or_default()
    }
}

/// The two fields with which each request for a permission set begins.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct PermissionSetRequest {
    instance_arn: InstanceArn,
    permission_set_arn: PermissionSetArn,
}

impl PermissionSetRequest {
    /// The permission set, to look at.
    pub(super) fn find<'a>(
        &self,
        call: &'a Call<'_>,
    ) -> Result<&'a PermissionSetDetails, ApiError> {
        errors::known_instance(call.state, &self.instance_arn)?;
        errors::known_permission_set(call.state, &self.permission_set_arn)
    }

    /// The permission set, to change it; unless the caller may not.
    pub(super) fn find_mut<'a>(
        &self,
        call: &'a mut Call<'_>,
    ) -> Result<&'a mut PermissionSetDetails, ApiError> {
        self.find(call)?;
        delegated::may_change_permission_set(call, &self.permission_set_arn)?;
        let set = call.state.permission_sets.get_mut(&self.permission_set_arn);
        set.ok_or_else(|| errors::no_permission_set(&self.permission_set_arn))
    }
}

/// Whether an account has the newest revision of a permission set.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(super) enum ProvisioningStatus {
    #[serde(rename = "LATEST_PERMISSION_SET_PROVISIONED")]
    Provisioned,
    #[serde(rename = "LATEST_PERMISSION_SET_NOT_PROVISIONED")]
    NotProvisioned,
}

impl ProvisioningStatus {
    pub(super) fn fits(self, provisioned: u64, set: &PermissionSetDetails) -> bool {
        match self {
            Self::Provisioned => provisioned == set.revision,
            Self::NotProvisioned => provisioned != set.revision,
        }
    }
}
