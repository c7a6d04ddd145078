//! A batch of scopes comes in from the lane; the assignments are made right; what failed comes
//! again.

use std::time::SystemTime;

use aws_lambda_events::sqs::SqsBatchResponse;
use chrono::{DateTime, Utc};
use serde_json::Value;
use tracing::{error, info, warn};

use crate::{
    act::{Limits, Outcome},
    failure::CallFailure,
    lane::{Cause, LaneMessage},
    reconcile::{Errand, Reconciled, reconcile},
    rules::Rules,
    scope::Scope,
};

use super::{
    batch::{self, Record},
    failure::Failure,
    world::World,
};

/// What became of a batch.
#[derive(Debug)]
pub struct Batch {
    /// The messages that are to come again.
    pub response: SqsBatchResponse,
    /// What was seen, planned and done; nothing, when no message said where to look.
    pub reconciled: Option<Reconciled>,
}

/// A message that could be read, and the record it came in.
struct Read<'a> {
    record: &'a Record,
    message: LaneMessage,
}

/// Merges the scopes of a batch and makes their assignments what the rules say.
///
/// A message that cannot be read comes again, until the queue gives up on it; so does one in whose
/// scope something failed or could not be read. The others are done: scopes may be looked at in any
/// order, so nothing has to wait for them.
///
/// # Errors
/// When nothing could be done at all: the rules are missing or wrong, or so little could be read
/// that there is no plan. The whole batch comes again.
pub async fn lane_batch(world: &World, event: Value) -> Result<Batch, Failure> {
    let records = batch::records(&event).map_err(Failure::Payload)?;
    // Boxed, because rustc gives up on futures that are nested as deep as this one and its callers.
    let result = Box::pin(finish(world, &records)).await;
    let again: Vec<&Record> = match &result {
        Ok((again, _)) => again.clone(),
        Err(_) => records.iter().collect(),
    };
    hand_back(world, &again).await;
    result.map(|(_, reconciled)| Batch { response: batch::again(again), reconciled })
}

/// Does what can be done, and says which messages are to come again.
async fn finish<'a>(
    world: &World,
    records: &'a [Record],
) -> Result<(Vec<&'a Record>, Option<Reconciled>), Failure> {
    let (read, mut again) = read_all(records);
    let errand = errand(&read);
    if errand.scope.is_empty() {
        return Ok((again, None));
    }
    let rules = world.rules()?.read().await?;
    let reconciled = run(world, &rules, &errand).await?;
    let unfinished = read.iter().filter(|read| !reconciled.is_done(&read.message));
    again.extend(unfinished.map(|read| read.record));
    Ok((again, Some(reconciled)))
}

/// Lets the messages that are to come again do so soon. The queue's visibility timeout, which would
/// otherwise hold up the whole lane, has to be longer than the longest run.
async fn hand_back(world: &World, again: &[&Record]) {
    let Ok(lane) = world.lane() else { return };
    for receipt_handle in again.iter().filter_map(|record| record.receipt_handle.as_deref()) {
        if let Err(failure) = lane.hand_back(receipt_handle, world.settings().retry_after).await {
            warn!(%failure, "the message comes again only after the queue's visibility timeout");
        }
    }
}

fn read_all(records: &[Record]) -> (Vec<Read<'_>>, Vec<&Record>) {
    let (mut read, mut unreadable) = (Vec::new(), Vec::new());
    for record in records {
        match LaneMessage::parse(&record.body) {
            Ok(message) if message.scope.is_empty() => {
                info!(
                    message_id = record.message_id,
                    event = message.cause.event,
                    "a message on the lane leads nowhere"
                );
            }
            Ok(message) => read.push(Read { record, message }),
            Err(why) => {
                error!(message_id = record.message_id, why, "a message on the lane cannot be read");
                unreadable.push(record);
            }
        }
    }
    (read, unreadable)
}

fn errand(read: &[Read<'_>]) -> Errand {
    let scopes = read.iter().map(|read| read.message.scope.clone());
    let mut causes: Vec<Cause> = Vec::new();
    for Read { message, .. } in read {
        if !causes.contains(&message.cause) {
            causes.push(message.cause.clone());
        }
    }
    Errand { scope: scopes.fold(Scope::default(), Scope::merge), causes, now: now() }
}

#[expect(clippy::disallowed_methods, reason = "the one place that asks the clock")]
fn now() -> DateTime<Utc> {
    SystemTime::now().into()
}

async fn run(world: &World, rules: &Rules, errand: &Errand) -> Result<Reconciled, CallFailure> {
    let in_flight = usize::try_from(world.settings().writes_in_flight.get()).unwrap_or(usize::MAX);
    let calls_before = world.calls().total();
    let limits = Limits { in_flight, poll_every: world.settings().poll_every, ..Limits::default() };
    let aws = (world.observe(), world.act(), world.announce());
    let mut memory = world.memory().open().await;
    let result = reconcile(aws, rules, limits, errand, memory.picture()).await;
    memory.keep().await;
    world.observe().flush().await;
    log(rules, &result, errand, world.calls().total().saturating_sub(calls_before));
    result
}

fn log(rules: &Rules, result: &Result<Reconciled, CallFailure>, errand: &Errand, calls: u64) {
    let causes: Vec<&str> = errand.causes.iter().filter_map(|cause| cause.id.as_deref()).collect();
    let reconciled = match result {
        Ok(reconciled) => reconciled,
        Err(failure) => return error!(%failure, ?causes, "nothing could be planned"),
    };
    let plan = &reconciled.plan;
    for warning in &plan.warnings {
        let place = rules.source.line_reference(warning.primary.span);
        warn!(code = warning.code.as_str(), place, "{}", warning.message);
    }
    for gap in &plan.gaps {
        let account = gap.account_id.as_ref().map(ToString::to_string);
        warn!(
            what = gap.what.as_str(),
            account,
            reason = gap.reason,
            "not read: nothing is revoked there"
        );
    }
    for left in &plan.left_alone {
        let (account, name, assignments) = (&left.account_id, &left.account_name, left.assignments);
        info!(%account, name, assignments, why = left.why, "left alone");
    }
    for change in &plan.impossible {
        let (account, permission_set) = (&change.account.id, &change.permission_set.name);
        let (principal, why) = (change.principal.to_string(), &change.reason.why);
        error!(%account, permission_set, principal, why, "not possible");
    }
    for outcome in &reconciled.outcomes {
        log_outcome(outcome);
    }
    if let Some(failure) = &reconciled.not_announced {
        error!(%failure, "some announcements did not get out");
    }
    let summary = plan.summary();
    info!(
        ?causes,
        create = summary.create,
        delete = summary.delete,
        held = summary.held,
        unchanged = summary.unchanged,
        failed = reconciled.failures().count(),
        not_started = reconciled.not_started.len(),
        calls,
        "done"
    );
}

fn log_outcome(Outcome { change, result }: &Outcome) {
    let (account, permission_set) = (&change.account.id, &change.permission_set.name);
    let (action, principal) = (change.action.to_string(), change.principal.to_string());
    let why = &change.reason.why;
    match result {
        Ok(request) => info!(action, %account, permission_set, principal, why, %request, "changed"),
        Err(reason) => {
            error!(action, %account, permission_set, principal, why, reason, "not changed");
        }
    }
}
