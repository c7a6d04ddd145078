//! The real binaries as Lambda functions, with a real queue, bus and bucket between them: an event
//! goes in, and another SDK reads the assignments that came of it.
//!
//! Starting all of it takes seconds, so one test tells a whole day, step by step.

use std::time::Duration;

use local::{Fault, FaultKind, Local, Probability, bobs_organization};
use serde_json::{Value, json};
use shared::scope::route;
use tokio::{
    sync::mpsc::UnboundedReceiver,
    time::{Instant, sleep, timeout},
};

use crate::support::{
    bed::{Bed, Deployment, Row},
    events::move_account,
    runtime_api::{Answer, answers_to},
    wire::Wire,
};

const RULES: &str = r#"version: 1
manage: {unlisted: revoke}
protect:
  - groups: [break-glass-*]
rules:
  - name: engineers-build
    permission_sets: [PowerUserAccess]
    groups: [Engineering]
    accounts: {organizational_unit: /Workloads/Test, tags: {team: shop}}
  - name: engineers-try-things-out
    permission_sets: [AdministratorAccess]
    groups: [Engineering]
    accounts: {organizational_unit: /Sandbox}
  - name: auditors-look-everywhere
    permission_sets: [ViewOnlyAccess, SecurityAudit]
    groups: [Auditors]
    accounts: {all: true}
"#;

const ROOT: &str = "r-bob1";
const TEST: &str = "ou-bob1-wltest01";
const SANDBOX: &str = "ou-bob1-sandbox1";

const PAYMENTS_PROD: &str = "210000000001";
const WEB_PROD: &str = "210000000002";
const DATA_PROD: &str = "210000000003";
const OLD_SHOP: &str = "250000000001";

const AUDITED: [&str; 2] = ["SecurityAudit to Auditors", "ViewOnlyAccess to Auditors"];

/// Bob's organization, what is deployed there, and whoever works in it.
struct Day {
    bed: Bed,
    local: Local,
    events: UnboundedReceiver<Value>,
    /// To S3.
    wire: Wire,
}

impl Day {
    async fn begin() -> Self {
        let settings = local::Settings {
            assignment_time: Duration::from_millis(40),
            account_time: Duration::from_millis(20),
            ..local::Settings::default()
        };
        let mut local = Local::start(bobs_organization(), settings).await.unwrap();
        let mut bed = Bed::start().await;
        let (wire, s3) = Wire::to(&bed.endpoint).await;
        bed.deploy(&deployment(&local.endpoint(), &s3)).await;
        let events = local.take_events().unwrap();
        Self { bed, local, events, wire }
    }

    /// Somebody does something in Organizations.
    async fn organizations(&mut self, operation: &str, parameters: &Value) -> Value {
        let endpoint = self.local.endpoint();
        self.bed.call("organizations", operation, parameters, Some(&endpoint)).await
    }

    /// The next event of that name that AWS sends.
    async fn event(&mut self, name: &str) -> Value {
        let next = async {
            loop {
                let event = self.events.recv().await.unwrap();
                if event["detail"]["eventName"] == name {
                    return event;
                }
            }
        };
        timeout(Duration::from_secs(5), next).await.unwrap()
    }

    /// EventBridge hands over an event, to the function that it is for. What it leads to is on the
    /// lane then.
    async fn deliver(&mut self, event: &Value) {
        let function = route(event).function.expect("an event for somebody").to_string();
        let told = self.bed.deliver(event).await;
        let whom: Vec<&str> = told.iter().map(|told| told.function.as_str()).collect();
        assert_eq!(whom, [function.as_str()], "{event:#}");
        assert_eq!(told[0].invocation.error, None, "{:?}", told[0].invocation.payload);
    }

    /// Somebody does something in the Identity Store.
    async fn directory(&mut self, operation: &str, parameters: &Value) -> Value {
        let endpoint = self.local.endpoint();
        self.bed.call("identitystore", operation, parameters, Some(&endpoint)).await
    }

