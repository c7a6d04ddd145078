//! SQS and EventBridge, which only take something.

use aws_sdk_eventbridge::types::PutEventsRequestEntry;

use super::{Table, fail_once, row};
use crate::support::Server;

pub(crate) async fn rows(server: &Server, table: &mut Table) {
    let message =
        server.sqs.send_message().queue_url(format!("{}/1/lane.fifo", server.local.endpoint()));
    let message = message.message_body("{}").message_group_id("lane");
    row!(table, "sqs:SendMessage", message.clone(), {
        // What SQS called it when it still spoke the Query protocol, and SDKs still know it by.
        fail_once(server, "sqs:SendMessage", "AWS.SimpleQueueService.NonExistentQueue");
        message
    });

    let entry = PutEventsRequestEntry::builder().source("usher").detail_type("Told").detail("{}");
    let put = server.event_bridge.put_events().entries(entry.build());
    row!(table, "events:PutEvents", put.clone(), {
        fail_once(server, "events:PutEvents", "InternalException");
        put
    });
}
