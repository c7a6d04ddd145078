//! A rules file was written: it takes force, or it is rejected and everything stays as it was.

use serde::{Serialize, Serializer};
use serde_json::Value;
use tracing::{Instrument, error, info};

use crate::{
    announcement::{self, Announcement},
    aws::{failure::chain, rules_bucket::RulesBucket, store::Replaced},
    failure::CallFailure,
    lane::{Cause, LaneMessage},
    lint::lint,
    promotion::{examine, is_before},
    reconcile::Announce,
    rules::{InvalidRules, Rules},
    scope::{RulesObject, Scope, event::Event},
};

use super::{events::to_lane, failure::Failure, trace::span_of, world::World};

/// How often a promotion looks again when others came into force while it looked. Each time somebody
/// else's was done, so one of many is always done.
const ATTEMPTS: u32 = 5;

/// What became of an event about the rules.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RulesOutcome {
    /// The rules are in force, and everything is looked at.
    Activated(Box<LaneMessage>),
    /// They have mistakes, which were announced.
    #[serde(serialize_with = "as_people_read_it")]
    Rejected(Box<InvalidRules>),
    /// There is nothing to do, and why.
    Ignored(String),
}

/// Puts the version of the rules that an event names in force, if it is right, and sends the lane
/// everywhere; or announces what is wrong with it.
///
/// # Errors
/// S3, the lane or the bus could not be reached. Lambda then hands the event over again: every step
/// may be done twice.
pub async fn rules_event(world: &World, payload: Value) -> Result<RulesOutcome, Failure> {
    let event = Event::new(&payload);
    let cause = event.map(Cause::of).unwrap_or_default();
    let span = span_of([&cause]);
    let examined = examined(world, event.ok(), cause).instrument(span.clone()).await;
    if let Err(failure) = &examined {
        span.in_scope(|| error!(error = chain(failure), "the event comes again"));
    }
    examined
}

async fn examined(
    world: &World,
    event: Option<Event<'_>>,
    cause: Cause,
) -> Result<RulesOutcome, Failure> {
    let bucket = world.rules_bucket()?;
    let Some(object) = event.and_then(RulesObject::written) else {
        return Ok(ignore(&cause, "it does not say that a file was written"));
    };
    if !bucket.is_written_by_people(&object) {
        return Ok(ignore(&cause, "it is about another file"));
    }
    let Some(bytes) = bucket.version(&object).await.map_err(Failure::Store)? else {
        return Ok(ignore(&cause, "that version of the rules is gone: nothing is taken from it"));
    };
    let name = object.key.clone();
    match examine(name, bytes.clone(), world.now()) {
        Ok(rules) => take_force(world, bucket, Candidate { object, bytes, rules }, cause).await,
        Err(invalid) => reject(world, bucket, &object, invalid, cause).await,
    }
}

/// A version of the rules that is right.
struct Candidate {
    object: RulesObject,
    bytes: Vec<u8>,
    rules: Rules,
}

async fn take_force(
    world: &World,
    bucket: &RulesBucket,
    candidate: Candidate,
    cause: Cause,
) -> Result<RulesOutcome, Failure> {
    let Candidate { object, bytes, rules } = candidate;
    for _ in 0..ATTEMPTS {
        let in_force = bucket.in_force().await.map_err(Failure::Store)?;
        if let (Some(own), Some(other)) = (&object.sequencer, &in_force.sequencer) {
            if is_before(own, other) {
                return Ok(ignore(&cause, "later rules are in force already"));
            }
            // Delivered again: what comes after the promotion may not have been done.
            if !is_before(other, own) {
                return activated(world, &object, &rules, cause).await;
            }
        }
        let promoted = bucket.promote(&object, bytes.clone(), &in_force).await;
        match promoted.map_err(Failure::Store)? {
            Replaced::Yes => return activated(world, &object, &rules, cause).await,
            Replaced::Overtaken => {}
        }
    }
    Err(Failure::Overtaken(ATTEMPTS))
}

/// Everything is looked at first: rules that are in force and not followed are worse than rules that
/// nobody was told of.
async fn activated(
    world: &World,
    object: &RulesObject,
    rules: &Rules,
    cause: Cause,
) -> Result<RulesOutcome, Failure> {
    let causes = [cause.clone()];
    let message = to_lane(world, Scope::rules_changed(), cause).await?;
    let warnings = lint(rules, world.now());
    let announcement = announcement::rules_activated(object, rules, &warnings, &causes);
    announce(world, announcement).await?;
    info!(version = object.version_id, rules = rules.rules.len(), "the rules are in force");
    Ok(RulesOutcome::Activated(Box::new(message)))
}

async fn reject(
    world: &World,
    bucket: &RulesBucket,
    object: &RulesObject,
    invalid: InvalidRules,
    cause: Cause,
) -> Result<RulesOutcome, Failure> {
    log_mistakes(object, &invalid);
    announce(world, announcement::rules_rejected(object, &invalid, &[cause])).await?;
    // Told twice is better than not kept: `usher push` waits for it.
    bucket.reject(object, invalid.to_string()).await.map_err(Failure::Store)?;
    Ok(RulesOutcome::Rejected(Box::new(invalid)))
}

/// How many mistakes are logged: all of them are announced, and kept beside the rules.
const MOST_LOGGED: usize = 20;

/// A line for each mistake, without the lines of the file that are wrong: whatever somebody uploaded by
/// mistake, the log is not where it belongs.
fn log_mistakes(object: &RulesObject, invalid: &InvalidRules) {
    for mistake in invalid.diagnostics.iter().take(MOST_LOGGED) {
        let place = invalid.source.line_reference(mistake.primary.span);
        error!(code = mistake.code.as_str(), place, "{}", mistake.message);
    }
    let (version, mistakes) = (&object.version_id, invalid.diagnostics.len());
    error!(version, mistakes, "the rules are rejected: those in force stay");
}

fn as_people_read_it<S: Serializer>(invalid: &InvalidRules, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(invalid)
}

async fn announce(world: &World, announcement: Announcement) -> Result<(), CallFailure> {
    let told = world.announce().announce(vec![announcement]).await;
    told.map_err(|lost| lost.failure)
}

fn ignore(cause: &Cause, why: &str) -> RulesOutcome {
    info!(event = cause.event, id = cause.id, why, "ignored");
    RulesOutcome::Ignored(why.to_owned())
}
