//! What EventBridge may do to events on their way: deliver them twice, late, in another order, and
//! now and then not at all.
//!
//! Source: <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-delivery-level.html>

use std::{str::FromStr, time::Duration};

use serde_json::Value;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::{duration::parse_duration, random::Random};

/// Disturbs events on their way. The same seed does the same to the same events.
#[derive(Clone, Debug)]
pub struct Chaos {
    /// How many of the events come twice, from 0 to 1. Default: 0.2.
    pub duplicated: f64,
    /// How many of the deliveries are late, and so perhaps after events that were sent later.
    /// Default: 0.5.
    pub delayed: f64,
    /// How late they are at most. Default: 2 seconds.
    pub delay: Duration,
    /// How many of the events never come. Default: 0.
    pub lost: f64,
    random: Random,
}

/// An event that arrives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// How long after it was sent.
    pub after: Duration,
    /// The event. A duplicate has the same ids.
    pub event: Value,
}

/// Why a chaos was not understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a seed, which others may follow: SEED,duplicated=0.2,delayed=0.5,delay=2s,lost=0.1"
)]
pub struct InvalidChaos(String);

impl Chaos {
    /// Duplicates and delays, and loses nothing.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            duplicated: 0.2,
            delayed: 0.5,
            delay: Duration::from_secs(2),
            lost: 0.0,
            random: Random::new(seed),
        }
    }

    /// When the event arrives, and how often: not at all, once or twice.
    pub fn deliveries(&mut self, event: Value) -> Vec<Delivery> {
        // As many numbers for every event, so that one setting does not change what another does.
        let [lost, duplicated] = [self.random.fraction(), self.random.fraction()];
        let [first, second] = [self.delay_of_one(), self.delay_of_one()];
        if lost < self.lost {
            return Vec::new();
        }
        let mut deliveries = Vec::new();
        if duplicated < self.duplicated {
            deliveries.push(Delivery { after: second, event: event.clone() });
        }
        deliveries.push(Delivery { after: first, event });
        deliveries
    }

    fn delay_of_one(&mut self) -> Duration {
        let [delayed, part] = [self.random.fraction(), self.random.fraction()];
        if delayed < self.delayed { self.delay.mul_f64(part) } else { Duration::ZERO }
    }

    /// Events in the order in which they arrive, when one was sent so long after the other.
    pub fn disturbed(
        &mut self,
        events: impl IntoIterator<Item = Value>,
        apart: Duration,
    ) -> Vec<Value> {
        let mut arrivals = Vec::new();
        let mut sent = Duration::ZERO;
        for event in events {
            for Delivery { after, event } in self.deliveries(event) {
                arrivals.push((sent.saturating_add(after), event));
            }
            sent = sent.saturating_add(apart);
        }
        arrivals.sort_by_key(|(arrival, _)| *arrival);
        arrivals.into_iter().map(|(_, event)| event).collect()
    }

    /// Disturbs a stream of events, for as long as somebody listens. It ends when the stream has
    /// ended and the last event has arrived.
    #[must_use]
    pub fn disturb(mut self, mut events: UnboundedReceiver<Value>) -> UnboundedReceiver<Value> {
        let (arrived, arrivals) = unbounded_channel();
        tokio::spawn(async move {
            while let Some(event) = events.recv().await {
                for Delivery { after, event } in self.deliveries(event) {
                    let arrived = arrived.clone();
                    tokio::spawn(async move {
                        tokio::time::sleep(after).await;
                        arrived.send(event).ok();
                    });
                }
            }
        });
        arrivals
    }
}

impl FromStr for Chaos {
    type Err = InvalidChaos;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = |part: &str| InvalidChaos(part.to_owned());
        let mut parts = text.split(',').map(str::trim);
        let seed = parts.next().unwrap_or_default();
        let mut chaos = Self::new(seed.parse().map_err(|_| invalid(seed))?);
        for part in parts {
            let (key, value) = part.split_once('=').ok_or_else(|| invalid(part))?;
            let share = || {
                let share = value.parse().map_err(|_| invalid(part))?;
                if (0.0..=1.0).contains(&share) { Ok(share) } else { Err(invalid(part)) }
            };
            match key {
                "duplicated" => chaos.duplicated = share()?,
                "delayed" => chaos.delayed = share()?,
                "lost" => chaos.lost = share()?,
                "delay" => chaos.delay = parse_duration(value).map_err(|_| invalid(part))?,
                _ => return Err(invalid(part)),
            }
        }
        Ok(chaos)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const APART: Duration = Duration::from_millis(100);

    fn events(count: u64) -> Vec<Value> {
        (0..count).map(Value::from).collect()
    }

    fn numbers(arrived: &[Value]) -> Vec<u64> {
        arrived.iter().filter_map(Value::as_u64).collect()
    }

    #[test]
    fn events_come_twice_and_in_another_order_and_none_is_lost() {
        let arrived = numbers(&Chaos::new(7).disturbed(events(200), APART));
        assert!(arrived.len() > 220, "{} came", arrived.len());
        assert!(!arrived.is_sorted());
        assert_eq!(arrived.iter().collect::<BTreeSet<_>>().len(), 200);
    }

    #[test]
    fn the_same_seed_does_the_same_again() {
        let [one, again, other] =
            [7, 7, 8].map(|seed| Chaos::new(seed).disturbed(events(50), APART));
        assert_eq!(one, again);
        assert_ne!(one, other);
    }

    #[test]
    fn events_are_lost_when_asked_for() {
        let mut chaos: Chaos = "7,lost=0.3".parse().unwrap();
        let arrived = numbers(&chaos.disturbed(events(1_000), APART));
        let lost = 1_000 - arrived.iter().collect::<BTreeSet<_>>().len();
        assert!((200..400).contains(&lost), "{lost} were lost");
    }

    #[test]
    fn without_any_of_it_nothing_is_disturbed() {
        let mut calm: Chaos = "7,duplicated=0,delayed=0".parse().unwrap();
        assert_eq!(calm.disturbed(events(100), APART), events(100));
    }

    #[tokio::test(start_paused = true)]
    async fn a_stream_is_disturbed_and_ends() {
        let (sender, receiver) = unbounded_channel();
        let mut arrivals = Chaos::new(7).disturb(receiver);
        events(100).into_iter().for_each(|event| sender.send(event).unwrap());
        drop(sender);
        let mut arrived = Vec::new();
        while let Some(event) = arrivals.recv().await {
            arrived.push(event);
        }
        let arrived = numbers(&arrived);
        assert!(!arrived.is_sorted());
        assert_eq!(arrived.iter().collect::<BTreeSet<_>>().len(), 100);
    }

    #[test]
    fn what_is_not_understood_is_named() {
        for text in ["", "seven", "7,lost", "7,lost=2", "7,lost=NaN", "7,delay=2", "7,found=1"] {
            assert!(text.parse::<Chaos>().is_err(), "{text}");
        }
        let told = "7,lost=2".parse::<Chaos>().unwrap_err().to_string();
        assert!(told.starts_with("`lost=2` is not"), "{told}");
    }
}
