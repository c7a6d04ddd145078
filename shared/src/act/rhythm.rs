//! When to look at the requests in flight.
//!
//! One call looks at all of them, and once a second is enough to follow them. But a slot whose
//! request has ended stands empty until somebody looks: with changes of three seconds and one look a
//! second, for half a second out of three and a half. So while changes wait for a slot or for their
//! account, looks come so often that a slot stands empty for no more than a twentieth of its time;
//! and none comes while everything in flight is younger than changes mostly get.
//!
//! Of 600 creates in 60 accounts, three seconds each and ten in flight, which nobody can make in less
//! than 180 seconds, that makes 193 (1.072 of the bound) and takes 475 looks. With one look a second it
//! would be 240 seconds (1.334) and 240 looks. So one and a half looks a second more, of the 18 calls a
//! second that the settings allow, save a fifth of the time.
//!
//! The quicker the changes, the more of the time goes into calls: of 1,000 creates that take a second
//! each, ten ends come a second, each followed by a create, and what is left of the 18 goes into looks.
//! Then the calls are the bound, which is kept to 1.02.

use std::time::Duration;

use tokio::time::Instant;

/// How many looks there are in the time that a change takes, while others wait for it.
///
/// Unit: looks. On average a change has then ended for half a look's distance when it is seen.
const LOOKS_IN_A_CHANGE: u32 = 10;

/// How often to look at most, as a part of how often to look at least.
const MOST_OFTEN: u32 = 10;

/// Until what part of the time that a change takes nobody looks for its end. Some are quicker than
/// the others.
const TOO_YOUNG: f64 = 0.75;

/// How much the newest change counts in what a change takes.
const NEWEST: f64 = 0.2;

/// After how many times of what a change takes one is overdue.
const OVERDUE: u32 = 3;

/// Until after how many looks nothing is overdue, whatever others take: AWS takes up to fourteen seconds.
const NEVER_OVERDUE: u32 = 15;

/// Learns what a change takes, and says when to look next.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rhythm {
    poll_every: Duration,
    /// What a change takes, from when it is accepted until its end is seen.
    takes: Duration,
    last_look: Option<Instant>,
}

impl Rhythm {
    pub(super) fn new(poll_every: Duration) -> Self {
        Self { poll_every, takes: 2 * poll_every, last_look: None }
    }

    /// A look begins.
    pub(super) fn looks(&mut self, now: Instant) {
        self.last_look = Some(now);
    }

    /// A change has taken so long.
    pub(super) fn took(&mut self, duration: Duration) {
        self.takes = self.takes.mul_f64(1.0 - NEWEST) + duration.mul_f64(NEWEST);
    }

    /// Whether a change that takes so long is taking longer than others.
    pub(super) fn is_overdue(&self, duration: Duration) -> bool {
        duration > (OVERDUE * self.takes).max(NEVER_OVERDUE * self.poll_every)
    }

    /// When to look next at requests of which the oldest was accepted then.
    pub(super) fn next_look(&self, oldest: Instant, others_wait: bool) -> Instant {
        let last = self.last_look.map_or(oldest, |last| last.max(oldest));
        let at_least = last + self.poll_every;
        if !others_wait {
            return at_least;
        }
        let often = self.takes / LOOKS_IN_A_CHANGE;
        let often = often.clamp(self.poll_every / MOST_OFTEN, self.poll_every);
        let since_the_last = self.last_look.map_or(oldest, |last| last + often);
        since_the_last.max(oldest + self.takes.mul_f64(TOO_YOUNG)).min(at_least)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn used_to(takes: Duration) -> Rhythm {
        let mut rhythm = Rhythm::new(SECOND);
        for _ in 0..50 {
            rhythm.took(takes);
        }
        rhythm
    }

    fn milliseconds(duration: Duration) -> u128 {
        duration.as_micros().div_ceil(1_000)
    }

    #[tokio::test(start_paused = true)]
    async fn where_nobody_waits_one_look_a_second_is_enough() {
        let mut rhythm = used_to(3 * SECOND);
        let start = Instant::now();
        assert_eq!(rhythm.next_look(start, false) - start, SECOND);
        rhythm.looks(start + 2 * SECOND);
        assert_eq!(rhythm.next_look(start, false) - start, 3 * SECOND);
    }

    #[tokio::test(start_paused = true)]
    async fn where_others_wait_looks_come_as_changes_may_end() {
        let mut rhythm = used_to(3 * SECOND);
        let start = Instant::now();
        rhythm.looks(start + SECOND);
        let next = |rhythm: &Rhythm| milliseconds(rhythm.next_look(start, true) - start);
        assert_eq!(next(&rhythm), 2_000, "at least once a second");
        rhythm.looks(start + 2 * SECOND);
        assert!((2_249..=2_300).contains(&next(&rhythm)), "{}", next(&rhythm));
        rhythm.looks(start + 3 * SECOND);
        assert!((3_299..=3_301).contains(&next(&rhythm)), "{}", next(&rhythm));
    }

    #[tokio::test(start_paused = true)]
    async fn looks_are_never_more_often_than_ten_times_as_often() {
        let mut rhythm = used_to(SECOND / 100);
        let start = Instant::now();
        rhythm.looks(start);
        assert_eq!(rhythm.next_look(start, true) - start, SECOND / 10);
    }

    #[test]
    fn what_takes_three_times_as_long_is_overdue() {
        let rhythm = used_to(10 * SECOND);
        assert!(!rhythm.is_overdue(29 * SECOND) && rhythm.is_overdue(31 * SECOND));
        let rhythm = used_to(SECOND);
        assert!(!rhythm.is_overdue(14 * SECOND) && rhythm.is_overdue(16 * SECOND));
    }
}
