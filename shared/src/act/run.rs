//! Changes on their way: what is to be done next, and what follows from what came of it.

use std::{
    collections::{BTreeMap, BTreeSet, hash_map::DefaultHasher},
    hash::{Hash, Hasher},
};

use tokio::time::Instant;
use tracing::warn;

use crate::{
    failure::{CallFailure, FailureKind},
    plan::{Action, Change},
};

use super::{
    Acted, Limits, Outcome, Progress, RequestId, RequestState, accounts::Accounts, queue::Waiting,
    rhythm::Rhythm, window::Window,
};

/// How often a request that has failed is asked for its reason. Then it is told without: nobody should
/// have to wait for its slot.
///
/// Unit: calls, one after each look.
const ASKS_FOR_A_REASON: u32 = 3;

/// How many looks may be under way while changes wait. What one of them will say is older than what has
/// ended since it was sent; where changes are quick and answers are not, slots would stand empty for it.
///
/// Unit: calls.
const LOOKS_AT_ONCE: usize = 2;

/// What is told of a request that has failed, where AWS did not say why.
const UNREAD: &str = "FAILED, reason unread";

/// What is to be done at a moment, and when to come back although nothing has arrived. Both go by one
/// clock: a change whose time came in between would be in neither.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) tasks: Vec<Task>,
    pub(super) next: Option<Instant>,
}

/// Something to ask AWS.
#[derive(Debug)]
pub(super) enum Task {
    /// Start a change.
    Start(Waiting),
    /// Look at all requests of a kind, of which these are wanted.
    Look(Action, BTreeSet<RequestId>),
    /// Ask for one request.
    Ask(Action, RequestId),
}

/// What AWS answered.
#[derive(Debug)]
pub(super) enum Arrival {
    Started(Waiting, Result<Progress, CallFailure>),
    Looked(BTreeSet<RequestId>, Result<BTreeMap<RequestId, RequestState>, CallFailure>),
    Told(RequestId, Result<Progress, CallFailure>),
}

/// Changes on their way.
#[derive(Debug)]
pub(super) struct Run {
    limits: Limits,
    accounts: Accounts,
    window: Window,
    rhythm: Rhythm,
    /// The changes for which requests are being sent.
    starting: Vec<Change>,
    /// How many looks are under way.
    looking: usize,
    under_way: BTreeMap<RequestId, UnderWay>,
    /// Requests to ask for singly.
    to_ask: Vec<Task>,
    outcomes: Vec<Outcome>,
    /// How many of the outcomes were told.
    told: usize,
}

/// A request that AWS has accepted.
#[derive(Debug)]
struct UnderWay {
    waiting: Waiting,
    since: Instant,
    /// Whether it is being asked for singly.
    is_asked_for: bool,
    /// Whether it is known to have failed: all that is wanted is the reason.
    has_failed: bool,
    /// How often it was asked for the reason in vain.
    asked_in_vain: u32,
}

impl Run {
    pub(super) fn new(changes: Vec<Change>, limits: Limits) -> Self {
        let now = Instant::now();
        let waiting = changes.into_iter().map(|change| Waiting {
            change,
            attempts_left: limits.attempts.max(1),
            back_off: limits.first_back_off,
            not_before: now,
        });
        Self {
            limits,
            accounts: Accounts::new(waiting),
            window: Window::new(limits.in_flight),
            rhythm: Rhythm::new(limits.poll_every),
            starting: Vec::new(),
            looking: 0,
            under_way: BTreeMap::new(),
            to_ask: Vec::new(),
            outcomes: Vec::new(),
            told: 0,
        }
    }

    /// What is to be asked now, and when there may be something to ask although nothing has arrived;
    /// nothing, when the time is over.
    pub(super) fn step(&mut self, now: Instant) -> Option<Step> {
        if self.limits.follow_until.is_some_and(|end| end <= now) {
            self.let_go();
            return None;
        }
        Some(Step { tasks: self.tasks(now), next: self.next_moment(now) })
    }

