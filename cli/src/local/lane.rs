//! The functions at work: events go to them, scopes onto the lane, and from there to the reconciler; what failed comes
//! again after a while, and ends in the dead-letter queue when it keeps failing.

use std::{
    collections::{BTreeSet, VecDeque},
    num::NonZeroU32,
    path::Path,
    time::Duration,
};

use local::Local;
use serde_json::Value;
use shared::{lane::LaneMessage, lint::lint, rules::Rules, runtime::Settings, scope::Scope};
use tokio::{
    sync::mpsc::UnboundedReceiver,
    time::{Instant, MissedTickBehavior, interval, interval_at, sleep_until},
};

use crate::{
    clock,
    exit::Failure,
    functions::{Functions, Run, name_of},
    output::{self, GREEN, RED, painted},
};

use super::{
    rules_file::{Edit, RulesFile},
    screen::{self, Screen},
};

/// How often the rules file is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// What the template sets: the schedules of the sweep and of the tick, the size of a batch, and how often a message comes until the
/// dead-letter queue takes it.
const SWEEP_EVERY: Duration = Duration::from_secs(6 * 60 * 60);
const TICK_EVERY: Duration = Duration::from_secs(60 * 60);
const BATCH: usize = 10;
const ATTEMPTS: u32 = 10;

/// The lane, and the rules that are followed on it.
pub(super) struct Lane {
    rules: RulesFile,
    speed: f64,
    waiting: VecDeque<Waiting>,
    sent: u64,
}

/// A message on the lane.
struct Waiting {
    id: String,
    body: String,
    attempts: u32,
    due: Instant,
}

impl Lane {
    /// An empty lane, and the rules to follow.
    pub(super) fn new(rules: &Path, speed: f64) -> Result<Self, Failure> {
        Ok(Self { rules: RulesFile::open(rules)?, speed, waiting: VecDeque::new(), sent: 0 })
    }

