//! `usher local` as somebody at a terminal sees it: the real binary, the real SDK, and what reaches the events' sinks.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Stdio,
    sync::{Arc, Mutex},
    time::Duration,
};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_identitystore::types::{AttributeOperation, MemberId};
use aws_sdk_organizations::{Client, types::Tag};
use aws_sdk_ssoadmin::types::{PrincipalType, TargetType};
use axum::{Router, routing::post};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use insta::{assert_snapshot, with_settings};
use local::{bobs_organization, generate::generate};
use serde_json::Value;
use shared::organization::{Organization, Principal};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, BufReader},
    net::{TcpListener, TcpStream},
    process::{Child, Command},
    time::{Instant, sleep},
};

use crate::support::usher::{Ended, Usher, binary};

const PATIENCE: Duration = Duration::from_secs(20);

const RULES: &str = "version: 1
manage: {unlisted: revoke, max_revocations: 100%}
protect:
  - groups: [break-glass-*]
rules:
  - name: engineers-build
    permission_sets: [PowerUserAccess]
    groups: [Engineering]
    accounts: {tags: {environment: test}}
";

/// A running `usher local`, and the folder it runs in. It is killed when this is dropped.
struct Running {
    process: Child,
    endpoint: String,
    /// What has been seen on the screen so far.
    seen: Arc<Mutex<String>>,
    screen: tokio::task::JoinHandle<()>,
    folder: TempDir,
}

impl Running {
    async fn start(arguments: &[&str]) -> Self {
        Self::start_with(&[], arguments).await
    }

    /// With other rules than all the others.
    async fn with_rules(rules: &str, arguments: &[&str]) -> Self {
        Self::begin(rules, &[], arguments).await
    }

    async fn start_with(environment: &[(&str, &str)], arguments: &[&str]) -> Self {
        Self::begin(RULES, environment, arguments).await
    }

