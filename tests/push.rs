//! `usher push` as somebody types it: from the file on a disk to what Usher makes of it.

use std::time::Duration;

use insta::{assert_snapshot, with_settings};
use local::{Local, bobs_organization};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::support::{
    bed::{Bed, Deployment, MANAGEMENT},
    usher::{Ended, Usher},
    wire_faults::{BadWire, Harm, Spoilt},
};

const RULES: &str = "version: 1
manage: {unlisted: report}
rules:
  - name: auditors-look-everywhere
    permission_sets: [SecurityAudit]
    groups: [Auditors]
    accounts: {organizational_unit: /Workloads/Test}
tests:
  - name: auditors look everywhere
    account: {name: shop-test, organizational_unit: /Workloads/Test}
    group: Auditors
    expect: [SecurityAudit]
";

const BUCKET: &str = "the-rules";
const WRITTEN: &str = "rules.yaml";

/// An admin's desk: the organization on localhost, a bucket, and a file in a folder.
struct Desk {
    local: Local,
    bed: Bed,
    usher: Usher,
}

impl Desk {
    /// With a bucket, and nobody who looks into it: what Usher makes of a file is the test's to say.
    async fn alone(latency: Duration) -> Self {
        let mut desk = Self::new(latency).await;
        desk.s3(
            "create_bucket",
            &json!({"CreateBucketConfiguration": {"LocationConstraint": "eu-west-1"}}),
        )
        .await;
        desk.keep_versions("Enabled").await;
        desk
    }

    async fn new(latency: Duration) -> Self {
        let settings = local::Settings {
            assignment_time: Duration::from_millis(20),
            latency,
            ..local::Settings::default()
        };
        let local = Local::start(bobs_organization(), settings).await.unwrap();
        let bed = Bed::start().await;
        let usher = Usher::new()
            .file("rules.yaml", RULES)
            .aws_at(local.endpoint())
            .with("AWS_ENDPOINT_URL_S3", bed.endpoint.clone())
            .with("AWS_ACCESS_KEY_ID", MANAGEMENT.to_owned())
            .with("AWS_REGION", "eu-west-1".to_owned())
            .with("USHER_CALLS_PER_SECOND", "1000".to_owned());
        Self { local, bed, usher }
    }

    async fn keep_versions(&mut self, status: &str) {
        let versions = json!({"VersioningConfiguration": {"Status": status}});
        self.s3("put_bucket_versioning", &versions).await;
    }

    async fn s3(&mut self, operation: &str, parameters: &Value) -> Value {
        let mut parameters = parameters.clone();
        parameters["Bucket"] = json!(BUCKET);
        self.bed.call("s3", operation, &parameters, None).await
    }

    async fn write(&mut self, key: &str, text: &str, version: Option<&str>) {
        let metadata = version.map_or_else(|| json!({}), |id| json!({"usher-version-id": id}));
        let object = json!({"Key": key, "Body": text, "Metadata": metadata});
        self.s3("put_object", &object).await;
    }

    /// The version of what was pushed, when it is there.
    async fn pushed(&mut self) -> String {
        let deadline = Instant::now() + Duration::from_secs(60);
        loop {
            let versions = self.s3("list_object_versions", &json!({"Prefix": WRITTEN})).await;
            if let Some(id) = versions["Versions"][0]["VersionId"].as_str() {
                return id.to_owned();
            }
            assert!(Instant::now() < deadline, "nothing was pushed: {versions}");
            sleep(Duration::from_millis(50)).await;
        }
    }

    async fn in_the_bucket(&mut self) -> String {
        let object = self.s3("get_object", &json!({"Key": WRITTEN})).await;
        object["Body"].as_str().unwrap().to_owned()
    }
}

fn push(usher: &Usher, arguments: &[&str]) -> Ended {
    let push = ["push", "rules.yaml", "--bucket", BUCKET];
    usher.run(&[&push, arguments].concat())
}

