//! Identity Center as a value, on a clock that jumps: its quotas, its role updates, and accounts that behave
//! badly.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    num::NonZeroU32,
    sync::Arc,
    time::Duration,
};

use tokio::time::{Instant, sleep};

use crate::{
    act::{Act, Progress, RequestId, RequestState},
    aws::pace::Pace,
    failure::{CallFailure, FailureKind},
    ids::{AccountId, PermissionSetArn},
    organization::{Assignment, PermissionSet, Principal},
    plan::{Action, Change, NamedPrincipal, PlacedAccount, Reason, Role},
};

pub(super) const SECOND: Duration = Duration::from_secs(1);

/// What AWS allows: calls a second, and so many at once after a pause.
pub(super) const CALLS_A_SECOND: f64 = 20.0;

/// The writer's own pace.
pub(super) const PACE: u32 = 18;

/// Requests that may be outstanding in an instance.
pub(super) const OUTSTANDING: usize = 15;

pub(super) fn account_id(number: usize) -> AccountId {
    format!("{number:012}").parse().unwrap()
}

pub(super) fn permission_set_arn(number: usize) -> PermissionSetArn {
    format!("arn:aws:sso:::permissionSet/ssoins-7223aaaabbbbcccc/ps-{number:016x}").parse().unwrap()
}

pub(super) fn change(action: Action, account: usize, set: usize, group: usize) -> Change {
    let group = format!("a7c3e1f0-0000-4000-8000-{group:012x}").parse().unwrap();
    let name = format!("account-{account}");
    Change {
        action,
        account: Arc::new(PlacedAccount {
            id: account_id(account),
            path: format!("/{name}"),
            name,
        }),
        permission_set: Arc::new(PermissionSet {
            arn: permission_set_arn(set),
            name: format!("Set{set}"),
            definition: None,
        }),
        principal: Arc::new(NamedPrincipal {
            principal: Principal::Group(group),
            name: "group".to_owned(),
        }),
        reason: Arc::new(Reason { rules: Vec::new(), why: String::new() }),
        held: false,
        role: Role::MayChange,
    }
}

/// So many accounts, each with so many permission sets for so many groups.
pub(super) fn changes(action: Action, accounts: usize, sets: usize, groups: usize) -> Vec<Change> {
    let places = (0..accounts).flat_map(|account| (0..sets).map(move |set| (account, set)));
    let all = places.flat_map(|place| (0..groups).map(move |group| (place, group)));
    all.map(|((account, set), group)| change(action, account, set, group)).collect()
}

/// How an account behaves that does not do as others do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bad {
    /// Every request is answered with a conflict.
    Conflicts,
    /// No request ever ends.
    Hangs,
    /// Every request ends as FAILED.
    Fails,
    /// The first so many requests end as FAILED, by an error inside AWS.
    FailsAtFirst(usize),
    /// The first request takes so many seconds.
    FirstTakes(u32),
    /// Whatever is asked for is not found.
    NotFound,
    /// No call that starts something is ever answered.
    NeverAnswers,
    /// Every request ends as FAILED, and nobody may read the reason.
    FailsUnread,
}

/// Identity Center as a value.
pub(super) struct Center {
    pub(super) pace: Pace,
    pub(super) latency: Duration,
    pub(super) takes: Duration,
    pub(super) bad: BTreeMap<AccountId, Bad>,
    /// Whether an account answers with a conflict whatever else is under way in it.
    pub(super) is_strict: bool,
    /// Requests of others that are outstanding all the time.
    pub(super) of_others: usize,
    pub(super) state: RefCell<State>,
}

pub(super) struct State {
    pub(super) assignments: BTreeSet<Assignment>,
    /// How many assignments there are of each permission set in each account.
    pub(super) roles: BTreeMap<(AccountId, PermissionSetArn), usize>,
    pub(super) requests: BTreeMap<RequestId, Request>,
    pub(super) open: BTreeSet<RequestId>,
    pub(super) calls: f64,
    pub(super) looks: usize,
    pub(super) tokens: f64,
    pub(super) filled: Instant,
    pub(super) throttled: usize,
    pub(super) conflicts: usize,
    pub(super) most_in_flight: usize,
    pub(super) failures: BTreeMap<AccountId, usize>,
    /// When which account was asked to change something, refused or not.
    pub(super) asked: Vec<(AccountId, Instant)>,
    pub(super) asked_singly: usize,
    pub(super) looking: usize,
    pub(super) most_looking: usize,
}

