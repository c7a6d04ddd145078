//! An error as AWS answers it.

use serde_json::Value;

/// What a call is refused with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ApiError {
    /// AWS's name of the error: `ConflictException`.
    pub(crate) code: String,
    /// What a person reads.
    pub(crate) message: String,
    /// The HTTP status.
    pub(crate) status: u16,
    /// What a program reads: the `Reason`, and what it is about.
    pub(crate) details: Vec<(&'static str, Value)>,
}

impl ApiError {
    /// The common case: status 400, which all three services use for every error that is the
    /// caller's.
    pub(crate) fn new(code: &str, message: impl Into<String>) -> Self {
        Self { code: code.to_owned(), message: message.into(), status: 400, details: Vec::new() }
    }

    /// The same, with one more field that a program reads.
    pub(crate) fn with(mut self, field: &'static str, value: impl Into<Value>) -> Self {
        self.details.push((field, value.into()));
        self
    }

    /// What the server answers to operations that it does not know, never a guess.
    pub(crate) fn not_implemented(target: &str) -> Self {
        let message =
            format!("the organization on localhost does not know the operation `{target}`");
        Self { status: 501, ..Self::new("NotImplemented", message) }
    }

    /// The body: Organizations writes `Message` and the others `message`, and SDKs read either.
    pub(crate) fn body(&self) -> Value {
        let texts =
            [("__type", &self.code), ("message", &self.message), ("Message", &self.message)];
        let texts = texts.into_iter().map(|(field, text)| (field, Value::from(text.as_str())));
        let fields = texts.chain(self.details.iter().cloned());
        Value::Object(fields.map(|(field, value)| (field.to_owned(), value)).collect())
    }
}
