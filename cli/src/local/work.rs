//! The functions at work: events go to them, scopes onto the lane, and from there to the reconciler, which takes its time
//! while the others go on hearing.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeSet,
    pin::pin,
    time::Duration,
};

use local::{Clock, Local};
use serde_json::Value;
use shared::{
    lane::LaneMessage,
    lint::lint,
    rules::Rules,
    runtime::{RulesOutcome, Settings},
    scope::{Function, Scope},
};
use tokio::{
    sync::mpsc::{UnboundedReceiver, UnboundedSender},
    time::{Instant, MissedTickBehavior, interval, interval_at, timeout},
    try_join,
};

use crate::{
    exit::Failure,
    functions::{Functions, LANE, Run, name_of},
    output::{self, GREEN, RED, YELLOW, painted},
    rules_file::{News, RulesFile},
};

use super::{
    lane::{ATTEMPTS, Lane, Message},
    screen::{self, Screen},
    view::View,
};

/// How often the rules file is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// How often is said how far a run is: a short one ends before.
const TELL_EVERY: Duration = Duration::from_secs(3);

/// What the template sets as the schedules of the sweep and of the tick.
const SWEEP_EVERY: Duration = Duration::from_secs(6 * 60 * 60);
const TICK_EVERY: Duration = Duration::from_secs(60 * 60);

/// How long Lambda waits until it hands an event over again that was not done.
///
/// Source: <https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html>
const TELL_AGAIN_AFTER: Duration = Duration::from_secs(60);

/// The functions, the lane between them, and the rules that they follow.
pub(super) struct Work<'a> {
    local: &'a Local,
    view: &'a View<'a>,
    screen: Screen,
    /// Where the events about the rules file go, beside those of the organization.
    told: UnboundedSender<Value>,
    functions: Functions,
    rules: RefCell<RulesFile>,
    /// When the rules file is to be told again.
    tell_again: Cell<Option<Instant>>,
    lane: Lane,
    /// How many messages the schedules have sent.
    scheduled: Cell<u64>,
    clock: Clock,
}

impl<'a> Work<'a> {
    pub(super) fn new(
        local: &'a Local,
        view: &'a View<'a>,
        screen: Screen,
        rules: RulesFile,
        told: UnboundedSender<Value>,
    ) -> Result<Self, Failure> {
        let functions = Functions::new(local, &rules.name(), &rules.active())?;
        Ok(Self {
            local,
            view,
            screen,
            told,
            functions,
            rules: RefCell::new(rules),
            tell_again: Cell::new(None),
            lane: Lane::default(),
            scheduled: Cell::new(0),
            clock: local.clock(),
        })
    }

    /// Runs the functions for as long as events come.
    pub(super) async fn run(&self, events: UnboundedReceiver<Value>) -> Result<(), Failure> {
        try_join!(self.hear(events), self.reconcile()).map(drop)
    }

