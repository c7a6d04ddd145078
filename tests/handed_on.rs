//! What a run of the reconciler hands on for which it has no time, and what is left of a run that did not get to its end: the
//! handler as Lambda calls it, on a clock that jumps.

use std::{fs, num::NonZeroU32, path::PathBuf, sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use local::{Fault, Local};
use serde_json::{Value, json};
use shared::{
    approval::HeldSet,
    lane::{Cause, LaneMessage},
    runtime::{Batch, Settings, World, lane_batch_until},
    scope::Scope,
};
use tempfile::TempDir;
use tokio::{
    sync::Notify,
    time::{Instant, sleep},
};

use crate::support::{
    in_process::{Tap, configuration},
    local_aws::{again, denied},
    organization::{Company, account_id, assignment, company},
};

const ACCOUNTS: usize = 120;

/// A run of so much time does something in some of these accounts, and not in all.
const SHORT: Duration = Duration::from_secs(60);
/// As much as Lambda gives.
const LONG: Duration = Duration::from_secs(15 * 60);

/// AWS, each of whose answers takes a second, and a folder for what is kept.
struct Stage {
    local: Local,
    folder: TempDir,
}

/// What one process asks AWS. Where it is cut, the process is about to die.
#[derive(Debug, Default)]
struct Wire {
    cut_at: Option<&'static str>,
    is_cut: Notify,
}

impl Tap for Wire {
    fn asks(&self, operation: &str, _body: &Value) -> bool {
        let is_cut = self.cut_at.is_some_and(|cut| operation.ends_with(cut));
        if is_cut {
            self.is_cut.notify_one();
        }
        !is_cut
    }

    fn is_answered(&self, _operation: &str) -> bool {
        true
    }
}

impl Stage {
    async fn new(company: Company, rules: &str, caller: Option<&str>) -> Self {
        let caller = caller.map(account_id);
        Self::with(company, rules, local::Settings { caller, ..at_usual_speed() }).await
    }

    async fn with(Company(organization): Company, rules: &str, settings: local::Settings) -> Self {
        let local = Local::start(organization, settings).await.unwrap();
        let stage = Self { local, folder: tempfile::tempdir().unwrap() };
        fs::write(stage.folder.path().join("rules.yaml"), rules).unwrap();
        stage
    }

    /// A process that has just begun, and knows what an earlier one has kept.
    fn world(&self) -> World {
        self.world_on(Arc::default())
    }

    fn world_on(&self, wire: Arc<Wire>) -> World {
        let file = |name: &str| self.folder.path().join(name).to_str().unwrap().to_owned();
        let settings = Settings {
            rules: Some(file("rules.yaml").parse().unwrap()),
            cache: Some(file("cache").parse().unwrap()),
            lane: Some("http://localhost/111111111111/usher-lane.fifo".to_owned()),
            account: Some(self.local.caller()),
            calls_per_second: NonZeroU32::new(1_000).unwrap(),
            organizations_speed: 1_000.0,
            ..Settings::default()
        };
        World::new(settings, configuration(self.local.router(), "test", wire))
    }

    async fn deliver(&self, world: &World, body: &str, time: Duration) -> Batch {
        let record = json!({"messageId": "message-0", "body": body});
        let deadline = Some(Instant::now() + time);
        lane_batch_until(world, json!({ "Records": [record] }), deadline).await.unwrap()
    }

    /// All that was handed on, until nothing is.
    async fn finish(&self) {
        let world = self.world();
        loop {
            let waiting = self.local.take_messages();
            if waiting.is_empty() {
                return;
            }
            for message in waiting {
                self.deliver(&world, &message.body, LONG).await;
            }
        }
    }

    /// What was announced under that name, oldest first.
    fn announced(&self, detail_type: &str) -> Vec<Value> {
        let all = self.local.announcements().into_iter();
        all.filter(|event| event["detail-type"] == detail_type)
            .map(|event| event["detail"].clone())
            .collect()
    }

    fn assignments(&self) -> usize {
        self.local.organization().assignments.len()
    }

    /// What `usher approve` writes down and sends, and where it writes it.
    fn approve(&self, set: &HeldSet) -> (LaneMessage, PathBuf) {
        let approval = set.approved_by("bob".to_owned(), now());
        let file = self.folder.path().join(format!("approved/{}.json", set.digest));
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, serde_json::to_vec(&approval).unwrap()).unwrap();
        let message = LaneMessage {
            scope: set.scope.clone(),
            cause: Cause { event: "Revocations Approved".to_owned(), ..Cause::default() },
            approval: Some(set.digest.clone()),
            ..LaneMessage::default()
        };
        (message, file)
    }

    fn held(&self) -> Vec<HeldSet> {
        let Ok(files) = fs::read_dir(self.folder.path().join("held")) else { return Vec::new() };
        let read = |file: Result<fs::DirEntry, _>| fs::read(file.unwrap().path()).unwrap();
        files.map(|file| serde_json::from_slice(&read(file)).unwrap()).collect()
    }
}