    async fn begin(rules: &str, environment: &[(&str, &str)], arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("rules.yaml"), rules).unwrap();
        let mut process = Command::new(binary("usher"))
            .args(["local", "--port", "0", "--dump", "dump.json"])
            .args(arguments)
            .current_dir(folder.path())
            .env_clear()
            .envs(environment.iter().copied())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut exports = BufReader::new(process.stdout.take().unwrap()).lines();
        let first = exports.next_line().await.unwrap().unwrap();
        let (_, endpoint) = first.split_once('=').unwrap();
        let mut lines = BufReader::new(process.stderr.take().unwrap()).lines();
        let seen: Arc<Mutex<String>> = Arc::default();
        let screen = tokio::spawn({
            let seen = Arc::clone(&seen);
            async move {
                while let Some(line) = lines.next_line().await.unwrap() {
                    seen.lock().unwrap().push_str(&(line + "\n"));
                }
            }
        });
        Self { process, endpoint: endpoint.to_owned(), seen, screen, folder }
    }

    /// What follows those words on the screen, in their line.
    fn after(&self, words: &str) -> String {
        let seen = self.seen.lock().unwrap().clone();
        let (_, rest) = seen.split_once(words).unwrap();
        rest.lines().next().unwrap().to_owned()
    }

    /// Waits until that is seen on the screen so often.
    async fn shows(&self, text: &str, times: usize) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let seen = self.seen.lock().unwrap().clone();
            if seen.matches(text).count() >= times {
                return;
            }
            assert!(Instant::now() < deadline, "`{text}` was not seen {times} times:\n{seen}");
            sleep(Duration::from_millis(20)).await;
        }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    async fn bob(&self) -> Client {
        Client::new(&self.sdk().await)
    }

    async fn sdk(&self) -> SdkConfig {
        let config = aws_config::defaults(BehaviorVersion::latest())
            .region(Region::new("eu-west-1"))
            .endpoint_url(&self.endpoint)
            .test_credentials();
        config.load().await
    }

    /// The organization as `GET /organization` answers it.
    async fn organization(&self) -> Organization {
        let address = self.endpoint.strip_prefix("http://").unwrap();
        let mut stream = TcpStream::connect(address).await.unwrap();
        let request =
            format!("GET /organization HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
        tokio::io::AsyncWriteExt::write_all(&mut stream, request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
        serde_json::from_str(body).unwrap()
    }

    /// Waits until the assignments are these: `PERMISSION SET, GROUP, ACCOUNT`, sorted.
    async fn holds(&self, wanted: &[&str]) {
        self.holds_within(PATIENCE, wanted).await;
    }

    async fn holds_within(&self, patience: Duration, wanted: &[&str]) {
        let deadline = Instant::now() + patience;
        loop {
            let access = access(&self.organization().await);
            if access == wanted {
                return;
            }
            assert!(Instant::now() < deadline, "{access:#?} are there, not {wanted:#?}");
            sleep(Duration::from_millis(20)).await;
        }
    }

    /// Ctrl-C. What was seen on the screen until then, when it ended well.
    async fn interrupt(mut self) -> (String, TempDir) {
        let id = self.process.id().unwrap().to_string();
        let killed = Command::new("kill").args(["-INT", &id]).status().await.unwrap();
        assert!(killed.success());
        let ended = tokio::time::timeout(PATIENCE, self.process.wait()).await.unwrap().unwrap();
        self.screen.await.unwrap();
        let seen = self.seen.lock().unwrap().clone();
        assert_eq!(ended.code(), Some(0), "{seen}");
        (seen, self.folder)
    }
}

fn access(organization: &Organization) -> Vec<String> {
    let told = organization.assignments.iter().map(|assignment| {
        let set = &assignment.permission_set_arn;
        let set = organization.permission_sets.iter().find(|known| known.arn == *set).unwrap();
        let account = &assignment.account_id;
        let account = organization.accounts.iter().find(|known| known.id == *account).unwrap();
        let group = |id| organization.groups.iter().find(|known| known.id == id).unwrap();
        let Principal::Group(id) = assignment.principal.clone() else { panic!("no user has any") };
        format!("{}, {}, {}", set.name, group(id).display_name, account.name)
    });
    let mut told: Vec<String> = told.collect();
    told.sort();
    told
}

const AT_FIRST: [&str; 4] = [
    "AdministratorAccess, break-glass-admins, payments-prod",
    "PowerUserAccess, Engineering, data-test",
    "PowerUserAccess, Engineering, payments-test",
    "PowerUserAccess, Engineering, web-test",
];

async fn create_test_account(bob: &Client, name: &str) {
    let tag = Tag::builder().key("environment").value("test").build().unwrap();
    let request = bob.create_account().account_name(name).email(format!("{name}@example.com"));
    request.tags(tag).send().await.unwrap();
}

/// What an HTTP endpoint was sent. One test uses it.
static POSTED: Mutex<Vec<String>> = Mutex::new(Vec::new());

async fn endpoint() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let keep = |body: String| async move { POSTED.lock().unwrap().push(body) };
    tokio::spawn(
        async move { axum::serve(listener, Router::new().route("/events", post(keep))).await },
    );
    format!("http://{address}/events")
}

