//! Telling the world: events on an EventBridge bus.
//!
//! **Caveats.** An event that the bus refuses is tried again after those behind it, so their order
//! is kept only while nothing fails. Every event says when it was put, and what it is about, in
//! full.

use std::{mem, sync::Arc, time::Duration};

use aws_sdk_eventbridge::types::{PutEventsRequestEntry, PutEventsResultEntry};
use serde_json::{Map, Value, json};

use crate::{
    announcement::{Announcement, SOURCE},
    failure::{CallFailure, FailureKind},
    reconcile::{Announce, NotAnnounced},
};

use super::{clients::Clients, failure::failed};

const PUT_EVENTS: &str = "events:PutEvents";

/// Entries of one request.
///
/// Source: <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html>
const MAX_ENTRIES: usize = 10;

/// All entries of one request together.
///
/// Unit: bytes. The limit is 256 KiB, with the source, the detail type and a time counted in: some
/// room is left for them. Source: <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html>
const MAX_BYTES: usize = 250 * 1024;

/// How often an entry is put before it is given up. The bus refuses single entries when it
/// throttles.
const ATTEMPTS: u32 = 4;

/// The wait before the second attempt. It doubles each time.
const FIRST_WAIT: Duration = Duration::from_millis(200);

/// [`Announce`], over the SDK.
#[derive(Debug)]
pub struct AwsAnnounce {
    clients: Arc<Clients>,
    bus: String,
}

impl AwsAnnounce {
    /// The bus of that name (or ARN).
    #[must_use]
    pub fn new(clients: Arc<Clients>, bus: String) -> Self {
        Self { clients, bus }
    }

    fn entry(&self, announcement: Announcement) -> PutEventsRequestEntry {
        PutEventsRequestEntry::builder()
            .event_bus_name(&self.bus)
            .source(SOURCE)
            .detail_type(announcement.detail_type)
            .detail(fitting(announcement.detail))
            .build()
    }

    /// Puts a batch, and those of it that were refused again, as long as there is hope.
    async fn put(&self, mut entries: Vec<PutEventsRequestEntry>) -> Result<(), NotAnnounced> {
        let mut wait = FIRST_WAIT;
        for attempt in 1.. {
            let put = self.clients.event_bridge().put_events().set_entries(Some(entries.clone()));
            let answer = put.send().await.map_err(failed(PUT_EVENTS));
            let number = entries.len();
            let answer = answer.map_err(|failure| NotAnnounced { number, failure })?;
            let Some(failure) = first_failure(answer.entries()) else {
                return Ok(());
            };
            entries = refused(entries, answer.entries());
            if attempt == ATTEMPTS || !failure.may_pass() {
                return Err(NotAnnounced { number: entries.len(), failure });
            }
            tokio::time::sleep(wait).await;
            wait *= 2;
        }
        Ok(())
    }
}

impl Announce for AwsAnnounce {
    async fn announce(&self, announcements: Vec<Announcement>) -> Result<(), NotAnnounced> {
        let entries =
            announcements.into_iter().map(|announcement| self.entry(announcement)).collect();
        let mut lost = None;
        // A batch that fails does not silence those after it.
        for batch in batches(entries) {
            lost = NotAnnounced::plus(lost, self.put(batch).await.err());
        }
        lost.map_or(Ok(()), Err)
    }
}

/// As many entries together as a request takes.
fn batches(entries: Vec<PutEventsRequestEntry>) -> Vec<Vec<PutEventsRequestEntry>> {
    let mut batches = Vec::new();
    let mut batch = Vec::new();
    let mut bytes = 0;
    for entry in entries {
        let size = entry.detail().map_or(0, str::len);
        if !batch.is_empty() && (batch.len() == MAX_ENTRIES || bytes + size > MAX_BYTES) {
            batches.push(mem::take(&mut batch));
            bytes = 0;
        }
        bytes += size;
        batch.push(entry);
    }
    if !batch.is_empty() {
        batches.push(batch);
    }
    batches
}

/// What the bus said of the first entry that it refused.
fn first_failure(results: &[PutEventsResultEntry]) -> Option<CallFailure> {
    results.iter().find_map(|result| {
        let code = result.error_code()?;
        Some(CallFailure {
            operation: PUT_EVENTS,
            code: code.to_owned(),
            message: result.error_message().unwrap_or_default().to_owned(),
            kind: FailureKind::of_code(code, None),
        })
    })
}