    async fn hear(&self, mut events: UnboundedReceiver<Value>) -> Result<(), Failure> {
        self.write_rules().await?;
        let mut looks = interval(LOOK_EVERY);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        // The first tick is at once, as the first sweep after a deployment is.
        let mut sweeps = interval(self.really(SWEEP_EVERY));
        sweeps.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let tick = self.really(TICK_EVERY);
        let mut ticks = interval_at(Instant::now() + tick, tick);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                event = events.recv() => match event {
                    Some(event) => self.deliver(event).await,
                    None => return Ok(()),
                },
                _ = sweeps.tick() => self.scheduled("Scheduled Event", Scope::everything()),
                _ = ticks.tick() => self.scheduled("Tick", Scope::tick()),
                _ = looks.tick() => {
                    // Whoever approves something sends to the lane, and no event tells of it.
                    self.take_messages();
                    self.look_at_rules().await?;
                }
            }
        }
    }

    async fn deliver(&self, event: Value) {
        let name = name_of(&event);
        match self.functions.deliver(event).await {
            Ok(Some(taken)) => {
                let told = format!("{} ({name})", self.view.named(&taken.told()));
                self.screen.line("function", &told);
            }
            Ok(None) => {}
            Err(failure) => self.failed(&failure),
        }
        self.take_messages();
    }

    /// What was sent to the queue goes onto the lane.
    fn take_messages(&self) {
        for message in self.local.take_messages() {
            self.lane.push(message.message_id, message.body);
        }
    }

    /// Does what a schedule does.
    fn scheduled(&self, event: &str, scope: Scope) {
        let mut message = LaneMessage { scope, ..LaneMessage::default() };
        message.cause.event = event.to_owned();
        self.screen.line("lane", &format!("{event}: look at {}", message.scope));
        self.scheduled.set(self.scheduled.get() + 1);
        self.lane.push(format!("usher-local-{}", self.scheduled.get()), message.body());
    }

    async fn look_at_rules(&self) -> Result<(), Failure> {
        if self.tell_again.get().is_some_and(|due| due <= Instant::now()) {
            return self.write_rules().await;
        }
        let news = self.rules.borrow_mut().look();
        let name = self.rules.borrow().name();
        match news {
            None => {}
            Some(News::Written) => self.write_rules().await?,
            Some(News::Gone(why)) => {
                let told = format!("{name} cannot be read: {why}; the rules in force stay");
                self.screen.line("rules", &painted(YELLOW, told));
            }
            Some(News::Back) => self.screen.line("rules", &format!("{name} can be read again")),
        }
        Ok(())
    }

    /// Tells the function for it, and whoever else hears the events, that somebody has written the rules file.
    async fn write_rules(&self) -> Result<(), Failure> {
        self.tell_again.set(None);
        let event = self.rules.borrow_mut().written();
        // Nobody hears it when all has ended.
        self.told.send(event.clone()).ok();
        let outcome = self.functions.write_rules(event).await;
        self.take_messages();
        match outcome {
            Ok(RulesOutcome::Activated(_)) => self.activated()?,
            Ok(RulesOutcome::Rejected(invalid)) => {
                let told = format!("{} is rejected: the rules in force stay", invalid.source.name);
                self.rules_line(&painted(RED, told));
                invalid.render(output::STYLED).lines().for_each(screen::more);
            }
            Ok(RulesOutcome::Ignored(why)) => self.rules_line(&format!("ignored: {why}")),
            Err(failure) => {
                self.failed(&failure);
                let again = self.rules.borrow().is_to_be_told_again();
                let due = Instant::now() + self.really(TELL_AGAIN_AFTER);
                self.tell_again.set(again.then_some(due));
            }
        }
        Ok(())
    }

    fn activated(&self) -> Result<(), Failure> {
        let before = self.rules.borrow_mut().activated()?;
        let file = self.rules.borrow();
        let Rules { source, rules, .. } = &file.rules;
        let told = format!("{} is in force; rules: {}", source.name, rules.len());
        self.rules_line(&painted(GREEN, told));
        for line in changed(&before, &file.rules) {
            screen::more(&line);
        }
        // What is odd about the rules by themselves; what matches nothing, the sweep's plan tells.
        for warning in lint(&file.rules, self.clock.now()) {
            warning.render(source, output::STYLED).lines().for_each(screen::more);
        }
        Ok(())
    }

    fn rules_line(&self, text: &str) {
        self.screen.line("function", &format!("{}: {text}", Function::RulesEvents));
    }

    async fn reconcile(&self) -> Result<(), Failure> {
        loop {
            let batch = self.lane.batch().await;
            if !batch.is_empty() {
                self.run_batch(batch).await;
            }
        }
    }

    /// Hands a batch to the reconciler, and puts back what is to come again.
    async fn run_batch(&self, mut batch: Vec<Message>) {
        let messages: Vec<(String, String)> =
            batch.iter().map(|message| (message.id.clone(), message.body.clone())).collect();
        match self.told_of(self.functions.reconcile(&messages)).await {
            Ok(run) => {
                self.show(&run);
                let again: BTreeSet<&str> = again(&run);
                batch.retain(|message| again.contains(message.id.as_str()));
            }
            Err(failure) => self.failed(&failure),
        }
        self.take_messages();
        for dead in self.lane.put_back(batch, self.really(Settings::default().retry_after)) {
            let told = format!("{ATTEMPTS} attempts: to the dead-letter queue: {}", dead.body);
            self.screen.line("dead", &painted(RED, told));
        }
    }

    /// Waits for a run, and says now and then how far it is: a first sweep of a large organization takes minutes.
    async fn told_of<T>(&self, run: impl Future<Output = T>) -> T {
        let before = self.functions.calls();
        let mut run = pin!(run);
        loop {
            match timeout(TELL_EVERY, &mut run).await {
                Ok(ended) => return ended,
                Err(_) => {
                    let calls = self.functions.calls() - before;
                    self.screen.line("lane", &format!("reconciler at work: {calls} calls to AWS"));
                }
            }
        }
    }

    fn show(&self, run: &Run) {
        let file = self.rules.borrow();
        let active = file.active();
        for (title, line) in run.told(&file.rules) {
            let line = file.as_edited(&line);
            if title.is_empty() { screen::more(&line) } else { self.screen.line(title, &line) }
        }
        for digest in run.held() {
            let command = format!("usher approve {digest} --rules {active} --lane {LANE}");
            let told = format!("to let exactly these go, in the other terminal: {command}");
            self.screen.line("held", &told);
        }
    }

    fn failed(&self, failure: &Failure) {
        self.screen.line("failed", &painted(RED, failure.told()));
    }

    /// How long this takes in real time.
    fn really(&self, duration: Duration) -> Duration {
        // A timer of no length is none.
        self.clock.really(duration).max(Duration::from_millis(1))
    }
}

/// The rules that have come and gone, by name; which of the others are not what they were, the plan shows.
fn changed(before: &Rules, now: &Rules) -> Vec<String> {
    let names = |rules: &Rules| -> BTreeSet<String> {
        rules.rules.iter().map(|rule| rule.name.clone()).collect()
    };
    let (before, now) = (names(before), names(now));
    let come = now.difference(&before).map(|name| painted(GREEN, format!("+ rule {name}")));
    let gone = before.difference(&now).map(|name| painted(RED, format!("- rule {name}")));
    come.chain(gone).collect()
}

/// The messages that are to come again.
fn again(run: &Run) -> BTreeSet<&str> {
    let failures = &run.batch.response.batch_item_failures;
    failures.iter().map(|failure| failure.item_identifier.as_str()).collect()
}
