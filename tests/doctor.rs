//! `usher doctor`, on an installation that lacks this and that: the real binary, the organization on localhost, and real
//! queues, buses, buckets and trails.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use insta::{assert_snapshot, with_settings};
use local::{Local, Settings, bobs_organization};
use serde_json::{Value, json};
use shared::organization::Assignment;

use crate::support::{
    bed::{Bed, Deployment},
    local_aws::denied,
    usher::{Ended, Usher},
};

const RULES: &str = "version: 1
manage: {unlisted: report}
rules:
  - {name: engineers, permission_sets: [PowerUserAccess], groups: [Engineering], accounts: {name: web-test}}
";

/// An installation, and an admin beside it.
struct Clinic {
    bed: Bed,
    local: Local,
    lane: String,
}

impl Clinic {
    async fn open() -> Self {
        let local = Local::start(bobs_organization(), Settings::default()).await.unwrap();
        let mut bed = Bed::start().await;
        let outputs = bed.deploy(&Deployment::beside(&local.endpoint(), RULES)).await;
        Self { lane: outputs["LaneUrl"].as_str().unwrap().to_owned(), bed, local }
    }

    fn doctor(&self, more: &[&str]) -> Ended {
        let usher = self.bed.admin(&self.local.endpoint());
        usher.run(&[&["doctor", "--bucket", &self.bed.bucket, "--lane", &self.lane], more].concat())
    }

    /// How each thing is.
    fn states(&self) -> BTreeMap<String, String> {
        let ended = self.doctor(&["--format", "json"]);
        let told: Value = serde_json::from_str(&ended.stdout).unwrap_or_else(|_| panic!("{ended}"));
        let text = |check: &Value, field: &str| check[field].as_str().unwrap().to_owned();
        let states = told["checks"].as_array().unwrap().iter();
        let states: BTreeMap<String, String> =
            states.map(|check| (text(check, "check"), text(check, "state"))).collect();
        assert_eq!(ended.code == 1, states.values().any(|state| state == "failed"), "{ended}");
        states
    }

    async fn trail(&mut self) {
        let trail = json!({"Name": "everything", "S3BucketName": self.bed.bucket, "IsMultiRegionTrail": true});
        self.bed.call("cloudtrail", "create_trail", &trail, None).await;
        assert_eq!(self.states()["trail"], "failed", "there, and not logging");
        self.bed.call("cloudtrail", "start_logging", &json!({"Name": "everything"}), None).await;
    }

    /// A rule of the template, by its name there.
    async fn rule(&mut self, name: &str) -> Value {
        let rules = self.bed.call("events", "list_rules", &json!({}), None).await;
        let mut rules = rules["Rules"].as_array().unwrap().iter();
        rules.find(|rule| rule["Name"].as_str().unwrap().contains(name)).unwrap().clone()
    }

    async fn put_pattern(&mut self, rule: &Value, pattern: &str) {
        let rule = json!({"Name": rule["Name"], "EventPattern": pattern, "State": "ENABLED"});
        self.bed.call("events", "put_rule", &rule, None).await;
    }

    /// The line of a check, and the one below it that says what to do.
    fn line(&self, check: &str) -> String {
        let ended = self.doctor(&[]);
        let mut lines = ended.stdout.lines();
        let is_it =
            |line: &&str| line.get(9..).is_some_and(|line| line.starts_with(&format!("{check} ")));
        let line = lines.find(is_it).unwrap_or_else(|| panic!("no {check}: {ended}")).to_owned();
        line + " / " + lines.next().unwrap_or_default().trim()
    }

    /// Switches off the rules that lead to a function.
    async fn disable(&mut self, function: &str) {
        self.switch(function, "disable_rule").await;
    }

    async fn enable(&mut self, function: &str) {
        self.switch(function, "enable_rule").await;
    }

    async fn switch(&mut self, function: &str, operation: &str) {
        let rules = self.bed.call("events", "list_rules", &json!({}), None).await;
        let names = rules["Rules"].as_array().unwrap().iter();
        let names = names.map(|rule| rule["Name"].as_str().unwrap().to_owned());
        for name in names.filter(|name| name.contains(function)).collect::<Vec<_>>() {
            self.bed.call("events", operation, &json!({"Name": name}), None).await;
        }
    }
}

#[track_caller]
fn check(name: &str, ended: &Ended) {
    with_settings!({filters => vec![
        (r"\d{4}-\d\d-\d\d \d\d:\d\d UTC", "[time]"),
        (r"s3://[a-z0-9-]+/", "s3://[bucket]/"),
        (r"http://(127\.0\.0\.1|localhost):\d+", "[endpoint]"),
    ]}, { assert_snapshot!(name, ended) });
}