#[tokio::test]
async fn what_somebody_changes_is_followed_by_what_the_rules_say() {
    let url = endpoint().await;
    let arguments = ["--functions", "--rules", "rules.yaml", "--speed", "5"];
    let sinks = ["--events", "events.jsonl", "--events", &url];
    let usher = Running::start(&[arguments.as_slice(), &sinks].concat()).await;
    usher.holds(&AT_FIRST).await;

    create_test_account(&usher.bob().await, "lambda-test").await;
    let mut wanted = AT_FIRST.to_vec();
    wanted.insert(2, "PowerUserAccess, Engineering, lambda-test");
    usher.holds(&wanted).await;

    fs::write(usher.file("rules.yaml"), RULES.replace("groups: [Eng", "group: [Eng")).unwrap();
    usher.shows("Rules Rejected", 1).await;
    usher.holds(&wanted).await;
    fs::write(usher.file("rules.yaml"), RULES.replace("PowerUser", "ViewOnly")).unwrap();
    let viewing: Vec<String> =
        wanted.iter().map(|access| access.replace("PowerUser", "ViewOnly")).collect();
    usher.holds(&viewing.iter().map(String::as_str).collect::<Vec<_>>()).await;
    // The last assignment is there before its announcement is.
    usher.shows("Access Granted", 8).await;

    let (seen, folder) = usher.interrupt().await;
    for line in [
        "event     Object Created  by aws.s3  rules.yaml",
        "function  rules-events: rules.yaml is in force; rules: 1",
        "event     Rules Activated  by usher  rules.yaml, rules: 1, tests: 0, warnings: 0",
        "event     CreateAccountResult",
        "function  account-events: look at account",
        "+ PowerUserAccess  group Engineering",
        "rule engineers-build (rules.yaml:6)",
        "event     Access Granted  by usher  lambda-test, PowerUserAccess, Engineering",
        "function  rules-events: rules.yaml is rejected: the rules in force stay",
        "error[unknown-field]: unknown field `group`",
        "event     Rules Rejected  by usher  rules.yaml, mistakes: 1",
    ] {
        assert!(seen.contains(line), "`{line}` was not seen:\n{seen}");
    }
    assert!(!seen.contains('\u{1b}'), "there is colour where nobody sees it");
    let file = fs::read_to_string(folder.path().join("events.jsonl")).unwrap();
    let events: Vec<Value> = file.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let by_usher = |event: &&Value| {
        event["detail"]["eventName"] == "CreateAccountAssignment"
            && event["detail"]["userIdentity"]["sessionContext"]["sessionIssuer"]["userName"]
                == "usher-reconciler"
    };
    assert_eq!(events.iter().filter(by_usher).count(), 8);
    let told = |name: &str| events.iter().filter(|event| event["detail-type"] == name).count();
    assert_eq!(["Rules Activated", "Rules Rejected", "Object Created"].map(told), [2, 1, 3]);
    assert_eq!(POSTED.lock().unwrap().as_slice(), file.lines().collect::<Vec<_>>());
    let dump = fs::read(folder.path().join("dump.json")).unwrap();
    assert_eq!(access(&serde_json::from_slice(&dump).unwrap()), viewing);
}

#[tokio::test]
async fn late_and_doubled_events_and_conflicts_lead_to_the_same_place() {
    let chaos = ["--chaos", "7,duplicated=0.5,delayed=0.9,delay=3s", "--speed", "10"];
    let conflicts = ["--fail", "sso-admin:CreateAccountAssignment:ConflictException:0.3"];
    let functions = ["--functions", "--rules", "rules.yaml", "--quotas", "strict"];
    let usher = Running::start(&[chaos.as_slice(), &conflicts, &functions].concat()).await;
    let bob = usher.bob().await;
    create_test_account(&bob, "one-test").await;
    create_test_account(&bob, "two-test").await;
    let mut wanted = AT_FIRST.to_vec();
    wanted.extend([
        "PowerUserAccess, Engineering, one-test",
        "PowerUserAccess, Engineering, two-test",
    ]);
    wanted.sort_unstable();
    usher.holds(&wanted).await;
    usher.interrupt().await;
}

