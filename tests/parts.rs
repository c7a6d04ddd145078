//! A run that has too little time does what it can, and hands on the rest.

use std::{collections::BTreeSet, time::Duration};

use serde_json::Value;
use shared::{
    act::Limits,
    decide::MOST_GROUPS,
    ids::AccountId,
    lane::{Cause, LaneMessage, Tally},
    observe::Picture,
    plan::Action,
    reconcile::{Errand, Reconciled, reconcile},
    rules::Rules,
    scope::Scope,
};
use tokio::time::Instant;

use crate::support::{
    fake_aws::FakeAws,
    organization::{Company, account_id, assignment, company, group_id},
    rules,
};

const RULES: &str = "{version: 1, manage: {unlisted: revoke}, rules: [\
    {name: a, permission_sets: Power, groups: Engineering, accounts: {tags: {team: shop}}}]}";

/// How long a run may do what.
#[derive(Clone, Copy)]
pub(crate) struct Time {
    pub(crate) look: Duration,
    pub(crate) start: Option<Duration>,
}

/// What a message leads to, and the rest of it, and the rest of that: all runs, one after the other.
pub(crate) async fn in_parts(
    aws: &FakeAws,
    rules: &Rules,
    message: LaneMessage,
    time: Time,
) -> Vec<Reconciled> {
    in_parts_with((aws, &mut Picture::default()), rules, message, time).await
}

async fn in_parts_with(
    (aws, picture): (&FakeAws, &mut Picture),
    rules: &Rules,
    message: LaneMessage,
    Time { look, start }: Time,
) -> Vec<Reconciled> {
    let (mut runs, mut next) = (Vec::new(), Some(message));
    while let Some(message) = next.take() {
        let now = "2026-03-02T15:42:00Z".parse().unwrap();
        let begin = Instant::now();
        let sweep = message.before.clone().and_then(|before| before.sweep);
        let causes = message.causes().cloned().collect();
        let errand = Errand {
            look_until: Some(begin + look),
            sweep,
            earlier: message.before.clone().unwrap_or_default().earlier,
            ..Errand::new(message.scope.clone(), causes, now)
        };
        let until = start.map(|start| begin + start);
        let limits = Limits { until, ..Limits::default() };
        let run = reconcile((aws, aws, aws), rules, limits, &errand, picture).await.unwrap();
        // As it comes out of the queue.
        next = run.rest.as_ref().map(|rest| LaneMessage::parse(&rest.body()).unwrap());
        runs.push(run);
        assert!(runs.len() < 500, "it goes round for ever: {:?}", next.map(|next| next.scope));
    }
    runs
}

fn sweep() -> LaneMessage {
    let cause = Cause { event: "Schedule".to_owned(), ..Cause::default() };
    LaneMessage { scope: Scope::everything(), cause, ..LaneMessage::default() }
}

/// So many accounts, in which engineers lack what they should have and have what they should not.
fn shop_of(accounts: usize) -> Company {
    let mut company = company().group("Engineering").permission_set("Power").permission_set("Old");
    for number in 0..accounts {
        let name = format!("shop-{number}");
        company = company.account(&name, "/").tagged("team", "shop");
        company = if number.is_multiple_of(10) {
            company.assigned("Old", "Engineering", &name)
        } else {
            company.assigned("Power", "Engineering", &name)
        };
    }
    company
}

fn as_it_should_be(aws: &FakeAws, accounts: usize) {
    let mut expected: Vec<_> = (0..accounts)
        .map(|number| assignment("Power", "Engineering", &format!("shop-{number}")))
        .collect();
    expected.sort();
    assert_eq!(aws.assignments(), expected);
}

#[tokio::test(start_paused = true)]
async fn a_sweep_that_takes_too_long_goes_on_in_parts() {
    let aws = FakeAws::new(shop_of(60).0).taking(Duration::from_secs(1));
    let time = Time { look: Duration::from_secs(40), start: None };
    let runs = in_parts(&aws, &rules(RULES), sweep(), time).await;
    as_it_should_be(&aws, 60);
    assert!(runs.len() > 4, "{}", runs.len());
    // No account is looked at twice, and none is left out.
    let looked_at = runs.iter().flat_map(|run| &run.organization.accounts);
    let looked_at: Vec<&AccountId> = looked_at.map(|account| &account.id).collect();
    let distinct: BTreeSet<&AccountId> = looked_at.iter().copied().collect();
    assert_eq!((looked_at.len(), distinct.len()), (61, 61));
    // The whole is told once, by the last part, and nothing is said of the rules that only the whole shows.
    let announced = aws.announced.borrow();
    let finished: Vec<_> =
        announced.iter().filter(|told| told.detail_type == "Sweep Finished").collect();
    let [finished] = finished.as_slice() else { panic!("{finished:?}") };
    assert_eq!(finished.detail["parts"], runs.len());
    let summary = &finished.detail["summary"];
    assert_eq!((&summary["create"], &summary["delete"]), (&6.into(), &6.into()));
    assert_eq!(summary["unchanged"], 54);
    assert_eq!(finished.detail["causes"][0]["event"], "Schedule");
    assert!(runs.iter().all(|run| run.plan.warnings.is_empty()));
}

