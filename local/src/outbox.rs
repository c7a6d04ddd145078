//! The events on their way out: which of them somebody can hear, and how many wait for the first
//! who listens.

use std::collections::{BTreeSet, VecDeque};

use serde_json::Value;
use shared::ids::AccountId;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// The most events that wait for somebody to listen. The oldest go first.
///
/// Unit: events.
const WAITING: usize = 10_000;

/// Where events leave.
#[derive(Debug)]
pub(crate) struct Outbox {
    /// The accounts on whose event buses somebody listens; or on every bus.
    heard: Option<BTreeSet<AccountId>>,
    listener: Option<UnboundedSender<Value>>,
    waiting: VecDeque<Value>,
}

impl Outbox {
    /// Hears the event buses of these accounts, or of every account.
    pub(crate) fn new(heard: Option<BTreeSet<AccountId>>) -> Self {
        Self { heard, listener: None, waiting: VecDeque::new() }
    }

    /// Sends an event, if it is on a bus that is heard. Who has stopped to listen misses it.
    pub(crate) fn send(&mut self, event: Value) {
        if !self.is_heard(&event) {
            return;
        }
        if let Some(listener) = &self.listener {
            listener.send(event).ok();
            return;
        }
        self.waiting.push_back(event);
        if self.waiting.len() > WAITING {
            self.waiting.pop_front();
        }
    }

    /// What waits, and all that comes from now on. There is one listener.
    pub(crate) fn listen(&mut self) -> Option<UnboundedReceiver<Value>> {
        if self.listener.is_some() {
            return None;
        }
        let (listener, events) = unbounded_channel();
        for event in self.waiting.drain(..) {
            listener.send(event).ok();
        }
        self.listener = Some(listener);
        Some(events)
    }

    fn is_heard(&self, event: &Value) -> bool {
        let Some(heard) = &self.heard else { return true };
        let account = event.get("account").and_then(Value::as_str);
        account.is_some_and(|account| heard.iter().any(|one| one.as_str() == account))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn heard(outbox: &mut Outbox) -> Vec<Value> {
        let mut events = outbox.listen().unwrap();
        std::iter::from_fn(|| events.try_recv().ok()).collect()
    }

    #[test]
    fn events_wait_for_the_first_who_listens_but_not_for_ever() {
        let mut outbox = Outbox::new(None);
        for number in 0..=WAITING {
            outbox.send(json!(number));
        }
        let events = heard(&mut outbox);
        assert_eq!((events.len(), &events[0]), (WAITING, &json!(1)));
        assert!(outbox.listen().is_none());
        outbox.send(json!("to nobody"));
        assert!(outbox.waiting.is_empty());
    }

    #[test]
    fn other_accounts_buses_are_not_heard() {
        let home = "111111111111".parse().unwrap();
        let mut outbox = Outbox::new(Some(BTreeSet::from([home])));
        let [here, there] = ["111111111111", "222222222222"].map(|id| json!({ "account": id }));
        outbox.send(there);
        outbox.send(here.clone());
        assert_eq!(heard(&mut outbox), [here]);
    }
}
