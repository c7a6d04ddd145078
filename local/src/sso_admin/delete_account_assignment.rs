//! `DeleteAccountAssignment`

use serde_json::Value;

use super::assignment::{self, ChangeRequest, Direction};
use crate::{api_error::ApiError, call::Call};

/// The principal need not exist any more: a deleted group leaves its assignments behind.
///
/// <https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_DeleteAccountAssignment.html>
pub(super) fn delete_account_assignment(
    call: &mut Call<'_>,
    request: &ChangeRequest,
) -> Result<Value, ApiError> {
    let unwanted = request.assignment(call)?;
    assignment::accept(call, Direction::Deletion, unwanted)
}
