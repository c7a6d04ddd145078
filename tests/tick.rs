//! What time brings by itself: the slow sweep, account by account, and rules that begin and end.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use shared::{
    act::Limits,
    decide::what_is_due,
    ids::AccountId,
    observe::Picture,
    reconcile::{Errand, reconcile},
    scope::{HOURS_OF_A_ROUND, Scope, is_due},
};

use crate::support::{
    fake_aws::{FakeAws, look},
    organization::{Company, account_id, assignment, company, group_id},
    rules,
};

fn now() -> DateTime<Utc> {
    "2026-03-02T15:47:00Z".parse().unwrap()
}

fn hours(number: i64) -> TimeDelta {
    TimeDelta::hours(number)
}

fn accounts(number: usize) -> Vec<AccountId> {
    (0..number).map(|number| account_id(&format!("member-{number}"))).collect()
}

#[test]
fn each_account_comes_exactly_once_a_week() {
    let accounts = accounts(5_000);
    let mut turns: BTreeMap<&AccountId, u32> = BTreeMap::new();
    // The scheduler is a little late now and then.
    let tick = |hour: i64| now() + hours(hour) + TimeDelta::seconds(hour % 7 * 60);
    for hour in 0..HOURS_OF_A_ROUND {
        let due = accounts.iter().filter(|id| is_due(id, Some(tick(hour - 1)), tick(hour)));
        let due: Vec<&AccountId> = due.collect();
        // Ten permission sets in each: some nine calls a minute.
        assert!(due.len() <= 50, "{} in one hour", due.len());
        due.into_iter().for_each(|id| *turns.entry(id).or_default() += 1);
    }
    assert_eq!(turns.len(), accounts.len());
    assert!(turns.values().all(|turns| *turns == 1));
}

#[test]
fn lost_ticks_are_made_good_by_the_next() {
    let all = accounts(1_000);
    let due = |last: Option<DateTime<Utc>>| -> BTreeSet<&AccountId> {
        all.iter().filter(|id| is_due(id, last, now())).collect()
    };
    let one_by_one: BTreeSet<&AccountId> = (0..5)
        .flat_map(|ago| {
            let at = now() - hours(ago);
            all.iter().filter(move |id| is_due(id, Some(at - hours(1)), at)).collect::<Vec<_>>()
        })
        .collect();
    assert_eq!(due(Some(now() - hours(5))), one_by_one);
    assert!(one_by_one.len() > 10);
    // After more than a week everybody's turn has come; a second tick in the same hour brings nobody's.
    assert_eq!(due(Some(now() - hours(400))).len(), all.len());
    assert_eq!(due(Some(now() - TimeDelta::minutes(40))).len(), 0);
    // Without a last tick, or with one that is still to come, it is this hour's turn.
    assert_eq!(due(None), due(Some(now() - hours(1))));
    assert_eq!(due(Some(now() + hours(30))), due(None));
}

const EVERYBODY: &str = "{version: 1, manage: {unlisted: revoke}, rules: [\
    {name: a, permission_sets: Power, groups: Engineering, accounts: {all: true}}]}";

/// A group that is gone, and nobody heard of it, has left something in one of many accounts.
fn haunted() -> Company {
    let mut company = company().group("Engineering").permission_set("Power");
    for number in 0..200 {
        let name = format!("member-{number}");
        company = company.account(&name, "/").assigned("Power", "Engineering", &name);
    }
    company.assigned("Power", "gone", "member-77")
}

