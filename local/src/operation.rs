//! An operation with its types taken off, so that a service can list all of its own in one table.

use std::fmt;

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{api_error::ApiError, call::Call, service::Service};

type Run = Box<dyn Fn(&mut Call<'_>, &Value) -> Result<Value, ApiError>>;

/// What an operation does to the organization.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// Looks. EventBridge does not deliver these calls to a rule in state `ENABLED`.
    Read,
    /// Changes something, and is told as an event.
    Write,
    /// Passes something on: SQS and EventBridge, whose data events CloudTrail does not send.
    Relay,
}

/// An operation that is ready to run.
pub(crate) struct Operation {
    pub(crate) access: Access,
    run: Run,
}

impl fmt::Debug for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Operation").field("access", &self.access).finish_non_exhaustive()
    }
}

impl Operation {
    /// An operation that only looks.
    pub(crate) fn read<Request: DeserializeOwned>(
        run: impl Fn(&mut Call<'_>, &Request) -> Result<Value, ApiError> + 'static,
    ) -> Self {
        Self::new(Access::Read, run)
    }

    /// An operation that changes the organization.
    pub(crate) fn write<Request: DeserializeOwned>(
        run: impl Fn(&mut Call<'_>, &Request) -> Result<Value, ApiError> + 'static,
    ) -> Self {
        Self::new(Access::Write, run)
    }

    /// An operation that hands something over to be kept.
    pub(crate) fn relay<Request: DeserializeOwned>(
        run: impl Fn(&mut Call<'_>, &Request) -> Result<Value, ApiError> + 'static,
    ) -> Self {
        Self::new(Access::Relay, run)
    }

    fn new<Request: DeserializeOwned>(
        access: Access,
        run: impl Fn(&mut Call<'_>, &Request) -> Result<Value, ApiError> + 'static,
    ) -> Self {
        let run: Run = Box::new(move |call, body| {
            let request =
                Request::deserialize(body).map_err(|error| refuse(&error, call.service))?;
            run(call, &request)
        });
        Self { access, run }
    }

    /// Answers one request.
    pub(crate) fn answer(&self, call: &mut Call<'_>, body: &Value) -> Result<Value, ApiError> {
        (self.run)(call, body)
    }
}

/// AWS cannot read a number where text belongs, but it can read, and refuse, text that is not an
/// id.
fn refuse(error: &serde_json::Error, service: Service) -> ApiError {
    let message = error.to_string();
    let code = if message.starts_with("invalid type") {
        "SerializationException"
    } else {
        service.invalid_request_code()
    };
    let refused = ApiError::new(code, message.as_str());
    if code == "InvalidInputException" {
        return refused.with("Reason", reason(&message));
    }
    refused
}

/// Why Organizations finds a value invalid.
///
/// Source: <https://docs.aws.amazon.com/organizations/latest/APIReference/API_CreateOrganizationalUnit.html#API_CreateOrganizationalUnit_Errors>
fn reason(message: &str) -> &'static str {
    if message.starts_with("missing field") {
        "INPUT_REQUIRED"
    } else if message.starts_with("unknown variant") {
        "INVALID_ENUM"
    } else {
        "INVALID_PATTERN"
    }
}
