//! The loop: observe, decide, act, announce.
//!
//! **Flow.** The scope is observed; the rules and what was observed become a plan; the accounts in
//! it that were only remembered are read, until the plan holds with what was read; it is carried out, each result followed to its end; every change is announced with its rules and its
//! cause.
//!
//! **Guarantees.** The plan is complete before the first write. Nothing is remembered between runs:
//! a run that was cut off at any point is made good by the next one over the same scope.
//!
//! **Caveat.** The world moves on while it is read. What a plan missed is the next event's, or the
//! sweep's.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use chrono::{DateTime, Utc};
use tokio::time::{Instant, sleep};
use tracing::warn;

use crate::{
    act::{Act, Acted, Limits, Outcome, act},
    announcement::{self, Announcement, Fate},
    decide::decide,
    failure::CallFailure,
    ids::{AccountId, PermissionSetArn},
    lane::{Cause, LaneMessage},
    observe::{Observation, Observe, Picture},
    organization::{AccountState, Assignment, Gap, Organization, Principal},
    plan::{Action, Change, Plan, Role},
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
    /// The changes for which there was no time: see [`Limits::until`].
    pub not_started: Vec<Change>,
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

impl Reconciled {
    /// Whether all that a message asked for is done, as far as this run can tell.
    ///
    /// A sweep is done even where something failed: what it could not do it has announced, and the
    /// next event or sweep tries again. Where an event says to look everywhere, a rules file or a
    /// membership that is gone, that is not so: nothing tells of it a second time. What there was no
    /// time for is nowhere announced, so it is never done.
    #[must_use]
    pub fn is_done(&self, message: &LaneMessage) -> bool {
        let scope = &message.scope;
        let Some(accounts) = scope.only_accounts() else {
            let is_perfect = self.failures().next().is_none() && self.plan.gaps.is_empty();
            let is_sweep = scope.is_everything() && !message.cause.is_event();
            return self.not_started.is_empty() && (is_perfect || is_sweep);
        };
        let failed =
            self.failures().any(|(outcome, _)| accounts.contains(&outcome.change.account.id));
        let put_off = self.not_started.iter().any(|change| accounts.contains(&change.account.id));
        let concerns = |gap: &Gap| gap.account_id.as_ref().is_none_or(|id| accounts.contains(id));
        let unread = self.plan.gaps.iter().any(concerns);
        !failed
            && !put_off
            && !unread
            && accounts.iter().all(|id| self.is_settled(id, &message.cause))
    }

    /// Whether the account is where its events have brought it. AWS may tell of a new account
    /// before it lists it, and list it before it is ready.
    fn is_settled(&self, id: &AccountId, cause: &Cause) -> bool {
        match self.organization.accounts.iter().find(|account| account.id == *id) {
            Some(account) => account.state != AccountState::PendingActivation,
            None => !NEW_ACCOUNT_EVENTS.contains(&cause.event.as_str()),
        }
    }
}

/// Events that say that an account is there.
const NEW_ACCOUNT_EVENTS: [&str; 2] = ["CreateAccountResult", "AccountJoinedOrganization"];

/// Makes the assignments in the scope what the rules say.
///
/// # Errors
/// When so little could be read that there is no plan. Nothing was changed then.
pub async fn reconcile(
    (reads, writes, bus): (&impl Observe, &impl Act, &impl Announce),
    rules: &Rules,
    limits: Limits,
    errand: &Errand,
    picture: &mut Picture,
) -> Result<Reconciled, CallFailure> {
    if errand.causes.iter().any(|cause| ASSIGNMENT_EVENTS.contains(&cause.event.as_str())) {
        others_come_to_an_end(writes, limits).await;
    }
    let (organization, plan) = plan(reads, rules, errand, picture).await?;
    let Acted { outcomes, not_started } = act(writes, plan.due().cloned().collect(), limits).await;
    picture.see_held(made(&outcomes));
    let announcements = announcements(&plan, &outcomes, errand);
    let not_announced = bus.announce(announcements).await.err();
    Ok(Reconciled { organization, plan, outcomes, not_started, not_announced })
}

/// Events that say that a change was accepted, which is made some seconds later.
const ASSIGNMENT_EVENTS: [&str; 2] = ["CreateAccountAssignment", "DeleteAccountAssignment"];

/// How long to wait for others. AWS takes one to three seconds for a change, and rarely more than
/// fourteen; whoever goes on for longer has events of their own.
const PATIENCE_WITH_OTHERS: Duration = Duration::from_secs(20);

/// Waits until what others asked for is made or refused. To look before would be to see nothing of it,
/// and no later event tells of it.
async fn others_come_to_an_end(writes: &impl Act, limits: Limits) {
    let deadline = Instant::now() + PATIENCE_WITH_OTHERS;
    while Instant::now() < deadline && is_anything_under_way(writes).await {
        sleep(limits.poll_every).await;
    }
}

async fn is_anything_under_way(writes: &impl Act) -> bool {
    for action in [Action::Create, Action::Delete] {
        match writes.is_under_way(action).await {
            Ok(true) => return true,
            Ok(false) => {}
            // Then it is looked at once, as it is now.
            Err(failure) => warn!(%failure, "not known whether changes of others are under way"),
        }
    }
    false
}

/// The plan, in which no account is changed that is only remembered.
///
/// # Errors
/// When so little could be read that there is no plan.
pub async fn plan(
    reads: &impl Observe,
    rules: &Rules,
    errand: &Errand,
    picture: &mut Picture,
) -> Result<(Organization, Plan), CallFailure> {
    let Errand { scope, now, .. } = errand;
    let mut observation = Observation::new(reads, rules, scope, *now, picture).await?;
    loop {
        let mut plan = decide(rules, observation.organization(), *now, scope);
        let changed = plan.changes.iter().map(|change| change.account.id.clone());
        // Each round reads accounts that were not read before, or finds a gap more where something was
        // to go that then stays; so there is a last one.
        if observation.refresh(&changed.collect()).await?
            || observation.look_at_roles(&emptied(&plan)).await
        {
            continue;
        }
        settle_roles(&mut plan, &observation);
        return Ok((observation.into_organization(), plan));
    }
}

/// How many roles that seem to go are looked at more closely. Of more, it stays unsaid that they go.
///
/// Unit: calls to Identity Center. At 18 a second, a plan waits five seconds for them.
const ROLES_LOOKED_AT: usize = 100;

/// An account, and a permission set that is a role there.
type RoleOf = (AccountId, PermissionSetArn);

/// Where a permission set seems to leave an account. A listing by principal does not show those who
/// are gone, nor those whom the rules do not manage; so it takes a closer look to be sure.
fn emptied(plan: &Plan) -> BTreeSet<RoleOf> {
    let goes = plan.due().filter(|change| change.role == Role::Goes).map(role_of);
    goes.collect::<BTreeSet<_>>().into_iter().take(ROLES_LOOKED_AT).collect()
}

/// Says of each role that seems to go whether it does.
fn settle_roles(plan: &mut Plan, observation: &Observation<'_, impl Observe>) {
    let seems_to_go = plan.changes.iter().filter(|change| change.role == Role::Goes);
    let mut losing: BTreeMap<RoleOf, BTreeSet<Principal>> = BTreeMap::new();
    for change in seems_to_go {
        losing.entry(role_of(change)).or_default().insert(change.principal.principal.clone());
    }
    let unsettled = plan.changes.iter_mut().chain(&mut plan.unlisted);
    for change in unsettled.filter(|change| change.role == Role::Goes) {
        let role = role_of(change);
        let everybody = observation.everybody_with(&role);
        change.role = match everybody.zip(losing.get(&role)) {
            None => Role::MayChange,
            Some((everybody, losing)) if everybody.is_subset(losing) => Role::Goes,
            // Some of them were not in the scope; or somebody keeps it who was not seen before.
            Some(_) => Role::MayChange,
        };
    }
}

fn role_of(change: &Change) -> RoleOf {
    (change.account.id.clone(), change.permission_set.arn.clone())
}

/// The assignments that were made.
fn made(outcomes: &[Outcome]) -> impl Iterator<Item = Assignment> {
    let made = outcomes.iter().filter(|outcome| outcome.result.is_ok());
    let made = made.filter(|outcome| outcome.change.action == Action::Create);
    made.map(|outcome| outcome.change.assignment())
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
    let impossible = |change: &Change| {
        announcement::of_change(change, &Fate::Failed(&change.reason.why), causes)
    };
    let mut announcements: Vec<Announcement> =
        outcomes.iter().map(of_outcome).chain(plan.impossible.iter().map(impossible)).collect();
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
