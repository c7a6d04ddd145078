//! Who calls, and whether that account may call the service at all.
//!
//! The access key alone says it, since no signature is checked: a key of twelve digits is that
//! account's own, as with other emulators, whether it belongs to the organization or not; any other
//! key belongs to the account that the settings name, or to the management account.

use shared::ids::AccountId;

use crate::{
    api_error::ApiError, call::Call, organizations, service::Service, settings::Settings,
    state::State,
};

/// The account that a key belongs to.
pub(crate) fn account_of_key(key: &str, settings: &Settings, state: &State) -> AccountId {
    key.parse()
        .ok()
        .or_else(|| settings.caller.clone())
        .unwrap_or_else(|| state.facts.management_account_id.clone())
}

/// The error that the caller's account has no business with the service, if so. What a delegated
/// administrator may do less than the management account, each operation knows.
pub(crate) fn check(call: &Call<'_>) -> Result<(), ApiError> {
    match call.service {
        Service::Organizations => check_membership(call),
        Service::SsoAdmin | Service::IdentityStore if administers_identity_center(call) => Ok(()),
        Service::Sqs | Service::EventBridge if is_member(call) => Ok(()),
        _ => Err(denied(call)),
    }
}

/// Whoever does not belong to an organization has none to ask about, but may have been invited to
/// one.
fn check_membership(call: &Call<'_>) -> Result<(), ApiError> {
    if is_member(call) || organizations::is_for_invited(call.operation) {
        Ok(())
    } else {
        Err(organizations::not_in_use())
    }
}

fn is_member(call: &Call<'_>) -> bool {
    call.state.members.contains_key(&call.caller.account_id)
}

/// The instance belongs to the management account, which shares it with its delegated
/// administrator. AWS shows the other accounts of the organization that it exists
/// (`ListInstances`); here they are not told even that.
///
/// Source: <https://docs.aws.amazon.com/singlesignon/latest/userguide/delegated-admin.html>
fn administers_identity_center(call: &Call<'_>) -> bool {
    call.is_from_management_account()
        || call.state.delegations.administers_identity_center(&call.caller.account_id)
}

fn denied(call: &Call<'_>) -> ApiError {
    let (account, role) = (&call.caller.account_id, call.caller.role);
    let action = format!("{}:{}", call.service.event_name(), call.operation);
    let message = format!(
        "User: arn:aws:sts::{account}:assumed-role/{role}/local is not authorized to perform: {action}"
    );
    ApiError::new(call.service.access_denied_code(), message)
}