#[derive(Clone, Debug)]
pub(super) struct Request {
    pub(super) action: Action,
    pub(super) assignment: Assignment,
    pub(super) updates_role: bool,
    pub(super) accepted: Instant,
    pub(super) ends: Instant,
    pub(super) fails: Option<String>,
    pub(super) has_ended: bool,
}

impl Center {
    pub(super) fn new(takes: Duration) -> Self {
        let now = Instant::now();
        Self {
            pace: Pace::per_second(NonZeroU32::new(PACE).unwrap()),
            latency: Duration::from_millis(50),
            takes,
            bad: BTreeMap::new(),
            is_strict: false,
            of_others: 0,
            state: RefCell::new(State {
                assignments: BTreeSet::new(),
                roles: BTreeMap::new(),
                requests: BTreeMap::new(),
                open: BTreeSet::new(),
                calls: 0.0,
                looks: 0,
                tokens: CALLS_A_SECOND,
                filled: now,
                throttled: 0,
                conflicts: 0,
                most_in_flight: 0,
                failures: BTreeMap::new(),
                asked: Vec::new(),
                asked_singly: 0,
                looking: 0,
                most_looking: 0,
            }),
        }
    }

    pub(super) fn with(mut self, account: usize, bad: Bad) -> Self {
        self.bad.insert(account_id(account), bad);
        self
    }

    pub(super) fn holding(self, changes: &[Change]) -> Self {
        changes.iter().for_each(|change| self.state.borrow_mut().make(&change.assignment()));
        self
    }

    /// A call arrives, in its turn.
    pub(super) async fn call(&self, operation: &'static str) -> Result<(), CallFailure> {
        self.pace.take().await;
        sleep(self.latency).await;
        let mut state = self.state.borrow_mut();
        let now = Instant::now();
        let refill = (now - state.filled).as_secs_f64() * CALLS_A_SECOND;
        state.tokens = (state.tokens + refill).min(CALLS_A_SECOND);
        (state.filled, state.calls) = (now, state.calls + 1.0);
        state.settle(now);
        if state.tokens < 1.0 {
            state.throttled += 1;
            return Err(failure(operation, "ThrottlingException"));
        }
        state.tokens -= 1.0;
        Ok(())
    }

    pub(super) fn accept(
        &self,
        action: Action,
        assignment: &Assignment,
    ) -> Result<Progress, CallFailure> {
        const START: &str = "sso:CreateAccountAssignment";
        let (mut state, now) = (self.state.borrow_mut(), Instant::now());
        let bad = self.bad.get(&assignment.account_id).copied();
        state.asked.push((assignment.account_id.clone(), now));
        if bad == Some(Bad::NotFound) {
            return Err(failure(START, "ResourceNotFoundException"));
        }
        let open: Vec<&Request> = state.open.iter().map(|id| &state.requests[id]).collect();
        if open.len() + self.of_others >= OUTSTANDING {
            state.throttled += 1;
            self.pace.throttled();
            return Err(failure(START, "ThrottlingException"));
        }
        let updates_role = state.updates_role(action, assignment);
        let meets = |other: &&&Request| {
            let same_set = other.assignment.permission_set_arn == assignment.permission_set_arn;
            other.assignment.account_id == assignment.account_id
                && (self.is_strict
                    || (other.updates_role && (updates_role || same_set))
                    || (updates_role && same_set)
                    || other.assignment == *assignment)
        };
        if bad == Some(Bad::Conflicts) || open.iter().any(|other| meets(&other)) {
            state.conflicts += 1;
            return Err(failure(START, "ConflictException"));
        }
        let mut failures = state.failures.get(&assignment.account_id).copied().unwrap_or_default();
        let fails = match bad {
            Some(Bad::Fails | Bad::FailsUnread) => {
                Some("Received a 403 status error: Access denied by IAM.")
            }
            Some(Bad::FailsAtFirst(number)) if failures < number => {
                failures += 1;
                Some("An unexpected internal service exception was encountered")
            }
            _ => None,
        };
        state.failures.insert(assignment.account_id.clone(), failures);
        let is_first = !state.requests.values().any(|one| one.is_in(&assignment.account_id));
        let takes = match bad {
            Some(Bad::Hangs) => 3_600 * SECOND,
            Some(Bad::FirstTakes(seconds)) if is_first => seconds * SECOND,
            _ => self.takes,
        };
        let request = RequestId(format!("request-{:06}", state.requests.len()));
        let accepted = Request {
            action,
            assignment: assignment.clone(),
            updates_role,
            accepted: now,
            ends: now + takes,
            fails: fails.map(str::to_owned),
            has_ended: false,
        };
        state.requests.insert(request.clone(), accepted);
        state.open.insert(request.clone());
        state.most_in_flight = state.most_in_flight.max(state.open.len());
        Ok(Progress { request, state: RequestState::InProgress, failure_reason: None })
    }

