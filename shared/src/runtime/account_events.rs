//! An account event comes in, a scope goes out on the lane.

use serde::Serialize;
use serde_json::Value;
use tracing::info;

use crate::{
    lane::{Cause, LaneMessage},
    scope::{self, Lead, Scope, event::Event},
};

use super::{failure::Failure, world::World};

/// What became of an event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It says where to look: that went on the lane.
    Sent(LaneMessage),
    /// There is nothing to do, and why.
    Ignored(String),
}

/// Sends the place that an account event names to the lane, or ignores the event with one line in
/// the log.
///
/// # Errors
/// The lane did not take it. Lambda then hands the event over again, and the lane drops what came
/// twice.
pub async fn account_event(world: &World, payload: Value) -> Result<Outcome, Failure> {
    let cause = Event::new(&payload).map(Cause::of).unwrap_or_default();
    match scope::from_account_event(&payload) {
        Lead::Look(scope) => send(world, scope, cause).await,
        Lead::Ignore(why) => Ok(ignore(&cause, why)),
    }
}

async fn send(world: &World, scope: Scope, cause: Cause) -> Result<Outcome, Failure> {
    let message = LaneMessage { scope, cause };
    // An event without an id is the same event when it says the same.
    let deduplication_id = message.cause.id.clone().unwrap_or_else(|| message.body());
    world.lane()?.send(&message, &deduplication_id).await.map_err(Failure::Send)?;
    info!(event = message.cause.event, id = message.cause.id, "sent to the lane");
    Ok(Outcome::Sent(message))
}

fn ignore(cause: &Cause, why: String) -> Outcome {
    info!(event = cause.event, id = cause.id, why, "ignored");
    Outcome::Ignored(why)
}
