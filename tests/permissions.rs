//! Every permission that the template gives a function is for a call that the function makes, and for
//! every call there is one. The calls are those of the real binaries, as they go over the wire; the
//! permissions are those that CloudFormation made of the template.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use local::{Fault, FaultKind, Local, Probability, bobs_organization};
use serde_json::{Map, Value, json};
use shared::{
    approval::{Approval, HeldSet},
    organization::Organization,
    scope::{Scope, route},
};

use crate::support::{
    bed::{Bed, Deployment, FUNCTIONS, MANAGEMENT},
    sts,
    wire::{Request, Wire},
};

/// Permissions for what Lambda does in the function's name, which no code of ours asks for.
///
/// Sources: <https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html#events-sqs-permissions>,
/// <https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html>
const BY_LAMBDA: [&str; 5] = [
    "logs:CreateLogStream",
    "logs:PutLogEvents",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
    "sqs:ReceiveMessage",
];

/// What a function fails on, Lambda keeps in the function's name. That it does, a test in `deployment` sees.
///
/// Source: <https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html>
const LOST_BY_LAMBDA: (&str, &str) = ("sqs:SendMessage", LOST_EVENTS);

/// For these AWS knows no narrower resource.
///
/// Sources: <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsorganizations.html>,
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsiamidentitycenter.html>
const OF_EVERYTHING: [&str; 4] = [
    "organizations:DescribeOrganization",
    "organizations:ListAccounts",
    "organizations:ListRoots",
    "sso:ListInstances",
];

/// Rules of every kind, so that everything is asked for that can be.
const RULES: &str = r#"version: 1
manage: {unlisted: revoke, users: true, max_revocations: 1000}
rules:
  - name: by-path-and-tag
    permission_sets: [PowerUserAccess]
    groups: [Engineering]
    accounts: {organizational_unit: "/Workloads/**", tags: {team: shop}}
  - name: by-tag-of-the-unit
    permission_sets: [SecurityAudit]
    groups: [Auditors]
    members: {at_least: 1}
    accounts: {organizational_unit_tags: {tier: core}}
  - name: auditors-look-everywhere
    permission_sets: [ViewOnlyAccess]
    groups: ["Audit*"]
    accounts: {all: true}
  - name: people
    permission_sets: [ViewOnlyAccess]
    users: [{in_group: Engineering, attributes: {department: "*"}}]
    accounts: {organizational_unit: /Sandbox}
"#;

const PAYMENTS_PROD: &str = "210000000001";

/// The rules bucket and the queues, whose names are others in each stack.
const BUCKET: &str = "the-rules-bucket";
const LANE: &str = "the-lane.fifo";
const LOST_EVENTS: &str = "the-lost-events";

/// So little time that a sweep does not get through with so few calls a second: it looks for two fifths of it.
///
/// Unit: seconds.
const LITTLE_TIME: u64 = 20;
const FEW_CALLS_PER_SECOND: &str = "2";

/// A call, in the words of IAM: `s3:GetObject`, and what it was made on, where the request says so.
type Call = (String, Option<String>);

/// Bob's organization and Usher in it, with an ear at each function's wire.
struct Watched {
    bed: Bed,
    local: Local,
    wires: BTreeMap<&'static str, Wire>,
    sts: Wire,
    /// The names of the lane and of the queue for lost events.
    queues: [String; 2],
    /// How many rules files were written.
    uploads: u64,
}

