//! Faults: how a test makes AWS fail.

use std::str::FromStr;

use serde_json::Value;
use shared::{diagnostic::nearest, ids::AccountId};

use crate::{
    api_error::ApiError,
    error_codes::{COMMON_ERRORS, own_errors},
    random::Random,
    service::Service,
};

/// What should fail, how, and how often.
///
/// As text it is `SERVICE:OPERATION:ERROR:PROBABILITY`, for all accounts and as long as the server
/// runs: `sso-admin:CreateAccountAssignment:ConflictException:0.1`. `FAILED` as the error lets the
/// request be accepted, and fail later; `FAILED=REASON` says with which reason, which may have
/// colons in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The service and operation: `sso-admin:ListAccountAssignments`.
    pub operation: String,
    /// How it fails.
    pub error: FaultKind,
    /// Only requests that name this account.
    pub account_id: Option<AccountId>,
    /// How many times; without a number, always.
    pub times: Option<u32>,
    /// How likely each of these requests fails.
    pub probability: Probability,
}

/// How an operation fails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// The call is answered with this error.
    Error {
        /// AWS's name of the error: `ThrottlingException`.
        code: String,
        /// What a person reads.
        message: String,
        /// The HTTP status.
        status: u16,
    },
    /// The call is accepted, and ends as `FAILED` with this reason: an assignment, a provisioning,
    /// or the creation or the closing of an account.
    AssignmentFails {
        /// The `FailureReason`.
        reason: String,
    },
}

/// How likely something is: from 0, never, to 1, always.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Probability {
    per_million: u32,
}

impl Probability {
    /// Every time.
    pub const ALWAYS: Self = Self { per_million: 1_000_000 };

    /// Whether a number between 0 and 1, drawn at random, says that it happens.
    fn covers(self, drawn: f64) -> bool {
        drawn * 1_000_000.0 < f64::from(self.per_million)
    }
}

/// Text that is not a fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidFault {
    /// The parts are too few or too many.
    #[error(
        "`{0}` is not SERVICE:OPERATION:ERROR:PROBABILITY, such as `sso-admin:CreateAccountAssignment:ConflictException:0.1`"
    )]
    Shape(String),
    /// There is no such service here.
    #[error("no service is named `{0}`: it is `organizations`, `sso-admin` or `identitystore`")]
    Service(String),
    /// The service has no such operation here.
    #[error("{service} on localhost has no operation `{operation}`")]
    Operation {
        /// The service.
        service: &'static str,
        /// What stood there.
        operation: String,
    },
    /// An error is named by letters only.
    #[error(
        "`{0}` is not the name of an error, such as `ThrottlingException`; or `FAILED` or `FAILED=REASON`, for a request that is accepted and fails later"
    )]
    Error(String),
    /// The operation is never answered with it.
    #[error("{operation} has no error `{error}`{hint}")]
    UnknownError {
        /// The operation, with its service.
        operation: String,
        /// What stood there.
        error: String,
        /// What was probably meant, or what there is.
        hint: String,
    },
    /// Only what is asynchronous can fail later.
    #[error(
        "only CreateAccountAssignment, DeleteAccountAssignment, ProvisionPermissionSet, CreateAccount and CloseAccount can end as FAILED, not `{0}`"
    )]
    NotAsynchronous(String),
    /// What fails, fails with a reason.
    #[error(
        "no reason stands after `FAILED=`, such as `FAILED=Received a 404 status error: Assignment not found.`; without `=` it is AWS's commonest"
    )]
    NoReason,
    /// Not a number between 0 and 1.
    #[error("`{0}` is not a probability: a number from 0 (never) to 1 (always)")]
    Probability(String),
}

impl FromStr for Fault {
    type Err = InvalidFault;

    fn from_str(text: &str) -> Result<Self, InvalidFault> {
        let (service, operation, error, probability) =
            parts(text).ok_or_else(|| InvalidFault::Shape(text.to_owned()))?;
        let known = check_operation(service, operation)?;
        let error = fault_kind(operation, error)?;
        if let FaultKind::Error { code, .. } = &error {
            check_error(known, operation, code)?;
        }
        Ok(Self {
            operation: format!("{service}:{operation}"),
            error,
            account_id: None,
            times: None,
            probability: probability.parse()?,
        })
    }
}

/// The four parts. A reason may have colons of its own, and so the last part is found from the end.
fn parts(text: &str) -> Option<(&str, &str, &str, &str)> {
    let (service, rest) = text.split_once(':')?;
    let (operation, rest) = rest.split_once(':')?;
    let (error, probability) = rest.rsplit_once(':')?;
    let is_whole = !error.contains(':') || error.starts_with("FAILED=");
    is_whole.then_some((service, operation, error, probability))
}

impl FromStr for Probability {
    type Err = InvalidFault;

    fn from_str(text: &str) -> Result<Self, InvalidFault> {
        let number = text.parse::<f64>().ok().filter(|number| (0.0..=1.0).contains(number));
        let number = number.ok_or_else(|| InvalidFault::Probability(text.to_owned()))?;
        Ok(Self { per_million: (number * 1_000_000.0).round() as u32 })
    }
}

