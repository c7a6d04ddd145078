//! The loop: observe, decide, act, announce.
//!
//! **Flow.** The scope is observed; the rules and what was observed become a plan; the accounts in
//! it that were only remembered are read, until the plan holds with what was read; it is carried out, each result followed to its end; every change is announced with its rules and its
//! cause as soon as it has ended. What there was no time for, accounts to look at and changes to make, is handed back as the
//! rest of the scope.
//!
//! **Guarantees.** The plan is complete before the first write. Nothing is remembered between runs:
//! a run that was cut off at any point is made good by the next one over the same scope.
//!
//! **Caveat.** The world moves on while it is read. What a plan missed is the next event's, or the
//! sweep's.

mod sums;
mod tell;

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use tokio::{
    sync::mpsc::{UnboundedSender, unbounded_channel},
    time::{Instant, sleep},
};
use tracing::{error, info, warn};

use crate::{
    act::{Act, Acted, Limits, Outcome, RequestId, act_and_tell},
    announcement::{self, Announcement, Fate},
    approval::{Approval, Approvals},
    decide::{decide_further, since},
    drift::{Drift, drift},
    failure::CallFailure,
    ids::{AccountId, PermissionSetArn},
    lane::{Before, Cause, LaneMessage, Tally},
    observe::{Observation, Observe, Picture, When},
    organization::{AccountState, Assignment, Gap, Organization, Principal},
    plan::{Action, Change, Earlier, Plan, Role},
    rules::Rules,
    scope::Scope,
};

pub use tell::{Announce, NotAnnounced};

use sums::Part;
use tell::tell;

/// Where to look, why, and when it is now.
#[derive(Clone, Debug)]
pub struct Errand {
    /// Where to look.
    pub scope: Scope,
    /// The events that said so.
    pub causes: Vec<Cause>,
    /// The time.
    pub now: DateTime<Utc>,
    /// The same moment by the clock of those who wait.
    pub began: Instant,
    /// From when on no further account is looked at; nothing, when there is time for all. What is
    /// left is the [`Reconciled::rest`].
    pub look_until: Option<Instant>,
    /// From when on nothing is announced any more; nothing, when there is time for all.
    pub tell_until: Option<Instant>,
    /// What earlier parts of a sweep found, when the scope is the rest of one.
    pub sweep: Option<Tally>,
    /// Revocations that somebody has approved, when that is why to look.
    pub approval: Option<Approval>,
    /// What earlier parts found to revoke, when the scope is a rest.
    pub earlier: Earlier,
}

impl Errand {
    /// An errand that has all the time in the world, and that nobody has approved anything for.
    #[must_use]
    pub fn new(scope: Scope, causes: Vec<Cause>, now: DateTime<Utc>) -> Self {
        Self {
            scope,
            causes,
            now,
            began: Instant::now(),
            look_until: None,
            tell_until: None,
            sweep: None,
            approval: None,
            earlier: Earlier::default(),
        }
    }

    /// What may go although it is over the limit.
    fn approvals(&self) -> Approvals {
        let approval = self.approval.as_ref();
        approval.map(|approval| approval.allows(self.now)).unwrap_or_default()
    }

    /// What counts against the limit on revocations besides what is found now. A sweep of everything
    /// that takes the rest of an earlier one with it begins anew.
    fn earlier(&self) -> Earlier {
        if self.scope.is_everything() { Earlier::default() } else { self.earlier }
    }

    /// How long ago the first event of AWS happened that said so; nothing, when none did.
    fn since_the_event(&self) -> Option<Duration> {
        let first = self.causes.iter().filter_map(Cause::time_of_event).min()?;
        let before = self.now.signed_duration_since(first).to_std().unwrap_or_default();
        Some(before + self.began.elapsed())
    }