/// What differs from run to run: times, and the ids of versions.
fn assert_told(name: &str, ended: &Ended) {
    with_settings!({filters => vec![
        (r"observed \d\d:\d\d UTC", "observed [time]"),
        (r"version [0-9a-zA-Z_-]{8,}", "version [id]"),
        (r#""version": "[^"]{8,}""#, r#""version": "[id]""#),
        (r"s3://[a-z0-9.-]*usher[a-z0-9.-]*/", "s3://[bucket]/"),
    ]}, { assert_snapshot!(name, ended) });
}

/// The whole way: the template as it is deployed, the real functions, and the file in force in the end.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_right_comes_into_force() {
    let mut desk = Desk::new(Duration::ZERO).await;
    let endpoint = desk.local.endpoint();
    let deployment = Deployment {
        environment: json!({
            "AWS_ENDPOINT_URL_ORGANIZATIONS": endpoint,
            "AWS_ENDPOINT_URL_SSO_ADMIN": endpoint,
            "AWS_ENDPOINT_URL_IDENTITYSTORE": endpoint,
        }),
        ..Deployment::default()
    };
    desk.bed.deploy(&deployment).await;
    let bucket = desk.bed.bucket.clone();
    let push = |arguments: &[&str]| {
        desk.usher.run(&[&["push", "rules.yaml", "--bucket", &bucket, "--yes"], arguments].concat())
    };
    assert_told("push_in_force", &push(&[]));

    // Once more, as a pipeline does that runs on every commit.
    let again = push(&["--format", "json"]);
    assert_eq!((again.code, again.stderr.as_str()), (0, ""), "{again}");
    let again: Value = serde_json::from_str(&again.stdout).unwrap();
    assert_eq!(again["outcome"], "already_in_force", "{again}");
    assert_eq!(again["version"], Value::Null, "{again}");
    assert!(again["plan"]["summary"].is_object(), "{again}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_right_is_not_uploaded() {
    let mut desk = Desk::alone(Duration::ZERO).await;
    let wrong = Usher::new().file("rules.yaml", RULES.replace("groups:", "group:"));
    let failing = Usher::new().file("rules.yaml", RULES.replace("expect: [S", "expect: [X"));
    for (name, usher) in [("push_with_mistakes", wrong), ("push_with_a_test_that_fails", failing)] {
        let usher = usher.aws_at(desk.bed.endpoint.clone());
        assert_told(name, &push(&usher, &["--yes"]));
    }
    // Nobody to ask, nobody to say where, and a place that is none.
    let ends = [
        push(&desk.usher, &[]),
        desk.usher.run(&["push", "rules.yaml", "--yes"]),
        Usher::new()
            .file("rules.yaml", RULES)
            .with("USHER_RULES_WRITTEN", "rules.yaml".to_owned())
            .run(&["push", "rules.yaml", "--yes"]),
        desk.usher.run(&["push", "rules.yaml", "--yes", "--bucket", "no-such-bucket"]),
    ];
    assert_snapshot!("push_that_cannot", ends.map(|end| end.to_string()).join("\n"));
    let versions = desk.s3("list_object_versions", &json!({})).await;
    assert_eq!(versions["Versions"], Value::Null, "{versions}");
}

#[tokio::test(flavor = "multi_thread")]
async fn it_asks_and_only_yes_is_yes() {
    let mut desk = Desk::alone(Duration::ZERO).await;
    for answer in ["y", "no", "yes"] {
        let push = ["push", "rules.yaml", "--bucket", BUCKET, "--wait", "0"];
        let (code, screen) = desk.usher.at_a_terminal(&push, answer);
        let question = format!("Put these rules in force at s3://{BUCKET}/rules.yaml?");
        assert!(screen.contains(&question), "{screen}");
        // Nobody looks at what is uploaded here.
        assert_eq!(code, Some(1), "{screen}");
        let versions = desk.s3("list_object_versions", &json!({})).await;
        let is_there = versions["Versions"].is_array();
        assert_eq!(is_there, answer == "yes", "{answer}: {versions}\n{screen}");
        let expected =
            if is_there { "nobody has looked at it" } else { "the answer was not `yes`" };
        assert!(screen.contains(expected), "{screen}");
    }
}

/// What nobody sees cannot be agreed to: stdout is for the tool that takes the JSON, so the plan stands above the question.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_wants_json_sees_the_plan_before_the_question() {
    let mut desk = Desk::alone(Duration::ZERO).await;
    let push = ["push", "rules.yaml", "--bucket", BUCKET, "--wait", "0", "--format", "json"];
    let (_, screen) = desk.usher.at_a_terminal(&push, "no");
    let (shown, _) =
        screen.split_once("Put these rules in force").unwrap_or_else(|| panic!("{screen}"));
    assert!(
        shown.contains("Plan: ") && shown.contains("rule auditors-look-everywhere"),
        "{screen}"
    );
    let versions = desk.s3("list_object_versions", &json!({})).await;
    assert_eq!(versions["Versions"], Value::Null, "{versions}");
}

