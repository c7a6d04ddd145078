//! What was asked for and is done a while later: accepted, in progress, ended, and one day
//! forgotten.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::clock;

/// How many ended requests are remembered. AWS does not say how long it keeps them: this is longer
/// than anybody polls, and bounds the memory.
const REMEMBERED: usize = 100_000;

/// Requests of one kind, by id and by age, and what those lead to that succeed.
#[derive(Debug)]
pub(crate) struct Requests<Request, Done = ()> {
    accepted: BTreeMap<u64, Accepted<Request, Done>>,
    numbers: BTreeMap<String, u64>,
    in_progress: BTreeSet<u64>,
    /// As they ended.
    ended: VecDeque<u64>,
    next: u64,
}

/// A request that was accepted, and what came of it.
#[derive(Debug)]
pub(crate) struct Accepted<Request, Done = ()> {
    pub(crate) request_id: String,
    pub(crate) created: DateTime<Utc>,
    pub(crate) request: Request,
    /// Nothing while it is in progress.
    outcome: Option<Outcome<Done>>,
    number: u64,
}

/// What came of a request, and when: success, or the reason for the failure.
#[derive(Debug)]
struct Outcome<Done> {
    ended: DateTime<Utc>,
    result: Result<Done, String>,
}

impl<Request, Done> Default for Requests<Request, Done> {
    fn default() -> Self {
        Self {
            accepted: BTreeMap::new(),
            numbers: BTreeMap::new(),
            in_progress: BTreeSet::new(),
            ended: VecDeque::new(),
            next: 0,
        }
    }
}

impl<Request, Done> Requests<Request, Done> {
    /// Accepts a request, which is then in progress.
    pub(crate) fn accept(
        &mut self,
        request_id: &str,
        created: DateTime<Utc>,
        request: Request,
    ) -> &Accepted<Request, Done> {
        let (number, request_id) = (self.next, request_id.to_owned());
        self.next += 1;
        self.numbers.insert(request_id.clone(), number);
        self.in_progress.insert(number);
        let accepted = Accepted { request_id, created, request, outcome: None, number };
        self.accepted.entry(number).or_insert(accepted)
    }

    /// Says what came of a request.
    pub(crate) fn end(
        &mut self,
        request_id: &str,
        ended: DateTime<Utc>,
        result: Result<Done, String>,
    ) {
        let Some(number) = self.numbers.get(request_id).copied() else { return };
        if let Some(accepted) = self.accepted.get_mut(&number) {
            accepted.outcome = Some(Outcome { ended, result });
        }
        self.in_progress.remove(&number);
        self.ended.push_back(number);
        if self.ended.len() > REMEMBERED {
            self.forget_first();
        }
    }

    /// Forgets those that have ended.
    pub(crate) fn forget_ended(&mut self) {
        while !self.ended.is_empty() {
            self.forget_first();
        }
        self.ended.shrink_to_fit();
    }

    fn forget_first(&mut self) {
        let first = self.ended.pop_front();
        if let Some(forgotten) = first.and_then(|number| self.accepted.remove(&number)) {
            self.numbers.remove(&forgotten.request_id);
        }
    }

    pub(crate) fn get(&self, request_id: &str) -> Option<&Accepted<Request, Done>> {
        self.accepted.get(self.numbers.get(request_id)?)
    }

    /// Those that have not ended yet, oldest first.
    pub(crate) fn in_progress(&self) -> impl DoubleEndedIterator<Item = &Accepted<Request, Done>> {
        self.in_progress.iter().filter_map(|number| self.accepted.get(number))
    }

    /// Those of this status, or all; newest first.
    pub(crate) fn newest_first(
        &self,
        status: Option<&str>,
    ) -> Box<dyn Iterator<Item = &Accepted<Request, Done>> + '_> {
        match status {
            None => Box::new(self.accepted.values().rev()),
            Some(IN_PROGRESS) => Box::new(self.in_progress().rev()),
            Some(status) => {
                let status = status.to_owned();
                Box::new(self.accepted.values().rev().filter(move |one| one.status() == status))
            }
        }
    }
}

