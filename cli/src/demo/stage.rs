//! The stage of the demo: AWS on localhost, Bob's hands, and the functions with the lane between them.

use std::{fs, path::Path, time::Duration};

use local::Local;
use serde_json::Value;
use shared::{organization::Organization, rules::Rules, runtime::RulesOutcome, scope::Function};
use tokio::{sync::mpsc::UnboundedReceiver, time::timeout};

use crate::{
    exit::Failure,
    functions::{self, Functions, USHER_ACCESS_KEY_ID},
    output::{self, GREEN, RED, painted},
    rules_file::RulesFile,
};

use super::{bob::Bob, tell};

/// The name of Bob's rules file, in the folder that the demo runs in.
const RULES_FILE: &str = "rules.yaml";

const BOBS_ACCESS_KEY_ID: &str = "BOBDEMO";

/// How long Bob waits for an event before something must be wrong.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long after an event nothing more comes that belongs to it.
const QUIET: Duration = Duration::from_millis(60);

/// What Usher announces of every change and every sweep: the runs have told it.
const TOLD_BY_RUNS: [&str; 3] = ["Access Granted", "Access Revoked", "Sweep Finished"];

/// Bob writes his rules file.
pub(super) fn write_rules(text: &str) -> Result<(), Failure> {
    fs::write(RULES_FILE, text).map_err(Failure::Write)
}

/// AWS on localhost, Bob's hands, and the functions.
pub(super) struct Stage {
    local: Local,
    events: UnboundedReceiver<Value>,
    pub(super) bob: Bob,
    functions: Functions,
    file: RulesFile,
    /// How many announcements were told.
    announced: usize,
}

impl Stage {
    pub(super) async fn set(organization: Organization) -> Result<Self, Failure> {
        let settings = local::Settings {
            usher_access_key_id: Some(USHER_ACCESS_KEY_ID.to_owned()),
            ..local::Settings::default()
        };
        let mut local = Local::start(organization, settings).await?;
        let events = local.take_events().ok_or(Failure::NoEvent("any event"))?;
        let bob = Bob::new(&functions::configuration(&local, BOBS_ACCESS_KEY_ID));
        let file = RulesFile::open(Path::new(RULES_FILE), local.clock())?;
        let functions = Functions::new(&local, &file.name(), &file.active())?;
        Ok(Self { local, events, bob, functions, file, announced: 0 })
    }

    /// What AWS holds now.
    pub(super) fn organization(&self) -> Organization {
        self.local.organization()
    }

    /// The rules in force.
    pub(super) fn rules(&self) -> &Rules {
        &self.file.rules
    }

    /// S3 tells that the rules file was written, and the function for it makes of it what it will.
    pub(super) async fn rules_were_written(&mut self) -> Result<(), Failure> {
        // An edit counts once two looks have found it.
        self.file.look();
        self.file.look();
        let event = self.file.written();
        let name = functions::name_of(&event);
        match self.functions.write_rules(event).await? {
            RulesOutcome::Activated(message) => {
                self.file.activated()?;
                let told = painted(GREEN, format!("in force; look at {}", message.scope));
                tell::event(&name, &format!("{}: {told}", Function::RulesEvents))?;
            }
            RulesOutcome::Rejected(invalid) => {
                let told = painted(RED, "rejected; the rules in force stay");
                tell::event(&name, &format!("{}: {told}", Function::RulesEvents))?;
                tell::more(&invalid.render(output::STYLED))?;
            }
            RulesOutcome::Ignored(why) => tell::event(&name, &format!("ignored: {why}"))?,
        }
        self.lane().await
    }

    /// Hands the events that follow to the functions, until the awaited one has come and it is quiet again; then the
    /// lane's messages to the reconciler.
    pub(super) async fn what_follows(&mut self, awaited: &'static str) -> Result<(), Failure> {
        let mut patience = PATIENCE;
        loop {
            let next = timeout(patience, self.events.recv());
            let next = output::with_progress(next, || format!("waiting for {awaited}")).await;
            let Ok(Some(event)) = next else { break };
            if functions::name_of(&event) == awaited {
                patience = QUIET;
            }
            self.deliver(event).await?;
        }
        if patience != QUIET {
            return Err(Failure::NoEvent(awaited));
        }
        self.lane().await
    }

    async fn deliver(&self, event: Value) -> Result<(), Failure> {
        let name = functions::name_of(&event);
        match self.functions.deliver(event).await? {
            Some(taken) => tell::event(&name, &taken.told()),
            None => Ok(()),
        }
    }

    /// The reconciler takes what is on the lane.
    async fn lane(&mut self) -> Result<(), Failure> {
        let messages = self.local.take_messages().into_iter();
        let messages: Vec<(String, String)> =
            messages.map(|message| (message.message_id, message.body)).collect();
        if messages.is_empty() { self.announcements() } else { self.reconcile(&messages).await }
    }

    async fn reconcile(&mut self, messages: &[(String, String)]) -> Result<(), Failure> {
        let before = self.functions.calls();
        let how_far =
            || format!("the reconciler is at work: {} calls", self.functions.calls() - before);
        let run = output::with_progress(self.functions.reconcile(messages), how_far).await?;
        for (title, line) in run.told(self.rules()) {
            tell::line(title, &self.file.as_edited(&line))?;
        }
        self.announcements()
    }

    /// What else Usher has announced since.
    fn announcements(&mut self) -> Result<(), Failure> {
        let all = self.local.announcements();
        for announcement in all.iter().skip(self.announced) {
            let kind = announcement.get("detail-type").and_then(Value::as_str).unwrap_or_default();
            if !TOLD_BY_RUNS.contains(&kind) {
                tell::line("announced", kind)?;
            }
        }
        self.announced = all.len();
        Ok(())
    }
}