    /// Whether it is a sweep, or the rest of one.
    #[must_use]
    pub fn is_sweep(&self) -> bool {
        self.scope.is_everything() || self.sweep.is_some()
    }
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
    /// Of each change that was made, how long after the first event of AWS it was; nothing, where no
    /// event said so.
    pub after_the_event: Vec<Duration>,
    /// Changes that were due, and for which there was no time: see [`Limits::until`].
    pub not_started: Vec<Change>,
    /// What others have changed against the rules.
    pub drift: Vec<Drift>,
    /// What was found in this part of a sweep, and in those before it.
    pub tally: Tally,
    /// Whether it was a sweep, or the last part of one.
    pub is_finished_sweep: bool,
    /// Where was looked: the scope, without what there was no time for. Of a tick, what it meant.
    pub looked_at: Scope,
    /// What there was no time for, to be put on the lane again.
    pub rest: Option<LaneMessage>,
    /// Whether there was no time for anything: then no message's work is done.
    pub is_stuck: bool,
    /// Whether what others had asked for may not have been made yet when it was looked: then no message's
    /// work is done that says that somebody changes an assignment.
    pub is_early: bool,
    /// The announcements that did not get out, if some did not.
    pub not_announced: Option<NotAnnounced>,
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
    /// Whether all that a message asked for is done or is handed on, as far as this run can tell.
    ///
    /// A sweep is done even where something failed: what it could not do it has announced, and the
    /// next event or sweep tries again. Where an event says to look everywhere, a rules file or a
    /// membership that is gone, that is not so: nothing tells of it a second time. It is handed on what
    /// failed in single accounts, each in a message of its own, as is what there was no time for.
    #[must_use]
    pub fn is_done(&self, message: &LaneMessage) -> bool {
        if self.has_to_come_again(message) {
            return false;
        }
        let scope = &message.scope;
        let Some(accounts) = scope.only_accounts() else {
            let is_sweep = scope.is_sweep() && !message.cause.is_event();
            let in_trouble = self.accounts_in_trouble();
            let is_perfect = in_trouble.as_ref().is_some_and(BTreeSet::is_empty);
            return is_perfect || is_sweep || in_trouble.is_some() && message.approval.is_none();
        };
        let failed =
            self.failures().any(|(outcome, _)| accounts.contains(&outcome.change.account.id));
        let concerns = |gap: &Gap| gap.account_id.as_ref().is_none_or(|id| accounts.contains(id));
        let unread = self.plan.gaps.iter().any(concerns);
        !failed && !unread && accounts.iter().all(|id| self.is_settled(id, message))
    }

    /// What of a message is left that says to look in many places, where all but some accounts is done:
    /// those accounts, in a message of their own. What fails in one for good must not make all others be
    /// looked at each time.
    #[must_use]
    pub fn left_of(&self, message: &LaneMessage) -> Option<LaneMessage> {
        if self.has_to_come_again(message) {
            return None;
        }
        let is_wide = message.scope.only_accounts().is_none();
        let comes_once = message.cause.is_event() && message.approval.is_none();
        let accounts = self.accounts_in_trouble().filter(|_| is_wide && comes_once)?;
        let scope = Scope { accounts, ..Scope::default() };
        let cause = message.cause.clone();
        (!scope.is_empty()).then(|| LaneMessage { scope, cause, ..LaneMessage::default() })
    }

    /// Whether nothing that was done or seen is of use to the message.
    fn has_to_come_again(&self, message: &LaneMessage) -> bool {
        let is_early = self.is_early && message.causes().any(Cause::is_of_an_assignment);
        self.is_stuck || is_early
    }

    /// The accounts in which something failed or was not read; nothing, where that is not a matter of
    /// single accounts.
    fn accounts_in_trouble(&self) -> Option<BTreeSet<AccountId>> {
        let unread = self.plan.gaps.iter().map(|gap| gap.account_id.clone());
        let failed = self.failures().map(|(outcome, _)| Some(outcome.change.account.id.clone()));
        unread.chain(failed).collect()
    }

    /// Whether nothing at all is left to do, in the whole scope: who asks again for what was changed
    /// before, would see the same.
    #[must_use]
    pub fn is_perfect(&self) -> bool {
        let is_whole = self.rest.is_none() && !self.is_stuck;
        is_whole && self.failures().next().is_none() && self.plan.gaps.is_empty()
    }

    /// Whether the account is where its events have brought it. AWS may tell of a new account
    /// before it lists it, and list it before it is ready.
    fn is_settled(&self, id: &AccountId, message: &LaneMessage) -> bool {
        let is_handed_on = self.rest.as_ref().is_some_and(|rest| rest.scope.names_whole(id));
        match self.organization.accounts.iter().find(|account| account.id == *id) {
            Some(account) => account.state != AccountState::PendingActivation,
            None => is_handed_on || !message.causes().any(is_about_a_new_account),
        }
    }
}

