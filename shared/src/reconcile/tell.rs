//! Telling the world what was done, beside whoever does it.
//!
//! **Flow.** Announcements queue up while changes are made, and go out ten at a time, or as many as have
//! come in a second.
//!
//! **Guarantees.** Nobody who acts waits for the bus. What was done more than a moment before a run is cut
//! off is told.

use std::time::Duration;

use tokio::{
    sync::mpsc::UnboundedReceiver,
    time::{Instant, sleep, timeout_at},
};
use tracing::error;

use crate::{
    announcement::Announcement,
    failure::{CallFailure, FailureKind},
};

/// Telling the world.
#[expect(async_fn_in_trait, reason = "one task drives them: nobody needs the futures to be Send")]
pub trait Announce {
    /// Puts the events on the bus, in order.
    ///
    /// # Errors
    /// When the bus did not take some of them.
    async fn announce(&self, announcements: Vec<Announcement>) -> Result<(), NotAnnounced>;
}

/// Announcements that the bus did not take.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{number} announcements did not get out")]
pub struct NotAnnounced {
    /// How many.
    pub number: usize,
    /// Why the first of them did not.
    #[source]
    pub failure: CallFailure,
}

impl NotAnnounced {
    /// Both, of which either may be nothing.
    #[must_use]
    pub fn plus(before: Option<Self>, more: Option<Self>) -> Option<Self> {
        let Some(before) = before else { return more };
        let number = before.number + more.map_or(0, |more| more.number);
        Some(Self { number, ..before })
    }
}

/// As many go out together as one call takes.
///
/// Source: <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html>
const TOGETHER: usize = 10;

/// How long an announcement waits for others.
const WAITS_FOR: Duration = Duration::from_secs(1);

/// Tells all that comes, until nobody has anything to tell any more; from that moment on, nothing. Says what
/// did not get out.
pub(super) async fn tell(
    bus: &impl Announce,
    mut news: UnboundedReceiver<Announcement>,
    until: Option<Instant>,
) -> Option<NotAnnounced> {
    let mut lost = None;
    while let Some(first) = news.recv().await {
        let batch = gather(first, &mut news).await;
        let number = batch.len();
        let put = bus.announce(batch);
        let told = match until {
            None => put.await,
            Some(until) => timeout_at(until, put).await.unwrap_or_else(|_| Err(too_late(number))),
        };
        if let Err(failure) = &told {
            error!(number = failure.number, failure = %failure.failure, "announcements did not get out");
        }
        lost = NotAnnounced::plus(lost, told.err());
    }
    lost
}

/// The first with those that come soon after it.
async fn gather(
    first: Announcement,
    news: &mut UnboundedReceiver<Announcement>,
) -> Vec<Announcement> {
    let mut batch = vec![first];
    let mut end = std::pin::pin!(sleep(WAITS_FOR));
    while batch.len() < TOGETHER {
        tokio::select! {
            biased;
            next = news.recv() => match next {
                Some(next) => batch.push(next),
                None => break,
            },
            () = &mut end => break,
        }
    }
    batch
}

fn too_late(number: usize) -> NotAnnounced {
    let failure = CallFailure {
        operation: "events:PutEvents",
        code: "NoTime".to_owned(),
        message: "the run has to end".to_owned(),
        kind: FailureKind::Transient,
    };
    NotAnnounced { number, failure }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use serde_json::json;
    use tokio::sync::mpsc::unbounded_channel;

    use super::*;

    /// A bus that takes so long for a call, and keeps when how many came.
    struct Bus {
        takes: Duration,
        refuses: bool,
        began: Instant,
        calls: RefCell<Vec<(u64, usize)>>,
    }

    impl Bus {
        fn taking(takes: Duration) -> Self {
            Self { takes, refuses: false, began: Instant::now(), calls: RefCell::default() }
        }
    }

    impl Announce for Bus {
        async fn announce(&self, announcements: Vec<Announcement>) -> Result<(), NotAnnounced> {
            let number = announcements.len();
            self.calls.borrow_mut().push((self.began.elapsed().as_secs(), number));
            sleep(self.takes).await;
            if self.refuses { Err(too_late(number)) } else { Ok(()) }
        }
    }

    fn news() -> Announcement {
        Announcement { detail_type: "Access Granted", detail: json!({}) }
    }

    #[tokio::test(start_paused = true)]
    async fn they_go_out_in_tens_or_after_a_second() {
        let bus = Bus::taking(Duration::from_millis(20));
        let (sender, receiver) = unbounded_channel();
        let work = async {
            (0..25).for_each(|_| sender.send(news()).unwrap());
            sleep(Duration::from_secs(5)).await;
            sender.send(news()).unwrap();
            drop(sender);
        };
        let ((), lost) = tokio::join!(work, tell(&bus, receiver, None));
        assert_eq!(lost, None);
        assert_eq!(*bus.calls.borrow(), [(0, 10), (0, 10), (1, 5), (5, 1)]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_bus_that_hangs_holds_up_nobody_and_its_losses_are_counted() {
        let bus = Bus::taking(Duration::from_secs(1_000));
        let (sender, receiver) = unbounded_channel();
        let worked = RefCell::new(None);
        let work = async {
            for _ in 0..30 {
                sender.send(news()).unwrap();
                sleep(Duration::from_millis(100)).await;
            }
            *worked.borrow_mut() = Some(bus.began.elapsed());
            drop(sender);
        };
        let until = Instant::now() + Duration::from_secs(10);
        let ((), lost) = tokio::join!(work, tell(&bus, receiver, Some(until)));
        assert_eq!(*worked.borrow(), Some(Duration::from_secs(3)));
        assert_eq!(bus.began.elapsed(), Duration::from_secs(10));
        assert_eq!(lost.unwrap().number, 30);
    }

    #[tokio::test(start_paused = true)]
    async fn one_refusal_does_not_silence_those_after_it() {
        let bus = Bus { refuses: true, ..Bus::taking(Duration::ZERO) };
        let (sender, receiver) = unbounded_channel();
        (0..25).for_each(|_| sender.send(news()).unwrap());
        drop(sender);
        assert_eq!(tell(&bus, receiver, None).await.unwrap().number, 25);
        assert_eq!(bus.calls.borrow().len(), 3);
    }
}
