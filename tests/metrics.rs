//! The figures in the log: in the format that CloudWatch reads, under the names that the page tells, and only where
//! there is something to say.

use std::{collections::BTreeMap, time::Duration};

use serde_json::{Value, json};
use shared::{
    act::Limits,
    failure::{CallFailure, FailureKind},
    lane::Cause,
    observe::Picture,
    organization::{Gap, Unread},
    plan::{Action, Plan},
    reconcile::{Errand, NotAnnounced, Reconciled, reconcile},
    runtime::{
        Metrics,
        metrics::{Figures, METRICS, since},
    },
    scope::Scope,
};

use crate::support::{
    fake_aws::FakeAws,
    organization::{account_id, assignment, company},
    page, rules,
    validate::validate,
};

const NAMESPACE: &str = "Usher/usher";

fn lines(figures: &Figures) -> Vec<Value> {
    wanted(figures, false)
}

fn wanted(figures: &Figures, by_operation: bool) -> Vec<Value> {
    let metrics = Metrics { namespace: NAMESPACE.to_owned(), by_operation };
    figures.lines(&metrics, "2026-03-02T15:42:00.123Z".parse().unwrap())
}

/// Something of everything, and more changes than one line has room for.
fn all_there_is() -> Figures {
    let gap = |number: usize| Gap {
        what: Unread::Assignments,
        account_id: Some(account_id(&format!("shop-{number}"))),
        reason: "sso:ListAccountAssignments: AccessDeniedException".to_owned(),
    };
    Figures {
        lane_age: Some(Duration::from_millis(1_250)),
        calls: BTreeMap::from([
            ("sso-admin:ListAccountAssignments".to_owned(), 40),
            ("organizations:ListAccounts".to_owned(), 2),
        ]),
        throttled: BTreeMap::from([("sso-admin:ListAccountAssignments".to_owned(), 3)]),
        changes: BTreeMap::from([(Action::Create, 250), (Action::Delete, 1)]),
        failures: 1,
        held: 2,
        drift: 3,
        gaps: (0..30).map(gap).collect(),
        not_announced: 4,
        sweeps: 1,
        after_the_event: (0..250).map(Duration::from_secs).collect(),
        causes: vec!["e-1".to_owned(), "e-2".to_owned()],
    }
}

/// The values of each metric, with the value of its dimension.
fn values(lines: &[Value]) -> BTreeMap<(String, String), Vec<f64>> {
    let mut values: BTreeMap<(String, String), Vec<f64>> = BTreeMap::new();
    for line in lines {
        for directive in line["_aws"]["CloudWatchMetrics"].as_array().unwrap() {
            assert_eq!(directive["Namespace"], NAMESPACE);
            // Each set of dimensions is a metric of its own, which costs.
            let [dimensions] = directive["Dimensions"].as_array().unwrap().as_slice() else {
                panic!("{directive}")
            };
            let dimensions = dimensions.as_array().unwrap().iter();
            let dimension: Vec<&str> =
                dimensions.map(|name| line[name.as_str().unwrap()].as_str().unwrap()).collect();
            for metric in directive["Metrics"].as_array().unwrap() {
                let name = metric["Name"].as_str().unwrap();
                let unit = metric["Unit"].as_str().unwrap();
                assert!(METRICS.contains(&(name, unit)), "{metric}");
                let number = |value: &Value| value.as_f64().unwrap();
                let here = match &line[name] {
                    Value::Array(all) => all.iter().map(number).collect(),
                    one => vec![number(one)],
                };
                let key = (name.to_owned(), dimension.join(","));
                values.entry(key).or_default().extend(here);
            }
        }
    }
    values
}

