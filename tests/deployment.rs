//! The template as it is deployed: from the upload of rules to assignments, the schedule, what gets
//! lost, and what an admin sees of it all.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use local::{Local, bobs_organization};
use serde_json::{Value, json};
use shared::runtime::metrics::METRICS;
use tokio::time::{Instant, sleep};

use crate::support::{
    bed::{Bed, Deployment, MANAGEMENT, Row},
    events::move_account,
};

const RULES: &str = r#"version: 1
manage: {unlisted: report}
rules:
  - name: auditors-look-everywhere
    permission_sets: [SecurityAudit]
    groups: [Auditors]
    accounts: {all: true}
"#;

const PAYMENTS_PROD: &str = "210000000001";

/// Bob's organization and the template, with the functions' variables as the template sets them but
/// for where AWS is.
async fn deployed(environment_of: Value) -> (Local, Bed, Value) {
    let settings = local::Settings {
        assignment_time: Duration::from_millis(20),
        ..local::Settings::default()
    };
    let local = Local::start(bobs_organization(), settings).await.unwrap();
    let mut bed = Bed::start().await;
    let endpoint = local.endpoint();
    let deployment = Deployment {
        environment: json!({
            "AWS_ENDPOINT_URL_ORGANIZATIONS": endpoint,
            "AWS_ENDPOINT_URL_SSO_ADMIN": endpoint,
            "AWS_ENDPOINT_URL_IDENTITYSTORE": endpoint,
            "USHER_POLL_MILLISECONDS": "50",
            "USHER_CALLS_PER_SECOND": "1000",
        }),
        environment_of,
        ..Deployment::default()
    };
    let outputs = bed.deploy(&deployment).await;
    (local, bed, outputs)
}

/// What was announced until that came, by kind.
async fn announced(bed: &mut Bed, last: &str) -> BTreeMap<String, usize> {
    let deadline = Instant::now() + Duration::from_secs(60);
    let mut told = BTreeMap::new();
    while !told.contains_key(last) {
        assert!(Instant::now() < deadline, "no `{last}`, but {told:?}");
        for (kind, _) in bed.announcements().await {
            *told.entry(kind).or_default() += 1;
        }
        sleep(Duration::from_millis(50)).await;
    }
    told
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_that_are_uploaded_become_assignments_and_the_schedule_keeps_them() {
    let (local, mut bed, outputs) = deployed(Value::Null).await;
    let push = outputs["FirstPutTheRulesUp"].as_str().unwrap();
    assert_eq!(push, format!("usher push infra/rules.yaml --bucket {}", bed.bucket));

    bed.upload_rules(RULES).await;
    let told = announced(&mut bed, "Sweep Finished").await;
    bed.settle().await;
    let in_active = local.organization().accounts.len() - 2; // the management account, and one suspended
    assert_eq!(told["Rules Activated"], 1, "{told:?}");
    assert_eq!(told["Access Granted"], in_active, "{told:?}");
    let auditors = Row {
        account_name: "payments-prod".to_owned(),
        permission_set: "SecurityAudit".to_owned(),
        principal_name: Some("Auditors".to_owned()),
    };
    let endpoint = local.endpoint();
    assert!(bed.assignments(&endpoint, PAYMENTS_PROD).await.contains(&auditors));

    // By hand, and without an event: only a sweep sees it.
    let organization = local.organization();
    let gone = organization
        .assignments
        .iter()
        .find(|assignment| {
            let set = organization
                .permission_sets
                .iter()
                .find(|set| set.arn == assignment.permission_set_arn);
            assignment.account_id.as_str() == PAYMENTS_PROD
                && set.is_some_and(|set| set.name == "SecurityAudit")
        })
        .unwrap();
    let parameters = json!({
        "InstanceArn": organization.instance.instance_arn,
        "TargetId": PAYMENTS_PROD, "TargetType": "AWS_ACCOUNT",
        "PermissionSetArn": gone.permission_set_arn,
        "PrincipalType": "GROUP", "PrincipalId": gone.principal.id(),
    });
    bed.call("sso-admin", "delete_account_assignment", &parameters, Some(&endpoint)).await;
    wait_until_gone(&mut bed, &endpoint, &auditors).await;
    bed.run_schedule("Sweep").await;
    let told = announced(&mut bed, "Sweep Finished").await;
    assert_eq!(told.get("Access Granted"), Some(&1), "{told:?}");
    assert!(bed.assignments(&endpoint, PAYMENTS_PROD).await.contains(&auditors));

    // What the hour brings is nothing here; that it was seen to is remembered.
    bed.settle().await;
    assert_eq!(last_tick(&mut bed).await, Value::Null);
    bed.run_schedule("Tick").await;
    bed.settle().await;
    assert!(last_tick(&mut bed).await.is_string(), "{:?}", bed.logs("reconciler").await);
}

async fn last_tick(bed: &mut Bed) -> Value {
    let remembered: Value =
        serde_json::from_str(&bed.object("cache/organization.json").await).unwrap();
    remembered["ticked_at"].clone()
}

async fn wait_until_gone(bed: &mut Bed, endpoint: &str, row: &Row) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while bed.assignments(endpoint, PAYMENTS_PROD).await.contains(row) {
        assert!(Instant::now() < deadline, "{row:?} is still there");
        sleep(Duration::from_millis(50)).await;
    }
}

