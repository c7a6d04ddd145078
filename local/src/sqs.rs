//! SQS: one FIFO queue, of which only the sending side is needed.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use md5::{Digest, Md5};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{api_error::ApiError, call::Call, operation::Operation};

/// How long a deduplication id is remembered.
///
/// Source: <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/using-messagededuplicationid-property.html>
const DEDUPLICATION_INTERVAL: Duration = Duration::from_secs(5 * 60);

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

/// What was sent and not yet taken.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    messages: Vec<Message>,
    sent: BTreeMap<String, Receipt>,
    count: u64,
}

/// What the sender is told, again for a duplicate.
#[derive(Clone, Debug)]
struct Receipt {
    message_id: String,
    sequence_number: u64,
    at: Instant,
}

impl Queue {
    /// Everything that was sent since the last time.
    pub(crate) fn take(&mut self) -> Vec<Message> {
        std::mem::take(&mut self.messages)
    }

    fn send(
        &mut self,
        request: &SendMessageRequest,
        deduplication_id: &str,
        now: Instant,
    ) -> Receipt {
        self.sent.retain(|_, receipt| now.duration_since(receipt.at) < DEDUPLICATION_INTERVAL);
        if let Some(duplicate) = self.sent.get(deduplication_id) {
            return duplicate.clone();
        }
        self.count += 1;
        let message_id = Uuid::new_v4().to_string();
        self.messages.push(Message {
            message_id: message_id.clone(),
            body: request.message_body.clone(),
            group_id: request.message_group_id.clone().unwrap_or_default(),
            deduplication_id: deduplication_id.to_owned(),
        });
        let receipt = Receipt { message_id, sequence_number: self.count, at: now };
        self.sent.insert(deduplication_id.to_owned(), receipt.clone());
        receipt
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
    let receipt = call.state.queue.send(request, deduplication_id, Instant::now());
    Ok(json!({
        "MessageId": receipt.message_id,
        "MD5OfMessageBody": md5,
        "SequenceNumber": format!("{:020}", receipt.sequence_number),
    }))
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
