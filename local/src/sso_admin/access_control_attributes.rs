//! Which attributes of a user AWS may look at to decide:
//! `{Create,Describe,Update,Delete}InstanceAccessControlAttributeConfiguration`.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use shared::ids::InstanceArn;

use super::errors;
use crate::{api_error::ApiError, call::Call};

/// The most attributes.
///
/// Unit: attributes. Source: <https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_InstanceAccessControlAttributeConfiguration.html>
const ATTRIBUTES: usize = 50;

/// A key for policies, and where its value comes from.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct AccessControlAttribute {
    key: String,
    value: AttributeValue,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
struct AttributeValue {
    /// One, though it is a list: `${path:enterprise.department}`.
    source: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Configuration {
    access_control_attributes: Vec<AccessControlAttribute>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct PutRequest {
    instance_arn: InstanceArn,
    instance_access_control_attribute_configuration: Configuration,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct InstanceRequest {
    instance_arn: InstanceArn,
}

/// <https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_CreateInstanceAccessControlAttributeConfiguration.html>
pub(super) fn create(call: &mut Call<'_>, request: &PutRequest) -> Result<Value, ApiError> {
    let attributes = request.checked(call)?;
    if call.state.access_control_attributes.is_some() {
        let message = "The instance already has an access control attribute configuration.";
        return Err(errors::conflict(message));
    }
    call.state.access_control_attributes = Some(attributes);
    Ok(json!({}))
}

/// <https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_DescribeInstanceAccessControlAttributeConfiguration.html>
pub(super) fn describe(call: &mut Call<'_>, request: &InstanceRequest) -> Result<Value, ApiError> {
    errors::known_instance(call.state, &request.instance_arn)?;
    let attributes = call.state.access_control_attributes.as_ref().ok_or_else(none)?;
    Ok(json!({
        "Status": "ENABLED",
        "InstanceAccessControlAttributeConfiguration": { "AccessControlAttributes": attributes },
    }))
}

/// <https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_UpdateInstanceAccessControlAttributeConfiguration.html>
pub(super) fn update(call: &mut Call<'_>, request: &PutRequest) -> Result<Value, ApiError> {
    let attributes = request.checked(call)?;
    let current = call.state.access_control_attributes.as_mut().ok_or_else(none)?;
    *current = attributes;
    Ok(json!({}))
}

/// <https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_DeleteInstanceAccessControlAttributeConfiguration.html>
pub(super) fn delete(call: &mut Call<'_>, request: &InstanceRequest) -> Result<Value, ApiError> {
    errors::known_instance(call.state, &request.instance_arn)?;
    call.state.access_control_attributes.take().ok_or_else(none)?;
    Ok(json!({}))
}

fn none() -> ApiError {
    errors::resource_not_found("The instance has no access control attribute configuration.")
}

impl PutRequest {
    /// The attributes, if all is in order.
    fn checked(&self, call: &Call<'_>) -> Result<Vec<AccessControlAttribute>, ApiError> {
        errors::known_instance(call.state, &self.instance_arn)?;
        let attributes =
            &self.instance_access_control_attribute_configuration.access_control_attributes;
        if attributes.len() > ATTRIBUTES {
            return Err(call.invalid(format!("there can be {ATTRIBUTES} attributes at most")));
        }
        let mut keys = BTreeSet::new();
        for AccessControlAttribute { key, value } in attributes {
            if !(1..=128).contains(&key.chars().count()) || !keys.insert(key) {
                return Err(
                    call.invalid(format!("the attribute `{key}` is not allowed, or there twice"))
                );
            }
            if value.source.len() != 1 {
                return Err(call.invalid(format!("the attribute `{key}` must have one source")));
            }
        }
        Ok(attributes.clone())
    }
}