impl Watched {
    /// Usher in the management account, or (with a role to assume) in a delegated administrator's.
    async fn begin(caller: Option<&str>) -> Self {
        let settings = local::Settings {
            assignment_time: Duration::from_millis(40),
            caller: caller.map(|id| id.parse().unwrap()),
            // Where groups fill many pages, a few are asked for by name.
            page_size: caller.map(|_| 1),
            ..local::Settings::default()
        };
        let local = Local::start(bobs_organization(), settings).await.unwrap();
        let mut bed = Bed::start_in(caller.unwrap_or(MANAGEMENT)).await;
        let mut wires = BTreeMap::new();
        let mut environment_of = Map::new();
        for function in FUNCTIONS {
            let (wire, endpoint) = Wire::to(&bed.endpoint).await;
            environment_of.insert(function.to_owned(), json!({"AWS_ENDPOINT_URL": endpoint}));
            wires.insert(function, wire);
        }
        // Nobody but the reconciler may so much as find them.
        for service in ["ORGANIZATIONS", "SSO_ADMIN", "IDENTITYSTORE"] {
            environment_of["reconciler"][format!("AWS_ENDPOINT_URL_{service}")] =
                json!(local.endpoint());
        }
        let management = local.organization().organization.management_account_id;
        let arn = format!("arn:aws:iam::{management}:role/usher-reader");
        let role = sts::Role {
            arn: arn.clone(),
            external_id: "usher-1f0c".to_owned(),
            account: management.to_string(),
        };
        let (sts, endpoint) = Wire::to(&sts::serve(role).await).await;
        environment_of["reconciler"]["AWS_ENDPOINT_URL_STS"] = json!(endpoint);
        let parameters = match caller {
            None => json!({}),
            Some(_) => json!({"ManagementRoleArn": arn, "ExternalId": "usher-1f0c"}),
        };
        let deployment = Deployment {
            parameters,
            environment: json!({
                "USHER_POLL_MILLISECONDS": "20",
                "USHER_CALLS_PER_SECOND": "1000",
                "USHER_RETRY_SECONDS": "1",
            }),
            environment_of: Value::Object(environment_of),
            ..Deployment::default()
        };
        let outputs = bed.deploy(&deployment).await;
        let queues = [queue_name(&outputs["LaneUrl"]), lost_events(&mut bed).await];
        Self { bed, local, wires, sts, queues, uploads: 0 }
    }

    /// The calls of a function so far, in IAM's words.
    fn calls(&self, function: &str) -> BTreeSet<Call> {
        let wire = &self.wires[function];
        let requests = wire.requests();
        let calls = requests.iter().flat_map(in_words_of_iam);
        let mut calls: BTreeSet<Call> = calls
            .map(|(action, object)| (action, object.map(|object| self.same_names(&object))))
            .collect();
        if wire.take().contains("HTTP/1.1 404") {
            // Who may not list is told that access is denied, of a file that is not there.
            calls.insert(("s3:ListBucket".to_owned(), None));
        }
        if function == "reconciler" {
            let identity = self.local.calls().into_keys();
            calls.extend(identity.map(|name| (name.replace("sso-admin:", "sso:"), None)));
            let asked = self.sts.requests();
            calls.extend(asked.iter().map(|_| ("sts:AssumeRole".to_owned(), None)));
        }
        calls
    }

    /// The statements of a function's policies.
    async fn policies(&mut self, function: &str) -> Vec<Value> {
        let statements = Value::from(self.bed.policies(function).await).to_string();
        serde_json::from_str(&self.same_names(&statements)).unwrap()
    }

    /// The same with names that are the same in each stack.
    fn same_names(&self, text: &str) -> String {
        let [lane, lost_events] = &self.queues;
        text.replace(&self.bed.bucket, BUCKET).replace(lane, LANE).replace(lost_events, LOST_EVENTS)
    }

    /// Gives the reconciler so much time, and so many calls a second to Identity Center, from its next run on.
    async fn allot(&mut self, seconds: u64, calls_per_second: &str) {
        let name = json!({"FunctionName": "usher-reconciler"});
        let mut changed = self.bed.call("lambda", "get_function_configuration", &name, None).await
            ["Environment"]
            .take();
        changed["Variables"]["USHER_CALLS_PER_SECOND"] = json!(calls_per_second);
        let changed = json!({
            "FunctionName": name["FunctionName"], "Timeout": seconds,
            "Environment": {"Variables": changed["Variables"]},
        });
        self.bed.call("lambda", "update_function_configuration", &changed, None).await;
    }

    /// Whether the reconciler has put something on the lane.
    fn has_handed_on(&self) -> bool {
        let requests = self.wires["reconciler"].requests();
        requests.iter().any(|request| request.target.as_deref() == Some("AmazonSQS.SendMessage"))
    }

    /// ministack does not say which version was written, as S3 does.
    async fn without_events_of_s3(&mut self) {
        let prefix = json!({"NamePrefix": "usher-RulesEvents"});
        let rules = self.bed.call("events", "list_rules", &prefix, None).await;
        let name = json!({"Name": rules["Rules"][0]["Name"]});
        self.bed.call("events", "disable_rule", &name, None).await;
    }

