//! A plan: everything that a run will do and why, complete before the first write.

mod change;
mod text;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{
    diagnostic::{Diagnostic, DiagnosticJson},
    ids::AccountId,
    organization::{Assignment, Gap},
    source::SourceFile,
};

pub use change::{Action, Change, NamedPrincipal, PlacedAccount, Reason, Role};
pub use text::PlanText;

/// Everything that a run will do and why.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// What to create and to delete: creates first, then by account id, permission set and
    /// principal name.
    pub changes: Vec<Change>,
    /// Assignments under `manage` that no rule grants, where the rules say `report`.
    pub unlisted: Vec<Change>,
    /// What the rules grant and AWS has no room for, and why. It is not tried; all else goes ahead.
    pub impossible: Vec<Change>,
    /// What could not be read. Nothing in its reach is deleted.
    pub gaps: Vec<Gap>,
    /// What is odd about the rules in this organization.
    pub warnings: Vec<Diagnostic>,
    /// Accounts that the scope names and the rules may not touch.
    pub left_alone: Vec<LeftAlone>,
    /// How many assignments under `manage` stay as they are.
    pub unchanged: usize,
    /// How many assignments `manage` does not hold, besides those of the accounts that are left alone.
    pub unmanaged: usize,
    /// How many assignments `protect` holds.
    pub protected: usize,
}

/// An account that is not touched, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LeftAlone {
    /// The account.
    pub account_id: AccountId,
    /// Its name.
    pub account_name: String,
    /// How many assignments it has.
    pub assignments: usize,
    /// Why, as a sentence's end: "it is SUSPENDED".
    pub why: String,
}

/// How many of each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Summary {
    /// Assignments to create.
    pub create: usize,
    /// Assignments to delete, held ones too.
    pub delete: usize,
    /// Deletes that wait for approval.
    pub held: usize,
    /// Assignments under `manage` that stay.
    pub unchanged: usize,
    /// Assignments that no rule grants, and that are only reported.
    pub unlisted: usize,
    /// Assignments that AWS has no room for.
    pub impossible: usize,
}

impl std::ops::Add for Summary {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            create: self.create + other.create,
            delete: self.delete + other.delete,
            held: self.held + other.held,
            unchanged: self.unchanged + other.unchanged,
            unlisted: self.unlisted + other.unlisted,
            impossible: self.impossible + other.impossible,
        }
    }
}

impl Plan {
    /// The changes that are not held.
    pub fn due(&self) -> impl Iterator<Item = &Change> {
        self.changes.iter().filter(|change| !change.held)
    }

    /// The changes that wait for approval.
    pub fn held(&self) -> impl Iterator<Item = &Change> {
        self.changes.iter().filter(|change| change.held)
    }

    /// How many of each.
    #[must_use]
    pub fn summary(&self) -> Summary {
        let count = |action| self.changes.iter().filter(|change| change.action == action).count();
        Summary {
            create: count(Action::Create),
            delete: count(Action::Delete),
            held: self.held().count(),
            unchanged: self.unchanged,
            unlisted: self.unlisted.len(),
            impossible: self.impossible.len(),
        }
    }

    /// Names exactly this set of revocations, wherever and whenever it is planned: what an approval
    /// is for.
    #[must_use]
    pub fn digest(&self) -> String {
        let mut deletes: Vec<Assignment> = self
            .changes
            .iter()
            .filter(|change| change.action == Action::Delete)
            .map(Change::assignment)
            .collect();
        deletes.sort();
        let mut hasher = Sha256::new();
        for Assignment { account_id, permission_set_arn, principal } in deletes {
            let line = format!(
                "{account_id} {permission_set_arn} {} {}\n",
                principal.kind(),
                principal.id()
            );
            hasher.update(line);
        }
        hasher.finalize().iter().take(DIGEST_BYTES).map(|byte| format!("{byte:02x}")).collect()
    }

    /// The plan as `--format json` prints it.
    #[must_use]
    pub fn to_json(&self, source: &SourceFile) -> PlanJson<'_> {
        PlanJson {
            changes: &self.changes,
            unlisted: &self.unlisted,
            impossible: &self.impossible,
            gaps: &self.gaps,
            warnings: self.warnings.iter().map(|warning| warning.to_json(source)).collect(),
            left_alone: &self.left_alone,
            digest: self.digest(),
            summary: self.summary(),
        }
    }
}

/// How much of a SHA-256 names a set of revocations: enough that nobody finds another set of the
/// same name, short enough to type.
const DIGEST_BYTES: usize = 10;

/// A plan as `--format json` prints it.
#[derive(Debug, Serialize)]
pub struct PlanJson<'a> {
    changes: &'a [Change],
    unlisted: &'a [Change],
    impossible: &'a [Change],
    gaps: &'a [Gap],
    warnings: Vec<DiagnosticJson>,
    left_alone: &'a [LeftAlone],
    digest: String,
    summary: Summary,
}
