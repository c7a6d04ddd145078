//! Where the events go: files, one JSON line each, and HTTP endpoints, one POST each.

use std::{
    fs::{File, OpenOptions},
    io::{self, Write},
    time::Duration,
};

use http::{Request, Uri, header::CONTENT_TYPE};
use http_body_util::Full;
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use serde_json::Value;
use tokio::time::{sleep, timeout};

use crate::exit::Failure;

use super::screen::Screen;

type Body = Full<std::collections::VecDeque<u8>>;

/// How often an endpoint is tried, and how long it may take each time. EventBridge is more patient, which nobody who
/// waits at a terminal is.
const ATTEMPTS: u32 = 3;
const PATIENCE: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(200);

/// All that want the events.
pub(super) struct Sinks {
    sinks: Vec<Sink>,
    client: Client<HttpConnector, Body>,
}

enum Sink {
    File { name: String, file: File },
    Endpoint(Uri),
}

impl Sinks {
    /// Files are written to from their end on.
    pub(super) fn open(targets: &[String]) -> Result<Self, Failure> {
        let sinks = targets.iter().map(|target| open(target));
        Ok(Self {
            sinks: sinks.collect::<Result<_, _>>()?,
            client: Client::builder(TokioExecutor::new()).build_http(),
        })
    }

    /// Sends an event everywhere. What does not take it is told of, and gets the next one.
    pub(super) async fn send(&mut self, event: &Value, screen: &Screen) {
        let json = event.to_string();
        for sink in &mut self.sinks {
            let sent = match sink {
                Sink::File { name, file } => {
                    writeln!(file, "{json}").map_err(|error| format!("{name}: {error}"))
                }
                Sink::Endpoint(uri) => post(&self.client, uri, &json).await,
            };
            if let Err(why) = sent {
                screen.line("lost", &format!("the event did not get to {why}"));
            }
        }
    }
}

fn open(target: &str) -> Result<Sink, Failure> {
    let failure = |source| Failure::Events { target: target.to_owned(), source };
    if target.contains("://") {
        let uri: Uri = target.parse().map_err(|error| failure(io::Error::other(error)))?;
        if uri.scheme_str() != Some("http") || uri.host().is_none() {
            return Err(failure(io::Error::other("only http://HOST… can be an endpoint")));
        }
        return Ok(Sink::Endpoint(uri));
    }
    let file = OpenOptions::new().create(true).append(true).open(target).map_err(failure)?;
    Ok(Sink::File { name: target.to_owned(), file })
}

async fn post(client: &Client<HttpConnector, Body>, uri: &Uri, json: &str) -> Result<(), String> {
    let mut why = String::new();
    for attempt in 0..ATTEMPTS {
        sleep(PAUSE * attempt).await;
        let body = Full::new(json.as_bytes().to_vec().into());
        let request = Request::post(uri).header(CONTENT_TYPE, "application/json").body(body);
        let request = request.map_err(|error| format!("{uri}: {error}"))?;
        match timeout(PATIENCE, client.request(request)).await {
            Ok(Ok(response)) if response.status().is_success() => return Ok(()),
            Ok(Ok(response)) => why = format!("{uri}: {}", response.status()),
            Ok(Err(error)) => why = format!("{uri}: {error}"),
            Err(_) => why = format!("{uri}: no answer for {} s", PATIENCE.as_secs()),
        }
    }
    Err(why)
}
