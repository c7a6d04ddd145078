//! A plan: everything that a run will do and why, complete before the first write.

mod change;
mod text;

use std::{
    collections::BTreeMap,
    fmt::{self, Display, Formatter},
};

use serde::{Deserialize, Serialize};

use crate::{
    diagnostic::{Diagnostic, DiagnosticJson},
    ids::{AccountId, Digest},
    organization::Gap,
    shown::Shown,
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
    /// What should change, and what only the management account may change, where whoever asks is
    /// another: in the management account, or of a permission set that is used there. It is not tried.
    pub not_ours: Vec<Change>,
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

/// Why changes are not ours: where, and how many there are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotOurs {
    /// The permission set that is used in the management account; nothing, for changes in the management account itself.
    pub permission_set: Option<String>,
    /// How many assignments should be created.
    pub create: usize,
    /// How many should be deleted.
    pub delete: usize,
}

impl Display for NotOurs {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { permission_set, create, delete } = self;
        write!(f, "{create} to create and {delete} to delete ")?;
        match permission_set {
            Some(name) => write!(
                f,
                "of permission set {}, which is used in the management account: only from there can it be assigned",
                Shown(name)
            ),
            None => f.write_str("in the management account, which changes only from there"),
        }
    }
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
    /// Assignments that should change, and that only the management account may.
    pub not_ours: usize,
}

impl std::ops::Add for Summary {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            // They come from a message, and may be anything.
            create: self.create.saturating_add(other.create),
            delete: self.delete.saturating_add(other.delete),
            held: self.held.saturating_add(other.held),
            unchanged: self.unchanged.saturating_add(other.unchanged),
            unlisted: self.unlisted.saturating_add(other.unlisted),
            impossible: self.impossible.saturating_add(other.impossible),
            not_ours: self.not_ours.saturating_add(other.not_ours),
        }
    }
}

/// What was found before by the same work, when one run had no time for all of it: the limit on
/// revocations holds for the whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Earlier {
    /// Assignments that were to go, held ones too: once there are too many of them, what is found
    /// later is held as well, as it would be in one run.
    pub revocations: usize,
    /// Assignments under `manage` that were observed, those that were to go among them.
    pub managed: usize,
}

impl std::ops::Add for Earlier {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            // They come from a message, and may be anything.
            revocations: self.revocations.saturating_add(other.revocations),
            managed: self.managed.saturating_add(other.managed),
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

    /// What is not ours to change, each reason once.
    #[must_use]
    pub fn not_ours_in_words(&self, management: &AccountId) -> Vec<NotOurs> {
        let mut numbers: BTreeMap<Option<&str>, (usize, usize)> = BTreeMap::new();
        for change in &self.not_ours {
            let is_there = change.account.id == *management;
            let reason = (!is_there).then_some(change.permission_set.name.as_str());
            let (create, delete) = numbers.entry(reason).or_default();
            match change.action {
                Action::Create => *create += 1,
                Action::Delete => *delete += 1,
            }
        }
        let told = numbers.into_iter().map(|(permission_set, (create, delete))| NotOurs {
            permission_set: permission_set.map(str::to_owned),
            create,
            delete,
        });
        told.collect()
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
            not_ours: self.not_ours.len(),
        }
    }

    /// The plan as `--format json` prints it.
    #[must_use]
    pub fn to_json(&self, source: &SourceFile) -> PlanJson<'_> {
        PlanJson {
            changes: &self.changes,
            unlisted: &self.unlisted,
            impossible: &self.impossible,
            not_ours: &self.not_ours,
            gaps: &self.gaps,
            warnings: self.warnings.iter().map(|warning| warning.to_json(source)).collect(),
            left_alone: &self.left_alone,
            digest: self.digest(),
            summary: self.summary(),
        }
    }
}

/// A plan as `--format json` prints it.
#[derive(Debug, Serialize)]
pub struct PlanJson<'a> {
    changes: &'a [Change],
    unlisted: &'a [Change],
    impossible: &'a [Change],
    not_ours: &'a [Change],
    gaps: &'a [Gap],
    warnings: Vec<DiagnosticJson>,
    left_alone: &'a [LeftAlone],
    digest: Digest,
    summary: Summary,
}
