//! The lane: the template's FIFO queue. What fails comes again after a while, and ends in the dead-letter queue when it
//! keeps failing.

use std::{cell::RefCell, collections::VecDeque, time::Duration};

use tokio::{
    sync::Notify,
    time::{Instant, sleep, sleep_until},
};

/// What the template sets: the size of a batch, and how often a message comes until the dead-letter queue takes it.
const BATCH: usize = 10;
pub(super) const ATTEMPTS: u32 = 10;

/// How long a batch is gathered: the events of one change come a few milliseconds apart. It begins with the oldest message,
/// so that however many come, none waits for those behind it.
const GATHER: Duration = Duration::from_millis(50);

/// Messages in the order in which they were sent.
#[derive(Default)]
pub(super) struct Lane {
    waiting: RefCell<VecDeque<Message>>,
    pushed: Notify,
}

/// A message on the lane.
#[derive(Debug)]
pub(super) struct Message {
    pub(super) id: String,
    pub(super) body: String,
    attempts: u32,
    due: Instant,
}

impl Lane {
    /// Puts a message behind all others.
    pub(super) fn push(&self, id: String, body: String) {
        let message = Message { id, body, attempts: 0, due: Instant::now() };
        self.waiting.borrow_mut().push_back(message);
        self.pushed.notify_one();
    }

    /// Waits for messages, and takes the oldest. One group in order: behind one that waits, all wait.
    pub(super) async fn batch(&self) -> Vec<Message> {
        self.first_is_due().await;
        sleep(GATHER).await;
        let mut waiting = self.waiting.borrow_mut();
        let now = Instant::now();
        let due = waiting.iter().take_while(|message| message.due <= now).count();
        waiting.drain(..due.min(BATCH)).collect()
    }

    /// Puts messages that failed at the front again, to be tried after so long. Those that have failed too often are
    /// returned: they are dead.
    pub(super) fn put_back(&self, batch: Vec<Message>, after: Duration) -> Vec<Message> {
        let due = Instant::now() + after;
        let again = batch.into_iter();
        let again = again.map(|message| Message { attempts: message.attempts + 1, due, ..message });
        let (dead, again): (Vec<_>, Vec<_>) = again.partition(|one| one.attempts >= ATTEMPTS);
        let mut waiting = self.waiting.borrow_mut();
        again.into_iter().rev().for_each(|message| waiting.push_front(message));
        dead
    }

    async fn first_is_due(&self) {
        loop {
            let first = self.waiting.borrow().front().map(|message| message.due);
            match first {
                Some(due) if due <= Instant::now() => return,
                Some(due) => sleep_until(due).await,
                None => self.pushed.notified().await,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(batch: &[Message]) -> Vec<&str> {
        batch.iter().map(|message| message.id.as_str()).collect()
    }

    fn lane_of(ids: &[&str]) -> Lane {
        let lane = Lane::default();
        ids.iter().for_each(|id| lane.push((*id).to_owned(), String::new()));
        lane
    }

    #[tokio::test(start_paused = true)]
    async fn what_comes_while_a_batch_is_gathered_goes_with_it() {
        let lane = lane_of(&["a"]);
        let later = async {
            sleep(GATHER / 2).await;
            lane.push("b".to_owned(), String::new());
        };
        let (batch, ()) = tokio::join!(lane.batch(), later);
        assert_eq!(ids(&batch), ["a", "b"]);
    }

    #[tokio::test(start_paused = true)]
    async fn messages_that_never_stop_coming_hold_up_no_batch() {
        let lane = Lane::default();
        let stream = async {
            for number in 0.. {
                lane.push(number.to_string(), String::new());
                sleep(Duration::from_millis(1)).await;
            }
        };
        tokio::select! {
            () = stream => {}
            batch = lane.batch() => assert_eq!(batch.len(), BATCH),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_failed_comes_again_before_what_came_later() {
        let lane = lane_of(&["a", "b"]);
        let batch = lane.batch().await;
        let failed_at = Instant::now();
        lane.push("c".to_owned(), String::new());
        assert!(lane.put_back(batch, Duration::from_secs(30)).is_empty());
        assert_eq!(ids(&lane.batch().await), ["a", "b", "c"]);
        assert!(failed_at.elapsed() >= Duration::from_secs(30));
    }

    #[tokio::test(start_paused = true)]
    async fn what_keeps_failing_is_dead_after_some_attempts() {
        let lane = lane_of(&["a"]);
        for _ in 1..ATTEMPTS {
            assert!(lane.put_back(lane.batch().await, Duration::ZERO).is_empty());
        }
        assert_eq!(ids(&lane.put_back(lane.batch().await, Duration::ZERO)), ["a"]);
        assert!(lane.waiting.borrow().is_empty());
    }
}