#[test]
fn what_is_printed_is_in_the_format_that_aws_publishes() {
    let lines = wanted(&all_there_is(), true);
    let schema = page::read("tests/embedded_metric_format.schema.json");
    let documents = lines.iter().enumerate();
    let documents = documents.map(|(number, line)| (number.to_string(), line.to_string()));
    for (number, validated) in validate(&schema, documents) {
        assert!(validated.mistakes.is_empty(), "line {number}: {:?}", validated.mistakes);
    }
    // What the schema does not say, and the specification does.
    for line in &lines {
        assert!(line.to_string().len() < 256 * 1024);
        assert_eq!(line["_aws"]["Timestamp"], 1_772_466_120_123_i64);
        for directive in line["_aws"]["CloudWatchMetrics"].as_array().unwrap() {
            let dimensions = directive["Dimensions"].as_array().unwrap().iter();
            for dimension in dimensions.flat_map(|set| set.as_array().unwrap()) {
                assert!(line[dimension.as_str().unwrap()].is_string(), "{line}");
            }
            for metric in directive["Metrics"].as_array().unwrap() {
                let value = &line[metric["Name"].as_str().unwrap()];
                let is_list = value.as_array().is_some_and(|all| {
                    (1..=100).contains(&all.len()) && all.iter().all(Value::is_number)
                });
                assert!(value.is_number() || is_list, "{value}");
            }
        }
        // Lambda reads both of any line of JSON.
        assert_eq!(
            (&line["level"], &line["timestamp"]),
            (&json!("INFO"), &json!("2026-03-02T15:42:00.123Z"))
        );
    }
}

#[test]
fn every_value_is_told_once() {
    let lines = lines(&all_there_is());
    let values = values(&lines);
    let of = |name: &str, dimension: &str| values[&(name.to_owned(), dimension.to_owned())].clone();
    assert_eq!((of("Changes", "create"), of("Changes", "delete")), (vec![250.0], vec![1.0]));
    assert_eq!((of("AwsCalls", ""), of("Throttles", "")), (vec![42.0], vec![3.0]));
    assert_eq!(
        (of("Failures", ""), of("Held", ""), of("DriftFound", "")),
        (vec![1.0], vec![2.0], vec![3.0])
    );
    assert_eq!(
        (of("Gaps", ""), of("NotAnnounced", ""), of("SweepFinished", "")),
        (vec![30.0], vec![4.0], vec![1.0])
    );
    assert_eq!(of("LaneAgeSeconds", ""), [1.25]);
    let waits: Vec<f64> = (0..250).map(f64::from).collect();
    assert_eq!(of("EventToAssignmentSeconds", ""), waits);
    let mut names: Vec<&str> = values.keys().map(|(name, _)| name.as_str()).collect();
    names.dedup();
    assert_eq!(names, METRICS.map(|(name, _)| name));
    // What is no metric can be asked for in the log: which calls, which gaps, which events.
    assert_eq!(lines[0]["calls"]["organizations:ListAccounts"], 2);
    assert_eq!(lines[0]["gaps"][0]["account_id"], account_id("shop-0").as_str());
    assert_eq!(lines[0]["gaps"].as_array().unwrap().len(), 20);
    assert_eq!(lines[0]["causes"], json!(["e-1", "e-2"]));
}

#[test]
fn calls_and_throttles_are_told_by_operation_where_that_is_wanted() {
    let before = values(&lines(&all_there_is()));
    let mut values = values(&wanted(&all_there_is(), true));
    values.retain(|metric, _| !before.contains_key(metric));
    let operation = |metric: &str, operation: &str| (metric.to_owned(), operation.to_owned());
    let told = BTreeMap::from([
        (operation("AwsCalls", "organizations:ListAccounts"), vec![2.0]),
        (operation("AwsCalls", "sso-admin:ListAccountAssignments"), vec![40.0]),
        (operation("Throttles", "sso-admin:ListAccountAssignments"), vec![3.0]),
    ]);
    assert_eq!(values, told);
}

#[test]
fn what_there_is_nothing_to_say_of_costs_nothing() {
    assert_eq!(lines(&Figures::default()), Vec::<Value>::new());
    let quiet =
        Figures { calls: [("sso-admin:ListInstances".to_owned(), 1)].into(), ..Figures::default() };
    let lines = lines(&quiet);
    assert_eq!(values(&lines).len(), 1);
    assert_eq!(lines[0].as_object().unwrap().len(), 5, "{}", lines[0]);
}

#[test]
fn the_page_tells_every_metric_with_its_unit() {
    let page = page::read("docs/metrics.md");
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `"));
    let told: Vec<(String, String)> = rows
        .map(|row| {
            let mut cells = row.split('|').map(|cell| cell.trim().trim_matches('`').to_owned());
            (cells.next().unwrap(), cells.next().unwrap())
        })
        .collect();
    let mut told: Vec<(&str, &str)> =
        told.iter().map(|(name, unit)| (name.as_str(), unit.as_str())).collect();
    told.sort_unstable();
    assert_eq!(told, METRICS);
}