    /// Writes the rules as people do, and has S3 tell of it as it does.
    async fn upload_rules(&mut self, text: &str) {
        let version = self.bed.upload_rules(text).await;
        self.uploads += 1;
        let written = json!({
            "version": "0", "id": "c9d8e7f6-5a4b-4c3d-8e2f-1a0b9c8d7e6f", "account": MANAGEMENT,
            "time": "2026-03-02T09:14:33Z", "region": "eu-west-1", "resources": [],
            "source": "aws.s3", "detail-type": "Object Created",
            "detail": {
                "bucket": {"name": self.bed.bucket},
                "object": {"key": "rules.yaml", "version-id": version, "sequencer": format!("{:018X}", self.uploads)},
            },
        });
        let told = self.bed.deliver(&written).await;
        assert!(matches!(told.as_slice(), [told] if told.function == "rules-events"), "{told:?}");
    }

    async fn look_at(&mut self, scope: Scope, name: &str) {
        let body = json!({"scope": scope, "cause": {"event": name}});
        self.bed.send(&body, &name.replace(" ", "-")).await;
        self.bed.settle().await;
    }
}

/// The permissions that a request needs.
fn in_words_of_iam(request: &Request) -> Vec<Call> {
    if let Some(target) = &request.target {
        let (service, operation) = target.split_once('.').unwrap();
        let service = match service {
            "AmazonSQS" => "sqs",
            "AWSEvents" => "events",
            other => panic!("a call to {other}"),
        };
        return vec![(format!("{service}:{operation}"), request.queue.clone())];
    }
    let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
    let object = format!("arn:aws:s3::{}", path.replacen('/', ":", 1));
    let action = match request.method.as_str() {
        "GET" | "HEAD" if query.contains("versionId=") => "s3:GetObjectVersion",
        "GET" | "HEAD" => "s3:GetObject",
        "PUT" => "s3:PutObject",
        "DELETE" => "s3:DeleteObject",
        other => panic!("{other} {object}"),
    };
    vec![(action.to_owned(), Some(object))]
}

/// A text or a list of them, as policies have both.
fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Array(texts) => texts.iter().map(|text| text.as_str().unwrap().to_owned()).collect(),
        text => vec![text.as_str().unwrap().to_owned()],
    }
}

/// What the policies allow: each action with each resource.
fn allowed(statements: &[Value]) -> BTreeSet<(String, String)> {
    let pairs = statements.iter().flat_map(|statement| {
        assert_eq!(statement["Effect"], "Allow", "{statement}");
        let resources = texts(&statement["Resource"]);
        texts(&statement["Action"]).into_iter().flat_map(move |action| {
            resources.clone().into_iter().map(move |on| (action.clone(), on))
        })
    });
    pairs.collect()
}

/// Whether an object, or a queue by its name, is meant by a resource, which may be all below a folder.
fn is_of(object: &str, resource: &str) -> bool {
    match resource.strip_suffix("/*") {
        Some(folder) => object.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/')),
        None => object == resource || is_queue(object, resource),
    }
}

/// Whether the ARN is that queue's. The stacks are in two accounts.
fn is_queue(name: &str, arn: &str) -> bool {
    arn.starts_with("arn:aws:sqs:") && arn.rsplit(':').next() == Some(name)
}

/// No permission is missing, none is unused, none is wider than AWS makes it.
fn compare(function: &str, calls: &BTreeSet<Call>, statements: &[Value]) {
    let allowed = allowed(statements);
    let is_allowed = |(action, object): &Call| {
        let on = |resource: &String| object.as_ref().is_none_or(|object| is_of(object, resource));
        allowed.iter().any(|(allowed, resource)| allowed == action && on(resource))
    };
    let missing: Vec<&Call> = calls.iter().filter(|call| !is_allowed(call)).collect();
    assert!(missing.is_empty(), "{function} calls what it may not: {missing:?}");

    let is_used = |(action, resource): &(String, String)| {
        BY_LAMBDA.contains(&action.as_str())
            || (action == LOST_BY_LAMBDA.0 && is_queue(LOST_BY_LAMBDA.1, resource))
            || calls.iter().any(|(called, object)| {
                called == action && object.as_ref().is_none_or(|object| is_of(object, resource))
            })
    };
    let unused: Vec<&(String, String)> = allowed.iter().filter(|pair| !is_used(pair)).collect();
    assert!(unused.is_empty(), "{function} may do what it never does: {unused:?}");

    for (action, resource) in &allowed {
        assert!(!action.contains('*'), "{function}: {action}");
        let is_everything = resource == "*";
        assert!(!is_everything || OF_EVERYTHING.contains(&action.as_str()), "{function}: {action}");
    }
}

