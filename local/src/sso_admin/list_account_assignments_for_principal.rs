//! `ListAccountAssignmentsForPrincipal`

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::Value;
use shared::{
    ids::{AccountId, InstanceArn},
    organization::Principal,
};

use super::{assignment, errors, list_account_assignments};
use crate::{
    api_error::ApiError,
    call::Call,
    paging::{IDENTITY_CENTER_PAGE, PageRequest},
    state::State,
};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListAccountAssignmentsForPrincipalRequest {
    instance_arn: InstanceArn,
    principal_id: String,
    principal_type: String,
    filter: Option<AccountFilter>,
    #[serde(flatten)]
    page: PageRequest,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct AccountFilter {
    account_id: Option<AccountId>,
}

/// What a group has, or what a user has: their own assignments and their groups'. Only the
/// management account may ask.
///
/// <https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_ListAccountAssignmentsForPrincipal.html>
pub(super) fn list_account_assignments_for_principal(
    call: &mut Call<'_>,
    request: &ListAccountAssignmentsForPrincipalRequest,
) -> Result<Value, ApiError> {
    errors::known_instance(call.state, &request.instance_arn)?;
    if !call.is_from_management_account() {
        return Err(errors::access_denied(call, request.instance_arn.as_str()));
    }
    let principal = assignment::principal(call, &request.principal_type, &request.principal_id)?;
    let principals = with_groups(call.state, principal);
    let account = request.filter.as_ref().and_then(|filter| filter.account_id.as_ref());
    let rows = principals.iter().flat_map(|principal| {
        let places = call.state.assignments.places(principal);
        let places = places.filter(|(place, _)| account.is_none_or(|account| place == account));
        places.map(move |place| (principal, place))
    });
    call.list(
        "AccountAssignments",
        IDENTITY_CENTER_PAGE,
        &request.page,
        rows,
        |(principal, (account, set))| {
            format!("{} {account} {set}", list_account_assignments::sort_key(principal)).into()
        },
        |(principal, (account, set))| list_account_assignments::view(account, set, principal),
    )
}

/// The principal, and of a user the groups as well; sorted.
fn with_groups(state: &State, principal: Principal) -> BTreeSet<Principal> {
    let Principal::User(user) = &principal else { return BTreeSet::from([principal]) };
    let groups = state.memberships.groups_of(user).cloned().map(Principal::Group);
    groups.chain([principal.clone()]).collect()
}
