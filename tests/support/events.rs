//! Events in the shapes that EventBridge delivers, with ids of our own.
//!
//! The frame of each is written out in full: what is not looked at has to be there too, to be
//! passed over.

use serde_json::{Value, json};

/// The management account of these events.
pub(crate) const MANAGEMENT: &str = "310000000001";

const EVENT_ID: &str = "0d5c2a9e-41b7-4c1f-9a57-6f0e2b8d1c33";

/// Something that Organizations or Control Tower finished: `AWS Service Event via CloudTrail`.
pub(crate) fn service_event(service: &str, name: &str, details: &Value) -> Value {
    envelope(
        service,
        "AWS Service Event via CloudTrail",
        &json!({
            "eventVersion": "1.11",
            "userIdentity": {"accountId": MANAGEMENT, "invokedBy": format!("{service}.amazonaws.com")},
            "eventTime": "2026-03-02T09:14:31Z",
            "eventSource": format!("{service}.amazonaws.com"),
            "eventName": name,
            "awsRegion": "us-east-1",
            "sourceIPAddress": format!("{service}.amazonaws.com"),
            "userAgent": format!("{service}.amazonaws.com"),
            "requestParameters": null,
            "responseElements": null,
            "eventID": EVENT_ID,
            "readOnly": false,
            "eventType": "AwsServiceEvent",
            "managementEvent": true,
            "recipientAccountId": MANAGEMENT,
            "serviceEventDetails": details,
            "eventCategory": "Management",
        }),
    )
}

/// A call that somebody made: `AWS API Call via CloudTrail`.
pub(crate) fn api_call(service: &str, name: &str, parameters: &Value) -> Value {
    envelope(
        service,
        "AWS API Call via CloudTrail",
        &json!({
            "eventVersion": "1.11",
            "userIdentity": {
                "type": "AssumedRole",
                "principalId": "AROAQ3EGUSHERTESTS001:bob",
                "arn": format!("arn:aws:sts::{MANAGEMENT}:assumed-role/Organizer/bob"),
                "accountId": MANAGEMENT,
                "accessKeyId": "ASIAQ3EGUSHERTESTS01",
                "sessionContext": {
                    "sessionIssuer": {
                        "type": "Role",
                        "principalId": "AROAQ3EGUSHERTESTS001",
                        "arn": format!("arn:aws:iam::{MANAGEMENT}:role/Organizer"),
                        "accountId": MANAGEMENT,
                        "userName": "Organizer",
                    },
                    "attributes": {"creationDate": "2026-03-02T09:00:00Z", "mfaAuthenticated": "true"},
                },
            },
            "eventTime": "2026-03-02T09:14:31Z",
            "eventSource": format!("{service}.amazonaws.com"),
            "eventName": name,
            "awsRegion": "us-east-1",
            "sourceIPAddress": "198.51.100.7",
            "userAgent": "aws-cli/2.31.0",
            "requestParameters": parameters,
            "responseElements": null,
            "requestID": "7b6f0c14-9d2e-4a38-b0c5-1e9f3a7d5c20",
            "eventID": EVENT_ID,
            "readOnly": false,
            "eventType": "AwsApiCall",
            "managementEvent": true,
            "recipientAccountId": MANAGEMENT,
            "eventCategory": "Management",
        }),
    )
}

/// `CreateAccount` came to an end; with an account only if it succeeded.
pub(crate) fn create_account_result(state: &str, account: Option<&str>) -> Value {
    let mut status = json!({
        "id": "car-5e1f0a7c93d24b68a0c2d4e6f8091b3d",
        "state": state,
        "accountName": "****",
        "requestedTimestamp": "Mar 2, 2026 9:14:22 AM",
        "completedTimestamp": "Mar 2, 2026 9:14:31 AM",
    });
    match account {
        Some(account) => status["accountId"] = json!(account),
        None => status["failureReason"] = json!("ACCOUNT_LIMIT_EXCEEDED"),
    }
    service_event("organizations", "CreateAccountResult", &json!({"createAccountStatus": status}))
}

/// An account went from one organizational unit to another.
pub(crate) fn move_account(account: &str) -> Value {
    let parameters = json!({
        "accountId": account,
        "sourceParentId": "r-u5h3",
        "destinationParentId": "ou-u5h3-work0001",
    });
    api_call("organizations", "MoveAccount", &parameters)
}

/// Control Tower enrolled an account, or tried to: `CreateManagedAccount`, `UpdateManagedAccount`.
pub(crate) fn managed_account(name: &str, state: &str, account: &str) -> Value {
    let status = json!({
        "organizationalUnit": {"organizationalUnitName": "Workloads", "organizationalUnitId": "ou-u5h3-work0001"},
        "account": {"accountName": "shop-test", "accountId": account},
        "state": state,
        "message": "what Control Tower says of it",
        "requestedTimestamp": "2026-03-02T08:50:11+0000",
        "completedTimestamp": "2026-03-02T09:14:31+0000",
    });
    let key = if name == "CreateManagedAccount" {
        "createManagedAccountStatus"
    } else {
        "updateManagedAccountStatus"
    };
    service_event("controltower", name, &json!({ key: status }))
}

/// The schedule of an EventBridge rule: its detail is an object.
pub(crate) fn schedule_of_a_rule() -> Value {
    scheduled("aws.events", &json!({}))
}

/// EventBridge Scheduler's default payload: its detail is text.
pub(crate) fn schedule_of_the_scheduler() -> Value {
    scheduled("aws.scheduler", &json!("{}"))
}

fn scheduled(source: &str, detail: &Value) -> Value {
    let mut event = envelope("", "Scheduled Event", detail);
    event["source"] = json!(source);
    event
}

fn envelope(service: &str, detail_type: &str, detail: &Value) -> Value {
    json!({
        "version": "0",
        "id": "c9d8e7f6-5a4b-4c3d-8e2f-1a0b9c8d7e6f",
        "detail-type": detail_type,
        "source": format!("aws.{service}"),
        "account": MANAGEMENT,
        "time": "2026-03-02T09:14:33Z",
        "region": "us-east-1",
        "resources": [],
        "detail": detail,
    })
}
