//! `usher apply`: plan, ask, act.
//!
//! The plan is the one that `usher plan` prints, made and carried out by the very code that runs in Lambda. Ctrl-C starts
//! nothing more, waits for what is under way, and says what remains.

mod progress;
mod told;
mod watch;

use std::path::PathBuf;

use chrono::{DateTime, TimeDelta, Utc};
use clap::Args;
use shared::{
    act::{Acted, Limits, Outcome, RequestId, act},
    approval::Approvals,
    ids::{Digest, InstanceArn},
    plan::{Change, Plan},
    runtime::World,
};

use crate::{
    ask::can_ask,
    clock,
    exit::{Exit, Failure},
    files, live,
    output::{self, Format},
    plan,
    stop::Stop,
};

use progress::Progress;
use told::AppliedJson;
use watch::Watched;

/// How long a plan may lie there until somebody says yes to it: the organization moves on meanwhile.
///
/// Unit: minutes.
const PLAN_HOLDS_FOR_MINUTES: i64 = 10;

/// Plan, ask, and carry the plan out
///
/// Reads AWS, prints the plan as `usher plan` does, asks, and makes the changes inside Identity Center's quotas, each
/// followed to its end. Exit code 1 when something failed or was not begun, 2 when all is done but revocations that
/// are held.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// The rules file
    #[arg(long, value_name = "FILE")]
    rules: PathBuf,
    /// Only this account: its id or its name; more than once
    #[arg(long, value_name = "ACCOUNT")]
    only: Vec<String>,
    /// The Identity Center instance, where there are several
    #[arg(long, value_name = "ARN")]
    instance_arn: Option<InstanceArn>,
    /// Do not ask
    #[arg(long)]
    yes: bool,
    /// Let exactly the set of revocations with this digest go, although it is over `max_revocations`
    #[arg(long, value_name = "DIGEST")]
    approve: Option<Digest>,
    /// What to print
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}

/// What became of a plan.
#[derive(Default)]
struct Applied {
    /// Each with AWS's name for the request, if it took one.
    done: Vec<(Change, Option<RequestId>)>,
    /// Each with AWS's reason.
    failed: Vec<(Change, String)>,
    /// What AWS was not asked for, or has not taken.
    remaining: Vec<Change>,
}

pub(crate) async fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    can_ask(arguments.yes)?;
    let rules = files::rules(&arguments.rules)?;
    let world = live::world(arguments.instance_arn.clone()).await?;
    let scope = plan::scope_in_aws(&world, &arguments.only).await?;
    let (organization, plan) = plan::live(&world, &rules, scope).await?;
    let approvals = arguments.approve.clone().map(Approvals::of).unwrap_or_default();
    let plan = plan.approved_by(&approvals);
    let due: Vec<Change> = plan.due().cloned().collect();
    let is_decided = arguments.yes || due.is_empty();
    plan::show((arguments.format, is_decided), &plan, &rules, &organization)?;
    if !is_decided {
        confirm(&plan, organization.observed_at)?;
    }
    let applied = Box::pin(carry_out(&world, due)).await?;
    let held = plan.held().next().map(|_| plan.digest());
    match arguments.format {
        Format::Json => output::json(&AppliedJson::new(plan.to_json(&rules.source), &applied))?,
        Format::Text if plan.changes.is_empty() => {}
        Format::Text => output::data(&told::text(&applied, held.as_ref()))?,
    }
    Ok(end(&plan, &applied))
}

fn confirm(plan: &Plan, observed_at: DateTime<Utc>) -> Result<(), Failure> {
    if !plan::ask_about(plan, "Apply these changes?")? {
        return Err(Failure::NotConfirmed);
    }
    let age = clock::now().signed_duration_since(observed_at);
    if age > TimeDelta::minutes(PLAN_HOLDS_FOR_MINUTES) {
        return Err(Failure::PlanTooOld { minutes: age.num_minutes() });
    }
    Ok(())
}

/// Makes the changes, until they are made or somebody wants it to end.
async fn carry_out(world: &World, due: Vec<Change>) -> Result<Applied, Failure> {
    if due.is_empty() {
        return Ok(Applied::default());
    }
    let progress = Progress::new(&due);
    let writes = Watched::new(world.act(), &progress);
    let limits = limits(world);
    let mut stop = Stop::listen()?;
    let mut acting = Box::pin(act(&writes, due, limits));
    let acted = loop {
        tokio::select! {
            acted = &mut acting => break acted,
            () = stop.asked_for() => {}
        }
        if writes.is_stopped() {
            progress.end();
            return Err(Failure::Abandoned { under_way: writes.under_way() });
        }
        writes.stop();
        progress.say("stopping: waiting for what is under way (Ctrl-C again: not even for that)");
    };
    progress.end();
    Ok(Applied::new(acted, &writes))
}

fn limits(world: &World) -> Limits {
    let settings = world.settings();
    let in_flight = usize::try_from(settings.writes_in_flight.get()).unwrap_or(usize::MAX);
    Limits { in_flight, poll_every: settings.poll_every, ..Limits::default() }
}

impl Applied {
    fn new<Writes>(acted: Acted, writes: &Watched<'_, Writes>) -> Self {
        let mut applied = Self { remaining: acted.not_started, ..Self::default() };
        for Outcome { change, result } in acted.outcomes {
            match result {
                Ok(request) => applied.done.push((change, request)),
                Err(reason) => match writes.why_not(&change.assignment(), reason) {
                    Some(reason) => applied.failed.push((change, reason)),
                    None => applied.remaining.push(change),
                },
            }
        }
        applied
    }
}

fn end(plan: &Plan, applied: &Applied) -> Exit {
    if !applied.failed.is_empty() || !applied.remaining.is_empty() {
        Exit::Failed
    } else if plan.held().next().is_some() {
        Exit::ChangesPending
    } else {
        Exit::Done
    }
}