/// The entries that were refused: results come in the order of the entries.
fn refused(
    entries: Vec<PutEventsRequestEntry>,
    results: &[PutEventsResultEntry],
) -> Vec<PutEventsRequestEntry> {
    let outcomes = entries.into_iter().zip(results);
    outcomes.filter(|(_, result)| result.error_code().is_some()).map(|(entry, _)| entry).collect()
}

/// The detail as text, cut to what a bus takes. What was cut says `"truncated": true`: an event
/// with less in it is better than none.
fn fitting(detail: Value) -> String {
    let text = detail.to_string();
    match detail {
        Value::Object(fields) if text.len() > MAX_BYTES => cut(fields),
        _ => text,
    }
}

fn cut(mut fields: Map<String, Value>) -> String {
    fields.insert("truncated".to_owned(), json!(true));
    loop {
        let text = Value::Object(fields.clone()).to_string();
        if text.len() <= MAX_BYTES {
            return text;
        }
        shorten_largest(&mut fields);
    }
}

/// Keeps the first half of the largest field if it is a list, and nothing of it otherwise.
fn shorten_largest(fields: &mut Map<String, Value>) {
    let largest =
        fields.iter().max_by_key(|(_, value)| value.to_string().len()).map(|(key, _)| key.clone());
    let Some(largest) = largest else { return };
    match fields.get_mut(&largest) {
        Some(Value::Array(rows)) if rows.len() > 1 => rows.truncate(rows.len() / 2),
        _ => drop(fields.remove(&largest)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(detail: String) -> PutEventsRequestEntry {
        PutEventsRequestEntry::builder().detail(detail).build()
    }

    fn sizes(details: Vec<String>) -> Vec<usize> {
        batches(details.into_iter().map(entry).collect()).iter().map(Vec::len).collect()
    }

    #[test]
    fn a_batch_holds_ten_entries_and_a_quarter_of_a_mebibyte() {
        assert!(sizes(vec![]).is_empty());
        assert_eq!(sizes(vec!["{}".to_owned(); 21]), [10, 10, 1]);
        assert_eq!(sizes(vec!["x".repeat(100 * 1024); 5]), [2, 2, 1]);
        assert_eq!(sizes(vec!["x".repeat(MAX_BYTES), "{}".to_owned()]), [1, 1]);
    }

    #[test]
    fn a_detail_that_fits_stays_as_it_is() {
        assert_eq!(
            fitting(json!({"digest": "abc", "changes": [1, 2]})),
            r#"{"changes":[1,2],"digest":"abc"}"#
        );
    }

    #[test]
    fn a_detail_that_is_too_large_is_cut_and_says_so() {
        let changes = vec![json!({"account_name": "x".repeat(1000)}); 3000];
        let text = fitting(json!({"digest": "abc", "number": 3000, "changes": changes}));
        assert!(text.len() <= MAX_BYTES);
        let detail: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(
            (&detail["truncated"], &detail["digest"], &detail["number"]),
            (&json!(true), &json!("abc"), &json!(3000))
        );
        assert!(detail["changes"].as_array().unwrap().len() > 100);
    }

    #[test]
    fn one_huge_value_goes_away_alone() {
        let text = fitting(
            json!({"digest": "abc", "why": "x".repeat(MAX_BYTES), "changes": ["y".repeat(MAX_BYTES)]}),
        );
        assert_eq!(text, r#"{"digest":"abc","truncated":true}"#);
    }

    fn result(code: Option<&str>) -> PutEventsResultEntry {
        PutEventsResultEntry::builder().set_error_code(code.map(str::to_owned)).build()
    }

    #[test]
    fn only_what_was_refused_is_put_again() {
        let results = [
            result(None),
            result(Some("ThrottlingException")),
            result(None),
            result(Some("InternalFailure")),
        ];
        let entries = ["a", "b", "c", "d"].map(|detail| entry(detail.to_owned())).to_vec();
        let again: Vec<String> =
            refused(entries, &results).into_iter().filter_map(|entry| entry.detail).collect();
        assert_eq!(again, ["b", "d"]);
        assert!(first_failure(&results).unwrap().may_pass());
        assert!(
            !first_failure(&[result(Some("NotAuthorizedForSourceException"))]).unwrap().may_pass()
        );
        assert_eq!(first_failure(&[result(None)]), None);
    }
}