/// Lambda gives up after two more attempts, and the event is kept with what was wrong.
#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_a_function_fails_on_is_kept() {
    let without_lane = json!({"account-events": {"USHER_LANE": ""}});
    let (_local, mut bed, _) = deployed(without_lane).await;
    let invocation = json!({
        "FunctionName": "usher-account-events",
        "InvocationType": "Event", // as EventBridge invokes
        "Payload": move_account(PAYMENTS_PROD).to_string(),
    });
    bed.call("lambda", "invoke", &invocation, None).await;
    let deadline = Instant::now() + Duration::from_secs(60);
    let lost = loop {
        if let [lost] = bed.lost_events().await.as_slice() {
            break lost.clone();
        }
        assert!(Instant::now() < deadline, "the event is nowhere");
        sleep(Duration::from_millis(100)).await;
    };
    assert_eq!(lost["requestPayload"], move_account(PAYMENTS_PROD), "{lost:#}");
    assert!(lost.to_string().contains("USHER_LANE"), "{lost:#}");
}

#[tokio::test]
async fn alarms_and_the_dashboard_look_at_what_is_there() {
    let (_local, mut bed, outputs) = deployed(Value::Null).await;
    let filters = bed.call("logs", "describe_metric_filters", &json!({}), None).await;
    let counted: BTreeSet<(String, String)> = filters["metricFilters"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|filter| filter["metricTransformations"].as_array().unwrap())
        .map(|one| (text(&one["metricNamespace"]), text(&one["metricName"])))
        .collect();
    assert_eq!(counted.len(), 5, "{counted:?}");

    let queues = bed.call("sqs", "list_queues", &json!({}), None).await["QueueUrls"].clone();
    let queues: BTreeSet<String> = queues
        .as_array()
        .unwrap()
        .iter()
        .map(|url| url.as_str().unwrap().rsplit('/').next().unwrap().to_owned())
        .collect();
    let functions = bed.call("lambda", "list_functions", &json!({}), None).await;
    let functions: BTreeSet<String> = functions["Functions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|function| text(&function["FunctionName"]))
        .collect();
    let is_there = |metric: &[String]| match metric {
        [namespace, _, _, queue] if namespace == "AWS/SQS" => queues.contains(queue),
        [namespace, _, _, function] if namespace == "AWS/Lambda" => functions.contains(function),
        // The reconciler prints these.
        [namespace, name, ..] if METRICS.iter().any(|(metric, _)| metric == name) => {
            namespace == "Usher/usher" && (name == "Changes") == (metric.len() == 4)
        }
        [namespace, name] => counted.contains(&(namespace.clone(), name.clone())),
        _ => false,
    };

    let alarms = bed.call("cloudwatch", "describe_alarms", &json!({}), None).await;
    let alarms = alarms["MetricAlarms"].as_array().unwrap();
    assert_eq!(alarms.len(), 9, "and two on expressions, which ministack does not know");
    for alarm in alarms {
        let mut metric = vec![text(&alarm["Namespace"]), text(&alarm["MetricName"])];
        for dimension in alarm["Dimensions"].as_array().into_iter().flatten() {
            metric.extend([text(&dimension["Name"]), text(&dimension["Value"])]);
        }
        assert!(is_there(&metric), "{alarm:#}");
        assert_eq!(alarm["AlarmActions"], json!([outputs["AlarmsTopic"]]), "{alarm:#}");
    }

    let name = json!({"DashboardName": "usher-eu-west-1"});
    let dashboard = bed.call("cloudwatch", "get_dashboard", &name, None).await;
    let body: Value = serde_json::from_str(dashboard["DashboardBody"].as_str().unwrap()).unwrap();
    let mut shown = 0;
    for widget in body["widgets"].as_array().unwrap() {
        for metric in widget["properties"]["metrics"].as_array().into_iter().flatten() {
            let words = metric.as_array().unwrap().iter();
            let words: Vec<String> =
                words.filter_map(|word| word.as_str().map(str::to_owned)).collect();
            assert!(is_there(&words), "{metric}");
            shown += 1;
        }
    }
    assert!(shown > 15, "{body:#}");
}

/// Without metrics, nothing looks at them, and the reconciler is not told to print any.
#[tokio::test]
async fn metrics_can_be_left_out() {
    let mut bed = Bed::start().await;
    let parameters = json!({"Metrics": "false"});
    bed.deploy(&Deployment { parameters, ..Deployment::default() }).await;
    let alarms = bed.call("cloudwatch", "describe_alarms", &json!({}), None).await;
    let alarms = alarms["MetricAlarms"].as_array().unwrap();
    let looked_at: BTreeSet<String> =
        alarms.iter().map(|alarm| text(&alarm["MetricName"])).collect();
    assert_eq!(alarms.len(), 8, "{looked_at:?}");
    assert!(METRICS.iter().all(|(name, _)| !looked_at.contains(*name)), "{looked_at:?}");
    let name = json!({"FunctionName": "usher-reconciler"});
    let function = bed.call("lambda", "get_function_configuration", &name, None).await;
    assert_eq!(text(&function["Environment"]["Variables"]["USHER_METRICS"]), "");
}

/// One event, from the function that hears it to what is told of it; and nothing in between that a log should not hold.
#[tokio::test(flavor = "multi_thread")]
async fn an_event_can_be_followed_by_its_id() {
    const SECRET: &str = "this-is-for-nobodys-eyes";
    let settings = local::Settings {
        assignment_time: Duration::from_millis(20),
        ..local::Settings::default()
    };
    let local = Local::start(bobs_organization(), settings).await.unwrap();
    let mut bed = Bed::start().await;
    let rules = format!("# {SECRET}\n{RULES}");
    let mut deployment = Deployment::beside(&local.endpoint(), &rules);
    for (variable, value) in [
        ("AWS_LAMBDA_LOG_FORMAT", "JSON"),
        ("AWS_LAMBDA_LOG_LEVEL", "DEBUG"),
        ("AWS_SECRET_ACCESS_KEY", SECRET),
        ("AWS_SESSION_TOKEN", SECRET),
    ] {
        deployment.environment[variable] = json!(value);
    }
    bed.deploy(&deployment).await;
    let event = move_account(PAYMENTS_PROD);
    let id = text(&event["detail"]["eventID"]);
    bed.deliver(&event).await;
    bed.settle().await;

    let granted = announced_of(&mut bed, "Access Granted").await;
    assert_eq!(granted[0]["causes"][0]["id"], id.as_str(), "{granted:#?}");

    // A message that leads nowhere, under a handle that SQS does not know; and rules that are wrong.
    let record = json!({"messageId": "1", "receiptHandle": SECRET, "body": "no scope"});
    bed.invoke("reconciler", &json!({"Records": [record]})).await;
    bed.upload_rules(&format!("version: 1\nrulez: [] # {SECRET}\n")).await;
    announced_of(&mut bed, "Rules Rejected").await;

    let lines_of = |logs: Vec<String>| -> Vec<Value> {
        logs.iter().map(|line| serde_json::from_str(line.trim()).unwrap()).collect()
    };
    let causes = |line: &Value| {
        let spans = line["spans"].as_array().into_iter().flatten();
        spans.filter_map(|span| span["causes"].as_str()).map(str::to_owned).collect::<Vec<_>>()
    };
    let message = |line: &Value| text(&line["fields"]["message"]);
    let (heard, done) =
        (lines_of(bed.logs("account-events").await), lines_of(bed.logs("reconciler").await));
    let sent = heard.iter().find(|line| message(line) == "sent to the lane").unwrap();
    assert_eq!(causes(sent), [id.as_str()], "{sent}");
    // Each line has what Lambda asks for, or it would be taken for INFO.
    assert!(sent["level"].is_string() && sent["timestamp"].is_string(), "{sent}");
    let of_event: Vec<&Value> = done.iter().filter(|line| causes(line) == [id.as_str()]).collect();
    for words in ["taken from the lane", "changed", "done"] {
        assert!(of_event.iter().any(|line| message(line) == words), "{words}: {of_event:#?}");
    }
    // The figures, in the namespace that the template says, with the event that led to them.
    let figures = |line: &&Value| line["causes"] == json!([id]) && line["AwsCalls"].is_u64();
    let figures = done.iter().find(figures).expect("figures of the run");
    assert_eq!(figures["_aws"]["CloudWatchMetrics"][0]["Namespace"], "Usher/usher", "{figures}");
    assert!(figures["LaneAgeSeconds"][0].is_number(), "{figures}");
    assert!(figures["EventToAssignmentSeconds"][0].is_number(), "{figures}");

    for function in ["account-events", "reconciler", "rules-events"] {
        let logs = bed.logs(function).await;
        assert!(!logs.is_empty(), "{function}");
        let leak = logs.iter().find(|line| line.contains(SECRET));
        assert_eq!(leak, None, "{function}");
    }
}

/// What was announced under that name, and what each of these says of its causes.
async fn announced_of(bed: &mut Bed, kind: &str) -> Vec<Value> {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        let told = bed.announcements().await.into_iter();
        let told: Vec<Value> =
            told.filter(|(other, _)| other == kind).map(|(_, detail)| detail).collect();
        if !told.is_empty() {
            return told;
        }
        assert!(Instant::now() < deadline, "no `{kind}`");
        sleep(Duration::from_millis(50)).await;
    }
}

