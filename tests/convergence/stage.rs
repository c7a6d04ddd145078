//! AWS, the functions of Usher, and the lane between them, in one process and on a clock that
//! jumps: from the first step of a history until nothing moves any more.

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeSet, VecDeque},
    fs,
    num::NonZeroU32,
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use local::{Chaos, Local, bobs_organization};
use serde_json::{Value, json};
use shared::{
    lane::{Cause, LaneMessage},
    runtime::{self, Settings, World, lane_batch},
    scope::{self, Function, Scope},
};
use tempfile::TempDir;
use tokio::{
    sync::{Notify, mpsc::UnboundedReceiver},
    time::{Instant, sleep, sleep_until},
};

use crate::{
    reference::{now, reading},
    support::{
        in_process::{Tap, configuration},
        random::by_lines,
    },
};

use super::{
    history::{History, Step},
    people::{Deed, People},
    rules::rules_file,
    witness::{Life, Witness},
};

const USHER_ACCESS_KEY_ID: &str = "USHERLOCAL";
/// Where Usher runs when it does not run in the management account.
const HOME: &str = "240000000001";

/// As the template sets them.
const VISIBILITY_TIMEOUT: Duration = Duration::from_secs(960);
const BATCH: usize = 10;
const ATTEMPTS: u32 = 10;
/// Longer than anything takes: when nothing has moved for so long, nothing will.
const QUIET: Duration = Duration::from_secs(2 * 60 * 60);

/// Everything that one case needs.
pub(super) struct Stage {
    history: History,
    local: Arc<Local>,
    witness: Arc<Witness>,
    people: People,
    folder: TempDir,
    lane: RefCell<VecDeque<Message>>,
    sent: Notify,
    /// Whether the reconciler holds messages.
    is_busy: Cell<bool>,
    /// Counts everything that happens.
    moves: Cell<usize>,
    /// Messages that Usher sent by itself.
    own: Cell<usize>,
    runs: Cell<usize>,
    dead: Cell<usize>,
    began: Instant,
    diary: RefCell<Vec<String>>,
}

/// A message on the lane.
struct Message {
    id: String,
    body: String,
    attempts: u32,
    due: Instant,
}

/// An event function's process.
#[derive(Debug)]
struct EventTap {
    life: std::sync::Mutex<Option<Life>>,
    killed: Notify,
}

impl Stage {
    /// Bob's organization, before anything has happened. The first sweep, that of the deployment, is
    /// on the lane.
    pub(super) async fn set(history: &History) -> (Self, UnboundedReceiver<Value>) {
        let setting = &history.setting;
        let home = setting.is_delegated.then_some(HOME);
        let settings = local::Settings {
            latency: Duration::from_millis(80),
            assignment_time: Duration::from_millis(2_500),
            account_time: Duration::from_secs(40),
            caller: home.map(|home| home.parse().unwrap()),
            page_size: Some(7),
            empty_pages: true,
            usher_access_key_id: Some(USHER_ACCESS_KEY_ID.to_owned()),
            identity_source: setting.identity_source,
            native_notifications: setting.native,
            control_tower: setting.control_tower,
            ..local::Settings::default()
        };
        let mut local = Local::start(bobs_organization(), settings).await.unwrap();
        let mut chaos = Chaos::new(setting.seed);
        (chaos.delay, chaos.lost) = (setting.delay, setting.lost);
        let events = chaos.disturb(local.take_events().unwrap());
        let local = Arc::new(local);
        let witness = Arc::new(Witness::new(Arc::clone(&local), rules_file(history.rules)));
        let people = People::new(Arc::clone(&local), Arc::clone(&witness), home.map(str::to_owned));
        let stage = Self {
            history: history.clone(),
            local,
            witness,
            people,
            folder: tempfile::tempdir().unwrap(),
            lane: RefCell::default(),
            sent: Notify::new(),
            is_busy: Cell::new(false),
            moves: Cell::new(0),
            own: Cell::new(0),
            runs: Cell::new(0),
            dead: Cell::new(0),
            began: Instant::now(),
            diary: RefCell::default(),
        };
        stage.write_rules(history.rules);
        stage.put("Scheduled Event", Scope::everything());
        (stage, events)
    }

