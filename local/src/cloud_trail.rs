//! The events: what CloudTrail records of a change, in the envelope in which EventBridge delivers
//! it.
//!
//! A call is recorded whether it succeeded or not. CloudTrail writes the request and the answer
//! with the field names in camelCase, times in words, and names hidden: so they are derived here
//! from the request and the answer, and no operation has to tell its own event.
//!
//! Source: <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html>

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{api_error::ApiError, call::Call, clock, service::Service, state::State};

/// The version of CloudTrail's record.
const EVENT_VERSION: &str = "1.11";

/// Organizations is a global service: its events exist in this Region only.
///
/// Source: <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_cloudtrail-integration.html>
const ORGANIZATIONS_REGION: &str = "us-east-1";

/// What the Identity Store's names and descriptions read since July 2025.
///
/// Source: <https://aws.amazon.com/blogs/security/modifications-to-aws-cloudtrail-event-data-of-iam-identity-center/>
const HIDDEN: &str = "HIDDEN_DUE_TO_SECURITY_REASONS";

/// The event of a call that would change something: `AWS API Call via CloudTrail`.
pub(crate) fn api_call(
    call: &Call<'_>,
    request: &Value,
    answer: &Result<Value, ApiError>,
) -> Value {
    let mut detail = json!({
        "eventVersion": EVENT_VERSION,
        "userIdentity": user_identity(call),
        "eventTime": clock::iso(call.now),
        "eventSource": event_source(call.service),
        "eventName": call.operation,
        "awsRegion": region(call.service, call.state),
        "sourceIPAddress": "127.0.0.1",
        "userAgent": "usher-local",
        "requestParameters": recorded(call.service, request),
        "responseElements": answer.as_ref().map_or(Value::Null, |answer| recorded(call.service, answer)),
        "requestID": call.request_id,
        "eventID": Uuid::new_v4().to_string(),
        "readOnly": false,
        "eventType": "AwsApiCall",
        "managementEvent": true,
        "recipientAccountId": call.caller.account_id,
        "eventCategory": "Management",
    });
    if let (Err(error), Some(fields)) = (answer, detail.as_object_mut()) {
        fields.insert("errorCode".to_owned(), error.code.clone().into());
        fields.insert("errorMessage".to_owned(), error.message.clone().into());
    }
    let origin =
        Origin { service: call.service, account: call.caller.account_id.as_str(), time: call.now };
    origin.envelope(call.state, "AWS API Call via CloudTrail", &detail)
}

/// The event of something that Organizations itself did: `AWS Service Event via CloudTrail`.
pub(crate) fn organizations_event(state: &State, name: &str, details: &Value) -> Value {
    let now = clock::now();
    let account = &state.facts.management_account_id;
    let invoked_by = event_source(Service::Organizations);
    let detail = json!({
        "eventVersion": EVENT_VERSION,
        "userIdentity": { "accountId": account, "invokedBy": invoked_by },
        "eventTime": clock::iso(now),
        "eventSource": invoked_by,
        "eventName": name,
        "awsRegion": ORGANIZATIONS_REGION,
        "sourceIPAddress": invoked_by,
        "userAgent": invoked_by,
        "requestParameters": null,
        "responseElements": null,
        "eventID": Uuid::new_v4().to_string(),
        "readOnly": false,
        "eventType": "AwsServiceEvent",
        "managementEvent": true,
        "recipientAccountId": account,
        "serviceEventDetails": details,
        "eventCategory": "Management",
    });
    let origin = Origin { service: Service::Organizations, account: account.as_str(), time: now };
    origin.envelope(state, "AWS Service Event via CloudTrail", &detail)
}

/// Which service sends an event, in which account, and when.
struct Origin<'a> {
    service: Service,
    account: &'a str,
    time: DateTime<Utc>,
}

impl Origin<'_> {
    fn envelope(&self, state: &State, detail_type: &str, detail: &Value) -> Value {
        json!({
            "version": "0",
            "id": Uuid::new_v4().to_string(),
            "detail-type": detail_type,
            "source": format!("aws.{}", self.service.event_name()),
            "account": self.account,
            "time": clock::iso(self.time),
            "region": region(self.service, state),
            "resources": [],
            "detail": detail,
        })
    }
}

fn event_source(service: Service) -> String {
    format!("{}.amazonaws.com", service.event_name())
}

fn region(service: Service, state: &State) -> &str {
    if service == Service::Organizations { ORGANIZATIONS_REGION } else { &state.instance.region }
}

/// Somebody who assumed a role. The issuer's ARN is what tells Usher's own calls from all others.
fn user_identity(call: &Call<'_>) -> Value {
    let (account, role) = (&call.caller.account_id, call.caller.role);
    let principal = format!("AROA{:A>17}", role.to_uppercase().replace('-', ""));
    json!({
        "type": "AssumedRole",
        "principalId": format!("{principal}:local"),
        "arn": format!("arn:aws:sts::{account}:assumed-role/{role}/local"),
        "accountId": account,
        "accessKeyId": call.caller.access_key_id,
        "sessionContext": {
            "sessionIssuer": {
                "type": "Role",
                "principalId": principal,
                "arn": format!("arn:aws:iam::{account}:role/{role}"),
                "accountId": account,
                "userName": role,
            },
            "attributes": { "creationDate": clock::iso(call.state.started), "mfaAuthenticated": "false" },
        },
    })
}

/// A request or an answer as CloudTrail records it. An empty one is `null`.
fn recorded(service: Service, value: &Value) -> Value {
    match value {
        Value::Object(fields) if fields.is_empty() => Value::Null,
        _ => reworded(service, value),
    }
}

fn reworded(service: Service, value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            Value::Object(fields.iter().map(|field| field_reworded(service, field)).collect())
        }
        Value::Array(values) => values.iter().map(|value| reworded(service, value)).collect(),
        other => other.clone(),
    }
}

fn field_reworded(service: Service, (name, value): (&String, &Value)) -> (String, Value) {
    let name = camel_case(name);
    let value = match hidden(service, &name) {
        Some(hidden) => Value::from(hidden),
        None if name.ends_with("Timestamp") || name.ends_with("Date") => time_worded(value),
        None => reworded(service, value),
    };
    (name, value)
}

/// What stands in place of a value that CloudTrail does not show.
fn hidden(service: Service, name: &str) -> Option<&'static str> {
    match (service, name) {
        (Service::Organizations, "email" | "accountName") => Some("****"),
        (Service::IdentityStore, "displayName" | "description" | "userName" | "attributeValue") => {
            Some(HIDDEN)
        }
        _ => None,
    }
}

fn time_worded(value: &Value) -> Value {
    let time = value.as_f64().and_then(clock::from_seconds);
    time.map_or_else(|| value.clone(), |time| clock::worded(time).into())
}

fn camel_case(name: &str) -> String {
    let mut letters = name.chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_ascii_lowercase().to_string() + letters.as_str())
}
