//! Messages and announcements.

use aws_sdk_eventbridge::types::PutEventsRequestEntry;

use local::{Clock, Settings};

use crate::support::{Server, quick};

#[tokio::test]
async fn a_message_is_kept_once() {
    let server = Server::start().await;
    let request =
        server.sqs.send_message().queue_url(format!("{}/1/lane.fifo", server.local.endpoint()));
    let request =
        request.message_body("{}").message_group_id("lane").message_deduplication_id("event-1");
    let first = request.clone().send().await.unwrap();
    let second = request.send().await.unwrap();
    assert_eq!(first.message_id(), second.message_id());
    let messages = server.local.take_messages();
    assert_eq!(messages.len(), 1);
    assert_eq!(
        (messages[0].group_id.as_str(), messages[0].deduplication_id.as_str()),
        ("lane", "event-1")
    );
    assert!(server.local.take_messages().is_empty());
}

#[tokio::test]
async fn announcements_are_kept_but_not_in_the_name_of_aws() {
    let server = Server::start().await;
    let entry = PutEventsRequestEntry::builder()
        .source("usher")
        .detail_type("Access Granted")
        .detail("{\"n\":1}");
    let forged = entry.clone().source("aws.sso");
    let request = server.event_bridge.put_events().entries(entry.build()).entries(forged.build());
    let answer = request.send().await.unwrap();
    assert_eq!(answer.failed_entry_count(), 1);
    assert_eq!(answer.entries()[1].error_code(), Some("NotAuthorizedForSourceException"));
    let announcements = server.local.announcements();
    assert_eq!((announcements.len(), &announcements[0]["detail"]["n"]), (1, &1.into()));
}

#[tokio::test]
async fn of_announcements_the_last_ten_thousand_are_kept() {
    let server = Server::start().await;
    let entry = |number: usize| {
        let detail = format!("{{\"n\":{number}}}");
        PutEventsRequestEntry::builder().source("usher").detail_type("Told").detail(detail).build()
    };
    // A call takes ten.
    for begin in (0..10_010).step_by(10) {
        let entries = (begin..begin + 10).map(entry).collect();
        server.event_bridge.put_events().set_entries(Some(entries)).send().await.unwrap();
    }
    let kept = server.local.announcements();
    assert_eq!((kept.len(), &kept[0]["detail"]["n"]), (10_000, &10.into()));
}

#[tokio::test]
async fn a_duplicate_is_one_for_five_minutes_of_the_servers_own_time() {
    let server = Server::with(Settings { clock: Clock::times_as_fast(10_000.0), ..quick() }).await;
    let request = server.sqs.send_message().queue_url("http://127.0.0.1/1/lane.fifo");
    let request =
        request.message_body("{}").message_group_id("lane").message_deduplication_id("event-1");
    let first = request.clone().send().await.unwrap();
    // Five minutes are thirty milliseconds.
    tokio::time::sleep(std::time::Duration::from_millis(40)).await;
    let second = request.send().await.unwrap();
    assert_ne!(first.message_id(), second.message_id());
    assert_eq!(server.local.take_messages().len(), 2);
}
