//! A call to AWS that failed, in the words that AWS used.

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

/// What to expect of the same call in a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// Throttled, a time-out, an error inside AWS: it will pass.
    Transient,
    /// Another operation is going on in the same place: it will pass.
    Conflict,
    /// It will fail again.
    Permanent,
}

impl CallFailure {
    /// Whether the same call may work in a moment.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        self.kind != FailureKind::Permanent
    }
}