/// A large organization's first sweep always comes in parts. Each group that is deleted later would cost a look
/// into every account, if nothing were remembered of that.
#[tokio::test(start_paused = true)]
async fn after_a_sweep_in_parts_it_is_known_where_to_look_for_what_a_deleted_group_left() {
    let company = shop_of(60).group("Leavers").account("attic", "/").tagged("old", "yes");
    let aws = FakeAws::new(company.assigned("Old", "Leavers", "attic").0)
        .asked_by_management_if(true)
        .taking(Duration::from_secs(1));
    let text = RULES.replace(
        "rules: [",
        "rules: [{name: b, permission_sets: Old, groups: Leavers, accounts: {tags: {old: \"yes\"}}}, ",
    );
    let (rules, mut picture) = (rules(&text), Picture::default());
    let time = Time { look: Duration::from_secs(40), start: None };
    let parts = in_parts_with((&aws, &mut picture), &rules, sweep(), time).await;
    assert!(parts.len() > 1 && aws.assignments().contains(&assignment("Old", "Leavers", "attic")));

    aws.organization.borrow_mut().groups.retain(|group| group.display_name != "Leavers");
    let before = aws.reads.get();
    let message = LaneMessage { scope: Scope::group(group_id("Leavers")), ..sweep() };
    in_parts_with((&aws, &mut picture), &rules, message, time).await;
    as_it_should_be(&aws, 60);
    assert!(aws.reads.get() - before < 20, "{} reads", aws.reads.get() - before);
}

/// Nor is what there was no time for looked for by principal later: nobody lists those who are gone.
#[tokio::test(start_paused = true)]
async fn what_a_deleted_group_left_in_many_accounts_goes_in_parts() {
    let mut company = company().group("Engineering").group("Leavers").permission_set("Power");
    for number in 0..120 {
        let account = format!("shop-{number}");
        company = company.account(&account, "/").tagged("team", "shop");
        company = company
            .assigned("Power", "Engineering", &account)
            .assigned("Power", "Leavers", &account);
    }
    let aws = FakeAws::new(company.0).asked_by_management_if(true).taking(Duration::from_secs(1));
    let text = RULES
        .replace("groups: Engineering", "groups: [Engineering, Leavers]")
        .replace("{unlisted: revoke}", "{unlisted: revoke, max_revocations: 100%}");
    let (rules, mut picture) = (rules(&text), Picture::default());
    let time = Time { look: Duration::from_secs(600), start: None };
    in_parts_with((&aws, &mut picture), &rules, sweep(), time).await;
    assert_eq!(aws.assignments().len(), 240);

    aws.organization.borrow_mut().groups.retain(|group| group.display_name != "Leavers");
    let message = LaneMessage { scope: Scope::group(group_id("Leavers")), ..sweep() };
    let time = Time { look: Duration::from_secs(40), start: None };
    let parts = in_parts_with((&aws, &mut picture), &rules, message, time).await;
    assert!(parts.len() > 1);
    assert_eq!(aws.assignments().len(), 120);
}

#[tokio::test(start_paused = true)]
async fn a_look_by_principal_that_takes_too_long_goes_on_by_pairs() {
    let mut company = shop_of(30);
    for number in 0..100 {
        company = company.group(&format!("team-{number}"));
    }
    let aws = FakeAws::new(company.0).asked_by_management_if(true).taking(Duration::from_secs(1));
    // Enough to read tags, and not enough to ask for a hundred groups.
    let time = Time { look: Duration::from_secs(70), start: None };
    in_parts(&aws, &rules(RULES), sweep(), time).await;
    as_it_should_be(&aws, 30);
}

