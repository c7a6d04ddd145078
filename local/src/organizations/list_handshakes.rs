//! `ListHandshakesForOrganization` and `ListHandshakesForAccount`: those sent, and those received.

use serde::Deserialize;
use serde_json::Value;

use super::handshake::{Action, Handshake};
use crate::{
    api_error::ApiError,
    call::Call,
    paging::{ORGANIZATIONS_PAGE, PageRequest},
};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListHandshakesRequest {
    filter: Option<Filter>,
    #[serde(flatten)]
    page: PageRequest,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Filter {
    action_type: Option<Action>,
    parent_handshake_id: Option<String>,
}

impl Filter {
    /// Invitations have no parent.
    fn admits_invitations(&self) -> bool {
        self.action_type.is_none_or(|action| action == Action::Invite)
            && self.parent_handshake_id.is_none()
    }
}

/// <https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListHandshakesForOrganization.html>
pub(super) fn for_organization(
    call: &mut Call<'_>,
    request: &ListHandshakesRequest,
) -> Result<Value, ApiError> {
    list(call, request, |_| true)
}

/// <https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListHandshakesForAccount.html>
pub(super) fn for_account(
    call: &mut Call<'_>,
    request: &ListHandshakesRequest,
) -> Result<Value, ApiError> {
    let caller = &call.caller.account_id;
    let is_received =
        |handshake: &Handshake| !call.is_from_management_account() && handshake.target.is(caller);
    list(call, request, is_received)
}

fn list(
    call: &Call<'_>,
    request: &ListHandshakesRequest,
    is_meant: impl Fn(&Handshake) -> bool,
) -> Result<Value, ApiError> {
    let is_admitted = request.filter.as_ref().is_none_or(Filter::admits_invitations);
    let handshakes = call.state.handshakes.iter(call.now);
    call.list(
        "Handshakes",
        ORGANIZATIONS_PAGE,
        &request.page,
        handshakes.filter(|handshake| is_admitted && is_meant(handshake)),
        |handshake| handshake.id.as_str().into(),
        |handshake| handshake.view(call.state, call.now),
    )
}
