//! The writes, over the real SDK: inside AWS's quotas, through failures, and made good after a crash.

use std::{
    collections::{BTreeMap, BTreeSet},
    num::NonZeroU32,
    time::{Duration, Instant},
};

use local::{Clock, Quotas};
use serde_json::{Value, json};
use shared::{
    decide::decide,
    lane::{Cause, LaneMessage},
    organization::{Assignment, Organization},
    plan::{Action, Change, Plan},
    runtime::Settings,
    scope::Scope,
};

use crate::support::{
    self,
    local_aws::{LocalAws, again, quick},
    organization::{Company, account_id, company},
    runtime_api::Running,
};

/// Every account gets what it has not, and loses what it has.
const RULES: &str = r#"version: 1
manage: {unlisted: revoke, max_revocations: 100%}
rules:
  - {name: engineering, permission_sets: [Power, View], groups: [Engineering, Auditors], accounts: {all: true}}
  - {name: support, permission_sets: [Support], groups: ["team-*"], accounts: {name: "*[02468]"}}
"#;

fn company_with(accounts: usize) -> Company {
    let mut company = company().group("Engineering").group("Auditors").group("Visitors");
    for team in ["team-a", "team-b", "team-c"] {
        company = company.group(team);
    }
    for set in ["Power", "View", "Support", "Admin"] {
        company = company.permission_set(set);
    }
    for number in 0..accounts {
        let name = format!("account-{number}");
        company = company.account(&name, "/").assigned("Admin", "Visitors", &name);
        company = company.assigned("Admin", "Auditors", &name).assigned("View", "Visitors", &name);
    }
    company
}

fn sweep() -> String {
    let cause = Cause { event: "Schedule".to_owned(), ..Cause::default() };
    LaneMessage { scope: Scope::everything(), cause, ..LaneMessage::default() }.body()
}

/// What the rules want, told by the decision over the whole organization.
fn plan(organization: &Organization) -> Plan {
    let now = "2026-03-02T15:42:00Z".parse().unwrap();
    decide(&support::rules(RULES), organization, now, &Scope::everything())
}

fn assignments(organization: Organization) -> BTreeSet<Assignment> {
    organization.assignments.into_iter().collect()
}

#[tokio::test]
async fn under_strict_quotas_nothing_is_throttled() {
    // AWS's own quotas and times, all of it ten times as fast.
    const SPEED: f64 = 10.0;
    let strict = local::Settings {
        quotas: Quotas::Strict,
        clock: Clock::times_as_fast(SPEED),
        assignment_time: Duration::from_secs(3),
        latency: Duration::from_millis(50),
        ..local::Settings::default()
    };
    let aws = LocalAws::with(company_with(20), RULES, strict).await;
    let defaults = Settings::default();
    let settings = Settings {
        calls_per_second: NonZeroU32::new(defaults.calls_per_second.get() * 10).unwrap(),
        organizations_speed: SPEED,
        poll_every: defaults.poll_every.div_f64(SPEED),
        ..aws.settings()
    };
    let batch = aws.usher_with(settings).await.take(&[sweep()]).await.unwrap();
    let reconciled = batch.reconciled.unwrap();
    assert_eq!(reconciled.failures().count(), 0);
    assert_eq!(reconciled.outcomes.len(), 20 * (4 + 3) + 10 * 3);
    assert_eq!(aws.local.errors(), BTreeMap::new(), "no throttle, no conflict, no other error");
    assert!(plan(&aws.local.organization()).changes.is_empty());
}

