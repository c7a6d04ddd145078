//! Lambda's side of a function, for payloads that Lambda's own front door would turn away: it hands
//! over invocations one by one and keeps the answers.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>

use std::{future, sync::Arc, time::Duration};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{Method, StatusCode, Uri},
    response::{IntoResponse, Response},
};
use serde_json::Value;
use tokio::{
    net::TcpListener,
    process::{Child, Command},
    sync::{Mutex, mpsc},
    time::timeout,
};

use super::usher::binary;

/// What a function answered to one invocation.
#[derive(Debug)]
pub(crate) struct Answer {
    /// `response` or `error`.
    pub(crate) kind: String,
    pub(crate) body: Value,
}

struct Lambda {
    /// Those that are still to come, the next one last.
    payloads: Mutex<Vec<Vec<u8>>>,
    answers: mpsc::UnboundedSender<Answer>,
}

/// A function's process. It is killed when this is dropped.
pub(crate) struct Running {
    process: Child,
    answers: mpsc::UnboundedReceiver<Answer>,
}

impl Running {
    /// Starts a function's binary with these variables alone, and hands it these payloads.
    pub(crate) async fn start(
        function: &str,
        environment: &[(&str, &str)],
        payloads: &[&[u8]],
    ) -> Self {
        let (sender, answers) = mpsc::unbounded_channel();
        let waiting = payloads.iter().rev().map(|payload| payload.to_vec()).collect();
        let lambda = Arc::new(Lambda { payloads: Mutex::new(waiting), answers: sender });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let routes = Router::new().fallback(answer).with_state(lambda);
        tokio::spawn(async { axum::serve(listener, routes).await.unwrap() });
        let process = Command::new(binary(function))
            .env_clear()
            .envs(environment.iter().copied())
            .envs([
                ("AWS_LAMBDA_RUNTIME_API", address.as_str()),
                ("AWS_LAMBDA_FUNCTION_NAME", function),
                ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"),
                ("AWS_LAMBDA_FUNCTION_VERSION", "1"),
                ("AWS_REGION", "eu-central-1"),
            ])
            .stdout(std::process::Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        Self { process, answers }
    }

    /// The answer to the next invocation.
    pub(crate) async fn answer(&mut self, patience: Duration) -> Answer {
        let next = timeout(patience, self.answers.recv()).await;
        next.expect("the function does not answer").unwrap()
    }

    /// Kills the process at whatever it is at.
    pub(crate) async fn kill(mut self) {
        self.process.kill().await.unwrap();
    }
}

/// Starts a function's binary with these variables alone, and hands it these payloads.
pub(crate) async fn answers_to(
    function: &str,
    environment: &[(&str, &str)],
    payloads: &[&[u8]],
) -> Vec<Answer> {
    let mut running = Running::start(function, environment, payloads).await;
    let mut all = Vec::new();
    for _ in payloads {
        all.push(running.answer(Duration::from_secs(20)).await);
    }
    all
}

async fn answer(
    State(lambda): State<Arc<Lambda>>,
    method: Method,
    uri: Uri,
    body: Bytes,
) -> Response {
    if method == Method::POST {
        let kind = uri.path().rsplit('/').next().unwrap().to_owned();
        let body = serde_json::from_slice(&body).unwrap();
        lambda.answers.send(Answer { kind, body }).unwrap();
        return StatusCode::ACCEPTED.into_response();
    }
    let mut payloads = lambda.payloads.lock().await;
    let Some(payload) = payloads.pop() else {
        return future::pending().await;
    };
    let headers = [
        ("lambda-runtime-aws-request-id", payloads.len().to_string()),
        ("lambda-runtime-deadline-ms", "9999999999999".to_owned()),
        (
            "lambda-runtime-invoked-function-arn",
            "arn:aws:lambda:eu-central-1:310000000001:function:usher".to_owned(),
        ),
    ];
    (headers, payload).into_response()
}