/// A rule's hours come by the clock on the screen. Each half has a rule of its own: however long this machine stands
/// still, each is seen.
#[tokio::test]
async fn access_comes_and_goes_with_the_hours_of_a_rule_when_time_passes_quickly() {
    let rule = |name: &str, set: &str, end: &str, time: DateTime<Utc>| {
        let time = time.to_rfc3339_opts(SecondsFormat::Secs, true);
        format!(
            "  - name: {name}\n    permission_sets: [{set}]\n    groups: [Engineering]\n    \
             accounts: {{tags: {{environment: test}}}}\n    {end}: {time}\n"
        )
    };
    let turn = now() + TimeDelta::minutes(55);
    let begins = rule("begins", "ViewOnlyAccess", "from", turn);
    let ends = rule("ends", "PowerUserAccess", "until", turn);
    let (head, _) = RULES.split_once("  - name: engineers-build").unwrap();
    // An hour takes five seconds, so that the first sweep comes before it is over, and a tick after that.
    let arguments = ["--functions", "--rules", "rules.yaml", "--speed", "720"];
    let sink = ["--events", "events.jsonl"];
    let usher =
        Running::with_rules(&format!("{head}{begins}{ends}"), &[&arguments[..], &sink].concat())
            .await;
    let wanted = AT_FIRST.map(|access| access.replace("PowerUser", "ViewOnly"));
    let wanted: Vec<&str> = wanted.iter().map(String::as_str).collect();
    usher.holds_within(3 * PATIENCE, &wanted).await;
    usher.shows("Tick: look at", 1).await;
    // An assignment is there before its announcement is.
    usher.shows("-test, ViewOnlyAccess, Engineering", 3).await;
    assert!(usher.organization().await.observed_at >= turn, "the calendar goes by the same clock");

    let (_, folder) = usher.interrupt().await;
    let file = fs::read_to_string(folder.path().join("events.jsonl")).unwrap();
    let events: Vec<Value> = file.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let told = |name: &str, set: &str| {
        let about = |event: &&Value| {
            event["detail-type"] == name
                && event["detail"]["permission_set"] == set
                && event["detail"]["principal_name"] == "Engineering"
                && event["detail"]["account_name"].as_str().unwrap().ends_with("-test")
        };
        events.iter().filter(about).cloned().collect::<Vec<_>>()
    };
    let granted = told("Access Granted", "ViewOnlyAccess");
    assert_eq!(granted.len(), 3, "{file}");
    for event in granted.iter().chain(&told("Access Revoked", "PowerUserAccess")) {
        let time: DateTime<Utc> = event["time"].as_str().unwrap().parse().unwrap();
        assert!(time >= turn, "before its time: {event}");
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "what runs beside this test goes by the system's clock"
)]
fn now() -> DateTime<Utc> {
    std::time::SystemTime::now().into()
}

#[tokio::test]
async fn a_made_up_organization_is_served_dumped_and_served_again() {
    let usher = Running::start(&["--generate", "accounts=30,groups=10,seed=7"]).await;
    let served = usher.organization().await;
    assert_eq!((served.accounts.len(), served.groups.len(), served.users.len()), (30, 10, 100));
    let (_, folder) = usher.interrupt().await;
    let dump = folder.path().join("dump.json");
    let again = Running::start(&["--seed", dump.to_str().unwrap()]).await;
    let again = Organization { observed_at: served.observed_at, ..again.organization().await };
    assert_eq!(again, served);
}

/// What the first terminal says to type in the second does what it says.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_held_goes_when_somebody_approves_it() {
    let rules = RULES.replace("100%", "0");
    let usher = Running::with_rules(&rules, &["--functions", "--rules", "rules.yaml"]).await;
    usher.shows("in the other terminal: usher ", 1).await;
    let command = usher.after("in the other terminal: usher ");
    let held = access(&usher.organization().await);
    assert!(held.contains(&"PowerUserAccess, Auditors, data-prod".to_owned()), "{held:?}");

    let there = Usher::new().aws_at(usher.endpoint.clone());
    let command: Vec<&str> = command.split(' ').collect();
    let refused = there.run(&command);
    assert_eq!(refused.code, 1, "{refused}");
    assert!(refused.stderr.contains("nobody to ask"), "{refused}");
    let approved = there.run(&[command.as_slice(), &["--yes"]].concat());
    with_settings!({filters => vec![
        (r"[0-9a-f]{20}", "[digest]"),
        (r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\dZ)?", "[time]"),
    ]}, { assert_snapshot!("an_approval", approved) });
    usher.holds(&AT_FIRST).await;
    // What is only due is not said to be done.
    usher.shows("to delete: 1 (1 of them held)", 1).await;

    // It is used up, and was announced as what it was.
    usher.shows("0 granted, 1 revoked", 1).await;
    let again = there.run(&[command.as_slice(), &["--yes"]].concat());
    assert_eq!(again.code, 1, "{again}");
    assert!(again.stderr.contains("no revocations with the digest"), "{again}");
    usher.interrupt().await;
}

