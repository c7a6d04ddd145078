//! A batch of scopes comes in from the lane; the assignments are made right; what failed comes
//! again.

use std::{slice, sync::Arc};

use aws_lambda_events::sqs::SqsBatchResponse;
use chrono::{DateTime, Utc};
use serde_json::Value;
use tokio::time::Instant;
use tracing::{Instrument, error, info, warn};

use crate::{
    act::Limits,
    aws::{failure::chain, rules::RulesFailure},
    failure::CallFailure,
    lane::{Cause, LaneMessage, Tally},
    observe::Picture,
    plan::Earlier,
    reconcile::{Errand, Reconciled, reconcile},
    rules::Rules,
    scope::Scope,
};

use super::{
    allotment::Allotment,
    approvals,
    batch::{self, Record},
    failure::Failure,
    metrics::{self, Before, Figures},
    trace::{ids_of, span_of},
    world::World,
};

/// What became of a batch.
#[derive(Debug)]
pub struct Batch {
    /// The messages that are to come again.
    pub response: SqsBatchResponse,
    /// What was seen, planned and done; nothing, when no message said where to look.
    pub reconciled: Option<Reconciled>,
    /// The same of each message that spoke of approved revocations, which are worked on one by one.
    pub approved: Vec<Reconciled>,
}

/// What became of the messages of a batch.
#[derive(Default)]
struct Finished<'a> {
    again: Vec<&'a Record>,
    reconciled: Option<Reconciled>,
    approved: Vec<Reconciled>,
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
/// When nothing could be done at all: the rules are wrong or cannot be read, or so little else could be
/// read that there is no plan. The whole batch comes again.
pub async fn lane_batch(world: &World, event: Value) -> Result<Batch, Failure> {
    lane_batch_until(world, event, None).await
}

/// The same, with a moment at which Lambda ends the run. Nothing is started that may not end before;
/// what is left goes back on the lane by itself, and the messages are done.
///
/// # Errors
/// The same.
pub async fn lane_batch_until(
    world: &World,
    event: Value,
    deadline: Option<Instant>,
) -> Result<Batch, Failure> {
    let allotment = deadline.map(|deadline| Allotment::new(Instant::now(), deadline));
    let records = batch::records(&event).map_err(Failure::Payload)?;
    let (read, unreadable) = read_all(&records);
    let causes = causes_of(&read);
    let span = span_of(&causes);
    let work = work_off(world, &records, (read, unreadable), allotment);
    // Boxed, because rustc gives up on futures that are nested as deep as this one and its callers.
    Box::pin(work.instrument(span)).await
}

/// Does what can be done, hands back what is to come again, and tells the figures of it.
async fn work_off(
    world: &World,
    records: &[Record],
    (read, unreadable): (Vec<Read<'_>>, Vec<&Record>),
    allotment: Option<Allotment>,
) -> Result<Batch, Failure> {
    let (before, began) = (Before::count(world.calls()), world.now());
    let causes = causes_of(&read);
    let ids = ids_of(&causes);
    info!(causes = ?ids, messages = records.len(), "taken from the lane");
    let mut figures = Figures {
        lane_age: oldest(records).map(|sent| (began - sent).to_std().unwrap_or_default()),
        causes: ids.into_iter().map(str::to_owned).collect(),
        ..Figures::default()
    };
    let result = finish(world, read, unreadable, allotment).await;
    let again: Vec<&Record> = match &result {
        Ok(finished) => finished.again.clone(),
        Err(failure) => {
            error!(error = chain(failure), "all of it comes again");
            records.iter().collect()
        }
    };
    hand_back(world, &again).await;
    if let Ok(Finished { reconciled, approved, .. }) = &result {
        approved.iter().chain(reconciled).for_each(|run| figures.add(run));
    }
    (figures.calls, figures.throttled) = before.until_now(world.calls());
    tell(world, &figures);
    result.map(|Finished { reconciled, approved, .. }| Batch {
        response: batch::again(again),
        reconciled,
        approved,
    })
}

/// When the message was sent that has waited longest.
fn oldest(records: &[Record]) -> Option<DateTime<Utc>> {
    records.iter().filter_map(|record| record.sent_at).min()
}

/// Prints the figures, where somebody has asked for them.
fn tell(world: &World, figures: &Figures) {
    let Some(wanted) = &world.settings().metrics else { return };
    if let Err(error) = metrics::print(&figures.lines(wanted, world.now())) {
        warn!(%error, "the figures of this run are lost");
    }
}

/// Does what can be done, and says which messages are to come again.
async fn finish<'a>(
    world: &World,
    read: Vec<Read<'a>>,
    again: Vec<&'a Record>,
    allotment: Option<Allotment>,
) -> Result<Finished<'a>, Failure> {
    let mut finished = Finished { again, ..Finished::default() };
    let (approved, mut read): (Vec<_>, Vec<_>) =
        read.into_iter().partition(|read| read.message.approval.is_some());
    read.retain(|read| !is_served(world, read));
    let errand = errand(&read, allotment, world.now());
    if approved.is_empty() && errand.scope.is_empty() {
        return Ok(finished);
    }
    let Some(rules) = rules(world).await? else { return Ok(finished) };
    for read in &approved {
        // What goes wrong with one must not hold up the others.
        match let_through(world, &rules, read, allotment).await {
            Ok((reconciled, unfinished)) => {
                finished.again.extend(unfinished);
                finished.approved.push(reconciled);
            }
            Err(failure) => {
                error!(error = chain(&failure), "approved revocations come again");
                finished.again.push(read.record);
            }
        }
    }
    if !errand.scope.is_empty() {
        let (reconciled, unfinished) = run_for(world, &rules, &errand, allotment, &read).await?;
        // A message that comes again is as old as it was: a look that did not do for it may not serve it.
        if unfinished.is_empty() && reconciled.is_perfect() {
            world.looked_at().remember(&errand.scope, errand.now);
        }
        finished.again.extend(unfinished);
        finished.reconciled = Some(reconciled);
    }
    Ok(finished)
}

