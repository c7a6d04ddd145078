//! What travels on the lane: a scope, and the event that caused it.
//!
//! The lane is one FIFO queue with one message group, so that one run at a time changes
//! assignments.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    ids::Digest,
    organization::{Assignment, Gap},
    plan::{Earlier, Summary},
    scope::{self, Lead, Scope, changed_assignment, event::Event},
};

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
    /// The held set of revocations that somebody has approved, when that is why to look. The approval itself is read
    /// where it was written down: who may send to the lane may not approve by that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval: Option<Digest>,
    /// What went before, when this is the rest of what one run had no time for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Before>,
}

/// What went before the rest of a scope.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Before {
    /// The further events that caused it.
    pub causes: Vec<Cause>,
    /// Of a sweep: what was found so far.
    pub sweep: Option<Tally>,
    /// What counts against the limit on revocations, of a sweep or not.
    pub earlier: Earlier,
}

/// What the parts of a sweep have found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Tally {
    /// How many parts there were.
    pub parts: usize,
    /// How many changes, and of what kind.
    pub summary: Summary,
    /// How many changes were tried and did not succeed.
    pub failed: usize,
    /// What could not be read: so much of it as is worth carrying on.
    pub gaps: Vec<Gap>,
    /// How many assignments were made in accounts that later parts look at again, and count among those that are
    /// as they should be.
    pub found_again: usize,
}

/// As many gaps are carried on from part to part. An announcement has no room for more anyway, and
/// each part has told its own in the log.
const MOST_GAPS: usize = 500;

impl Tally {
    /// How many changes, and of what kind, when this was the last part.
    #[must_use]
    pub fn whole(&self) -> Summary {
        let unchanged = self.summary.unchanged.saturating_sub(self.found_again);
        Summary { unchanged, ..self.summary }
    }

    /// Both.
    #[must_use]
    pub fn plus(mut self, mut other: Self) -> Self {
        self.gaps.append(&mut other.gaps);
        self.gaps.sort_unstable();
        self.gaps.dedup();
        self.gaps.truncate(MOST_GAPS);
        Self {
            parts: self.parts.saturating_add(other.parts),
            summary: self.summary + other.summary,
            failed: self.failed.saturating_add(other.failed),
            gaps: self.gaps,
            found_again: self.found_again.saturating_add(other.found_again),
        }
    }
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
    /// The assignment that somebody asked to be made or taken away, when that is what happened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assignment: Option<Assignment>,
}

/// What the schedule's messages name as their cause, in the template and in EventBridge's own
/// events, and what a person's name who sends one by hand.
const NOT_EVENTS: [&str; 5] = ["", "By hand", "Schedule", "Scheduled Event", "Tick"];

/// What the message names as its cause that `usher approve` sends.
pub const REVOCATIONS_APPROVED: &str = "Revocations Approved";

impl Cause {
    /// Whether an event said so, which comes once; and not the schedule, which comes again by itself.
    #[must_use]
    pub fn is_event(&self) -> bool {
        !NOT_EVENTS.contains(&self.event.as_str())
    }

    /// When it happened, of an event that AWS sent: not of what the schedule or an admin put on the lane.
    #[must_use]
    pub fn time_of_event(&self) -> Option<DateTime<Utc>> {
        let is_of_aws = self.is_event() && self.event != REVOCATIONS_APPROVED;
        self.time.as_deref().filter(|_| is_of_aws)?.parse().ok()
    }

    /// What an event says of itself.
    #[must_use]
    pub fn of(event: Event<'_>) -> Self {
        Self {
            event: event.name().to_owned(),
            id: event.id().map(str::to_owned),
            time: event.time().map(str::to_owned),
            actor: event.actor().map(str::to_owned),
            assignment: changed_assignment(event),
        }
    }

    /// Whether it says that somebody changes an assignment: AWS has accepted that, and makes the change
    /// some seconds later.
    #[must_use]
    pub fn is_of_an_assignment(&self) -> bool {
        ["CreateAccountAssignment", "DeleteAccountAssignment"].contains(&self.event.as_str())
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
            Lead::Look { scope, .. } => Ok(Self { scope, cause, ..Self::default() }),
            Lead::Ignore(_) => Ok(Self { cause, ..Self::default() }),
        }
    }

    /// The message's body.
    #[must_use]
    pub fn body(&self) -> String {
        serde_json::json!(self).to_string()
    }

    /// All events that caused it.
    pub fn causes(&self) -> impl Iterator<Item = &Cause> {
        std::iter::once(&self.cause).chain(self.before.iter().flat_map(|before| &before.causes))
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
            ..LaneMessage::default()
        };
        assert_eq!(LaneMessage::parse(&message.body()), Ok(message.clone()));
        let approval = Some("3066fc2ea86dabb44d37".parse().unwrap());
        let message = LaneMessage { approval, ..message };
        assert_eq!(LaneMessage::parse(&message.body()), Ok(message));
    }

    #[test]
    fn the_schedule_may_write_to_the_lane_itself() {
        let event = r#"{"source": "aws.scheduler", "detail-type": "Scheduled Event", "id": "1", "detail": "{}"}"#;
        assert!(LaneMessage::parse(event).unwrap().scope.everything);
        assert!(LaneMessage::parse(r#"{"scope": {"everything": true}}"#).unwrap().scope.everything);
        assert!(LaneMessage::parse(r#"{"scope": {"tick": true}}"#).unwrap().scope.tick);
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