#[tokio::test(start_paused = true)]
async fn changes_for_which_there_is_no_time_are_made_by_the_next_run() {
    let mut company = company().group("Engineering").permission_set("Power");
    for number in 0..60 {
        company = company.account(&format!("shop-{number}"), "/").tagged("team", "shop");
    }
    let aws = FakeAws::new(company.0);
    // A request takes a second here, and ten are under way at once.
    let start = Some(Duration::from_secs(2));
    let time = Time { look: Duration::from_secs(60), start };
    let runs = in_parts(&aws, &rules(RULES), sweep(), time).await;
    as_it_should_be(&aws, 60);
    assert!((2..=4).contains(&runs.len()), "{}", runs.len());
    assert_eq!(aws.writes.borrow().len(), 60, "each once");
    let finished = aws.announced.borrow();
    let finished = finished.iter().find(|told| told.detail_type == "Sweep Finished").unwrap();
    assert_eq!(
        (&finished.detail["summary"]["create"], &finished.detail["failed"]),
        (&60.into(), &0.into())
    );
}

/// An account that comes again, because not all of its changes were started, is counted once.
#[tokio::test(start_paused = true)]
async fn a_sweep_in_parts_tells_the_sums_of_the_whole() {
    let mut company = company().group("Engineering").permission_set("Old").permission_set("Extra");
    for set in 0..12 {
        company = company.permission_set(&format!("Power{set}"));
    }
    for number in 0..6 {
        let name = format!("shop-{number}");
        company = company.account(&name, "/").tagged("team", "shop");
        for set in 0..4 {
            company = company.assigned(&format!("Power{set}"), "Engineering", &name);
        }
        company = company.assigned("Old", "Engineering", &name);
    }
    let rules = rules(&limited_to("100%").replace("Power", "\"Power*\""));
    let summary = async |look: u64, start: Option<u64>| {
        let aws = FakeAws::new(company.0.clone());
        let start = start.map(Duration::from_secs);
        let time = Time { look: Duration::from_secs(look), start };
        let runs = in_parts(&aws, &rules, sweep(), time).await;
        let announced = aws.announced.borrow();
        let finished = announced.iter().find(|told| told.detail_type == "Sweep Finished").unwrap();
        (runs.len(), finished.detail["summary"].clone(), finished.detail["failed"].clone())
    };
    let (parts, at_once, _) = summary(60, None).await;
    assert_eq!(parts, 1);
    assert_eq!((&at_once["create"], &at_once["delete"]), (&48.into(), &6.into()));
    assert_eq!(at_once["unchanged"], 24);
    for seconds in [2, 3] {
        let (parts, in_parts, failed) = summary(60, Some(seconds)).await;
        assert!(parts > 1, "{seconds} s");
        assert_eq!((&in_parts, &failed), (&at_once, &0.into()), "{parts} parts of {seconds} s");
    }
}

/// Whatever is found in an account that comes again is counted once: what is held or only reported, and what failed.
#[tokio::test(start_paused = true)]
async fn what_is_found_in_parts_is_counted_once_whatever_it_is() {
    let mut company = company().group("Engineering").permission_set("Old");
    for set in 0..12 {
        company = company.permission_set(&format!("Power{set}"));
    }
    for number in 0..6 {
        let name = format!("shop-{number}");
        company = company.account(&name, "/").tagged("team", "shop");
        company = company.assigned("Old", "Engineering", &name);
    }
    for (manage, field, is_refused) in [
        ("{unlisted: revoke, max_revocations: 0}", "held", false),
        ("{unlisted: report}", "unlisted", false),
        ("{unlisted: report}", "unlisted", true),
    ] {
        let rules =
            rules(&RULES.replace("{unlisted: revoke}", manage).replace("Power", "\"Power*\""));
        let finished = async |start: Option<u64>| {
            let mut aws = FakeAws::new(company.0.clone());
            if is_refused {
                aws = aws.refusing(assignment("Power0", "Engineering", "shop-3"), "403 refused");
            }
            told_at_the_end(aws, &rules, start).await
        };
        let (parts, summary, failed) = finished(None).await;
        assert_eq!((parts, &summary[field]), (1, &6.into()), "{summary}");
        assert_eq!(failed, usize::from(is_refused));
        let (parts, in_parts, failed_in_parts) = finished(Some(2)).await;
        assert!(parts > 1, "{manage}");
        assert_eq!((in_parts, failed_in_parts), (summary, failed), "{manage} in {parts} parts");
    }
}

/// In how many parts a sweep comes whose runs start changes for so many seconds, and what it tells at its end: how many
/// changes of what kind, and how many failed.
async fn told_at_the_end(aws: FakeAws, rules: &Rules, start: Option<u64>) -> (usize, Value, Value) {
    let time = Time { look: Duration::from_secs(60), start: start.map(Duration::from_secs) };
    let parts = in_parts(&aws, rules, sweep(), time).await.len();
    let announced = aws.announced.borrow();
    let told = announced.iter().find(|told| told.detail_type == "Sweep Finished").unwrap();
    (parts, told.detail["summary"].clone(), told.detail["failed"].clone())
}

