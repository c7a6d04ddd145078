//! The functions, run in this process: the very handlers that run in Lambda, over the real SDK, with the organization on
//! localhost as AWS.

use std::{
    num::NonZeroU32,
    time::{Duration, Instant},
};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_organizations::config::{Credentials, SharedCredentialsProvider};
use aws_smithy_http_client::Builder;
use local::{Clock, Local};
use serde_json::{Value, json};
use shared::{
    act::Outcome as Changed,
    aws::store::Location,
    ids::Digest,
    plan::{Action, Plan, PlanText},
    reconcile::Reconciled,
    relevance::OWN_CHANGE,
    rules::Rules,
    runtime::{self, Batch, Outcome, RulesOutcome, Settings, World},
    scope::{self, Function, event::Event},
};

use crate::{
    exit::Failure,
    output::{self, DIM, RED, painted},
};

/// Usher's credentials, so that the events can tell its calls from everybody else's.
pub(crate) const USHER_ACCESS_KEY_ID: &str = "USHERLOCAL";

/// The lane's queue, which is any of that name on localhost.
pub(crate) const LANE: &str = "https://sqs.eu-west-1.amazonaws.com/111111111111/usher-lane.fifo";

/// How long between two looks at requests in flight: shorter than in AWS, as everything on localhost is.
const POLL_EVERY: Duration = Duration::from_millis(100);

/// The functions. Those that hear events and the reconciler share nothing, as their processes in AWS do.
pub(crate) struct Functions {
    clock: Clock,
    hearing: World,
    reconciler: World,
}

/// What a function made of an event.
pub(crate) struct Taken {
    /// Which function it was.
    pub(crate) function: Function,
    /// What it made of it.
    pub(crate) outcome: Outcome,
}

/// What the reconciler made of a batch.
pub(crate) struct Run {
    messages: usize,
    /// What became of it.
    pub(crate) batch: Batch,
    calls: u64,
    /// By the clock of the organization.
    time: Duration,
}

impl Functions {
    /// The functions, set up as the template does it. They put in force what somebody writes to one file, follow what is in
    /// another, go by the organization's clock, and call AWS as often as its quotas allow where time passes so quickly.
    pub(crate) fn new(local: &Local, written: &str, active: &str) -> Result<Self, Failure> {
        let clock = local.clock();
        let speed = clock.speed();
        let settings = Settings {
            rules: Some(location(active)?),
            rules_written: Some(location(written)?),
            calls_per_second: calls_per_second(speed),
            organizations_speed: speed,
            lane: Some(LANE.to_owned()),
            poll_every: POLL_EVERY,
            account: Some(local.caller()),
            own_role: Some(local.usher_role_arn()),
            ..Settings::default()
        };
        let world = || {
            World::new(settings.clone(), configuration(local, USHER_ACCESS_KEY_ID))
                .with_clock(runtime::Clock::of(move || clock.now()))
        };
        Ok(Self { clock, hearing: world(), reconciler: world() })
    }

    /// How many calls the reconciler has made.
    pub(crate) fn calls(&self) -> u64 {
        self.reconciler.calls().total()
    }

    /// Does what the event rules do in AWS: each event goes to the function that it is for. What is for none is nobody's;
    /// the schedule goes to the lane by itself, and the rules file to [`Self::write_rules`]. Of echoes of what the functions do,
    /// nothing is told.
    pub(crate) async fn deliver(&self, event: Value) -> Result<Option<Taken>, Failure> {
        let function = match scope::route(&event).function {
            None | Some(Function::Reconciler | Function::RulesEvents) => return Ok(None),
            Some(function) => function,
        };
        let outcome = runtime::event(&self.hearing, function, event).await;
        let outcome = outcome.map_err(|failure| failed(function, failure))?;
        let is_echo = matches!(&outcome, Outcome::Ignored(why) if why == OWN_CHANGE);
        Ok((!is_echo).then_some(Taken { function, outcome }))
    }

    /// Tells the function that puts rules in force that somebody wrote the rules file.
    pub(crate) async fn write_rules(&self, event: Value) -> Result<RulesOutcome, Failure> {
        let outcome = runtime::rules_event(&self.hearing, event).await;
        outcome.map_err(|failure| failed(Function::RulesEvents, failure))
    }

    /// Hands messages, each with its id, to the reconciler, in the batch that Lambda makes of them.
    pub(crate) async fn reconcile(&self, messages: &[(String, String)]) -> Result<Run, Failure> {
        let record = |(id, body): &(String, String)| json!({ "messageId": id, "body": body });
        let records: Vec<Value> = messages.iter().map(record).collect();
        let before = self.calls();
        let begin = Instant::now();
        let batch = runtime::lane_batch(&self.reconciler, json!({ "Records": records })).await;
        let batch = batch.map_err(|failure| failed(Function::Reconciler, failure))?;
        let calls = self.calls() - before;
        Ok(Run { messages: messages.len(), batch, calls, time: self.clock.passed(begin.elapsed()) })
    }
}

