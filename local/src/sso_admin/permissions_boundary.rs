//! The boundary that no policy of a permission set leads beyond:
//! `PutPermissionsBoundaryToPermissionSet`, `GetPermissionsBoundaryForPermissionSet` and
//! `DeletePermissionsBoundaryFromPermissionSet`.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    customer_managed_policies::PolicyReference, errors, managed_policies,
    permission_set::PermissionSetRequest,
};
use crate::{api_error::ApiError, call::Call};

/// One policy, of either kind.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) enum PermissionsBoundary {
    #[serde(rename = "CustomerManagedPolicyReference")]
    CustomerManaged(PolicyReference),
    #[serde(rename = "ManagedPolicyArn")]
    Managed(String),
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct PutRequest {
    #[serde(flatten)]
    set: PermissionSetRequest,
    permissions_boundary: PermissionsBoundary,
}

/// <https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_PutPermissionsBoundaryToPermissionSet.html>
pub(super) fn put(call: &mut Call<'_>, request: &PutRequest) -> Result<Value, ApiError> {
    match &request.permissions_boundary {
        PermissionsBoundary::CustomerManaged(policy) => policy.check(call)?,
        PermissionsBoundary::Managed(arn) => {
            managed_policies::check_arn(call, arn)?;
        }
    }
    let set = request.set.find_mut(call)?;
    set.permissions_boundary = Some(request.permissions_boundary.clone());
    set.revision += 1;
    Ok(json!({}))
}

/// <https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_GetPermissionsBoundaryForPermissionSet.html>
pub(super) fn get(call: &mut Call<'_>, request: &PermissionSetRequest) -> Result<Value, ApiError> {
    let boundary = request.find(call)?.permissions_boundary.as_ref();
    Ok(json!({ "PermissionsBoundary": boundary.ok_or_else(none)? }))
}

/// <https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_DeletePermissionsBoundaryFromPermissionSet.html>
pub(super) fn delete(
    call: &mut Call<'_>,
    request: &PermissionSetRequest,
) -> Result<Value, ApiError> {
    let set = request.find_mut(call)?;
    set.permissions_boundary.take().ok_or_else(none)?;
    set.revision += 1;
    Ok(json!({}))
}

fn none() -> ApiError {
    errors::resource_not_found("Could not find a PermissionsBoundary for the PermissionSet")
}
