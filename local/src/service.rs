//! The five services, and what tells them apart on the wire and in events.

use crate::{event_bridge, identity_store, operation::Operation, organizations, sqs, sso_admin};

/// A service that the server answers for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Service {
    Organizations,
    SsoAdmin,
    IdentityStore,
    Sqs,
    EventBridge,
}

impl Service {
    /// The service of an `X-Amz-Target` header's first half.
    pub(crate) fn of_target(prefix: &str) -> Option<Self> {
        Some(match prefix {
            "AWSOrganizationsV20161128" => Self::Organizations,
            "SWBExternalService" => Self::SsoAdmin,
            "AWSIdentityStore" => Self::IdentityStore,
            "AmazonSQS" => Self::Sqs,
            "AWSEvents" => Self::EventBridge,
            _ => return None,
        })
    }

    /// Its name as the AWS CLI's command, in counts and faults.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Organizations => "organizations",
            Self::SsoAdmin => "sso-admin",
            Self::IdentityStore => "identitystore",
            Self::Sqs => "sqs",
            Self::EventBridge => "events",
        }
    }

    /// Its name in events, before `.amazonaws.com`.
    pub(crate) fn event_name(self) -> &'static str {
        match self {
            Self::SsoAdmin => "sso",
            other => other.name(),
        }
    }

    /// The error for a request whose values cannot be right.
    pub(crate) fn invalid_request_code(self) -> &'static str {
        match self {
            Self::Organizations => "InvalidInputException",
            Self::SsoAdmin | Self::IdentityStore | Self::EventBridge => "ValidationException",
            Self::Sqs => "InvalidParameterValue",
        }
    }

    /// The error for a caller who may not.
    pub(crate) fn access_denied_code(self) -> &'static str {
        if self == Self::Sqs { "AccessDenied" } else { "AccessDeniedException" }
    }

    /// The operation of this name, if it is known.
    pub(crate) fn operation(self, name: &str) -> Option<Operation> {
        match self {
            Self::Organizations => organizations::operation(name),
            Self::SsoAdmin => sso_admin::operation(name),
            Self::IdentityStore => identity_store::operation(name),
            Self::Sqs => sqs::operation(name),
            Self::EventBridge => event_bridge::operation(name),
        }
    }
}