#[tokio::test]
async fn a_rules_file_that_goes_away_leaves_the_rules_in_force() {
    let functions = ["--functions", "--rules", "rules.yaml", "--speed", "10"];
    let usher = Running::start(&functions).await;
    usher.holds(&AT_FIRST).await;
    fs::remove_file(usher.file("rules.yaml")).unwrap();
    usher.shows("rules.yaml cannot be read: ", 1).await;
    create_test_account(&usher.bob().await, "lambda-test").await;
    let mut wanted = AT_FIRST.to_vec();
    wanted.insert(2, "PowerUserAccess, Engineering, lambda-test");
    usher.holds(&wanted).await;

    let rules = RULES.replace("engineers-build", "engineers-look").replace("PowerUser", "ViewOnly");
    fs::write(usher.file("rules.yaml"), rules).unwrap();
    usher.shows("rules     rules.yaml can be read again", 1).await;
    usher.shows("+ rule engineers-look", 1).await;
    usher.shows("- rule engineers-build", 1).await;
    let viewing: Vec<String> =
        wanted.iter().map(|access| access.replace("PowerUser", "ViewOnly")).collect();
    usher.holds(&viewing.iter().map(String::as_str).collect::<Vec<_>>()).await;
    usher.interrupt().await;
}

/// Without it, a misspelt name is only seen by what it revokes.
#[tokio::test]
async fn a_name_that_nothing_bears_is_told_with_the_plan_that_follows_from_it() {
    let functions = ["--functions", "--rules", "rules.yaml", "--speed", "10"];
    let usher = Running::start(&functions).await;
    usher.holds(&AT_FIRST).await;
    let rules = RULES.replace("[Engineering]", "[Enginering]");
    fs::write(usher.file("rules.yaml"), rules).unwrap();
    usher.shows("warning[unmatched-group]: no group is named `Enginering`", 1).await;
    usher.shows("--> rules.yaml:8:14", 1).await;
    usher.shows("- PowerUserAccess  group Engineering", 1).await;
    usher.interrupt().await;
}

#[tokio::test]
async fn a_long_sweep_says_how_far_it_is() {
    let usher =
        Running::start(&["--functions", "--rules", "rules.yaml", "--latency", "700ms"]).await;
    usher.shows("reconciler at work: ", 1).await;
    usher.interrupt().await;
}

#[tokio::test]
async fn a_sink_that_never_answers_holds_up_nobody() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let usher = Running::start(&["--events", &url, "--events", "events.jsonl"]).await;
    let bob = usher.bob().await;
    for name in ["one-test", "two-test", "three-test"] {
        create_test_account(&bob, name).await;
    }
    usher.shows("event     CreateAccountResult", 3).await;
    let deadline = Instant::now() + PATIENCE;
    while events_named(&usher.file("events.jsonl"), "CreateAccountResult") < 3 {
        assert!(Instant::now() < deadline, "the file does not get the events");
        sleep(Duration::from_millis(20)).await;
    }
    let (seen, _) = usher.interrupt().await;
    let told = format!("{url} did not take all events before the end");
    assert!(seen.contains(&told), "{seen}");
}

