//! Definitions of permission sets: what they are to be made of.

use std::collections::BTreeMap;

use crate::source::Span;

pub use crate::organization::{PermissionsBoundary, PolicyReference};

/// What a permission set is to be made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PermissionSetDefinition {
    /// Its name, unique in the file.
    pub name: String,
    /// Where the name stands.
    pub span: Span,
    /// For people.
    pub description: Option<String>,
    /// How long a session lasts, in ISO 8601: `PT8H`.
    pub session_duration: Option<String>,
    /// Where a session begins in the console.
    pub relay_state: Option<String>,
    /// ARNs of AWS's own policies.
    pub managed_policies: Vec<String>,
    /// Policies that exist in every account.
    pub customer_managed_policies: Vec<PolicyReference>,
    /// A policy of its own, as JSON.
    pub inline_policy: Option<serde_json::Value>,
    /// What it can hold at the most.
    pub permissions_boundary: Option<PermissionsBoundary>,
    /// Tags of the permission set.
    pub tags: BTreeMap<String, String>,
}
