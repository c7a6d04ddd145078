//! What is seen of the organization: each event on one line, with names where events have ids, and with what it changed from
//! what to what.

use std::{cell::RefCell, collections::VecDeque};

use local::Local;
use serde_json::Value;
use shared::{
    organization::{Organization, Tags},
    scope::event::Event,
    shown::shown,
};

use crate::output::{BOLD, DIM, GREEN, RED, YELLOW, painted};

use super::{memory::Memory, screen::Screen};

/// The fields of Usher's own announcements that say where, what and for whom.
const ANNOUNCED: [&str; 3] = ["account_name", "permission_set", "principal_name"];

/// The calls that AWS accepts first and does later, and where their answers have what to ask for them by.
const ACCEPTED: [&str; 3] = [
    "accountAssignmentCreationStatus",
    "accountAssignmentDeletionStatus",
    "permissionSetProvisioningStatus",
];

/// How many changes are followed at once.
const IN_PROGRESS: usize = 1_000;

/// What is seen of the organization.
pub(super) struct View<'a> {
    local: &'a Local,
    screen: Screen,
    memory: Memory,
    in_progress: RefCell<VecDeque<InProgress>>,
}

/// A change that AWS has accepted and not yet done.
struct InProgress {
    request_id: String,
    /// The call, and what it is about.
    told: String,
}

impl<'a> View<'a> {
    /// A view of the organization that is served.
    pub(super) fn new(local: &'a Local, organization: &Organization, screen: Screen) -> Self {
        let memory = Memory::of(local, organization);
        Self { local, screen, memory, in_progress: RefCell::default() }
    }

    /// An event: its name, who did it, to what, and why it did not succeed.
    pub(super) fn event(&self, envelope: &Value) {
        let Ok(event) = Event::new(envelope) else { return };
        let about = self.about(event, envelope);
        let mut text = painted(style(event), event.name());
        text.push_str(&painted(DIM, format!("  by {}", actor(event))));
        if !about.is_empty() {
            text.push_str("  ");
            text.push_str(&about);
        }
        if let Some(why) = failure(event) {
            text.push_str(&painted(RED, format!("  {}", shown(&why))));
        }
        self.screen.line("event", &text);
        self.follow(event, &about);
    }

    /// Tells how the changes have ended that AWS had only accepted, of those that were refused in the end: that the others
    /// are done, everybody expects.
    pub(super) fn results(&self) {
        let ended = |one: &mut InProgress| self.local.ended(&one.request_id);
        let mut in_progress = self.in_progress.borrow_mut();
        in_progress.retain_mut(|one| {
            let ended = ended(one);
            if let Some(Err(why)) = &ended {
                self.screen.line(
                    "result",
                    &format!("{}  {}", one.told, painted(RED, format!("FAILED: {}", shown(why)))),
                );
            }
            ended.is_none()
        });
    }

    /// Text with the names of accounts, groups and all else in place of their ids.
    pub(super) fn named(&self, text: &str) -> String {
        let is_of_id = |letter: char| letter.is_ascii_alphanumeric() || "-:/._".contains(letter);
        let mut named = String::new();
        let mut rest = text;
        while let Some(begin) = rest.find(is_of_id) {
            let (before, from) = rest.split_at(begin);
            let end = from.find(|letter| !is_of_id(letter)).unwrap_or(from.len());
            let (word, after) = from.split_at(end);
            named.push_str(before);
            named.push_str(&self.word(word));
            rest = after;
        }
        named.push_str(rest);
        named
    }

    /// A word that may be an id. Those of accounts are kept beside the name: they are what is typed.
    fn word(&self, word: &str) -> String {
        match self.name(word) {
            Some(name) if word.bytes().all(|byte| byte.is_ascii_digit()) => {
                format!("{name} ({word})")
            }
            Some(name) => name,
            None => word.to_owned(),
        }
    }

    /// What the thing with this id is, or was, called, as it can be shown.
    fn name(&self, id: &str) -> Option<String> {
        self.memory.name(self.local, id).map(|name| shown(&name).into_owned())
    }