fn events_named(file: &Path, name: &str) -> usize {
    fs::read_to_string(file).unwrap().matches(&format!("\"eventName\":\"{name}\"")).count()
}

#[tokio::test]
async fn events_that_never_stop_coming_do_not_hold_up_the_reconciler() {
    let usher = Running::start(&["--functions", "--rules", "rules.yaml", "--speed", "10"]).await;
    usher.holds(&AT_FIRST).await;
    let bob = usher.bob().await;
    // Rules look at this tag, so that each of these events has its message on the lane.
    let noise = |account: &'static str| {
        let request = bob.tag_resource().resource_id(account);
        async move {
            for number in 0_u64.. {
                let tag =
                    Tag::builder().key("environment").value(number.to_string()).build().unwrap();
                request.clone().tags(tag).send().await.unwrap();
            }
        }
    };
    let stream =
        async { tokio::join!(noise("230000000001"), noise("240000000001"), noise("240000000002")) };
    let mut wanted = AT_FIRST.to_vec();
    wanted.insert(2, "PowerUserAccess, Engineering, lambda-test");
    let change = async {
        usher.shows("Tag Change on Resource", 10).await;
        create_test_account(&bob, "lambda-test").await;
        usher.holds_within(3 * PATIENCE, &wanted).await;
    };
    tokio::select! {
        _ = stream => {}
        () = change => {}
    }
    usher.interrupt().await;
}

const OLD_SHOP: &str = "250000000001";
const ENGINEERING: &str = "b0b00000-0001-70a1-8c11-6e6769766501";
const MARY: &str = "b0b00000-1000-70e1-9d22-656e67696e65";
const INSTANCE: &str = "arn:aws:sso:::instance/ssoins-6508b0b5c0ffee01";
const VIEW_ONLY: &str = "arn:aws:sso:::permissionSet/ssoins-6508b0b5c0ffee01/ps-6508b0b5c0ffee52";
const STORE: &str = "d-b0b0000001";

/// What Bob does to accounts, and what AWS does not let him do.
async fn change_accounts(usher: &Running, bob: &Client) {
    create_test_account(bob, "lambda-test").await;
    usher.shows("AccountJoinedOrganization", 1).await;
    let again = bob.create_account().account_name("again").email("lambda-test@example.com");
    again.send().await.unwrap();
    usher.shows("CreateAccountResult", 2).await;
    let account = usher.organization().await.accounts;
    let account = account.into_iter().find(|account| account.name == "lambda-test").unwrap();
    let tag = |key: &str, value: &str| Tag::builder().key(key).value(value).build().unwrap();
    let tags = bob.tag_resource().resource_id(account.id.as_str());
    let tags = tags.tags(tag("environment", "production")).tags(tag("team", "web"));
    tags.send().await.unwrap();
    let untag = bob.untag_resource().resource_id(account.id.as_str()).tag_keys("environment");
    untag.send().await.unwrap();
    let to_sandbox = bob.move_account().account_id(account.id.as_str());
    let to_sandbox =
        to_sandbox.source_parent_id("r-bob1").destination_parent_id("ou-bob1-sandbox1");
    to_sandbox.clone().send().await.unwrap();
    to_sandbox.send().await.unwrap_err();
}