/// What Identity Center does in the management account it does with the reconciler's permissions; they
/// are wide, so nobody has them by accident.
#[tokio::test]
async fn roles_are_made_in_the_management_account_only_when_that_was_asked_for() {
    let mut bed = Bed::start().await;
    bed.deploy(&Deployment::default()).await;
    assert_eq!(iam_permissions(&mut bed).await, Vec::<Value>::new());

    let everything_on = json!({
        "AlarmEmail": "somebody@example.com",
        "Dashboard": "false",
        "InstanceArn": "arn:aws:sso:::instance/ssoins-7223aaaabbbbcccc",
        "ManageManagementAccount": "true",
        "ManagementAccountId": "310000000001",
        "Tracing": "Active",
    });
    let outputs =
        bed.deploy(&Deployment { parameters: everything_on, ..Deployment::default() }).await;
    assert!(text(&outputs["ThenLook"]).contains("no dashboard"), "{outputs:#}");
    let permissions = iam_permissions(&mut bed).await;
    assert_eq!(permissions.len(), 2, "{permissions:#?}");
    for permission in permissions {
        let resource = text(&permission["Resource"]);
        let is_of_identity_center = resource.contains(":role/aws-reserved/sso.amazonaws.com/")
            || resource.contains(":saml-provider/AWSSSO_");
        assert!(is_of_identity_center, "{permission:#}");
    }
    let instance = "arn:aws:sso:::instance/ssoins-7223aaaabbbbcccc";
    let statements = bed.policies("reconciler").await;
    assert!(statements.iter().any(|one| one["Resource"][0] == instance), "{statements:#?}");
}