    /// Runs the functions for as long as events come.
    pub(super) async fn run(
        mut self,
        local: &Local,
        mut events: UnboundedReceiver<Value>,
        screen: &Screen,
    ) -> Result<(), Failure> {
        let functions = Functions::paced(local, &self.rules.active(), self.pace())?;
        let Rules { source, rules, .. } = &self.rules.rules;
        screen.line("rules", &format!("{} is followed; rules: {}", source.name, rules.len()));
        self.tell_oddities();
        let mut looks = interval(LOOK_EVERY);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        // The first tick is at once, as the first sweep after a deployment is.
        let mut sweeps = interval(self.really(SWEEP_EVERY));
        sweeps.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let tick = self.really(TICK_EVERY);
        let mut ticks = interval_at(Instant::now() + tick, tick);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let next = self.waiting.front().map(|message| message.due);
            tokio::select! {
                event = events.recv() => match event {
                    Some(event) => self.take(&functions, event, &mut events, local, screen).await,
                    None => return Ok(()),
                },
                _ = sweeps.tick() => self.put("Scheduled Event", Scope::everything(), screen),
                _ = ticks.tick() => self.put("Tick", Scope::tick(), screen),
                _ = looks.tick() => self.look(screen)?,
                () = wait_until(next) => self.reconcile(&functions, screen).await,
            }
        }
    }

    /// Hands over an event, and all that have come meanwhile: what comes together is looked at together.
    async fn take(
        &mut self,
        functions: &Functions,
        event: Value,
        events: &mut UnboundedReceiver<Value>,
        local: &Local,
        screen: &Screen,
    ) {
        let mut next = Some(event);
        while let Some(event) = next {
            let name = name_of(&event);
            match functions.deliver(event).await {
                Ok(Some(taken)) => screen.line("function", &format!("{} ({name})", taken.told())),
                Ok(None) => {}
                Err(failure) => screen.line("failed", &painted(RED, failure.told())),
            }
            next = events.try_recv().ok();
        }
        for message in local.take_messages() {
            self.push(message.message_id, message.body);
        }
    }

    /// Puts a scope on the lane that no event names.
    fn put(&mut self, event: &str, scope: Scope, screen: &Screen) {
        screen.line("lane", &format!("{event}: look at {scope}"));
        let mut message = LaneMessage { scope, ..LaneMessage::default() };
        message.cause.event = event.to_owned();
        self.sent += 1;
        self.push(format!("usher-local-{}", self.sent), message.body());
    }

    fn push(&mut self, id: String, body: String) {
        self.waiting.push_back(Waiting { id, body, attempts: 0, due: Instant::now() });
    }

    /// What is odd about the rules by themselves; what matches nothing, plans count.
    fn tell_oddities(&self) {
        let Rules { source, .. } = &self.rules.rules;
        for warning in lint(&self.rules.rules, clock::now()) {
            warning.render(source, output::STYLED).lines().for_each(screen::more);
        }
    }

    fn look(&mut self, screen: &Screen) -> Result<(), Failure> {
        let Some(edit) = self.rules.look()? else { return Ok(()) };
        let name = self.rules.rules.source.name.clone();
        match edit {
            Edit::Activated => {
                screen.line("rules", &painted(GREEN, format!("{name} is followed from now on")));
                self.tell_oddities();
                let scope = Scope { rules_changed: true, ..Scope::default() };
                self.put("Rules Activated", scope, screen);
            }
            Edit::Rejected(why) => {
                let told = format!("{name} is rejected: the rules in force stay as they were");
                screen.line("rules", &painted(RED, told));
                why.lines().for_each(screen::more);
            }
        }
        Ok(())
    }

    /// Hands the oldest messages to the reconciler. One group in order: behind one that waits, all wait.
    async fn reconcile(&mut self, functions: &Functions, screen: &Screen) {
        let now = Instant::now();
        let due = self.waiting.iter().take_while(|message| message.due <= now).count();
        let mut batch: Vec<Waiting> = self.waiting.drain(..due.min(BATCH)).collect();
        let messages: Vec<(String, String)> =
            batch.iter().map(|message| (message.id.clone(), message.body.clone())).collect();
        match functions.reconcile(&messages).await {
            Ok(run) => {
                self.show(&run, screen);
                let again: BTreeSet<&str> = again(&run);
                batch.retain(|message| again.contains(message.id.as_str()));
            }
            Err(failure) => screen.line("failed", &painted(RED, failure.told())),
        }
        self.put_back(batch, screen);
    }

    fn show(&self, run: &Run, screen: &Screen) {
        let (active, edited) = (self.rules.active(), &self.rules.rules.source.name);
        for (title, line) in run.told(&self.rules.rules) {
            // The functions read the copy, which nobody else knows of.
            let line = line.replace(&active, edited);
            if title.is_empty() { screen::more(&line) } else { screen.line(title, &line) }
        }
    }

    /// Puts what failed at the front again, to be tried after a while.
    fn put_back(&mut self, batch: Vec<Waiting>, screen: &Screen) {
        let due = Instant::now() + self.really(Settings::default().retry_after);
        for message in batch.into_iter().rev() {
            let attempts = message.attempts + 1;
            if attempts == ATTEMPTS {
                let told =
                    format!("{ATTEMPTS} attempts: to the dead-letter queue: {}", message.body);
                screen.line("dead", &painted(RED, told));
            } else {
                self.waiting.push_front(Waiting { attempts, due, ..message });
            }
        }
    }

    /// How long this takes in real time.
    fn really(&self, duration: Duration) -> Duration {
        let real = Duration::try_from_secs_f64(duration.as_secs_f64() / self.speed);
        // A timer of no length is none.
        real.unwrap_or(duration).max(Duration::from_millis(1))
    }

    /// Calls a second, in real time: under the quota, whether it applies or not.
    fn pace(&self) -> NonZeroU32 {
        let usual = Settings::default().calls_per_second;
        let faster = (f64::from(usual.get()) * self.speed).round();
        // A float that does not fit ends at the nearest number that does.
        NonZeroU32::new(faster as u32).unwrap_or(NonZeroU32::MIN)
    }
}

/// The messages that are to come again.
fn again(run: &Run) -> BTreeSet<&str> {
    let failures = &run.batch.response.batch_item_failures;
    failures.iter().map(|failure| failure.item_identifier.as_str()).collect()
}

async fn wait_until(due: Option<Instant>) {
    match due {
        Some(due) => sleep_until(due).await,
        None => std::future::pending().await,
    }
}
