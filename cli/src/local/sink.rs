//! Where the events go: files, one JSON line each, and HTTP endpoints, one POST each.
//!
//! Each has a queue of its own, so that one that is slow holds up neither the others nor the server. When its queue is full
//! it gets no more until there is room again: that is said once, and counted.

use std::{
    fs::{File, OpenOptions},
    io::{self, Write},
    sync::Arc,
    time::Duration,
};

use http::{Request, Uri, header::CONTENT_TYPE};
use http_body_util::Full;
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use serde_json::Value;
use tokio::{
    sync::mpsc::{Receiver, Sender, channel},
    task::JoinHandle,
    time::{sleep, timeout},
};

use crate::{
    exit::Failure,
    output::{RED, YELLOW, painted},
};

use super::screen::Screen;

type Body = Full<std::collections::VecDeque<u8>>;

/// How many events wait for a sink. Unit: events, of some two kilobytes each.
const ROOM: usize = 10_000;

/// How often an endpoint is tried, and how long it may take each time. EventBridge is more patient, which nobody who
/// waits at a terminal is.
const ATTEMPTS: u32 = 3;
const PATIENCE: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(200);

/// How long the sinks have in the end for what still waits.
const LAST_PATIENCE: Duration = Duration::from_secs(5);

/// All that want the events.
pub(super) struct Sinks {
    sinks: Vec<Sink>,
}

/// The queue of a sink, and what empties it.
struct Sink {
    queue: Sender<Arc<str>>,
    overflow: Losses,
    worker: JoinHandle<()>,
}

/// What an event is written to.
enum Target {
    File(File),
    Endpoint(Uri, Box<Client<HttpConnector, Body>>),
}

/// The events that did not get to a sink one after another: the first is told, the others are counted.
struct Losses {
    sink: String,
    screen: Screen,
    number: u64,
}

impl Sinks {
    /// Files are written to from their end on.
    pub(super) fn open(targets: &[String], screen: Screen) -> Result<Self, Failure> {
        let sinks = targets.iter().map(|name| Ok(Sink::new(name, open(name)?, ROOM, screen)));
        Ok(Self { sinks: sinks.collect::<Result<_, Failure>>()? })
    }

    /// Puts an event into all queues.
    pub(super) fn send(&mut self, event: &Value) {
        let json: Arc<str> = event.to_string().into();
        self.sinks.iter_mut().for_each(|sink| sink.send(&json));
    }

    /// Lets the sinks have what still waits for them, as long as they take it in reasonable time.
    pub(super) async fn close(self) {
        let workers = self.sinks.into_iter().map(|Sink { queue, mut overflow, worker }| {
            drop(queue);
            overflow.end();
            (worker, overflow)
        });
        let workers: Vec<_> = workers.collect();
        let deadline = tokio::time::Instant::now() + LAST_PATIENCE;
        for (mut worker, overflow) in workers {
            if tokio::time::timeout_at(deadline, &mut worker).await.is_err() {
                worker.abort();
                let told = format!("{} did not take all events before the end", overflow.sink);
                overflow.screen.line("lost", &painted(RED, told));
            }
        }
    }
}

impl Sink {
    fn new(name: &str, target: Target, room: usize, screen: Screen) -> Self {
        let (queue, events) = channel(room);
        let losses = || Losses { sink: name.to_owned(), screen, number: 0 };
        let mut failures = losses();
        let worker = match target {
            // A pipe that nobody reads blocks, which is why it may have a thread of its own.
            Target::File(mut file) => {
                tokio::task::spawn_blocking(move || write_all(events, &mut file, &mut failures))
            }
            Target::Endpoint(uri, client) => {
                tokio::spawn(async move { post_all(events, &uri, &client, &mut failures).await })
            }
        };
        Self { queue, overflow: losses(), worker }
    }

    fn send(&mut self, json: &Arc<str>) {
        match self.queue.try_send(Arc::clone(json)) {
            Ok(()) => self.overflow.end(),
            Err(_) => self.overflow.count(|| "it is too far behind".to_owned()),
        }
    }
}

impl Losses {
    /// One more. Why is told of the first.
    fn count(&mut self, why: impl FnOnce() -> String) {
        if self.number == 0 {
            let told = format!("an event did not get to {}: {}", self.sink, why());
            self.screen.line("lost", &painted(RED, told));
        }
        self.number += 1;
    }

    /// The next one got there, or none comes any more.
    fn end(&mut self) {
        if self.number > 1 {
            let told = format!("{} events did not get to {}", self.number, self.sink);
            self.screen.line("lost", &painted(YELLOW, told));
        }
        self.number = 0;
    }
}

fn open(target: &str) -> Result<Target, Failure> {
    let failure = |source| Failure::Events { target: target.to_owned(), source };
    if target.contains("://") {
        let uri: Uri = target.parse().map_err(|error| failure(io::Error::other(error)))?;
        if uri.scheme_str() != Some("http") || uri.host().is_none() {
            return Err(failure(io::Error::other("only http://HOST… can be an endpoint")));
        }
        let client = Client::builder(TokioExecutor::new()).build_http();
        return Ok(Target::Endpoint(uri, Box::new(client)));
    }
    let file = OpenOptions::new().create(true).append(true).open(target).map_err(failure)?;
    Ok(Target::File(file))
}

fn write_all(mut events: Receiver<Arc<str>>, file: &mut File, failures: &mut Losses) {
    while let Some(json) = events.blocking_recv() {
        match writeln!(file, "{json}") {
            Ok(()) => failures.end(),
            Err(error) => failures.count(|| error.to_string()),
        }
    }
    failures.end();
}

async fn post_all(
    mut events: Receiver<Arc<str>>,
    uri: &Uri,
    client: &Client<HttpConnector, Body>,
    failures: &mut Losses,
) {
    while let Some(json) = events.recv().await {
        match post(client, uri, &json).await {
            Ok(()) => failures.end(),
            Err(why) => failures.count(|| why),
        }
    }
    failures.end();
}

async fn post(client: &Client<HttpConnector, Body>, uri: &Uri, json: &str) -> Result<(), String> {
    let mut why = String::new();
    for attempt in 0..ATTEMPTS {
        sleep(PAUSE * attempt).await;
        let body = Full::new(json.as_bytes().to_vec().into());
        let request = Request::post(uri).header(CONTENT_TYPE, "application/json").body(body);
        let request = request.map_err(|error| error.to_string())?;
        match timeout(PATIENCE, client.request(request)).await {
            Ok(Ok(response)) if response.status().is_success() => return Ok(()),
            Ok(Ok(response)) => why = format!("it answers {}", response.status()),
            Ok(Err(error)) => why = error.to_string(),
            Err(_) => why = format!("no answer for {} s", PATIENCE.as_secs()),
        }
    }
    Err(why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_sink_that_is_full_loses_events_until_it_has_room_and_they_are_counted() {
        let (queue, mut events) = channel(2);
        let overflow = Losses {
            sink: "slow".to_owned(),
            screen: Screen::new(local::Clock::default()),
            number: 0,
        };
        let mut sink = Sink { queue, overflow, worker: tokio::spawn(async {}) };
        let mut send = |text: &str| {
            sink.send(&text.into());
            sink.overflow.number
        };
        assert_eq!(["1", "2", "3", "4", "5"].map(&mut send), [0, 0, 1, 2, 3]);
        assert_eq!(events.recv().await.as_deref(), Some("1"));
        assert_eq!(send("6"), 0);
        assert_eq!(events.recv().await.as_deref(), Some("2"));
        assert_eq!(events.recv().await.as_deref(), Some("6"));
    }
}
