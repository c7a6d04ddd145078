//! The changes that `UpdateUser` and `UpdateGroup` are told to make.

use serde::Deserialize;
use serde_json::Value;

use crate::{api_error::ApiError, call::Call};

/// The most changes of one call.
///
/// Source: <https://docs.aws.amazon.com/singlesignon/latest/IdentityStoreAPIReference/API_UpdateUser.html>
const OPERATIONS: usize = 100;

/// `AttributeOperation`: without a value, the attribute is taken away.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct AttributeOperation {
    pub(super) attribute_path: String,
    #[serde(default)]
    pub(super) attribute_value: Value,
}

/// The error that there are too many of them, or none, if so.
pub(super) fn check_number(
    call: &Call<'_>,
    operations: &[AttributeOperation],
) -> Result<(), ApiError> {
    if (1..=OPERATIONS).contains(&operations.len()) {
        Ok(())
    } else {
        Err(call.invalid(format!("Operations must have between 1 and {OPERATIONS} members")))
    }
}