const IN_PROGRESS: &str = "IN_PROGRESS";

impl<Request, Done> Accepted<Request, Done> {
    /// The status as AWS writes it.
    pub(crate) fn status(&self) -> &'static str {
        match self.result() {
            None => IN_PROGRESS,
            Some(Ok(_)) => "SUCCEEDED",
            Some(Err(_)) => "FAILED",
        }
    }

    /// Why it failed, if it did.
    pub(crate) fn failure(&self) -> Option<&str> {
        self.result()?.as_ref().err().map(String::as_str)
    }

    /// What it led to, if it succeeded.
    pub(crate) fn done(&self) -> Option<&Done> {
        self.result()?.as_ref().ok()
    }

    /// When it ended, well or not.
    pub(crate) fn ended(&self) -> Option<DateTime<Utc>> {
        self.outcome.as_ref().map(|outcome| outcome.ended)
    }

    /// How it ended, once it has.
    pub(crate) fn result(&self) -> Option<&Result<Done, String>> {
        self.outcome.as_ref().map(|outcome| &outcome.result)
    }

    /// Text whose order is that of [`Requests::newest_first`].
    pub(crate) fn age_key(&self) -> String {
        format!("{:020}", u64::MAX - self.number)
    }

    /// How lists of requests show each.
    pub(crate) fn to_metadata(&self) -> Value {
        json!({
            "Status": self.status(),
            "RequestId": self.request_id,
            "CreatedDate": clock::seconds(self.created),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids<'a>(requests: impl Iterator<Item = &'a Accepted<u32>>) -> Vec<&'a str> {
        requests.map(|one| one.request_id.as_str()).collect()
    }

    fn three() -> Requests<u32> {
        let mut requests = Requests::default();
        for (number, id) in ["a", "b", "c"].into_iter().enumerate() {
            requests.accept(id, DateTime::UNIX_EPOCH, u32::try_from(number).unwrap());
        }
        requests
    }

    #[test]
    fn a_request_is_in_progress_until_it_ends() {
        let mut requests = three();
        requests.end("b", DateTime::UNIX_EPOCH, Err("no".to_owned()));
        requests.end("c", DateTime::UNIX_EPOCH, Ok(()));
        assert_eq!(ids(requests.in_progress()), ["a"]);
        assert_eq!(ids(requests.newest_first(None)), ["c", "b", "a"]);
        assert_eq!(ids(requests.newest_first(Some("FAILED"))), ["b"]);
        assert_eq!(requests.get("b").unwrap().failure(), Some("no"));
        assert_eq!(requests.get("a").unwrap().failure(), None);
    }

    #[test]
    fn what_ended_long_ago_is_forgotten_and_what_did_not_end_is_not() {
        let mut requests = three();
        for number in 0..=REMEMBERED {
            let id = number.to_string();
            requests.accept(&id, DateTime::UNIX_EPOCH, 0);
            requests.end(&id, DateTime::UNIX_EPOCH, Ok(()));
        }
        assert!(requests.get("0").is_none() && requests.get("1").is_some());
        assert_eq!(ids(requests.in_progress()), ["a", "b", "c"]);
        assert_eq!(requests.accepted.len(), REMEMBERED + 3);
        assert_eq!(requests.numbers.len(), REMEMBERED + 3);
    }

    #[test]
    fn all_that_ended_can_be_forgotten_at_once() {
        let mut requests = three();
        for id in ["a", "c"] {
            requests.end(id, DateTime::UNIX_EPOCH, Ok(()));
        }
        requests.forget_ended();
        assert_eq!(ids(requests.newest_first(None)), ["b"]);
        assert_eq!((requests.accepted.len(), requests.numbers.len()), (1, 1));
        requests.end("b", DateTime::UNIX_EPOCH, Ok(()));
        requests.forget_ended();
        assert!(requests.accepted.is_empty() && requests.numbers.is_empty());
    }

    #[test]
    fn keys_are_in_the_order_of_the_list() {
        let requests = three();
        let keys: Vec<String> = requests.newest_first(None).map(Accepted::age_key).collect();
        assert!(keys.is_sorted());
    }
}
