//! The HTTP server: the AWS JSON protocol, where every call is a POST to `/` that names its
//! operation in a header.
//!
//! Source: <https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html>

use std::{io, sync::Arc};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::State,
    http::{HeaderMap, Response, StatusCode, header::CONTENT_TYPE},
    routing::get,
};
use serde_json::Value;
use shared::ids::AccountId;
use tokio::{net::TcpListener, sync::oneshot};
use uuid::Uuid;

use crate::{
    api_error::ApiError,
    call::{Call, Caller},
    callers,
    events::{self, Before},
    operation::{Access, Operation},
    quotas,
    service::Service,
    settings::Settings,
    state, sts,
    world::World,
};

/// Why the server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The port is taken, or not allowed.
    #[error("failed to listen on 127.0.0.1:{port}")]
    Bind {
        /// The port that was asked for.
        port: u16,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// The account that shall call does not belong to the organization.
    #[error("account {0} is not in the organization: nobody could call as it")]
    UnknownCaller(AccountId),
    /// The operating system does not tell the port it chose.
    #[error("failed to read the address that the server listens on")]
    Address(#[source] io::Error),
}

/// Takes the port, so that calls wait rather than fail from here on.
pub(crate) async fn bind(port: u16) -> Result<TcpListener, StartError> {
    TcpListener::bind(("127.0.0.1", port)).await.map_err(|source| StartError::Bind { port, source })
}

/// Answers until the returned sender is dropped.
pub(crate) fn serve(listener: TcpListener, world: Arc<World>) -> oneshot::Sender<()> {
    let (running, stopped) = oneshot::channel();
    let routes = routes(world);
    tokio::spawn(async move {
        axum::serve(listener, routes)
            .with_graceful_shutdown(async {
                // An error is the signal: the sender is dropped, never used.
                stopped.await.unwrap_or_default();
            })
            .await
    });
    running
}

/// What answers, with or without a socket before it.
pub(crate) fn routes(world: Arc<World>) -> Router {
    Router::new().route("/organization", get(snapshot)).fallback(answer).with_state(world)
}

/// The organization as it is now, for whoever wants to look or to keep it.
async fn snapshot(State(world): State<Arc<World>>) -> Response<Body> {
    let organization = world.state().organization();
    let Ok(json) = serde_json::to_vec_pretty(&organization) else { return malformed() };
    let response = Response::builder().header(CONTENT_TYPE, "application/json");
    response.body(Body::from(json)).unwrap_or_else(|_| malformed())
}

async fn answer(
    State(world): State<Arc<World>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    world.wait(world.settings.latency).await;
    let request_id = Uuid::new_v4().to_string();
    if headers.get(TARGET).is_none() && sts::asks_who_calls(&body) {
        return who_calls(&world, &headers, &request_id);
    }
    let answer =
        find(&headers).and_then(|target| run(&world, &headers, &target, &body, &request_id));
    respond(&headers, &request_id, answer)
}

fn who_calls(world: &World, headers: &HeaderMap, request_id: &str) -> Response<Body> {
    let mut state = world.state();
    *state.calls.entry(sts::GET_CALLER_IDENTITY.to_owned()).or_default() += 1;
    let caller = caller(headers, &world.settings, &state);
    let response = Response::builder().header(CONTENT_TYPE, "text/xml");
    response.body(Body::from(sts::identity(&caller, request_id))).unwrap_or_else(|_| malformed())
}

/// The header that names an operation.
const TARGET: &str = "x-amz-target";

/// What a request is for.
struct Target<'a> {
    service: Service,
    name: &'a str,
    operation: Operation,
}

fn find(headers: &HeaderMap) -> Result<Target<'_>, ApiError> {
    let target = header(headers, TARGET).unwrap_or("(no X-Amz-Target header)");
    let unknown = || ApiError::not_implemented(target);
    let (prefix, name) = target.rsplit_once('.').ok_or_else(unknown)?;
    let service = Service::of_target(prefix).ok_or_else(unknown)?;
    let operation = service.operation(name).ok_or_else(unknown)?;
    Ok(Target { service, name, operation })
}

