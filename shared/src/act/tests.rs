//! The writer against Identity Center as a value, in virtual time: what it costs in seconds is exact.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    num::NonZeroU32,
    sync::Arc,
    time::Duration,
};

use tokio::time::{Instant, sleep};

use super::{
    run::{Arrival, Run, Task},
    *,
};
use crate::{
    aws::pace::Pace,
    failure::FailureKind,
    ids::{AccountId, PermissionSetArn},
    organization::{PermissionSet, Principal},
    plan::{NamedPrincipal, PlacedAccount, Reason, Role},
};

const SECOND: Duration = Duration::from_secs(1);

/// What AWS allows: calls a second, and so many at once after a pause.
const CALLS_A_SECOND: f64 = 20.0;

/// The writer's own pace.
const PACE: u32 = 18;

/// Requests that may be outstanding in an instance.
const OUTSTANDING: usize = 15;

fn account_id(number: usize) -> AccountId {
    format!("{number:012}").parse().unwrap()
}

fn permission_set_arn(number: usize) -> PermissionSetArn {
    format!("arn:aws:sso:::permissionSet/ssoins-7223aaaabbbbcccc/ps-{number:016x}").parse().unwrap()
}

fn change(action: Action, account: usize, set: usize, group: usize) -> Change {
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
fn changes(action: Action, accounts: usize, sets: usize, groups: usize) -> Vec<Change> {
    let places = (0..accounts).flat_map(|account| (0..sets).map(move |set| (account, set)));
    let all = places.flat_map(|place| (0..groups).map(move |group| (place, group)));
    all.map(|((account, set), group)| change(action, account, set, group)).collect()
}

/// How an account behaves that does not do as others do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Bad {
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
struct Center {
    pace: Pace,
    latency: Duration,
    takes: Duration,
    bad: BTreeMap<AccountId, Bad>,
    /// Whether an account answers with a conflict whatever else is under way in it.
    is_strict: bool,
    /// Requests of others that are outstanding all the time.
    of_others: usize,
    state: RefCell<State>,
}

struct State {
    assignments: BTreeSet<Assignment>,
    /// How many assignments there are of each permission set in each account.
    roles: BTreeMap<(AccountId, PermissionSetArn), usize>,
    requests: BTreeMap<RequestId, Request>,
    open: BTreeSet<RequestId>,
    calls: f64,
    looks: usize,
    tokens: f64,
    filled: Instant,
    throttled: usize,
    conflicts: usize,
    most_in_flight: usize,
    failures: BTreeMap<AccountId, usize>,
    /// When which account was asked to change something, refused or not.
    asked: Vec<(AccountId, Instant)>,
    asked_singly: usize,
    looking: usize,
    most_looking: usize,
}

#[derive(Clone, Debug)]
struct Request {
    action: Action,
    assignment: Assignment,
    updates_role: bool,
    accepted: Instant,
    ends: Instant,
    fails: Option<String>,
    has_ended: bool,
}

impl Center {
    fn new(takes: Duration) -> Self {
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

    fn with(mut self, account: usize, bad: Bad) -> Self {
        self.bad.insert(account_id(account), bad);
        self
    }

    fn holding(self, changes: &[Change]) -> Self {
        changes.iter().for_each(|change| self.state.borrow_mut().make(&change.assignment()));
        self
    }

    /// A call arrives, in its turn.
    async fn call(&self, operation: &'static str) -> Result<(), CallFailure> {
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

    fn accept(&self, action: Action, assignment: &Assignment) -> Result<Progress, CallFailure> {
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
    fn accepted_in(&self, account: usize) -> usize {
        let (state, account) = (self.state.borrow(), account_id(account));
        state.requests.values().filter(|one| one.is_in(&account)).count()
    }

    /// How long an account was let alone between one time that it was asked and the next.
    fn pauses(&self, account: usize) -> Vec<Duration> {
        let (state, account) = (self.state.borrow(), account_id(account));
        let asked = state.asked.iter().filter(|(one, _)| *one == account).map(|(_, when)| *when);
        let asked: Vec<Instant> = asked.collect();
        asked.windows(2).map(|pair| pair[1] - pair[0]).collect()
    }

    /// When the last request ended that was not for a bad account.
    fn good_end(&self) -> Instant {
        let state = self.state.borrow();
        let good = state
            .requests
            .values()
            .filter(|one| !self.bad.contains_key(&one.assignment.account_id));
        good.map(|one| one.ends).max().unwrap()
    }

    fn accounts_with_something(&self) -> BTreeSet<AccountId> {
        let state = self.state.borrow();
        state.assignments.iter().map(|one| one.account_id.clone()).collect()
    }
}

impl State {
    fn settle(&mut self, now: Instant) {
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

    fn make(&mut self, assignment: &Assignment) {
        if self.assignments.insert(assignment.clone()) {
            *self.roles.entry(role_of(assignment)).or_default() += 1;
        }
    }

    /// As strict as the organization on localhost: who has the permission set counts as if all that was
    /// accepted had been carried out.
    fn updates_role(&self, action: Action, assignment: &Assignment) -> bool {
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

fn role_of(assignment: &Assignment) -> (AccountId, PermissionSetArn) {
    (assignment.account_id.clone(), assignment.permission_set_arn.clone())
}

fn failure(operation: &'static str, code: &str) -> CallFailure {
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
struct Refusing;

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
    fn is_in(&self, account: &AccountId) -> bool {
        self.assignment.account_id == *account
    }

    fn state(&self) -> RequestState {
        match (self.has_ended, &self.fails) {
            (false, _) => RequestState::InProgress,
            (true, None) => RequestState::Succeeded,
            (true, Some(_)) => RequestState::Failed,
        }
    }
}

/// Who keeps the roles of the first permission set in some accounts.
fn keepers(accounts: usize) -> Vec<Change> {
    (0..accounts).map(|account| change(Action::Create, account, 0, 1_000)).collect()
}

/// The same changes where it is known that the roles stand.
fn standing(mut changes: Vec<Change>) -> Vec<Change> {
    changes.iter_mut().for_each(|change| change.role = Role::Stays);
    changes
}

fn failures(acted: &Acted) -> Vec<&str> {
    let reasons = acted.outcomes.iter().filter_map(|outcome| outcome.result.as_ref().err());
    reasons.map(String::as_str).collect()
}

/// Carries changes out, and says how long it took against the bound that the settings imply.
#[expect(clippy::print_stdout, reason = "the numbers themselves, for `--no-capture`")]
async fn ratio(what: &str, center: &Center, changes: Vec<Change>) -> f64 {
    let limits = Limits::default();
    let (start, number, calls) = (Instant::now(), changes.len(), center.state.borrow().calls);
    let acted = act(center, changes, limits).await;
    let elapsed = start.elapsed().as_secs_f64();
    assert_eq!((acted.outcomes.len(), acted.not_started.len()), (number, 0));
    assert_eq!(failures(&acted), Vec::<&str>::new());
    let state = center.state.borrow();
    assert_eq!((state.throttled, state.conflicts), (0, 0));
    assert!(state.most_in_flight <= limits.in_flight);
    let calls = state.calls - calls;
    let by_calls = calls / f64::from(PACE);
    let by_slots = number as f64 * center.takes.as_secs_f64() / limits.in_flight as f64;
    let bound = by_calls.max(by_slots);
    println!(
        "{what:<48} {elapsed:>7.1} s, {:.3} of the bound: {calls:>5} calls / {PACE} = {by_calls:>6.1} s, {number:>4} x {} s / {} = {by_slots:>6.1} s; {} looks",
        elapsed / bound,
        center.takes.as_secs_f64(),
        limits.in_flight,
        state.looks,
    );
    elapsed / bound
}

#[tokio::test(start_paused = true)]
async fn the_quota_is_nearly_full() {
    for (accounts, sets, groups, seconds) in [
        (60, 10, 1, 3),
        (60, 5, 2, 3),
        (500, 10, 1, 3),
        (100, 10, 1, 1),
        (100, 5, 2, 1),
        (30, 1, 30, 5),
    ] {
        let center = Center::new(seconds * SECOND);
        let what = format!("{accounts} accounts x {sets} sets x {groups} groups");
        let creates = changes(Action::Create, accounts, sets, groups);
        let created = ratio(&format!("create: {what}"), &center, creates).await;
        let deletes = changes(Action::Delete, accounts, sets, groups);
        let deleted = ratio(&format!("delete: {what}"), &center, deletes).await;
        assert!(created <= 1.1 && deleted <= 1.1, "{what}: {created}, {deleted}");
        assert!(center.accounts_with_something().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn where_nobody_waits_there_is_one_look_a_second() {
    let center = Center::new(20 * SECOND);
    let acted = act(&center, changes(Action::Create, 5, 1, 1), Limits::default()).await;
    assert_eq!(failures(&acted), Vec::<&str>::new());
    let looks = center.state.borrow().looks;
    assert!((15..=22).contains(&looks), "{looks} looks in twenty seconds");
}

/// The first assignment of a permission set goes before its siblings, then they go together; the roles
/// of an account take turns.
#[tokio::test(start_paused = true)]
async fn the_first_goes_before_its_siblings_which_go_together() {
    let center = Center::new(10 * SECOND);
    act(&center, changes(Action::Create, 1, 1, 8), Limits::default()).await;
    {
        let state = center.state.borrow();
        let firsts: Vec<_> = state.requests.values().filter(|one| one.updates_role).collect();
        assert_eq!(firsts.len(), 1);
        let siblings = || state.requests.values().filter(|one| !one.updates_role);
        assert!(siblings().all(|one| one.accepted >= firsts[0].ends));
        let (first, last) = (
            siblings().map(|one| one.ends).min().unwrap(),
            siblings().map(|one| one.accepted).max().unwrap(),
        );
        assert!(last < first, "all seven are under way together");
        assert_eq!(state.conflicts, 0);
    }
    // Where it is known that the role stands, nobody waits for the first.
    let mut more = changes(Action::Create, 1, 1, 9);
    more.drain(..8);
    more.extend(changes(Action::Create, 1, 1, 12).split_off(9));
    let start = Instant::now();
    act(&center, standing(more), Limits::default()).await;
    assert!(start.elapsed() < 13 * SECOND, "{:?}", start.elapsed());
}

/// An account that does not do as others do costs others its own slot, and no more: they are done as
/// soon as they would be with one slot less.
#[tokio::test(start_paused = true)]
async fn a_bad_account_costs_others_its_own_slot() {
    let all = |first: usize| {
        let mut all = changes(Action::Create, 40, 1, 5);
        all.extend(
            changes(Action::Delete, 40, 2, 2)
                .into_iter()
                .filter(|change| change.permission_set.arn == permission_set_arn(1)),
        );
        all.retain(|change| change.account.id >= account_id(first));
        all
    };
    let in_place = changes(Action::Create, 40, 2, 2);
    let in_place: Vec<Change> = in_place
        .into_iter()
        .filter(|change| change.permission_set.arn == permission_set_arn(1))
        .collect();
    let start = Instant::now();
    let others = Center::new(3 * SECOND).holding(&in_place);
    let limits = Limits::default();
    act(&others, all(1), Limits { in_flight: limits.in_flight - 1, ..limits }).await;
    let alone = others.good_end() - start;
    for bad in [Bad::Conflicts, Bad::Hangs, Bad::Fails, Bad::FailsAtFirst(2)] {
        let start = Instant::now();
        let center = Center::new(3 * SECOND).with(0, bad).holding(&in_place);
        let acted = act(&center, all(0), limits).await;
        let end = center.good_end() - start;
        assert!(end <= alone + SECOND, "{bad:?}: {end:?} rather than {alone:?}");
        let failed: BTreeSet<AccountId> = acted
            .outcomes
            .iter()
            .filter(|outcome| outcome.result.is_err())
            .map(|outcome| outcome.change.account.id.clone())
            .collect();
        let expected = if bad == Bad::FailsAtFirst(2) { vec![] } else { vec![account_id(0)] };
        assert_eq!(failed.into_iter().collect::<Vec<_>>(), expected, "{bad:?}");
        // What was there in the bad account is there still, because nothing was granted.
        let kept = center
            .state
            .borrow()
            .assignments
            .iter()
            .filter(|one| one.account_id == account_id(0))
            .count();
        assert_eq!(kept, if expected.is_empty() { 5 } else { 2 }, "{bad:?}");
        assert_eq!(acted.outcomes.len(), 40 * 7);
        assert!(start.elapsed() < 330 * SECOND, "{bad:?}: it is given up: {:?}", start.elapsed());
    }
}

#[tokio::test(start_paused = true)]
async fn the_reasons_why_a_change_was_not_made_are_told() {
    for (bad, reasons) in [
        (
            Bad::Conflicts,
            [
                "sso:CreateAccountAssignment failed: ConflictException: no",
                "not tried, because something else goes on in the account all the time",
                "not revoked, because a grant in the same account failed",
            ],
        ),
        (
            Bad::Hangs,
            [
                "the end of request request-000000 is not known: it is still in progress",
                "not tried, because the end of another request there is not known",
                "not revoked, because a grant in the same account failed",
            ],
        ),
        (
            Bad::Fails,
            [
                "Received a 403 status error: Access denied by IAM.",
                "Received a 403 status error: Access denied by IAM.",
                "not revoked, because a grant in the same account failed",
            ],
        ),
    ] {
        let center = Center::new(SECOND).with(0, bad);
        let mut all = changes(Action::Create, 1, 2, 1);
        all.push(change(Action::Delete, 0, 7, 7));
        let acted = act(&center, all, Limits::default()).await;
        let told: BTreeSet<&str> = failures(&acted).into_iter().collect();
        assert_eq!(told, BTreeSet::from(reasons), "{bad:?}");
    }
}

/// AWS may be stricter than its pages say: then changes of an account take turns, and all are made.
#[tokio::test(start_paused = true)]
async fn a_stricter_aws_costs_time_and_nothing_else() {
    let mut center = Center::new(3 * SECOND);
    center.is_strict = true;
    let acted = act(&center, changes(Action::Create, 3, 2, 12), Limits::default()).await;
    assert_eq!(failures(&acted), Vec::<&str>::new());
    let conflicts = center.state.borrow().conflicts;
    // Each account tries again whether it may be quicker, and more and more rarely.
    assert!((1..=60).contains(&conflicts), "{conflicts} conflicts for 72 changes");
}

/// Others have so many requests outstanding that there is less room than the settings say.
#[tokio::test(start_paused = true)]
async fn where_others_take_the_room_the_writer_makes_do_with_less() {
    let mut center = Center::new(3 * SECOND);
    center.of_others = 12;
    let acted = act(&center, changes(Action::Create, 30, 1, 1), Limits::default()).await;
    assert_eq!(failures(&acted), Vec::<&str>::new());
    let throttled = center.state.borrow().throttled;
    assert!(throttled > 0, "there was less room than the writer thought");
    assert!(throttled < 40, "{throttled} throttles for thirty changes");
}

#[tokio::test(start_paused = true)]
async fn what_there_is_no_time_for_is_handed_back() {
    for seconds in [0, 10, 61, 10_000] {
        let center = Center::new(3 * SECOND).with(1, Bad::Conflicts);
        let mut all = changes(Action::Create, 20, 2, 2);
        all.extend(changes(Action::Delete, 20, 1, 20).into_iter().skip(10).step_by(2));
        let until = Instant::now() + seconds * SECOND;
        let limits = Limits { until: Some(until), ..Limits::default() };
        let acted = act(&center, all.clone(), limits).await;
        let state = center.state.borrow();
        let latest = state.requests.values().map(|one| one.accepted).max();
        assert!(latest.is_none_or(|latest| latest <= until + SECOND), "{seconds}");
        assert!(state.requests.values().all(|one| one.has_ended), "all were followed to their end");
        let mut told: Vec<Assignment> = acted.not_started.iter().map(Change::assignment).collect();
        assert_eq!(told.is_empty(), seconds == 10_000, "{seconds}");
        told.extend(acted.outcomes.iter().map(|outcome| outcome.change.assignment()));
        let mut all: Vec<Assignment> = all.iter().map(Change::assignment).collect();
        told.sort();
        all.sort();
        assert_eq!(told, all, "{seconds}: each is told of once");
    }
}

#[tokio::test(start_paused = true)]
async fn no_account_loses_anything_before_its_grants_have_ended() {
    let mut all = changes(Action::Create, 12, 3, 1);
    all.extend(
        changes(Action::Delete, 12, 1, 4)
            .into_iter()
            .filter(|change| change.principal.principal.id().ends_with('3')),
    );
    let in_place: Vec<Change> =
        all.iter().filter(|change| change.action == Action::Delete).cloned().collect();
    for bad in [None, Some(Bad::Hangs)] {
        let mut center = Center::new(3 * SECOND).holding(&in_place);
        center.bad.extend(bad.map(|bad| (account_id(5), bad)));
        act(&center, all.clone(), Limits::default()).await;
        let state = center.state.borrow();
        let of = |action: Action| state.requests.values().filter(move |one| one.action == action);
        assert_eq!(of(Action::Delete).count(), if bad.is_some() { 11 } else { 12 });
        for delete in of(Action::Delete) {
            let is_other = |one: &&Request| center.bad.contains_key(&one.assignment.account_id);
            let grants = of(Action::Create).filter(|one| !is_other(one));
            assert!(grants.clone().all(|grant| grant.ends <= delete.accepted));
            assert!(!center.bad.contains_key(&delete.assignment.account_id));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_there_already_and_what_is_gone_already_is_done() {
    let center = Center::new(SECOND).holding(&changes(Action::Create, 1, 1, 1));
    let mut all = changes(Action::Create, 1, 1, 1);
    all.push(change(Action::Delete, 1, 1, 1));
    let acted = act(&center, all, Limits::default()).await;
    assert_eq!((failures(&acted), acted.outcomes.len()), (Vec::new(), 2));
}

/// The roles of one account take turns, and so do the first to come and the last to go with their
/// siblings.
#[tokio::test(start_paused = true)]
async fn in_an_account_left_to_itself_nothing_is_in_the_way() {
    for (sets, groups) in [(4, 1), (2, 2), (3, 5)] {
        let center = Center::new(3 * SECOND);
        for action in [Action::Create, Action::Delete] {
            let acted = act(&center, changes(action, 1, sets, groups), Limits::default()).await;
            assert_eq!(failures(&acted), Vec::<&str>::new());
            let conflicts = center.state.borrow().conflicts;
            assert_eq!(conflicts, 0, "{action}: {sets} sets x {groups} groups");
        }
        assert!(center.accounts_with_something().is_empty());
    }
}

/// The role that was said to stay is gone meanwhile: while it is made for one, the other waits.
#[tokio::test(start_paused = true)]
async fn while_a_role_is_made_nobody_is_granted_it_whatever_the_plan_says() {
    let center = Center::new(3 * SECOND);
    let mut all = standing(changes(Action::Create, 1, 1, 2));
    all[1].role = Role::MayChange;
    act(&center, all, Limits::default()).await;
    let state = center.state.borrow();
    assert_eq!((state.assignments.len(), state.conflicts), (2, 0));
}

#[tokio::test(start_paused = true)]
async fn an_account_gets_one_slot_until_something_is_done_there() {
    let center = Center::new(3 * SECOND).with(0, Bad::Hangs).holding(&keepers(3));
    act(&center, standing(changes(Action::Create, 3, 1, 10)), Limits::default()).await;
    let state = center.state.borrow();
    let asked =
        |is_it: bool| state.asked.iter().filter(move |(one, _)| (*one == account_id(0)) == is_it);
    let (_, last) = asked(false).next_back().unwrap();
    let beside_them = asked(true).filter(|(_, when)| when < last).count();
    assert_eq!(beside_them, 1, "nobody knows whether its requests ever end");
}

/// An account that refused something, or took long, has one slot for a while.
#[tokio::test(start_paused = true)]
async fn an_account_that_refused_something_recovers() {
    for bad in [Bad::FailsAtFirst(1), Bad::FailsAtFirst(3), Bad::FirstTakes(20)] {
        let start = Instant::now();
        let center = Center::new(3 * SECOND).with(0, bad).holding(&keepers(1));
        let acted =
            act(&center, standing(changes(Action::Create, 1, 1, 80)), Limits::default()).await;
        assert_eq!(failures(&acted), Vec::<&str>::new());
        // Eighty changes of three seconds, ten at once, take 24 seconds; one at once, 240.
        assert!(start.elapsed() < 60 * SECOND, "{bad:?}: {:?}", start.elapsed());
    }
}

#[tokio::test(start_paused = true)]
async fn an_account_that_fails_everything_keeps_one_slot() {
    let center = Center::new(3 * SECOND).with(0, Bad::Fails).holding(&keepers(1));
    let limits = Limits::default();
    let acted = act(&center, standing(changes(Action::Create, 1, 1, 30)), limits).await;
    assert_eq!((failures(&acted).len(), center.accepted_in(0)), (30, 30), "none is tried again");
    let pauses = center.pauses(0);
    let later = &pauses[limits.in_flight..];
    assert!(later.iter().all(|pause| *pause >= 3 * SECOND), "{pauses:?}");
}

/// A look that takes long is not followed by another one meanwhile, nor is a request asked for twice.
#[tokio::test(start_paused = true)]
async fn where_answers_take_long_nothing_is_asked_twice() {
    let mut center = Center::new(SECOND).with(0, Bad::Fails);
    center.latency = 4 * SECOND;
    let acted = act(&center, changes(Action::Create, 3, 2, 1), Limits::default()).await;
    assert_eq!(failures(&acted).len(), 2);
    let state = center.state.borrow();
    assert_eq!((state.most_looking, state.asked_singly), (1, 2));
}

/// Each back-off is twice as long as the one before, shortened by half at the most; and not all of them by
/// the same.
#[tokio::test(start_paused = true)]
async fn what_is_refused_comes_again_later_and_later() {
    let mut center = Center::new(SECOND);
    center.bad.extend((0..8).map(|account| (account_id(account), Bad::Conflicts)));
    act(&center, changes(Action::Create, 8, 1, 1), Limits::default()).await;
    let mut firsts = BTreeSet::new();
    for account in 0..8 {
        let pauses = center.pauses(account);
        assert_eq!(pauses.len(), 5, "six attempts");
        for (pause, back_off) in pauses.iter().zip([1, 2, 4, 8, 16]) {
            let (least, most) = (back_off * SECOND / 2, back_off * SECOND + SECOND / 2);
            assert!((least..=most).contains(pause), "{pauses:?}");
        }
        firsts.insert(pauses[4].as_millis() / 100);
    }
    assert!(firsts.len() > 3, "{firsts:?}");
}

/// After a conflict, what waits in the account waits for what is in flight there.
#[tokio::test(start_paused = true)]
async fn a_throttle_is_no_accounts_fault() {
    for (code, started) in [("ConflictException", 0), ("ThrottlingException", 1)] {
        let now = Instant::now();
        let mut run = Run::new(standing(changes(Action::Create, 1, 1, 3)), Limits::default());
        for (number, task) in run.step(now).unwrap().tasks.into_iter().enumerate() {
            let Task::Start(waiting) = task else { panic!("{task:?}") };
            let request = RequestId(format!("request-{number}"));
            let accepted =
                Progress { request, state: RequestState::InProgress, failure_reason: None };
            let refused = failure("sso:CreateAccountAssignment", code);
            let answer = if number == 0 { Err(refused) } else { Ok(accepted) };
            run.hear(Arrival::Started(waiting, answer), now);
        }
        let tasks = run.step(now + 2 * SECOND).unwrap().tasks;
        let starts = tasks.iter().filter(|task| matches!(task, Task::Start(_))).count();
        assert_eq!(starts, started, "{code}");
    }
}

/// What waits for its time does not keep a run from ending when that is over.
#[tokio::test(start_paused = true)]
async fn a_run_ends_when_nothing_may_start_any_more() {
    let (center, start) = (Center::new(SECOND).with(0, Bad::Conflicts), Instant::now());
    let limits = Limits {
        first_back_off: 100 * SECOND,
        until: Some(start + 10 * SECOND),
        ..Limits::default()
    };
    let acted = act(&center, changes(Action::Create, 1, 1, 1), limits).await;
    assert_eq!(acted.not_started.len(), 1);
    assert!(start.elapsed() <= 11 * SECOND, "{:?}", start.elapsed());
}

/// Also where nothing else happens that it might wait for.
#[tokio::test(start_paused = true)]
async fn a_call_that_is_never_answered_is_not_waited_for() {
    let center = Center::new(SECOND).with(0, Bad::NeverAnswers);
    let follow_until = Some(Instant::now() + 40 * SECOND);
    let limits = Limits { follow_until, ..Limits::default() };
    let acting = act(&center, changes(Action::Create, 1, 1, 1), limits);
    let acted = tokio::time::timeout(50 * SECOND, acting).await.unwrap();
    assert_eq!((failures(&acted).len(), acted.not_started.len()), (1, 0));
}

/// Whatever AWS does, the run ends in time, and each change is told of once.
#[tokio::test(start_paused = true)]
async fn what_there_is_no_time_to_follow_is_left_to_the_next_run() {
    let mut center = Center::new(3 * SECOND).with(0, Bad::Hangs).with(1, Bad::NeverAnswers);
    center.bad.insert(account_id(2), Bad::Conflicts);
    let start = Instant::now();
    let limits = Limits {
        until: Some(start + 20 * SECOND),
        follow_until: Some(start + 40 * SECOND),
        ..Limits::default()
    };
    let mut told = 0;
    let all = changes(Action::Create, 4, 1, 2);
    let acted = act_and_tell(&center, all, limits, |_| told += 1).await;
    assert!(start.elapsed() <= 41 * SECOND, "{:?}", start.elapsed());
    let reasons: BTreeSet<&str> = failures(&acted).into_iter().collect();
    let expected = [
        "the end of request request-000000 is not known: there was no time to follow it any longer",
        "whether AWS has taken the request is not known: it has not answered in time",
    ];
    assert_eq!(reasons, BTreeSet::from(expected));
    assert_eq!((told, acted.outcomes.len(), acted.not_started.len()), (4, 4, 4));
}

#[tokio::test(start_paused = true)]
async fn what_is_not_found_need_not_be_taken_away() {
    let center = Center::new(SECOND).with(0, Bad::NotFound);
    let acted = act(&center, changes(Action::Delete, 1, 1, 2), Limits::default()).await;
    assert_eq!(acted.outcomes.len(), 2);
    assert!(acted.outcomes.iter().all(|outcome| outcome.result == Ok(None)), "{acted:?}");
    let acted = act(&center, changes(Action::Create, 1, 1, 1), Limits::default()).await;
    assert_eq!(
        failures(&acted),
        ["sso:CreateAccountAssignment failed: ResourceNotFoundException: no"]
    );
}

/// That a request has failed is known, and its slot is wanted.
#[tokio::test(start_paused = true)]
async fn a_failure_whose_reason_cannot_be_read_is_told_without() {
    let (center, start) = (Center::new(SECOND).with(0, Bad::FailsUnread), Instant::now());
    let acted = act(&center, changes(Action::Create, 1, 1, 1), Limits::default()).await;
    let expected = "FAILED, reason unread: sso:DescribeAccountAssignmentCreationStatus failed: AccessDeniedException: no";
    assert_eq!(failures(&acted), [expected]);
    assert_eq!(center.state.borrow().asked_singly, 3);
    assert!(start.elapsed() < 10 * SECOND, "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn grants_are_told_before_revocations_whichever_came_first() {
    let gone = changes(Action::Delete, 2, 1, 1).split_off(1);
    let center = Center::new(SECOND).with(0, Bad::FailsAtFirst(3)).holding(&gone);
    let mut all = gone;
    all.extend(changes(Action::Create, 1, 1, 1));
    let mut told = Vec::new();
    let limits = Limits::default();
    let acted =
        act_and_tell(&center, all, limits, |outcome| told.push(outcome.change.action)).await;
    assert_eq!(told, [Action::Delete, Action::Create], "nobody waits for an account in trouble");
    let sorted: Vec<Action> = acted.outcomes.iter().map(|outcome| outcome.change.action).collect();
    assert_eq!(sorted, [Action::Create, Action::Delete]);
}

/// A back-off may end while the run looks at its clock; in real time, because there the clock moves.
#[tokio::test]
async fn no_change_is_lost_between_two_looks_at_the_clock() {
    for nanoseconds in (0..40).map(|step| 500 * step) {
        let limits = Limits {
            attempts: 8,
            first_back_off: Duration::from_nanos(nanoseconds),
            ..Limits::default()
        };
        let acted = act(&Refusing, changes(Action::Create, 1, 1, 1), limits).await;
        assert_eq!((acted.outcomes.len(), acted.not_started.len()), (1, 0), "{nanoseconds}");
    }
}