/// S3 has written the file, and its answer is lost: asked again it says that the file is another by now. It is the
/// very file. So it is where S3 cannot say at first.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_overtaken_by_themselves() {
    for harm in [Harm::Unanswered, Harm::InConflict] {
        for is_first in [true, false] {
            let mut desk = Desk::alone(Duration::ZERO).await;
            if !is_first {
                desk.write(WRITTEN, "# Bob's\n", None).await;
            }
            let spoilt = Spoilt { operation: "PUT".to_owned(), from: 0, times: 1, harm };
            let (wire, endpoint) = BadWire::to(&desk.bed.endpoint, Some(spoilt)).await;
            let usher = std::mem::replace(&mut desk.usher, Usher::new());
            let usher = usher.with("AWS_ENDPOINT_URL_S3", endpoint);
            let pushing = move || push(&usher, &["--yes", "--wait", "0"]);
            let ended = tokio::task::spawn_blocking(pushing).await.unwrap();
            assert_eq!(wire.calls()["PUT"], 2, "{harm:?}: {ended}");
            assert_eq!(desk.in_the_bucket().await, RULES);
            let version = desk.pushed().await;
            assert!(ended.stderr.contains(&format!("is uploaded (version {version})")), "{ended}");
        }
    }
}

/// Somebody else's file stays, however S3 says that it is there.
#[tokio::test(flavor = "multi_thread")]
async fn a_conflict_that_lasts_overwrites_nobody() {
    let mut desk = Desk::alone(Duration::ZERO).await;
    desk.write(WRITTEN, "# Mary's\n", None).await;
    let harm = Harm::InConflict;
    let spoilt = Spoilt { operation: "PUT".to_owned(), from: 0, times: usize::MAX, harm };
    let (wire, endpoint) = BadWire::to(&desk.bed.endpoint, Some(spoilt)).await;
    let usher = std::mem::replace(&mut desk.usher, Usher::new());
    let usher = usher.with("AWS_ENDPOINT_URL_S3", endpoint);
    let pushing = tokio::task::spawn_blocking(move || push(&usher, &["--yes"]));
    assert_told("push_overtaken", &pushing.await.unwrap());
    assert_eq!((desk.in_the_bucket().await.as_str(), wire.calls()["PUT"]), ("# Mary's\n", 2));
}

/// Two admins edit at the same time: the second is told, and the first one's file stays. So it is with the first file of all.
#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_else_wrote_meanwhile_is_not_overwritten() {
    for is_first in [true, false] {
        let mut desk = Desk::alone(Duration::from_millis(200)).await;
        if !is_first {
            desk.write(WRITTEN, "# Bob's\n", None).await;
        }
        let usher = std::mem::replace(&mut desk.usher, Usher::new());
        let pushing = tokio::task::spawn_blocking(move || push(&usher, &["--yes"]));
        let deadline = Instant::now() + Duration::from_secs(60);
        // The plan is being made: what was in the bucket was looked at before.
        while desk.local.calls().is_empty() {
            assert!(Instant::now() < deadline, "the organization is not read");
            sleep(Duration::from_millis(5)).await;
        }
        desk.write(WRITTEN, "# Mary's\n", None).await;
        assert_told("push_overtaken", &pushing.await.unwrap());
        assert_eq!(desk.in_the_bucket().await, "# Mary's\n");
    }
}

/// An Usher that is older than the command line may not know a key.
#[tokio::test(flavor = "multi_thread")]
async fn what_usher_says_of_the_file_is_told() {
    let why = "error[unknown-field]: unknown field `tests`\u{1b}[2J\n  --> rules.yaml:8:1\n";
    for (name, key, text) in [
        ("push_rejected", "rejected/rules.yaml.txt", why),
        ("push_superseded", WRITTEN, "# Mary's\n"),
    ] {
        let mut desk = Desk::alone(Duration::ZERO).await;
        let usher = std::mem::replace(&mut desk.usher, Usher::new());
        // What was said of an earlier version is nothing new.
        desk.write("rejected/rules.yaml.txt", "old", Some("an-older-version")).await;
        let older = format!("{RULES}# older\n");
        desk.write("active/rules.yaml", &older, Some("an-older-version")).await;
        let pushing = tokio::task::spawn_blocking(move || push(&usher, &["--yes"]));
        let version = desk.pushed().await;
        desk.write(key, text, Some(&version)).await;
        assert_told(name, &pushing.await.unwrap());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn that_nobody_looks_is_told_too() {
    let mut desk = Desk::alone(Duration::ZERO).await;
    assert_told("push_that_nobody_looks_at", &push(&desk.usher, &["--yes", "--wait", "1"]));
    assert_eq!(desk.in_the_bucket().await, RULES);

    desk.keep_versions("Suspended").await;
    let ended = push(&desk.usher, &["--yes", "--wait", "1"]);
    assert_eq!(ended.code, 1, "{ended}");
}
