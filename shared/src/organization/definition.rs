//! What a permission set is made of, as a snapshot may say it: with the keys that the rules'
//! definitions have.

use serde::{Deserialize, Serialize};

use super::Tags;

/// What a permission set is made of. Decisions ask for its name only; this is for those who make
/// one again from a snapshot. A snapshot without it does not say.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Definition {
    /// For people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// How long a session lasts, in ISO 8601: `PT8H`. AWS's default when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_duration: Option<String>,
    /// Where a session begins in the console.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub relay_state: Option<String>,
    /// ARNs of AWS's own policies.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub managed_policies: Vec<String>,
    /// Policies that exist in every account.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub customer_managed_policies: Vec<PolicyReference>,
    /// A policy of its own, as JSON, or as text that is JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inline_policy: Option<serde_json::Value>,
    /// What it can hold at the most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub permissions_boundary: Option<PermissionsBoundary>,
    /// Tags of the permission set.
    #[serde(skip_serializing_if = "Tags::is_empty")]
    pub tags: Tags,
}

/// A customer's own policy, by name and path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyReference {
    /// Its name.
    pub name: String,
    /// Its path; `/` when left out.
    #[serde(default = "root")]
    pub path: String,
}

fn root() -> String {
    "/".to_owned()
}

/// The policy that bounds a permission set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PermissionsBoundary {
    /// AWS's own, by ARN.
    #[serde(rename = "managed_policy")]
    Managed(String),
    /// A customer's own.
    #[serde(rename = "customer_managed_policy")]
    CustomerManaged(PolicyReference),
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn again(value: Value) -> Result<Value, serde_json::Error> {
        let definition: Definition = serde_json::from_value(value)?;
        serde_json::to_value(definition)
    }

    #[test]
    fn a_definition_is_written_as_it_is_read() {
        let whole = json!({
            "description": "Builders",
            "session_duration": "PT8H",
            "relay_state": "https://console.aws.amazon.com/ec2",
            "managed_policies": ["arn:aws:iam::aws:policy/PowerUserAccess"],
            "customer_managed_policies": [{ "name": "builders", "path": "/team/" }],
            "inline_policy": { "Version": "2012-10-17", "Statement": [] },
            "permissions_boundary": { "customer_managed_policy": { "name": "bound", "path": "/" } },
            "tags": { "team": "platform" },
        });
        assert_eq!(again(whole.clone()).unwrap(), whole);
        assert_eq!(again(json!({})).unwrap(), json!({}));
        let boundary =
            json!({ "permissions_boundary": { "managed_policy": "arn:aws:iam::aws:policy/X" } });
        assert_eq!(again(boundary.clone()).unwrap(), boundary);
    }

    #[test]
    fn what_is_not_known_is_refused() {
        for wrong in [
            json!({ "managed_policy": [] }),
            json!({ "permissions_boundary": { "policy": "x" } }),
            json!({ "customer_managed_policies": [{ "name": "x", "arn": "y" }] }),
        ] {
            assert!(again(wrong.clone()).is_err(), "{wrong}");
        }
    }
}
