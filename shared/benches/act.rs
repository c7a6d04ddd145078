//! How near the writer comes to what AWS's quotas allow: over the real SDK and HTTP, against the
//! organization on localhost with strict quotas, with its time passing faster.
//!
//! The bound is the larger of two: all calls to Identity Center at the pace that the settings allow,
//! and all changes at the time that each takes, so many of them at once. Nobody can be quicker.
//!
//! What this machine takes for a call is multiplied by the speed, so it has to be idle: with others at
//! work on it, the figures are theirs. And the speed is low: at four times, two cores made of 1.10 of
//! the bound 1.12. `act/tests` measures the same in virtual time, exactly.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a bench prints, and stops at a surprise"
)]

use std::{num::NonZeroU32, time::Duration};

use aws_config::{BehaviorVersion, Region};
use chrono::{DateTime, Utc};
use local::{Clock, Local, Quotas};
use serde_json::{Value, json};
use shared::{
    act::{Limits, act},
    decide::decide,
    lane::LaneMessage,
    organization::Organization,
    plan::Change,
    rules::Rules,
    runtime::{Settings, World, lane_batch},
    scope::Scope,
    source::SourceFile,
};
use tokio::time::Instant;

/// How much of the bound a run may take.
const AT_MOST: f64 = 1.1;

/// An organization, the rules for it, and how AWS behaves.
struct Case {
    name: &'static str,
    accounts: usize,
    groups: usize,
    permission_sets: usize,
    /// Each account gets so many assignments.
    each: usize,
    operation: Duration,
    latency: Duration,
    speed: f64,
}

const CASES: [Case; 3] = [
    Case {
        name: "60 accounts x 10 assignments",
        accounts: 60,
        groups: 10,
        permission_sets: 5,
        each: 10,
        operation: Duration::from_secs(3),
        latency: Duration::from_millis(20),
        speed: 2.0,
    },
    Case {
        name: "500 accounts x 10 assignments",
        accounts: 500,
        groups: 10,
        permission_sets: 10,
        each: 10,
        operation: Duration::from_secs(3),
        latency: Duration::from_millis(20),
        speed: 3.0,
    },
    Case {
        name: "from empty: 100 accounts, 30 groups, 15 sets",
        accounts: 100,
        groups: 30,
        permission_sets: 15,
        each: 10,
        operation: Duration::from_secs(1),
        latency: Duration::from_millis(50),
        speed: 2.0,
    },
];

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let [twice, many, from_empty] = &CASES;
    let wanted: Vec<String> =
        std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let is_wanted = |case: &Case| {
        wanted.is_empty() || wanted.iter().any(|word| case.name.contains(word.as_str()))
    };
    let mut worst: f64 = 0.0;
    if is_wanted(twice) {
        let aws = Aws::start(twice).await;
        let creates = aws.plan(&rules(twice));
        worst = worst.max(aws.carry_out("create", creates).await);
        let deletes = aws.plan(&no_rules());
        worst = worst.max(aws.carry_out("delete", deletes).await);
    }
    if is_wanted(many) {
        let aws = Aws::start(many).await;
        let creates = aws.plan(&rules(many));
        worst = worst.max(aws.carry_out("create", creates).await);
    }
    if is_wanted(from_empty) {
        worst = worst.max(Aws::start(from_empty).await.reconcile().await);
    }
    assert!(worst <= AT_MOST, "{worst:.3} of the bound is more than {AT_MOST}");
}

/// AWS on localhost, and Usher in front of it.
struct Aws<'c> {
    case: &'c Case,
    local: Local,
    world: World,
    limits: Limits,
    pace: f64,
}

impl<'c> Aws<'c> {
    async fn start(case: &'c Case) -> Self {
        let settings = local::Settings {
            quotas: Quotas::Strict,
            assignment_time: case.operation,
            latency: case.latency,
            clock: Clock::times_as_fast(case.speed),
            ..local::Settings::default()
        };
        let local = Local::start(organization(case), settings).await.unwrap();
        let config = aws_config::defaults(BehaviorVersion::latest())
            .region(Region::new("eu-central-1"))
            .endpoint_url(local.endpoint())
            .test_credentials()
            .load()
            .await;
        let defaults = Settings::default();
        let pace = f64::from(defaults.calls_per_second.get());
        let faster = (pace * case.speed).round() as u32;
        let rules_file =
            std::env::temp_dir().join(format!("usher-bench-{}.yaml", std::process::id()));
        std::fs::write(&rules_file, rules_text(case)).unwrap();
        let settings = Settings {
            rules: Some(rules_file.to_str().unwrap().parse().unwrap()),
            calls_per_second: NonZeroU32::new(faster).unwrap(),
            organizations_speed: case.speed,
            poll_every: defaults.poll_every.div_f64(case.speed),
            ..defaults
        };
        let limits = Limits::default().faster(case.speed);
        Self { case, local, world: World::new(settings, config), limits, pace }
    }

    fn plan(&self, rules: &Rules) -> Vec<Change> {
        decide(rules, &self.local.organization(), now(), &Scope::everything()).changes
    }