/// What Bob does to groups, and to an account that nothing can be done to any more.
async fn change_groups(usher: &Running) {
    let sdk = usher.sdk().await;
    let store = aws_sdk_identitystore::Client::new(&sdk);
    let join = store.create_group_membership().identity_store_id(STORE).group_id(ENGINEERING);
    let joined = join.member_id(MemberId::UserId(MARY.to_owned())).send().await.unwrap();
    usher.shows("CreateGroupMembership", 1).await;
    let rename = AttributeOperation::builder().attribute_path("displayName");
    let rename = rename.attribute_value("Builders".into()).build().unwrap();
    let update = store.update_group().identity_store_id(STORE).group_id(ENGINEERING);
    update.operations(rename).send().await.unwrap();
    usher.shows("UpdateGroup", 1).await;

    let admin = aws_sdk_ssoadmin::Client::new(&sdk);
    let create = admin.create_account_assignment().instance_arn(INSTANCE).target_id(OLD_SHOP);
    let create = create.target_type(TargetType::AwsAccount).permission_set_arn(VIEW_ONLY);
    let create = create.principal_type(PrincipalType::Group).principal_id(ENGINEERING);
    create.send().await.unwrap();
    usher.shows("FAILED: ", 2).await;

    let leave = store.delete_group_membership().identity_store_id(STORE);
    leave.membership_id(joined.membership_id()).send().await.unwrap();
    store.delete_group().identity_store_id(STORE).group_id(ENGINEERING).send().await.unwrap();
    usher.shows("DeleteGroup", 2).await;
}

/// What is seen, without what differs each time.
async fn view(environment: &[(&str, &str)]) -> String {
    let usher = Running::start_with(environment, &[]).await;
    let bob = usher.bob().await;
    change_accounts(&usher, &bob).await;
    change_groups(&usher).await;
    let (seen, _) = usher.interrupt().await;
    let (_, happened) = seen.split_once("\n\n").unwrap();
    happened.trim().to_owned()
}

fn without_times(assert: impl FnOnce()) {
    let mut settings = insta::Settings::clone_current();
    // Beside an escape there is no boundary of a word.
    settings.add_filter(r"\d\d:\d\d:\d\d", "[time]");
    settings.add_filter(r"\b[1-9]\d{11}\b", "[account]");
    settings.bind(assert);
}

#[tokio::test]
async fn what_happens_is_shown_by_name_with_from_what_to_what() {
    let seen = view(&[]).await;
    without_times(|| assert_snapshot!(seen));
}

#[tokio::test]
async fn what_happens_is_shown_in_colour_to_who_sees_colours() {
    let seen = view(&[("CLICOLOR_FORCE", "1")]).await;
    without_times(|| assert_snapshot!(seen.replace('\u{1b}', "␛")));
}

/// Nobody serves anything there: a port that only the system may take.
const NOBODYS_PORT: &str = "1";

#[test]
fn exports_for_a_shell() {
    assert_snapshot!(Usher::new().run(&["local", "--exports", "--port", NOBODYS_PORT]));
}

#[test]
fn exports_for_other_shells() {
    let exports = ["fish", "powershell"].map(|shell| {
        let typed = ["local", "--exports", shell, "--port", NOBODYS_PORT];
        Usher::new().run(&typed).to_string()
    });
    assert_snapshot!(exports.join("\n"));
}

impl Running {
    /// What a shell gets from `--exports`.
    fn exports(&self, more: &[&str]) -> Ended {
        let (_, port) = self.endpoint.rsplit_once(':').unwrap();
        Usher::new().run(&[&["local", "--exports", "--port", port], more].concat())
    }
}

/// What a variable is set to.
fn exported(exports: &Ended, name: &str) -> String {
    let line = format!("export {name}=");
    let value = exports.stdout.lines().find_map(|exported| exported.strip_prefix(&line));
    value.unwrap_or_else(|| panic!("{name}: {exports}")).to_owned()
}