    /// What is kept of the rules that were rejected last, as soon as there were so many.
    async fn kept_of_rejected(&mut self, number: usize) -> Value {
        let deadline = Instant::now() + Duration::from_secs(20);
        let bucket = self.bed.bucket.clone();
        let prefix = json!({"Bucket": bucket, "Prefix": "rejected/"});
        loop {
            let versions = self.bed.call("s3", "list_object_versions", &prefix, None).await;
            if versions["Versions"].as_array().is_some_and(|versions| versions.len() == number) {
                let key = json!({"Bucket": bucket, "Key": "rejected/rules.yaml.txt"});
                return self.bed.call("s3", "get_object", &key, None).await;
            }
            assert!(Instant::now() < deadline, "what is wrong is not kept: {versions}");
            sleep(Duration::from_millis(50)).await;
        }
    }

    /// The next announcement about the rules.
    async fn told_of_rules(&mut self) -> (String, Value) {
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            let told = self.bed.announcements().await.into_iter();
            if let Some(told) = told.into_iter().find(|(kind, _)| kind.starts_with("Rules ")) {
                return told;
            }
            assert!(Instant::now() < deadline, "nothing was told of the rules");
            sleep(Duration::from_millis(100)).await;
        }
    }

    async fn create_account(&mut self, name: &str) -> (String, Value) {
        let parameters = json!({
            "AccountName": name,
            "Email": format!("aws+{name}@example.com"),
            "Tags": [{"Key": "team", "Value": "shop"}],
        });
        self.organizations("create_account", &parameters).await;
        let event = self.event("CreateAccountResult").await;
        let status = &event["detail"]["serviceEventDetails"]["createAccountStatus"];
        (status["accountId"].as_str().unwrap().to_owned(), event)
    }

    async fn move_account(&mut self, account: &str, from: &str, to: &str) -> Value {
        let parameters =
            json!({"AccountId": account, "SourceParentId": from, "DestinationParentId": to});
        self.organizations("move_account", &parameters).await;
        self.event("MoveAccount").await
    }

    /// Who has what in an account, read by an SDK that knows nothing of Usher.
    async fn access(&mut self, account: &str) -> Vec<String> {
        let endpoint = self.local.endpoint();
        let told = |Row { permission_set, principal_name, .. }| {
            format!("{permission_set} to {}", principal_name.unwrap_or_default())
        };
        self.bed.assignments(&endpoint, account).await.into_iter().map(told).collect()
    }

    fn writes(&self) -> u64 {
        let calls = self.local.calls();
        let write = |(name, _): &(&String, &u64)| name.ends_with("AccountAssignment");
        calls.iter().filter(write).map(|(_, number)| number).sum()
    }

    /// What was announced since the last time: `Access Granted: ViewOnlyAccess to Auditors`.
    async fn announced(&mut self) -> Vec<String> {
        let told = |(kind, detail): (String, Value)| {
            let text = |field: &str| detail[field].as_str().unwrap_or_default().to_owned();
            format!("{kind}: {} to {}", text("permission_set"), text("principal_name"))
        };
        let mut told: Vec<String> = self.bed.announcements().await.into_iter().map(told).collect();
        told.sort();
        told
    }

    /// The first line that the reconciler prints with these words in it.
    async fn line_with(&mut self, words: &str) -> String {
        let deadline = Instant::now() + Duration::from_secs(10);
        loop {
            let logs = self.bed.logs("reconciler").await;
            if let Some(line) = logs.iter().find(|line| line.contains(words)) {
                return line.clone();
            }
            assert!(Instant::now() < deadline, "no `{words}` in\n{}", logs.join("\n"));
            sleep(Duration::from_millis(100)).await;
        }
    }
}

/// The identity half at one endpoint, S3 at another, and less patience than in production.
fn deployment(identity_endpoint: &str, s3_endpoint: &str) -> Deployment {
    let mut deployment = Deployment::beside(identity_endpoint, RULES);
    deployment.environment["AWS_ENDPOINT_URL_S3"] = json!(s3_endpoint);
    deployment
}

