//! The schedule, which sweeps.

use super::{About, Lead, Scope, event::Event};

/// Everything, when the event comes from the schedule: of an EventBridge rule (`aws.events`) or of
/// EventBridge Scheduler, whose default payload has its detail as text.
pub(super) fn lead(event: Event<'_>) -> Lead {
    match event.detail_type() {
        "Scheduled Event" => Lead::look(Scope::everything(), About::Anything),
        other => Lead::ignore(format!("`{other}` of `{}` is not the schedule", event.source())),
    }
}