fn is_about_a_new_account(cause: &Cause) -> bool {
    NEW_ACCOUNT_EVENTS.contains(&cause.event.as_str())
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
    let is_about_others = errand.causes.iter().any(Cause::is_of_an_assignment);
    let is_early = is_about_others && !others_come_to_an_end(writes, limits).await;
    let looked = look(reads, rules, errand, picture).await?;
    let (news, to_tell) = unbounded_channel();
    let doing = carry_out(writes, (rules, limits), errand, (looked, picture), news);
    // Whoever acts does not wait for whoever tells.
    let (done, not_announced) = tokio::join!(doing, tell(bus, to_tell, errand.tell_until));
    Ok(Reconciled { is_early, not_announced, ..done })
}

/// Carries the plan out. What is to be told of it goes to `news`, at once.
async fn carry_out(
    writes: &impl Act,
    (rules, limits): (&Rules, Limits),
    errand: &Errand,
    (looked, picture): (Looked, &mut Picture),
    news: UnboundedSender<Announcement>,
) -> Reconciled {
    let Looked { organization, plan, scope: looked_at, rest } = looked;
    let causes = &errand.causes;
    // Nobody hears it any more once the run is over, and then nobody is to.
    let announce = |announcement| drop(news.send(announcement));
    let drift = drift(&plan, &picture.take_changes_of_others(), causes);
    for one in &drift {
        log_drift(one);
        announce(announcement::drift_found(one, causes));
    }
    before_acting(&plan, errand).into_iter().for_each(announce);
    let mut after_the_event = Vec::new();
    let acted = act_and_tell(writes, plan.due().cloned().collect(), limits, |outcome| {
        log_outcome(outcome);
        after_the_event.extend(errand.since_the_event().filter(|_| outcome.result.is_ok()));
        announce(of_outcome(outcome, causes));
    })
    .await;
    see_done(picture, &acted);
    let rest = rest.merge(accounts_to_come(&acted)).merge(accounts_with_room(&plan, &acted));
    let is_stuck = !rest.is_empty() && !has_headway(&rest, &organization, &acted);
    let rest = if is_stuck { Scope::default() } else { rest };
    if errand.scope.tick && !is_stuck {
        see_tick(picture, errand.now, &plan, &acted);
    }
    let part = Part { rules, organization: &organization, plan: &plan, acted: &acted, rest: &rest };
    let (tally, earlier) = (part.tally(errand), errand.earlier() + part.found());
    let is_finished_sweep = errand.is_sweep() && rest.is_empty() && !is_stuck;
    if is_finished_sweep {
        announce(announcement::sweep_finished(&tally, causes));
    }
    let rest = (!rest.is_empty()).then(|| handed_on(rest, (tally.clone(), earlier), errand));
    Reconciled {
        organization,
        plan,
        outcomes: acted.outcomes,
        after_the_event,
        not_started: acted.not_started,
        drift,
        tally,
        is_finished_sweep,
        looked_at,
        rest,
        is_stuck,
        is_early: false,
        not_announced: None,
    }
}

/// What is known before anything is changed.
fn before_acting(plan: &Plan, errand: &Errand) -> Vec<Announcement> {
    let causes = &errand.causes;
    let impossible = plan
        .impossible
        .iter()
        .map(|change| announcement::of_change(change, &Fate::Failed(&change.reason.why), causes));
    let held = plan.held().next().map(|_| announcement::revocations_held(plan, causes));
    // A sweep tells its gaps at its end, all together.
    let has_gaps = !errand.is_sweep() && !plan.gaps.is_empty();
    let gaps = has_gaps.then(|| announcement::gaps_found(&plan.gaps, causes));
    gaps.into_iter().chain(impossible).chain(held).collect()
}

fn of_outcome(outcome: &Outcome, causes: &[Cause]) -> Announcement {
    let fate = match &outcome.result {
        Ok(request) => Fate::Done(request.as_ref().map(|request| request.0.as_str())),
        Err(reason) => Fate::Failed(reason),
    };
    announcement::of_change(&outcome.change, &fate, causes)
}