/// The last of a permission set to go from an account takes its role away: neither its siblings nor the
/// role of another permission set may meet it.
#[tokio::test]
async fn what_leaves_an_account_together_is_not_in_its_own_way() {
    let mut company = company().account("pay", "/").group("Engineering").group("Auditors");
    for set in ["Power", "View"] {
        company = company.permission_set(set);
        for group in ["Engineering", "Auditors"] {
            company = company.assigned(set, group, "pay");
        }
    }
    let settings = local::Settings {
        quotas: Quotas::Strict,
        assignment_time: Duration::from_millis(500),
        ..quick()
    };
    const NOTHING: &str =
        "{version: 1, manage: {unlisted: revoke, max_revocations: 100%}, rules: []}";
    let aws = LocalAws::with(company, NOTHING, settings).await;
    let settings =
        Settings { calls_per_second: Settings::default().calls_per_second, ..aws.settings() };
    let batch = aws.usher_with(settings).await.take(&[sweep()]).await.unwrap();
    let reconciled = batch.reconciled.unwrap();
    assert_eq!((reconciled.outcomes.len(), reconciled.failures().count()), (4, 0));
    assert_eq!(aws.local.errors(), BTreeMap::new(), "no conflict, no other error");
    assert!(aws.local.organization().assignments.is_empty());
}

/// Others use the quota too: throttles and conflicts come all the same, and cost time, no change.
#[tokio::test]
async fn what_aws_refuses_for_now_is_done_a_little_later() {
    let aws = LocalAws::start(company_with(6), RULES).await;
    for (operation, error) in [
        ("CreateAccountAssignment", "ConflictException"),
        ("DeleteAccountAssignment", "ConflictException"),
        ("CreateAccountAssignment", "ThrottlingException"),
        ("CreateAccountAssignment", "FAILED"),
        ("DeleteAccountAssignment", "FAILED"),
        ("ListAccountAssignmentCreationStatus", "ThrottlingException"),
        ("ListAccountAssignmentDeletionStatus", "AccessDeniedException"),
        ("DescribeAccountAssignmentDeletionStatus", "InternalServerException"),
    ] {
        aws.local.fail(format!("sso-admin:{operation}:{error}:0.1").parse().unwrap());
    }
    let batch = aws.usher().await.take(&[sweep()]).await.unwrap();
    assert!(again(&batch).is_empty());
    let reconciled = batch.reconciled.unwrap();
    let failures: Vec<&str> = reconciled.failures().map(|(_, reason)| reason).collect();
    assert_eq!(failures, Vec::<&str>::new());
    assert!(plan(&aws.local.organization()).changes.is_empty());
    assert!(aws.announced("Change Failed").is_empty());
    assert!(!aws.local.errors().is_empty());
}

/// The note about a role that goes, where everybody is known who has it; of what is held as well.
#[tokio::test]
async fn that_a_role_goes_with_its_last_assignment_is_told() {
    const NOTE: &str = "nobody keeps Admin in this account";
    for (caller, limit) in
        [(None, "100%"), (None, "0"), (Some("account-1"), "100%"), (Some("account-1"), "0")]
    {
        // Of account-0, the rules do not manage mary's assignment, so that the role stays.
        let company = company_with(2).user("mary").assigned_to("Admin", "mary", "account-0");
        let settings = local::Settings { caller: caller.map(account_id), ..quick() };
        let rules = RULES.replace("100%", limit);
        let aws = LocalAws::with(company, &rules, settings).await;
        let batch = aws.usher().await.take(&[sweep()]).await.unwrap();
        assert_eq!(batch.reconciled.unwrap().failures().count(), 0);
        let held = aws.announced("Revocations Held").into_iter();
        let held = held.flat_map(|event| event["changes"].as_array().unwrap().clone());
        let told: Vec<Value> = aws.announced("Access Revoked").into_iter().chain(held).collect();
        assert_eq!(told.len(), 2 * 3);
        for event in &told {
            let goes = event["account_name"] == "account-1" && event["permission_set"] == "Admin";
            let note = event["note"].as_str().unwrap_or_default();
            assert_eq!(note.starts_with(NOTE), goes, "{caller:?}, {limit}: {event}");
        }
    }
}

