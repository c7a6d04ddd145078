//! What is seen of the organization: one line for each thing that happens.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use chrono::{DateTime, Utc};
use local::Local;
use serde_json::Value;
use shared::{organization::Organization, scope::event::Event};

use crate::{
    clock,
    output::{self, BOLD, DIM, RED, painted},
};

/// The fields of Usher's own announcements that say where, what and for whom.
const ANNOUNCED: [&str; 3] = ["account_name", "permission_set", "principal_name"];

/// Where the lines go: stderr, in colour on a terminal.
pub(super) struct Screen {
    started: DateTime<Utc>,
    since: Instant,
    speed: f64,
}

impl Screen {
    /// A screen whose clock runs so much faster than real time.
    pub(super) fn new(speed: f64) -> Self {
        Self { started: clock::now(), since: Instant::now(), speed }
    }

    /// How to go on from here.
    pub(super) fn opening(&self, endpoint: &str, organization: &Organization) {
        let Organization { accounts, groups, users, permission_sets, assignments, .. } =
            organization;
        output::error(&painted(BOLD, format!("The organization on localhost: {endpoint}")));
        output::error(&format!(
            "{} accounts, {} users, {} groups, {} permission sets, {} assignments",
            accounts.len(),
            users.len(),
            groups.len(),
            permission_sets.len(),
            assignments.len(),
        ));
        output::error("Paste the lines above into another terminal, and change something there.");
        output::error(&format!(
            "The organization as it is now: {endpoint}/organization. Ctrl-C ends it.\n"
        ));
    }

    /// A line about something.
    pub(super) fn line(&self, title: &str, text: &str) {
        let time = self.time().format("%H:%M:%S");
        output::error(format!("{}  {title:<9} {text}", painted(DIM, time)).trim_end());
    }

    /// What follows a line, without a time of its own.
    pub(super) fn more(&self, text: &str) {
        output::error(format!("{:20}{text}", "").trim_end());
    }

    /// An event: its name, who did it, to what, and why it did not succeed.
    pub(super) fn event(&self, local: &Local, envelope: &Value) {
        let Ok(event) = Event::new(envelope) else { return };
        let mut text = painted(BOLD, event.name());
        let done_by = actor(event);
        if let Some(actor) = done_by {
            text.push_str(&painted(DIM, format!("  by {actor}")));
        }
        let names = names(local, envelope);
        if !names.is_empty() {
            text.push_str("  ");
            text.push_str(&names.join(", "));
        }
        if let Some(code) = event.error_code() {
            text.push_str(&painted(RED, format!("  {code}")));
        }
        self.line("event", &text);
    }

    /// Now, as the server's time passes.
    fn time(&self) -> DateTime<Utc> {
        let passed = self.since.elapsed().as_secs_f64() * self.speed;
        self.started + Duration::try_from_secs_f64(passed).unwrap_or_default()
    }
}

/// The role that called, or the service that did it by itself.
fn actor(event: Event<'_>) -> Option<&str> {
    event
        .text("/detail/userIdentity/sessionContext/sessionIssuer/userName")
        .or_else(|| event.text("/detail/userIdentity/invokedBy"))
        .or_else(|| event.text("/detail/userIdentity/type"))
        .or_else(|| Some(event.source()))
}

/// What an event is about, by the names that its ids stand for.
fn names(local: &Local, envelope: &Value) -> Vec<String> {
    let mut found = Found { local, seen: BTreeSet::new(), names: Vec::new() };
    for part in ["requestParameters", "responseElements", "serviceEventDetails"] {
        envelope.pointer(&format!("/detail/{part}")).into_iter().for_each(|part| found.look(part));
    }
    envelope.get("resources").into_iter().for_each(|resources| found.look(resources));
    let announced = ANNOUNCED.iter().filter_map(|field| envelope.get("detail")?.get(field));
    found.names.extend(announced.filter_map(Value::as_str).map(str::to_owned));
    found.names
}

struct Found<'a> {
    local: &'a Local,
    seen: BTreeSet<String>,
    names: Vec<String>,
}

impl Found<'_> {
    fn look(&mut self, value: &Value) {
        match value {
            Value::String(text) => self.look_up(text),
            Value::Array(values) => values.iter().for_each(|value| self.look(value)),
            Value::Object(fields) => fields.values().for_each(|value| self.look(value)),
            _ => {}
        }
    }

    fn look_up(&mut self, text: &str) {
        if let Some(name) = self.local.name_of(text)
            && self.seen.insert(text.to_owned())
        {
            self.names.push(name);
        }
    }
}
