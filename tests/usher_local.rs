//! `usher local` as somebody at a terminal sees it: the real binary, the real SDK, and what reaches the events' sinks.

use std::{fs, path::PathBuf, process::Stdio, sync::Mutex, time::Duration};

use aws_config::{BehaviorVersion, Region};
use aws_sdk_organizations::{Client, types::Tag};
use axum::{Router, routing::post};
use insta::assert_snapshot;
use serde_json::Value;
use shared::organization::{Organization, Principal};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, BufReader},
    net::{TcpListener, TcpStream},
    process::{Child, Command},
    time::{Instant, sleep},
};

use crate::support::usher::{Usher, binary};

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
    seen: tokio::task::JoinHandle<String>,
    folder: TempDir,
}

impl Running {
    async fn start(arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("rules.yaml"), RULES).unwrap();
        let mut process = Command::new(binary("usher"))
            .args(["local", "--port", "0", "--dump", "dump.json"])
            .args(arguments)
            .current_dir(folder.path())
            .env_clear()
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut exports = BufReader::new(process.stdout.take().unwrap()).lines();
        let first = exports.next_line().await.unwrap().unwrap();
        let (_, endpoint) = first.split_once('=').unwrap();
        let mut screen = process.stderr.take().unwrap();
        let seen = tokio::spawn(async move {
            let mut text = String::new();
            screen.read_to_string(&mut text).await.unwrap();
            text
        });
        Self { process, endpoint: endpoint.to_owned(), seen, folder }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    async fn bob(&self) -> Client {
        let config = aws_config::defaults(BehaviorVersion::latest())
            .region(Region::new("eu-west-1"))
            .endpoint_url(&self.endpoint)
            .test_credentials();
        Client::new(&config.load().await)
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
        let deadline = Instant::now() + PATIENCE;
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
        let seen = self.seen.await.unwrap();
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
    sleep(Duration::from_secs(1)).await;
    usher.holds(&wanted).await;
    fs::write(usher.file("rules.yaml"), RULES.replace("PowerUser", "ViewOnly")).unwrap();
    let viewing: Vec<String> =
        wanted.iter().map(|access| access.replace("PowerUser", "ViewOnly")).collect();
    usher.holds(&viewing.iter().map(String::as_str).collect::<Vec<_>>()).await;
    // The last assignment is there before its announcement is.
    sleep(Duration::from_secs(1)).await;

    let (seen, folder) = usher.interrupt().await;
    for line in [
        "rules     rules.yaml is followed; rules: 1",
        "event     CreateAccountResult",
        "function  account-events: look at account",
        "+ PowerUserAccess  group Engineering",
        "rule engineers-build (rules.yaml:6)",
        "event     Access Granted  by usher  lambda-test, PowerUserAccess, Engineering",
        "rules     rules.yaml is rejected: the rules in force stay as they were",
        "error[unknown-field]: unknown field `group`",
        "rules     rules.yaml is followed from now on",
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

#[test]
fn exports_for_a_shell() {
    assert_snapshot!(Usher::new().run(&["local", "--exports"]));
}

#[test]
fn what_cannot_be_served_is_said() {
    let failed =
        |arguments: &[&str]| Usher::new().file("rules.yaml", "version: 2\n").run(arguments);
    for arguments in [
        ["local", "--functions"].as_slice(),
        &["local", "--speed", "0"],
        &["local", "--chaos", "seven"],
        &["local", "--generate", "accounts=many"],
        &["local", "--fail", "sso-admin:CreateAccountAssignment"],
        &["local", "--latency", "fast"],
        &["local", "--events", "ftp://localhost/"],
        &["local", "--seed", "nowhere.json"],
    ] {
        let ended = failed(arguments);
        assert_eq!((ended.code, ended.stdout.as_str()), (1, ""), "{arguments:?}: {ended}");
        assert!(ended.stderr.starts_with("error: "), "{ended}");
    }
    let ended = failed(&["local", "--functions", "--rules", "rules.yaml"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (3, ""), "{ended}");
}