/// Nor is it counted twice what nobody can do: where AWS has no room left, and where only the management account may.
#[tokio::test(start_paused = true)]
async fn what_cannot_be_done_is_counted_once_in_parts_too() {
    let rules = rules(
        "{version: 1, manage: {unlisted: revoke, max_revocations: 100%, groups: Engineering}, rules: [\
         {name: a, permission_sets: 'Power*', groups: Engineering, accounts: {tags: {team: shop}}}]}",
    );
    let mut company =
        company().group("Engineering").permission_set("Old").permission_set("Power12");
    for number in 0..MOST_GROUPS {
        company = company.group(&format!("crowd-{number}"));
    }
    for set in 0..12 {
        company = company.permission_set(&format!("Power{set}"));
    }
    for number in 0..4 {
        let name = format!("shop-{number}");
        company = company.account(&name, "/").tagged("team", "shop");
        company = company.assigned("Old", "Engineering", &name);
        for group in 0..MOST_GROUPS {
            company = company.assigned("Power12", &format!("crowd-{group}"), &name);
        }
    }
    let company = company.account("identity", "/").assigned("Old", "crowd-0", "management");
    let aws = || FakeAws::new(company.0.clone()).asked_from(account_id("identity"));
    let (parts, summary, failed) = told_at_the_end(aws(), &rules, None).await;
    assert_eq!((parts, &failed), (1, &0.into()));
    for (field, number) in [("create", 48), ("delete", 0), ("impossible", 4), ("not_ours", 4)] {
        assert_eq!(summary[field], number, "{field}: {summary}");
    }
    let (parts, in_parts, failed_in_parts) = told_at_the_end(aws(), &rules, Some(2)).await;
    assert!(parts > 1);
    assert_eq!((in_parts, failed_in_parts), (summary, failed), "in {parts} parts");
}

/// A sweep that takes the rest of an earlier one with it begins anew, and tells of itself alone.
#[tokio::test(start_paused = true)]
async fn a_sweep_begins_anew_whatever_rest_comes_with_it() {
    let aws = FakeAws::new(shop_of(10).0);
    let earlier = Tally { parts: 3, failed: 7, ..Tally::default() };
    let now = "2026-03-02T15:42:00Z".parse().unwrap();
    let errand =
        Errand { sweep: Some(earlier), ..Errand::new(Scope::everything(), Vec::new(), now) };
    let (rules, mut picture) = (rules(RULES), Picture::default());
    let run = reconcile((&aws, &aws, &aws), &rules, Limits::default(), &errand, &mut picture).await;
    let tally = run.unwrap().tally;
    assert_eq!((tally.parts, tally.failed), (1, 0));
}

