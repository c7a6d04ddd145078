//! Carrying changes out: which may start, which are under way, which are tried again.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    time::Duration,
};

use tokio::time::{Instant, sleep};

use crate::{
    failure::CallFailure,
    ids::AccountId,
    plan::{Action, Change},
};

use super::{Act, Progress, RequestId, RequestState};

/// How fast, how often, how long.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Requests in flight at once.
    ///
    /// AWS allows 15 outstanding creates in an instance (older pages: 10); humans need some of
    /// them. Source: <https://docs.aws.amazon.com/singlesignon/latest/userguide/limits.html>
    pub in_flight: usize,
    /// How long to wait between two looks at the requests in flight. All are looked at with one
    /// call.
    pub poll_every: Duration,
    /// How often one change is started before it counts as failed.
    pub attempts: u32,
    /// How long to wait before the second attempt; doubled before each further one.
    pub first_back_off: Duration,
    /// How long a request may stay in progress before it is left to the next run.
    pub patience: Duration,
    /// From when on nothing is started any more: what is in flight is followed to its end, and the
    /// rest is handed back ([`Acted::not_started`]).
    pub until: Option<Instant>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            in_flight: 10,
            poll_every: Duration::from_secs(1),
            attempts: 5,
            first_back_off: Duration::from_secs(1),
            patience: Duration::from_secs(300),
            until: None,
        }
    }
}

/// What became of one change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The change.
    pub change: Change,
    /// The request that did it, or why it was not done.
    pub result: Result<RequestId, String>,
}

/// What became of changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Acted {
    /// What became of those that were tried, or that may not be.
    pub outcomes: Vec<Outcome>,
    /// Those for which there was no time.
    pub not_started: Vec<Change>,
}

/// Carries changes out: first all that grant, then those that revoke.
///
/// **Guarantees.** At most [`Limits::in_flight`] requests at once, one at a time in an account
/// (Identity Center updates one role of an account at a time). Every request is followed to its
/// end. A failure of one change does not stop others, except that an account where a grant failed,
/// or where its end is not known, loses nothing in this run: what was to be granted may have been
/// meant to replace what is revoked.
pub async fn act(writes: &impl Act, changes: Vec<Change>, limits: Limits) -> Acted {
    let (creates, deletes): (Vec<_>, Vec<_>) =
        changes.into_iter().partition(|change| change.action == Action::Create);
    let mut acted = Run::new(writes, Action::Create, creates, limits).finish().await;
    let failed = accounts_without_a_grant(&acted.outcomes);
    // Accounts whose grants are still to come lose nothing before them.
    let waiting: BTreeSet<AccountId> =
        acted.not_started.iter().map(|change| change.account.id.clone()).collect();
    let (put_off, deletes): (Vec<_>, Vec<_>) =
        deletes.into_iter().partition(|change| failed.contains(&change.account.id));
    let (too_late, deletes): (Vec<_>, Vec<_>) =
        deletes.into_iter().partition(|change| waiting.contains(&change.account.id));
    let deleted = Run::new(writes, Action::Delete, deletes, limits).finish().await;
    acted.outcomes.extend(deleted.outcomes);
    acted.not_started.extend(too_late);
    acted.not_started.extend(deleted.not_started);
    let reason = "not revoked, because a grant in the same account failed";
    acted.outcomes.extend(
        put_off.into_iter().map(|change| Outcome { change, result: Err(reason.to_owned()) }),
    );
    acted
}

fn accounts_without_a_grant(outcomes: &[Outcome]) -> BTreeSet<AccountId> {
    let failed = outcomes.iter().filter(|outcome| outcome.result.is_err());
    failed.map(|outcome| outcome.change.account.id.clone()).collect()
}

/// Changes of one kind on their way.
struct Run<'a, Writes> {
    writes: &'a Writes,
    action: Action,
    limits: Limits,
    waiting: VecDeque<Waiting>,
    under_way: Vec<UnderWay>,
    outcomes: Vec<Outcome>,
}

struct Waiting {
    change: Change,
    attempts_left: u32,
    back_off: Duration,
    not_before: Instant,
}

struct UnderWay {
    waiting: Waiting,
    request: RequestId,
    since: Instant,
}

impl<'a, Writes: Act> Run<'a, Writes> {
    fn new(writes: &'a Writes, action: Action, changes: Vec<Change>, limits: Limits) -> Self {
        let now = Instant::now();
        let waiting = changes.into_iter().map(|change| Waiting {
            change,
            attempts_left: limits.attempts.max(1),
            back_off: limits.first_back_off,
            not_before: now,
        });
        Self {
            writes,
            action,
            limits,
            waiting: waiting.collect(),
            under_way: Vec::new(),
            outcomes: Vec::new(),
        }
    }

