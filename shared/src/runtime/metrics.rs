//! Figures of what the reconciler does, as CloudWatch finds them in its log: one JSON line in the embedded
//! metric format, and one more where a figure is told by its kind.
//!
//! What there is nothing to say of is left out: a metric costs by the hour in which it is told, and an
//! alarm may take what is missing for zero. `docs/metrics.md` says what each figure means.
//!
//! Source: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>

use std::{
    collections::BTreeMap,
    io::{self, Write},
    time::Duration,
};

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Map, Value, json};

use crate::{
    aws::calls::{ByOperation, Calls},
    organization::Gap,
    plan::Action,
    reconcile::Reconciled,
};

use super::settings::Metrics;

/// Every metric, with its unit: what the documentation, the dashboard and the alarms may name.
pub const METRICS: [(&str, &str); 11] = [
    ("AwsCalls", COUNT),
    ("Changes", COUNT),
    ("DriftFound", COUNT),
    ("EventToAssignmentSeconds", SECONDS),
    ("Failures", COUNT),
    ("Gaps", COUNT),
    ("Held", COUNT),
    ("LaneAgeSeconds", SECONDS),
    ("NotAnnounced", COUNT),
    ("SweepFinished", COUNT),
    ("Throttles", COUNT),
];

const COUNT: &str = "Count";
const SECONDS: &str = "Seconds";

/// A dimension: `create` or `delete`, of `Changes`.
const ACTION: &str = "Action";

/// A dimension, where it is wanted: such as `organizations:ListAccounts`, of `AwsCalls` and `Throttles`.
const OPERATION: &str = "Operation";

/// The most values that a metric may have in one line.
const MOST_VALUES: usize = 100;

/// As many gaps are named in a line. The log has a line for each of them.
const MOST_GAPS: usize = 20;

/// What an invocation of the reconciler has come to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Figures {
    /// How long the oldest message of the batch has waited; nothing, when the queue does not say.
    pub lane_age: Option<Duration>,
    /// Requests to AWS.
    pub calls: ByOperation,
    /// Of these, how many AWS answered by saying that it was asked too often.
    pub throttled: ByOperation,
    /// Changes that were made.
    pub changes: BTreeMap<Action, usize>,
    /// Changes that could not be made.
    pub failures: usize,
    /// Revocations that wait for approval.
    pub held: usize,
    /// Assignments that others have changed against the rules.
    pub drift: usize,
    /// What could not be read.
    pub gaps: Vec<Gap>,
    /// Announcements that did not get out.
    pub not_announced: usize,
    /// Sweeps that came to their end.
    pub sweeps: usize,
    /// Of each change that an event of AWS led to, how long after the event it was made.
    pub after_the_event: Vec<Duration>,
    /// The ids of the events that led here.
    pub causes: Vec<String>,
}

impl Figures {
    /// Adds what a run has come to.
    pub fn add(&mut self, run: &Reconciled) {
        for outcome in run.outcomes.iter().filter(|outcome| outcome.result.is_ok()) {
            *self.changes.entry(outcome.change.action).or_default() += 1;
        }
        self.failures += run.failures().count() + run.plan.impossible.len();
        self.held += run.plan.held().count();
        self.drift += run.drift.len();
        self.gaps.extend(run.plan.gaps.iter().cloned());
        self.not_announced += run.not_announced.as_ref().map_or(0, |lost| lost.number);
        self.sweeps += usize::from(run.is_finished_sweep);
        self.after_the_event.extend(&run.after_the_event);
    }

    /// The lines, in the embedded metric format.
    #[must_use]
    pub fn lines(&self, wanted: &Metrics, at: DateTime<Utc>) -> Vec<Value> {
        let main = Line { members: self.properties(), ..Line::default() };
        let counts = [
            ("AwsCalls", self.calls.values().sum()),
            ("Throttles", self.throttled.values().sum()),
            ("Failures", self.failures as u64),
            ("Held", self.held as u64),
            ("DriftFound", self.drift as u64),
            ("Gaps", self.gaps.len() as u64),
            ("NotAnnounced", self.not_announced as u64),
            ("SweepFinished", self.sweeps as u64),
        ];
        let main = counts.into_iter().filter(|(_, number)| *number > 0).fold(main, Line::count);
        let main = main.seconds("LaneAgeSeconds", self.lane_age.as_slice());
        let mut waits = self.after_the_event.chunks(MOST_VALUES);
        let main = main.seconds("EventToAssignmentSeconds", waits.next().unwrap_or_default());
        let more = waits.map(|waits| Line::default().seconds("EventToAssignmentSeconds", waits));
        let changes = self.changes.iter().map(|(action, number)| {
            Line::of(ACTION, &action.to_string()).count(("Changes", *number as u64))
        });
        let operations = self.by_operation().filter(|_| wanted.by_operation);
        let lines = std::iter::once(main).chain(more).chain(changes).chain(operations);
        lines.filter(Line::says_anything).map(|line| line.written(&wanted.namespace, at)).collect()
    }

