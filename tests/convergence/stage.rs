//! AWS, the functions of Usher, and the lane between them, in one process and on a clock that
//! jumps: from the first step of a history until nothing moves any more.

use std::{
    cell::{Cell, Ref, RefCell},
    collections::{BTreeSet, VecDeque},
    fs,
    num::NonZeroU32,
    path::PathBuf,
    sync::Arc,
    time::{Duration, SystemTime},
};

use chrono::{DateTime, TimeDelta, Utc};
use local::{Chaos, Local};
use serde_json::{Value, json};
use shared::{
    lane::{Cause, LaneMessage},
    organization::Organization,
    runtime::{self, Batch, Outcome, Settings, World, lane_batch_until},
    scope::{self, Function, Scope},
};
use tempfile::TempDir;
use tokio::{
    sync::{Notify, mpsc::UnboundedReceiver},
    time::{Instant, sleep, sleep_until},
};

use crate::{
    ALLOCATOR,
    reference::{now, reading},
    support::{
        in_process::{Tap, configuration},
        random::by_lines,
    },
};

use super::{
    figures::Figures,
    history::Step,
    people::{Deed, Manners, People, Told},
    witness::{Life, Watch, Witness},
};

const USHER_ACCESS_KEY_ID: &str = "USHERLOCAL";

/// As the template sets them.
const VISIBILITY_TIMEOUT: Duration = Duration::from_secs(960);
const BATCH: usize = 10;
const ATTEMPTS: u32 = 10;
/// How long Usher remembers that it has looked somewhere, and a little more.
const REMEMBERED_LOOKS: Duration = Duration::from_secs(2 * 60 * 60);
/// Longer than anything takes: when nothing has moved for so long, nothing will.
const QUIET: Duration = Duration::from_secs(2 * 60 * 60);

/// What is played: where, by which rules, and what goes wrong.
#[derive(Clone, Debug)]
pub(super) struct Scene {
    /// How it all begins.
    pub(super) organization: Organization,
    /// How AWS behaves.
    pub(super) aws: local::Settings,
    /// What becomes of the events.
    pub(super) chaos: Chaos,
    /// The rules file of this number is in force at the beginning.
    pub(super) rules: u32,
    /// What is in the rules file of a number.
    pub(super) rules_file: fn(u32) -> Value,
    pub(super) manners: Manners,
    /// How many calls to Identity Center Usher allows itself.
    pub(super) calls_per_second: NonZeroU32,
    /// When Lambda ends a run of the reconciler.
    pub(super) run_time: Option<Duration>,
    /// Of each run of the reconciler, over and over.
    pub(super) lives: Vec<Option<Life>>,
    /// Of each process of an event function.
    pub(super) event_lives: Vec<Option<Life>>,
    /// Whether each run of the reconciler begins cold.
    pub(super) cold_starts: Vec<bool>,
    pub(super) watch: Watch,
    /// How many lines of what happened are kept, the last ones.
    pub(super) diary_lines: usize,
}

/// Everything that one case needs.
pub(super) struct Stage {
    scene: Scene,
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
    began: Instant,
    /// When runs began, by this clock and by the one on the wall.
    looks: RefCell<Vec<(Instant, DateTime<Utc>)>>,
    figures: RefCell<Figures>,
    diary: RefCell<VecDeque<String>>,
}

/// A message on the lane.
struct Message {
    id: String,
    body: String,
    attempts: u32,
    sent: Instant,
    due: Instant,
}

/// An event function's process.
#[derive(Debug)]
struct EventTap {
    life: std::sync::Mutex<Option<Life>>,
    killed: Notify,
}

impl Stage {
    /// The organization, before anything has happened. The first sweep, that of the deployment, is
    /// on the lane.
    pub(super) async fn set(mut scene: Scene) -> (Self, UnboundedReceiver<Value>) {
        scene.aws.usher_access_key_id = Some(USHER_ACCESS_KEY_ID.to_owned());
        let home = scene.aws.caller.as_ref().map(ToString::to_string);
        let mut local = Local::start(scene.organization.clone(), scene.aws.clone()).await.unwrap();
        let events = scene.chaos.clone().disturb(local.take_events().unwrap());
        let local = Arc::new(local);
        let rules = (scene.rules_file)(scene.rules);
        let witness = Arc::new(Witness::new(Arc::clone(&local), rules.clone(), scene.watch));
        let people = People::new(Arc::clone(&local), Arc::clone(&witness), home, scene.manners);
        let stage = Self {
            scene,
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
            began: Instant::now(),
            looks: RefCell::default(),
            figures: RefCell::default(),
            diary: RefCell::default(),
        };
        stage.write_rules(&rules);
        stage.put("Scheduled Event", Scope::everything());
        (stage, events)
    }

