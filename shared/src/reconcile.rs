//! The loop: observe, decide, act, announce.
//!
//! **Flow.** The scope is observed; the rules and what was observed become a plan; the plan is
//! carried out, each result followed to its end; every change is announced with its rules and its
//! cause.
//!
//! **Guarantees.** The plan is complete before the first write. Nothing is remembered between runs:
//! a run that was cut off at any point is made good by the next one over the same scope.
//!
//! **Caveat.** The world moves on while it is read. What a plan missed is the next event's, or the
//! sweep's.

use chrono::{DateTime, Utc};

use crate::{
    act::{Act, Limits, Outcome, act},
    announcement::{self, Announcement, Fate},
    decide::decide,
    failure::CallFailure,
    lane::Cause,
    observe::{Observe, observe},
    organization::Organization,
    plan::Plan,
    rules::Rules,
    scope::Scope,
};

/// Telling the world.
#[expect(async_fn_in_trait, reason = "one task drives them: nobody needs the futures to be Send")]
pub trait Announce {
    /// Puts the events on the bus, in order.
    ///
    /// # Errors
    /// When the bus did not take some of them.
    async fn announce(&self, announcements: Vec<Announcement>) -> Result<(), CallFailure>;
}

/// Where to look, why, and when it is now.
#[derive(Clone, Debug)]
pub struct Errand {
    /// Where to look.
    pub scope: Scope,
    /// The events that said so.
    pub causes: Vec<Cause>,
    /// The time.
    pub now: DateTime<Utc>,
}

/// What a run saw, planned and did.
#[derive(Clone, Debug)]
pub struct Reconciled {
    /// What was observed.
    pub organization: Organization,
    /// What was to be done.
    pub plan: Plan,
    /// What became of each change that was not held.
    pub outcomes: Vec<Outcome>,
    /// Why announcements did not get out, if some did not.
    pub not_announced: Option<CallFailure>,
}

impl Reconciled {
    /// The changes that were not done, with the reasons.
    pub fn failures(&self) -> impl Iterator<Item = (&Outcome, &str)> {
        self.outcomes
            .iter()
            .filter_map(|outcome| Some((outcome, outcome.result.as_ref().err()?.as_str())))
    }
}

/// Makes the assignments in the scope what the rules say.
///
/// # Errors
/// When so little could be read that there is no plan. Nothing was changed then.
pub async fn reconcile(
    reads: &impl Observe,
    writes: &impl Act,
    bus: &impl Announce,
    rules: &Rules,
    limits: Limits,
    errand: &Errand,
) -> Result<Reconciled, CallFailure> {
    let organization = observe(reads, rules, &errand.scope, errand.now).await?;
    let plan = decide(rules, &organization, errand.now, &errand.scope);
    let outcomes = act(writes, plan.due().cloned().collect(), limits).await;
    let announcements = announcements(&plan, &outcomes, errand);
    let not_announced = bus.announce(announcements).await.err();
    Ok(Reconciled { organization, plan, outcomes, not_announced })
}

fn announcements(plan: &Plan, outcomes: &[Outcome], errand: &Errand) -> Vec<Announcement> {
    let causes = &errand.causes;
    let of_outcome = |outcome: &Outcome| {
        let fate = match &outcome.result {
            Ok(request) => Fate::Done(&request.0),
            Err(reason) => Fate::Failed(reason),
        };
        announcement::of_change(&outcome.change, &fate, causes)
    };
    let mut announcements: Vec<Announcement> = outcomes.iter().map(of_outcome).collect();
    if plan.held().next().is_some() {
        announcements.push(announcement::revocations_held(plan, causes));
    }
    if errand.scope.is_everything() {
        let failed = outcomes.iter().filter(|outcome| outcome.result.is_err()).count();
        announcements.push(announcement::sweep_finished(
            plan.summary(),
            &plan.gaps,
            failed,
            causes,
        ));
    }
    announcements
}