/// Twenty hours are two intervals of six hours, less than two of twelve, and more than four of two.
async fn an_old_sweep_is_measured_by_the_schedule(clinic: &mut Clinic) {
    const LAST_SWEEP: &str = "status/last-sweep.json";
    let last = clinic.bed.object(LAST_SWEEP).await;
    let mut old: Value = serde_json::from_str(&last).unwrap();
    let finished_at: DateTime<Utc> = serde_json::from_value(old["finished_at"].take()).unwrap();
    old["finished_at"] = json!(finished_at - TimeDelta::hours(20));
    clinic.bed.put_object(LAST_SWEEP, &old.to_string()).await;
    let states = [&[] as &[&str], &["--every", "12"], &["--every", "2"]].map(|more| {
        let ended = clinic.doctor(more);
        let line =
            ended.stdout.lines().find(|line| line.contains("last sweep")).unwrap().to_owned();
        line.split_whitespace().next().unwrap().to_owned()
    });
    assert_eq!(states, ["warning", "ok", "failed"]);
    // A young one that could not do or read something.
    for ailing in ["failed", "gaps"] {
        let mut sweep: Value = serde_json::from_str(&last).unwrap();
        assert_eq!(sweep[ailing], 0, "{sweep}");
        sweep[ailing] = json!(1);
        clinic.bed.put_object(LAST_SWEEP, &sweep.to_string()).await;
        assert_eq!(clinic.states()["last sweep"], "warning", "{ailing}");
    }
    clinic.bed.put_object(LAST_SWEEP, &last).await;
}

/// From an empty account to an installation that works, one mended thing after the other.
#[tokio::test(flavor = "multi_thread")]
async fn an_installation_gets_well() {
    let mut clinic = Clinic::open().await;
    check("nothing_is_there_yet", &clinic.doctor(&[]));
    let states = clinic.states();
    assert_eq!(states["trail"], "failed", "{states:?}");
    for missing in ["trail there", "forwarder", "uploaded", "last sweep"] {
        assert_eq!(states[missing], "warning", "{states:?}");
    }
    clinic.trail().await;
    clinic.disable("RulesEvents").await;
    assert_eq!(clinic.states()["event rules"], "failed");
    clinic.enable("RulesEvents").await;
    clinic.bed.put_object("rules.yaml", RULES).await;
    let sweep = json!({"scope": {"everything": true}, "cause": {"event": "By hand"}});
    clinic.bed.send(&sweep, "sweep-1").await;
    clinic.bed.settle().await;
    check("all_is_well", &clinic.doctor(&[]));
    an_old_sweep_is_measured_by_the_schedule(&mut clinic).await;

    clinic.disable("TagEvents").await;
    clinic.bed.put_object("rules.yaml", "version: 2\n").await;
    clinic.bed.send(&json!("no scope"), "poison").await;
    clinic.bed.settle().await;
    let ended = clinic.doctor(&[]);
    assert_eq!(ended.code, 1, "{ended}");
    let states = clinic.states();
    for ailing in ["event rules", "uploaded", "dead letters"] {
        assert_eq!(states[ailing], "failed", "{states:?}");
    }
    clinic.bed.put_object("active/rules.yaml", "version: 2\n").await;
    assert_eq!(clinic.states()["rules"], "failed");
    let elsewhere = clinic.doctor(&["--stack", "other"]);
    assert!(
        elsewhere.stdout.contains("no rule of the default bus leads to account-events"),
        "{elsewhere}"
    );
}

/// Every function has a rule that leads to it, and still does not hear of all.
#[tokio::test(flavor = "multi_thread")]
async fn events_that_no_rule_brings_any_more_are_named() {
    let mut clinic = Clinic::open().await;
    assert_eq!(clinic.states()["event rules"], "ok");
    let results = clinic.rule("OrganizationsResults").await;
    let pattern = results["EventPattern"].as_str().unwrap().to_owned();
    clinic.put_pattern(&results, &pattern.replace("\"CreateAccountResult\"", "\"Nothing\"")).await;
    let line = clinic.line("event rules");
    assert!(line.starts_with("failed") && line.contains("infra/template.yaml again"), "{line}");
    assert!(line.contains("(rule OrganizationsResults: CreateAccountResult)"), "{line}");
    clinic.put_pattern(&results, &pattern).await;
    assert_eq!(clinic.states()["event rules"], "ok");

    for gone in ["OrganizationsResults", "GroupEventsNotifications"] {
        let rule = clinic.rule(gone).await;
        let name = rule["Name"].clone();
        let targets = json!({"Rule": name});
        let targets = clinic.bed.call("events", "list_targets_by_rule", &targets, None).await;
        let id = targets["Targets"][0]["Id"].clone();
        let targets = json!({"Rule": name, "Ids": [id]});
        clinic.bed.call("events", "remove_targets", &targets, None).await;
    }
    let line = clinic.line("event rules");
    assert!(line.contains("accounts that are new, or gone (rule OrganizationsResults)"), "{line}");
    assert!(line.contains("what the directory itself tells (rule Notifications)"), "{line}");
    assert!(!line.contains("OrganizationsCalls"), "{line}");
}