/// An id of Bob's organization, by name.
fn id<Row>(rows: &[Row], is_it: impl Fn(&&Row) -> bool) -> &Row {
    rows.iter().find(is_it).unwrap()
}

/// Everything that people and AWS may do, once.
async fn a_busy_day(watched: &mut Watched) {
    let Organization { groups, users, permission_sets, organizational_units, .. } =
        watched.local.organization();
    let group = id(&groups, |group| group.display_name == "Engineering").id.clone();
    let user = id(&users, |user| user.enabled).id.clone();
    let set = id(&permission_sets, |set| set.name == "ViewOnlyAccess").arn.clone();
    let unit = id(&organizational_units, |unit| unit.name == "Sandbox").id.clone();

    // Before there are rules: what is not there is told from what is forbidden.
    watched.look_at(Scope::account(PAYMENTS_PROD.parse().unwrap()), "no rules").await;
    // What cannot be read is handed back, until the queue gives up on it.
    watched.bed.send(&json!({"scope": "nowhere"}), "unreadable").await;
    watched.bed.settle().await;
    for function in ["account-events", "tag-events", "group-events", "assignment-events"] {
        let event = an_event_for(function, group.as_str());
        let told = watched.bed.deliver(&event).await;
        assert_eq!(told.len(), 1, "{function}: {told:?}");
        assert_eq!(told[0].function, function);
    }
    watched.without_events_of_s3().await;
    watched.upload_rules("version: 2\n").await;
    for rules in [RULES.to_owned(), RULES.replace("Audit*", "Auditors")] {
        // A list that is not to be had makes it ask for each request singly.
        watched.local.fail(once("sso-admin:ListAccountAssignmentCreationStatus"));
        watched.local.fail(once("sso-admin:ListAccountAssignmentDeletionStatus"));
        watched.upload_rules(&rules).await;
        wait_for(watched, "Rules Activated").await;
        watched.bed.settle().await;
        let about = |what: &str| format!("{what} by {} bytes of rules", rules.len());
        // So does a list of units, which is tried more often than others, unless it is refused.
        let refused = FaultKind::Error {
            code: "AccessDeniedException".to_owned(),
            message: "once".to_owned(),
            status: 400,
        };
        let of_units = once("organizations:ListOrganizationalUnitsForParent");
        watched.local.fail(Fault { error: refused, times: Some(1), ..of_units });
        watched.look_at(Scope::account(PAYMENTS_PROD.parse().unwrap()), &about("account")).await;
        watched.look_at(Scope::group(group.clone()), &about("group")).await;
        watched.look_at(Scope::user(user.clone()), &about("user")).await;
        watched.look_at(Scope::permission_set(set.clone()), &about("permission set")).await;
        watched.look_at(Scope::organizational_unit(unit.clone()), &about("unit")).await;
        watched.look_at(Scope::everything(), &about("everything")).await;
    }
}

/// Too much to revoke is held, until an admin approves it.
async fn an_approval(watched: &mut Watched) {
    let rules = RULES.replace("max_revocations: 1000", "max_revocations: 0");
    watched.upload_rules(&rules.replace("groups: [\"Audit*\"]", "groups: [Nobody]")).await;
    wait_for(watched, "Rules Activated").await;
    watched.look_at(Scope::everything(), "too much").await;
    let held = told_of(watched, "Revocations Held").await;
    let digest = held["digest"].as_str().unwrap();
    let set = watched.bed.object(&format!("held/{digest}.json")).await;
    let set: HeldSet = serde_json::from_str(&set).unwrap();
    let approval = Approval {
        expires_at: "2999-01-01T00:00:00Z".parse().unwrap(),
        ..set.approved_by("bob".to_owned(), set.held_at)
    };
    let approval = serde_json::to_string(&approval).unwrap();
    watched.bed.put_object(&format!("approved/{digest}.json"), &approval).await;
    let body = json!({"scope": set.scope, "cause": {"event": "Approved"}, "approval": digest});
    watched.bed.send(&body, "approval").await;
    wait_for(watched, "Access Revoked").await;
    watched.bed.settle().await;
}

