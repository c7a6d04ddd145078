//! The few fields of an EventBridge event that Usher reads, leniently.
//!
//! Ready-made event types refuse a third of the real events: service events lack what API calls
//! have, old records lack what new ones have. So an event stays a JSON value, and a getter that
//! finds nothing says so.

use serde_json::Value;

/// An event as EventBridge delivers it.
#[derive(Clone, Copy, Debug)]
pub struct Event<'a> {
    envelope: &'a Value,
}

/// Who or what an event is about, in one key: the same event name means different things in other
/// services, and as an API call (accepted) and a service event (done).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventKey<'a> {
    /// Such as `organizations.amazonaws.com`.
    pub source: &'a str,
    /// `AwsApiCall`, `AwsServiceEvent` and so on.
    pub kind: &'a str,
    /// Such as `MoveAccount`.
    pub name: &'a str,
}

impl<'a> Event<'a> {
    /// An event, if the value is one: an object with a source.
    ///
    /// # Errors
    /// Why it is not one, for the log.
    pub fn new(envelope: &'a Value) -> Result<Self, &'static str> {
        let object = envelope.as_object().ok_or("not a JSON object")?;
        object
            .get("source")
            .and_then(Value::as_str)
            .ok_or("no `source`: not an EventBridge event")?;
        Ok(Self { envelope })
    }

    /// The bus's name for the sender: `aws.organizations`. Nobody but AWS can send one that begins
    /// with `aws.`.
    #[must_use]
    pub fn source(&self) -> &'a str {
        self.text("/source").unwrap_or_default()
    }

    /// The kind of event: `AWS API Call via CloudTrail`.
    #[must_use]
    pub fn detail_type(&self) -> &'a str {
        self.text("/detail-type").unwrap_or_default()
    }

    /// What it is about. Empty texts where the event has none.
    #[must_use]
    pub fn key(&self) -> EventKey<'a> {
        let detail = |name| self.text(name).unwrap_or_default();
        EventKey {
            source: detail("/detail/eventSource"),
            kind: detail("/detail/eventType"),
            name: detail("/detail/eventName"),
        }
    }

    /// The event's name: CloudTrail's, or the detail type.
    #[must_use]
    pub fn name(&self) -> &'a str {
        self.text("/detail/eventName").unwrap_or_else(|| self.detail_type())
    }

    /// The id that stays the same when the event is delivered again: CloudTrail's, else the
    /// envelope's.
    #[must_use]
    pub fn id(&self) -> Option<&'a str> {
        self.text("/detail/eventID").or_else(|| self.text("/id"))
    }

    /// When it happened.
    #[must_use]
    pub fn time(&self) -> Option<&'a str> {
        self.text("/detail/eventTime").or_else(|| self.text("/time"))
    }

    /// Who did it, as far as the event says.
    #[must_use]
    pub fn actor(&self) -> Option<&'a str> {
        [
            "/detail/userIdentity/arn",
            "/detail/userIdentity/invokedBy",
            "/detail/userIdentity/accountId",
        ]
        .into_iter()
        .find_map(|path| self.text(path))
    }

    /// The ARN of the role with whose session the call was made; nothing, when it was not a role's.
    #[must_use]
    pub fn role_arn(&self) -> Option<&'a str> {
        self.text("/detail/userIdentity/sessionContext/sessionIssuer/arn")
    }

    /// The error of a call that failed. Only at the top of the detail: deeper ones are about
    /// something else.
    #[must_use]
    pub fn error_code(&self) -> Option<&'a str> {
        self.text("/detail/errorCode")
    }

    /// Whether the call only read.
    #[must_use]
    pub fn is_read_only(&self) -> bool {
        self.envelope.pointer("/detail/readOnly").and_then(Value::as_bool).unwrap_or(false)
    }

    /// The text at a JSON pointer, if there is text.
    #[must_use]
    pub fn text(&self, pointer: &str) -> Option<&'a str> {
        self.envelope.pointer(pointer).and_then(Value::as_str)
    }

    /// The value at a JSON pointer.
    #[must_use]
    pub fn value(&self, pointer: &str) -> Option<&'a Value> {
        self.envelope.pointer(pointer)
    }
}