fn check_operation(service: &str, operation: &str) -> Result<Service, InvalidFault> {
    let mut services =
        [Service::Organizations, Service::SsoAdmin, Service::IdentityStore].into_iter();
    let known = services
        .find(|known| known.name() == service)
        .ok_or_else(|| InvalidFault::Service(service.to_owned()))?;
    if known.operation(operation).is_some() {
        return Ok(known);
    }
    Err(InvalidFault::Operation { service: known.name(), operation: operation.to_owned() })
}

fn check_error(service: Service, operation: &str, error: &str) -> Result<(), InvalidFault> {
    let own = own_errors(service, operation);
    let all = own.iter().chain(COMMON_ERRORS).copied();
    if all.clone().any(|code| code == error) {
        return Ok(());
    }
    let hint = match nearest(error, all) {
        Some(near) => format!("; `{near}` is near"),
        None => format!(": it has {}, and what any operation has", own.join(", ")),
    };
    let operation = format!("{}:{operation}", service.name());
    Err(InvalidFault::UnknownError { operation, error: error.to_owned(), hint })
}

/// What AWS has said when the operation failed later, if it can.
fn usual_reason(operation: &str) -> Option<&'static str> {
    match operation {
        // Seen in <https://github.com/pulumi/pulumi-aws/issues/1927>.
        "CreateAccountAssignment" | "DeleteAccountAssignment" | "ProvisionPermissionSet" => {
            Some("An unexpected internal service exception was encountered")
        }
        // Source: <https://docs.aws.amazon.com/organizations/latest/APIReference/API_CreateAccountStatus.html>
        "CreateAccount" | "CloseAccount" => Some("INTERNAL_FAILURE"),
        _ => None,
    }
}

/// What AWS has said for the commonest errors.
fn fault_kind(operation: &str, error: &str) -> Result<FaultKind, InvalidFault> {
    if error == "FAILED" || error.starts_with("FAILED=") {
        let usual = usual_reason(operation)
            .ok_or_else(|| InvalidFault::NotAsynchronous(operation.to_owned()))?;
        let reason = error.strip_prefix("FAILED=").unwrap_or(usual);
        if reason.is_empty() {
            return Err(InvalidFault::NoReason);
        }
        return Ok(FaultKind::AssignmentFails { reason: reason.to_owned() });
    }
    if error.is_empty() || !error.bytes().all(|letter| letter.is_ascii_alphabetic()) {
        return Err(InvalidFault::Error(error.to_owned()));
    }
    let (message, status) = match error {
        "ThrottlingException" | "TooManyRequestsException" => ("Rate exceeded", 400),
        "ConflictException" => (CONFLICT, 400),
        "InternalServerException" | "ServiceException" | "InternalFailure" => {
            ("Internal error", 500)
        }
        "ServiceUnavailable" | "ServiceUnavailableException" => ("Service unavailable", 503),
        _ => ("The organization on localhost was told to fail", 400),
    };
    Ok(FaultKind::Error { code: error.to_owned(), message: message.to_owned(), status })
}

/// What a role that is being changed already is refused with.
pub(crate) const CONFLICT: &str =
    "There is a conflicting operation in process for the resource with provided accountId.";

/// The faults that are still to come. What failed in one run fails in the next.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    faults: Vec<Fault>,
    random: Random,
}

impl Faults {
    pub(crate) fn add(&mut self, fault: Fault) {
        self.faults.push(fault);
    }

    pub(crate) fn clear(&mut self) {
        self.faults.clear();
    }

    /// The error that this request shall be answered with, if any.
    pub(crate) fn take_error(&mut self, operation: &str, body: &Value) -> Option<ApiError> {
        self.take(operation, body, |kind| match kind {
            FaultKind::Error { code, message, status } => {
                Some(ApiError { status: *status, ..ApiError::new(code, message.as_str()) })
            }
            FaultKind::AssignmentFails { .. } => None,
        })
    }

    /// The reason that this accepted request shall fail with, if any.
    pub(crate) fn take_failure(
        &mut self,
        operation: &str,
        account: Option<&AccountId>,
    ) -> Option<String> {
        let body = account.map_or(Value::Null, |account| account.as_str().into());
        self.take(operation, &body, |kind| match kind {
            FaultKind::AssignmentFails { reason } => Some(reason.clone()),
            FaultKind::Error { .. } => None,
        })
    }

    /// The first fault that fits and whose turn it is, counted down.
    fn take<T>(
        &mut self,
        operation: &str,
        body: &Value,
        of: impl Fn(&FaultKind) -> Option<T>,
    ) -> Option<T> {
        let Self { faults, random } = self;
        faults
            .iter_mut()
            .filter(|fault| fault.operation == operation && fault.concerns(body))
            .find_map(|fault| of(&fault.error).filter(|_| fault.happens(random)))
    }
}

impl Fault {
    fn concerns(&self, body: &Value) -> bool {
        self.account_id.as_ref().is_none_or(|account| names(body, account.as_str()))
    }

