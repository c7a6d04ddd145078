//! When a message's work is done, and when it has to come again.

use shared::{
    act::Limits,
    decide::MOST_GROUPS,
    lane::{Cause, LaneMessage},
    observe::Picture,
    organization::{AccountState, Gap, Unread},
    plan::{Earlier, Plan},
    reconcile::{Errand, Reconciled, reconcile},
    scope::Scope,
};

use crate::support::{
    fake_aws::{FakeAws, Others},
    organization::{Company, account_id, assignment, company, group_id},
    rules,
};

fn bobs_company() -> Company {
    company().group("Engineering").permission_set("Power").account("pay", "/")
}

fn message(event: &str, account: &str) -> LaneMessage {
    let cause = Cause { event: event.to_owned(), ..Cause::default() };
    LaneMessage { scope: Scope::account(account_id(account)), cause, ..LaneMessage::default() }
}

async fn look(aws: &FakeAws, scope: &Scope) -> Reconciled {
    look_within(aws, scope, Limits::default()).await
}

async fn look_within(aws: &FakeAws, scope: &Scope, limits: Limits) -> Reconciled {
    let rules = rules(
        "{version: 1, manage: {unlisted: revoke}, rules: [{name: a, permission_sets: Power, groups: Engineering, accounts: {all: true}}]}",
    );
    let now = "2026-03-02T15:42:00Z".parse().unwrap();
    let errand = Errand::new(scope.clone(), Vec::new(), now);
    reconcile((aws, aws, aws), &rules, limits, &errand, &mut Picture::default()).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn an_account_that_aws_does_not_list_yet_is_looked_at_again() {
    let aws = FakeAws::new(bobs_company().0);
    let created = message("CreateAccountResult", "new");
    let reconciled = look(&aws, &created.scope).await;
    assert!(!reconciled.is_done(&created));
    assert!(!reconciled.is_done(&message("AccountJoinedOrganization", "new")));
    // One that was closed or left is not coming back.
    assert!(reconciled.is_done(&message("RemoveAccountFromOrganization", "new")));
}

#[tokio::test(start_paused = true)]
async fn an_account_that_is_not_ready_yet_is_looked_at_again() {
    let company = bobs_company().account("new", "/").in_state(AccountState::PendingActivation);
    let created = message("CreateAccountResult", "new");
    assert!(!look(&FakeAws::new(company.0), &created.scope).await.is_done(&created));
    let company = bobs_company().account("new", "/").in_state(AccountState::Suspended);
    assert!(look(&FakeAws::new(company.0), &created.scope).await.is_done(&created));
}

#[tokio::test(start_paused = true)]
async fn what_failed_in_one_account_is_no_other_messages_business() {
    let company = bobs_company().account("shop", "/");
    let aws = FakeAws::new(company.0)
        .refusing(assignment("Power", "Engineering", "pay"), "role quota reached");
    let (pay, shop) = (message("MoveAccount", "pay"), message("MoveAccount", "shop"));
    let reconciled = look(&aws, &pay.scope.clone().merge(shop.scope.clone())).await;
    assert!(!reconciled.is_done(&pay));
    assert!(reconciled.is_done(&shop));
    let sweep = LaneMessage { scope: Scope::everything(), ..LaneMessage::default() };
    assert!(reconciled.is_done(&sweep), "the next sweep tries again");
    for cause in ["Schedule", "Scheduled Event", "By hand"] {
        assert!(reconciled.is_done(&everywhere(Scope::everything(), cause)), "{cause}");
    }
    assert_eq!(reconciled.left_of(&sweep), None);
}

/// An event that says to look everywhere comes once: what failed is handed on, and no more than that.
#[tokio::test(start_paused = true)]
async fn of_an_event_that_says_to_look_everywhere_the_accounts_in_trouble_are_left() {
    let company = bobs_company().account("shop", "/");
    let aws = FakeAws::new(company.0)
        .refusing(assignment("Power", "Engineering", "pay"), "role quota reached");
    for changed in [
        everywhere(Scope::everything(), "DeleteGroupMembership"),
        everywhere(Scope::rules_changed(), "Object Created"),
        everywhere(Scope::group(group_id("Engineering")), "UpdateGroup"),
    ] {
        let reconciled = look(&aws, &changed.scope).await;
        assert!(reconciled.is_done(&changed));
        let left = reconciled.left_of(&changed).unwrap();
        assert_eq!(left, message(&changed.cause.event, "pay"));
        // That one comes again as it is, until the queue gives up on it.
        let reconciled = look(&aws, &left.scope).await;
        assert!(!reconciled.is_done(&left));
        assert_eq!(reconciled.left_of(&left), None);
        // An approval is for its very set.
        let approval = Some(reconciled.plan.digest());
        let approved = LaneMessage { approval, ..changed.clone() };
        let reconciled = look(&aws, &approved.scope).await;
        assert!(!reconciled.is_done(&approved) && reconciled.left_of(&approved).is_none());
    }
}

/// AWS has room for so many groups with a permission set in an account. Where it is full, those who go make
/// room for those who come, who must not wait for the next sweep.
#[tokio::test(start_paused = true)]
async fn an_exchange_at_the_edge_of_a_quota_takes_two_runs_at_once() {
    let mut company = company().permission_set("Power").account("pay", "/").group("new-1");
    for number in 0..MOST_GROUPS {
        let group = format!("old-{number}");
        company = company.group(&group).assigned("Power", &group, "pay");
    }
    let rules = rules(
        "{version: 1, manage: {unlisted: revoke}, rules: [{name: a, permission_sets: Power, groups: ['new-*', 'old-?'], accounts: {all: true}}, {name: b, permission_sets: Power, groups: 'old-[1-8]?', accounts: {all: true}}, {name: c, permission_sets: Power, groups: 'old-9[1-9]', accounts: {all: true}}]}",
    );
    let aws = FakeAws::new(company.0);
    let now = "2026-03-02T15:42:00Z".parse().unwrap();
    let (limits, mut picture) = (Limits::default(), Picture::default());
    let errand = Errand::new(Scope::account(account_id("pay")), Vec::new(), now);
    let parts = (&aws, &aws, &aws);
    let run = reconcile(parts, &rules, limits, &errand, &mut picture).await.unwrap();
    assert_eq!((run.plan.impossible.len(), run.outcomes.len()), (1, 1));
    let rest = run.rest.unwrap();
    assert_eq!(rest.scope, Scope::part_of_sweep([account_id("pay")].into()));
    // What went is counted, and what stays is counted with the rest.
    assert_eq!(rest.before.unwrap().earlier, Earlier { revocations: 1, managed: 1 });
    let errand = Errand::new(rest.scope, Vec::new(), now);
    let run = reconcile(parts, &rules, limits, &errand, &mut picture).await.unwrap();
    assert_eq!((run.plan.impossible.len(), run.outcomes.len(), run.rest), (0, 1, None));
    assert!(aws.assignments().contains(&assignment("Power", "new-1", "pay")));
}

/// AWS tells of a change some seconds before it makes it, and tells of it once: who may have looked before
/// it was made has to look again.
#[tokio::test(start_paused = true)]
async fn a_change_of_others_whose_end_is_not_known_is_looked_at_again() {
    let rules = rules("{version: 1, manage: {unlisted: revoke}, rules: []}");
    for (others, is_done) in [
        (Others::Ended, true),
        (Others::AskForMore, true),
        (Others::NeverEnd, false),
        (Others::Unknown, false),
        (Others::Denied, true),
    ] {
        let aws = FakeAws::new(bobs_company().account("shop", "/").0).beside(others);
        let changed = message("CreateAccountAssignment", "pay");
        let moved = message("MoveAccount", "shop");
        let scope = changed.scope.clone().merge(moved.scope.clone());
        let causes = vec![changed.cause.clone(), moved.cause.clone()];
        let errand = Errand::new(scope, causes, "2026-03-02T15:42:00Z".parse().unwrap());
        let (limits, mut picture) = (Limits::default(), Picture::default());
        let parts = (&aws, &aws, &aws);
        let run = reconcile(parts, &rules, limits, &errand, &mut picture).await.unwrap();
        assert_eq!(run.is_done(&changed), is_done);
        assert!(run.is_done(&moved));
    }
}

/// A tick that did nothing comes again, and must then still know what it was for.
#[tokio::test(start_paused = true)]
async fn a_tick_without_time_for_anything_is_not_over() {
    let now: chrono::DateTime<chrono::Utc> = "2026-03-02T15:42:00Z".parse().unwrap();
    let rules = rules(
        "{version: 1, manage: {unlisted: revoke}, rules: [{name: a, permission_sets: Power, groups: Engineering, accounts: {name: pay}, from: '2026-03-02T15:00:00Z'}]}",
    );
    let aws = FakeAws::new(bobs_company().0);
    let errand = Errand {
        look_until: Some(tokio::time::Instant::now()),
        ..Errand::new(Scope::tick(), Vec::new(), now)
    };
    let mut picture = Picture::default();
    let no_time = Limits { until: Some(tokio::time::Instant::now()), ..Limits::default() };
    let parts = (&aws, &aws, &aws);
    let run = reconcile(parts, &rules, no_time, &errand, &mut picture).await.unwrap();
    assert!(run.is_stuck && picture.ticked_at().is_none());
    let (limits, errand) = (Limits::default(), Errand { look_until: None, ..errand });
    let run = reconcile(parts, &rules, limits, &errand, &mut picture).await.unwrap();
    assert!(!run.is_stuck && picture.ticked_at() == Some(now));
    assert_eq!(aws.assignments().len(), 1);
}

fn everywhere(scope: Scope, event: &str) -> LaneMessage {
    LaneMessage {
        scope,
        cause: Cause { event: event.to_owned(), ..Cause::default() },
        ..LaneMessage::default()
    }
}

/// Where there was no time for anything, nothing is handed on and nothing announced: even a sweep has to
/// come again.
#[tokio::test(start_paused = true)]
async fn what_there_was_no_time_for_comes_again() {
    let aws = FakeAws::new(bobs_company().account("shop", "/").0);
    let pay = message("MoveAccount", "pay");
    let limits = Limits { until: Some(tokio::time::Instant::now()), ..Limits::default() };
    let reconciled = look_within(&aws, &pay.scope, limits).await;
    assert_eq!((reconciled.outcomes.len(), reconciled.not_started.len()), (0, 1));
    assert!(aws.writes.borrow().is_empty() && aws.announced.borrow().is_empty());
    assert!(!reconciled.is_done(&pay));
    let sweep = LaneMessage { scope: Scope::everything(), ..LaneMessage::default() };
    assert!(!reconciled.is_done(&sweep));
}

#[tokio::test(start_paused = true)]
async fn a_deletion_that_failed_otherwise_than_by_absence_is_a_failure() {
    let company = bobs_company().permission_set("Admin").assigned("Admin", "Engineering", "pay");
    for (reason, fails) in [
        ("Received a 404 status error: Assignment not found.", false),
        ("Received a 404 status error: Role not found in 404404404404.", true),
        ("Received a 403 status error: Access denied by IAM.", true),
    ] {
        let aws = FakeAws::new(company.0.clone())
            .refusing(assignment("Admin", "Engineering", "pay"), reason);
        let moved = message("MoveAccount", "pay");
        assert_eq!(look(&aws, &moved.scope).await.failures().count() == 1, fails, "{reason}");
    }
}

/// What a rule asks of a group's members is read too where only what is remembered of an account
/// says that the rule does not hold there.
#[tokio::test(start_paused = true)]
async fn members_are_read_for_rules_that_may_hold_after_a_closer_look() {
    let rules = rules(
        "{version: 1, manage: {unlisted: revoke}, rules: [{name: a, permission_sets: Power, groups: Engineering, \
         members: {at_least: 1}, accounts: {tags: {environment: test}}}]}",
    );
    let company = |environment| {
        let company = bobs_company().tagged("environment", environment);
        company.user("mary").member("mary", "Engineering").assigned("Power", "Engineering", "pay")
    };
    let (mut picture, everything) = (Picture::default(), Scope::everything());
    let now = "2026-03-02T15:42:00Z".parse().unwrap();
    let errand = Errand::new(everything, Vec::new(), now);
    let before = FakeAws::new(company("production").0);
    let plan = shared::reconcile::plan(&before, &rules, &errand, &mut picture).await.unwrap().1;
    assert_eq!(plan.changes.len(), 1);

    // The tag has changed since, and no event told of it.
    let aws = FakeAws::new(company("test").0);
    let plan = shared::reconcile::plan(&aws, &rules, &errand, &mut picture).await.unwrap().1;
    assert!(plan.changes.is_empty(), "{:?}", plan.changes);
}

/// What an account's event reads is remembered, and the next group's event knows it.
#[tokio::test(start_paused = true)]
async fn an_accounts_event_puts_right_what_is_remembered() {
    let rules = rules(
        "{version: 1, manage: {unlisted: revoke}, rules: [{name: a, permission_sets: Power, groups: Engineering, \
         accounts: {organizational_unit: /Workloads, tags: {environment: test}}}]}",
    );
    let company = |unit, environment| {
        let company = company().unit("/Workloads").group("Engineering").permission_set("Power");
        company.account("pay", unit).tagged("environment", environment)
    };
    let mut picture = Picture::default();
    let now = "2026-03-02T15:42:00Z".parse().unwrap();
    let look = |scope| Errand::new(scope, Vec::new(), now);
    let group = || look(Scope::group(group_id("Engineering")));
    let before = FakeAws::new(company("/", "production").0).asked_by_management_if(true);
    let everything = look(Scope::everything());
    shared::reconcile::plan(&before, &rules, &everything, &mut picture).await.unwrap();

    // It was moved and tagged. Nobody has heard of it yet, so a group's event finds what was seen.
    let aws = FakeAws::new(company("/Workloads", "test").0).asked_by_management_if(true);
    let plan = shared::reconcile::plan(&aws, &rules, &group(), &mut picture).await.unwrap().1;
    assert!(plan.changes.is_empty(), "{:?}", plan.changes);
    let moved = look(Scope::account(account_id("pay")));
    let plan = shared::reconcile::plan(&aws, &rules, &moved, &mut picture).await.unwrap().1;
    assert_eq!(plan.changes.len(), 1);
    let reads = aws.reads.get();
    let plan = shared::reconcile::plan(&aws, &rules, &group(), &mut picture).await.unwrap().1;
    assert_eq!(plan.changes.len(), 1);
    assert!(aws.reads.get() - reads < 10);

    // After a day nothing is believed any more, whoever lost which event.
    let back = FakeAws::new(company("/", "production").0).asked_by_management_if(true);
    let tomorrow = Errand { now: now + chrono::TimeDelta::hours(25), ..group() };
    let plan = shared::reconcile::plan(&back, &rules, &tomorrow, &mut picture).await.unwrap().1;
    assert!(plan.changes.is_empty(), "{:?}", plan.changes);
}

/// Of a tag that no rule asks for, no event is heeded; then a rule asks for it.
#[tokio::test(start_paused = true)]
async fn tags_are_read_anew_for_rules_that_ask_for_other_ones() {
    let asking_for = |key: &str| {
        rules(&format!(
            "{{version: 1, manage: {{unlisted: revoke}}, rules: [{{name: a, permission_sets: Power, groups: Engineering, \
             accounts: {{tags: {{{key}: yes}}}}}}]}}"
        ))
    };
    let mut picture = Picture::default();
    let now = "2026-03-02T15:42:00Z".parse().unwrap();
    let errand = Errand::new(Scope::everything(), Vec::new(), now);
    let before = FakeAws::new(bobs_company().0);
    let rules = asking_for("environment");
    shared::reconcile::plan(&before, &rules, &errand, &mut picture).await.unwrap();

    let aws = FakeAws::new(bobs_company().tagged("team", "yes").0);
    let rules = asking_for("team");
    let plan = shared::reconcile::plan(&aws, &rules, &errand, &mut picture).await.unwrap().1;
    assert_eq!(plan.changes.len(), 1, "{:?}", plan.changes);
}

/// Nobody lists what a deleted group left; so the event that names it must not get lost among others.
#[tokio::test(start_paused = true)]
async fn what_a_deleted_group_left_goes_though_a_sweep_was_merged_with_its_event() {
    let company = bobs_company().group("Leavers").permission_set("Old");
    let mut organization = company.assigned("Old", "Leavers", "pay").0;
    organization.groups.retain(|group| group.display_name != "Leavers");
    let aws = FakeAws::new(organization).asked_by_management_if(true);
    let scope = Scope::everything().merge(Scope::group(group_id("Leavers")));
    let reconciled = look(&aws, &scope).await;
    let left = assignment("Old", "Leavers", "pay");
    let revoked = reconciled.plan.due().any(|change| change.assignment() == left);
    assert!(revoked, "{:?}", reconciled.plan.changes);
}

/// What could not be read in one account is the business of messages about it, and of those about everywhere that come
/// once; what could not be read of all is everybody's.
#[tokio::test(start_paused = true)]
async fn what_was_not_read_concerns_whom_it_may_hide_something_from() {
    let whole =
        look(&FakeAws::new(bobs_company().account("shop", "/").0), &Scope::everything()).await;
    let (pay, shop) = (message("MoveAccount", "pay"), message("MoveAccount", "shop"));
    let event = everywhere(Scope::everything(), "DeleteGroupMembership");
    let sweep = everywhere(Scope::everything(), "Schedule");
    let of_pay = message("DeleteGroupMembership", "pay");
    for (unread, done, left) in [
        (None, [true, true, true, true], None),
        (Some(Some("pay")), [false, true, true, true], Some(of_pay)),
        (Some(None), [false, false, false, true], None),
    ] {
        let gap = |account: Option<&str>| Gap {
            what: Unread::Assignments,
            account_id: account.map(account_id),
            reason: "AccessDeniedException".to_owned(),
        };
        let plan = Plan { gaps: unread.map(gap).into_iter().collect(), ..whole.plan.clone() };
        let run = Reconciled { plan, ..whole.clone() };
        let is_done = [&pay, &shop, &event, &sweep].map(|message| run.is_done(message));
        assert_eq!((is_done, run.left_of(&event)), (done, left), "{unread:?}");
        // A run that has done nothing hands nothing on, as its message comes again.
        let stuck = Reconciled { is_stuck: true, ..run };
        assert_eq!((stuck.is_done(&event), stuck.left_of(&event)), (false, None), "{unread:?}");
    }
}