    /// Plays the history, and waits until nothing moves any more.
    pub(super) async fn play(&self, events: &mut UnboundedReceiver<Value>) {
        let steps = async {
            for (number, step) in self.history.steps.iter().enumerate() {
                self.step(number, step).await;
            }
            self.quiet().await;
        };
        self.while_usher_works(steps, events).await;
    }

    /// A scope comes onto the lane, and is worked off while nobody does anything else.
    pub(super) async fn look_at(&self, scope: Scope, events: &mut UnboundedReceiver<Value>) {
        self.put("Scheduled Event", scope);
        self.while_usher_works(self.quiet(), events).await;
    }

    async fn while_usher_works(
        &self,
        until: impl Future<Output = ()>,
        events: &mut UnboundedReceiver<Value>,
    ) {
        tokio::select! {
            () = until => {}
            () = self.event_functions(events) => panic!("the events have ended"),
            () = self.reconciler() => {}
        }
    }

    /// From now on nothing fails, and a day has passed, so that nothing is remembered for too long.
    pub(super) fn a_day_later(&self) {
        self.local.mend();
        let picture = self.cache().join("organization.json");
        let Ok(text) = fs::read_to_string(&picture) else { return };
        fs::write(&picture, a_day_earlier(serde_json::from_str(&text).unwrap()).to_string())
            .unwrap();
    }

    async fn quiet(&self) {
        loop {
            let before = self.moves.get();
            sleep(QUIET).await;
            if self.moves.get() == before && self.lane.borrow().is_empty() && !self.is_busy.get() {
                return;
            }
        }
    }

    async fn step(&self, number: usize, step: &Step) {
        sleep(step.pause).await;
        self.moved();
        let told = match step.deed {
            Deed::WriteRules => {
                let [a, b, c] = step.picks;
                let rules = u32::from_be_bytes([0, a, b, c]);
                self.write_rules(rules);
                self.witness.hear_of_rules(rules_file(rules));
                self.put("Object Created", Scope::rules_changed());
                format!("rules: {}", rules_file(rules))
            }
            deed => self.people.does(deed, step.picks, number).await,
        };
        self.note(told);
    }

    fn write_rules(&self, choice: u32) {
        fs::write(self.rules_path(), by_lines(&rules_file(choice))).unwrap();
    }

    fn rules_path(&self) -> PathBuf {
        self.folder.path().join("rules.yaml")
    }

    fn cache(&self) -> PathBuf {
        self.folder.path().join("cache")
    }

    /// What the schedule and rules-events put on the lane.
    fn put(&self, event: &str, scope: Scope) {
        self.own.set(self.own.get() + 1);
        let id = format!("own-{}", self.own.get());
        let cause = Cause { event: event.to_owned(), id: Some(id.clone()), ..Cause::default() };
        self.push(id, LaneMessage { scope, cause, ..LaneMessage::default() }.body());
    }

    fn push(&self, id: String, body: String) {
        self.moved();
        let message = Message { id, body, attempts: 0, due: Instant::now() };
        self.lane.borrow_mut().push_back(message);
        self.sent.notify_one();
    }

    fn take_sent(&self) {
        for message in self.local.take_messages() {
            self.push(message.message_id, message.body);
        }
    }

    fn moved(&self) {
        self.moves.set(self.moves.get() + 1);
    }

    fn note(&self, what: impl std::fmt::Display) {
        let seconds = self.began.elapsed().as_secs_f64();
        self.diary.borrow_mut().push(format!("{seconds:>8.1} s  {what}"));
    }

    /// Hands each event to its function, again when that dies or fails: Lambda does so for an event
    /// that came once.
    async fn event_functions(&self, events: &mut UnboundedReceiver<Value>) {
        let mut process = 0;
        let mut world = self.event_world(&mut process);
        while let Some(event) = events.recv().await {
            self.moved();
            let function = match scope::route(&event).function {
                None | Some(Function::Reconciler | Function::RulesEvents) => continue,
                Some(function) => function,
            };
            loop {
                let done = tokio::select! {
                    outcome = runtime::event(&world.0, function, event.clone()) => {
                        self.note(format!("{function}: {} {outcome:?}", event["detail"]["eventName"]));
                        outcome.is_ok()
                    }
                    () = world.1.killed.notified() => {
                        world = self.event_world(&mut process);
                        false
                    }
                };
                self.take_sent();
                if done {
                    break;
                }
                sleep(Duration::from_secs(60)).await;
            }
        }
    }

