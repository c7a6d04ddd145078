//! The time, how quickly it passes here, and the two ways in which AWS writes it.

use std::time::{Duration, SystemTime};

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde_json::Value;
use tokio::time::Instant;

/// A clock: the system's, or one on which time passes more quickly, for an organization on localhost whose days
/// take minutes. What goes by one clock has to go by the same one: a rule begins when its hour comes there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Clock {
    speed: f64,
    /// When it began to be another clock than the system's: what it showed then, and the moment.
    began: Option<(DateTime<Utc>, Instant)>,
}

/// The system's clock.
impl Default for Clock {
    fn default() -> Self {
        Self { speed: 1.0, began: None }
    }
}

impl Clock {
    /// A clock that shows what the system's does now, and on which time passes so many times as quickly from now
    /// on. No speed stops it: one that is not above zero is the system's clock.
    #[must_use]
    pub fn times_as_fast(speed: f64) -> Self {
        let is_another = speed.is_finite() && speed > 0.0 && (speed - 1.0).abs() > f64::EPSILON;
        if is_another {
            Self { speed, began: Some((system_now(), Instant::now())) }
        } else {
            Self::default()
        }
    }

    /// The time now.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        let Some((began, moment)) = self.began else { return system_now() };
        let passed = TimeDelta::from_std(self.passed(moment.elapsed())).ok();
        let now = passed.and_then(|passed| began.checked_add_signed(passed));
        now.unwrap_or(DateTime::<Utc>::MAX_UTC)
    }

    /// How many times as quickly as in reality time passes.
    #[must_use]
    pub fn speed(&self) -> f64 {
        self.speed
    }

    /// How much of its time passes in this much real time.
    #[must_use]
    pub fn passed(&self, real: Duration) -> Duration {
        scaled(real, self.speed)
    }

    /// How long this much of its time takes in reality.
    #[must_use]
    pub fn really(&self, duration: Duration) -> Duration {
        scaled(duration, self.speed.recip())
    }
}

/// The duration as it is, when there is no such long one.
fn scaled(duration: Duration, factor: f64) -> Duration {
    Duration::try_from_secs_f64(duration.as_secs_f64() * factor).unwrap_or(duration)
}

#[expect(clippy::disallowed_methods, reason = "the one place that asks the clock")]
fn system_now() -> DateTime<Utc> {
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
    use tokio::time::advance;

    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn a_hundred_times_faster_is_a_hundredth() {
        let clock = Clock::times_as_fast(100.0);
        assert_eq!(clock.really(MINUTE), Duration::from_millis(600));
        assert_eq!(clock.passed(Duration::from_millis(600)), MINUTE);
        assert_eq!(Clock::times_as_fast(0.5).really(MINUTE), 2 * MINUTE);
    }

    #[tokio::test(start_paused = true)]
    async fn its_hours_take_as_long_as_it_says() {
        let (clock, rushing) = (Clock::times_as_fast(60.0), Clock::times_as_fast(1e15));
        let begin = clock.now();
        advance(MINUTE).await;
        assert_eq!(clock.now() - begin, TimeDelta::hours(1));
        assert_eq!(rushing.now(), DateTime::<Utc>::MAX_UTC, "the calendar has an end");
    }

    #[test]
    fn no_speed_stops_time() {
        for speed in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert_eq!(Clock::times_as_fast(speed), Clock::default(), "{speed}");
        }
        assert_eq!(Clock::times_as_fast(1.0), Clock::default());
        assert_eq!(Clock::times_as_fast(f64::MIN_POSITIVE).really(MINUTE), MINUTE);
    }
}
