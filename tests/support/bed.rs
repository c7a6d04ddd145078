//! The test bed: `tests/bed/bed.py`, which deploys the template and runs the real binaries as Lambda
//! functions behind real queues, buses and buckets. One JSON line is a command, one JSON line its answer.

use std::{process::Stdio, time::Duration};

use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
    time::timeout,
};

use super::{
    root,
    usher::{Usher, binary},
    validate::python,
};

/// Longer than any command takes, shorter than anybody's patience.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running bed. It ends, and everything that it started with it, when this is dropped.
pub(crate) struct Bed {
    /// Killed when dropped; ministack and the functions notice, and end too.
    _process: Child,
    commands: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
    /// ministack, for the SDK.
    pub(crate) endpoint: String,
    /// The rules bucket, once Usher is deployed.
    pub(crate) bucket: String,
}

/// Bob's management account.
pub(crate) const MANAGEMENT: &str = "111111111111";

/// The functions, as their folders are called.
pub(crate) const FUNCTIONS: [&str; 6] = [
    "account-events",
    "assignment-events",
    "group-events",
    "reconciler",
    "rules-events",
    "tag-events",
];

/// What is said of a deployment beside the template, which is deployed as it is.
#[derive(Clone, Debug, Default)]
pub(crate) struct Deployment {
    /// The template's parameters, where they are not the defaults.
    pub(crate) parameters: Value,
    /// The rules in force from the beginning.
    pub(crate) rules: Option<String>,
    /// Variables of all functions.
    pub(crate) environment: Value,
    /// Variables of one function, by its name.
    pub(crate) environment_of: Value,
}

impl Deployment {
    /// With these rules in force, the identity half at that endpoint, and less patience than in
    /// production.
    pub(crate) fn beside(identity_endpoint: &str, rules: &str) -> Self {
        let environment = json!({
            "AWS_ENDPOINT_URL_ORGANIZATIONS": identity_endpoint,
            "AWS_ENDPOINT_URL_SSO_ADMIN": identity_endpoint,
            "AWS_ENDPOINT_URL_IDENTITYSTORE": identity_endpoint,
            "USHER_POLL_MILLISECONDS": "50",
            "USHER_CALLS_PER_SECOND": "1000",
            "USHER_RETRY_SECONDS": "2",
        });
        Self { rules: Some(rules.to_owned()), environment, ..Self::default() }
    }
}

/// What a function made of an event that came by a rule.
#[derive(Debug, Deserialize)]
pub(crate) struct Delivered {
    pub(crate) function: String,
    #[serde(flatten)]
    pub(crate) invocation: Invocation,
}

/// What an invocation came to.
#[derive(Debug, Deserialize)]
pub(crate) struct Invocation {
    /// Lambda's word for what went wrong.
    pub(crate) error: Option<String>,
    /// What the function printed.
    pub(crate) logs: Vec<String>,
    /// What it answered.
    pub(crate) payload: Value,
}

/// An account assignment as another SDK sees it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub(crate) struct Row {
    pub(crate) account_name: String,
    pub(crate) permission_set: String,
    pub(crate) principal_name: Option<String>,
}

impl Bed {
    /// In Bob's management account.
    pub(crate) async fn start() -> Self {
        Self::start_in(MANAGEMENT).await
    }

    /// In that account: all that is deployed is there, and calls from there.
    pub(crate) async fn start_in(account: &str) -> Self {
        let mut process = Command::new(python())
            .arg(root().join("tests/bed/bed.py"))
            .env("BED_ACCOUNT_ID", account)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut bed = Self {
            commands: process.stdin.take().unwrap(),
            answers: BufReader::new(process.stdout.take().unwrap()).lines(),
            _process: process,
            endpoint: String::new(),
            bucket: String::new(),
        };
        bed.endpoint = bed.answer().await["endpoint"].as_str().unwrap().to_owned();
        bed
    }

    /// Deploys `infra/template.yaml`, with the binaries that were built here. Returns the stack's outputs.
    pub(crate) async fn deploy(&mut self, deployment: &Deployment) -> Value {
        let Deployment { parameters, rules, environment, environment_of } = deployment;
        let binaries: Map<String, Value> =
            FUNCTIONS.map(|name| (name.to_owned(), json!(binary(name)))).into_iter().collect();
        let or_none = |value: &Value| if value.is_null() { json!({}) } else { value.clone() };
        let deployed = self.command(
            "deploy",
            json!({
                "binaries": binaries,
                "parameters": or_none(parameters),
                "rules": rules,
                "environment": or_none(environment),
                "environment_of": or_none(environment_of),
            }),
        );
        let mut deployed = deployed.await;
        self.bucket = deployed["bucket"].as_str().unwrap().to_owned();
        deployed["outputs"].take()
    }

    /// Deploys `infra/organization-events.yaml` as well.
    pub(crate) async fn deploy_forwarder(&mut self, parameters: &Value) -> Value {
        self.command("deploy_forwarder", json!({"parameters": parameters})).await
    }

    /// Hands an event to the functions whose deployed rules it meets.
    pub(crate) async fn deliver(&mut self, event: &Value) -> Vec<Delivered> {
        let told = self.command("deliver", json!({"event": event})).await;
        serde_json::from_value(told).unwrap()
    }

    /// For each event the deployed rules that it meets.
    pub(crate) async fn matching(&mut self, events: &[Value]) -> Vec<Vec<String>> {
        let rules = self.command("matching", json!({"events": events})).await;
        serde_json::from_value(rules).unwrap()
    }

    /// The statements of the policies of a function's role.
    pub(crate) async fn policies(&mut self, function: &str) -> Vec<Value> {
        let statements = self.command("policies", json!({"function": function})).await;
        serde_json::from_value(statements).unwrap()
    }

