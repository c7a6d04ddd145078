//! Why a function failed, as Lambda reports it: `Retryable` or `NonRetryable`, with everything
//! behind it.

use lambda_runtime::Diagnostic;

use crate::{
    aws::{approvals::ApprovalsFailure, failure::chain, rules::RulesFailure, store::StoreFailure},
    failure::CallFailure,
};

use super::settings::InvalidSetting;

/// Why a function failed.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// It is not set up as it should be.
    #[error("the function is not set up")]
    Setting(#[from] InvalidSetting),
    /// A message did not reach the lane.
    #[error("failed to send to the lane")]
    Send(#[source] CallFailure),
    /// There are no rules to follow.
    #[error("there are no rules to follow")]
    Rules(#[from] RulesFailure),
    /// A file that has to be read or written.
    #[error("a file could not be reached")]
    Store(#[source] StoreFailure),
    /// What is held, or approved.
    #[error("what is approved could not be read or written")]
    Approvals(#[source] ApprovalsFailure),
    /// What was approved may be there, or not.
    #[error("not all was read: whether what was approved is still the same is not known")]
    NotAllRead,
    /// Other rules came into force each time.
    #[error("other rules came into force {0} times while these were looked at")]
    Overtaken(u32),
    /// A call without which nothing is known.
    #[error("a call to AWS failed")]
    Call(#[from] CallFailure),
    /// What Lambda handed over is not what the function takes.
    #[error("{0}")]
    Payload(String),
}

impl Failure {
    /// Whether another attempt may help.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Setting(_) | Self::Payload(_) => false,
            Self::Send(failure) | Self::Call(failure) => failure.may_pass(),
            Self::Rules(failure) => failure.may_pass(),
            Self::Store(failure) => failure.may_pass(),
            Self::Approvals(failure) => failure.may_pass(),
            Self::Overtaken(_) | Self::NotAllRead => true,
        }
    }
}

impl From<Failure> for Diagnostic {
    fn from(failure: Failure) -> Self {
        let error_type = if failure.may_pass() { "Retryable" } else { "NonRetryable" };
        Self { error_type: error_type.to_owned(), error_message: chain(&failure) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::FailureKind;

    fn call(code: &str) -> CallFailure {
        CallFailure {
            operation: "sqs:SendMessage",
            code: code.to_owned(),
            message: "no".to_owned(),
            kind: FailureKind::of_code(code, None),
        }
    }

    #[test]
    fn lambda_reads_whether_another_attempt_may_help() {
        let retryable = Diagnostic::from(Failure::Send(call("ThrottlingException")));
        assert_eq!(retryable.error_type, "Retryable");
        assert_eq!(
            retryable.error_message,
            "failed to send to the lane: sqs:SendMessage failed: ThrottlingException: no"
        );
        for failure in [
            Failure::Call(call("AccessDeniedException")),
            Failure::Setting(InvalidSetting::Missing("USHER_LANE")),
            Failure::Rules(RulesFailure::Absent("rules.yaml".to_owned())),
        ] {
            assert_eq!(Diagnostic::from(failure).error_type, "NonRetryable");
        }
    }
}
