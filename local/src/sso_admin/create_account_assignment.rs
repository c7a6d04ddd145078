//! `CreateAccountAssignment`

use serde_json::Value;
use shared::organization::{Assignment, Principal};

use super::{
    assignment::{self, ChangeRequest, Direction},
    errors,
};
use crate::{
    api_error::ApiError,
    call::Call,
    quotas::{GROUPS_PER_PERMISSION_SET_AND_ACCOUNT, OUTSTANDING_CREATIONS},
    state::State,
};

/// <https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_CreateAccountAssignment.html>
pub(super) fn create_account_assignment(
    call: &mut Call<'_>,
    request: &ChangeRequest,
) -> Result<Value, ApiError> {
    let wanted = request.assignment(call)?;
    check_principal(call.state, &wanted.principal)?;
    check_groups(call.state, &wanted)?;
    check_outstanding(call)?;
    assignment::accept(call, Direction::Creation, wanted)
}

fn check_principal(state: &State, principal: &Principal) -> Result<(), ApiError> {
    let known = match principal {
        Principal::Group(id) => state.groups.contains_key(id),
        Principal::User(id) => state.users.contains_key(id),
    };
    if known { Ok(()) } else { Err(errors::not_found(principal.kind(), principal.id())) }
}

/// Source: <https://docs.aws.amazon.com/singlesignon/latest/userguide/limits.html>
fn check_groups(state: &State, wanted: &Assignment) -> Result<(), ApiError> {
    let others = state.assignments.iter().filter(|other| {
        other.account_id == wanted.account_id
            && other.permission_set_arn == wanted.permission_set_arn
            && other.principal.kind() == "GROUP"
    });
    let is_full = others.count() >= GROUPS_PER_PERMISSION_SET_AND_ACCOUNT;
    if is_full && wanted.principal.kind() == "GROUP" && !state.assignments.contains(wanted) {
        let message = format!(
            "You have exceeded the quota of {GROUPS_PER_PERMISSION_SET_AND_ACCOUNT} groups for a permission set in an account."
        );
        return Err(ApiError::new("ServiceQuotaExceededException", message));
    }
    Ok(())
}

fn check_outstanding(call: &Call<'_>) -> Result<(), ApiError> {
    let creations = call.state.assignment_requests.iter();
    let outstanding = creations
        .filter(|request| request.direction == Direction::Creation && request.is_in_progress());
    if call.has_quotas() && outstanding.count() >= OUTSTANDING_CREATIONS {
        let message = format!("More than {OUTSTANDING_CREATIONS} assignments are being created.");
        return Err(ApiError::new("ThrottlingException", message));
    }
    Ok(())
}