fn log_outcome(Outcome { change, result }: &Outcome) {
    let (account, permission_set) = (&change.account.id, &change.permission_set.name);
    let (action, principal) = (change.action.to_string(), change.principal.to_string());
    let why = &change.reason.why;
    match result {
        Ok(Some(request)) => {
            info!(action, %account, permission_set, principal, why, %request, "changed");
        }
        Ok(None) => info!(action, %account, permission_set, principal, why, "was so already"),
        Err(reason) => {
            error!(action, %account, permission_set, principal, why, reason, "not changed");
        }
    }
}

fn log_drift(Drift { change, by, .. }: &Drift) {
    let (account, permission_set) = (&change.account.id, &change.permission_set.name);
    let (principal, actor) =
        (change.principal.to_string(), by.as_ref().and_then(|by| by.actor.as_deref()));
    let (id, why) = (by.as_ref().and_then(|by| by.id.as_deref()), &change.reason.why);
    let what = match change.action {
        Action::Create => "somebody took away what the rules grant",
        Action::Delete => "somebody granted what the rules do not",
    };
    warn!(%account, permission_set, principal, actor, event = id, why, "drift: {what}");
}

/// Remembers what was done, so that it is nobody else's work when it is seen next.
fn see_done(picture: &mut Picture, acted: &Acted) {
    let of = |is_meant: fn(&Outcome) -> bool| -> Vec<Assignment> {
        let meant = acted.outcomes.iter().filter(|outcome| is_meant(outcome));
        meant.map(|outcome| outcome.change.assignment()).collect()
    };
    let made = of(|one| one.result.is_ok() && one.change.action == Action::Create);
    let taken_away = of(|one| one.result.is_ok() && one.change.action == Action::Delete);
    let uncertain = of(|one| one.result.is_err());
    picture.see_done(made.iter(), taken_away.iter(), uncertain.iter());
}

/// How long a tick is made good by the next ones when something failed. After that it is the sweep's.
///
/// Unit: hours. As far apart as the template's sweeps are.
const TICKS_ARE_MADE_GOOD_FOR_HOURS: i64 = 6;

/// What this hour brings was seen to; or, where something could not be read or done, the next tick sees to
/// it as well: access that somebody has dated must not wait for the sweep because of one failed call.
fn see_tick(picture: &mut Picture, now: DateTime<Utc>, plan: &Plan, acted: &Acted) {
    let since = since(picture.ticked_at(), now);
    let is_whole = plan.gaps.is_empty() && acted.outcomes.iter().all(|one| one.result.is_ok());
    let is_old =
        now.signed_duration_since(since) >= TimeDelta::hours(TICKS_ARE_MADE_GOOD_FOR_HOURS);
    picture.see_tick(if is_whole || is_old { now } else { since });
}

/// The accounts in which changes were not started. Where all that was tried failed, it would again:
/// that is left to the message, which comes again, or to the next sweep.
fn accounts_to_come(acted: &Acted) -> Scope {
    let has = |id: &AccountId, is_done: bool| {
        let mut outcomes = acted.outcomes.iter();
        outcomes.any(|one| one.change.account.id == *id && one.result.is_ok() == is_done)
    };
    let is_hopeful = |id: &AccountId| has(id, true) || !has(id, false);
    let to_come = acted.not_started.iter().filter(|change| is_hopeful(&change.account.id));
    let (gone, others): (Vec<_>, Vec<_>) =
        to_come.partition(|change| change.principal.name == change.principal.principal.id());
    let accounts = |changes: Vec<&Change>| -> BTreeSet<AccountId> {
        changes.into_iter().map(|change| change.account.id.clone()).collect()
    };
    // What somebody left who is gone is seen pair by pair only.
    Scope { in_turn: accounts(gone), part_of_sweep: accounts(others), ..Scope::default() }
}

/// The accounts in which something goes that made room for what had none: an exchange at the edge of
/// AWS's quotas. It takes a second look, and nothing else would say so.
fn accounts_with_room(plan: &Plan, acted: &Acted) -> Scope {
    let gone = acted
        .outcomes
        .iter()
        .filter(|outcome| outcome.change.action == Action::Delete && outcome.result.is_ok());
    let gone: BTreeSet<&AccountId> = gone.map(|outcome| &outcome.change.account.id).collect();
    let full = plan.impossible.iter().map(|change| &change.account.id);
    Scope::part_of_sweep(full.filter(|id| gone.contains(id)).cloned().collect())
}

