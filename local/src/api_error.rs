//! An error as AWS answers it.

use serde_json::{Value, json};

/// What a call is refused with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ApiError {
    /// AWS's name of the error: `ConflictException`.
    pub(crate) code: String,
    /// What a person reads.
    pub(crate) message: String,
    /// The HTTP status.
    pub(crate) status: u16,
}

impl ApiError {
    /// The common case: status 400, which all three services use for every error that is the
    /// caller's.
    pub(crate) fn new(code: &str, message: impl Into<String>) -> Self {
        Self { code: code.to_owned(), message: message.into(), status: 400 }
    }

    /// What the server answers to operations that it does not know, never a guess.
    pub(crate) fn not_implemented(target: &str) -> Self {
        let message =
            format!("the organization on localhost does not know the operation `{target}`");
        Self { status: 501, ..Self::new("NotImplemented", message) }
    }

    /// The body: Organizations writes `Message` and the others `message`, and SDKs read either.
    pub(crate) fn body(&self) -> Value {
        json!({ "__type": self.code, "message": self.message, "Message": self.message })
    }
}