#[tokio::test(start_paused = true)]
async fn what_somebody_left_who_is_gone_goes_within_a_week() {
    let rules = rules(EVERYBODY);
    let aws = FakeAws::new(haunted().0).asked_by_management_if(true);
    let mut picture = Picture::default();
    let swept = look(&aws, &rules, (Scope::everything(), now()), &mut picture).await;
    assert!(swept.plan.changes.is_empty(), "a sweep by principal cannot see it");
    let (mut gone_at, mut read) = (None, BTreeMap::<AccountId, u32>::new());
    for hour in 1..=HOURS_OF_A_ROUND {
        let before = aws.reads.get();
        let ticked = look(&aws, &rules, (Scope::tick(), now() + hours(hour)), &mut picture).await;
        for account in &ticked.organization.accounts {
            *read.entry(account.id.clone()).or_default() += 1;
        }
        if ticked.outcomes.is_empty() {
            let accounts = ticked.organization.accounts.len();
            // Facts, groups, permission sets and their names; and two calls an account. Once a day the list
            // of accounts is too old.
            assert!(aws.reads.get() - before <= 5 + 2 * accounts, "hour {hour}");
        } else {
            assert_eq!(ticked.outcomes.len(), 1);
            assert_eq!(ticked.outcomes[0].change.account.id, account_id("member-77"));
            gone_at = Some(hour);
        }
    }
    assert!(gone_at.is_some());
    assert_eq!(aws.assignments().len(), 200);
    assert!(read.len() == 201 && read.values().all(|times| *times == 1), "{read:?}");
}

/// Where nothing is known of many accounts, as after the cache is lost, a deleted group's event does not cost a
/// look into each of them: their turn comes.
#[tokio::test(start_paused = true)]
async fn what_is_left_where_nothing_is_known_waits_for_the_slow_sweep() {
    let rules = rules(EVERYBODY);
    let aws = FakeAws::new(haunted().0).asked_by_management_if(true);
    let mut picture = Picture::default();
    look(&aws, &rules, (Scope::group(group_id("gone")), now()), &mut picture).await;
    assert!(aws.reads.get() < 20, "{} reads", aws.reads.get());
    assert_eq!(aws.assignments().len(), 201);
    for hour in 1..=HOURS_OF_A_ROUND {
        look(&aws, &rules, (Scope::tick(), now() + hours(hour)), &mut picture).await;
    }
    assert_eq!(aws.assignments().len(), 200);
}

/// Engineers may do more in one account for a time, and something is forbidden for a time.
const FOR_A_TIME: &str = "{version: 1, manage: {unlisted: revoke, max_revocations: 100%}, rules: [\
    {name: a, permission_sets: View, groups: Engineering, accounts: {all: true}}, \
    {name: b, permission_sets: Power, groups: Engineering, accounts: {tags: {project: migration}}, \
     from: 2026-03-02T18:00:00Z, until: 2026-03-03T06:00:00Z}], \
    never: [{name: audit, accounts: {name: vault}, from: 2026-03-04T00:00:00Z}]}";

fn with_a_migration() -> Company {
    let mut company = company().group("Engineering").permission_set("Power").permission_set("View");
    for number in 0..100 {
        company = company.account(&format!("member-{number}"), "/");
    }
    company.account("legacy", "/").tagged("project", "migration").account("vault", "/")
}

fn access(aws: &FakeAws, account: &str) -> usize {
    aws.assignments().iter().filter(|one| one.account_id == account_id(account)).count()
}

#[tokio::test(start_paused = true)]
async fn what_begins_and_ends_does_so_with_the_next_tick() {
    let rules = rules(FOR_A_TIME);
    for is_management in [false, true] {
        let aws = FakeAws::new(with_a_migration().0).asked_by_management_if(is_management);
        let mut picture = Picture::default();
        look(&aws, &rules, (Scope::everything(), now()), &mut picture).await;
        let mut seen = Vec::new();
        for hour in 1..40 {
            let at = now() + hours(hour);
            // As the schedule does, which keeps tags from being too old to be believed.
            if hour % 6 == 0 {
                look(&aws, &rules, (Scope::everything(), at), &mut picture).await;
            }
            let before = aws.reads.get();
            look(&aws, &rules, (Scope::tick(), at), &mut picture).await;
            let here = (access(&aws, "legacy"), access(&aws, "vault"));
            if seen.last().is_none_or(|(_, last)| *last != here) {
                seen.push((at.to_rfc3339(), here));
            }
            // Not a hundred accounts, pair by pair: only where the rule holds, and whose turn it is; or what the
            // one group has.
            let reads = aws.reads.get() - before;
            assert!(reads < 60, "{reads} at {at}");
        }
        let seen: Vec<_> = seen.iter().map(|(at, here)| (at.as_str(), *here)).collect();
        assert_eq!(
            seen,
            [
                ("2026-03-02T16:47:00+00:00", (1, 1)),
                ("2026-03-02T18:47:00+00:00", (2, 1)),
                ("2026-03-03T06:47:00+00:00", (1, 1)),
                ("2026-03-04T00:47:00+00:00", (1, 0)),
            ]
        );
        assert_eq!(access(&aws, "member-7"), 1);
    }
}

