//! The errors of Organizations, in its words.

use shared::ids::{AccountId, OrganizationalUnitId};

use crate::{
    api_error::ApiError,
    state::{Member, State},
};

pub(super) fn access_denied() -> ApiError {
    ApiError::new("AccessDeniedException", "You don't have permissions to access this resource.")
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

/// The account, or the error that it is not a member of the organization.
pub(super) fn known_account<'a>(
    state: &'a mut State,
    id: &AccountId,
) -> Result<&'a mut Member, ApiError> {
    state.members.get_mut(id).ok_or_else(account_not_found)
}

/// The error that no root or organizational unit has this id, if so.
pub(super) fn known_parent(state: &State, id: &OrganizationalUnitId) -> Result<(), ApiError> {
    if state.organizational_units.contains_key(id) { Ok(()) } else { Err(parent_not_found()) }
}
