//! What is seen of the organization: one line for each thing that happens.

use std::time::{Duration, Instant};

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

    /// A line about something.
    pub(super) fn line(&self, title: &str, text: &str) {
        let time = self.time().format("%H:%M:%S");
        output::error(format!("{}  {title:<9} {text}", painted(DIM, time)).trim_end());
    }

    /// An event: its name, who did it, to what, and why it did not succeed.
    pub(super) fn event(&self, local: &Local, envelope: &Value) {
        let Ok(event) = Event::new(envelope) else { return };
        let mut text = painted(BOLD, event.name());
        text.push_str(&painted(DIM, format!("  by {}", actor(event))));
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

/// How to go on from here.
pub(super) fn opening(endpoint: &str, organization: &Organization) {
    let Organization { accounts, groups, users, permission_sets, assignments, .. } = organization;
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

/// What follows a line, without a time of its own.
pub(super) fn more(text: &str) {
    output::error(format!("{:20}{text}", "").trim_end());
}

/// The role that called, or the service that did it by itself.
fn actor(event: Event<'_>) -> &str {
    ["sessionContext/sessionIssuer/userName", "invokedBy", "type"]
        .into_iter()
        .find_map(|field| event.text(&format!("/detail/userIdentity/{field}")))
        .unwrap_or_else(|| event.source())
}

/// What an event is about, by the names that its ids stand for.
fn names(local: &Local, envelope: &Value) -> Vec<String> {
    let mut found = Found { local, names: Vec::new() };
    for part in ["requestParameters", "responseElements", "serviceEventDetails"] {
        envelope.pointer(&format!("/detail/{part}")).into_iter().for_each(|part| found.look(part));
    }
    envelope.get("resources").into_iter().for_each(|resources| found.look(resources));
    let announced = ANNOUNCED.iter().filter_map(|field| envelope.get("detail")?.get(field));
    announced.filter_map(Value::as_str).for_each(|name| found.add(name.to_owned()));
    found.names
}

struct Found<'a> {
    local: &'a Local,
    names: Vec<String>,
}

impl Found<'_> {
    fn look(&mut self, value: &Value) {
        match value {
            Value::String(text) => {
                self.local.name_of(text).into_iter().for_each(|name| self.add(name));
            }
            Value::Array(values) => values.iter().for_each(|value| self.look(value)),
            Value::Object(fields) => {
                fields.iter().for_each(|(key, value)| self.look_at(key, value));
            }
            _ => {}
        }
    }

    fn look_at(&mut self, key: &str, value: &Value) {
        match (key, value.as_str()) {
            // In every event of an account, and about none.
            ("managementAccountId", _) => {}
            // An account that has left has no name any more.
            ("accountId", Some(id)) => {
                self.add(self.local.name_of(id).unwrap_or_else(|| id.to_owned()));
            }
            _ => self.look(value),
        }
    }

    fn add(&mut self, name: String) {
        if !self.names.contains(&name) {
            self.names.push(name);
        }
    }
}
