//! The schedule, which sweeps.

use serde_json::Value;

use super::{Lead, Scope, event::Event};

/// Everything, when the event comes from the schedule: of an EventBridge rule (`aws.events`) or of
/// EventBridge Scheduler, whose default payload has its detail as text.
#[must_use]
pub fn from_schedule(envelope: &Value) -> Lead {
    match Event::new(envelope) {
        Err(why) => Lead::ignore(why),
        Ok(event) => match (event.source(), event.detail_type()) {
            ("aws.events" | "aws.scheduler", "Scheduled Event") => Lead::Look(Scope::everything()),
            (source, detail_type) => {
                Lead::ignore(format!("`{detail_type}` of `{source}` is not the schedule"))
            }
        },
    }
}