    async fn finish(mut self) -> Acted {
        let mut not_started = Vec::new();
        loop {
            self.start_what_may().await;
            if self.is_late() {
                not_started.extend(self.waiting.drain(..).map(|waiting| waiting.change));
            }
            if self.waiting.is_empty() && self.under_way.is_empty() {
                return Acted { outcomes: self.outcomes, not_started };
            }
            sleep(self.limits.poll_every).await;
            self.look().await;
        }
    }

    fn is_late(&self) -> bool {
        self.limits.until.is_some_and(|until| until <= Instant::now())
    }

    async fn start_what_may(&mut self) {
        while self.under_way.len() < self.limits.in_flight && !self.is_late() {
            let next = self.next_to_start().and_then(|position| self.waiting.remove(position));
            let Some(next) = next else { return };
            self.start(next).await;
        }
    }

    /// The first change whose time has come, of an account where nothing is under way and nothing
    /// was put off before it.
    fn next_to_start(&self) -> Option<usize> {
        let now = Instant::now();
        let mut busy: BTreeSet<&AccountId> =
            self.under_way.iter().map(|under_way| account_of(&under_way.waiting)).collect();
        self.waiting
            .iter()
            .position(|waiting| busy.insert(account_of(waiting)) && waiting.not_before <= now)
    }

    async fn start(&mut self, mut waiting: Waiting) {
        waiting.attempts_left = waiting.attempts_left.saturating_sub(1);
        match self.writes.start(self.action, &waiting.change.assignment()).await {
            Ok(progress) if progress.state == RequestState::InProgress => {
                let since = Instant::now();
                self.under_way.push(UnderWay { waiting, request: progress.request, since });
            }
            Ok(progress) => self.end(waiting.change, progress),
            Err(failure) => self.failed_to_start(waiting, &failure),
        }
    }

    fn failed_to_start(&mut self, mut waiting: Waiting, failure: &CallFailure) {
        if failure.may_pass() && waiting.attempts_left > 0 {
            waiting.not_before = Instant::now() + waiting.back_off;
            waiting.back_off *= 2;
            self.waiting.push_back(waiting);
        } else {
            self.outcomes
                .push(Outcome { change: waiting.change, result: Err(failure.to_string()) });
        }
    }

    /// Looks at all requests in flight with one call; asks singly for those that are not on the
    /// page, and for the reasons of those that failed.
    async fn look(&mut self) {
        if self.under_way.is_empty() {
            return;
        }
        let states = self.writes.statuses(self.action).await.unwrap_or_else(|failure| {
            tracing::warn!(%failure, "every request in flight is asked for singly");
            BTreeMap::new()
        });
        for under_way in std::mem::take(&mut self.under_way) {
            match states.get(&under_way.request) {
                Some(RequestState::InProgress) => {
                    self.keep_waiting(under_way, "it is still in progress");
                }
                Some(RequestState::Succeeded) => self.succeeded(under_way),
                Some(RequestState::Failed) | None => self.ask(under_way).await,
            }
        }
    }

    async fn ask(&mut self, under_way: UnderWay) {
        match self.writes.status(self.action, &under_way.request).await {
            Ok(progress) if progress.state == RequestState::InProgress => {
                self.keep_waiting(under_way, "it is still in progress");
            }
            Ok(progress) => self.end(under_way.waiting.change, progress),
            Err(failure) => self.keep_waiting(under_way, &failure.to_string()),
        }
    }

    fn keep_waiting(&mut self, under_way: UnderWay, why: &str) {
        if under_way.since.elapsed() < self.limits.patience {
            self.under_way.push(under_way);
        } else {
            let reason = format!("the end of request {} is not known: {why}", under_way.request);
            self.outcomes.push(Outcome { change: under_way.waiting.change, result: Err(reason) });
        }
    }

    fn succeeded(&mut self, under_way: UnderWay) {
        self.outcomes
            .push(Outcome { change: under_way.waiting.change, result: Ok(under_way.request) });
    }

    fn end(&mut self, change: Change, progress: Progress) {
        let done = progress.state == RequestState::Succeeded || self.is_already_so(&progress);
        let result = if done {
            Ok(progress.request)
        } else {
            Err(progress.failure_reason.unwrap_or_else(|| "AWS gave no reason".to_owned()))
        };
        self.outcomes.push(Outcome { change, result });
    }

    /// Taking away what is not there ends FAILED; it is what was wanted.
    fn is_already_so(&self, progress: &Progress) -> bool {
        let reason = progress.failure_reason.as_deref().unwrap_or_default();
        self.action == Action::Delete && reason.starts_with(ASSIGNMENT_NOT_FOUND)
    }
}

/// How AWS says that an assignment to take away is not there.
///
/// Source: <https://github.com/hashicorp/terraform-provider-aws/issues/35158>
const ASSIGNMENT_NOT_FOUND: &str = "Received a 404 status error: Assignment not found";

fn account_of(waiting: &Waiting) -> &AccountId {
    &waiting.change.account.id
}