    /// Whether it is this one's turn; then it is counted down.
    fn happens(&mut self, random: &mut Random) -> bool {
        if self.times == Some(0) || !self.probability.covers(random.fraction()) {
            return false;
        }
        self.times = self.times.map(|times| times - 1);
        true
    }
}

/// Whether this text stands anywhere in the request: each operation has its own field for the
/// account.
fn names(body: &Value, text: &str) -> bool {
    match body {
        Value::String(value) => value == text,
        Value::Array(values) => values.iter().any(|value| names(value, text)),
        Value::Object(fields) => fields.values().any(|value| names(value, text)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        text.parse::<Fault>().unwrap_err().to_string()
    }

    #[test]
    fn a_fault_is_read_from_text() {
        let fault: Fault =
            "sso-admin:CreateAccountAssignment:ConflictException:0.1".parse().unwrap();
        assert_eq!(fault.operation, "sso-admin:CreateAccountAssignment");
        let FaultKind::Error { code, message, status } = &fault.error else { panic!("{fault:?}") };
        assert_eq!(
            (code.as_str(), message.as_str(), *status),
            ("ConflictException", CONFLICT, 400)
        );
        assert_eq!(fault.probability, Probability { per_million: 100_000 });
        let late: Fault = "sso-admin:ProvisionPermissionSet:FAILED:1".parse().unwrap();
        assert!(matches!(late.error, FaultKind::AssignmentFails { .. }));
        assert_eq!(late.probability, Probability::ALWAYS);
    }

    #[test]
    fn what_is_wrong_with_a_fault_is_said() {
        assert!(refused("ListInstances").starts_with("`ListInstances` is not SERVICE:OPERATION"));
        assert_eq!(
            refused("sso:ListInstances:ThrottlingException:1"),
            "no service is named `sso`: it is `organizations`, `sso-admin` or `identitystore`"
        );
        assert_eq!(
            refused("sso-admin:ListAccounts:ThrottlingException:1"),
            "sso-admin on localhost has no operation `ListAccounts`"
        );
        assert!(refused("sso-admin:ListInstances:No such thing:1").contains("`No such thing`"));
        assert_eq!(
            refused("sso-admin:CreateAccountAssignment:ConflictExeption:1"),
            "sso-admin:CreateAccountAssignment has no error `ConflictExeption`; `ConflictException` is near"
        );
        assert!(refused("sso-admin:ListInstances:Nope:1").starts_with(
            "sso-admin:ListInstances has no error `Nope`: it has AccessDeniedException, "
        ));
        // It changes nothing, so nothing is in its way.
        assert!(refused("sso-admin:ListInstances:ConflictException:1").contains("has no error"));
        assert!(refused("sso-admin:ListInstances:FAILED:1").contains("not `ListInstances`"));
        assert!(refused("sso-admin:ListInstances:FAILED=no:1").contains("not `ListInstances`"));
        assert!(refused("sso-admin:ListInstances:a:b:1").contains("is not SERVICE:OPERATION"));
        for probability in ["", "10%", "1.1", "-0.1", "NaN"] {
            let text = format!("sso-admin:ListInstances:ThrottlingException:{probability}");
            assert!(refused(&text).starts_with(&format!("`{probability}` is not a probability")));
        }
    }

    fn reason(text: &str) -> String {
        match text.parse::<Fault>().unwrap().error {
            FaultKind::AssignmentFails { reason } => reason,
            FaultKind::Error { .. } => panic!("{text}"),
        }
    }

    #[test]
    fn what_fails_later_fails_with_the_reason_of_ones_choice_or_with_awss() {
        let told = "Received a 404 status error: Assignment not found.";
        assert_eq!(reason(&format!("sso-admin:DeleteAccountAssignment:FAILED={told}:0.5")), told);
        let account = "organizations:CreateAccount:FAILED=EMAIL_ALREADY_EXISTS:1";
        assert_eq!(reason(account), "EMAIL_ALREADY_EXISTS");
        assert_eq!(reason("organizations:CreateAccount:FAILED:1"), "INTERNAL_FAILURE");
        assert_eq!(reason("organizations:CloseAccount:FAILED:1"), "INTERNAL_FAILURE");
        let refused = refused("organizations:CreateAccount:FAILED=:1");
        assert!(refused.starts_with("no reason stands after `FAILED=`"), "{refused}");
    }

    fn failures(probability: &str, calls: u32) -> Vec<u32> {
        let operation = "sso-admin:ListInstances";
        let mut faults = Faults::default();
        faults.add(format!("{operation}:ThrottlingException:{probability}").parse().unwrap());
        (0..calls).filter(|_| faults.take_error(operation, &Value::Null).is_some()).collect()
    }

    #[test]
    fn a_fault_is_as_frequent_as_it_was_told_to_be_and_the_same_in_each_run() {
        let tenth = failures("0.1", 10_000);
        assert!((900..1_100).contains(&tenth.len()), "{}", tenth.len());
        assert_eq!(tenth, failures("0.1", 10_000));
        assert_eq!(failures("1", 100).len(), 100);
        assert_eq!(failures("0", 100).len(), 0);
    }
}
