//! Bursts: many events about few places. The reconciler's work grows with the places.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use shared::{
    runtime::{self, Batch, Outcome, lane_batch},
    scope::Function,
};

use crate::support::{
    events::{api_call, create_account_result, service_event},
    local_aws::{LocalAws, Usher, again},
    organization::{Company, account_id, company, group_id},
};

/// What Lambda takes of a FIFO queue at once.
const BATCH: usize = 10;

const RULES: &str = r#"version: 1
manage: {unlisted: revoke}
rules:
  - name: crews
    permission_sets: [ViewOnlyAccess]
    groups: ["crew-*"]
    members: {at_least: 1}
    accounts: {tags: {team: shop}}
"#;

fn crews(groups: usize, accounts: usize) -> Company {
    let mut company = company().permission_set("ViewOnlyAccess");
    for number in 0..groups {
        let (group, user) = (format!("crew-{number}"), format!("user-{number}"));
        company = company.group(&group).user(&user).member(&user, &group);
    }
    for number in 0..accounts {
        company = company.account(&format!("member-{number}"), "/").tagged("team", "shop");
    }
    company
}

/// An event, unlike all others.
fn numbered(mut event: Value, number: usize) -> Value {
    event["detail"]["eventID"] = json!(format!("0d5c2a9e-41b7-4c1f-9a57-{number:012}"));
    event
}

/// A member of a group, as SCIM tells of it: which one is hidden.
fn patch_group(group: &str, number: usize) -> Value {
    let operation =
        json!({"op": "ADD", "path": "members", "value": "HIDDEN_DUE_TO_SECURITY_REASONS"});
    let parameters = json!({"id": group_id(group), "httpBody": {"operations": [operation]}});
    let event = api_call("identitystore-scim", "PatchGroup", &parameters);
    numbered(event, number)
}

/// Hands events to a function, and says how many got onto the lane.
async fn hand(usher: &Usher, function: Function, events: &[Value]) -> usize {
    let mut sent = 0;
    for event in events {
        let outcome = runtime::event(&usher.world, function, event.clone()).await.unwrap();
        sent += usize::from(matches!(outcome, Outcome::Sent(_)));
    }
    sent
}

/// All calls but those that ask how the writes are doing: of them there are as many as the time that AWS
/// takes.
fn calls_that_count(aws: &LocalAws) -> u64 {
    let calls = aws.local.calls();
    calls.iter().filter(|(name, _)| !name.ends_with("Status")).map(|(_, number)| number).sum()
}

/// Takes all that is on the lane, ten at a time and in order; the calls of each batch.
async fn drain(aws: &LocalAws, usher: &Usher) -> Vec<u64> {
    // At the latest then: that they seem younger can only make more work.
    let sent_at = now();
    // As long as a message takes at least from the queue to Lambda's poller, and a little more.
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    let messages = aws.local.take_messages();
    let mut calls = Vec::new();
    for batch in messages.chunks(BATCH) {
        let record = |message: &local::Message| {
            json!({
                "messageId": message.message_id,
                "body": message.body,
                "attributes": {"SentTimestamp": sent_at.timestamp_millis().to_string(), "MessageGroupId": message.group_id},
            })
        };
        let records: Vec<Value> = batch.iter().map(record).collect();
        let before = calls_that_count(aws);
        let batch: Batch = lane_batch(&usher.world, json!({ "Records": records })).await.unwrap();
        assert!(again(&batch).is_empty(), "{:?}", batch.reconciled.map(|run| run.plan.gaps));
        calls.push(calls_that_count(aws) - before);
    }
    calls
}

#[expect(clippy::disallowed_methods, reason = "the queue has a clock of its own")]
fn now() -> DateTime<Utc> {
    std::time::SystemTime::now().into()
}

/// The calls that so many membership events cost, about so many groups.
async fn a_sync(events: usize, groups: usize) -> (usize, u64) {
    let aws = LocalAws::start(crews(groups, 12), RULES).await;
    let usher = aws.usher().await;
    let events: Vec<Value> = (0..events)
        .map(|number| patch_group(&format!("crew-{}", number % groups), number))
        .collect();
    assert_eq!(hand(&usher, Function::GroupEvents, &events).await, events.len());
    let calls = drain(&aws, &usher).await;
    for number in 0..12 {
        assert_eq!(aws.access(&account_id(&format!("member-{number}"))).len(), groups);
    }
    let quiet = calls.iter().filter(|calls| **calls == 0).count();
    tell(&format!("{} membership events about {groups} groups", events.len()), &calls);
    (quiet, calls.iter().sum())
}

