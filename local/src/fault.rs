//! Faults: how a test makes AWS fail.

use serde_json::Value;
use shared::ids::AccountId;

use crate::api_error::ApiError;

/// What should fail, how, and how often.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The service and operation: `sso-admin:ListAccountAssignments`.
    pub operation: String,
    /// How it fails.
    pub error: FaultKind,
    /// Only requests that name this account.
    pub account_id: Option<AccountId>,
    /// How many times; without a number, always.
    pub times: Option<u32>,
}

/// How an operation fails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// The call is answered with this error.
    Error {
        /// AWS's name of the error: `ThrottlingException`.
        code: String,
        /// What a person reads.
        message: String,
        /// The HTTP status.
        status: u16,
    },
    /// The call is accepted, and the assignment ends as `FAILED` with this reason.
    AssignmentFails {
        /// The `FailureReason`.
        reason: String,
    },
}

/// The faults that are still to come.
#[derive(Debug, Default)]
pub(crate) struct Faults(Vec<Fault>);

impl Faults {
    pub(crate) fn add(&mut self, fault: Fault) {
        self.0.push(fault);
    }

    /// The error that this request shall be answered with, if any.
    pub(crate) fn take_error(&mut self, operation: &str, body: &Value) -> Option<ApiError> {
        self.take(operation, body, |kind| match kind {
            FaultKind::Error { code, message, status } => {
                Some(ApiError { status: *status, ..ApiError::new(code, message.as_str()) })
            }
            FaultKind::AssignmentFails { .. } => None,
        })
    }

    /// The reason that this assignment shall fail with, if any.
    pub(crate) fn take_assignment_failure(
        &mut self,
        operation: &str,
        account: &AccountId,
    ) -> Option<String> {
        let body = Value::from(account.as_str());
        self.take(operation, &body, |kind| match kind {
            FaultKind::AssignmentFails { reason } => Some(reason.clone()),
            FaultKind::Error { .. } => None,
        })
    }

    /// The first fault that fits, counted down.
    fn take<T>(
        &mut self,
        operation: &str,
        body: &Value,
        of: impl Fn(&FaultKind) -> Option<T>,
    ) -> Option<T> {
        self.0
            .iter_mut()
            .filter(|fault| fault.operation == operation && fault.concerns(body))
            .find_map(|fault| {
                let error = of(&fault.error)?;
                match &mut fault.times {
                    Some(0) => return None,
                    Some(times) => *times -= 1,
                    None => {}
                }
                Some(error)
            })
    }
}

impl Fault {
    fn concerns(&self, body: &Value) -> bool {
        self.account_id.as_ref().is_none_or(|account| names(body, account.as_str()))
    }
}

/// Whether this text stands anywhere in the request: each operation has its own field for the
/// account.
fn names(body: &Value, text: &str) -> bool {
    match body {
        Value::String(value) => value == text,
        Value::Array(values) => values.iter().any(|value| names(value, text)),
        Value::Object(fields) => fields.values().any(|value| names(value, text)),
        _ => false,
    }
}