    /// How many requests were accepted for an account.
    pub(super) fn accepted_in(&self, account: usize) -> usize {
        let (state, account) = (self.state.borrow(), account_id(account));
        state.requests.values().filter(|one| one.is_in(&account)).count()
    }

    /// How long an account was let alone between one time that it was asked and the next.
    pub(super) fn pauses(&self, account: usize) -> Vec<Duration> {
        let (state, account) = (self.state.borrow(), account_id(account));
        let asked = state.asked.iter().filter(|(one, _)| *one == account).map(|(_, when)| *when);
        let asked: Vec<Instant> = asked.collect();
        asked.windows(2).map(|pair| pair[1] - pair[0]).collect()
    }

    /// When the last request ended that was not for a bad account.
    pub(super) fn good_end(&self) -> Instant {
        let state = self.state.borrow();
        let good = state
            .requests
            .values()
            .filter(|one| !self.bad.contains_key(&one.assignment.account_id));
        good.map(|one| one.ends).max().unwrap()
    }

    pub(super) fn accounts_with_something(&self) -> BTreeSet<AccountId> {
        let state = self.state.borrow();
        state.assignments.iter().map(|one| one.account_id.clone()).collect()
    }
}

impl State {
    pub(super) fn settle(&mut self, now: Instant) {
        let is_due = |id: &&RequestId| self.requests[*id].ends <= now;
        for id in self.open.iter().filter(is_due).cloned().collect::<Vec<_>>() {
            self.open.remove(&id);
            let mut request = self.requests[&id].clone();
            request.has_ended = true;
            let assignment = request.assignment.clone();
            match (request.action, &request.fails) {
                (_, Some(_)) => {}
                (Action::Create, None) => self.make(&assignment),
                (Action::Delete, None) if self.assignments.remove(&assignment) => {
                    *self.roles.get_mut(&role_of(&assignment)).unwrap() -= 1;
                }
                (Action::Delete, None) => {
                    let gone = "Received a 404 status error: Assignment not found.";
                    request.fails = Some(gone.to_owned());
                }
            }
            self.requests.insert(id, request);
        }
    }

    pub(super) fn make(&mut self, assignment: &Assignment) {
        if self.assignments.insert(assignment.clone()) {
            *self.roles.entry(role_of(assignment)).or_default() += 1;
        }
    }

    /// As strict as the organization on localhost: who has the permission set counts as if all that was
    /// accepted had been carried out.
    pub(super) fn updates_role(&self, action: Action, assignment: &Assignment) -> bool {
        let role = role_of(assignment);
        let there = self.roles.get(&role).copied().unwrap_or_default();
        let open = |action: Action| {
            let open = self.open.iter().map(|id| &self.requests[id]);
            open.filter(|one| one.action == action && role_of(&one.assignment) == role).count()
        };
        match action {
            Action::Create => there == 0,
            Action::Delete => {
                let is_there = self.assignments.contains(assignment);
                is_there && there + open(Action::Create) == open(Action::Delete) + 1
            }
        }
    }
}

