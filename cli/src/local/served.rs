//! What is served in another terminal: asked of the server there, which alone knows.

use std::{io, time::Duration};

use http_body_util::{BodyExt, Full};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use shared::organization::Organization;
use tokio::time::timeout;

use crate::exit::Failure;

type Body = Full<std::collections::VecDeque<u8>>;

/// How long an answer may take: whoever asks waits at a prompt. A large organization is some megabytes, from localhost.
const PATIENCE: Duration = Duration::from_secs(10);

/// The organization that is served there as it is now; nothing, where nobody listens.
///
/// # Errors
/// Something else listens there, or does not answer.
pub(super) async fn served(endpoint: &str) -> Result<Option<Organization>, Failure> {
    let failure = |source| Failure::NotServed { endpoint: endpoint.to_owned(), source };
    let uri = format!("{endpoint}/organization").parse();
    let uri = uri.map_err(|error| failure(io::Error::other(error)))?;
    let client: Client<_, Body> = Client::builder(TokioExecutor::new()).build_http();
    let answer = async {
        let response = match client.get(uri).await {
            Ok(response) => response,
            Err(refused) if refused.is_connect() => return Ok(None),
            Err(error) => return Err(io::Error::other(error)),
        };
        if !response.status().is_success() {
            return Err(io::Error::other(format!("it answers {}", response.status())));
        }
        let body = response.into_body().collect().await.map_err(io::Error::other)?;
        serde_json::from_slice(&body.to_bytes()).map(Some).map_err(io::Error::other)
    };
    let late = |_| io::Error::other(format!("no answer for {} s", PATIENCE.as_secs()));
    timeout(PATIENCE, answer).await.map_err(late).and_then(|answer| answer).map_err(failure)
}
