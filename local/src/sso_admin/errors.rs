//! The errors of SSO Admin, and the checks that most of its operations begin with.

use shared::ids::{AccountId, InstanceArn, PermissionSetArn};

use crate::{api_error::ApiError, call::Call, state::State};

pub(super) fn not_found(what: &str, id: &str) -> ApiError {
    ApiError::new("ResourceNotFoundException", format!("{what} not found: {id}"))
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

/// The error that there is no such permission set, if so.
pub(super) fn known_permission_set(state: &State, set: &PermissionSetArn) -> Result<(), ApiError> {
    if state.permission_sets.contains_key(set) {
        Ok(())
    } else {
        Err(not_found("PermissionSet", set.as_str()))
    }
}

/// The error that the organization has no such account, if so.
pub(super) fn known_account(state: &State, account: &AccountId) -> Result<(), ApiError> {
    if state.members.contains_key(account) {
        Ok(())
    } else {
        Err(not_found("Account", account.as_str()))
    }
}