    fn tasks(&mut self, now: Instant) -> Vec<Task> {
        self.notice_the_late(now);
        let mut tasks = std::mem::take(&mut self.to_ask);
        while self.may_start(now)
            && let Some(waiting) = self.accounts.next(now)
        {
            self.starting.push(waiting.change.clone());
            tasks.push(Task::Start(waiting));
        }
        if self.next_look(now).is_some_and(|look| look <= now) {
            tasks.extend(self.look(now));
        }
        tasks
    }

    fn next_moment(&mut self, now: Instant) -> Option<Instant> {
        let time = self.accounts.next_time(now).filter(|_| self.may_start(now));
        let is_followed = !self.starting.is_empty() || !self.under_way.is_empty();
        let until = self.limits.until.filter(|end| *end > now && time.is_some());
        let follow_until = self.limits.follow_until.filter(|_| is_followed || time.is_some());
        [self.next_look(now), time, until, follow_until].into_iter().flatten().min()
    }

    /// Hears an answer.
    pub(super) fn hear(&mut self, arrival: Arrival, now: Instant) {
        match arrival {
            Arrival::Started(waiting, answer) => self.started(waiting, answer, now),
            Arrival::Looked(wanted, Ok(states)) => self.looked(&wanted, &states, now),
            Arrival::Looked(wanted, Err(failure)) => {
                warn!(%failure, "every request in flight is asked for singly");
                self.looked(&wanted, &BTreeMap::new(), now);
            }
            Arrival::Told(request, answer) => self.told(&request, answer, now),
        }
    }

    /// What has come to its end since this was last asked.
    pub(super) fn news(&mut self) -> &[Outcome] {
        let told = std::mem::replace(&mut self.told, self.outcomes.len());
        self.outcomes.get(told..).unwrap_or_default()
    }

    /// What became of everything.
    pub(super) fn acted(mut self) -> Acted {
        // As announcements promise; those of accounts in trouble may have come late.
        self.outcomes.sort_by_key(|outcome| outcome.change.action);
        Acted { outcomes: self.outcomes, not_started: self.accounts.into_waiting().collect() }
    }

    fn may_start(&self, now: Instant) -> bool {
        let in_flight = self.starting.len() + self.under_way.len();
        in_flight < self.window.size() && self.limits.until.is_none_or(|until| now < until)
    }

    /// When to look at the requests in flight, unless enough looks are under way.
    fn next_look(&self, now: Instant) -> Option<Instant> {
        let unasked = self.under_way.values().filter(|one| !one.is_asked_for);
        let oldest = unasked.map(|one| one.since).min()?;
        let others_wait = self.limits.until.is_none_or(|until| now < until)
            && self.accounts.does_any_wait_for_others(now);
        let at_once = if others_wait { LOOKS_AT_ONCE } else { 1 };
        (self.looking < at_once).then(|| self.rhythm.next_look(oldest, others_wait))
    }

    /// One look at the grants in flight, and one at the revocations.
    fn look(&mut self, now: Instant) -> Vec<Task> {
        self.rhythm.looks(now);
        let unasked = self.under_way.iter().filter(|(_, one)| !one.is_asked_for);
        let mut wanted: BTreeMap<Action, BTreeSet<RequestId>> = BTreeMap::new();
        for (request, one) in unasked {
            wanted.entry(one.waiting.change.action).or_default().insert(request.clone());
        }
        self.looking += wanted.len();
        wanted.into_iter().map(|(action, wanted)| Task::Look(action, wanted)).collect()
    }

    fn notice_the_late(&mut self, now: Instant) {
        for one in self.under_way.values() {
            if self.rhythm.is_overdue(now - one.since) {
                self.accounts.see_late(&one.waiting.change.account.id);
            }
        }
    }

