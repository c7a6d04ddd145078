//! `usher approve`: lets a held set of revocations through.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{SecondsFormat, Utc};
use clap::Args;
use serde_json::{Value, json};
use shared::{
    approval::{Approval, HeldSet},
    aws::approvals::ApprovalsFailure,
    ids::Digest,
    lane::{Cause, LaneMessage, REVOCATIONS_APPROVED},
    runtime::World,
    shown::Shown,
};

use crate::{
    ask::{ask, can_ask},
    clock,
    exit::{Exit, Failure},
    installation::Installation,
    output::{self, Format, RED, YELLOW, painted},
};

/// How many revocations are shown before they are only counted.
const SHOWN: usize = 200;

/// How many accounts of one note are named before they are only counted.
const NAMED: usize = 10;

/// Let exactly one held set of revocations through, once
///
/// Shows the set that a running installation holds back, with ids beside the names, asks, writes the approval down and makes the installation look
/// again. It plans anew: only when it finds exactly this set, the set goes. Has anything changed since, the approval
/// is void, and what there is to revoke by then goes by the limit. An approval that nobody used is void after seven days.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// The digest, from `usher plan` or from `Revocations Held`
    #[arg(value_name = "DIGEST")]
    digest: Digest,
    #[command(flatten)]
    installation: Installation,
    /// Do not ask
    #[arg(long)]
    yes: bool,
    /// What to print
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}

pub(crate) async fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    can_ask(arguments.yes)?;
    let world = arguments.installation.world().await?;
    // Said before somebody has read through the set.
    world.lane()?;
    let set = held_set(&world, &arguments.digest).await?;
    let told = || told(&set);
    arguments.format.show(arguments.yes, told)?;
    if !arguments.yes && !ask(&format!("Revoke {}?", counted(set.revocations.len())))? {
        return Err(Failure::NotConfirmed);
    }
    let who = world.caller().await.map_err(Failure::Caller)?.arn;
    let approval = set.approved_by(who, clock::now());
    world.approvals()?.approve(&approval).await.map_err(approvals)?;
    send(&world, &set, &approval).await?;
    match arguments.format {
        Format::Json => output::json(&json!({ "held": set, "approval": approval }))?,
        Format::Text => output::data(&format!(
            "Approved by {} until {}. The installation looks again now, and announces what it revokes.",
            Shown(&approval.approved_by),
            approval.expires_at.to_rfc3339_opts(SecondsFormat::Secs, true),
        ))?,
    }
    Ok(Exit::Done)
}

async fn held_set(world: &World, digest: &Digest) -> Result<HeldSet, Failure> {
    let set = world.approvals()?.held_set(digest).await.map_err(approvals)?;
    let set = set.ok_or_else(|| Failure::NothingHeld(digest.clone()))?;
    // What is shown must be what is approved.
    if set.digest == *digest && set.is_sound() {
        Ok(set)
    } else {
        Err(Failure::NotThatSet(digest.clone()))
    }
}

/// Makes the installation look where the set was found.
async fn send(world: &World, set: &HeldSet, approval: &Approval) -> Result<(), Failure> {
    let time = approval.approved_at.to_rfc3339_opts(SecondsFormat::Secs, true);
    let message = LaneMessage {
        scope: set.scope.clone(),
        cause: Cause {
            event: REVOCATIONS_APPROVED.to_owned(),
            id: Some(approval.digest.to_string()),
            actor: Some(approval.approved_by.clone()),
            time: Some(time),
            ..Cause::default()
        },
        approval: Some(approval.digest.clone()),
        ..LaneMessage::default()
    };
    // To approve again is to look again, however soon.
    let id = format!("approve-{}-{}", approval.digest, approval.approved_at.timestamp_millis());
    world.lane()?.send(&message, &id).await.map_err(Failure::Lane)
}

/// The set as people read it. Names are what the installation wrote down and whoever writes there may forge; what goes is
/// what the ids name, so each stands beside its name.
fn told(set: &HeldSet) -> String {
    let HeldSet { digest, held_at, scope, causes, changes, .. } = set;
    let mut lines = vec![format!(
        "Held: {}, found last at {} UTC ({digest})",
        counted(changes.len()),
        held_at.with_timezone(&Utc).format("%Y-%m-%d %H:%M"),
    )];
    let causes: Vec<&str> = causes.iter().map(|cause| cause.event.as_str()).collect();
    lines.push(format!(
        "looked at: {}, because of: {}\n",
        Shown(&scope.to_string()),
        Shown(&causes.join(", "))
    ));
    for change in changes.iter().take(SHOWN) {
        let text = |field: &str| change.get(field).and_then(Value::as_str).unwrap_or_default();
        let line = format!(
            "  - {} ({})  {} {} ({})  in {} ({})",
            Shown(text("permission_set")),
            Shown(last_part(text("permission_set_arn"))),
            Shown(&text("principal_type").to_lowercase()),
            Shown(text("principal_name")),
            Shown(text("principal_id")),
            Shown(text("account_name")),
            Shown(text("account_id")),
        );
        lines.push(painted(RED, line));
        lines.push(format!("      {}", Shown(text("why"))));
    }
    if changes.len() > SHOWN {
        lines.push(format!("  and {} more: --format json has them all", changes.len() - SHOWN));
    }
    lines.extend(notes(changes));
    lines.join("\n")
}

/// What else to know before it goes, of those too that are only counted above: once for all accounts where it is the same.
fn notes(changes: &[Value]) -> Vec<String> {
    let mut accounts: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for change in changes {
        let text = |field: &str| change.get(field).and_then(Value::as_str);
        let account = text("account_name").unwrap_or_default();
        if let Some(note) = text("note") {
            accounts.entry(note).or_default().insert(account);
        }
    }
    let told = accounts.into_iter().map(|(note, accounts)| {
        let more = match accounts.len().saturating_sub(NAMED) {
            0 => String::new(),
            number => format!(" and {number} more"),
        };
        let named: Vec<&str> = accounts.into_iter().take(NAMED).collect();
        let note = painted(YELLOW, format!("note: {}", Shown(note)));
        format!("\n{note}\n      in {}{more}", Shown(&named.join(", ")))
    });
    told.collect()
}

/// What tells a permission set's ARN from those of its neighbours: `ps-…`.
fn last_part(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}

fn counted(revocations: usize) -> String {
    let noun = if revocations == 1 { "revocation" } else { "revocations" };
    format!("{revocations} {noun}")
}

fn approvals(failure: ApprovalsFailure) -> Failure {
    Failure::Approvals(Box::new(failure))
}