fn at_usual_speed() -> local::Settings {
    local::Settings {
        latency: Duration::from_secs(1),
        assignment_time: Duration::from_secs(3),
        ..local::Settings::default()
    }
}

fn now() -> DateTime<Utc> {
    #[expect(clippy::disallowed_methods, reason = "the handler asks the same clock")]
    std::time::SystemTime::now().into()
}

fn shops(is_assigned: bool) -> Company {
    let mut company = company().group("Engineering").permission_set("Power");
    for number in 0..ACCOUNTS {
        let name = format!("shop-{number}");
        company = company.account(&name, "/");
        if is_assigned {
            company = company.assigned("Power", "Engineering", &name);
        }
    }
    company
}

/// A rule that began half an hour ago: only a tick looks for that.
fn begun() -> String {
    let from = (now() - TimeDelta::minutes(30)).format("%Y-%m-%dT%H:%M:%SZ");
    format!(
        "{{version: 1, manage: {{unlisted: revoke}}, rules: [{{name: a, permission_sets: Power, groups: Engineering, \
         accounts: {{name: 'shop-*'}}, from: '{from}'}}]}}"
    )
}

fn tick() -> String {
    LaneMessage { scope: Scope::tick(), ..LaneMessage::default() }.body()
}

/// What there is no time for goes to the lane, and the tick is done.
#[tokio::test(start_paused = true)]
async fn what_a_tick_has_no_time_for_is_handed_on() {
    let stage = Stage::new(shops(false), &begun(), None).await;
    let batch = stage.deliver(&stage.world(), &tick(), SHORT).await;
    assert!(again(&batch).is_empty());
    let done = stage.assignments();
    assert!((1..ACCOUNTS).contains(&done), "{done}");
    stage.finish().await;
    assert_eq!(stage.assignments(), ACCOUNTS);
}

/// The lane does not take the rest: the tick comes again, and means then what it meant.
#[tokio::test(start_paused = true)]
async fn a_tick_whose_rest_the_lane_does_not_take_is_not_over() {
    let stage = Stage::new(shops(false), &begun(), None).await;
    stage.local.fail(denied("sqs:SendMessage", None));
    let batch = stage.deliver(&stage.world(), &tick(), SHORT).await;
    assert_eq!(again(&batch), ["message-0"]);
    assert!((1..ACCOUNTS).contains(&stage.assignments()));
    stage.local.mend();
    assert!(again(&stage.deliver(&stage.world(), &tick(), LONG).await).is_empty());
    stage.finish().await;
    assert_eq!(stage.assignments(), ACCOUNTS);
}

/// A process that dies with its rest in its hands has kept nothing: not that it has seen to the tick either.
#[tokio::test(start_paused = true)]
async fn a_process_that_dies_before_it_hands_on_has_not_seen_to_the_tick() {
    let stage = Stage::new(shops(false), &begun(), None).await;
    let wire = Arc::new(Wire { cut_at: Some("SendMessage"), ..Wire::default() });
    let (dying, tick) = (stage.world_on(Arc::clone(&wire)), tick());
    tokio::select! {
        batch = stage.deliver(&dying, &tick, SHORT) => panic!("{:?}", again(&batch)),
        () = wire.is_cut.notified() => {}
    }
    assert!((1..ACCOUNTS).contains(&stage.assignments()));
    stage.deliver(&stage.world(), &tick, LONG).await;
    stage.finish().await;
    assert_eq!(stage.assignments(), ACCOUNTS);
}