    fn event_world(&self, process: &mut usize) -> (World, Arc<EventTap>) {
        let lives = &self.history.event_lives;
        // The last process of all lives on.
        let life = lives.get(*process).copied().flatten();
        *process += 1;
        let tap = Arc::new(EventTap { life: std::sync::Mutex::new(life), killed: Notify::new() });
        let overheard: Arc<dyn Tap> = Arc::<EventTap>::clone(&tap);
        let world = self.world(Settings { cache: None, ..self.settings() }, overheard);
        (world, tap)
    }

    fn world(&self, settings: Settings, tap: Arc<dyn Tap>) -> World {
        World::new(settings, configuration(self.local.router(), USHER_ACCESS_KEY_ID, tap))
    }

    fn settings(&self) -> Settings {
        Settings {
            rules: Some(self.rules_path().to_str().unwrap().parse().unwrap()),
            lane: Some("http://localhost/111111111111/usher-lane.fifo".to_owned()),
            cache: Some(self.cache().to_str().unwrap().parse().unwrap()),
            own_role: Some(self.local.usher_role_arn()),
            calls_per_second: NonZeroU32::new(1_000).unwrap(),
            ..Settings::default()
        }
    }

    /// Takes messages off the lane, as Lambda does from a FIFO queue with one message group: those
    /// that come again hold up all others.
    async fn reconciler(&self) {
        let mut world = None;
        loop {
            let due = self.lane.borrow().front().map(|message| message.due);
            let Some(due) = due else {
                self.sent.notified().await;
                continue;
            };
            sleep_until(due).await;
            self.is_busy.set(true);
            self.run(&mut world).await;
            self.is_busy.set(false);
        }
    }

    async fn run(&self, world: &mut Option<World>) {
        let now = Instant::now();
        let mut batch: Vec<Message> = Vec::new();
        while batch.len() < BATCH {
            let mut lane = self.lane.borrow_mut();
            if lane.front().is_none_or(|message| message.due > now) {
                break;
            }
            batch.extend(lane.pop_front());
        }
        let run = self.runs.get();
        self.runs.set(run + 1);
        let of_this_run = |all: &[bool]| all[run % all.len()];
        if of_this_run(&self.history.cold_starts) {
            *world = None;
        }
        let tap: Arc<dyn Tap> = Arc::<Witness>::clone(&self.witness);
        let alive = world.get_or_insert_with(|| self.world(self.settings(), tap));
        let record = |message: &Message| json!({"messageId": message.id, "body": message.body});
        let records: Vec<Value> = batch.iter().map(record).collect();
        self.note(format!("run {run} takes {}", scopes(&batch)));
        self.witness.begin(self.history.lives[run % self.history.lives.len()]);
        let (again, after) = tokio::select! {
            answer = lane_batch(alive, json!({"Records": records})) => {
                self.note(told(&answer));
                let failed = answer.ok().map(|batch| batch.response.batch_item_failures);
                let failed = failed.map(|all| {
                    all.into_iter().map(|one| one.item_identifier).collect::<BTreeSet<String>>()
                });
                (failed, Settings::default().retry_after)
            }
            () = self.witness.killed() => {
                self.note("killed");
                *world = None;
                (None, VISIBILITY_TIMEOUT)
            }
        };
        self.moved();
        self.take_sent();
        if let Some(failed) = again {
            batch.retain(|message| failed.contains(&message.id));
        }
        for message in batch.into_iter().rev() {
            let attempts = message.attempts + 1;
            if attempts == ATTEMPTS {
                self.note(format!("dead: {}", message.body));
                self.dead.set(self.dead.get() + 1);
            } else {
                let due = Instant::now() + after;
                self.lane.borrow_mut().push_front(Message { attempts, due, ..message });
            }
        }
    }

