//! The loop: observe, decide, act, announce.
//!
//! **Flow.** The scope is observed; the rules and what was observed become a plan; the accounts in
//! it that were only remembered are read, until the plan holds with what was read; it is carried out,
//! each result followed to its end; every change is announced with its rules and its cause as soon as it
//! has ended. What there was no time for, accounts to look at and changes to make, is handed back as the
//! rest of the scope.
//!
//! **Guarantees.** The plan is complete before the first write. What is remembered between runs only says
//! where to look, and of a run that was cut off nothing is taken to be remembered: so it is made good by
//! the next one over the same scope.
//!
//! **Caveat.** The world moves on while it is read. What a plan missed is the next event's, or the
//! sweep's.

mod done;
mod look;
mod others;
mod rest;
mod sums;
mod tell;

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::{
    sync::mpsc::{UnboundedSender, unbounded_channel},
    time::Instant,
};
use tracing::{error, info, warn};

use crate::{
    act::{Act, Acted, Limits, Outcome, act_and_tell},
    announcement::{self, Announcement, Fate},
    approval::{Approval, Approvals},
    decide::since,
    drift::{Drift, drift},
    failure::CallFailure,
    lane::{Cause, LaneMessage, Tally},
    observe::{LookedAtUsers, Observe, Picture},
    organization::{Assignment, Organization},
    plan::{Action, Change, Earlier, Plan},
    rules::Rules,
    scope::Scope,
};

pub use look::{Looked, look, plan};
pub use tell::{Announce, NotAnnounced};

use others::others_come_to_an_end;
use rest::{accounts_to_come, accounts_with_room, handed_on, has_headway};
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

    /// The same, where the scope may have turned out to mean everything.
    fn widened(&self, is_everything: bool) -> Self {
        let everything = self.scope.everything || is_everything;
        Self { scope: Scope { everything, ..self.scope.clone() }, ..self.clone() }
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
    let Looked { organization, plan, scope: looked_at, is_widened, rest } = looked;
    let errand = &errand.widened(is_widened);
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
    let users = users_looked_at(errand, &plan, &acted, (&rest, is_stuck));
    picture.see_groups(rules, &organization.groups, users);
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

/// Of how many users what they have agrees with the groups that were seen. What single accounts lack is
/// looked at again there.
fn users_looked_at(
    errand: &Errand,
    plan: &Plan,
    acted: &Acted,
    (rest, is_stuck): (&Scope, bool),
) -> LookedAtUsers {
    let is_of_single_accounts = plan.gaps.iter().all(|gap| gap.account_id.is_some());
    if !errand.scope.is_everything() || is_stuck || !is_of_single_accounts {
        return LookedAtUsers::Some;
    }
    let is_done = acted.outcomes.iter().all(|one| one.result.is_ok());
    if is_done && plan.gaps.is_empty() && rest.is_empty() {
        LookedAtUsers::AllAndDone
    } else {
        LookedAtUsers::All
    }
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
