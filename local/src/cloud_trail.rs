//! What CloudTrail records, in the envelope in which EventBridge delivers it.
//!
//! A call is recorded whether it succeeded or not. CloudTrail writes the request and the answer
//! with the field names in camelCase, times in words, and names hidden: so they are derived here
//! from the request and the answer, and no operation has to tell its own event.
//!
//! Source: <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html>

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use shared::ids::AccountId;
use uuid::Uuid;

use crate::{api_error::ApiError, call::Call, clock, service::Service, state::State};
/// The role that Usher's own calls come from.
pub(crate) const USHER_ROLE: &str = "usher-reconciler";

/// The version of CloudTrail's record.
const EVENT_VERSION: &str = "1.11";

/// Organizations is a global service: its events exist in this Region only.
///
/// Source: <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_cloudtrail-integration.html>
pub(crate) const ORGANIZATIONS_REGION: &str = "us-east-1";

/// What names and descriptions of the Identity Store read since July 2025.
///
/// Source: <https://aws.amazon.com/blogs/security/modifications-to-aws-cloudtrail-event-data-of-iam-identity-center/>
pub(crate) const HIDDEN: &str = "HIDDEN_DUE_TO_SECURITY_REASONS";

/// What is recorded of a call. All else of the record follows from the call itself.
pub(crate) struct Record<'a> {
    /// The service that the record names, without `.amazonaws.com`.
    pub(crate) source: &'a str,
    /// The event's name.
    pub(crate) name: &'a str,
    /// Who called.
    pub(crate) user_identity: Value,
    /// What they called with.
    pub(crate) user_agent: &'a str,
    /// The request.
    pub(crate) parameters: Value,
    /// The answer; of a call that failed nothing is recorded.
    pub(crate) elements: Value,
}

/// The record of a call as the service's own API makes it.
pub(crate) fn api_call(
    call: &Call<'_>,
    request: &Value,
    answer: &Result<Value, ApiError>,
) -> Value {
    let elements = answer.as_ref().map_or(Value::Null, |answer| recorded(call.service, answer));
    let record = Record {
        source: call.service.event_name(),
        name: call.operation,
        user_identity: user_identity(call),
        user_agent: &call.caller.user_agent,
        parameters: recorded(call.service, request),
        elements,
    };
    record.into_event(call, answer.as_ref().err())
}

impl Record<'_> {
    /// The event: `AWS API Call via CloudTrail`.
    pub(crate) fn into_event(self, call: &Call<'_>, error: Option<&ApiError>) -> Value {
        let region = region(call.service, call.state);
        let mut detail = json!({
            "eventVersion": EVENT_VERSION,
            "userIdentity": self.user_identity,
            "eventTime": clock::iso(call.now),
            "eventSource": event_source(self.source),
            "eventName": self.name,
            "awsRegion": region,
            "sourceIPAddress": "127.0.0.1",
            "userAgent": self.user_agent,
            "requestParameters": self.parameters,
            "responseElements": if error.is_none() { self.elements } else { Value::Null },
            "requestID": call.request_id,
            "eventID": Uuid::new_v4().to_string(),
            "readOnly": false,
            "eventType": "AwsApiCall",
            "managementEvent": true,
            "recipientAccountId": call.caller.account_id,
            "eventCategory": "Management",
        });
        if let (Some(error), Some(fields)) = (error, detail.as_object_mut()) {
            fields.insert("errorCode".to_owned(), error.code.clone().into());
            fields.insert("errorMessage".to_owned(), error.message.clone().into());
        }
        let sender =
            Sender { source: self.source, account: call.caller.account_id.as_str(), region };
        sender.envelope("AWS API Call via CloudTrail", call.now, &[], &detail)
    }
}

/// The event of something that Organizations itself did.
pub(crate) fn organizations_event(state: &State, name: &str, details: &Value) -> Value {
    let service = Service::Organizations;
    service_event(state, service.event_name(), region(service, state), name, details)
}

