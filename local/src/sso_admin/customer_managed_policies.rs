//! The customer's own policies that a permission set names:
//! `AttachCustomerManagedPolicyReferenceToPermissionSet`,
//! `DetachCustomerManagedPolicyReferenceFromPermissionSet` and
//! `ListCustomerManagedPolicyReferencesInPermissionSet`.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    errors,
    managed_policies::{self, ListPoliciesRequest},
    permission_set::PermissionSetRequest,
};
use crate::{api_error::ApiError, call::Call, paging::IDENTITY_CENTER_PAGE};

/// A policy that is expected under this name in every account.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct PolicyReference {
    pub(super) name: String,
    #[serde(default = "root_path")]
    pub(super) path: String,
}

fn root_path() -> String {
    "/".to_owned()
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct PolicyReferenceRequest {
    #[serde(flatten)]
    set: PermissionSetRequest,
    customer_managed_policy_reference: PolicyReference,
}

/// <https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_AttachCustomerManagedPolicyReferenceToPermissionSet.html>
pub(super) fn attach(
    call: &mut Call<'_>,
    request: &PolicyReferenceRequest,
) -> Result<Value, ApiError> {
    let policy = &request.customer_managed_policy_reference;
    policy.check(call)?;
    let has_quotas = call.has_quotas();
    let set = request.set.find_mut(call)?;
    if set.customer_managed_policies.contains(policy) {
        let PolicyReference { name, path } = policy;
        return Err(errors::conflict(format!(
            "Given customer managed policy with name: {name}  and path {path} already attached"
        )));
    }
    if has_quotas {
        managed_policies::check_room(set)?;
    }
    set.customer_managed_policies.insert(policy.clone());
    set.revision += 1;
    Ok(json!({}))
}

/// <https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_DetachCustomerManagedPolicyReferenceFromPermissionSet.html>
pub(super) fn detach(
    call: &mut Call<'_>,
    request: &PolicyReferenceRequest,
) -> Result<Value, ApiError> {
    let policy = &request.customer_managed_policy_reference;
    policy.check(call)?;
    let set = request.set.find_mut(call)?;
    if !set.customer_managed_policies.remove(policy) {
        let PolicyReference { name, path } = policy;
        return Err(errors::resource_not_found(format!(
            "Given managed policy with name: {name}  and path {path} does not exist on PermissionSet"
        )));
    }
    set.revision += 1;
    Ok(json!({}))
}

/// <https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_ListCustomerManagedPolicyReferencesInPermissionSet.html>
pub(super) fn list(call: &mut Call<'_>, request: &ListPoliciesRequest) -> Result<Value, ApiError> {
    let set = request.set.find(call)?;
    call.list(
        "CustomerManagedPolicyReferences",
        IDENTITY_CENTER_PAGE,
        &request.page,
        &set.customer_managed_policies,
        // A space sorts before all that a name may hold.
        |policy| format!("{} {}", policy.name, policy.path).into(),
        |policy| json!(policy),
    )
}

impl PolicyReference {
    /// Source: <https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_CustomerManagedPolicyReference.html>
    pub(super) fn check(&self, call: &Call<'_>) -> Result<(), ApiError> {
        let Self { name, path } = self;
        let fits = |letter: char| letter.is_ascii_alphanumeric() || "_+=,.@-".contains(letter);
        if !(1..=128).contains(&name.len()) || !name.chars().all(fits) {
            return Err(call.invalid(format!("Name `{name}` does not match [\\w+=,.@-]{{1,128}}")));
        }
        let parts = path.strip_prefix('/').and_then(|path| path.strip_suffix('/'));
        let all_fit = parts.is_some_and(|parts| {
            parts.split('/').all(|part| !part.is_empty() && part.chars().all(fits))
        });
        let is_path = path == "/" || (all_fit && path.len() <= 512);
        if is_path {
            Ok(())
        } else {
            Err(call.invalid(format!("Path `{path}` is not a path such as /team/")))
        }
    }
}