    fn by_operation(&self) -> impl Iterator<Item = Line> {
        self.calls.iter().map(|(operation, calls)| {
            let line = Line::of(OPERATION, operation).count(("AwsCalls", *calls));
            let throttled = self.throttled.get(operation);
            throttled.into_iter().fold(line, |line, number| line.count(("Throttles", *number)))
        })
    }

    /// What is no metric and can be asked for in the log: which calls, which gaps, which events.
    fn properties(&self) -> Map<String, Value> {
        let gaps: Vec<&Gap> = self.gaps.iter().take(MOST_GAPS).collect();
        let all = [
            ("calls", json!(self.calls)),
            ("throttled", json!(self.throttled)),
            ("gaps", json!(gaps)),
            ("causes", json!(self.causes)),
        ];
        let is_empty = |value: &Value| {
            value.as_array().is_some_and(Vec::is_empty)
                || value.as_object().is_some_and(Map::is_empty)
        };
        let told = all.into_iter().filter(|(_, value)| !is_empty(value));
        told.map(|(name, value)| (name.to_owned(), value)).collect()
    }
}

/// What of the calls was made since these were counted.
#[must_use]
pub fn since(before: &ByOperation, now: ByOperation) -> ByOperation {
    let made = now.into_iter().map(|(operation, number)| {
        let earlier = before.get(&operation).copied().unwrap_or_default();
        (operation, number.saturating_sub(earlier))
    });
    made.filter(|(_, number)| *number > 0).collect()
}

/// The count of calls at a moment.
#[derive(Debug)]
pub(super) struct Before {
    calls: ByOperation,
    throttled: ByOperation,
}

impl Before {
    pub(super) fn count(calls: &Calls) -> Self {
        Self { calls: calls.by_operation(), throttled: calls.throttled() }
    }

    /// Requests since then, and those of them that were throttled.
    pub(super) fn until_now(&self, calls: &Calls) -> (ByOperation, ByOperation) {
        (since(&self.calls, calls.by_operation()), since(&self.throttled, calls.throttled()))
    }
}

/// A line that is being put together.
#[derive(Default)]
struct Line {
    dimension: Option<&'static str>,
    metrics: Vec<Value>,
    members: Map<String, Value>,
}

impl Line {
    fn of(dimension: &'static str, value: &str) -> Self {
        let members = Map::from_iter([(dimension.to_owned(), json!(value))]);
        Self { dimension: Some(dimension), members, ..Self::default() }
    }

    fn count(self, (name, number): (&str, u64)) -> Self {
        self.with(name, COUNT, json!(number))
    }

    fn seconds(self, name: &str, values: &[Duration]) -> Self {
        let seconds: Vec<f64> = values.iter().map(Duration::as_secs_f64).collect();
        if seconds.is_empty() { self } else { self.with(name, SECONDS, json!(seconds)) }
    }

    fn with(mut self, name: &str, unit: &str, value: Value) -> Self {
        self.metrics.push(json!({ "Name": name, "Unit": unit }));
        self.members.insert(name.to_owned(), value);
        self
    }

    fn says_anything(&self) -> bool {
        !self.metrics.is_empty()
    }

    /// With a level and a time, as Lambda wants them of a line of JSON.
    fn written(mut self, namespace: &str, at: DateTime<Utc>) -> Value {
        let dimensions: Vec<&str> = self.dimension.into_iter().collect();
        let metrics = json!([
            { "Namespace": namespace, "Dimensions": [dimensions], "Metrics": self.metrics }
        ]);
        let about = json!({ "Timestamp": at.timestamp_millis(), "CloudWatchMetrics": metrics });
        self.members.insert("_aws".to_owned(), about);
        self.members.insert("level".to_owned(), json!("INFO"));
        let time = at.to_rfc3339_opts(SecondsFormat::Millis, true);
        self.members.insert("timestamp".to_owned(), json!(time));
        Value::Object(self.members)
    }
}

/// Prints the lines where CloudWatch looks for them.
///
/// # Errors
/// Nobody listens to standard output.
pub(super) fn print(lines: &[Value]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    for line in lines {
        writeln!(out, "{line}")?;
    }
    out.flush()
}