pub(super) fn role_of(assignment: &Assignment) -> (AccountId, PermissionSetArn) {
    (assignment.account_id.clone(), assignment.permission_set_arn.clone())
}

pub(super) fn failure(operation: &'static str, code: &str) -> CallFailure {
    let kind = FailureKind::of_code(code, Some(400));
    CallFailure { operation, code: code.to_owned(), message: "no".to_owned(), kind }
}

impl Act for Center {
    async fn start(
        &self,
        action: Action,
        assignment: &Assignment,
    ) -> Result<Progress, CallFailure> {
        self.call("sso:CreateAccountAssignment").await?;
        if self.bad.get(&assignment.account_id) == Some(&Bad::NeverAnswers) {
            return std::future::pending().await;
        }
        self.accept(action, assignment)
    }

    async fn statuses(
        &self,
        action: Action,
        _: &BTreeSet<RequestId>,
    ) -> Result<BTreeMap<RequestId, RequestState>, CallFailure> {
        {
            let mut state = self.state.borrow_mut();
            state.looking += 1;
            state.most_looking = state.most_looking.max(state.looking);
        }
        let answer = self.call("sso:ListAccountAssignmentCreationStatus").await;
        let mut state = self.state.borrow_mut();
        state.looking -= 1;
        answer?;
        state.looks += 1;
        let newest = state.requests.iter().rev().filter(|(_, one)| one.action == action).take(100);
        Ok(newest.map(|(id, one)| (id.clone(), one.state())).collect())
    }

    async fn under_way(&self, action: Action) -> Result<BTreeSet<RequestId>, CallFailure> {
        let state = self.state.borrow();
        let open = state.requests.iter().filter(|(_, one)| one.action == action && !one.has_ended);
        Ok(open.map(|(id, _)| id.clone()).collect())
    }

    async fn status(&self, _: Action, request: &RequestId) -> Result<Progress, CallFailure> {
        const STATUS: &str = "sso:DescribeAccountAssignmentCreationStatus";
        self.call(STATUS).await?;
        // Nobody promises that the answers come in the order of the questions.
        sleep(self.latency).await;
        self.state.borrow_mut().asked_singly += 1;
        let one = self.state.borrow().requests[request].clone();
        if self.bad.get(&one.assignment.account_id) == Some(&Bad::FailsUnread) {
            return Err(failure(STATUS, "AccessDeniedException"));
        }
        let failure_reason = one.fails.clone().filter(|_| one.has_ended);
        Ok(Progress { request: request.clone(), state: one.state(), failure_reason })
    }
}

/// Answers every start with a conflict, at once.
pub(super) struct Refusing;

impl Act for Refusing {
    async fn start(&self, _: Action, _: &Assignment) -> Result<Progress, CallFailure> {
        Err(failure("sso:CreateAccountAssignment", "ConflictException"))
    }

    async fn statuses(
        &self,
        _: Action,
        _: &BTreeSet<RequestId>,
    ) -> Result<BTreeMap<RequestId, RequestState>, CallFailure> {
        Ok(BTreeMap::new())
    }

    async fn under_way(&self, _: Action) -> Result<BTreeSet<RequestId>, CallFailure> {
        Ok(BTreeSet::new())
    }

    async fn status(&self, _: Action, _: &RequestId) -> Result<Progress, CallFailure> {
        Err(failure("sso:DescribeAccountAssignmentCreationStatus", "ResourceNotFoundException"))
    }
}

impl Request {
    pub(super) fn is_in(&self, account: &AccountId) -> bool {
        self.assignment.account_id == *account
    }

    pub(super) fn state(&self) -> RequestState {
        match (self.has_ended, &self.fails) {
            (false, _) => RequestState::InProgress,
            (true, None) => RequestState::Succeeded,
            (true, Some(_)) => RequestState::Failed,
        }
    }
}