/// A call that fails when a rule ends must not leave its access until the sweep: the next tick looks again.
/// But not for ever, or ever more accounts would be looked at for one that nobody may read.
#[tokio::test(start_paused = true)]
async fn what_a_tick_could_not_read_is_the_next_ticks() {
    let rules = rules(FOR_A_TIME);
    let started = now() + hours(3);
    let reads_of_a_tick = {
        let aws = FakeAws::new(with_a_migration().0);
        look(&aws, &rules, (Scope::tick(), started), &mut Picture::default()).await;
        aws.reads.get()
    };
    let mut made_good = 0;
    for read in 0..reads_of_a_tick {
        let aws = FakeAws::new(with_a_migration().0).failing_read(read);
        let mut picture = Picture::default();
        picture.see_tick(started - hours(1));
        let errand = Errand::new(Scope::tick(), Vec::new(), started);
        let parts = (&aws, &aws, &aws);
        let run = reconcile(parts, &rules, Limits::default(), &errand, &mut picture).await;
        let Ok(run) = run else { continue };
        let is_whole = run.plan.gaps.is_empty();
        let seen_to = if is_whole { started } else { started - hours(1) };
        assert_eq!(picture.ticked_at(), Some(seen_to), "read {read}");
        look(&aws, &rules, (Scope::tick(), started + hours(1)), &mut picture).await;
        assert_eq!(access(&aws, "legacy"), 2, "read {read}: the rule has begun");
        made_good += usize::from(!is_whole);
    }
    assert!(made_good > 5, "{made_good} of {reads_of_a_tick}");

    // Nobody may ever read what is in one of the accounts.
    let mut company = with_a_migration();
    company = company.account("locked", "/").tagged("project", "migration");
    let aws = FakeAws::new(company.0)
        .refusing(assignment("Power", "Engineering", "locked"), "role quota reached");
    let mut picture = Picture::default();
    let mut seen_to = Vec::new();
    for hour in 0..8 {
        look(&aws, &rules, (Scope::tick(), started + hours(hour)), &mut picture).await;
        seen_to.push((picture.ticked_at().unwrap() - started).num_hours());
    }
    assert_eq!(seen_to, [-1, -1, -1, -1, -1, 5, 6, 7]);
}

/// Where a rule holds everywhere, and whoever asks may list by principal, a look at everything costs
/// less than a hundred accounts.
#[tokio::test(start_paused = true)]
async fn what_begins_everywhere_is_looked_at_on_the_cheapest_way() {
    let rules = rules(&FOR_A_TIME.replace("{tags: {project: migration}}", "{all: true}"));
    let aws = FakeAws::new(with_a_migration().0).asked_by_management_if(true);
    let mut picture = Picture::default();
    look(&aws, &rules, (Scope::everything(), now()), &mut picture).await;
    look(&aws, &rules, (Scope::tick(), now() + hours(1)), &mut picture).await;
    let before = aws.reads.get();
    look(&aws, &rules, (Scope::tick(), now() + hours(3)), &mut picture).await;
    assert_eq!(access(&aws, "member-7"), 2);
    let reads = aws.reads.get() - before;
    assert!(reads < 30, "{reads}");
}

#[test]
fn offline_a_tick_means_its_accounts() {
    let (rules, company) = (rules(FOR_A_TIME), with_a_migration().0);
    let evening = "2026-03-02T18:47:00Z".parse().unwrap();
    let due = |at| what_is_due(&rules, &company, &Scope::tick(), (None, at));
    assert_eq!(due(evening).part_of_sweep, BTreeSet::from([account_id("legacy")]));
    assert!(due(evening + hours(1)).part_of_sweep.is_empty());
    let turns: BTreeSet<AccountId> =
        (0..HOURS_OF_A_ROUND).flat_map(|hour| due(evening + hours(hour)).in_turn).collect();
    assert_eq!(turns.len(), company.accounts.len());
    assert_eq!(
        what_is_due(&rules, &company, &Scope::everything(), (None, evening)),
        Scope::everything()
    );
}
