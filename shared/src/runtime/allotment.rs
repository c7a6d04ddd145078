//! How a run divides the time that Lambda gives it.

use std::time::Duration;

use tokio::time::Instant;

/// Room to follow what was started last: AWS takes one to three seconds for a change, rarely more than
/// fourteen, and more only where something is wrong.
///
/// Unit: seconds.
const TO_FOLLOW: Duration = Duration::from_secs(120);

/// Room to announce, to keep what was learned and to hand on the rest.
///
/// Unit: seconds.
const TO_END: Duration = Duration::from_secs(20);

/// Until when a run does what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Allotment {
    /// Until when it looks at further accounts: two fifths of its time. Half as much again goes to a
    /// second look at what is changed, and the rest to the changes.
    pub(super) look_until: Instant,
    /// Until when it starts changes.
    pub(super) start_until: Instant,
    /// Until when it follows what it has started.
    pub(super) follow_until: Instant,
    /// Until when it announces what it has done. What comes after that, what was learned and the rest, must
    /// not be lost to a bus that hangs.
    pub(super) tell_until: Instant,
}

impl Allotment {
    /// Divides the time between now and a deadline. A short one, as tests have, is divided alike.
    pub(super) fn new(now: Instant, deadline: Instant) -> Self {
        let time = deadline.saturating_duration_since(now);
        let to_follow = TO_FOLLOW.min(time / 4);
        let to_end = TO_END.min(time / 10);
        Self {
            look_until: now + time * 2 / 5,
            start_until: now + time - to_follow,
            follow_until: now + time - to_end,
            tell_until: now + time - to_end / 2,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn divided(seconds: u64) -> [u64; 4] {
        let now = Instant::now();
        let allotment = Allotment::new(now, now + Duration::from_secs(seconds));
        let from_now = |moment: Instant| (moment - now).as_secs();
        [
            from_now(allotment.look_until),
            from_now(allotment.start_until),
            from_now(allotment.follow_until),
            from_now(allotment.tell_until),
        ]
    }

    #[test]
    fn what_is_started_last_is_followed_and_then_told_in_time() {
        assert_eq!(divided(900), [360, 780, 880, 890]);
        assert_eq!(divided(30), [12, 22, 27, 28]);
        assert_eq!(divided(0), [0, 0, 0, 0]);
    }
}