    fn started(
        &mut self,
        mut waiting: Waiting,
        answer: Result<Progress, CallFailure>,
        now: Instant,
    ) {
        if let Some(place) = self.starting.iter().position(|change| *change == waiting.change) {
            self.starting.swap_remove(place);
        }
        waiting.attempts_left = waiting.attempts_left.saturating_sub(1);
        match answer {
            Ok(progress) if progress.state == RequestState::InProgress => {
                self.window.accepted();
                self.under_way.insert(progress.request, UnderWay::new(waiting, now));
            }
            Ok(progress) => {
                self.window.accepted();
                self.end(waiting, progress, now);
            }
            Err(failure) => {
                if failure.kind == FailureKind::Throttled {
                    self.window.throttled();
                }
                match failure.kind_of_change(waiting.change.action) {
                    FailureKind::AlreadySo => self.succeed(waiting.change, None),
                    kind => self.failed(waiting, kind, failure.to_string(), now),
                }
            }
        }
    }

    fn looked(
        &mut self,
        wanted: &BTreeSet<RequestId>,
        states: &BTreeMap<RequestId, RequestState>,
        now: Instant,
    ) {
        self.looking -= 1;
        for request in wanted {
            let Some(one) = self.under_way.get_mut(request) else { continue };
            match states.get(request) {
                // Since another look, under way at the same time, it is asked for singly: that says more.
                Some(RequestState::InProgress | RequestState::Failed) | None
                    if one.is_asked_for => {}
                Some(RequestState::InProgress) => {
                    self.keep_following(request, "it is still in progress", now);
                }
                Some(RequestState::Succeeded) => {
                    let request = request.clone();
                    let state = RequestState::Succeeded;
                    self.land(Progress { request, state, failure_reason: None }, now);
                }
                // Only by itself is a request shown with the reason why it failed.
                shown @ (Some(RequestState::Failed) | None) => {
                    one.has_failed |= shown.is_some();
                    one.is_asked_for = true;
                    let action = one.waiting.change.action;
                    self.to_ask.push(Task::Ask(action, request.clone()));
                }
            }
        }
    }

    fn told(&mut self, request: &RequestId, answer: Result<Progress, CallFailure>, now: Instant) {
        match answer {
            Ok(progress) if progress.state == RequestState::InProgress => {
                self.keep_following(request, "it is still in progress", now);
            }
            Ok(progress) => self.land(Progress { request: request.clone(), ..progress }, now),
            Err(failure) => self.not_told(request, &failure, now),
        }
    }

    /// A request that is known to have failed is asked for its reason a few times more. None that comes
    /// to light here says whether another attempt helps.
    fn not_told(&mut self, request: &RequestId, failure: &CallFailure, now: Instant) {
        let Some(one) = self.under_way.get_mut(request) else { return };
        one.asked_in_vain += u32::from(one.has_failed);
        if one.asked_in_vain < ASKS_FOR_A_REASON {
            return self.keep_following(request, &failure.to_string(), now);
        }
        if let Some(one) = self.under_way.remove(request) {
            let reason = format!("{UNREAD}: {failure}");
            self.failed(one.waiting, FailureKind::Permanent, reason, now);
        }
    }

    /// A request that has not ended, as far as is known, is followed for as long as patience lasts.
    /// Then the account is left to the next run: whatever else is asked for there would meet it.
    fn keep_following(&mut self, request: &RequestId, why: &str, now: Instant) {
        let Some(one) = self.under_way.get_mut(request) else { return };
        one.is_asked_for = false;
        if now - one.since < self.limits.patience {
            return;
        }
        if let Some(one) = self.under_way.remove(request) {
            let reason = one.unknown_end(request, why);
            let account = one.waiting.change.account.id.clone();
            self.fail(one.waiting, reason);
            let left = self.accounts.give_up(&account);
            self.leave(left, "not tried, because the end of another request there is not known");
        }
    }