/// The rules in force; nothing, before there are any. When they come, they are a reason to look at everything, so what
/// is told before need not wait for them.
async fn rules(world: &World) -> Result<Option<Arc<Rules>>, Failure> {
    match world.rules()?.read().await {
        Err(RulesFailure::Absent(place)) => {
            warn!(place, "there are no rules yet: nothing is done");
            Ok(None)
        }
        read => Ok(read.map(Some)?),
    }
}

/// Runs, and puts the rest on the lane. Says which messages are to come again: those whose work is not
/// done; all of them, when the rest could not be put there.
async fn run_for<'a>(
    world: &World,
    rules: &Rules,
    errand: &Errand,
    allotment: Option<Allotment>,
    read: &[Read<'a>],
) -> Result<(Reconciled, Vec<&'a Record>), CallFailure> {
    let mut memory = world.memory().open().await;
    memory.picture().begin(read.iter().any(|read| read.record.is_again));
    let last_tick = memory.picture().ticked_at();
    let result = run(world, rules, errand, allotment, memory.picture()).await;
    let is_handed_on = match &result {
        Ok(reconciled) => hand_on(world, reconciled, read).await,
        Err(_) => true,
    };
    if !is_handed_on {
        // The tick comes again, and has to mean then what it means now.
        memory.picture().set_ticked_at(last_tick);
    }
    // Only now: a run that is killed before has not seen to its tick either.
    memory.keep().await;
    let reconciled = result?;
    let unfinished = read.iter().filter(|read| !is_handed_on || !reconciled.is_done(&read.message));
    let unfinished = unfinished.map(|read| read.record).collect();
    Ok((reconciled, unfinished))
}

/// Lets revocations through that somebody has approved, if they are still the same.
async fn let_through<'a>(
    world: &World,
    rules: &Rules,
    read: &Read<'a>,
    allotment: Option<Allotment>,
) -> Result<(Reconciled, Vec<&'a Record>), Failure> {
    let read = slice::from_ref(read);
    let mut errand = errand(read, allotment, world.now());
    if let [Read { message: LaneMessage { approval: Some(digest), .. }, .. }] = read {
        errand = approvals::begin(world, rules, errand, digest).await?;
    }
    Ok(run_for(world, rules, &errand, allotment, read).await?)
}

/// Whether a look after the message was sent has seen what it tells of.
fn is_served(world: &World, Read { record, message }: &Read<'_>) -> bool {
    let is_served =
        record.sent_at.is_some_and(|sent_at| world.looked_at().serves(message, sent_at));
    if is_served {
        let event = &message.cause.event;
        info!(message_id = record.message_id, event, scope = %message.scope, "looked at since it was sent");
    }
    is_served
}

