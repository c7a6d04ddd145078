//! What travels on the lane: a scope, and the event that caused it.
//!
//! The lane is one FIFO queue with one message group, so that one run at a time changes
//! assignments.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::scope::{self, Lead, Scope, event::Event};

/// The one message group of the lane.
pub const MESSAGE_GROUP: &str = "usher";

/// A message on the lane.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LaneMessage {
    /// Where to look.
    pub scope: Scope,
    /// Why.
    #[serde(default)]
    pub cause: Cause,
}

/// The event that made somebody look: for logs, announcements and the demo, never for a decision.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Cause {
    /// Its name: `MoveAccount`.
    pub event: String,
    /// Its id: CloudTrail's where there is one.
    pub id: Option<String>,
    /// When it happened, as the event says.
    pub time: Option<String>,
    /// Who did it, as far as the event says.
    pub actor: Option<String>,
}

/// What the schedule's messages name as their cause, in the template and in EventBridge's own
/// events, and what a person's name who sends one by hand.
const NOT_EVENTS: [&str; 4] = ["", "By hand", "Schedule", "Scheduled Event"];

impl Cause {
    /// Whether an event said so, which comes once; and not the schedule, which comes again by itself.
    #[must_use]
    pub fn is_event(&self) -> bool {
        !NOT_EVENTS.contains(&self.event.as_str())
    }

    /// What an event says of itself.
    #[must_use]
    pub fn of(event: Event<'_>) -> Self {
        Self {
            event: event.name().to_owned(),
            id: event.id().map(str::to_owned),
            time: event.time().map(str::to_owned),
            actor: event.actor().map(str::to_owned),
        }
    }
}

impl LaneMessage {
    /// Reads a message's body: a scope with its cause, or an EventBridge event that a rule or the
    /// schedule put on the queue by itself.
    ///
    /// # Errors
    /// Why it is neither.
    pub fn parse(body: &str) -> Result<Self, String> {
        let value: Value =
            serde_json::from_str(body).map_err(|error| format!("not JSON: {error}"))?;
        if value.get("scope").is_some() {
            return serde_json::from_value(value).map_err(|error| format!("not a scope: {error}"));
        }
        let cause = Cause::of(Event::new(&value)?);
        match scope::from_any_event(&value) {
            Lead::Look { scope, .. } => Ok(Self { scope, cause }),
            Lead::Ignore(_) => Ok(Self { scope: Scope::default(), cause }),
        }
    }

    /// The message's body.
    #[must_use]
    pub fn body(&self) -> String {
        serde_json::json!({ "scope": self.scope, "cause": self.cause }).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_comes_out_as_it_went_in() {
        let message = LaneMessage {
            scope: Scope::account("210987654321".parse().unwrap()),
            cause: Cause {
                event: "MoveAccount".to_owned(),
                id: Some("e-1".to_owned()),
                ..Cause::default()
            },
        };
        assert_eq!(LaneMessage::parse(&message.body()), Ok(message));
    }

    #[test]
    fn the_schedule_may_write_to_the_lane_itself() {
        let event = r#"{"source": "aws.scheduler", "detail-type": "Scheduled Event", "id": "1", "detail": "{}"}"#;
        assert!(LaneMessage::parse(event).unwrap().scope.everything);
        assert!(LaneMessage::parse(r#"{"scope": {"everything": true}}"#).unwrap().scope.everything);
    }

    #[test]
    fn what_is_no_message_is_refused() {
        for body in
            ["", "not json", "[]", "{}", r#"{"scope": 1}"#, r#"{"scope": {"account": ["1"]}}"#]
        {
            assert!(LaneMessage::parse(body).is_err(), "`{body}`");
        }
    }
}
