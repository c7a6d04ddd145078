//! A call or a change that failed, in the words that AWS used, and what to expect of it: the one
//! place that knows AWS's error codes and its reasons.

use crate::plan::Action;

/// How the reasons begin that AWS gives when a key is in the way.
///
/// Source: <https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_AccessDeniedException.html>
pub(crate) const OF_KMS: &str = "KMS_";

/// What is asked about does not exist.
///
/// Source: <https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_DeleteAccountAssignment.html>
const NOT_FOUND: &str = "ResourceNotFoundException";

/// A call to AWS that failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{operation} failed: {code}: {message}")]
pub struct CallFailure {
    /// Service and operation, as in IAM policies: `sso:ListAccountAssignments`.
    pub operation: &'static str,
    /// AWS's error code, such as `AccessDeniedException`; for a call that never arrived, what
    /// happened to it.
    pub code: String,
    /// AWS's message.
    pub message: String,
    /// Whether the same call may work in a moment.
    pub kind: FailureKind,
}

impl CallFailure {
    /// Whether the same call may work in a moment.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        self.kind.may_pass()
    }

    /// What to expect of the same change in a moment, where this is AWS's answer to being asked for it.
    ///
    /// What is to be taken away and is nowhere is as it was to be: the permission set, the account or
    /// the assignment is gone. That the instance is not found, or its key, says nothing about it.
    #[must_use]
    pub fn kind_of_change(&self, action: Action) -> FailureKind {
        let is_not_found = action == Action::Delete && self.code == NOT_FOUND;
        let is_of_instance = self.message.to_ascii_lowercase().contains("instance");
        if is_not_found && !is_of_instance && !self.is_of_kms() {
            FailureKind::AlreadySo
        } else {
            self.kind
        }
    }

    /// Whether it failed for the KMS key that Identity Center encrypts with, and not for the call itself.
    #[must_use]
    pub fn is_of_kms(&self) -> bool {
        self.message.contains(OF_KMS)
    }
}

/// What to expect of the same call, or of the same change, in a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// Asked too often: it will pass, and sooner if everybody asks less.
    Throttled,
    /// A time-out, an error inside AWS: it will pass.
    Transient,
    /// Another operation is going on in the same place: it will pass.
    Conflict,
    /// It will fail again.
    Permanent,
    /// It failed because things are as they were to be.
    AlreadySo,
}

impl FailureKind {
    /// Whether the same may work in a moment.
    #[must_use]
    pub fn may_pass(self) -> bool {
        matches!(self, Self::Throttled | Self::Transient | Self::Conflict)
    }

    /// What to expect of a call that failed with that code and HTTP status.
    ///
    /// A code that is not in the table passes if its status says so.
    #[must_use]
    pub fn of_code(code: &str, status: Option<u16>) -> Self {
        let is_in = |codes: &[&str]| codes.contains(&code);
        match status {
            _ if is_in(CONFLICTS) => Self::Conflict,
            _ if is_in(THROTTLES) => Self::Throttled,
            _ if is_in(TRANSIENT) => Self::Transient,
            Some(429) => Self::Throttled,
            Some(500..) => Self::Transient,
            _ => Self::Permanent,
        }
    }

    /// What to expect of a change that AWS accepted and ended as FAILED for that reason.
    ///
    /// A reason that is not in the table is permanent: it is announced, and the next event or sweep
    /// tries again.
    #[must_use]
    pub fn of_reason(action: Action, reason: &str) -> Self {
        let mut rows = REASONS.iter();
        rows.find(|row| row.of.is_none_or(|of| of == action) && reason.contains(row.words))
            .map_or(Self::Permanent, |row| row.kind)
    }
}

/// Another operation is going on in the same place. The SDK does not retry these.
///
/// Source: <https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_CreateAccountAssignment.html>
const CONFLICTS: &[&str] = &["ConflictException", "ConcurrentModificationException"];

/// Asked too often. A reason such as `KMS_ThrottlingException` comes with one of these codes.
const THROTTLES: &[&str] = &[
    "BandwidthLimitExceeded",
    "KMS_ThrottlingException",
    "KmsThrottled",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "SlowDown",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
];

/// A time-out, or an error inside AWS.
const TRANSIENT: &[&str] = &[
    "InternalError",
    "InternalException",
    "InternalFailure",
    "InternalServerError",
    "InternalServerException",
    "PriorRequestNotComplete",
    "RequestTimeout",
    "RequestTimeoutException",
    "ServiceException",
    "ServiceUnavailable",
    "ServiceUnavailableException",
    "TransactionInProgressException",
];

/// Words in the `FailureReason` of a request that ended as FAILED, and what they mean.
struct Row {
    /// For which changes; nothing, for all.
    of: Option<Action>,
    words: &'static str,
    kind: FailureKind,
}

