//! The errors of Organizations, in its words, and the checks that most of its operations begin
//! with.
//!
//! Source: <https://docs.aws.amazon.com/organizations/latest/APIReference/API_Operations.html>

use shared::{
    ids::{AccountId, OrganizationalUnitId},
    organization::OrganizationalUnit,
};

use super::{accounts::Member, handshake::Handshake};
use crate::{api_error::ApiError, call::Call, state::State};

pub(super) fn access_denied() -> ApiError {
    ApiError::new("AccessDeniedException", "You don't have permissions to access this resource.")
}

/// The caller's account belongs to no organization, or not to this one.
pub(super) fn not_in_use() -> ApiError {
    let message = "Your account is not a member of an organization.";
    ApiError::new("AWSOrganizationsNotInUseException", message)
}

pub(super) fn account_not_found() -> ApiError {
    ApiError::new("AccountNotFoundException", "You specified an account that doesn't exist.")
}

pub(super) fn parent_not_found() -> ApiError {
    ApiError::new("ParentNotFoundException", "You specified a parent that doesn't exist.")
}

pub(super) fn target_not_found() -> ApiError {
    ApiError::new("TargetNotFoundException", "You specified a target that doesn't exist.")
}

/// A value that cannot be right, with why.
pub(super) fn invalid_input(reason: &str, message: impl Into<String>) -> ApiError {
    ApiError::new("InvalidInputException", message).with("Reason", reason)
}

/// A limit of the organization that would be passed, or something that it never does.
pub(super) fn constraint(reason: &str, message: impl Into<String>) -> ApiError {
    ApiError::new("ConstraintViolationException", message).with("Reason", reason)
}

/// The error for a value that is too short or too long, counted in characters, if so.
pub(super) fn check_length(text: &str, shortest: usize, longest: usize) -> Result<(), ApiError> {
    let length = text.chars().count();
    if length < shortest {
        return Err(invalid_input(
            "MIN_LENGTH_EXCEEDED",
            format!("You provided a value that is shorter than {shortest} characters."),
        ));
    }
    if length > longest {
        return Err(invalid_input(
            "MAX_LENGTH_EXCEEDED",
            format!("You provided a value that is longer than {longest} characters."),
        ));
    }
    Ok(())
}

/// The account, or the error that it is not a member of the organization.
pub(super) fn known_account<'a>(state: &'a State, id: &AccountId) -> Result<&'a Member, ApiError> {
    state.members.get(id).ok_or_else(account_not_found)
}

/// The error that no root or organizational unit has this id, if so.
pub(super) fn known_parent(state: &State, id: &OrganizationalUnitId) -> Result<(), ApiError> {
    if state.organizational_units.contains_key(id) { Ok(()) } else { Err(parent_not_found()) }
}

/// The organizational unit, which the root is not, or the error that there is none.
pub(super) fn known_unit<'a>(
    call: &'a Call<'_>,
    id: &OrganizationalUnitId,
) -> Result<&'a OrganizationalUnit, ApiError> {
    if !id.as_str().starts_with("ou-") {
        let message = "You provided a value that does not match the required pattern.";
        return Err(invalid_input("INVALID_PATTERN", message));
    }
    call.state.organizational_units.get(id).ok_or_else(|| {
        let message = "You specified an organizational unit that doesn't exist.";
        ApiError::new("OrganizationalUnitNotFoundException", message)
    })
}

pub(super) fn not_registered() -> ApiError {
    let message = "The account is not a delegated administrator for this service.";
    ApiError::new("AccountNotRegisteredException", message)
}

/// The handshake, or the error that there is none.
pub(super) fn known_handshake<'a>(call: &'a Call<'_>, id: &str) -> Result<&'a Handshake, ApiError> {
    call.state.handshakes.get(id, call.now).ok_or_else(|| {
        let message = "You specified a handshake that doesn't exist.";
        ApiError::new("HandshakeNotFoundException", message)
    })
}

pub(super) fn already_in_an_organization() -> ApiError {
    let message = "The invited account is already a member of an organization.";
    ApiError::new("HandshakeConstraintViolationException", message)
        .with("Reason", "ALREADY_IN_AN_ORGANIZATION")
}
