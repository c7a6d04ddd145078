//! The time, and the two ways in which AWS writes it.

use std::time::SystemTime;

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::Value;

/// The time now.
#[expect(clippy::disallowed_methods, reason = "the one place that asks the clock")]
pub(crate) fn now() -> DateTime<Utc> {
    SystemTime::now().into()
}

/// As the AWS JSON protocol writes it: seconds since 1970, with a fraction.
/// Source: <https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html>
pub(crate) fn seconds(time: DateTime<Utc>) -> Value {
    Value::from(time.timestamp_millis() as f64 / 1000.0)
}

/// The time that a number of the AWS JSON protocol means.
pub(crate) fn from_seconds(seconds: f64) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp_millis((seconds * 1000.0) as i64)
}

/// As events write it: `2026-05-04T08:10:00Z`.
pub(crate) fn iso(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// As CloudTrail writes times within requests and responses: `Apr 25, 2023 12:48:16 AM`.
pub(crate) fn worded(time: DateTime<Utc>) -> String {
    time.format("%b %-d, %Y %-I:%M:%S %p").to_string()
}
