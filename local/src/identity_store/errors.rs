//! The errors of the Identity Store, and the checks that its operations begin with.

use serde_json::Value;
use shared::{
    ids::{GroupId, IdentityStoreId, UserId},
    organization::{Group, User},
};

use crate::{api_error::ApiError, call::Call, state::State};

pub(super) fn not_found(kind: &str, id: &str) -> ApiError {
    ApiError::new("ResourceNotFoundException", format!("{kind} not found: {id}"))
}

pub(super) fn conflict(message: &str) -> ApiError {
    ApiError::new("ConflictException", message)
}

/// The error that there is no such store, if so.
pub(super) fn known_store(state: &State, id: &IdentityStoreId) -> Result<(), ApiError> {
    if state.instance.identity_store_id == *id {
        Ok(())
    } else {
        Err(not_found("IDENTITY_STORE", id.as_str()))
    }
}

/// The group, or the error that there is none.
pub(super) fn known_group<'a>(state: &'a State, id: &GroupId) -> Result<&'a Group, ApiError> {
    state.groups.get(id).ok_or_else(|| not_found("GROUP", id.as_str()))
}

/// The user, or the error that there is none.
pub(super) fn known_user<'a>(state: &'a State, id: &UserId) -> Result<&'a User, ApiError> {
    state.users.get(id).ok_or_else(|| not_found("USER", id.as_str()))
}

/// Lists could once be filtered; since December 2024 that is refused, and `GetGroupId` takes its
/// place.
///
/// Source: <https://github.com/awslabs/landing-zone-accelerator-on-aws/issues/667>
pub(super) fn no_filters(call: &Call<'_>, filters: &[Value]) -> Result<(), ApiError> {
    if filters.is_empty() { Ok(()) } else { Err(call.invalid("Filter is deprecated")) }
}
