//! The SDK's errors as ours.

use std::str::FromStr;

use aws_sdk_sts::operation::assume_role::AssumeRoleError;
use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::SdkError};
use aws_smithy_types::error::{ErrorMetadata, metadata::ProvideErrorMetadata};

use crate::{
    failure::{CallFailure, FailureKind, OF_KMS},
    ids::InvalidId,
};

const ASSUME_ROLE: &str = "sts:AssumeRole";

/// The code of an answer that arrived and could not be read.
const UNREADABLE: &str = "UnreadableAnswer";

/// Turns the SDK's error into ours: `.map_err(failed("sso:ListInstances"))`.
pub fn failed<E>(operation: &'static str) -> impl FnOnce(SdkError<E, HttpResponse>) -> CallFailure
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    move |error| {
        let status = error.raw_response().map(|response| response.status().as_u16());
        match &error {
            SdkError::ServiceError(context) => {
                let failure = of_service(operation, context.err().meta(), status, &error);
                with_reason_of_kms(failure, context.raw())
            }
            SdkError::TimeoutError(_) => {
                never_answered(operation, "Timeout", FailureKind::Transient, &error)
            }
            // A request that could not even be put together is wrong each time.
            SdkError::DispatchFailure(failure) if failure.is_user() => {
                never_answered(operation, "NotSent", FailureKind::Permanent, &error)
            }
            SdkError::DispatchFailure(_) => match refused_role(&error) {
                Some((said, status)) => of_service(ASSUME_ROLE, said, status, &error),
                None => never_answered(operation, "NotReached", FailureKind::Transient, &error),
            },
            // Half a body, as a rule: the connection broke.
            SdkError::ResponseError(_) => {
                never_answered(operation, UNREADABLE, FailureKind::Transient, &error)
            }
            _ => never_answered(operation, "NotSent", FailureKind::Permanent, &error),
        }
    }
}

/// The failure of an answer that arrived and could not be read. A row left out would look like one
/// that is not there.
pub fn unreadable(operation: &'static str, message: impl Into<String>) -> CallFailure {
    CallFailure {
        operation,
        code: UNREADABLE.to_owned(),
        message: message.into(),
        kind: FailureKind::Permanent,
    }
}

/// Reads an identifier in an answer.
///
/// # Errors
/// It is not there, or it is not of the shape that AWS documents.
pub(super) fn read_id<Id>(operation: &'static str, text: Option<&str>) -> Result<Id, CallFailure>
where
    Id: FromStr<Err = InvalidId>,
{
    text.unwrap_or_default()
        .parse()
        .map_err(|error: InvalidId| unreadable(operation, error.to_string()))
}

/// What the Security Token Service said, when it did not give the role that the call was to be made
/// with: to the SDK that looks like a request that did not get out.
fn refused_role<'a>(
    error: &'a (dyn std::error::Error + 'static),
) -> Option<(&'a ErrorMetadata, Option<u16>)> {
    let links = std::iter::successors(Some(error), |error| error.source());
    let refusal = links
        .filter_map(|link| link.downcast_ref::<SdkError<AssumeRoleError, HttpResponse>>())
        .next()?;
    let status = refusal.raw_response().map(|response| response.status().as_u16());
    Some((refusal.as_service_error()?.meta(), status))
}

