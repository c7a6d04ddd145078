//! `usher apply` as somebody types it, on the organization on localhost.

use std::{
    process::Stdio,
    time::{Duration, Instant},
};

use insta::{assert_snapshot, with_settings};
use local::{Fault, FaultKind, Local, Probability, Settings, bobs_organization};
use serde_json::Value;
use shared::organization::{Assignment, Organization, Principal};
use tokio::{process::Command, time::timeout};

use crate::support::usher::{Ended, Usher};

const RULES: &str = "version: 1
manage: {unlisted: revoke}
protect:
  - groups: [break-glass-*]
rules:
  - name: engineers-build
    permission_sets: [PowerUserAccess]
    groups: [Engineering]
    accounts: {tags: {environment: test}}
";

/// Bob's organization on localhost, and a terminal beside it.
struct Desk {
    local: Local,
    usher: Usher,
}

impl Desk {
    async fn new(rules: &str) -> Self {
        Self::with(
            rules,
            Settings { assignment_time: Duration::from_millis(20), ..Settings::default() },
        )
        .await
    }

    async fn with(rules: &str, settings: Settings) -> Self {
        Self::of(bobs_organization(), rules, settings).await
    }

    async fn of(organization: Organization, rules: &str, settings: Settings) -> Self {
        let local = Local::start(organization, settings).await.unwrap();
        let usher = Usher::new().file("rules.yaml", rules).aws_at(local.endpoint());
        let usher = usher.with("USHER_POLL_MILLISECONDS", "20".to_owned());
        let usher = usher.with("USHER_CALLS_PER_SECOND", "1000".to_owned());
        Self { local, usher }
    }

    fn apply(&self, arguments: &[&str]) -> Ended {
        self.usher.run(&[&["apply", "--rules", "rules.yaml"], arguments].concat())
    }

    fn plan(&self) -> Ended {
        self.usher.run(&["plan", "--rules", "rules.yaml"])
    }

    fn assignments(&self) -> usize {
        self.local.organization().assignments.len()
    }
}