fn run(
    world: &Arc<World>,
    headers: &HeaderMap,
    target: &Target<'_>,
    body: &[u8],
    request_id: &str,
) -> Result<Value, ApiError> {
    let body: Value = serde_json::from_slice(if body.is_empty() { b"{}" } else { body })
        .map_err(|error| ApiError::new("SerializationException", error.to_string()))?;
    let mut state = world.state();
    let caller = caller(headers, &world.settings, &state);
    let mut call = Call {
        world,
        state: &mut state,
        service: target.service,
        operation: target.name,
        caller: &caller,
        request_id,
        now: world.settings.clock.now(),
    };
    let before = Before::new(call.state, call.operation, &body);
    let answer = admit(&mut call, &body).and_then(|()| target.operation.answer(&mut call, &body));
    let answer = answer.map_err(|error| named(error, target.service, request_id));
    if let Err(error) = &answer {
        *call.state.errors.entry(error.code.clone()).or_default() += 1;
    }
    if target.operation.access == Access::Write {
        for event in events::of_call(&call, &body, &before, &answer) {
            call.state.send(event);
        }
    }
    answer
}

/// The Identity Store's errors hold the id of the request, and those that pass when to come again.
///
/// Source: <https://docs.aws.amazon.com/singlesignon/latest/IdentityStoreAPIReference/API_CreateGroup.html#API_CreateGroup_Errors>
fn named(error: ApiError, service: Service, request_id: &str) -> ApiError {
    const RETRY_AFTER: &str = "RetryAfterSeconds";
    if service != Service::IdentityStore {
        return error;
    }
    let passes = ["ThrottlingException", "InternalServerException"].contains(&error.code.as_str());
    let is_said = error.details.iter().any(|(field, _)| *field == RETRY_AFTER);
    let error = error.with("RequestId", request_id);
    if passes && !is_said { error.with(RETRY_AFTER, 1) } else { error }
}

/// Counts the call, and refuses it if it shall fail, if the caller may not, or if it comes too
/// fast.
fn admit(call: &mut Call<'_>, body: &Value) -> Result<(), ApiError> {
    let name = format!("{}:{}", call.service.name(), call.operation);
    *call.state.calls.entry(name.clone()).or_default() += 1;
    if let Some(error) = call.state.faults.take_error(&name, body) {
        return Err(error);
    }
    callers::check(call)?;
    if call.has_quotas() { quotas::count(call) } else { Ok(()) }
}

fn caller(headers: &HeaderMap, settings: &Settings, state: &state::State) -> Caller {
    let access_key_id = access_key_id(headers).unwrap_or("AKIAANONYMOUS").to_owned();
    let is_usher = settings.usher_access_key_id.as_deref() == Some(access_key_id.as_str());
    Caller {
        account_id: callers::account_of_key(&access_key_id, settings, state),
        role: if is_usher { crate::cloud_trail::USHER_ROLE } else { "Admin" },
        access_key_id,
        user_agent: header(headers, "user-agent").unwrap_or("unknown").to_owned(),
    }
}

/// From `AWS4-HMAC-SHA256 Credential=AKIA…/20260504/…`. The signature itself is not checked.
fn access_key_id(headers: &HeaderMap) -> Option<&str> {
    let (_, credential) = header(headers, "authorization")?.split_once("Credential=")?;
    credential.split('/').next()
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

fn respond(
    headers: &HeaderMap,
    request_id: &str,
    answer: Result<Value, ApiError>,
) -> Response<Body> {
    let mut response = Response::builder().header("x-amzn-requestid", request_id).header(
        CONTENT_TYPE,
        header(headers, "content-type").unwrap_or("application/x-amz-json-1.1"),
    );
    let body = match answer {
        Ok(body) => body,
        Err(error) => {
            response =
                response.status(error.status).header("x-amzn-errortype", error.code.as_str());
            error.body()
        }
    };
    response.body(Body::from(body.to_string())).unwrap_or_else(|_| malformed())
}

/// Only a fault whose code or status HTTP cannot carry leads here.
fn malformed() -> Response<Body> {
    let mut response = Response::new(Body::from("{\"__type\":\"InternalServerException\"}"));
    *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    response
}