/// An event that says to look everywhere comes once, and AWS refuses one account of many: that one is handed on by itself
/// and done there, and nobody else is looked at for it.
#[tokio::test(start_paused = true)]
async fn the_account_in_which_something_failed_is_handed_on_and_done() {
    let refused = account_id("shop-7");
    for is_everything in [true, false] {
        let stage = Stage::new(shops(false), EVERYBODY, None).await;
        let scope = if is_everything { Scope::everything() } else { Scope::rules_changed() };
        let cause = Cause { event: "DeleteGroupMembership".to_owned(), ..Cause::default() };
        let changed = LaneMessage { scope, cause: cause.clone(), ..LaneMessage::default() };
        stage.local.fail(denied("sso-admin:CreateAccountAssignment", Some(refused.clone())));
        let batch = stage.deliver(&stage.world(), &changed.body(), LONG).await;
        assert!(again(&batch).is_empty());
        assert_eq!(stage.assignments(), ACCOUNTS - 1);
        let [left] = stage.local.take_messages().try_into().unwrap();
        let left = LaneMessage::parse(&left.body).unwrap();
        assert_eq!((&left.scope, &left.cause), (&Scope::account(refused.clone()), &cause));

        // It is refused once more: the message itself comes again, and nothing is handed on.
        let batch = stage.deliver(&stage.world(), &left.body(), LONG).await;
        assert_eq!(again(&batch), ["message-0"]);
        assert!(stage.local.take_messages().is_empty());
        stage.local.mend();
        let batch = stage.deliver(&stage.world(), &left.body(), LONG).await;
        assert!(again(&batch).is_empty() && stage.local.take_messages().is_empty());
        assert_eq!(stage.assignments(), ACCOUNTS);
    }
}

/// What failed and what there was no time for go on the lane as two messages, although they come of one.
#[tokio::test(start_paused = true)]
async fn what_failed_and_what_there_was_no_time_for_are_both_done() {
    let stage = Stage::new(shops(false), EVERYBODY, None).await;
    stage.local.fail(Fault { times: Some(1), ..denied("sso-admin:CreateAccountAssignment", None) });
    let cause = Cause { event: "DeleteGroupMembership".to_owned(), ..Cause::default() };
    let changed = LaneMessage { scope: Scope::everything(), cause, ..LaneMessage::default() };
    let batch = stage.deliver(&stage.world(), &changed.body(), SHORT).await;
    assert!(again(&batch).is_empty());
    let done = stage.assignments();
    assert!((1..ACCOUNTS).contains(&done), "{done}");
    stage.finish().await;
    assert_eq!(stage.assignments(), ACCOUNTS);
}

const EVERYBODY: &str = "{version: 1, manage: {unlisted: revoke}, rules: [{name: a, permission_sets: Power, \
                         groups: Engineering, accounts: {name: 'shop-*'}}]}";

const NOBODY: &str = "{version: 1, manage: {unlisted: revoke, max_revocations: 0}, rules: []}";

/// A sweep in parts holds what each of them finds; whoever approves one lets exactly that go.
#[tokio::test(start_paused = true)]
async fn one_part_of_a_sweep_is_approved_by_itself() {
    let stage = Stage::new(shops(true).account("identity", "/"), NOBODY, Some("identity")).await;
    let sweep = LaneMessage { scope: Scope::everything(), ..LaneMessage::default() };
    stage.deliver(&stage.world(), &sweep.body(), SHORT).await;
    let [set] = stage.held().try_into().unwrap();
    let number = set.revocations.len();
    assert!((1..ACCOUNTS).contains(&number) && !set.scope.is_everything(), "{number}");
    stage.finish().await;
    assert_eq!(stage.assignments(), ACCOUNTS, "nothing goes by itself");

    let (approved, file) = stage.approve(&set);
    let batch = stage.deliver(&stage.world(), &approved.body(), LONG).await;
    assert!(again(&batch).is_empty() && !file.exists());
    let left = stage.local.organization().assignments;
    assert_eq!(left.len(), ACCOUNTS - number);
    assert!(left.iter().all(|assignment| !set.revocations.contains(assignment)));
}

