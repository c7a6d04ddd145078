//! An event comes in, a scope goes out on the lane: what all event functions do.

use serde::Serialize;
use serde_json::Value;
use tracing::{Instrument, error, info, warn};

use crate::{
    aws::failure::chain,
    lane::{Cause, LaneMessage},
    relevance::relevant,
    scope::{self, About, Function, Lead, Route, Scope, event::Event},
};

use super::{failure::Failure, trace::span_of, world::World};

/// What became of an event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It says where to look: that went on the lane.
    Sent(Box<LaneMessage>),
    /// There is nothing to do, and why.
    Ignored(String),
}

/// Sends the place that an event names to the lane, or ignores the event with one line in the log.
///
/// The rules are asked first whether it can matter. When they cannot be read, it is taken to matter:
/// an event comes once.
///
/// # Errors
/// The lane did not take it. Lambda then hands the event over again, and the lane drops what came
/// twice.
pub async fn event(world: &World, function: Function, payload: Value) -> Result<Outcome, Failure> {
    let cause = Event::new(&payload).map(Cause::of).unwrap_or_default();
    let span = span_of([&cause]);
    heard(world, function, &payload, cause).instrument(span).await
}

async fn heard(
    world: &World,
    function: Function,
    payload: &Value,
    cause: Cause,
) -> Result<Outcome, Failure> {
    let (scope, about) = match scope::route(payload) {
        Route { function: Some(other), .. } if other != function => {
            return Ok(ignore(&cause, format!("it is for {other}")));
        }
        Route { lead: Lead::Look { scope, about }, .. } => (scope, about),
        Route { lead: Lead::Ignore(why), .. } => return Ok(ignore(&cause, why)),
    };
    match weigh(world, scope, &about).await {
        Ok(scope) => {
            to_lane(world, scope, cause).await.map(|message| Outcome::Sent(Box::new(message)))
        }
        Err(why) => Ok(ignore(&cause, why)),
    }
}

/// What the rules leave of a scope, or why they leave nothing.
async fn weigh(world: &World, scope: Scope, about: &About) -> Result<Scope, String> {
    // Whoever has no rules sends everything on.
    let Ok(source) = world.rules() else { return Ok(scope) };
    match source.read().await {
        Ok(rules) => relevant(&rules, scope, about, world.settings().own_role.as_deref()),
        Err(failure) => {
            warn!(error = chain(&failure), "rules not read: the event is taken to matter");
            Ok(scope)
        }
    }
}

/// Puts a place on the lane.
pub(super) async fn to_lane(
    world: &World,
    scope: Scope,
    cause: Cause,
) -> Result<LaneMessage, Failure> {
    let message = LaneMessage { scope, cause, ..LaneMessage::default() };
    // An event without an id is the same event when it says the same.
    let deduplication_id = message.cause.id.clone().unwrap_or_else(|| message.body());
    if let Err(failure) = world.lane()?.send(&message, &deduplication_id).await {
        error!(%failure, "not sent to the lane: the event comes again");
        return Err(Failure::Send(failure));
    }
    info!(event = message.cause.event, id = message.cause.id, scope = %message.scope, "sent to the lane");
    Ok(message)
}

fn ignore(cause: &Cause, why: String) -> Outcome {
    info!(event = cause.event, id = cause.id, why, "ignored");
    Outcome::Ignored(why)
}
