//! A batch of messages from a queue, and which of them are to come again.
//!
//! Read leniently, five fields a message: a field that we do not look at must not make a whole batch
//! unreadable.

use aws_lambda_events::sqs::SqsBatchResponse;
use chrono::{DateTime, Utc};
use serde_json::Value;

/// A message of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// What the answer calls it by.
    pub message_id: String,
    /// Its body. Empty, if it has none.
    pub body: String,
    /// What the queue calls this delivery of it by.
    pub receipt_handle: Option<String>,
    /// When it was sent, by the queue's clock; nothing, when the queue does not say.
    pub sent_at: Option<DateTime<Utc>>,
    /// Whether the queue has handed it over before: that run failed, or was cut off.
    pub is_again: bool,
}

/// Lambda's answer to a batch: those messages are to come again, all others are done.
#[must_use]
pub fn again<'a>(records: impl IntoIterator<Item = &'a Record>) -> SqsBatchResponse {
    let mut response = SqsBatchResponse::default();
    response.set_failures(records.into_iter().map(|record| record.message_id.clone()));
    response
}

/// The messages of a batch, in the order in which they were sent.
///
/// # Errors
/// It is not a batch. Nothing of it may count as done then, so all of it has to come again.
pub fn records(event: &Value) -> Result<Vec<Record>, String> {
    let records = event
        .get("Records")
        .and_then(Value::as_array)
        .ok_or("no `Records`: not a batch of messages")?;
    records
        .iter()
        .map(|record| read(record).ok_or_else(|| "a message without `messageId`".to_owned()))
        .collect()
}

fn read(record: &Value) -> Option<Record> {
    let text = |field| record.get(field).and_then(Value::as_str).map(str::to_owned);
    let attribute = |name: &str| record.get("attributes").and_then(|all| all.get(name)?.as_str());
    Some(Record {
        message_id: text("messageId")?,
        body: text("body").unwrap_or_default(),
        receipt_handle: text("receiptHandle"),
        sent_at: attribute("SentTimestamp").and_then(time),
        is_again: attribute("ApproximateReceiveCount").is_some_and(|count| count != "1"),
    })
}

/// The time that SQS writes as milliseconds since 1970.
fn time(milliseconds: &str) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp_millis(milliseconds.parse().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn record(message_id: &str, body: &str) -> Record {
        let (message_id, body) = (message_id.to_owned(), body.to_owned());
        Record { message_id, body, receipt_handle: None, sent_at: None, is_again: false }
    }

    #[test]
    fn what_a_message_needs_not_say_may_be_anything() {
        let batch = json!({"Records": [
            {"messageId": "1", "body": "{}", "attributes": {"SentTimestamp": 7}, "messageAttributes": []},
            {"messageId": "2"},
        ]});
        assert_eq!(records(&batch), Ok(vec![record("1", "{}"), record("2", "")]));
        assert_eq!(records(&json!({"Records": []})), Ok(vec![]));
    }

    #[test]
    fn a_message_says_when_it_was_sent() {
        let batch = json!({"Records": [
            {"messageId": "1", "attributes": {"SentTimestamp": "1772442855123"}},
            {"messageId": "2", "attributes": {"SentTimestamp": "yesterday"}},
        ]});
        let sent: Vec<_> = records(&batch).unwrap().into_iter().map(|one| one.sent_at).collect();
        assert_eq!(sent, [Some("2026-03-02T09:14:15.123Z".parse().unwrap()), None]);
    }

    #[test]
    fn a_message_says_whether_it_comes_again() {
        let batch = json!({"Records": [
            {"messageId": "1", "attributes": {"ApproximateReceiveCount": "1"}},
            {"messageId": "2", "attributes": {"ApproximateReceiveCount": "2"}},
            {"messageId": "3", "attributes": {}},
        ]});
        let again: Vec<_> = records(&batch).unwrap().into_iter().map(|one| one.is_again).collect();
        assert_eq!(again, [false, true, false]);
    }

    #[test]
    fn what_is_no_batch_is_refused() {
        for event in [
            json!(null),
            json!("text"),
            json!({}),
            json!({"Records": {}}),
            json!({"Records": [{"body": ""}]}),
        ] {
            assert!(records(&event).is_err(), "{event}");
        }
    }

    #[test]
    fn the_answer_names_those_that_are_to_come_again() {
        let answer = serde_json::to_value(again(&[record("2", "")])).unwrap();
        assert_eq!(answer, json!({"batchItemFailures": [{"itemIdentifier": "2"}]}));
        assert_eq!(serde_json::to_value(again([])).unwrap(), json!({"batchItemFailures": []}));
    }
}