/// Whoever stops Usher as docs/deploy.md says, and forgets it, is told; and so is what waits meanwhile, what is held, and
/// what got lost.
#[tokio::test(flavor = "multi_thread")]
async fn what_waits_for_somebody_is_told() {
    let mut clinic = Clinic::open().await;
    let states = clinic.states();
    for well in ["lane", "taken up", "dead letters", "lost events"] {
        assert_eq!(states[well], "ok", "{states:?}");
    }
    let mappings = json!({"FunctionName": "usher-reconciler"});
    let mappings = clinic.bed.call("lambda", "list_event_source_mappings", &mappings, None).await;
    let stop = json!({"UUID": mappings["EventSourceMappings"][0]["UUID"], "Enabled": false});
    clinic.bed.call("lambda", "update_event_source_mapping", &stop, None).await;
    assert_eq!((&*clinic.states()["taken up"], &*clinic.states()["lane"]), ("failed", "ok"));
    let sweep = json!({"scope": {"everything": true}, "cause": {"event": "By hand"}});
    clinic.bed.send(&sweep, "sweep-1").await;
    let line = clinic.line("lane");
    assert!(line.starts_with("warning") && line.contains("1 message waits, and is not"), "{line}");
    let line = clinic.line("taken up");
    assert!(line.contains("stopped: usher-reconciler does not take from the lane"), "{line}");
    let uuid = stop["UUID"].as_str().unwrap();
    assert!(line.contains(&format!("--uuid {uuid} --enabled")), "{line}");
    let go_on = json!({"UUID": uuid, "Enabled": true});
    clinic.bed.call("lambda", "update_event_source_mapping", &go_on, None).await;
    clinic.bed.settle().await;
    let states = clinic.states();
    assert_eq!((&*states["lane"], &*states["taken up"]), ("ok", "ok"));

    let queues = clinic.bed.call("sqs", "list_queues", &json!({}), None).await;
    let mut urls = queues["QueueUrls"].as_array().unwrap().iter();
    let lost = urls.find(|url| url.as_str().unwrap().contains("LostEvents")).unwrap();
    let message = json!({"QueueUrl": lost, "MessageBody": "an event"});
    clinic.bed.call("sqs", "send_message", &message, None).await;
    let line = clinic.line("lost events");
    assert!(line.starts_with("warning") && line.contains("1 event did not reach"), "{line}");
    assert!(line.contains(lost.as_str().unwrap()), "{line}");

    let last = clinic.bed.object("status/last-sweep.json").await;
    let mut sweep: Value = serde_json::from_str(&last).unwrap();
    assert_eq!(sweep["summary"]["held"], 0, "{sweep}");
    sweep["summary"]["held"] = json!(41);
    clinic.bed.put_object("status/last-sweep.json", &sweep.to_string()).await;
    let line = clinic.line("last sweep");
    assert!(line.starts_with("warning") && line.contains("41 held"), "{line}");
    assert!(line.contains("`usher approve DIGEST`"), "{line}");

    let usher = clinic.bed.admin(&clinic.local.endpoint());
    let elsewhere = usher.run(&["doctor", "--stack", "other", "--bucket", "no-such-bucket"]);
    // Of the rules, and of the last sweep.
    assert_eq!(elsewhere.stdout.matches("there is no such bucket").count(), 2, "{elsewhere}");
    assert!(!elsewhere.stdout.contains("s3:GetObject to whoever"), "{elsewhere}");
    assert!(elsewhere.stdout.contains("no queue is called other-LostEvents"), "{elsewhere}");
}