/// The other terminal reaches what is served, whatever that is, and as whom it likes.
#[tokio::test(flavor = "multi_thread")]
async fn exports_are_for_the_organization_that_is_served() {
    let shape = "accounts=4,groups=2,users=2,permission_sets=2,assignments=3,seed=7";
    let usher = Running::start(&["--generate", shape]).await;
    let exports = usher.exports(&[]);
    let bobs = bobs_organization().organization.management_account_id;
    let key = exported(&exports, "AWS_ACCESS_KEY_ID");
    assert!(exports.code == 0 && exports.stderr.is_empty() && key != bobs.as_str(), "{exports}");

    let as_caller = |key: &str| {
        Usher::new()
            .aws_at(usher.endpoint.clone())
            .with("AWS_ACCESS_KEY_ID", key.to_owned())
            .run(&["plan", "--rules", usher.file("rules.yaml").to_str().unwrap()])
    };
    let planned = as_caller(&key);
    assert!(planned.stdout.contains("observed"), "{planned}");
    assert!(!as_caller(bobs.as_str()).stdout.contains("observed"));

    let accounts = generate(&shape.parse().unwrap()).accounts;
    let other = accounts.iter().find(|account| account.id.as_str() != key).unwrap();
    let delegated = usher.exports(&["--caller", other.id.as_str()]);
    assert_eq!(exported(&delegated, "AWS_ACCESS_KEY_ID"), other.id.as_str());
    let stranger = usher.exports(&["--caller", "999999999999"]);
    assert_eq!((stranger.code, stranger.stdout.as_str()), (1, ""), "{stranger}");
    assert!(stranger.stderr.contains("999999999999 is not in the organization"), "{stranger}");
}

/// Lines for what is not there would only fail later.
#[tokio::test(flavor = "multi_thread")]
async fn exports_of_something_else_that_listens_there_are_refused() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    tokio::spawn(async move { axum::serve(listener, Router::new()).await });
    let ended = Usher::new().run(&["local", "--exports", "--port", &port]);
    assert_eq!((ended.code, ended.stdout.as_str()), (1, ""), "{ended}");
    assert!(ended.stderr.contains("is no `usher local`"), "{ended}");
}

/// What is wrong with a command line is said with what would be right.
#[test]
fn what_cannot_be_served_is_said() {
    let said = |arguments: &[&str]| {
        let ended = Usher::new().file("rules.yaml", "version: 2\n").run(arguments);
        assert_eq!((ended.code, ended.stdout.as_str()), (1, ""), "{arguments:?}: {ended}");
        format!("$ usher {}\n{}", arguments.join(" "), ended.stderr)
    };
    let said: Vec<String> = [
        ["local", "--functions"].as_slice(),
        &["local", "--rules", "rules.yaml"],
        &["local", "--port", "http"],
        &["local", "--speed", "0"],
        &["local", "--chaos", "seven"],
        &["local", "--chaos", "7,lost=2"],
        &["local", "--generate", "accounts=many"],
        &["local", "--generate", "computers=7"],
        &["local", "--fail", "sso-admin:CreateAccountAssignment"],
        &["local", "--fail", "sso-admin:CreateAccountAssignment:ConflictException:often"],
        &["local", "--fail", "sso:CreateAccountAssignment:ConflictException:0.1"],
        &["local", "--fail", "sso-admin:CreateAssignment:ConflictException:0.1"],
        &["local", "--fail", "sso-admin:CreateAccountAssignment:ConflictExeption:0.1"],
        &["local", "--fail", "sso-admin:ListInstances:Nope:0.1"],
        &["local", "--latency", "fast"],
        &["local", "--page-size", "0"],
        &["local", "--quotas", "on"],
        &["local", "--identity-source", "okta"],
        &["local", "--caller", "audit"],
        &["local", "--port", "0", "--caller", "999999999999"],
        &["local", "--exports", "cmd"],
        &["local", "--events", "ftp://localhost/"],
        &["local", "--events", "nowhere/events.jsonl"],
        &["local", "--seed", "nowhere.json"],
        &["local", "--seed", "rules.yaml"],
        &["local", "--functions", "--rules", "nowhere.yaml"],
    ]
    .into_iter()
    .map(said)
    .collect();
    assert_snapshot!(said.join("\n"));
    let ended = Usher::new().file("rules.yaml", "version: 2\n").run(&[
        "local",
        "--functions",
        "--rules",
        "rules.yaml",
    ]);
    assert_eq!((ended.code, ended.stdout.as_str()), (3, ""), "{ended}");
}