/// Whether the rest is less than there was: an account less, or a change less. Otherwise it would go
/// round for ever.
fn has_headway(rest: &Scope, organization: &Organization, acted: &Acted) -> bool {
    let has_looked_at = organization.accounts.iter().any(|account| !rest.names_whole(&account.id));
    has_looked_at || acted.outcomes.iter().any(|outcome| outcome.result.is_ok())
}

/// The message that says where to look next.
fn handed_on(scope: Scope, (tally, earlier): (Tally, Earlier), errand: &Errand) -> LaneMessage {
    let mut causes = errand.causes.iter().take(MOST_CAUSES).cloned();
    let cause = causes.next().unwrap_or_default();
    let sweep = errand.is_sweep().then_some(tally);
    let before = Some(Before { causes: causes.collect(), sweep, earlier });
    let approval = errand.approval.as_ref().map(|approval| approval.digest.clone());
    LaneMessage { scope, cause, before, approval }
}

/// As many causes are carried on. More of them explain nothing, and a message has an end.
const MOST_CAUSES: usize = 50;

/// How long to wait for others. AWS takes one to three seconds for a change, and rarely more than
/// fourteen.
///
/// Unit: seconds.
const PATIENCE_WITH_OTHERS: Duration = Duration::from_secs(20);

/// Waits until what others had asked for by now is made or refused, and says whether it is. To look
/// before would be to see nothing of it, and no later event tells of it. What they ask for meanwhile has
/// events of its own.
async fn others_come_to_an_end(writes: &impl Act, limits: Limits) -> bool {
    let deadline = Instant::now() + PATIENCE_WITH_OTHERS;
    let mut awaited: Option<BTreeSet<RequestId>> = None;
    loop {
        match under_way(writes).await {
            Ok(now) => {
                let left = awaited.map_or_else(|| now.clone(), |before| &before & &now);
                if left.is_empty() {
                    return true;
                }
                awaited = Some(left);
            }
            Err(failure) if !failure.may_pass() => {
                warn!(%failure, "not known whether changes of others are under way, nor will it be");
                return true;
            }
            Err(failure) => warn!(%failure, "not known whether changes of others are under way"),
        }
        if Instant::now() >= deadline {
            warn!("changes of others take long: what tells of them comes again");
            return false;
        }
        sleep(limits.poll_every).await;
    }
}

/// The requests of both kinds that are under way.
async fn under_way(writes: &impl Act) -> Result<BTreeSet<RequestId>, CallFailure> {
    let mut requests = writes.under_way(Action::Create).await?;
    requests.extend(writes.under_way(Action::Delete).await?);
    Ok(requests)
}

/// What was seen, and what is to be done about it.
#[derive(Clone, Debug)]
pub struct Looked {
    /// What was observed.
    pub organization: Organization,
    /// What is to be done.
    pub plan: Plan,
    /// Where was looked: see [`Reconciled::looked_at`].
    pub scope: Scope,
    /// What there was no time to look at.
    pub rest: Scope,
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
    let Looked { organization, plan, .. } = look(reads, rules, errand, picture).await?;
    Ok((organization, plan))
}

/// The same, with what there was no time to look at.
///
/// # Errors
/// The same.
pub async fn look(
    reads: &impl Observe,
    rules: &Rules,
    errand: &Errand,
    picture: &mut Picture,
) -> Result<Looked, CallFailure> {
    let Errand { scope, now, look_until, .. } = errand;
    let when = When { now: *now, look_until: *look_until };
    let mut observation = Observation::new(reads, rules, scope, when, picture).await?;
    loop {
        let (organization, scope) = (observation.organization(), observation.scope());
        let mut plan = decide_further(rules, organization, *now, &scope, errand.earlier());
        let changed = plan.changes.iter().map(|change| change.account.id.clone());
        // Each round reads accounts that were not read before, or finds a gap more where something was
        // to go that then stays; so there is a last one.
        if observation.refresh(&changed.collect()).await?
            || observation.look_at_roles(&emptied(&plan)).await
        {
            continue;
        }
        settle_roles(&mut plan, &observation);
        let plan = plan.approved_by(&errand.approvals());
        let rest = observation.rest();
        return Ok(Looked { organization: observation.into_organization(), plan, scope, rest });
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
