//! What Usher tells the world: one EventBridge event a change.

use serde_json::{Value, json};

use crate::{
    diagnostic::{Diagnostic, DiagnosticJson},
    drift::Drift,
    lane::{Cause, Tally},
    organization::Gap,
    plan::{Action, Change, Plan},
    rules::{InvalidRules, Rules},
    scope::RulesObject,
    source::SourceFile,
};

/// The source of Usher's own events.
pub const SOURCE: &str = "usher";

/// Everything that is told, by its detail type.
pub const DETAIL_TYPES: [&str; 9] = [
    "Access Granted",
    "Access Revoked",
    "Change Failed",
    "Drift Found",
    "Gaps Found",
    "Revocations Held",
    "Rules Activated",
    "Rules Rejected",
    "Sweep Finished",
];

/// An event to put on the bus.
#[derive(Clone, Debug, PartialEq)]
pub struct Announcement {
    /// Such as `Access Granted`.
    pub detail_type: &'static str,
    /// The JSON object.
    pub detail: Value,
}

/// What became of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate<'a> {
    /// It was done; by which request, if it took one.
    Done(Option<&'a str>),
    /// It was not, and why.
    Failed(&'a str),
}

/// `Access Granted`, `Access Revoked` or `Change Failed`.
#[must_use]
pub fn of_change(change: &Change, fate: &Fate<'_>, causes: &[Cause]) -> Announcement {
    let mut detail = describe(change, causes);
    let (detail_type, key, value) = match (fate, change.action) {
        (Fate::Done(request), Action::Create) => ("Access Granted", "request_id", *request),
        (Fate::Done(request), Action::Delete) => ("Access Revoked", "request_id", *request),
        (Fate::Failed(reason), _) => ("Change Failed", "reason", Some(*reason)),
    };
    if let Some(fields) = detail.as_object_mut() {
        fields.insert(key.to_owned(), json!(value));
        fields.extend(change.note().map(|note| ("note".to_owned(), json!(note))));
    }
    Announcement { detail_type, detail }
}

fn describe(change: &Change, causes: &[Cause]) -> Value {
    json!({
        "action": change.action,
        "account_id": change.account.id,
        "account_name": change.account.name,
        "permission_set": change.permission_set.name,
        "permission_set_arn": change.permission_set.arn,
        "principal_type": change.principal.principal.kind(),
        "principal_id": change.principal.principal.id(),
        "principal_name": change.principal.name,
        "rules": change.reason.rules,
        "why": change.reason.why,
        "causes": causes,
    })
}

/// `Drift Found`: somebody has changed an assignment, and the rules want it otherwise.
#[must_use]
pub fn drift_found(drift: &Drift, causes: &[Cause]) -> Announcement {
    let mut detail = describe(&drift.change, causes);
    if let Some(fields) = detail.as_object_mut() {
        let what = match drift.change.action {
            Action::Create => "removed",
            Action::Delete => "added",
        };
        fields.insert("drift".to_owned(), json!(what));
        fields.insert("response".to_owned(), json!(drift.response));
        fields.insert("by".to_owned(), json!(drift.by));
    }
    Announcement { detail_type: "Drift Found", detail }
}

/// `Gaps Found`: a run that was no sweep could not read all that it looked at.
#[must_use]
pub fn gaps_found(gaps: &[Gap], causes: &[Cause]) -> Announcement {
    Announcement {
        detail_type: "Gaps Found",
        detail: json!({ "number": gaps.len(), "gaps": gaps, "causes": causes }),
    }
}

/// `Revocations Held`: too many to do without somebody's approval.
#[must_use]
pub fn revocations_held(plan: &Plan, causes: &[Cause]) -> Announcement {
    let held: Vec<&Change> = plan.held().collect();
    Announcement {
        detail_type: "Revocations Held",
        detail: json!({ "digest": plan.digest(), "number": held.len(), "changes": held, "causes": causes }),
    }
}

/// `Sweep Finished`: everything was looked at, in however many parts.
#[must_use]
pub fn sweep_finished(tally: &Tally, causes: &[Cause]) -> Announcement {
    let Tally { parts, failed, gaps, .. } = tally;
    let summary = tally.whole();
    Announcement {
        detail_type: "Sweep Finished",
        detail: json!({ "summary": summary, "failed": failed, "gaps": gaps, "parts": parts, "causes": causes }),
    }
}

/// `Rules Activated`: a rules file was found right, and is in force from now on.
#[must_use]
pub fn rules_activated(
    object: &RulesObject,
    rules: &Rules,
    warnings: &[Diagnostic],
    causes: &[Cause],
) -> Announcement {
    Announcement {
        detail_type: "Rules Activated",
        detail: json!({
            "file": file(object),
            "rules": rules.rules.len(),
            "tests": rules.tests.len(),
            "warnings": told(warnings, &rules.source),
            "causes": causes,
        }),
    }
}

/// `Rules Rejected`: a rules file has mistakes, or fails its own tests. The rules in force stay.
#[must_use]
pub fn rules_rejected(
    object: &RulesObject,
    invalid: &InvalidRules,
    causes: &[Cause],
) -> Announcement {
    Announcement {
        detail_type: "Rules Rejected",
        detail: json!({
            "file": file(object),
            "diagnostics": told(&invalid.diagnostics, &invalid.source),
            "text": invalid.render(false),
            "causes": causes,
        }),
    }
}

fn file(object: &RulesObject) -> Value {
    json!({ "bucket": object.bucket, "key": object.key, "version_id": object.version_id })
}

fn told(diagnostics: &[Diagnostic], source: &SourceFile) -> Vec<DiagnosticJson> {
    diagnostics.iter().map(|diagnostic| diagnostic.to_json(source)).collect()
}