/// Puts what there was no time for on the lane, behind what waits there, and single accounts in which
/// something failed; whether that went well.
async fn hand_on(world: &World, reconciled: &Reconciled, read: &[Read<'_>]) -> bool {
    let left = read.iter().filter_map(|read| reconciled.left_of(&read.message));
    for rest in reconciled.rest.iter().cloned().chain(left) {
        let scope = &rest.scope;
        match send(world, &rest, &name_of_rest(&rest, read)).await {
            Ok(()) => info!(%scope, "not everything could be done: the rest is on the lane"),
            Err(failure) => {
                error!(error = chain(&failure), %scope, "the rest could not be put on the lane");
                return false;
            }
        }
    }
    true
}

async fn send(world: &World, message: &LaneMessage, name: &str) -> Result<(), Failure> {
    world.lane()?.send(message, name).await.map_err(Failure::Send)
}

/// Tells this rest from every other one, even of the same scope: it is the rest of this delivery of these
/// messages. Nothing may be lost because SQS takes it for a repetition.
fn name_of_rest(rest: &LaneMessage, read: &[Read<'_>]) -> String {
    let deliveries = read.iter().map(|Read { record, .. }| {
        format!("{} {}\n", record.message_id, record.receipt_handle.as_deref().unwrap_or_default())
    });
    format!("{}{}", deliveries.collect::<String>(), rest.body())
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

/// All events that caused these messages, each once.
fn causes_of(read: &[Read<'_>]) -> Vec<Cause> {
    let mut causes: Vec<Cause> = Vec::new();
    for cause in read.iter().flat_map(|read| read.message.causes()) {
        if !causes.contains(cause) {
            causes.push(cause.clone());
        }
    }
    causes
}

fn errand(read: &[Read<'_>], allotment: Option<Allotment>, now: DateTime<Utc>) -> Errand {
    let scopes = read.iter().map(|read| read.message.scope.clone());
    let causes = causes_of(read);
    let before = read.iter().filter_map(|read| read.message.before.as_ref());
    let sweep = before.filter_map(|before| before.sweep.clone()).reduce(Tally::plus);
    let look_until = allotment.map(|allotment| allotment.look_until);
    let tell_until = allotment.map(|allotment| allotment.tell_until);
    let scope = scopes.fold(Scope::default(), Scope::merge);
    let before = read.iter().filter_map(|read| read.message.before.as_ref());
    let earlier = before.map(|before| before.earlier).fold(Earlier::default(), std::ops::Add::add);
    Errand { look_until, tell_until, sweep, earlier, ..Errand::new(scope, causes, now) }
}

async fn run(
    world: &World,
    rules: &Rules,
    errand: &Errand,
    allotment: Option<Allotment>,
    picture: &mut Picture,
) -> Result<Reconciled, CallFailure> {
    let in_flight = usize::try_from(world.settings().writes_in_flight.get()).unwrap_or(usize::MAX);
    let calls_before = world.calls().total();
    let mut limits =
        Limits { in_flight, poll_every: world.settings().poll_every, ..Limits::default() };
    if let Some(Allotment { start_until, follow_until, .. }) = allotment {
        limits.until = Some(start_until);
        limits.follow_until = Some(follow_until);
    }
    let aws = (world.observe(), world.act(), world.announce());
    let result = reconcile(aws, rules, limits, errand, picture).await;
    world.observe().flush().await;
    if let Ok(reconciled) = &result {
        approvals::end(world, errand, reconciled).await;
        note_sweep(world, reconciled).await;
    }
    log(rules, &result, errand, world.calls().total().saturating_sub(calls_before));
    result
}

/// Writes down that a sweep has ended. Only `usher doctor` reads it, so no run fails by it.
async fn note_sweep(world: &World, reconciled: &Reconciled) {
    if !reconciled.is_finished_sweep {
        return;
    }
    if let Ok(file) = world.last_sweep()
        && let Err(failure) = file.write(&reconciled.tally, world.now()).await
    {
        warn!(error = chain(&failure), "the end of the sweep is not written down");
    }
}

fn log(rules: &Rules, result: &Result<Reconciled, CallFailure>, errand: &Errand, calls: u64) {
    let scope = &errand.scope;
    let reconciled = match result {
        Ok(reconciled) => reconciled,
        Err(failure) => return error!(%failure, %scope, "nothing could be planned"),
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
    let management = &reconciled.organization.organization.management_account_id;
    for reason in plan.not_ours_in_words(management) {
        warn!(%reason, "not ours to change");
    }
    if reconciled.is_stuck {
        error!("there was not enough time for anything: all of it comes again");
    }
    let summary = plan.summary();
    info!(
        %scope,
        create = summary.create,
        delete = summary.delete,
        held = summary.held,
        unchanged = summary.unchanged,
        failed = reconciled.failures().count(),
        drift = reconciled.drift.len(),
        gaps = plan.gaps.len(),
        not_started = reconciled.not_started.len(),
        calls,
        "done"
    );
}
