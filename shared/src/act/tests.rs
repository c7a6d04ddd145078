//! The writer against Identity Center as a value, in virtual time: what it costs in seconds is exact.

mod center;

use std::{collections::BTreeSet, time::Duration};

use tokio::time::Instant;

use super::{
    run::{Arrival, Run, Task},
    *,
};
use crate::{ids::AccountId, plan::Role};

use center::{
    Bad, Center, PACE, Refusing, Request, SECOND, account_id, change, changes, failure,
    permission_set_arn,
};

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

/// While looks take long there is but one more meanwhile, and a request is not asked for twice.
#[tokio::test(start_paused = true)]
async fn where_answers_take_long_nothing_is_asked_twice() {
    let mut center = Center::new(SECOND).with(0, Bad::Fails);
    center.latency = 4 * SECOND;
    let acted = act(&center, changes(Action::Create, 3, 2, 1), Limits::default()).await;
    assert_eq!(failures(&acted).len(), 2);
    let state = center.state.borrow();
    assert_eq!((state.most_looking, state.asked_singly), (2, 2));
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
