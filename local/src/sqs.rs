//! SQS: one FIFO queue, of which only the sending side is needed.

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use md5::{Digest, Md5};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{api_error::ApiError, call::Call, clock::DAY, operation::Operation};

/// How long a deduplication id is remembered.
///
/// Source: <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/using-messagededuplicationid-property.html>
const DEDUPLICATION_INTERVAL: Duration = Duration::from_secs(5 * 60);

/// How long a message waits for somebody who takes it, unless the queue says otherwise.
///
/// Source: <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html>
const RETENTION: Duration = DAY.saturating_mul(4);

/// The most messages that wait. AWS keeps as many as come; the oldest go first here.
///
/// Unit: messages.
const WAITING: usize = 100_000;

/// A message on the queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The id that SQS gave it.
    pub message_id: String,
    /// What was sent.
    pub body: String,
    /// Messages of one group are delivered in order.
    pub group_id: String,
    /// A second message with the same one is accepted and forgotten, for five minutes.
    pub deduplication_id: String,
}

/// What was sent and not yet taken. Times are the server's uptime.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    messages: VecDeque<(Duration, Message)>,
    receipts: BTreeMap<String, Receipt>,
    /// The deduplication ids of the receipts, oldest first.
    sent: VecDeque<(Duration, String)>,
    count: u64,
}

/// What the sender is told, again for a duplicate.
#[derive(Clone, Debug)]
struct Receipt {
    message_id: String,
    sequence_number: u64,
}

impl Queue {
    /// Everything that was sent since the last time.
    pub(crate) fn take(&mut self, now: Duration) -> Vec<Message> {
        self.forget(now);
        self.messages.drain(..).map(|(_, message)| message).collect()
    }

    fn send(
        &mut self,
        request: &SendMessageRequest,
        deduplication_id: &str,
        now: Duration,
    ) -> Receipt {
        self.forget(now);
        if let Some(duplicate) = self.receipts.get(deduplication_id) {
            return duplicate.clone();
        }
        self.count += 1;
        let message_id = Uuid::new_v4().to_string();
        let message = Message {
            message_id: message_id.clone(),
            body: request.message_body.clone(),
            group_id: request.message_group_id.clone().unwrap_or_default(),
            deduplication_id: deduplication_id.to_owned(),
        };
        self.messages.push_back((now, message));
        let receipt = Receipt { message_id, sequence_number: self.count };
        self.receipts.insert(deduplication_id.to_owned(), receipt.clone());
        self.sent.push_back((now, deduplication_id.to_owned()));
        receipt
    }

    fn forget(&mut self, now: Duration) {
        let is_old = |sent: &Duration, period| now.saturating_sub(*sent) >= period;
        while self.sent.front().is_some_and(|(sent, _)| is_old(sent, DEDUPLICATION_INTERVAL)) {
            let oldest = self.sent.pop_front();
            oldest.map(|(_, id)| self.receipts.remove(&id));
        }
        while self.messages.front().is_some_and(|(sent, _)| is_old(sent, RETENTION))
            || self.messages.len() > WAITING
        {
            self.messages.pop_front();
        }
    }
}

pub(crate) fn operation(name: &str) -> Option<Operation> {
    (name == "SendMessage").then(|| Operation::relay(send_message))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SendMessageRequest {
    queue_url: String,
    message_body: String,
    message_group_id: Option<String>,
    message_deduplication_id: Option<String>,
}

/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html>
fn send_message(call: &mut Call<'_>, request: &SendMessageRequest) -> Result<Value, ApiError> {
    if !request.queue_url.ends_with(".fifo") {
        return Err(call.invalid("only a FIFO queue is kept here: the QueueUrl must end in .fifo"));
    }
    if request.message_group_id.is_none() {
        return Err(ApiError::new(
            "MissingParameter",
            "The request must contain the parameter MessageGroupId.",
        ));
    }
    // Without an id of its own a message is told from others by its content, as in a queue set up
    // so.
    let md5 = hexadecimal(&Md5::digest(request.message_body.as_bytes()));
    let deduplication_id = request.message_deduplication_id.as_ref().unwrap_or(&md5);
    let receipt = call.state.queue.send(request, deduplication_id, call.world.uptime());
    Ok(json!({
        "MessageId": receipt.message_id,
        "MD5OfMessageBody": md5,
        "SequenceNumber": format!("{:020}", receipt.sequence_number),
    }))
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn send(queue: &mut Queue, id: &str, now: Duration) -> String {
        let request = SendMessageRequest {
            queue_url: String::new(),
            message_body: String::new(),
            message_group_id: None,
            message_deduplication_id: None,
        };
        queue.send(&request, id, now).message_id
    }

    #[test]
    fn a_duplicate_is_one_for_five_minutes() {
        let mut queue = Queue::default();
        let first = send(&mut queue, "event-1", Duration::ZERO);
        let soon = DEDUPLICATION_INTERVAL - Duration::from_secs(1);
        assert_eq!(send(&mut queue, "event-1", soon), first);
        assert_ne!(send(&mut queue, "event-1", DEDUPLICATION_INTERVAL), first);
        assert_eq!(queue.take(DEDUPLICATION_INTERVAL).len(), 2);
        assert_eq!((queue.receipts.len(), queue.sent.len()), (1, 1));
    }

    #[test]
    fn a_message_that_nobody_takes_is_gone_after_four_days() {
        let mut queue = Queue::default();
        send(&mut queue, "event-1", Duration::ZERO);
        send(&mut queue, "event-2", DAY);
        let left = queue.take(RETENTION);
        assert_eq!(left.len(), 1);
        assert_eq!(left[0].deduplication_id, "event-2");
    }

    #[test]
    fn no_more_messages_wait_than_there_is_room_for() {
        let mut queue = Queue::default();
        for number in 0..=WAITING {
            send(&mut queue, &number.to_string(), Duration::ZERO);
        }
        assert_eq!(queue.take(Duration::ZERO).len(), WAITING);
    }
}