/// One of our messages about an account.
fn message_about(account: &str, cause: &str) -> Value {
    json!({"scope": {"accounts": [account]}, "cause": {"event": "MoveAccount", "id": cause}})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_at_bobs() {
    let mut day = Day::begin().await;
    an_account_is_created_and_moved(&mut day).await;
    garbage_comes_in(&mut day).await;
    a_change_fails_once(&mut day).await;
    the_rules_break_and_are_mended(&mut day).await;
    a_suspended_account_is_left_alone(&mut day).await;
    rules_are_read_only_when_they_change(&mut day).await;
    a_poisoned_message_stops_nobody(&mut day).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_take_force_or_are_rejected() {
    let mut day = Day::begin().await;
    uploaded_rules_take_force(&mut day).await;
    wrong_rules_are_rejected(&mut day).await;
    rules_that_come_late_change_nothing(&mut day).await;
    what_a_group_leaves_behind_goes(&mut day).await;
}

/// Engineers look at everything from now on, and auditors do not.
fn other_rules() -> String {
    RULES
        .replace("[ViewOnlyAccess, SecurityAudit]", "[ViewOnlyAccess]")
        .replace("groups: [Auditors]", "groups: [Engineering]")
}

async fn uploaded_rules_take_force(day: &mut Day) {
    day.bed.upload_rules(&other_rules()).await;
    let (kind, told) = day.told_of_rules().await;
    assert_eq!((kind.as_str(), &told["rules"]), ("Rules Activated", &json!(3)), "{told}");
    day.bed.settle().await;
    let access = day.access(PAYMENTS_PROD).await;
    assert_eq!(
        access,
        ["AdministratorAccess to break-glass-admins", "ViewOnlyAccess to Engineering"]
    );
}

/// What S3 says of a version that was written.
fn written(bucket: &str, version: &str, sequencer: &str) -> Value {
    json!({"source": "aws.s3", "detail-type": "Object Created", "detail": {
        "bucket": {"name": bucket},
        "object": {"key": "rules.yaml", "version-id": version, "sequencer": sequencer}}})
}

async fn wrong_rules_are_rejected(day: &mut Day) {
    let failing = format!(
        "{}tests: [{{name: t, account: {{}}, group: Engineering, expect: [SecurityAudit]}}]\n",
        other_rules()
    );
    let wrong = [
        (other_rules().replace("groups:", "group:"), "unknown-field"),
        (other_rules().split_at(200).0.to_owned(), "invalid-yaml"),
        (String::new(), "empty"),
        (failing, "failed-test"),
    ];
    let (count, mut version) = (wrong.len(), String::new());
    for (number, (wrong, code)) in wrong.into_iter().enumerate() {
        version = day.bed.upload_rules(&wrong).await;
        let (kind, told) = day.told_of_rules().await;
        assert_eq!(kind, "Rules Rejected", "{told}");
        assert_eq!(told["diagnostics"][0]["code"], code, "{told}");
        assert_eq!(told["file"]["key"], "rules.yaml", "{told}");
        // Where it was written it can be read too, as soon as it is told.
        let kept = day.kept_of_rejected(number + 1).await;
        let kept = kept["Body"].as_str().unwrap();
        assert!(kept.contains(&format!("error[{code}]")), "{kept}");
    }
    // With the version, which the events of S3 name and those of ministack do not.
    let bucket = day.bed.bucket.clone();
    let delivered = day.bed.invoke("rules-events", &written(&bucket, &version, "f")).await;
    assert!(delivered.payload["rejected"].is_string(), "{:?}", delivered.payload);
    let kept = day.kept_of_rejected(count + 1).await;
    assert_eq!(kept["Metadata"]["usher-version-id"], version.as_str(), "{kept}");
    assert_eq!(day.told_of_rules().await.0, "Rules Rejected");
    day.bed.settle().await;
    day.bed.send(&message_about(PAYMENTS_PROD, "still-in-force"), "still-in-force").await;
    day.bed.settle().await;
    assert_eq!(day.access(PAYMENTS_PROD).await.len(), 2);
}

/// Events may come late, and a file may be deleted: neither brings old rules back, or none.
async fn rules_that_come_late_change_nothing(day: &mut Day) {
    let bucket = day.bed.bucket.clone();
    let version = day.bed.upload_rules(&other_rules()).await;
    assert_eq!(day.told_of_rules().await.0, "Rules Activated");
    let next =
        day.bed.invoke("rules-events", &written(&bucket, &version, "ffffffffffffffff10")).await;
    assert!(next.payload["activated"].is_object(), "{:?}", next.payload);
    let late =
        day.bed.invoke("rules-events", &written(&bucket, &version, "ffffffffffffffff0f")).await;
    assert_eq!(late.payload["ignored"], "later rules are in force already", "{:?}", late.payload);
    let gone = day.bed.invoke("rules-events", &written(&bucket, "no-such-version", "f")).await;
    assert!(gone.payload["ignored"].as_str().unwrap().contains("gone"), "{:?}", gone.payload);
    let key = json!({"Bucket": day.bed.bucket, "Key": "rules.yaml"});
    day.bed.call("s3", "delete_object", &key, None).await;
    day.bed.settle().await;
    assert_eq!(day.access(PAYMENTS_PROD).await.len(), 2);
}

/// A group is deleted in the directory; what it held goes, and nobody else's.
async fn what_a_group_leaves_behind_goes(day: &mut Day) {
    let organization = day.local.organization();
    let store = organization.instance.identity_store_id.to_string();
    let group = organization.groups.iter().find(|group| group.display_name == "Engineering");
    let parameters = json!({"IdentityStoreId": store, "GroupId": group.unwrap().id});
    day.directory("delete_group", &parameters).await;
    let deleted = day.event("DeleteGroup").await;
    day.deliver(&deleted).await;
    day.bed.settle().await;
    let access = day.access(PAYMENTS_PROD).await;
    assert_eq!(access, ["AdministratorAccess to break-glass-admins"]);
}

async fn an_account_is_created_and_moved(day: &mut Day) {
    let (shop, created) = day.create_account("shop-test").await;
    day.deliver(&created).await;
    day.bed.settle().await;
    assert_eq!(day.access(&shop).await, AUDITED);
    let granted = AUDITED.map(|access| format!("Access Granted: {access}"));
    assert_eq!(day.announced().await, granted);

    // EventBridge delivers at least once; and so does whoever replays an archive, after the queue has forgotten it.
    let writes = day.writes();
    day.deliver(&created).await;
    let mut replayed = created.clone();
    replayed["detail"]["eventID"] = json!("4d1f9f0a-6f0b-4b7e-8a55-2f3c9d0e7b11");
    day.deliver(&replayed).await;
    day.bed.settle().await;
    assert_eq!(
        (day.writes(), day.access(&shop).await),
        (writes, AUDITED.map(str::to_owned).into())
    );
    assert!(day.announced().await.is_empty());

    let moved = day.move_account(&shop, ROOT, TEST).await;
    day.deliver(&moved).await;
    day.bed.settle().await;
    assert_eq!(
        day.access(&shop).await,
        [
            "PowerUserAccess to Engineering",
            "SecurityAudit to Auditors",
            "ViewOnlyAccess to Auditors"
        ]
    );

    let moved = day.move_account(&shop, TEST, SANDBOX).await;
    day.deliver(&moved).await;
    day.bed.settle().await;
    assert_eq!(
        day.access(&shop).await,
        [
            "AdministratorAccess to Engineering",
            "SecurityAudit to Auditors",
            "ViewOnlyAccess to Auditors"
        ]
    );
    assert_eq!(
        day.announced().await,
        [
            "Access Granted: AdministratorAccess to Engineering",
            "Access Granted: PowerUserAccess to Engineering",
            "Access Revoked: PowerUserAccess to Engineering"
        ]
    );
}

async fn garbage_comes_in(day: &mut Day) {
    let unknown = json!({"source": "aws.ec2", "detail-type": "EC2 Instance State-change Notification", "detail": {}});
    for garbage in [json!([]), json!("x"), json!({}), unknown] {
        let invocation = day.bed.invoke("account-events", &garbage).await;
        assert_eq!(invocation.error, None, "{garbage}: {:?}", invocation.payload);
        assert_eq!(invocation.logs.len(), 1, "{garbage}: {:?}", invocation.logs);
        assert!(invocation.logs[0].contains("ignored"), "{:?}", invocation.logs);
    }
    assert_eq!(day.bed.on_the_lane().await, 0);
}

async fn a_change_fails_once(day: &mut Day) {
    let reason = "Received a 409 status error: role quota exceeded";
    day.local.fail(Fault {
        operation: "sso-admin:CreateAccountAssignment".to_owned(),
        error: FaultKind::AssignmentFails { reason: reason.to_owned() },
        account_id: Some(WEB_PROD.parse().unwrap()),
        times: Some(1),
        probability: Probability::ALWAYS,
    });
    day.bed.send(&message_about(WEB_PROD, "fails-once"), "fails-once").await;
    day.bed.settle().await;
    assert_eq!(day.access(WEB_PROD).await, AUDITED);
    let told = day.announced().await;
    assert_eq!(told.len(), 3, "{told:?}");
    assert!(told[2].starts_with("Change Failed: "), "{told:?}");
    assert!(day.line_with("not changed").await.contains(reason));
    assert!(day.bed.dead_letters().await.is_empty());
}

async fn the_rules_break_and_are_mended(day: &mut Day) {
    assert_eq!(day.access(DATA_PROD).await, ["PowerUserAccess to Auditors"]);
    let calls = day.local.calls();
    day.bed.put_rules(&RULES.replace("groups: [Auditors]", "group: [Auditors]")).await;
    day.bed.send(&message_about(DATA_PROD, "rules-broken"), "rules-broken").await;
    let line = day.line_with("unknown field `group`").await;
    let place = format!("s3://{}/active/rules.yaml:16:5", day.bed.bucket);
    assert!(line.contains(&place), "{line}");
    assert_eq!((day.local.calls(), day.bed.on_the_lane().await), (calls, 1));

    day.bed.put_rules(RULES).await;
    day.bed.settle().await;
    assert_eq!(day.access(DATA_PROD).await, AUDITED);
    assert!(day.bed.dead_letters().await.is_empty());
}

async fn a_suspended_account_is_left_alone(day: &mut Day) {
    let writes = day.writes();
    day.bed.send(&message_about(OLD_SHOP, "suspended"), "suspended").await;
    let line = day.line_with("left alone").await;
    assert!(line.contains("old-shop") && line.contains("SUSPENDED"), "{line}");
    day.bed.settle().await;
    assert_eq!(day.writes(), writes);
}

async fn rules_are_read_only_when_they_change(day: &mut Day) {
    day.wire.take();
    day.bed.send(&message_about(OLD_SHOP, "same-rules"), "same-rules").await;
    day.bed.settle().await;
    let said = day.wire.take();
    assert!(said.contains("if-none-match: \"") && said.contains("HTTP/1.1 304"), "{said}");
    assert!(!said.contains("engineers-build"), "{said}");

    day.bed.put_rules(&format!("{RULES}# changed\n")).await;
    day.bed.send(&message_about(OLD_SHOP, "other-rules"), "other-rules").await;
    day.bed.settle().await;
    let said = day.wire.take();
    assert!(said.contains("HTTP/1.1 200") && said.contains("# changed"), "{said}");
}

async fn a_poisoned_message_stops_nobody(day: &mut Day) {
    day.bed.send(&json!("this is no message"), "poison").await;
    day.bed.send(&message_about(PAYMENTS_PROD, "beside-poison"), "beside-poison").await;
    day.bed.settle().await;
    assert_eq!(
        day.access(PAYMENTS_PROD).await,
        [
            "AdministratorAccess to break-glass-admins",
            "SecurityAudit to Auditors",
            "ViewOnlyAccess to Auditors"
        ]
    );
    assert_eq!(day.bed.dead_letters().await, [json!("this is no message")]);
    assert!(day.line_with("cannot be read").await.contains("not JSON"));
}

#[tokio::test]
async fn no_payload_makes_a_function_fail() {
    let payloads: [&[u8]; 6] = [b"not json", b"\xff\xfe", b"", b"null", b"[]", b"{\"source\": 7}"];
    for Answer { kind, body } in answers_to("account-events", &[], &payloads).await {
        assert_eq!(kind, "response", "{body}");
        assert!(body["ignored"].is_string(), "{body}");
    }
}

#[tokio::test]
async fn a_function_that_is_not_set_up_says_which_variable() {
    let event = move_account("210000000001").to_string();
    let answers = answers_to("account-events", &[], &[event.as_bytes(), b"[]"]).await;
    assert_eq!(answers[0].kind, "error");
    assert_eq!(answers[0].body["errorType"], "NonRetryable");
    assert_eq!(
        answers[0].body["errorMessage"],
        "the function is not set up: the environment variable `USHER_LANE` is not set"
    );
    // It goes on all the same.
    assert_eq!(answers[1].kind, "response");
}