    /// The time is over: what is under way is left to the next run, and so is all that waits.
    fn let_go(&mut self) {
        const WHY: &str = "there was no time to follow it any longer";
        for change in std::mem::take(&mut self.starting) {
            let reason =
                "whether AWS has taken the request is not known: it has not answered in time";
            self.outcomes.push(Outcome { change, result: Err(reason.to_owned()) });
        }
        for (request, one) in std::mem::take(&mut self.under_way) {
            let result = Err(one.unknown_end(&request, WHY));
            self.outcomes.push(Outcome { change: one.waiting.change, result });
        }
    }

    /// A request has come to its end.
    fn land(&mut self, progress: Progress, now: Instant) {
        if let Some(one) = self.under_way.remove(&progress.request) {
            self.rhythm.took(now - one.since);
            self.end(one.waiting, progress, now);
        }
    }

    fn end(&mut self, waiting: Waiting, progress: Progress, now: Instant) {
        if progress.state == RequestState::Succeeded {
            return self.succeed(waiting.change, Some(progress.request));
        }
        let reason = progress.failure_reason.unwrap_or_else(|| "AWS gave no reason".to_owned());
        match FailureKind::of_reason(waiting.change.action, &reason) {
            FailureKind::AlreadySo => self.succeed(waiting.change, Some(progress.request)),
            kind => self.failed(waiting, kind, reason, now),
        }
    }

    fn succeed(&mut self, change: Change, request: Option<RequestId>) {
        self.accounts.ended(&change, true);
        self.outcomes.push(Outcome { change, result: Ok(request) });
    }

    /// Tries a change again after a while, or no more.
    fn failed(&mut self, mut waiting: Waiting, kind: FailureKind, reason: String, now: Instant) {
        if kind.may_pass() && waiting.attempts_left > 0 {
            waiting.not_before = now + waiting.back_off.mul_f64(jitter(&waiting));
            waiting.back_off *= 2;
            return self.accounts.again(waiting, kind != FailureKind::Throttled);
        }
        let account = waiting.change.account.id.clone();
        self.fail(waiting, reason);
        if kind == FailureKind::Conflict {
            let left = self.accounts.give_up(&account);
            self.leave(
                left,
                "not tried, because something else goes on in the account all the time",
            );
        }
    }

    fn fail(&mut self, waiting: Waiting, reason: String) {
        let change = waiting.change;
        self.accounts.ended(&change, false);
        if change.action == Action::Create {
            let left = self.accounts.give_up_revoking(&change.account.id);
            self.leave(left, "not revoked, because a grant in the same account failed");
        }
        self.outcomes.push(Outcome { change, result: Err(reason) });
    }

    fn leave(&mut self, left: Vec<Waiting>, reason: &str) {
        let outcome =
            |waiting: Waiting| Outcome { change: waiting.change, result: Err(reason.to_owned()) };
        self.outcomes.extend(left.into_iter().map(outcome));
    }
}

impl UnderWay {
    fn new(waiting: Waiting, since: Instant) -> Self {
        Self { waiting, since, is_asked_for: false, has_failed: false, asked_in_vain: 0 }
    }

    /// What is told of it where nobody follows it any longer.
    fn unknown_end(&self, request: &RequestId, why: &str) -> String {
        if self.has_failed {
            format!("{UNREAD}: {why}")
        } else {
            format!("the end of request {request} is not known: {why}")
        }
    }
}

/// By how much a back-off is shortened, so that what failed together does not come again together:
/// half of it at the most. The same for the same change in each run, so that a run can be repeated.
fn jitter(waiting: &Waiting) -> f64 {
    let mut hasher = DefaultHasher::new();
    (waiting.change.assignment(), waiting.attempts_left).hash(&mut hasher);
    let fraction = (hasher.finish() >> 11) as f64 / (1_u64 << 53) as f64;
    1.0 - fraction / 2.0
}