/// A process of the reconciler that looks at everything.
async fn start(aws: &LocalAws) -> Running {
    let event = json!({"Records": [{"messageId": "message-0", "body": sweep()}]});
    let rules = aws.rules_file().to_str().unwrap().to_owned();
    let endpoint = aws.local.endpoint();
    let environment = [
        ("USHER_RULES", rules.as_str()),
        ("USHER_CALLS_PER_SECOND", "10000"),
        ("USHER_POLL_MILLISECONDS", "50"),
        ("AWS_ENDPOINT_URL", endpoint.as_str()),
        ("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "example"),
    ];
    Running::start("reconciler", &environment, &[event.to_string().as_bytes()]).await
}

/// Waits until this has been asked for so many times more.
async fn is_asked_for(aws: &LocalAws, operation: &str, more: u64) {
    let name = format!("sso-admin:{operation}");
    let asked = || aws.local.calls().get(&name).copied().unwrap_or_default();
    let (wanted, deadline) = (asked() + more, Instant::now() + Duration::from_secs(120));
    while asked() < wanted {
        assert!(Instant::now() < deadline, "{more} more of {operation} do not come");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// The real binary is killed under load, again and again: as it has asked for its first grant, for some
/// more, and for its revocations. At no moment has an account lost anything that was to be replaced, nor has
/// anything changed that was not to; and one run that is let alone makes everything right.
#[tokio::test]
async fn a_process_that_is_killed_leaves_nothing_to_repair() {
    // Fewer than there are, also with those that a killed process had in flight beside them.
    const KILLED_AFTER: [(&str, u64); 7] = [
        ("CreateAccountAssignment", 1),
        ("CreateAccountAssignment", 4),
        ("CreateAccountAssignment", 9),
        ("CreateAccountAssignment", 15),
        ("DeleteAccountAssignment", 1),
        ("DeleteAccountAssignment", 4),
        ("DeleteAccountAssignment", 9),
    ];
    let slow = local::Settings { assignment_time: Duration::from_millis(150), ..quick() };
    let aws = LocalAws::with(company_with(16), RULES, slow).await;
    let (before, planned) = (aws.local.organization(), plan(&aws.local.organization()));
    let of = |action: Action| {
        let of_action = planned.changes.iter().filter(move |change| change.action == action);
        of_action.map(Change::assignment).collect::<BTreeSet<_>>()
    };
    let (creates, deletes) = (of(Action::Create), of(Action::Delete));
    let before = assignments(before);
    let mut cut_off = 0;
    for (operation, number) in KILLED_AFTER {
        let round = format!("{number} of {operation}");
        let running = start(&aws).await;
        is_asked_for(&aws, operation, number).await;
        running.kill().await;
        let now = assignments(aws.local.organization());
        let (came, went): (BTreeSet<_>, BTreeSet<_>) = (
            now.difference(&before).cloned().collect(),
            before.difference(&now).cloned().collect(),
        );
        assert!(came.is_subset(&creates) && went.is_subset(&deletes), "{round}");
        for gone in &went {
            let missing = creates.difference(&came).find(|one| one.account_id == gone.account_id);
            assert_eq!(missing, None, "{round}: {gone:?} went before that came");
        }
        cut_off += usize::from(came.len() + went.len() < creates.len() + deletes.len());
    }
    // A slow machine may let a process come further than it was asked for before it is killed.
    assert!(2 * cut_off > KILLED_AFTER.len(), "{cut_off} runs were cut off half-way");
    let answer: Value = start(&aws).await.answer(Duration::from_secs(120)).await.body;
    assert_eq!(answer["batchItemFailures"], json!([]), "{answer}");
    let mut expected: BTreeSet<Assignment> = before.difference(&deletes).cloned().collect();
    expected.extend(creates);
    assert_eq!(assignments(aws.local.organization()), expected);
    assert!(aws.announced("Change Failed").is_empty());
    assert!(plan(&aws.local.organization()).changes.is_empty());
}
