//! The time, and the two ways in which AWS writes it.

use std::time::{Duration, SystemTime};

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde_json::Value;

/// How much faster than real time the server's own passes. Delays, quotas and periods are in the
/// server's time, so that their ratios stay; what the calendar says is real.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Speed(pub(crate) f64);

impl Speed {
    /// How long this takes in real time. No speed stops time: one that is not above zero changes
    /// nothing.
    pub(crate) fn really(self, duration: Duration) -> Duration {
        scaled(duration, self.0.recip()).unwrap_or(duration)
    }

    /// How much of the server's time passes in this much real time.
    pub(crate) fn passed(self, real: Duration) -> Duration {
        scaled(real, self.0).unwrap_or(real)
    }
}

fn scaled(duration: Duration, factor: f64) -> Option<Duration> {
    let is_sound = factor.is_finite() && factor > 0.0;
    Duration::try_from_secs_f64(duration.as_secs_f64() * factor).ok().filter(|_| is_sound)
}

/// The time now.
#[expect(clippy::disallowed_methods, reason = "the one place that asks the clock")]
pub(crate) fn now() -> DateTime<Utc> {
    SystemTime::now().into()
}

/// A day.
pub(crate) const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The time so much later.
pub(crate) fn after(time: DateTime<Utc>, duration: Duration) -> DateTime<Utc> {
    let later = TimeDelta::from_std(duration).ok().and_then(|delta| time.checked_add_signed(delta));
    later.unwrap_or(DateTime::<Utc>::MAX_UTC)
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

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn a_hundred_times_faster_is_a_hundredth() {
        assert_eq!(Speed(100.0).really(MINUTE), Duration::from_millis(600));
        assert_eq!(Speed(100.0).passed(Duration::from_millis(600)), MINUTE);
        assert_eq!(Speed(0.5).really(MINUTE), 2 * MINUTE);
    }

    #[test]
    fn no_speed_stops_time() {
        for speed in [0.0, -1.0, f64::NAN, f64::INFINITY, f64::MIN_POSITIVE] {
            assert_eq!(Speed(speed).really(MINUTE), MINUTE, "{speed}");
        }
    }
}