    /// Plays the steps, and waits until nothing moves any more.
    pub(super) async fn play(&self, steps: &[Step], events: &mut UnboundedReceiver<Value>) {
        let played = async {
            for (number, step) in steps.iter().enumerate() {
                sleep(step.pause).await;
                self.step(number, step.deed, step.picks).await;
            }
            self.quiet().await;
        };
        self.while_usher_works(played, events).await;
    }

    /// A scope comes onto the lane, and is worked off while nobody does anything else.
    pub(super) async fn look_at(&self, scope: Scope, events: &mut UnboundedReceiver<Value>) {
        self.put("Scheduled Event", scope);
        self.while_usher_works(self.quiet(), events).await;
    }

    /// Does something while the functions work.
    pub(super) async fn while_usher_works<T>(
        &self,
        until: impl Future<Output = T>,
        events: &mut UnboundedReceiver<Value>,
    ) -> T {
        tokio::select! {
            done = until => done,
            () = self.event_functions(events) => panic!("the events have ended"),
            () = self.reconciler() => panic!("the lane has ended"),
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

    /// Waits until nothing moves any more.
    pub(super) async fn quiet(&self) {
        loop {
            let before = self.moves.get();
            sleep(QUIET).await;
            if self.moves.get() == before && self.lane.borrow().is_empty() && !self.is_busy.get() {
                return;
            }
        }
    }

    /// Somebody does something.
    pub(super) async fn step(&self, number: usize, deed: Deed, picks: [u32; 3]) {
        self.moved();
        let told = match deed {
            Deed::WriteRules => {
                let [a, b, c] = picks;
                let rules = (self.scene.rules_file)(a << 16 | b << 8 | c);
                self.write_rules(&rules);
                self.witness.hear_of_rules(rules.clone());
                self.put("Object Created", Scope::rules_changed());
                format!("rules: {rules}")
            }
            deed => self.people.does(deed, picks, number).await,
        };
        self.note(told);
    }

    fn write_rules(&self, rules: &Value) {
        fs::write(self.rules_path(), by_lines(rules)).unwrap();
    }

    fn rules_path(&self) -> PathBuf {
        self.folder.path().join("rules.yaml")
    }

    fn cache(&self) -> PathBuf {
        self.folder.path().join("cache")
    }

    /// What the schedule and rules-events put on the lane.
    pub(super) fn put(&self, event: &str, scope: Scope) {
        self.own.set(self.own.get() + 1);
        let id = format!("own-{}", self.own.get());
        let cause = Cause { event: event.to_owned(), id: Some(id.clone()), ..Cause::default() };
        self.push(id, LaneMessage { scope, cause, ..LaneMessage::default() }.body());
    }

    fn push(&self, id: String, body: String) {
        self.moved();
        let sent = Instant::now();
        self.lane.borrow_mut().push_back(Message { id, body, attempts: 0, sent, due: sent });
        self.figures.borrow_mut().messages_in += 1;
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
        let mut diary = self.diary.borrow_mut();
        if diary.len() == self.scene.diary_lines {
            diary.pop_front();
        }
        diary.push_back(format!("{seconds:>8.1} s  {what}"));
    }

    /// Hands each event to its function, again when that dies or fails: Lambda does so for an event
    /// that came once.
    async fn event_functions(&self, events: &mut UnboundedReceiver<Value>) {
        let mut process = 0;
        let mut world = self.event_world(&mut process);
        while let Some(event) = events.recv().await {
            self.moved();
            self.figures.borrow_mut().events += 1;
            let function = match scope::route(&event).function {
                None | Some(Function::Reconciler | Function::RulesEvents) => continue,
                Some(function) => function,
            };
            loop {
                let done = tokio::select! {
                    outcome = runtime::event(&world.0, function, event.clone()) => {
                        self.note(format!("{function}: {} {outcome:?}", event["detail"]["eventName"]));
                        let is_ignored = matches!(outcome, Ok(Outcome::Ignored(_)));
                        self.figures.borrow_mut().ignored += usize::from(is_ignored);
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
        let lives = &self.scene.event_lives;
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
            calls_per_second: self.scene.calls_per_second,
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
        if of_this_run(&self.scene.cold_starts) {
            *world = None;
        }
        let tap: Arc<dyn Tap> = Arc::<Witness>::clone(&self.witness);
        let alive = world.get_or_insert_with(|| self.world(self.settings(), tap));
        let records: Vec<Value> = batch.iter().map(|message| self.record(message)).collect();
        self.note(format!("run {run} takes {}", scopes(&batch)));
        self.witness.begin(self.scene.lives[run % self.scene.lives.len()]);
        self.looks.borrow_mut().push((now, wall()));
        let longest_wait = batch.iter().map(|message| now - message.sent).max().unwrap_or_default();
        self.figures.borrow_mut().waited(longest_wait);
        let until = self.scene.run_time.map(|time| now + time);
        let before = ALLOCATOR.current_usage();
        ALLOCATOR.reset_peak_usage();
        let (again, after) = tokio::select! {
            answer = lane_batch_until(alive, json!({"Records": records}), until) => {
                self.note(told(&answer));
                self.count(&answer, &batch, alive);
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
        self.figures.borrow_mut().needed(ALLOCATOR.peak_usage().saturating_sub(before));
        self.moved();
        self.take_sent();
        if let Some(failed) = again {
            let before = batch.len();
            batch.retain(|message| failed.contains(&message.id));
            self.figures.borrow_mut().messages_done += before - batch.len();
        }
        for message in batch.into_iter().rev() {
            let attempts = message.attempts + 1;
            if attempts == ATTEMPTS {
                self.note(format!("dead: {}", message.body));
                self.figures.borrow_mut().messages_dead += 1;
            } else {
                self.figures.borrow_mut().come_again += 1;
                let due = Instant::now() + after;
                self.lane.borrow_mut().push_front(Message { attempts, due, ..message });
            }
        }
    }

    /// The message as Lambda hands it over.
    ///
    /// Usher asks the clock on the wall when it looks, and this clock jumps. So a message says that it was
    /// sent a second before the first run that began a second or more after it was.
    fn record(&self, message: &Message) -> Value {
        const MARGIN: Duration = Duration::from_secs(1);
        let mut looks = self.looks.borrow_mut();
        let forgotten = looks.partition_point(|(began, _)| began.elapsed() > REMEMBERED_LOOKS);
        looks.drain(..forgotten);
        let first = looks.partition_point(|(began, _)| *began < message.sent + MARGIN);
        let sent = looks.get(first).map_or_else(wall, |(_, at)| *at - TimeDelta::seconds(1));
        let attributes = json!({
            "SentTimestamp": sent.timestamp_millis().to_string(),
            "ApproximateReceiveCount": (message.attempts + 1).to_string(),
        });
        json!({"messageId": message.id, "body": message.body, "attributes": attributes})
    }

    fn count(&self, answer: &Result<Batch, runtime::Failure>, batch: &[Message], world: &World) {
        let mut figures = self.figures.borrow_mut();
        figures.count_calls(world.calls().take());
        let Ok(Batch { reconciled, .. }) = answer else { return };
        let messages = batch.iter().map(|message| (message.sent, message.body.as_str()));
        figures.count_run(reconciled.as_ref(), messages);
    }

    /// What happened so far, in numbers.
    pub(super) fn figures(&self) -> Ref<'_, Figures> {
        self.figures.borrow()
    }

    /// Forgets what it keeps only to tell of it: the diary, the looks, and all that AWS and people know of
    /// what is over.
    pub(super) fn forget_what_happened(&self) {
        self.diary.take();
        self.looks.take();
        self.lane.borrow_mut().shrink_to_fit();
        self.people.look_away();
        self.local.forget_what_happened();
    }

    /// The files in which Usher remembers something from one run to the next: how many bytes there are in
    /// them.
    pub(super) fn bytes_in_files(&self) -> usize {
        let files = fs::read_dir(self.cache()).unwrap();
        let bytes = files.map(|file| file.unwrap().metadata().unwrap().len());
        usize::try_from(bytes.sum::<u64>()).unwrap()
    }

    /// What AWS told people so far.
    pub(super) fn people_were_told(&self) -> Told {
        self.people.told()
    }

    /// AWS.
    pub(super) fn aws(&self) -> &Local {
        &self.local
    }

    /// The rules in force.
    pub(super) fn rules(&self) -> Arc<Value> {
        self.witness.rules()
    }

    /// How many messages wait.
    pub(super) fn waiting(&self) -> usize {
        self.lane.borrow().len()
    }

    /// How many messages were given up: what they told of is as good as lost.
    pub(super) fn dead(&self) -> usize {
        self.figures.borrow().messages_dead
    }

    /// Whether something was left to the next sweep.
    pub(super) fn leaves_something_to_a_sweep(&self) -> bool {
        self.dead() > 0 || self.figures.borrow().sweeps_in_trouble > 0
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
        let lines: Vec<String> = self.diary.borrow().iter().cloned().collect();
        lines.join("\n")
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

#[expect(clippy::disallowed_methods, reason = "Usher asks that clock, too")]
fn wall() -> DateTime<Utc> {
    SystemTime::now().into()
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
