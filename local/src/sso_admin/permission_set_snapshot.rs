//! A permission set in a snapshot, which knows its name, and may say what it is made of.

use chrono::{DateTime, Utc};
use serde_json::Value;
use shared::organization::{self, Definition, PermissionSet};

use super::{
    customer_managed_policies::PolicyReference,
    managed_policies,
    permission_set::{PermissionSetDetails, SESSION_DURATION},
    permissions_boundary::PermissionsBoundary,
};

impl PermissionSetDetails {
    /// Of a snapshot, as if it had never been changed.
    pub(crate) fn from_snapshot(set: PermissionSet, created: DateTime<Utc>) -> Self {
        let details = Self::new(set.arn, set.name, created);
        let Some(definition) = set.definition else { return details };
        let Definition { managed_policies, customer_managed_policies, .. } = *definition;
        let named = |arn: String| (arn.clone(), managed_policies::name_of(&arn).unwrap_or(arn));
        let policies = customer_managed_policies.into_iter().map(PolicyReference::from);
        Self {
            description: definition.description,
            session_duration: definition.session_duration.unwrap_or(details.session_duration),
            relay_state: definition.relay_state,
            tags: definition.tags,
            managed_policies: managed_policies.into_iter().map(named).collect(),
            customer_managed_policies: policies.collect(),
            inline_policy: definition.inline_policy.map(text),
            permissions_boundary: definition.permissions_boundary.map(PermissionsBoundary::from),
            ..details
        }
    }

    /// For a snapshot. One of which nothing was ever said but the name needs no definition.
    pub(crate) fn to_snapshot(&self) -> PermissionSet {
        let duration =
            Some(&self.session_duration).filter(|duration| *duration != SESSION_DURATION);
        let policies = self.customer_managed_policies.iter().cloned();
        let definition = Definition {
            description: self.description.clone(),
            session_duration: duration.cloned(),
            relay_state: self.relay_state.clone(),
            managed_policies: self.managed_policies.keys().cloned().collect(),
            customer_managed_policies: policies.map(organization::PolicyReference::from).collect(),
            inline_policy: self.inline_policy.as_deref().map(json),
            permissions_boundary: self.permissions_boundary.clone().map(Into::into),
            tags: self.tags.clone(),
        };
        let definition = (definition != Definition::default()).then(|| Box::new(definition));
        PermissionSet { arn: self.arn.clone(), name: self.name.clone(), definition }
    }
}

/// A policy that is JSON is shown as such, but for what is no JSON after all.
fn json(policy: &str) -> Value {
    serde_json::from_str(policy).unwrap_or_else(|_| policy.into())
}

fn text(policy: Value) -> String {
    match policy {
        Value::String(text) => text,
        policy => policy.to_string(),
    }
}

impl From<organization::PolicyReference> for PolicyReference {
    fn from(organization::PolicyReference { name, path }: organization::PolicyReference) -> Self {
        Self { name, path }
    }
}

impl From<PolicyReference> for organization::PolicyReference {
    fn from(PolicyReference { name, path }: PolicyReference) -> Self {
        Self { name, path }
    }
}

impl From<organization::PermissionsBoundary> for PermissionsBoundary {
    fn from(boundary: organization::PermissionsBoundary) -> Self {
        match boundary {
            organization::PermissionsBoundary::Managed(arn) => Self::Managed(arn),
            organization::PermissionsBoundary::CustomerManaged(policy) => {
                Self::CustomerManaged(policy.into())
            }
        }
    }
}

impl From<PermissionsBoundary> for organization::PermissionsBoundary {
    fn from(boundary: PermissionsBoundary) -> Self {
        match boundary {
            PermissionsBoundary::Managed(arn) => Self::Managed(arn),
            PermissionsBoundary::CustomerManaged(policy) => Self::CustomerManaged(policy.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn set(definition: &Value) -> PermissionSet {
        let arn = "arn:aws:sso:::permissionSet/ssoins-6508b0b5c0ffee01/ps-6508b0b5c0ffee51";
        let set = json!({ "arn": arn, "name": "PowerUserAccess", "definition": definition });
        serde_json::from_value(set).unwrap()
    }

    fn again(set: PermissionSet) -> PermissionSet {
        PermissionSetDetails::from_snapshot(set, DateTime::UNIX_EPOCH).to_snapshot()
    }

    #[test]
    fn nothing_of_a_definition_is_lost() {
        let whole = set(&json!({
            "description": "Builders",
            "session_duration": "PT8H",
            "relay_state": "https://console.aws.amazon.com/ec2",
            "managed_policies": ["arn:aws:iam::aws:policy/PowerUserAccess"],
            "customer_managed_policies": [{ "name": "builders", "path": "/team/" }],
            "inline_policy": { "Statement": [], "Version": "2012-10-17" },
            "permissions_boundary": { "customer_managed_policy": { "name": "bound", "path": "/" } },
            "tags": { "team": "platform" },
        }));
        assert_eq!(again(whole.clone()), whole);
        let arn = "arn:aws:iam::aws:policy/job-function/Billing";
        let bound = set(&json!({ "permissions_boundary": { "managed_policy": arn } }));
        assert_eq!(again(bound.clone()), bound);
    }

    #[test]
    fn a_policy_may_be_json_in_text() {
        let [text, policy] = [json!("{\"Statement\":[]}"), json!({ "Statement": [] })]
            .map(|policy| again(set(&json!({ "inline_policy": policy }))));
        assert_eq!(text, policy);
    }

    #[test]
    fn a_plain_snapshot_stays_plain() {
        let plain = set(&Value::Null);
        assert_eq!(again(plain.clone()), plain);
        assert_eq!(again(set(&json!({ "session_duration": "PT1H" }))), plain);
    }
}