async fn iam_permissions(bed: &mut Bed) -> Vec<Value> {
    let mut statements = bed.policies("reconciler").await;
    statements.retain(|statement| statement["Action"].to_string().contains("iam:"));
    statements
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Every kind of announcement, and nobody else's, meets the change log's pattern, some are mailed, and
/// the filters count the kinds that alarms are about. (ministack delivers to no log group.)
#[tokio::test]
async fn announcements_meet_the_change_log_the_mails_and_the_filters_that_they_are_for() {
    let (_local, mut bed, outputs) = deployed(Value::Null).await;
    let announced = |kind: &str, source: &str| {
        json!({
            "version": "0", "id": "6f2b1f8e-52a5-4d3a-9a34-0e1d4a1c7c55", "source": source, "detail-type": kind,
            "account": MANAGEMENT, "region": "eu-west-1", "time": "2026-11-23T18:20:07Z",
            "resources": [], "detail": {},
        })
    };
    let kinds =
        ["Access Granted", "Change Failed", "Revocations Held", "Rules Rejected", "Sweep Finished"];
    let mut events: Vec<Value> = kinds.iter().map(|kind| announced(kind, "usher")).collect();
    events.push(announced("Access Granted", "somebody-else"));
    let rules = bed.matching(&events).await;
    let of = |names: &[&str]| names.iter().map(|name| format!("usher-{name}")).collect::<Vec<_>>();
    assert_eq!(
        rules.iter().map(|rules| rules.iter().cloned().collect()).collect::<Vec<BTreeSet<_>>>(),
        [
            of(&["ChangeLogRule"]),
            of(&["ChangeLogRule"]),
            of(&["ChangeLogRule", "HeldMail"]),
            of(&["ChangeLogRule", "RejectedMail"]),
            of(&["ChangeLogRule"]),
            of(&[]),
        ]
        .map(|rules| rules.into_iter().collect::<BTreeSet<_>>())
    );

    let log = json!({"logGroupName": outputs["ChangeLogName"]});
    let filters = bed.call("logs", "describe_metric_filters", &log, None).await;
    let counted: BTreeSet<(String, String)> = filters["metricFilters"]
        .as_array()
        .unwrap()
        .iter()
        .map(|filter| {
            let metric = text(&filter["metricTransformations"][0]["metricName"]);
            (metric, text(&filter["filterPattern"]))
        })
        .collect();
    let kind = |kind: &str| format!("{{ $.detail-type = \"{kind}\" }}");
    let sweep = |and: &str| format!("{{ ($.detail-type = \"Sweep Finished\") && {and} }}");
    let expected = [
        ("ChangesFailed", kind(kinds[1])),
        ("RevocationsHeld", kind(kinds[2])),
        (
            "RevocationsHeld",
            sweep("($.detail.summary.held = 0) && ($.detail.gaps[0].reason NOT EXISTS)"),
        ),
        ("RulesRejected", kind("Rules Activated")),
        ("RulesRejected", kind(kinds[3])),
        ("SweepsFinished", kind(kinds[4])),
        ("SweepsWithGaps", sweep("($.detail.gaps[0].reason = \"*\")")),
    ]
    .map(|(name, pattern)| (name.to_owned(), pattern));
    assert_eq!(counted, expected.into());
}
