//! The policies of AWS that a permission set has: `AttachManagedPolicyToPermissionSet`,
//! `DetachManagedPolicyFromPermissionSet` and `ListManagedPoliciesInPermissionSet`.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    errors,
    permission_set::{PermissionSetDetails, PermissionSetRequest},
};
use crate::{
    api_error::ApiError,
    call::Call,
    paging::{IDENTITY_CENTER_PAGE, PageRequest},
    quotas::POLICIES_PER_PERMISSION_SET,
};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ManagedPolicyRequest {
    #[serde(flatten)]
    set: PermissionSetRequest,
    managed_policy_arn: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListPoliciesRequest {
    #[serde(flatten)]
    pub(super) set: PermissionSetRequest,
    #[serde(flatten)]
    pub(super) page: PageRequest,
}

/// <https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_AttachManagedPolicyToPermissionSet.html>
pub(super) fn attach(
    call: &mut Call<'_>,
    request: &ManagedPolicyRequest,
) -> Result<Value, ApiError> {
    let arn = &request.managed_policy_arn;
    let name = check_arn(call, arn)?;
    let has_quotas = call.has_quotas();
    let set = request.set.find_mut(call)?;
    if set.managed_policies.contains_key(arn) {
        // AWS's own spelling, seen in <https://github.com/getmoto/moto/blob/master/moto/ssoadmin/models.py>.
        let message = format!(
            "Permission set with id {} already has a typed link attachment to a manged policy with {arn}",
            set.id()
        );
        return Err(errors::conflict(message));
    }
    if has_quotas {
        check_room(set)?;
    }
    set.managed_policies.insert(arn.clone(), name);
    set.revision += 1;
    Ok(json!({}))
}

/// <https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_DetachManagedPolicyFromPermissionSet.html>
pub(super) fn detach(
    call: &mut Call<'_>,
    request: &ManagedPolicyRequest,
) -> Result<Value, ApiError> {
    let arn = &request.managed_policy_arn;
    check_arn(call, arn)?;
    let set = request.set.find_mut(call)?;
    let not_found =
        || errors::resource_not_found(format!("Could not find ManagedPolicy with arn {arn}"));
    set.managed_policies.remove(arn).ok_or_else(not_found)?;
    set.revision += 1;
    Ok(json!({}))
}

/// <https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_ListManagedPoliciesInPermissionSet.html>
pub(super) fn list(call: &mut Call<'_>, request: &ListPoliciesRequest) -> Result<Value, ApiError> {
    let set = request.set.find(call)?;
    call.list(
        "AttachedManagedPolicies",
        IDENTITY_CENTER_PAGE,
        &request.page,
        &set.managed_policies,
        |(arn, _)| arn.as_str().into(),
        |(arn, name)| json!({ "Name": name, "Arn": arn }),
    )
}

/// The error that both kinds of policies together are as many as there can be, if so.
pub(super) fn check_room(set: &PermissionSetDetails) -> Result<(), ApiError> {
    let attached = set.managed_policies.len() + set.customer_managed_policies.len();
    if attached < POLICIES_PER_PERMISSION_SET {
        return Ok(());
    }
    Err(errors::quota_exceeded(POLICIES_PER_PERMISSION_SET, "policies of a permission set"))
}

/// The name of the policy with this ARN, or the error that it is none. Which of them exist, only
/// AWS knows.
pub(super) fn check_arn(call: &Call<'_>, arn: &str) -> Result<String, ApiError> {
    name_of(arn).ok_or_else(|| {
        call.invalid(format!("ManagedPolicyArn `{arn}` is not the ARN of a policy of AWS"))
    })
}

/// The last part of `arn:aws:iam::aws:policy/job-function/Billing`.
pub(super) fn name_of(arn: &str) -> Option<String> {
    let (partition, path) = arn.strip_prefix("arn:")?.split_once(":iam::aws:policy/")?;
    let fits = |letter: char| letter.is_ascii_alphanumeric() || ".,+@=_-".contains(letter);
    let is_partition = partition.starts_with("aws") && !partition.contains(':');
    let is_path = path.split('/').all(|part| !part.is_empty() && part.chars().all(fits));
    path.rsplit('/').next().filter(|_| is_partition && is_path).map(str::to_owned)
}
