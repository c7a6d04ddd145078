//! Drift: what others have changed, against the rules.
//!
//! Somebody made an assignment that the rules do not grant, or took one away that they do. That a plan
//! wants an assignment changed does not say so: rules, tags and memberships change too, and then what was
//! right is wrong although nobody has touched it. It takes a witness: what was in place when that account
//! was last looked at; or, where it never was, an event that tells of exactly this assignment.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::{
    ids::{AccountId, PermissionSetArn},
    lane::Cause,
    plan::{Action, Change, Plan},
};

/// An assignment by its bare ids: account, permission set and principal.
pub type Spot = (AccountId, PermissionSetArn, String);

/// What others have changed since it was last looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Since {
    /// Assignments that are in place and were not.
    pub came: BTreeSet<Spot>,
    /// Assignments that were in place and are not.
    pub went: BTreeSet<Spot>,
    /// The accounts of which it was known what was in place.
    pub known: BTreeSet<AccountId>,
}

/// Something that somebody else has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drift {
    /// What the rules ask for: to delete what somebody made, to create what somebody took away.
    pub change: Change,
    /// What Usher does about it.
    pub response: Response,
    /// The event that tells of it; nothing, when no event of this run does.
    pub by: Option<Cause>,
}

/// What Usher does about drift.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Response {
    /// It grants what somebody took away.
    Grant,
    /// It revokes what somebody made.
    Revoke,
    /// It would revoke it, and waits for approval: too much is to be revoked at once.
    Hold,
    /// It tells of it, as the rules want: `unlisted: report`.
    Report,
    /// It can do nothing: only the management account may, or AWS has no room for it.
    None,
}

/// What of a plan is there because others have changed something.
#[must_use]
pub fn drift(plan: &Plan, since: &Since, causes: &[Cause]) -> Vec<Drift> {
    let changes = plan.changes.iter().map(|change| (change, response(change)));
    let unlisted = plan.unlisted.iter().map(|change| (change, Response::Report));
    let out_of_reach = plan.not_ours.iter().chain(&plan.impossible);
    let out_of_reach = out_of_reach.map(|change| (change, Response::None));
    let all = changes.chain(unlisted).chain(out_of_reach);
    all.filter_map(|(change, response)| {
        let by = causes.iter().rev().find(|cause| tells_of(cause, change));
        let is_known = since.known.contains(&change.account.id);
        let is_drift = if is_known { since.shows(change) } else { by.is_some() };
        (is_drift && !is_of_somebody_gone(change)).then(|| Drift {
            change: change.clone(),
            response,
            by: by.cloned(),
        })
    })
    .collect()
}

fn response(change: &Change) -> Response {
    match change.action {
        Action::Create => Response::Grant,
        Action::Delete if change.held => Response::Hold,
        Action::Delete => Response::Revoke,
    }
}

/// Whether an event says that somebody did the opposite of what the rules ask for.
fn tells_of(cause: &Cause, change: &Change) -> bool {
    let event = match change.action {
        Action::Create => "DeleteAccountAssignment",
        Action::Delete => "CreateAccountAssignment",
    };
    cause.event == event && cause.assignment.as_ref() == Some(&change.assignment())
}

/// What a group or a user left that is gone shows only in some listings, and so may seem to be new.
fn is_of_somebody_gone(change: &Change) -> bool {
    change.principal.name == change.principal.principal.id()
}

impl Since {
    /// Whether somebody did the opposite of what the rules ask for.
    fn shows(&self, change: &Change) -> bool {
        let (account, set) = (change.account.id.clone(), change.permission_set.arn.clone());
        let spot = (account, set, change.principal.principal.id().to_owned());
        match change.action {
            Action::Create => self.went.contains(&spot),
            Action::Delete => self.came.contains(&spot),
        }
    }
}