    /// What an event is about, and what it changed there.
    fn about(&self, event: Event<'_>, envelope: &Value) -> String {
        match event.name() {
            "MoveAccount" => self.moved(event),
            "Tag Change on Resource" => self.tags_changed(event),
            "TagResource" | "UntagResource" => {
                let tags = requested_tags(event);
                joined(self.names(envelope), tags)
            }
            "UpdateGroup" | "UpdateUser" | "UpdateOrganizationalUnit" => self.renamed(envelope),
            "Object Created" => {
                event.text("/detail/object/key").map(shown).unwrap_or_default().into()
            }
            _ => joined(self.names(envelope), told(event)),
        }
    }

    /// `web-test: /Workloads/Test → /Sandbox`
    fn moved(&self, event: Event<'_>) -> String {
        let field = |name: &str| {
            let id = event.text(&format!("/detail/requestParameters/{name}")).unwrap_or("?");
            self.name(id).unwrap_or_else(|| shown(id).into_owned())
        };
        let (account, from) = (field("accountId"), field("sourceParentId"));
        format!("{account}: {from} → {}", field("destinationParentId"))
    }

    /// `web-test: environment: test → production, team: none → payments`
    fn tags_changed(&self, event: Event<'_>) -> String {
        let resource = event.text("/resources/0").unwrap_or_default();
        let id = resource.rsplit('/').next().unwrap_or_default();
        let name = self.name(id).unwrap_or_else(|| shown(id).into_owned());
        let now: Tags = event
            .value("/detail/tags")
            .and_then(|tags| serde_json::from_value(tags.clone()).ok())
            .unwrap_or_default();
        let before = self.memory.replace_tags(id, now.clone());
        let keys = event.value("/detail/changed-tag-keys").and_then(Value::as_array);
        let keys = keys.into_iter().flatten().filter_map(Value::as_str);
        let value = |tags: &Tags, key: &str| {
            tags.get(key).map_or_else(|| "none".to_owned(), |value| shown(value).into_owned())
        };
        let changes = keys
            .map(|key| format!("{}: {} → {}", shown(key), value(&before, key), value(&now, key)));
        format!("{name}: {}", changes.collect::<Vec<_>>().join(", "))
    }

    /// `Engineering → Builders`, or just the name that stays.
    fn renamed(&self, envelope: &Value) -> String {
        let fields = ["groupId", "userId", "organizationalUnitId"];
        let id = fields
            .iter()
            .find_map(|field| envelope.pointer("/detail/requestParameters")?.get(field)?.as_str());
        let Some(id) = id else { return self.names(envelope).join(", ") };
        let before = self.memory.last_name(id).map(|name| shown(&name).into_owned());
        match (before, self.name(id)) {
            (Some(before), Some(now)) if before != now => format!("{before} → {now}"),
            (before, now) => now.or(before).unwrap_or_else(|| shown(id).into_owned()),
        }
    }

    /// What an event is about, by the names that its ids stand for.
    fn names(&self, envelope: &Value) -> Vec<String> {
        let mut found = Found { view: self, names: Vec::new() };
        for part in ["requestParameters", "responseElements", "serviceEventDetails"] {
            envelope
                .pointer(&format!("/detail/{part}"))
                .into_iter()
                .for_each(|part| found.look(part));
        }
        envelope.get("resources").into_iter().for_each(|resources| found.look(resources));
        let announced = ANNOUNCED.iter().filter_map(|field| envelope.get("detail")?.get(field));
        announced.filter_map(Value::as_str).for_each(|name| found.add(shown(name).into_owned()));
        found.names
    }

    /// Remembers what AWS has only accepted, and who became whose member: when that ends, only the membership is named.
    fn follow(&self, event: Event<'_>, about: &str) {
        if let Some(membership) = event.text("/detail/responseElements/membershipId") {
            self.memory.remember(membership, about);
        }
        let request_id = ACCEPTED
            .iter()
            .find_map(|field| event.text(&format!("/detail/responseElements/{field}/requestId")));
        let Some(request_id) = request_id.map(str::to_owned) else { return };
        let told = format!("{}  {about}", painted(BOLD, event.name()));
        let mut in_progress = self.in_progress.borrow_mut();
        in_progress.push_back(InProgress { request_id, told });
        // Of what AWS has forgotten nobody hears how it ended.
        if in_progress.len() > IN_PROGRESS {
            in_progress.pop_front();
        }
    }
}