    /// How many messages were given up: what they told of is as good as lost.
    pub(super) fn dead(&self) -> usize {
        self.dead.get()
    }

    /// How many steps did something, and how many changes of Usher's were judged.
    pub(super) fn judged(&self) -> usize {
        self.witness.judged()
    }

    /// Everything there is to say against Usher: what was wrong on the way, and what is not as the
    /// rules say now. What principals left that are gone may be let off: no listing by principal
    /// shows it.
    pub(super) fn complaints(&self, leftovers_too: bool) -> Vec<String> {
        let organization = serde_json::to_value(self.local.organization()).unwrap();
        let rules = self.witness.rules();
        let world = reading::World { rules: &rules, organization: &organization, now: now() };
        let reading = world.read();
        let is_there = |triple: &&reading::Triple| {
            let all = |kind: &str| organization[kind].as_array().unwrap().iter();
            all("groups").chain(all("users")).any(|one| one["id"] == triple.principal.as_str())
        };
        let missing = reading.create.keys().map(|triple| format!("missing: {triple:?}"));
        let surplus = reading.delete.iter().filter(|triple| leftovers_too || is_there(triple));
        let surplus = surplus.map(|triple| format!("not granted, and there: {triple:?}"));
        self.witness.wrongs().into_iter().chain(missing).chain(surplus).collect()
    }

    /// All accounts pair by pair, as the slow sweep looks at them in the course of a week.
    pub(super) fn all_in_turn(&self) -> Scope {
        let accounts = self.local.organization().accounts.into_iter();
        Scope { in_turn: accounts.map(|account| account.id).collect(), ..Scope::default() }
    }

    /// What happened, line by line.
    pub(super) fn diary(&self) -> String {
        self.diary.borrow().join("\n")
    }
}

impl Tap for EventTap {
    fn asks(&self, _: &str, _: &Value) -> bool {
        let mut life = self.life.lock().unwrap();
        match &mut *life {
            Some(life) if life.requests == 0 => {
                if !life.last_one_arrives {
                    self.killed.notify_one();
                }
                life.last_one_arrives
            }
            Some(life) => {
                life.requests -= 1;
                true
            }
            None => true,
        }
    }

    fn is_answered(&self, _: &str) -> bool {
        let is_over = self.life.lock().unwrap().is_some_and(|life| life.requests == 0);
        if is_over {
            self.killed.notify_one();
        }
        !is_over
    }
}

fn scopes(batch: &[Message]) -> String {
    let told = |message: &Message| {
        let read = LaneMessage::parse(&message.body).unwrap();
        format!("{} ({})", read.scope, read.cause.event)
    };
    batch.iter().map(told).collect::<Vec<String>>().join("; ")
}

fn told(answer: &Result<runtime::Batch, runtime::Failure>) -> String {
    let batch = match answer {
        Ok(batch) => batch,
        Err(failure) => return format!("nothing could be done: {failure:?}"),
    };
    let again = batch.response.batch_item_failures.len();
    let Some(reconciled) = &batch.reconciled else { return "nothing to look at".to_owned() };
    let mut told = format!("done, {again} come again");
    for gap in &reconciled.plan.gaps {
        told.push_str(&format!("\n            gap: {gap:?}"));
    }
    for outcome in &reconciled.outcomes {
        let change = &outcome.change;
        told.push_str(&format!(
            "\n            {} {} {} in {} ({}): {:?}",
            change.action,
            change.permission_set.name,
            change.principal,
            change.account.name,
            change.account.id,
            outcome.result
        ));
    }
    told
}

/// The same, with every time in it a day and an hour earlier.
fn a_day_earlier(value: Value) -> Value {
    match value {
        Value::String(text) => match text.parse::<chrono::DateTime<chrono::Utc>>() {
            Ok(time) => json!(time - chrono::TimeDelta::hours(25)),
            Err(_) => Value::String(text),
        },
        Value::Array(items) => items.into_iter().map(a_day_earlier).collect(),
        Value::Object(fields) => {
            fields.into_iter().map(|(key, value)| (key, a_day_earlier(value))).collect()
        }
        other => other,
    }
}