fn at(local: &Local) -> Usher {
    Usher::new().aws_at(local.endpoint()).with("USHER_CALLS_PER_SECOND", "1000".to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn each_call_that_is_refused_is_named() {
    let local = Local::start(bobs_organization(), Settings::default()).await.unwrap();
    let operations = [
        ("organizations:ListTagsForResource", "organizations:ListTagsForResource"),
        ("sso-admin:ListAccountAssignments", "sso:ListAccountAssignments"),
        (
            "sso-admin:DescribeAccountAssignmentDeletionStatus",
            "sso:DescribeAccountAssignmentDeletionStatus",
        ),
        (
            "identitystore:ListGroupMembershipsForMember",
            "identitystore:ListGroupMembershipsForMember",
        ),
    ];
    for (operation, _) in operations {
        local.fail(denied(operation, None));
    }
    let ended = at(&local).with("AWS_REGION", "eu-west-1".to_owned()).run(&["doctor"]);
    assert_eq!(ended.code, 1, "{ended}");
    for (_, action) in operations {
        assert!(
            ended.stdout.contains(&format!("allow {action} to whoever calls")),
            "{action}: {ended}"
        );
    }
}

/// All that the reconciler asks is tried: who adds a call has to add it there.
#[tokio::test(flavor = "multi_thread")]
async fn every_call_of_the_reconciler_is_tried() {
    let local = Local::start(bobs_organization(), Settings::default()).await.unwrap();
    let ended = at(&local).with("AWS_REGION", "eu-west-1".to_owned()).run(&["doctor"]);
    assert!(ended.stdout.contains("calls tried and allowed"), "{ended}");
    let template = crate::support::page::read("infra/template.yaml");
    let (_, role) = template.split_once("  ReconcilerRole:").unwrap();
    let (role, _) = role.split_once("\n  # ---- ").unwrap();
    let actions = role.lines().filter_map(|line| line.trim().strip_prefix("- "));
    let actions = actions.filter(|action| {
        ["organizations:", "identitystore:", "sso:"]
            .iter()
            .any(|service| action.starts_with(service))
    });
    let not_to_be_tried = ["sso:CreateAccountAssignment", "sso:DeleteAccountAssignment"];
    let calls = local.calls();
    let mut tried = 0;
    for action in actions.filter(|action| !not_to_be_tried.contains(action)) {
        let operation = action.replace("sso:", "sso-admin:");
        assert!(calls.contains_key(&operation), "{action} is not tried: {calls:?}");
        tried += 1;
    }
    assert!(tried > 15, "the template's actions were not found");
    for write in not_to_be_tried {
        assert!(!calls.contains_key(&write.replace("sso:", "sso-admin:")), "{write}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delegated_administrator_is_told_its_limits() {
    let caller = Some("240000000001".parse().unwrap());
    let settings = Settings { caller, ..Settings::default() };
    let mut organization = bobs_organization();
    let management = organization.organization.management_account_id.clone();
    let there = Assignment { account_id: management, ..organization.assignments[0].clone() };
    organization.assignments.push(there);
    let local = Local::start(organization, settings).await.unwrap();
    let ended = at(&local).with("AWS_REGION", "eu-west-1".to_owned()).run(&["doctor"]);
    assert!(ended.stdout.contains("account 240000000001 is a delegated administrator"), "{ended}");
    // What is used in the management account, and so is not its to change.
    let line = |check: &str| {
        let is_it = |line: &&str| line.split_whitespace().nth(1) == Some(check);
        ended.stdout.lines().find(is_it).unwrap_or_else(|| panic!("no {check}: {ended}")).to_owned()
    };
    let place = line("place");
    assert!(place.starts_with("warning") && place.contains("used there: "), "{place}");
    assert!(line("forwarder").contains("cannot be seen from here"), "{ended}");
    assert!(!ended.stdout.contains("trail there"), "another account's trail is not seen: {ended}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_wrong_region_and_no_credentials_are_told() {
    let local = Local::start(bobs_organization(), Settings::default()).await.unwrap();
    let ended = at(&local).with("AWS_REGION", "us-west-2".to_owned()).run(&["doctor"]);
    assert_eq!(ended.code, 1, "{ended}");
    assert!(
        ended.stdout.contains("Identity Center is in eu-west-1, and not in us-west-2"),
        "{ended}"
    );
    local.fail(denied("sso-admin:ListInstances", None));
    let none = at(&local).with("AWS_REGION", "eu-west-1".to_owned()).run(&["doctor"]);
    assert_eq!((none.code, none.stdout.lines().count()), (1, 3), "{none}");
    assert!(none.stdout.contains("failed   instance"), "{none}");
    let nobody = Usher::new()
        .with("AWS_ENDPOINT_URL", local.endpoint())
        .with("AWS_REGION", "eu-west-1".to_owned())
        .run(&["doctor"]);
    assert_eq!((nobody.code, nobody.stdout.lines().count()), (1, 2), "{nobody}");
    assert!(nobody.stdout.contains("sign in: `aws sso login`"), "{nobody}");
}