/// An approved set for which one run has no time goes on with the rest: nobody is asked a second time, and all that was
/// approved goes, and nothing else.
#[tokio::test(start_paused = true)]
async fn an_approved_set_that_takes_long_goes_in_parts() {
    // Ten deletes are under way at once, which end before a run of this time does, and too late to begin more of them.
    const DELETES: Duration = Duration::from_secs(50);
    const RUN: Duration = Duration::from_secs(65);
    let settings = local::Settings {
        latency: Duration::from_millis(50),
        assignment_time: DELETES,
        caller: Some(account_id("identity")),
        ..local::Settings::default()
    };
    let stage = Stage::with(shops(true).account("identity", "/"), NOBODY, settings).await;
    let sweep = LaneMessage { scope: Scope::everything(), ..LaneMessage::default() };
    stage.deliver(&stage.world(), &sweep.body(), Duration::from_secs(6)).await;
    let [set] = stage.held().try_into().unwrap();
    drop(stage.local.take_messages());
    let number = set.revocations.len();
    assert!((11..ACCOUNTS).contains(&number), "{number}");

    let (approved, file) = stage.approve(&set);
    let batch = stage.deliver(&stage.world(), &approved.body(), RUN).await;
    assert_eq!((again(&batch), stage.assignments()), (vec![], ACCOUNTS - 10));
    assert!(file.exists());
    let mut parts = 1;
    while let [rest] = &stage.local.take_messages()[..] {
        assert!(again(&stage.deliver(&stage.world(), &rest.body, RUN).await).is_empty());
        parts += 1;
    }
    assert!(parts > 1 && !file.exists(), "{parts} parts");
    assert_eq!(stage.announced("Revocations Held").len(), 1);
    let left = stage.local.organization().assignments;
    assert_eq!(left.len(), ACCOUNTS - number);
    assert!(left.iter().all(|assignment| !set.revocations.contains(assignment)));
}

/// An hour: longer than the writer's patience, and far longer than a run.
const FOR_EVER: Duration = Duration::from_secs(60 * 60);

/// Lambda ends a run whether AWS has answered or not. What is under way then is told and left to the next run, and
/// nothing is revoked where the end of a grant is not known.
#[tokio::test(start_paused = true)]
async fn a_run_ends_in_time_although_a_change_does_not() {
    let company = || {
        let company = company().group("Engineering").group("Visitors").permission_set("Power");
        company.account("shop-1", "/").assigned("Power", "Visitors", "shop-1")
    };
    let shop =
        LaneMessage { scope: Scope::account(account_id("shop-1")), ..LaneMessage::default() };
    let slow = local::Settings { assignment_time: FOR_EVER, ..at_usual_speed() };
    for (settings, cut_at, told, left) in [
        (slow, None, "there was no time to follow it any longer", 2),
        (at_usual_speed(), Some("CreateAccountAssignment"), "it has not answered in time", 1),
    ] {
        let stage = Stage::with(company(), EVERYBODY, settings).await;
        let wire = Arc::new(Wire { cut_at, ..Wire::default() });
        let deadline = Instant::now() + SHORT;
        let batch = stage.deliver(&stage.world_on(wire), &shop.body(), SHORT).await;
        assert!(Instant::now() < deadline, "{told}: Lambda has ended this run");
        assert_eq!(again(&batch), ["message-0"], "{told}");
        let [failed] = stage.announced("Change Failed").try_into().unwrap();
        let reason = failed["reason"].as_str().unwrap();
        assert!(failed["action"] == "create" && reason.contains(told), "{failed}");

        // Whoever looks when that has ended, be it after an hour, makes the rest right.
        sleep(FOR_EVER).await;
        assert_eq!(stage.assignments(), left, "{told}");
        for _ in 0..3 {
            stage.deliver(&stage.world(), &shop.body(), LONG).await;
            sleep(FOR_EVER).await;
        }
        let last = stage.deliver(&stage.world(), &shop.body(), LONG).await;
        assert!(again(&last).is_empty(), "{told}");
        let [left] = stage.local.organization().assignments.try_into().unwrap();
        assert_eq!(left, assignment("Power", "Engineering", "shop-1"), "{told}");
    }
}
