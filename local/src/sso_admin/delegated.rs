//! What a delegated administrator may not touch: the management account, and whatever is used
//! there.
//!
//! Source: <https://docs.aws.amazon.com/singlesignon/latest/userguide/delegated-admin.html>

use shared::ids::{AccountId, PermissionSetArn};

use super::errors;
use crate::{api_error::ApiError, call::Call};

/// The error that the caller may not change who has what in this account, if so.
pub(super) fn may_change_account(call: &Call<'_>, account: &AccountId) -> Result<(), ApiError> {
    if call.is_from_management_account() || *account != call.state.facts.management_account_id {
        return Ok(());
    }
    Err(errors::access_denied(call, &format!("arn:aws:sso:::account/{account}")))
}

/// The error that the caller may not change this permission set or its assignments, if so: one that
/// is used in the management account cannot even be assigned in another.
pub(super) fn may_change_permission_set(
    call: &Call<'_>,
    set: &PermissionSetArn,
) -> Result<(), ApiError> {
    let management = &call.state.facts.management_account_id;
    if call.is_from_management_account() || !call.state.assignments.is_provisioned(management, set)
    {
        return Ok(());
    }
    Err(errors::access_denied(call, set.as_str()))
}
