//! The SDK on the organization on localhost without a socket between them: with nothing to wait for
//! but timers, tokio may stop the clock, and hours of retries and delays pass in no time, the same
//! each time.

use std::{fmt::Debug, future::pending, sync::Arc};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_organizations::config::{Credentials, SharedCredentialsProvider};
use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::{
        http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn},
        orchestrator::{HttpRequest, HttpResponse},
        result::ConnectorError,
    },
    http::StatusCode,
};
use aws_smithy_types::body::SdkBody;
use axum::{
    Router,
    body::{Body, to_bytes},
    http::Request,
};
use serde_json::Value;
use tower::ServiceExt;

/// Who listens to what one process asks of AWS, and may cut it off.
pub(crate) trait Tap: Debug + Send + Sync {
    /// It is about to ask; whether it still lives to do so.
    fn asks(&self, operation: &str, body: &Value) -> bool;
    /// AWS has done what it was asked; whether the process lives to hear the answer.
    fn is_answered(&self, operation: &str) -> bool;
}

/// Who listens to what is asked, and changes nothing.
#[derive(Debug)]
pub(crate) struct Listener;

impl Tap for Listener {
    fn asks(&self, _operation: &str, _body: &Value) -> bool {
        true
    }

    fn is_answered(&self, _operation: &str) -> bool {
        true
    }
}

/// A configuration of the SDK whose requests go to the router, overheard.
pub(crate) fn configuration(router: Router, access_key_id: &str, tap: Arc<dyn Tap>) -> SdkConfig {
    let credentials = Credentials::new(access_key_id, "not-a-secret", None, None, "tests");
    let line = SharedHttpConnector::new(Line { router, tap });
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-central-1"))
        .endpoint_url("http://localhost")
        .http_client(http_client_fn(move |_, _| line.clone()))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .build()
}

#[derive(Clone, Debug)]
struct Line {
    router: Router,
    tap: Arc<dyn Tap>,
}

impl HttpConnector for Line {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let line = self.clone();
        HttpConnectorFuture::new(async move {
            line.answer(request).await.map_err(|error| ConnectorError::other(error, None))
        })
    }
}

impl Line {
    async fn answer(self, request: HttpRequest) -> Result<HttpResponse, BoxError> {
        let body = request.body().bytes().unwrap_or_default().to_vec();
        let operation = request.headers().get("x-amz-target").unwrap_or_default().to_owned();
        let asked = serde_json::from_slice(&body).unwrap_or_default();
        if !self.tap.asks(&operation, &asked) {
            return pending().await;
        }
        let mut to_router = Request::builder().method(request.method()).uri("/");
        for (name, value) in request.headers() {
            to_router = to_router.header(name, value);
        }
        let answer = self.router.oneshot(to_router.body(Body::from(body))?).await?;
        if !self.tap.is_answered(&operation) {
            return pending().await;
        }
        let (head, body) = answer.into_parts();
        let body = to_bytes(body, usize::MAX).await?;
        let status = StatusCode::try_from(head.status.as_u16())?;
        let mut response = HttpResponse::new(status, SdkBody::from(body));
        for (name, value) in &head.headers {
            response.headers_mut().insert(name.as_str().to_owned(), value.to_str()?.to_owned());
        }
        Ok(response)
    }
}
