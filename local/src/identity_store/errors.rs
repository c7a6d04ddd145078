//! The errors of the Identity Store, and the checks that its operations begin with.
//!
//! Source: <https://docs.aws.amazon.com/singlesignon/latest/IdentityStoreAPIReference/API_CreateGroup.html#API_CreateGroup_Errors>

use serde_json::Value;
use shared::ids::{GroupId, UserId};

use super::{groups::StoredGroup, users::StoredUser};
use crate::{api_error::ApiError, call::Call, state::State};

/// There is no such thing; the id may be a name that was looked for.
pub(super) fn not_found(kind: &'static str, id: &str) -> ApiError {
    ApiError::new("ResourceNotFoundException", format!("{kind} not found."))
        .with("ResourceType", kind)
        .with("ResourceId", id)
}

pub(super) fn conflict(reason: &str, message: &str) -> ApiError {
    ApiError::new("ConflictException", message).with("Reason", reason)
}

/// Something else has what only one can have.
pub(super) fn duplicate(message: &str) -> ApiError {
    conflict("UNIQUENESS_CONSTRAINT_VIOLATION", message)
}

/// The group, or the error that there is none.
pub(super) fn known_group<'a>(state: &'a State, id: &GroupId) -> Result<&'a StoredGroup, ApiError> {
    state.groups.get(id).ok_or_else(|| not_found("GROUP", id.as_str()))
}

/// The user, or the error that there is none.
pub(super) fn known_user<'a>(state: &'a State, id: &UserId) -> Result<&'a StoredUser, ApiError> {
    state.users.get(id).ok_or_else(|| not_found("USER", id.as_str()))
}

/// Lists could once be filtered; since December 2024 that is refused, and `GetGroupId` takes its
/// place.
///
/// Source: <https://github.com/awslabs/landing-zone-accelerator-on-aws/issues/667>
pub(super) fn no_filters(call: &Call<'_>, filters: &[Value]) -> Result<(), ApiError> {
    if filters.is_empty() { Ok(()) } else { Err(call.invalid("Filter is deprecated")) }
}

/// The error for text that is too long, or not there at all, if so.
pub(super) fn check_length(
    call: &Call<'_>,
    field: &str,
    text: &str,
    longest: usize,
) -> Result<(), ApiError> {
    if (1..=longest).contains(&text.chars().count()) {
        Ok(())
    } else {
        Err(call.invalid(format!("{field} must have between 1 and {longest} characters")))
    }
}

/// Names that the Identity Store keeps for itself.
///
/// Source: <https://docs.aws.amazon.com/singlesignon/latest/IdentityStoreAPIReference/API_CreateUser.html>
pub(super) fn check_reserved(call: &Call<'_>, name: &str) -> Result<(), ApiError> {
    if ["Administrator", "AWSAdministrators"].contains(&name) {
        return Err(call.invalid(format!("`{name}` is a reserved name")));
    }
    Ok(())
}