/// The event of something that a service did by itself: `AWS Service Event via CloudTrail`.
pub(crate) fn service_event(
    state: &State,
    source: &str,
    region: &str,
    name: &str,
    details: &Value,
) -> Value {
    let now = state.clock.now();
    let account = &state.facts.management_account_id;
    let invoked_by = event_source(source);
    let detail = json!({
        "eventVersion": EVENT_VERSION,
        "userIdentity": { "accountId": account, "invokedBy": invoked_by },
        "eventTime": clock::iso(now),
        "eventSource": invoked_by,
        "eventName": name,
        "awsRegion": region,
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
    let sender = Sender { source, account: account.as_str(), region };
    sender.envelope("AWS Service Event via CloudTrail", now, &[], &detail)
}

/// Who puts an event on the bus: which service, of which account, in which Region.
pub(crate) struct Sender<'a> {
    /// The service, without `aws.`.
    pub(crate) source: &'a str,
    /// The account.
    pub(crate) account: &'a str,
    /// The Region.
    pub(crate) region: &'a str,
}

impl Sender<'_> {
    /// The envelope in which EventBridge delivers a detail.
    pub(crate) fn envelope(
        &self,
        detail_type: &str,
        time: DateTime<Utc>,
        resources: &[String],
        detail: &Value,
    ) -> Value {
        json!({
            "version": "0",
            "id": Uuid::new_v4().to_string(),
            "detail-type": detail_type,
            "source": format!("aws.{}", self.source),
            "account": self.account,
            "time": clock::iso(time),
            "region": self.region,
            "resources": resources,
            "detail": detail,
        })
    }
}

fn event_source(service: &str) -> String {
    format!("{service}.amazonaws.com")
}

fn region(service: Service, state: &State) -> &str {
    if service == Service::Organizations { ORGANIZATIONS_REGION } else { &state.instance.region }
}

/// The session of a role.
pub(crate) fn session_arn(account: &AccountId, role: &str) -> String {
    format!("arn:aws:sts::{account}:assumed-role/{role}/local")
}

/// Somebody who assumed a role. The issuer's ARN is what tells Usher's own calls from all others.
pub(crate) fn user_identity(call: &Call<'_>) -> Value {
    let (account, role) = (&call.caller.account_id, call.caller.role);
    let principal = format!("AROA{:A>17}", role.to_uppercase().replace('-', ""));
    json!({
        "type": "AssumedRole",
        "principalId": format!("{principal}:local"),
        "arn": session_arn(account, role),
        "accountId": account,
        "accessKeyId": call.caller.access_key_id,
        "sessionContext": {
            "sessionIssuer": {
                "type": "Role",
                "principalId": principal,
                "arn": role_arn(account, role),
                "accountId": account,
                "userName": role,
            },
            "attributes": { "creationDate": clock::iso(call.state.started), "mfaAuthenticated": "false" },
        },
    })
}

/// A role of an account.
pub(crate) fn role_arn(account: &AccountId, role: &str) -> String {
    format!("arn:aws:iam::{account}:role/{role}")
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

/// What stands in place of a value that CloudTrail does not show: of a person or a group nothing is
/// shown but ids, and of a change which attributes it is about.
fn hidden(service: Service, name: &str) -> Option<&'static str> {
    match (service, name) {
        (Service::Organizations, "email" | "accountName") => Some("****"),
        (Service::IdentityStore, name) if !SHOWN.contains(&name) => Some(HIDDEN),
        _ => None,
    }
}

/// The fields of the Identity Store's requests and answers that are shown.
const SHOWN: [&str; 13] = [
    "attributePath",
    "groupArn",
    "groupId",
    "groupIds",
    "identityStoreId",
    "memberId",
    "membershipArn",
    "membershipId",
    "operations",
    "revision",
    "userArn",
    "userId",
    "userStatus",
];

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
