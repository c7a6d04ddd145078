//! The errors of SSO Admin, and the checks that most of its operations begin with.

use shared::ids::{AccountId, InstanceArn, PermissionSetArn};

use super::permission_set::PermissionSetDetails;
use crate::{api_error::ApiError, call::Call, state::State};

pub(super) fn not_found(what: &str, id: &str) -> ApiError {
    resource_not_found(format!("{what} not found: {id}"))
}

pub(super) fn resource_not_found(message: impl Into<String>) -> ApiError {
    ApiError::new("ResourceNotFoundException", message)
}

pub(super) fn conflict(message: impl Into<String>) -> ApiError {
    ApiError::new("ConflictException", message)
}

pub(super) fn quota_exceeded(quota: usize, what: &str) -> ApiError {
    let message = format!("You have exceeded the quota of {quota} {what}.");
    ApiError::new("ServiceQuotaExceededException", message)
}

pub(super) fn access_denied(call: &Call<'_>, resource: &str) -> ApiError {
    let (account, role) = (&call.caller.account_id, call.caller.role);
    let message = format!(
        "User: arn:aws:sts::{account}:assumed-role/{role}/local is not authorized to perform: sso:{} on resource: {resource}",
        call.operation
    );
    ApiError::new("AccessDeniedException", message)
}

/// The error that there is no such instance, if so.
pub(super) fn known_instance(state: &State, instance: &InstanceArn) -> Result<(), ApiError> {
    if state.instance.instance_arn == *instance {
        Ok(())
    } else {
        Err(not_found("Instance", instance.as_str()))
    }
}

/// The permission set, or the error that there is none.
pub(super) fn known_permission_set<'a>(
    state: &'a State,
    set: &PermissionSetArn,
) -> Result<&'a PermissionSetDetails, ApiError> {
    state.permission_sets.get(set).ok_or_else(|| no_permission_set(set))
}

/// AWS names it by the last part of its ARN.
pub(super) fn no_permission_set(set: &PermissionSetArn) -> ApiError {
    let id = set.as_str().rsplit('/').next().unwrap_or_default();
    resource_not_found(format!("Could not find PermissionSet with id {id}"))
}

/// The error that the organization has no such account, if so.
pub(super) fn known_account(state: &State, account: &AccountId) -> Result<(), ApiError> {
    if state.members.contains_key(account) {
        Ok(())
    } else {
        Err(not_found("Account", account.as_str()))
    }
}