#[expect(clippy::print_stdout, reason = "the numbers themselves, for `--no-capture`")]
fn tell(what: &str, calls: &[u64]) {
    let quiet = calls.iter().filter(|calls| **calls == 0).count();
    println!(
        "{what}: {} batches, {quiet} without a call, {} calls in all",
        calls.len(),
        calls.iter().sum::<u64>()
    );
}

#[tokio::test]
async fn a_sync_costs_its_groups_and_not_its_members() {
    let (quiet, large) = a_sync(500, 5).await;
    // One batch looks at all five groups; the other forty-nine are about what it has seen.
    assert_eq!(quiet, 49);
    let (_, small) = a_sync(50, 5).await;
    assert_eq!(large, small, "ten times the messages, the same calls");
    let (_, more_groups) = a_sync(100, 20).await;
    assert!(more_groups > small, "{more_groups}");
}

#[tokio::test]
async fn accounts_that_are_created_at_once_cost_what_each_costs() {
    let aws = LocalAws::start(crews(2, 50), RULES).await;
    let usher = aws.usher().await;
    let mut events = Vec::new();
    for number in 0..50 {
        let id = account_id(&format!("member-{number}")).to_string();
        events.push(create_account_result("SUCCEEDED", Some(&id)));
        let joined = json!({"accountId": id, "joinedMethod": "CREATED", "joinedTime": "Mar 2, 2026 9:14:31 AM"});
        events.push(service_event("organizations", "AccountJoinedOrganization", &joined));
    }
    // The two events about an account do not come next to each other, and each comes twice.
    let order = (0..2).flat_map(|which| (0..50).map(move |number| number * 2 + which));
    let once: Vec<Value> = order
        .enumerate()
        .map(|(number, position)| numbered(events[position].clone(), number))
        .collect();
    let twice: Vec<Value> = once.iter().chain(&once).cloned().collect();
    assert_eq!(hand(&usher, Function::AccountEvents, &twice).await, 200);
    let calls = drain(&aws, &usher).await;
    tell("100 events about 50 accounts", &calls);
    for number in 0..50 {
        assert_eq!(aws.access(&account_id(&format!("member-{number}"))).len(), 2);
    }
    let read = |operation: &str| aws.calls_of(operation);
    assert_eq!(read("organizations:DescribeAccount"), 50);
    assert_eq!(read("sso-admin:ListPermissionSetsProvisionedToAccount"), 50);
    assert_eq!(read("sso-admin:CreateAccountAssignment"), 100);
    assert_eq!(calls.iter().filter(|calls| **calls == 0).count(), 5, "{calls:?}");
}

/// A change after the look is looked at, however much was looked at before.
#[tokio::test]
async fn a_change_after_the_look_is_not_lost_in_a_burst() {
    let aws = LocalAws::start(crews(1, 1), RULES).await;
    let (usher, account) = (aws.usher().await, account_id("member-0"));
    let tagged = |number| {
        let parameters = json!({"resourceId": account, "tagKeys": ["team"]});
        numbered(api_call("organizations", "UntagResource", &parameters), number)
    };
    hand(&usher, Function::TagEvents, &[tagged(1), tagged(2)]).await;
    assert_eq!(drain(&aws, &usher).await.len(), 1);
    assert_eq!(aws.access(&account), ["ViewOnlyAccess to crew-0"]);

    let untag = aws.organizations().await.untag_resource().resource_id(account.as_str());
    untag.tag_keys("team").send().await.unwrap();
    hand(&usher, Function::TagEvents, &[tagged(3)]).await;
    drain(&aws, &usher).await;
    assert!(aws.access(&account).is_empty());
}

/// AWS may tell of an account before it lists it. The message comes again as old as it was, and the look
/// that did not find the account does not serve it.
#[tokio::test]
async fn a_message_that_comes_again_is_not_served_by_the_look_that_failed_it() {
    let aws = LocalAws::start(crews(1, 1), RULES).await;
    let usher = aws.usher().await;
    let created = create_account_result("SUCCEEDED", Some(account_id("not-listed-yet").as_str()));
    let body = shared::lane::LaneMessage::parse(&created.to_string()).unwrap().body();
    let sent_at = now() - chrono::TimeDelta::seconds(10);
    let record = json!({
        "messageId": "m-1",
        "body": body,
        "attributes": {"SentTimestamp": sent_at.timestamp_millis().to_string(), "MessageGroupId": "usher"},
    });
    for delivery in 1..=2 {
        let payload = json!({ "Records": [record] });
        let batch: Batch = lane_batch(&usher.world, payload).await.unwrap();
        assert_eq!(again(&batch), ["m-1"], "delivery {delivery}");
    }
}
