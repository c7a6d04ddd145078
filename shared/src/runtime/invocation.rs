//! The Lambda runtime around a handler.

use std::{
    future::Future,
    time::{Duration, SystemTime},
};

use lambda_runtime::{
    Diagnostic, LambdaEvent, LambdaInvocation, Runtime,
    layers::TracingLayer,
    service_fn,
    tracing::subscriber::{
        filter::Targets, fmt, layer::SubscriberExt, registry, util::SubscriberInitExt,
    },
};
use serde::Serialize;
use serde_json::Value;
use tokio::time::Instant;
use tower::util::MapRequestLayer;

use super::{failure::Failure, settings::Logging};

/// Begins to log to standard output, as the function's logging settings say: [`Logging`].
///
/// Each line has its time: Lambda takes one that has not for INFO, whatever its level, and drops it when
/// less than INFO is wanted.
/// Source: <https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html>
pub fn init_logging() {
    let Logging { is_json, filter } = Logging::from_env();
    let lines = fmt::layer().with_target(false);
    let wanted = registry().with(wanted(&filter));
    if is_json {
        // All spans are told; the innermost need not be told twice.
        wanted.with(lines.json().with_current_span(false)).init();
    } else {
        wanted.with(lines).init();
    }
}

/// By module and level, which is all that we ask for. (`EnvFilter` reads more, with regular expressions that
/// make every function larger.) What cannot be read says nothing, and does not silence the rest.
fn wanted(filter: &str) -> Targets {
    let directives = filter.split(',').filter(|directive| directive.parse::<Targets>().is_ok());
    directives.collect::<Vec<_>>().join(",").parse().unwrap_or_default()
}

/// Hands every invocation's payload to the handler, one at a time, until Lambda ends the process.
///
/// A payload that is not JSON arrives as the JSON string of its text: what to make of it is the
/// handler's business, and the runtime would report an error that another attempt cannot mend. A
/// panic becomes an error, and the process goes on.
///
/// # Errors
/// Lambda's own interface cannot be reached.
pub async fn run_function<Handler, Answer, Output>(
    handler: Handler,
) -> Result<(), lambda_runtime::Error>
where
    Handler: Fn(Value) -> Answer,
    Answer: Future<Output = Result<Output, Failure>>,
    Output: Serialize,
{
    // Boxed, because rustc gives up on futures that are nested as deep as these.
    Box::pin(run_function_until(|payload, _| Box::pin(handler(payload)))).await
}

/// The same, for a handler that has to know when Lambda will end the invocation.
///
/// # Errors
/// Lambda's own interface cannot be reached.
pub async fn run_function_until<Handler, Answer, Output>(
    handler: Handler,
) -> Result<(), lambda_runtime::Error>
where
    Handler: Fn(Value, Instant) -> Answer,
    Answer: Future<Output = Result<Output, Failure>>,
    Output: Serialize,
{
    let service = service_fn(|event: LambdaEvent<Value>| {
        let deadline = Instant::now() + time_left(event.context.deadline());
        let answer = handler(event.payload, deadline);
        async { answer.await.map_err(Diagnostic::from) }
    });
    Runtime::new(service)
        .layer(TracingLayer::new())
        .layer(MapRequestLayer::new(with_json_body))
        .run()
        .await
}

#[expect(clippy::disallowed_methods, reason = "Lambda tells its deadline by the clock on the wall")]
fn time_left(deadline: SystemTime) -> Duration {
    deadline.duration_since(SystemTime::now()).unwrap_or_default()
}

fn with_json_body(invocation: LambdaInvocation) -> LambdaInvocation {
    if serde_json::from_slice::<Value>(&invocation.body).is_ok() {
        return invocation;
    }
    let text = String::from_utf8_lossy(&invocation.body).into_owned();
    LambdaInvocation { body: Value::String(text).to_string().into(), ..invocation }
}

#[cfg(test)]
mod tests {
    use lambda_runtime::tracing::Level;

    use super::wanted;

    #[test]
    fn the_lines_of_a_module_are_wanted_from_its_own_level_on() {
        let wanted = wanted("info,shared=debug");
        assert!(wanted.would_enable("shared::reconcile", &Level::DEBUG));
        assert!(wanted.would_enable("aws_runtime", &Level::INFO));
        assert!(!wanted.would_enable("aws_runtime", &Level::DEBUG));
    }

    #[test]
    fn what_cannot_be_read_does_not_silence_the_rest() {
        let mistyped = wanted("shared=loud,aws_runtime=debug");
        assert!(mistyped.would_enable("aws_runtime", &Level::DEBUG));
        assert!(!mistyped.would_enable("shared", &Level::ERROR));
        assert!(wanted("shared=loud").would_enable("shared", &Level::ERROR));
    }
}
