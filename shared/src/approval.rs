//! Revocations that wait for somebody's approval, and approvals.
//!
//! Over the rules' limit nothing is revoked. The set is kept by its digest, somebody looks at it and approves exactly
//! that set, and the next run that finds it lets it go, once. A set that has changed since has another digest, and is
//! held anew.
//!
//! **A run that is cut off** leaves some of an approved set behind. So an approval that a run has begun to use holds for
//! what is left of its set, for that run's message alone, until a run has tried all of it.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use crate::{
    ids::Digest,
    lane::Cause,
    organization::Assignment,
    plan::{Action, Change, Plan},
    scope::Scope,
};

/// How long an approval holds: long enough for a weekend, short enough that nobody is surprised by it.
///
/// Unit: days.
pub const APPROVED_FOR_DAYS: i64 = 7;

/// How much of a SHA-256 names a set of revocations: enough that nobody finds another set of the
/// same name, short enough to type.
const DIGEST_BYTES: usize = 10;

/// The digest of a set of revocations: of what goes, and of nothing else. So it is the same wherever and whenever the
/// set is planned.
#[must_use]
pub fn digest_of(revocations: &BTreeSet<Assignment>) -> Digest {
    let mut hasher = Sha256::new();
    for Assignment { account_id, permission_set_arn, principal } in revocations {
        let (kind, id) = (principal.kind(), principal.id());
        hasher.update(format!("{account_id} {permission_set_arn} {kind} {id}\n"));
    }
    Digest::of_bytes(hasher.finalize().iter().take(DIGEST_BYTES))
}

/// What may go although it is over the limit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Approvals {
    digests: BTreeSet<Digest>,
    begun: BTreeSet<Assignment>,
}

impl Approvals {
    /// Exactly the set of that digest.
    #[must_use]
    pub fn of(digest: Digest) -> Self {
        Self { digests: BTreeSet::from([digest]), ..Self::default() }
    }

    /// Whether all that a plan revokes may go.
    #[must_use]
    pub fn hold_for(&self, plan: &Plan) -> bool {
        let begun = || plan.revocations().iter().all(|revocation| self.begun.contains(revocation));
        self.digests.contains(&plan.digest()) || (!self.begun.is_empty() && begun())
    }
}

/// A set of revocations that is held, as it is kept for whoever approves it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HeldSet {
    /// Names the set.
    pub digest: Digest,
    /// When it was found last.
    pub held_at: DateTime<Utc>,
    /// Where the run looked that found it: looking there again finds it again.
    pub scope: Scope,
    /// What made the run look.
    pub causes: Vec<Cause>,
    /// The set.
    pub revocations: BTreeSet<Assignment>,
    /// The same for people: each change as a plan in JSON has it.
    pub changes: Vec<Value>,
}

impl HeldSet {
    /// What a plan holds; nothing, when it holds nothing.
    ///
    /// # Errors
    /// A change cannot be told as JSON. A set that is told in part would be approved unseen.
    pub fn of(
        plan: &Plan,
        scope: &Scope,
        causes: &[Cause],
        now: DateTime<Utc>,
    ) -> serde_json::Result<Option<Self>> {
        let changes: Vec<Value> =
            plan.held().map(serde_json::to_value).collect::<serde_json::Result<_>>()?;
        Ok((!changes.is_empty()).then(|| Self {
            digest: plan.digest(),
            held_at: now,
            scope: scope.clone(),
            causes: causes.to_vec(),
            revocations: plan.revocations(),
            changes,
        }))
    }

    /// Whether it holds the very set that its digest names, and tells people of exactly that set: each revocation
    /// once, and nothing else.
    ///
    /// The digest is of ids alone, so it does not vouch for names.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        let told: Option<BTreeSet<Assignment>> = self.changes.iter().map(revoked).collect();
        digest_of(&self.revocations) == self.digest
            && told.as_ref() == Some(&self.revocations)
            && self.changes.len() == self.revocations.len()
    }

    /// Somebody's approval of it, at the time by the clock of the machine they sit at.
    ///
    /// Nothing is approved before it is held: where that clock is behind the installation's, the approval is as old as
    /// the set.
    #[must_use]
    pub fn approved_by(&self, who: String, now: DateTime<Utc>) -> Approval {
        let now = now.max(self.held_at);
        Approval {
            digest: self.digest.clone(),
            approved_by: who,
            approved_at: now,
            expires_at: now + TimeDelta::days(APPROVED_FOR_DAYS),
            begun_at: None,
            revocations: self.revocations.clone(),
        }
    }
}

/// What a change revokes, as a plan in JSON has it; nothing, when it is no revocation.
fn revoked(change: &Value) -> Option<Assignment> {
    let is_revocation = change.get("action") == Some(&json!(Action::Delete));
    let fields = ["account_id", "permission_set_arn", "principal_type", "principal_id"];
    let ids = fields.map(|field| Some((field.to_owned(), change.get(field)?.clone())));
    let ids: Map<String, Value> = ids.into_iter().collect::<Option<_>>()?;
    is_revocation.then(|| serde_json::from_value(Value::Object(ids)).ok())?
}

/// Somebody's approval of a set of revocations.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// Names the set.
    pub digest: Digest,
    /// Who approved it: an ARN, as AWS names them.
    pub approved_by: String,
    /// When.
    pub approved_at: DateTime<Utc>,
    /// From when on it holds no longer.
    pub expires_at: DateTime<Utc>,
    /// When a run began to use it; nothing before.
    pub begun_at: Option<DateTime<Utc>>,
    /// The set.
    pub revocations: BTreeSet<Assignment>,
}

impl Approval {
    /// What it allows now: its very set, or what is left of it when a run has begun with it.
    ///
    /// Nothing, when its time is over, or its set is not the one that its digest names.
    #[must_use]
    pub fn allows(&self, now: DateTime<Utc>) -> Approvals {
        if now >= self.expires_at || digest_of(&self.revocations) != self.digest {
            return Approvals::default();
        }
        let of_digest = Approvals::of(self.digest.clone());
        match self.begun_at {
            Some(_) => Approvals { begun: self.revocations.clone(), ..of_digest },
            None => of_digest,
        }
    }
}

impl Plan {
    /// What it revokes, held or not.
    #[must_use]
    pub fn revocations(&self) -> BTreeSet<Assignment> {
        let deletes = self.changes.iter().filter(|change| change.action == Action::Delete);
        deletes.map(Change::assignment).collect()
    }

    /// Names exactly this set of revocations, wherever and whenever it is planned: what an approval
    /// is for.
    #[must_use]
    pub fn digest(&self) -> Digest {
        digest_of(&self.revocations())
    }

    /// The same plan, in which nothing is held if approvals hold for it.
    #[must_use]
    pub fn approved_by(mut self, approvals: &Approvals) -> Self {
        if self.held().next().is_some() && approvals.hold_for(&self) {
            self.changes.iter_mut().for_each(|change| change.held = false);
        }
        self
    }
}