/// The reasons that are known, the first that fits counts. AWS documents none of them; most were seen
/// where its link leads.
const REASONS: &[Row] = &[
    // Taking away what is not there is what was wanted.
    // <https://github.com/hashicorp/terraform-provider-aws/issues/35158>
    Row {
        of: Some(Action::Delete),
        words: "Received a 404 status error: Assignment not found",
        kind: FailureKind::AlreadySo,
    },
    // A repeated create ends as SUCCEEDED; should it ever end otherwise, it is what was wanted.
    Row {
        of: Some(Action::Create),
        words: "Assignment already exists",
        kind: FailureKind::AlreadySo,
    },
    // <https://github.com/pulumi/pulumi-aws/issues/1927>
    Row {
        of: None,
        words: "An unexpected internal service exception was encountered",
        kind: FailureKind::Transient,
    },
    // A create that met the deletion of the same assignment.
    // <https://github.com/aws-samples/iam-identity-center-team/issues/513>
    Row { of: None, words: "conflicting operation", kind: FailureKind::Conflict },
    Row { of: None, words: "ConflictException", kind: FailureKind::Conflict },
    // What AWS says of every throttle, wherever it comes from.
    Row { of: None, words: "Rate exceeded", kind: FailureKind::Throttled },
    // The account is suspended, or is being closed: minutes do not help.
    // <https://github.com/aws-samples/aws-identitycenter-codepipeline-auto-assignment/issues/31>
    Row { of: None, words: "is taking longer than usual", kind: FailureKind::Permanent },
    // The caller may not change roles there, as in the management account.
    // <https://github.com/fivexl/terraform-aws-sso-elevator/issues/15>
    Row { of: None, words: "Received a 403 status error", kind: FailureKind::Permanent },
    // IAM's own quota of 1,000 roles in the account.
    // <https://github.com/aws-samples/iam-identity-center-team/issues/522>
    Row { of: None, words: "Cannot exceed quota", kind: FailureKind::Permanent },
];

#[cfg(test)]
mod tests {
    use super::{
        FailureKind::{AlreadySo, Conflict, Permanent, Throttled, Transient},
        *,
    };

    #[test]
    fn the_table_of_codes() {
        for (code, status, expected) in [
            ("ConflictException", 400, Conflict),
            ("ConflictException", 409, Conflict),
            ("ConcurrentModificationException", 400, Conflict),
            ("ThrottlingException", 400, Throttled),
            ("TooManyRequestsException", 400, Throttled),
            ("RequestLimitExceeded", 400, Throttled),
            ("SomethingNew", 429, Throttled),
            ("InternalServerException", 500, Transient),
            ("ServiceException", 400, Transient),
            ("SomethingNew", 503, Transient),
            ("AccessDeniedException", 403, Permanent),
            ("AccessDeniedException", 400, Permanent),
            ("ResourceNotFoundException", 400, Permanent),
            ("ServiceQuotaExceededException", 402, Permanent),
            ("ValidationException", 400, Permanent),
            ("SomethingNew", 400, Permanent),
        ] {
            let kind = FailureKind::of_code(code, Some(status));
            assert_eq!(kind, expected, "{code} with HTTP {status}");
            assert_eq!(kind.may_pass(), kind != Permanent, "{code} with HTTP {status}");
        }
    }

    #[test]
    fn what_is_to_go_and_is_not_found_is_gone() {
        use Action::{Create, Delete};
        const SET: &str = "Could not find PermissionSet with id ps-1111222233334444";
        for (action, code, message, expected) in [
            (Delete, "ResourceNotFoundException", SET, AlreadySo),
            (Create, "ResourceNotFoundException", SET, Permanent),
            (Delete, "ValidationException", SET, Permanent),
            (Delete, "ResourceNotFoundException", "Instance not found", Permanent),
            (Delete, "ResourceNotFoundException", "arn:aws:sso:::instance/ssoins-1", Permanent),
            (Delete, "ResourceNotFoundException", "KMS_NotFoundException: no key", Permanent),
            (Delete, "ConflictException", "", Conflict),
        ] {
            let failure = CallFailure {
                operation: "sso:DeleteAccountAssignment",
                code: code.to_owned(),
                message: message.to_owned(),
                kind: FailureKind::of_code(code, Some(400)),
            };
            assert_eq!(failure.kind_of_change(action), expected, "{action}: {failure}");
        }
    }

    #[test]
    fn the_table_of_reasons() {
        use Action::{Create, Delete};
        for (action, reason, expected) in [
            (Delete, "Received a 404 status error: Assignment not found.", AlreadySo),
            // What is to be made needs what was not found.
            (Create, "Received a 404 status error: Assignment not found.", Permanent),
            (Delete, "Received a 404 status error: Role not found.", Permanent),
            (Create, "Assignment already exists.", AlreadySo),
            (Create, "An unexpected internal service exception was encountered", Transient),
            (Delete, "There is a conflicting operation in process.", Conflict),
            (Create, "Rate exceeded", Throttled),
            (Create, "Obtaining permissions […] is taking longer than usual.", Permanent),
            (Create, "Received a 403 status error: Access denied by IAM.", Permanent),
            (Create, "Received a 409 status error: Cannot exceed quota.", Permanent),
            (Create, "", Permanent),
        ] {
            assert_eq!(FailureKind::of_reason(action, reason), expected, "{action}: {reason}");
        }
        assert!(!AlreadySo.may_pass());
    }
}
