//! What an organizational unit may be called.

use shared::ids::OrganizationalUnitId;

use super::errors;
use crate::{api_error::ApiError, state::State};

/// The longest name.
///
/// Unit: characters. Source: <https://docs.aws.amazon.com/organizations/latest/APIReference/API_OrganizationalUnit.html>
const LONGEST: usize = 128;

/// The error that a unit below this parent cannot take this name, if so. Names are unique within
/// their parent only.
pub(super) fn check(
    state: &State,
    name: &str,
    parent: &OrganizationalUnitId,
) -> Result<(), ApiError> {
    errors::check_length(name, 1, LONGEST)?;
    if state.organizational_units.of_parent(parent).any(|unit| unit.name == name) {
        let message = "An OU with the same name already exists.";
        return Err(ApiError::new("DuplicateOrganizationalUnitException", message));
    }
    Ok(())
}