    /// The writes alone.
    async fn carry_out(&self, what: &str, changes: Vec<Change>) -> f64 {
        let (number, before, start) = (changes.len(), self.calls(), Instant::now());
        let acted = act(self.world.act(), changes, self.limits).await;
        let elapsed = start.elapsed();
        for outcome in &acted.outcomes {
            if let Err(reason) = &outcome.result {
                panic!("{reason}");
            }
        }
        self.tell(what, number, self.calls() - before, elapsed)
    }

    /// Reading, planning and writing.
    async fn reconcile(&self) -> f64 {
        let message = LaneMessage { scope: Scope::everything(), ..LaneMessage::default() };
        let event = json!({"Records": [{"messageId": "message-0", "body": message.body()}]});
        let start = Instant::now();
        let batch = lane_batch(&self.world, event).await.unwrap();
        let elapsed = start.elapsed();
        let reconciled = batch.reconciled.unwrap();
        assert_eq!(reconciled.failures().count(), 0);
        self.tell("all", reconciled.outcomes.len(), self.calls(), elapsed)
    }

    /// Calls to Identity Center, by the server's own count.
    fn calls(&self) -> u64 {
        let calls = self.local.calls();
        let of_identity_center = calls.iter().filter(|(name, _)| name.starts_with("sso-admin:"));
        of_identity_center.map(|(_, number)| number).sum()
    }

    /// Prints the arithmetic; all in AWS's time.
    fn tell(&self, what: &str, changes: usize, calls: u64, elapsed: Duration) -> f64 {
        let elapsed = elapsed.as_secs_f64() * self.case.speed;
        let (operation, in_flight) = (self.case.operation.as_secs_f64(), self.limits.in_flight);
        let by_calls = calls as f64 / self.pace;
        let by_slots = changes as f64 * operation / in_flight as f64;
        let bound = by_calls.max(by_slots);
        println!("{}, {what}: {changes} changes", self.case.name);
        println!("    calls    {calls} / {} a second = {by_calls:.1} s", self.pace);
        println!(
            "    changes  {changes} x {operation} s / {in_flight} in flight = {by_slots:.1} s"
        );
        println!(
            "    elapsed  {elapsed:.1} s = {:.3} x the bound of {bound:.1} s",
            elapsed / bound
        );
        println!("    refused  {:?}", self.local.errors());
        elapsed / bound
    }
}

fn now() -> DateTime<Utc> {
    "2026-03-02T15:42:00Z".parse().unwrap()
}

/// Accounts, groups and permission sets, and not one assignment.
fn organization(case: &Case) -> Organization {
    let all = |number: usize, one: &dyn Fn(usize) -> Value| -> Vec<Value> {
        (0..number).map(one).collect()
    };
    let mut accounts = all(
        case.accounts,
        &|number| json!({"id": format!("{:012}", number + 100), "name": format!("account-{}-{number}", number % 3), "email": format!("{number}@example.com"), "state": "ACTIVE", "parent_id": "r-b0b5", "tags": {}}),
    );
    accounts.push(json!({"id": "000000000001", "name": "management", "email": "m@example.com", "state": "ACTIVE", "parent_id": "r-b0b5", "tags": {}}));
    let organization = json!({
        "observed_at": now(),
        "instance": {"instance_arn": "arn:aws:sso:::instance/ssoins-6804aabbccddeeff", "identity_store_id": "d-9a67123456", "region": "eu-central-1"},
        "organization": {"id": "o-bobscompany", "management_account_id": "000000000001", "root_id": "r-b0b5"},
        "organizational_units": [{"id": "r-b0b5", "name": "Root", "parent_id": null, "tags": {}}],
        "accounts": accounts,
        "permission_sets": all(case.permission_sets, &|number| json!({"arn": format!("arn:aws:sso:::permissionSet/ssoins-6804aabbccddeeff/ps-{number:016x}"), "name": format!("Set{number:02}")})),
        "groups": all(case.groups, &|number| json!({"id": format!("a7c3e1f0-0000-4000-8000-{number:012x}"), "display_name": format!("group-{number:02}")})),
        "users": [],
        "memberships": [],
        "assignments": [],
    });
    serde_json::from_value(organization).unwrap()
}

/// The accounts fall into three kinds, each of which gets other groups and permission sets.
fn rules_text(case: &Case) -> String {
    let rule = |number: usize| {
        let (kind, of_kind) = (number % 3, number / 3);
        let group = number % case.groups;
        // Where there are fewer groups than that, the second round gets other permission sets.
        let set = (of_kind + of_kind / case.groups) % case.permission_sets;
        format!(
            "  - {{name: rule-{number}, permission_sets: Set{set:02}, groups: group-{group:02}, accounts: {{name: account-{kind}-*}}}}\n"
        )
    };
    let rules: String = (0..3 * case.each).map(rule).collect();
    format!("version: 1\nmanage: {{unlisted: revoke, max_revocations: 100%}}\nrules:\n{rules}")
}

fn rules(case: &Case) -> Rules {
    parsed(rules_text(case))
}

fn no_rules() -> Rules {
    parsed("{version: 1, manage: {unlisted: revoke, max_revocations: 100%}, rules: []}".to_owned())
}

fn parsed(text: String) -> Rules {
    Rules::parse(SourceFile { name: "rules.yaml".to_owned(), text }).unwrap()
}
