//! How fast, how often, how long.

use std::time::Duration;

use tokio::time::Instant;

/// How fast, how often, how long.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Requests in flight at once.
    ///
    /// AWS allows 15 outstanding creates in an instance (older pages: 10); humans need some of
    /// them. Source: <https://docs.aws.amazon.com/singlesignon/latest/userguide/limits.html>
    pub in_flight: usize,
    /// How long to wait between two looks at the requests in flight, all of which are looked at with
    /// one call. While changes wait for those in flight, looks come up to ten times as often, so that
    /// no slot stands empty for long.
    pub poll_every: Duration,
    /// How often one change is started before it counts as failed.
    pub attempts: u32,
    /// How long to wait before the second attempt, at the most; doubled before each further one. With
    /// six attempts a conflict may last a quarter of a minute at least: AWS takes up to fourteen
    /// seconds for what somebody else has asked for.
    pub first_back_off: Duration,
    /// How long a request may stay in progress before it is left to the next run.
    pub patience: Duration,
    /// From when on nothing is started any more: what is in flight is followed to its end, and the
    /// rest is handed back ([`Acted::not_started`](super::Acted::not_started)).
    pub until: Option<Instant>,
    /// From when on nothing is followed any more, whatever is under way then, calls included: its end
    /// is not known, and it is left to the next run.
    pub follow_until: Option<Instant>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            in_flight: 10,
            poll_every: Duration::from_secs(1),
            attempts: 6,
            first_back_off: Duration::from_secs(1),
            patience: Duration::from_secs(300),
            until: None,
            follow_until: None,
        }
    }
}

impl Limits {
    /// The same limits in a world that is so many times as fast: for an organization on localhost
    /// that lets time pass more quickly.
    #[must_use]
    pub fn faster(self, speed: f64) -> Self {
        let scaled = |duration: Duration| duration.div_f64(speed);
        Self {
            poll_every: scaled(self.poll_every),
            first_back_off: scaled(self.first_back_off),
            patience: scaled(self.patience),
            ..self
        }
    }
}
