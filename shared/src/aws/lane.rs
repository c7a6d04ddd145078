//! The lane: one SQS FIFO queue with one message group.

use std::{sync::Arc, time::Duration};

use sha2::{Digest, Sha256};

use crate::{
    failure::CallFailure,
    lane::{LaneMessage, MESSAGE_GROUP},
};

use super::{clients::Clients, failure::failed};

const SEND_MESSAGE: &str = "sqs:SendMessage";
const CHANGE_MESSAGE_VISIBILITY: &str = "sqs:ChangeMessageVisibility";

/// The longest deduplication id that SQS takes.
///
/// Unit: characters.
/// Source: <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html>
const MAX_DEDUPLICATION_ID: usize = 128;

/// The queue.
#[derive(Debug)]
pub struct AwsLane {
    clients: Arc<Clients>,
    queue_url: String,
}

impl AwsLane {
    /// The queue of that URL.
    #[must_use]
    pub fn new(clients: Arc<Clients>, queue_url: String) -> Self {
        Self { clients, queue_url }
    }

    /// Puts a message on the lane. SQS drops it if one with the same id came within the last five
    /// minutes: events are delivered more than once.
    ///
    /// # Errors
    /// What SQS said.
    pub async fn send(
        &self,
        message: &LaneMessage,
        deduplication_id: &str,
    ) -> Result<(), CallFailure> {
        let send = self
            .clients
            .sqs()
            .send_message()
            .queue_url(&self.queue_url)
            .message_group_id(MESSAGE_GROUP)
            .message_deduplication_id(as_deduplication_id(deduplication_id))
            .message_body(message.body());
        send.send().await.map(drop).map_err(failed(SEND_MESSAGE))
    }

    /// Lets a message that was received come again after that time, in place of the queue's
    /// visibility timeout.
    ///
    /// # Errors
    /// What SQS said. The message then comes again when the visibility timeout has passed.
    pub async fn hand_back(
        &self,
        receipt_handle: &str,
        after: Duration,
    ) -> Result<(), CallFailure> {
        let seconds = i32::try_from(after.as_secs()).unwrap_or(i32::MAX);
        let change = self.clients.sqs().change_message_visibility().queue_url(&self.queue_url);
        let change = change.receipt_handle(receipt_handle).visibility_timeout(seconds);
        let changed = change.send().await.map(drop).map_err(failed(CHANGE_MESSAGE_VISIBILITY));
        // SQS quotes what it was given, and who has a handle may delete the message: no word for a log.
        changed.map_err(|failure| CallFailure {
            message: failure.message.replace(receipt_handle, "(the receipt handle)"),
            ..failure
        })
    }
}

/// The id as it is, if SQS takes it; else its SHA-256.
fn as_deduplication_id(id: &str) -> String {
    let fits = (1..=MAX_DEDUPLICATION_ID).contains(&id.len())
        && id.bytes().all(|byte| byte.is_ascii_graphic());
    if fits { id.to_owned() } else { format!("{:x}", Sha256::digest(id)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_that_sqs_takes_stays() {
        let longest = "x".repeat(MAX_DEDUPLICATION_ID);
        for id in [
            "2f7a1c9e-0b1d-4c55-9d3e-8f1a2b3c4d5e",
            "a!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~",
            &longest,
        ] {
            assert_eq!(as_deduplication_id(id), id);
        }
    }

    #[test]
    fn any_other_is_hashed_always_alike() {
        let too_long = "x".repeat(MAX_DEDUPLICATION_ID + 1);
        for id in ["", "two words", "ümlaut", "a\nb", &too_long] {
            let hashed = as_deduplication_id(id);
            assert_eq!((hashed.len(), &hashed), (64, &as_deduplication_id(id)));
            assert!(hashed.bytes().all(|byte| byte.is_ascii_hexdigit()));
        }
    }
}