/// What Usher's announcements say beside where, what and for whom.
fn told(event: Event<'_>) -> Option<String> {
    let number = |pointer: &str| event.value(pointer).and_then(Value::as_u64);
    let length = |pointer: &str| event.value(pointer).and_then(Value::as_array).map_or(0, Vec::len);
    let file = || event.text("/detail/file/key").map(shown).unwrap_or_default();
    match event.name() {
        "Change Failed" => None,
        "Revocations Held" => Some(format!("held: {}", number("/detail/number")?)),
        "Rules Activated" => Some(format!(
            "{}, rules: {}, tests: {}, warnings: {}",
            file(),
            number("/detail/rules")?,
            number("/detail/tests")?,
            length("/detail/warnings"),
        )),
        "Rules Rejected" => {
            Some(format!("{}, mistakes: {}", file(), length("/detail/diagnostics")))
        }
        "Sweep Finished" => {
            let of = |field: &str| number(&format!("/detail/summary/{field}")).unwrap_or_default();
            let gaps = length("/detail/gaps");
            Some(format!(
                "to create: {}, to delete: {} ({} of them held), unchanged: {}, failed: {}, gaps: {gaps}",
                of("create"),
                of("delete"),
                of("held"),
                of("unchanged"),
                number("/detail/failed")?,
            ))
        }
        _ => None,
    }
}

/// Good news and bad news stand out among Usher's announcements; all else is just a name.
fn style(event: Event<'_>) -> anstyle::Style {
    match event.name() {
        "Access Granted" | "Rules Activated" => GREEN.bold(),
        "Access Revoked" | "Change Failed" | "Rules Rejected" => RED.bold(),
        "Revocations Held" | "Drift Found" => YELLOW.bold(),
        _ => BOLD,
    }
}

/// The role that called, or the service that did it by itself.
fn actor(event: Event<'_>) -> &str {
    ["sessionContext/sessionIssuer/userName", "invokedBy", "type"]
        .into_iter()
        .find_map(|field| event.text(&format!("/detail/userIdentity/{field}")))
        .unwrap_or_else(|| event.source())
}

/// Why a call was refused, a service did not succeed or Usher failed, in AWS's words.
fn failure(event: Event<'_>) -> Option<String> {
    if let Some(code) = event.error_code() {
        let message = event.text("/detail/errorMessage");
        return Some(message.map_or_else(|| code.to_owned(), |why| format!("{code}: {why}")));
    }
    if event.name() == "Change Failed" {
        return event.text("/detail/reason").map(str::to_owned);
    }
    let details = event.value("/detail/serviceEventDetails")?.as_object()?;
    let status = details.values().find(|status| {
        ["state", "status"].iter().any(|field| status.get(field).is_some_and(|it| it == "FAILED"))
    })?;
    let why = ["failureReason", "message"].iter().find_map(|field| status.get(field)?.as_str());
    Some(why.map_or_else(|| "FAILED".to_owned(), |why| format!("FAILED: {why}")))
}

/// The tags of a request, or the keys of those to go.
fn requested_tags(event: Event<'_>) -> Option<String> {
    let tags = event.value("/detail/requestParameters/tags").and_then(Value::as_array);
    let tag = |tag: &Value| {
        let (key, value) = (tag.get("key")?.as_str()?, tag.get("value")?.as_str()?);
        Some(format!("{}={}", shown(key), shown(value)))
    };
    let keys = event.value("/detail/requestParameters/tagKeys").and_then(Value::as_array);
    let keys = keys.into_iter().flatten().filter_map(Value::as_str);
    let keys = keys.map(|key| format!("{} → none", shown(key)));
    let told: Vec<String> = tags.into_iter().flatten().filter_map(tag).chain(keys).collect();
    (!told.is_empty()).then(|| told.join(", "))
}

fn joined(names: Vec<String>, more: Option<String>) -> String {
    names.into_iter().chain(more).collect::<Vec<_>>().join(", ")
}

struct Found<'a> {
    view: &'a View<'a>,
    names: Vec<String>,
}

impl Found<'_> {
    fn look(&mut self, value: &Value) {
        match value {
            Value::String(text) => {
                self.view.name(text).into_iter().for_each(|name| self.add(name));
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
            // An account that nobody has heard of has no name.
            ("accountId", Some(id)) => {
                self.add(self.view.name(id).unwrap_or_else(|| shown(id).into_owned()));
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