impl Taken {
    /// The function and what it made of the event, on one line.
    pub(crate) fn told(&self) -> String {
        let told = match &self.outcome {
            Outcome::Sent(message) => format!("look at {}", message.scope),
            Outcome::Ignored(why) => painted(DIM, format!("ignored: {why}")),
        };
        format!("{}: {told}", self.function)
    }
}

impl Run {
    /// What was taken from the lane, the plan with its reasons, and what was done; each line after its title.
    pub(crate) fn told(&self, rules: &Rules) -> Vec<(&'static str, String)> {
        let noun = if self.messages == 1 { "message" } else { "messages" };
        let mut told = vec![("lane", format!("reconciler took {} {noun}", self.messages))];
        let runs: Vec<&Reconciled> = self.reconciled().collect();
        if runs.is_empty() {
            told.push(("done", "nothing to look at".to_owned()));
            return told;
        }
        runs.iter().for_each(|reconciled| tell(reconciled, rules, &mut told));
        let of = |action| {
            let done =
                |outcome: &&Changed| outcome.change.action == action && outcome.result.is_ok();
            runs.iter().flat_map(|reconciled| &reconciled.outcomes).filter(done).count()
        };
        let calls = self.calls;
        let noun = if calls == 1 { "call" } else { "calls" };
        let done = format!(
            "{} granted, {} revoked; {calls} {noun} to AWS, {}",
            of(Action::Create),
            of(Action::Delete),
            in_words(self.time),
        );
        told.push(("done", done));
        told
    }

    /// The digests of what is held back.
    pub(crate) fn held(&self) -> impl Iterator<Item = Digest> {
        let plans = self.reconciled().map(|reconciled| &reconciled.plan);
        plans.filter(|plan| plan.held().next().is_some()).map(Plan::digest)
    }

    fn reconciled(&self) -> impl Iterator<Item = &Reconciled> {
        self.batch.approved.iter().chain(&self.batch.reconciled)
    }
}

/// A duration as people read it. Where time passes quickly, milliseconds are soon hours.
fn in_words(time: Duration) -> String {
    const MINUTE: u64 = 60;
    match time.as_secs() {
        0..MINUTE => format!("{} ms", time.as_millis()),
        seconds => format!("{} min {} s", seconds / MINUTE, seconds % MINUTE),
    }
}

/// The plan with its reasons, and what failed.
fn tell(reconciled: &Reconciled, rules: &Rules, told: &mut Vec<(&'static str, String)>) {
    let text = PlanText { plan: &reconciled.plan, rules, organization: &reconciled.organization };
    // Before the plan, as `usher plan` does: a name that nothing bears is why it revokes so much.
    for warning in &reconciled.plan.warnings {
        let warning = warning.render(&rules.source, output::STYLED);
        told.extend(warning.lines().map(|line| ("", line.to_owned())));
    }
    let plan = output::painted_plan(text.to_string().trim_end());
    told.extend(plan.lines().map(|line| ("", line.to_owned())));
    for (outcome, reason) in reconciled.failures() {
        let change = &outcome.change;
        let what = format!("{} {}", change.permission_set.name, change.principal);
        told.push(("failed", painted(RED, format!("{what} in {}: {reason}", change.account.name))));
    }
}

/// The name of an event, whatever it is.
pub(crate) fn name_of(event: &Value) -> String {
    Event::new(event).map(|event| event.name().to_owned()).unwrap_or_default()
}

/// A configuration of its own: nothing of the user's environment or profile, least of all credentials.
pub(crate) fn configuration(local: &Local, access_key_id: &str) -> SdkConfig {
    let credentials = Credentials::new(access_key_id, "not-a-secret", None, None, "usher");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-1"))
        .endpoint_url(local.endpoint())
        // Without TLS, which localhost does not need, and without the proxy of a company's laptop.
        .http_client(Builder::new().build_http())
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .build()
}

fn location(path: &str) -> Result<Location, Failure> {
    path.parse().map_err(|error| Failure::Bob {
        what: "name the rules file".to_owned(),
        source: Box::new(error),
    })
}

fn failed(function: Function, failure: runtime::Failure) -> Failure {
    Failure::Function { function, source: Box::new(failure) }
}

/// Calls to Identity Center a second, in real time: under the quota, whether it applies or not.
fn calls_per_second(speed: f64) -> NonZeroU32 {
    let usual = Settings::default().calls_per_second;
    let faster = (f64::from(usual.get()) * speed).round();
    // A float that does not fit ends at the nearest number that does.
    NonZeroU32::new(faster as u32).unwrap_or(NonZeroU32::MIN)
}