    /// Does now what a schedule of the template does by and by.
    pub(crate) async fn run_schedule(&mut self, schedule: &str) {
        self.command("run_schedule", json!({"schedule": schedule})).await;
    }

    /// An admin's command line: Organizations, Identity Center, the Identity Store and STS are at one
    /// endpoint, all else is here.
    pub(crate) fn admin(&self, identity_endpoint: &str) -> Usher {
        let usher = Usher::new()
            .with("AWS_ENDPOINT_URL", self.endpoint.clone())
            // An access key of twelve digits is an account.
            .with("AWS_ACCESS_KEY_ID", "111111111111".to_owned())
            .with("AWS_SECRET_ACCESS_KEY", "not-a-secret".to_owned())
            .with("AWS_REGION", "eu-west-1".to_owned())
            .with("USHER_CALLS_PER_SECOND", "1000".to_owned());
        let there = [
            "AWS_ENDPOINT_URL_ORGANIZATIONS",
            "AWS_ENDPOINT_URL_SSO_ADMIN",
            "AWS_ENDPOINT_URL_IDENTITYSTORE",
            "AWS_ENDPOINT_URL_STS",
        ];
        there.iter().fold(usher, |usher, name| usher.with(name, identity_endpoint.to_owned()))
    }

    /// An object of the rules bucket.
    pub(crate) async fn object(&mut self, key: &str) -> String {
        let object = json!({"Bucket": self.bucket, "Key": key});
        let object = self.call("s3", "get_object", &object, None).await;
        object["Body"].as_str().unwrap().to_owned()
    }

    /// Writes an object of the rules bucket, as an admin does.
    pub(crate) async fn put_object(&mut self, key: &str, text: &str) {
        self.command("put_object", json!({"key": key, "text": text})).await;
    }

    pub(crate) async fn invoke(&mut self, function: &str, event: &Value) -> Invocation {
        let answer = self.command("invoke", json!({"function": function, "event": event})).await;
        serde_json::from_value(answer).unwrap()
    }

    /// Any operation of any service, as boto3 names it.
    pub(crate) async fn call(
        &mut self,
        service: &str,
        operation: &str,
        parameters: &Value,
        endpoint: Option<&str>,
    ) -> Value {
        self.command(
            "call",
            json!({"service": service, "operation": operation, "parameters": parameters, "endpoint": endpoint}),
        )
        .await
    }

    /// Waits until the lane is empty: each message was handled, or is a dead letter.
    pub(crate) async fn settle(&mut self) {
        self.command("settle", json!({"timeout": 30})).await;
    }

    /// How many messages the lane holds.
    pub(crate) async fn on_the_lane(&mut self) -> u64 {
        let queues = self.command("queues", json!({})).await;
        let lane = queues["lane"].as_object().unwrap();
        lane.values().map(|number| number.as_u64().unwrap()).sum()
    }

    /// Puts a message on the lane, as Usher's event functions do.
    pub(crate) async fn send(&mut self, body: &Value, deduplication: &str) {
        self.command(
            "send",
            json!({"body": body, "group": shared::lane::MESSAGE_GROUP, "deduplication": deduplication}),
        )
        .await;
    }

    /// The events that did not reach the lane.
    pub(crate) async fn lost_events(&mut self) -> Vec<Value> {
        let letters = self.command("dead_letters", json!({"queue": "LostEvents"})).await;
        letters.as_array().unwrap().iter().map(|letter| letter["body"].clone()).collect()
    }

    /// The bodies of the messages that were given up.
    pub(crate) async fn dead_letters(&mut self) -> Vec<Value> {
        let letters = self.command("dead_letters", json!({})).await;
        letters.as_array().unwrap().iter().map(|letter| letter["body"].clone()).collect()
    }

    /// What was announced since the last time, as `(detail-type, detail)`.
    pub(crate) async fn announcements(&mut self) -> Vec<(String, Value)> {
        let events = self.command("announcements", json!({})).await;
        let told = |event: &Value| {
            (event["detail-type"].as_str().unwrap().to_owned(), event["detail"].clone())
        };
        events.as_array().unwrap().iter().map(told).collect()
    }

    /// All that a function printed so far.
    pub(crate) async fn logs(&mut self, function: &str) -> Vec<String> {
        let logs = self.command("logs", json!({"function": function})).await;
        serde_json::from_value(logs).unwrap()
    }

    /// Writes the rules as people do.
    pub(crate) async fn upload_rules(&mut self, text: &str) -> String {
        let answer = self.command("put_object", json!({"key": "rules.yaml", "text": text})).await;
        answer["version_id"].as_str().unwrap().to_owned()
    }

    /// Replaces the rules in force, whatever is in them.
    pub(crate) async fn put_rules(&mut self, text: &str) {
        self.command("put_object", json!({"key": "active/rules.yaml", "text": text})).await;
    }

    /// The assignments of one account, read by an SDK that knows nothing of Usher.
    pub(crate) async fn assignments(&mut self, endpoint: &str, account: &str) -> Vec<Row> {
        let rows =
            self.command("assignments", json!({"endpoint": endpoint, "account": account})).await;
        serde_json::from_value(rows).unwrap()
    }

    async fn command(&mut self, command: &str, mut arguments: Value) -> Value {
        arguments["command"] = json!(command);
        self.commands.write_all(format!("{arguments}\n").as_bytes()).await.unwrap();
        self.answer().await
    }

    async fn answer(&mut self) -> Value {
        let line = timeout(PATIENCE, self.answers.next_line()).await.expect("the bed is silent");
        let line = line.unwrap().expect("the bed has ended: see above why");
        let mut answer: Value = serde_json::from_str(&line).unwrap();
        assert!(answer["error"].is_null(), "{}", answer["error"]);
        answer["ok"].take()
    }
}