/// Grants of an account that are still to come hold back its revocations.
#[tokio::test(start_paused = true)]
async fn grants_come_before_revocations_in_parts_too() {
    let mut company = shop_of(0);
    for number in 0..30 {
        let name = format!("shop-{number}");
        company = company.account(&name, "/").tagged("team", "shop");
        company = company.assigned("Old", "Engineering", &name);
    }
    let rules =
        rules(&RULES.replace("{unlisted: revoke}", "{unlisted: revoke, max_revocations: 100%}"));
    let aws = FakeAws::new(company.0);
    let time = Time { look: Duration::from_secs(60), start: Some(Duration::from_secs(2)) };
    in_parts(&aws, &rules, sweep(), time).await;
    as_it_should_be(&aws, 30);
    let writes = aws.writes.borrow();
    for (at, (action, deleted)) in writes.iter().enumerate() {
        let is_granted = |(action, granted): &(Action, _)| {
            let granted: &shared::organization::Assignment = granted;
            *action == Action::Create && granted.account_id == deleted.account_id
        };
        assert!(*action == Action::Create || writes[..at].iter().any(is_granted), "{deleted:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn without_time_for_anything_the_message_comes_again() {
    let aws = FakeAws::new(shop_of(1).0);
    let message = LaneMessage { scope: Scope::account(account_id("shop-0")), ..sweep() };
    let time = Time { look: Duration::ZERO, start: Some(Duration::ZERO) };
    let runs = in_parts(&aws, &rules(RULES), message.clone(), time).await;
    let [run] = runs.as_slice() else { panic!("{} runs", runs.len()) };
    assert!(run.is_stuck && !run.is_done(&message));
    assert!(aws.writes.borrow().is_empty());
}

/// What fails is not handed on, or it would go round for ever: it is the next sweep's.
#[tokio::test(start_paused = true)]
async fn what_fails_is_not_handed_on() {
    let mut company = company().group("Engineering");
    for set in 0..40 {
        company = company.permission_set(&format!("Power{set}"));
    }
    let mut aws = FakeAws::new(company.account("shop-0", "/").tagged("team", "shop").0);
    for set in 0..40 {
        let refused = assignment(&format!("Power{set}"), "Engineering", "shop-0");
        aws = aws.refusing(refused, "Received a 403 status error: Access denied by IAM.");
    }
    let rules = rules(&RULES.replace("Power", "\"Power*\""));
    let time = Time { look: Duration::from_secs(60), start: Some(Duration::from_secs(3)) };
    let runs = in_parts(&aws, &rules, sweep(), time).await;
    let [run] = runs.as_slice() else { panic!("{} runs", runs.len()) };
    assert!(!run.not_started.is_empty() && run.failures().next().is_some());
    assert!(run.is_done(&sweep()));
    let moved = LaneMessage { scope: Scope::account(account_id("shop-0")), ..sweep() };
    assert!(!run.is_done(&moved), "an event's message comes again");
}

/// An event's account that there is no time to look at is not lost, and its message is done.
#[tokio::test(start_paused = true)]
async fn accounts_of_events_are_handed_on_as_such() {
    let aws = FakeAws::new(shop_of(40).0).taking(Duration::from_secs(1));
    let accounts: BTreeSet<AccountId> =
        (0..40).map(|number| account_id(&format!("shop-{number}"))).collect();
    let message = |accounts| LaneMessage {
        scope: Scope { accounts, ..Scope::default() },
        cause: Cause { event: "CreateAccountResult".to_owned(), ..Cause::default() },
        ..LaneMessage::default()
    };
    let time = Time { look: Duration::from_secs(60), start: None };
    let runs = in_parts(&aws, &rules(RULES), message(accounts.clone()), time).await;
    as_it_should_be(&aws, 40);
    assert!(runs.len() > 1);
    let rest = runs[0].rest.as_ref().unwrap();
    assert!(!rest.scope.accounts.is_empty() && rest.scope.part_of_sweep.is_empty());
    assert_eq!(rest.cause.event, "CreateAccountResult");
    assert!(runs[0].is_done(&message(accounts)));
    assert!(aws.announced.borrow().iter().all(|told| told.detail_type != "Sweep Finished"));
}

async fn revoked_in_parts(company: Company, rules: &str, look: u64) -> (usize, usize) {
    let aws = FakeAws::new(company.0).taking(Duration::from_secs(1));
    let time = Time { look: Duration::from_secs(look), start: None };
    let runs = in_parts(&aws, &crate::support::rules(rules), sweep(), time).await;
    let writes = aws.writes.borrow();
    (runs.len(), writes.iter().filter(|(action, _)| *action == Action::Delete).count())
}

fn limited_to(limit: &str) -> String {
    let manage = format!("{{unlisted: revoke, max_revocations: {limit}}}");
    RULES.replace("{unlisted: revoke}", &manage)
}

/// A sweep is one piece of work, in however many parts it comes.
#[tokio::test(start_paused = true)]
async fn no_partition_of_a_sweep_revokes_more_than_the_limit() {
    for look in [20, 40, 70] {
        for limit in 0..8 {
            let rules = limited_to(&limit.to_string());
            let (parts, revoked) = revoked_in_parts(shop_of(60), &rules, look).await;
            assert!(parts > 1, "{look} s");
            // There are six to revoke.
            assert!(revoked <= limit, "{revoked} of {limit} in {parts} parts");
            assert!(limit < 6 || revoked == 6, "{revoked} of {limit} in {parts} parts");
        }
    }
}

/// Ten of thirty are more than a tenth, and eleven more than ten.
#[tokio::test(start_paused = true)]
async fn no_partition_of_a_sweep_revokes_more_than_the_limit_that_nobody_sets() {
    let mut company = shop_of(0);
    for number in 0..30 {
        let name = format!("shop-{number}");
        company = company.account(&name, "/").tagged("team", "shop");
        company = company.assigned("Old", "Engineering", &name);
    }
    let (parts, revoked) = revoked_in_parts(company, RULES, 20).await;
    assert!(parts > 3 && (1..=10).contains(&revoked), "{revoked} in {parts} parts");
}