/// What a run has no time for it hands on.
async fn a_run_without_time(watched: &mut Watched) {
    watched.allot(LITTLE_TIME, FEW_CALLS_PER_SECOND).await;
    let everything = json!({"scope": Scope::everything(), "cause": {"event": "no time"}});
    watched.bed.send(&everything, "no-time").await;
    let deadline = tokio::time::Instant::now() + Duration::from_secs(120);
    while !watched.has_handed_on() {
        assert!(tokio::time::Instant::now() < deadline, "a run got through, or handed nothing on");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    watched.allot(900, "1000").await;
    watched.bed.settle().await;
}

fn queue_name(url: &Value) -> String {
    url.as_str().unwrap().rsplit('/').next().unwrap().to_owned()
}

/// The queue for lost events, which no output names.
async fn lost_events(bed: &mut Bed) -> String {
    let name = json!({"StackName": "usher", "LogicalResourceId": "LostEvents"});
    let resource = bed.call("cloudformation", "describe_stack_resource", &name, None).await;
    queue_name(&resource["StackResourceDetail"]["PhysicalResourceId"])
}

/// As often as the SDK tries.
fn once(operation: &str) -> Fault {
    Fault {
        operation: operation.to_owned(),
        error: FaultKind::Error {
            code: "InternalServerException".to_owned(),
            message: "once".to_owned(),
            status: 500,
        },
        account_id: None,
        times: Some(3),
        probability: Probability::ALWAYS,
    }
}

fn an_event_for(function: &str, group: &str) -> Value {
    use crate::support::events::{api_call, move_account};
    let event = match function {
        "account-events" => move_account(PAYMENTS_PROD),
        "tag-events" => api_call(
            "organizations",
            "TagResource",
            &json!({"resourceId": PAYMENTS_PROD, "tags": [{"key": "team", "value": "shop"}]}),
        ),
        "group-events" => api_call("identitystore", "UpdateGroup", &json!({"groupId": group})),
        _ => api_call("sso", "CreateAccountAssignment", &json!({"targetId": PAYMENTS_PROD})),
    };
    assert_eq!(route(&event).function.unwrap().to_string(), function);
    event
}

async fn wait_for(watched: &mut Watched, announcement: &str) {
    told_of(watched, announcement).await;
}

async fn told_of(watched: &mut Watched, announcement: &str) -> Value {
    let deadline = tokio::time::Instant::now() + Duration::from_secs(60);
    loop {
        let told = watched.bed.announcements().await.into_iter();
        if let Some((_, detail)) = told.into_iter().find(|(kind, _)| kind == announcement) {
            return detail;
        }
        if tokio::time::Instant::now() > deadline {
            let logs = watched.bed.logs("reconciler").await;
            let from = logs.len().saturating_sub(20);
            panic!("no `{announcement}`:\n{}", logs[from..].join("\n"));
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn a_busy_day_of(caller: Option<&str>) -> Watched {
    let mut watched = Watched::begin(caller).await;
    a_busy_day(&mut watched).await;
    an_approval(&mut watched).await;
    if caller.is_none() {
        a_run_without_time(&mut watched).await;
    }
    watched
}

#[tokio::test(flavor = "multi_thread")]
async fn each_function_may_do_what_it_does_and_nothing_else() {
    let (mut at_home, mut delegated) =
        tokio::join!(a_busy_day_of(None), a_busy_day_of(Some(PAYMENTS_PROD)));
    for function in FUNCTIONS {
        let mut calls = at_home.calls(function);
        calls.extend(delegated.calls(function));
        // With a role to assume there is one permission more.
        compare(function, &calls, &delegated.policies(function).await);
    }
    // The stacks are in two accounts, so that their resources are never the same.
    let actions = |statements: &[Value]| -> BTreeSet<String> {
        allowed(statements).into_iter().map(|(action, _)| action).collect()
    };
    let without = actions(&at_home.policies("reconciler").await);
    let with = actions(&delegated.policies("reconciler").await);
    let more: Vec<&String> = with.difference(&without).collect();
    assert_eq!(more, ["sts:AssumeRole"]);
}
