//! What became of a plan, as people and as tools read it.

use serde::Serialize;
use shared::{
    ids::Digest,
    plan::{Action, Change, PlanJson},
    shown::Shown,
};

use crate::output::{GREEN, RED, YELLOW, painted};

use super::Applied;

/// A change on one line.
pub(super) fn line(change: &Change) -> String {
    let sign = match change.action {
        Action::Create => '+',
        Action::Delete => '-',
    };
    let (path, account) = (Shown(&change.account.path), &change.account.id);
    let (set, principal) = (&change.permission_set.name, change.principal.to_string());
    format!("{sign} {}  {}  in {path} ({account})", Shown(set), Shown(&principal))
}

/// What failed and what remains, and the count last.
pub(super) fn text(applied: &Applied, held: Option<&Digest>) -> String {
    let mut lines = Vec::new();
    if !applied.failed.is_empty() {
        lines.push("\nFailed:".to_owned());
    }
    for (change, reason) in &applied.failed {
        lines.push(painted(RED, format!("  {}", line(change))));
        lines.push(format!("      {}", Shown(reason)));
    }
    if !applied.remaining.is_empty() {
        lines.push("\nRemaining:".to_owned());
    }
    for change in &applied.remaining {
        lines.push(painted(YELLOW, format!("  {}", line(change))));
    }
    lines.push(format!("\n{}", count(applied)));
    if let Some(digest) = held {
        lines.push(format!(
            "Held: more revocations than `max_revocations` allows. To let exactly these go: usher apply with --approve {digest}"
        ));
    }
    lines.join("\n")
}

fn count(applied: &Applied) -> String {
    let of = |action| applied.done.iter().filter(|(change, _)| change.action == action).count();
    let mut text =
        format!("Applied: {} granted, {} revoked", of(Action::Create), of(Action::Delete));
    if !applied.failed.is_empty() {
        text.push_str(&format!(", {} failed", applied.failed.len()));
    }
    if !applied.remaining.is_empty() {
        text.push_str(&format!(", {} remaining", applied.remaining.len()));
    }
    text.push('.');
    let is_whole = applied.failed.is_empty() && applied.remaining.is_empty();
    if is_whole { painted(GREEN, text) } else { text }
}

/// What became of a plan, with the plan.
#[derive(Serialize)]
pub(super) struct AppliedJson<'a> {
    plan: PlanJson<'a>,
    done: Vec<Done<'a>>,
    failed: Vec<Failed<'a>>,
    remaining: &'a [Change],
}

#[derive(Serialize)]
struct Done<'a> {
    #[serde(flatten)]
    change: &'a Change,
    request_id: Option<&'a str>,
}

#[derive(Serialize)]
struct Failed<'a> {
    #[serde(flatten)]
    change: &'a Change,
    reason: &'a str,
}

impl<'a> AppliedJson<'a> {
    pub(super) fn new(plan: PlanJson<'a>, applied: &'a Applied) -> Self {
        let done = applied.done.iter().map(|(change, request)| Done {
            change,
            request_id: request.as_ref().map(|request| request.0.as_str()),
        });
        let failed = applied.failed.iter();
        Self {
            plan,
            done: done.collect(),
            failed: failed.map(|(change, reason)| Failed { change, reason }).collect(),
            remaining: &applied.remaining,
        }
    }
}