/// The organization is read now, which is another time in each run; requests have other names; what is done comes in
/// any order.
#[track_caller]
fn check(name: &str, ended: &Ended) {
    with_settings!({filters => vec![
        (r"observed \d\d:\d\d UTC", "observed [time] UTC"),
        (r#""request_id": "[0-9a-f-]+""#, r#""request_id": "[request]""#),
        (r"(?m)^done  .*\n", ""),
    ]}, { assert_snapshot!(name, ended) });
}

fn refused(times: Option<u32>) -> Fault {
    Fault {
        operation: "sso-admin:CreateAccountAssignment".to_owned(),
        error: FaultKind::AssignmentFails {
            reason: "Received a 400 status error: no more roles.".to_owned(),
        },
        account_id: Some("220000000002".parse().unwrap()),
        times,
        probability: Probability::ALWAYS,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_planned_is_done_and_leaves_nothing_to_do() {
    let desk = Desk::new(RULES).await;
    let ended = desk.apply(&["--yes"]);
    check("all_of_it", &ended);
    let mut done: Vec<&str> = ended.stderr.lines().collect();
    done.sort_unstable();
    assert_eq!(
        done,
        [
            "done  + PowerUserAccess  group Engineering  in /…/data-test (220000000003)",
            "done  + PowerUserAccess  group Engineering  in /…/payments-test (220000000001)",
            "done  + PowerUserAccess  group Engineering  in /…/web-test (220000000002)",
            "done  - PowerUserAccess  group Auditors  in /…/data-prod (210000000003)",
        ]
    );
    assert_eq!(desk.plan().code, 0);
    check("nothing_to_do", &desk.apply(&["--yes"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_asked_where_nobody_is() {
    let desk = Desk::new(RULES).await;
    check("nobody_to_ask", &desk.apply(&[]));
    assert!(desk.local.calls().is_empty(), "{:?}", desk.local.calls());
}

/// What nobody sees cannot be agreed to: stdout is for the tool that takes the JSON, so the plan stands above the question.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_wants_json_sees_the_plan_before_the_question() {
    let desk = Desk::new(RULES).await;
    let before = desk.assignments();
    let apply = ["apply", "--rules", "rules.yaml", "--format", "json"];
    let (_, screen) = desk.usher.at_a_terminal(&apply, "no");
    let (shown, _) =
        screen.split_once("Apply these changes?").unwrap_or_else(|| panic!("{screen}"));
    assert!(shown.contains("Plan: 3 to create, 1 to delete"), "{screen}");
    assert_eq!(desk.assignments(), before);
    // Nobody is asked: nothing but JSON.
    let ended = desk.apply(&["--format", "json", "--yes"]);
    assert!(!ended.stderr.contains("Plan: "), "{ended}");
    assert!(serde_json::from_str::<Value>(&ended.stdout).is_ok(), "{ended}");
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_are_told_with_the_reason_of_aws() {
    let desk = Desk::new(RULES).await;
    desk.local.fail(refused(None));
    check("failures", &desk.apply(&["--yes"]));
    check("failures_as_json", &desk.apply(&["--yes", "--format", "json"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_account_is_enough() {
    let desk = Desk::new(RULES).await;
    let ended = desk.apply(&["--yes", "--only", "220000000001"]);
    assert_eq!(ended.code, 0, "{ended}");
    assert_eq!(desk.local.calls()["sso-admin:CreateAccountAssignment"], 1);
    assert!(!desk.local.calls().contains_key("sso-admin:DeleteAccountAssignment"));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_account_is_enough_by_its_name() {
    let desk = Desk::new(RULES).await;
    let unknown = desk.apply(&["--yes", "--only", "WEB_TEST"]);
    assert_eq!(unknown.code, 1, "{unknown}");
    let organization = desk.local.organization();
    let account = organization.accounts.iter().find(|one| one.id.as_str() == "220000000001");
    let ended = desk.apply(&["--yes", "--only", &account.unwrap().name]);
    assert_eq!(ended.code, 0, "{ended}");
    assert_eq!(desk.local.calls()["sso-admin:CreateAccountAssignment"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_revocations_wait_for_an_approval_of_exactly_these() {
    let desk = Desk::new(&RULES.replace("revoke}", "revoke, max_revocations: 0}")).await;
    let ended = desk.apply(&["--yes"]);
    check("held", &ended);
    let digest = |json: &Ended| {
        let told: Value = serde_json::from_str(&json.stdout).unwrap();
        told["plan"]["digest"].as_str().unwrap().to_owned()
    };
    let digest = digest(&desk.apply(&["--yes", "--format", "json"]));
    let before = desk.assignments();
    let other = "0".repeat(20);
    assert_eq!(desk.apply(&["--yes", "--approve", &other]).code, 2);
    assert_eq!(desk.assignments(), before);
    let ended = desk.apply(&["--yes", "--approve", &digest]);
    assert_eq!((ended.code, desk.assignments()), (0, before - 1), "{ended}");
    assert_eq!(desk.plan().code, 0);
}

/// What is under way comes to its end, nothing more is begun, and what remains is named: it is what a plan says then.
#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_stops_after_what_is_under_way() {
    let rules = RULES.replace("{tags: {environment: test}}", "{all: true}");
    let settings = Settings { assignment_time: Duration::from_secs(2), ..Settings::default() };
    let desk = Desk::with(&rules, settings).await;
    let desk = Desk { usher: desk.usher.with("USHER_WRITES_IN_FLIGHT", "2".to_owned()), ..desk };
    let process = desk.usher.command(&["apply", "--rules", "rules.yaml", "--yes"]);
    let mut process = Command::from(process);
    let process = process.stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let process = process.spawn().unwrap();
    let deadline = Instant::now() + Duration::from_secs(60);
    while desk.local.calls().get("sso-admin:CreateAccountAssignment").copied() < Some(2) {
        assert!(Instant::now() < deadline, "nothing is begun");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let id = process.id().unwrap().to_string();
    assert!(Command::new("kill").args(["-INT", &id]).status().await.unwrap().success());
    let output =
        timeout(Duration::from_secs(60), process.wait_with_output()).await.unwrap().unwrap();
    let (stdout, stderr) =
        (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert_eq!(output.status.code(), Some(1), "{stdout}{stderr}");
    assert!(stderr.contains("stopping: waiting for what is under way"), "{stderr}");
    let begun = desk.local.calls()["sso-admin:CreateAccountAssignment"];
    assert!(stdout.contains(&format!("Applied: {begun} granted, 0 revoked, ")), "{stdout}");
    assert!(!stdout.contains("Failed:"), "{stdout}");
    let remaining = stdout.split_once("\nRemaining:\n").unwrap().1.lines();
    let remaining = remaining.take_while(|line| line.starts_with("  ")).count();
    let plan: Value = serde_json::from_str(
        &desk.usher.run(&["plan", "--rules", "rules.yaml", "--format", "json"]).stdout,
    )
    .unwrap();
    assert_eq!(plan["changes"].as_array().unwrap().len(), remaining);
}

/// Only `yes` is yes; there is a bar where somebody sees it, and no line for each change.
#[tokio::test(flavor = "multi_thread")]
async fn on_a_terminal_somebody_is_asked() {
    let desk = Desk::new(RULES).await;
    let at_the_terminal =
        |answer: &str| desk.usher.at_a_terminal(&["apply", "--rules", "rules.yaml"], answer);
    let before = desk.assignments();
    for answer in ["y", "", "no", "YES"] {
        let (code, screen) = at_the_terminal(answer);
        assert_eq!((code, desk.assignments()), (Some(1), before), "{screen}");
        assert!(screen.contains("nothing was done: the answer was not `yes`"), "{screen}");
    }
    let (code, screen) = at_the_terminal("yes");
    assert_eq!((code, desk.assignments()), (Some(0), before + 2), "{screen}");
    assert!(screen.contains("Applied: 3 granted, 1 revoked."), "{screen}");
    assert!(!screen.contains("done  "), "{screen}");
    assert!(!screen.contains("loses access"), "{screen}");
}

/// A small organization, in which a slip takes all access away and is not over `max_revocations`: whoever is asked is told.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_asked_is_told_of_a_slip() {
    let desk = Desk::new(RULES).await;
    assert_eq!(desk.apply(&["--yes"]).code, 0);
    let before = desk.assignments();
    let desk = Desk {
        usher: desk.usher.file("rules.yaml", RULES.replace("[Engineering]", "[Enginering]")),
        ..desk
    };
    let (code, screen) = desk.usher.at_a_terminal(&["apply", "--rules", "rules.yaml"], "no");
    assert_eq!((code, desk.assignments()), (Some(1), before), "{screen}");
    let warned = "3 assignments of group `Engineering` are to be revoked, and rule `engineers-build` probably means them";
    assert!(screen.contains(warned), "{screen}");
    let told = screen.find("Somebody loses access").unwrap();
    assert!(told < screen.find("Apply these changes?").unwrap(), "{screen}");
}

/// From a delegated administrator's account, what only the management account may change is not even tried.
#[tokio::test(flavor = "multi_thread")]
async fn a_delegated_administrator_leaves_what_is_not_its_own() {
    let mut organization = bobs_organization();
    let set =
        organization.permission_sets.iter().find(|set| set.name == "PowerUserAccess").unwrap();
    organization.assignments.push(Assignment {
        account_id: organization.organization.management_account_id.clone(),
        permission_set_arn: set.arn.clone(),
        principal: Principal::Group(organization.groups[0].id.clone()),
    });
    let caller = Some("240000000001".parse().unwrap());
    let settings =
        Settings { caller, assignment_time: Duration::from_millis(20), ..Settings::default() };
    let desk = Desk::of(organization, RULES, settings).await;
    check("delegated", &desk.apply(&["--yes"]));
    assert!(!desk.local.calls().contains_key("sso-admin:CreateAccountAssignment"));
}
