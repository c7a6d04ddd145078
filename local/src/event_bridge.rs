//! EventBridge: announcements are put on the default bus, where all other events are too.

use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{api_error::ApiError, call::Call, clock, operation::Operation};

/// The most entries of one call.
///
/// Source: <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html>
const ENTRIES: usize = 10;

pub(crate) fn operation(name: &str) -> Option<Operation> {
    (name == "PutEvents").then(|| Operation::relay(put_events))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PutEventsRequest {
    entries: Vec<Entry>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Entry {
    source: Option<String>,
    detail_type: Option<String>,
    detail: Option<String>,
    time: Option<f64>,
    #[serde(default)]
    resources: Vec<String>,
}

/// <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html>
fn put_events(call: &mut Call<'_>, request: &PutEventsRequest) -> Result<Value, ApiError> {
    if !(1..=ENTRIES).contains(&request.entries.len()) {
        return Err(call.invalid(format!("Entries must have between 1 and {ENTRIES} members")));
    }
    let mut failed = 0;
    let mut entries = Vec::new();
    for entry in &request.entries {
        entries.push(match announcement(call, entry) {
            Ok(announcement) => {
                let answer = json!({ "EventId": announcement.get("id") });
                call.state.announce(announcement.clone());
                call.state.send(announcement);
                answer
            }
            Err(error) => {
                failed += 1;
                json!({ "ErrorCode": error.code, "ErrorMessage": error.message })
            }
        });
    }
    Ok(json!({ "FailedEntryCount": failed, "Entries": entries }))
}

/// The event that rules would see. One entry's mistake does not stop the others.
fn announcement(call: &Call<'_>, entry: &Entry) -> Result<Value, ApiError> {
    let source = required(entry.source.as_deref(), "Source")?;
    if source.starts_with("aws.") {
        let message = format!("Not authorized for the source {source}: AWS services only");
        return Err(ApiError::new("NotAuthorizedForSourceException", message));
    }
    let detail: Value = serde_json::from_str(required(entry.detail.as_deref(), "Detail")?)
        .map_err(|_| ApiError::new("MalformedDetail", "Detail is malformed."))?;
    Ok(json!({
        "version": "0",
        "id": Uuid::new_v4().to_string(),
        "detail-type": required(entry.detail_type.as_deref(), "DetailType")?,
        "source": source,
        "account": call.caller.account_id,
        "time": clock::iso(entry.time.and_then(clock::from_seconds).unwrap_or(call.now)),
        "region": call.state.instance.region,
        "resources": entry.resources,
        "detail": detail,
    }))
}

fn required<'a>(value: Option<&'a str>, field: &str) -> Result<&'a str, ApiError> {
    value.filter(|text| !text.is_empty()).ok_or_else(|| {
        ApiError::new(
            "InvalidArgument",
            format!("Parameter {field} is not valid. Reason: {field} is a required argument."),
        )
    })
}