/// AWS said no.
fn of_service(
    operation: &'static str,
    said: &ErrorMetadata,
    status: Option<u16>,
    error: &(dyn std::error::Error + 'static),
) -> CallFailure {
    let code = match (said.code(), status) {
        (Some(code), _) => code.to_owned(),
        // Half of an answer, with nothing to tell that there was more.
        (None, Some(200..300)) => {
            return never_answered(operation, UNREADABLE, FailureKind::Transient, error);
        }
        (None, Some(status)) => format!("HTTP{status}"),
        (None, None) => "Unknown".to_owned(),
    };
    let message = said.message().map_or_else(|| chain(error), str::to_owned);
    CallFailure { operation, kind: FailureKind::of_code(&code, status), code, message }
}

/// Why AWS KMS refused, stalled or did not know a key, where the answer tells. Without it, a key that is
/// not to be used looks like a call that is not allowed.
///
/// Source: <https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_AccessDeniedException.html>
fn with_reason_of_kms(failure: CallFailure, answer: &HttpResponse) -> CallFailure {
    let body: Option<serde_json::Value> =
        answer.body().bytes().and_then(|bytes| serde_json::from_slice(bytes).ok());
    let reason = body.as_ref().and_then(|body| body.get("Reason")?.as_str());
    match reason.filter(|reason| reason.starts_with(OF_KMS)) {
        Some(reason) => {
            CallFailure { message: format!("{} ({reason})", failure.message), ..failure }
        }
        None => failure,
    }
}

/// There was no answer, or none that could be read.
fn never_answered(
    operation: &'static str,
    code: &str,
    kind: FailureKind,
    error: &(dyn std::error::Error + 'static),
) -> CallFailure {
    CallFailure { operation, code: code.to_owned(), message: chain(error), kind }
}

/// The error with what is behind it, on one line: `dispatch failure: connection refused`.
#[must_use]
pub fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let links = std::iter::successors(Some(error), |error| error.source());
    links.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use FailureKind::{Permanent, Throttled, Transient};
    use aws_sdk_ssoadmin::operation::list_instances::ListInstancesError;
    use aws_smithy_runtime_api::http::StatusCode;
    use aws_smithy_types::body::SdkBody;

    fn answer(status: u16) -> HttpResponse {
        HttpResponse::new(StatusCode::try_from(status).unwrap(), SdkBody::empty())
    }

    #[test]
    fn what_aws_says_is_kept() {
        let said =
            ErrorMetadata::builder().code("ThrottlingException").message("Rate exceeded").build();
        let error = SdkError::service_error(ListInstancesError::generic(said), answer(400));
        let failure = failed("sso:ListInstances")(error);
        assert_eq!(
            failure.to_string(),
            "sso:ListInstances failed: ThrottlingException: Rate exceeded"
        );
        assert_eq!(failure.kind, Throttled);
    }

    #[test]
    fn a_key_that_is_not_to_be_used_is_told_from_a_call_that_is_not_allowed() {
        let refused = |reason: &str| {
            let body = format!(r#"{{"Message": "not authorized", "Reason": {reason}}}"#);
            let answer = HttpResponse::new(StatusCode::try_from(400).unwrap(), SdkBody::from(body));
            let said = ErrorMetadata::builder().code("AccessDeniedException").message("no");
            let error = ListInstancesError::generic(said.build());
            failed("sso:ListInstances")(SdkError::service_error(error, answer))
        };
        let of_the_key = refused(r#""KMS_AccessDeniedException""#);
        assert_eq!(of_the_key.message, "no (KMS_AccessDeniedException)");
        assert!(of_the_key.is_of_kms());
        for another in ["null", r#""Other""#, "7"] {
            assert_eq!(refused(another).message, "no");
            assert!(!refused(another).is_of_kms());
        }
    }

    #[test]
    fn an_error_without_a_code_is_known_by_its_status() {
        let error = SdkError::service_error(
            ListInstancesError::generic(ErrorMetadata::builder().build()),
            answer(502),
        );
        let failure = failed("sso:ListInstances")(error);
        assert_eq!((failure.code.as_str(), failure.kind), ("HTTP502", Transient));
    }

    #[test]
    fn a_time_out_passes_and_a_bad_request_does_not() {
        let timeout =
            failed("s3:GetObject")(SdkError::<ListInstancesError, _>::timeout_error("too slow"));
        assert_eq!((timeout.code.as_str(), timeout.kind), ("Timeout", Transient));
        assert!(timeout.message.ends_with("too slow"), "{}", timeout.message);
        let construction = SdkError::<ListInstancesError, _>::construction_failure("no account id");
        assert_eq!(failed("sso:ListInstances")(construction).kind, Permanent);
    }
}