/// What a run comes to: a grant, a revocation that is refused, drift and what nobody could announce.
#[tokio::test(start_paused = true)]
async fn a_run_is_counted() {
    let rules = rules(
        "{version: 1, manage: {unlisted: revoke}, rules: [{name: a, permission_sets: Power, groups: Engineering, accounts: {all: true}}]}",
    );
    let company = company().group("Engineering").permission_set("Power").permission_set("Admin");
    let company =
        company.account("pay", "/").account("web", "/").assigned("Admin", "Engineering", "web");
    let granted = assignment("Admin", "Engineering", "web");
    let aws = FakeAws::new(company.0).refusing(granted.clone(), "role quota reached");
    let cause = Cause {
        event: "CreateAccountAssignment".to_owned(),
        time: Some("2026-03-02T15:41:50Z".to_owned()),
        assignment: Some(granted),
        ..Cause::default()
    };
    let now = "2026-03-02T15:42:00Z".parse().unwrap();
    let errand = Errand::new(Scope::everything(), vec![cause], now);
    let mut picture = Picture::default();
    let run = reconcile((&aws, &aws, &aws), &rules, Limits::default(), &errand, &mut picture);
    let (mut figures, run) = (Figures::default(), run.await.unwrap());
    figures.add(&run);
    assert_eq!(figures.changes, BTreeMap::from([(Action::Create, 2)]));
    assert_eq!((figures.failures, figures.drift, figures.sweeps), (1, 1, 1));
    assert_eq!((figures.held, figures.not_announced, figures.gaps.len()), (0, 0, 0));
    assert_eq!(figures.after_the_event.len(), 2);
    let in_time = Duration::from_secs(10)..Duration::from_secs(40);
    assert!(figures.after_the_event.iter().all(|after| in_time.contains(after)), "{figures:?}");
}

/// What a run says of itself is added to what the runs before it said.
#[tokio::test(start_paused = true)]
async fn the_runs_of_an_invocation_add_up() {
    let rules = rules(
        "{version: 1, manage: {unlisted: revoke, max_revocations: 0}, rules: [{name: a, permission_sets: Power, groups: Engineering, accounts: {name: web}}]}",
    );
    let company = company().group("Engineering").permission_set("Power").account("web", "/");
    let company = company.account("pay", "/").assigned("Power", "Engineering", "pay");
    let aws = FakeAws::new(company.0);
    let now = "2026-03-02T15:42:00Z".parse().unwrap();
    let errand = Errand::new(Scope::account(account_id("pay")), Vec::new(), now);
    let mut picture = Picture::default();
    let run = reconcile((&aws, &aws, &aws), &rules, Limits::default(), &errand, &mut picture);
    let run = run.await.unwrap();
    assert_eq!(run.plan.held().count(), 1);
    let gap = Gap { what: Unread::Assignments, account_id: None, reason: "Throttling".to_owned() };
    let failure = CallFailure {
        operation: "events:PutEvents",
        code: "InternalFailure".to_owned(),
        message: String::new(),
        kind: FailureKind::Transient,
    };
    let impossible = run.plan.changes.clone();
    let run = Reconciled {
        plan: Plan { gaps: vec![gap], impossible, ..run.plan.clone() },
        not_announced: Some(NotAnnounced { number: 3, failure }),
        ..run
    };
    let mut figures = Figures::default();
    for runs in 1..3 {
        figures.add(&run);
        let Figures { failures, held, sweeps, gaps, not_announced, .. } = &figures;
        assert_eq!((*failures, *held, *sweeps), (runs, runs, 0));
        assert_eq!((gaps.len(), *not_announced), (runs, 3 * runs));
    }
}

/// A process lives longer than an invocation, and its counters go on.
#[test]
fn only_what_an_invocation_called_itself_is_told() {
    let counted = |list: u64, tags: u64| -> BTreeMap<String, u64> {
        let all = [("ListAccounts", list), ("ListTagsForResource", tags)];
        all.map(|(name, number)| (name.to_owned(), number)).into_iter().collect()
    };
    let told = since(&counted(2, 5), counted(2, 9));
    assert_eq!(told, [("ListTagsForResource".to_owned(), 4)].into());
    assert_eq!(since(&BTreeMap::new(), counted(1, 2)), counted(1, 2));
}
