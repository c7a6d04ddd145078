//! `ListAccountAssignments`

use serde::Deserialize;
use serde_json::{Value, json};
use shared::{
    ids::{AccountId, InstanceArn, PermissionSetArn},
    organization::Principal,
};

use super::errors;
use crate::{
    api_error::ApiError,
    call::Call,
    paging::{IDENTITY_CENTER_PAGE, PageRequest},
};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListAccountAssignmentsRequest {
    instance_arn: InstanceArn,
    account_id: AccountId,
    permission_set_arn: PermissionSetArn,
    #[serde(flatten)]
    page: PageRequest,
}

/// Of one permission set in one account. Assignments of deleted groups are among them.
///
/// <https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_ListAccountAssignments.html>
pub(super) fn list_account_assignments(
    call: &mut Call<'_>,
    request: &ListAccountAssignmentsRequest,
) -> Result<Value, ApiError> {
    errors::known_instance(call.state, &request.instance_arn)?;
    errors::known_permission_set(call.state, &request.permission_set_arn)?;
    errors::known_account(call.state, &request.account_id)?;
    let principals =
        call.state.assignments.principals(&request.account_id, &request.permission_set_arn);
    call.list(
        "AccountAssignments",
        IDENTITY_CENTER_PAGE,
        &request.page,
        principals,
        |principal| sort_key(principal).into(),
        |principal| view(&request.account_id, &request.permission_set_arn, principal),
    )
}

/// Text whose order is that of principals: groups first.
pub(super) fn sort_key(principal: &Principal) -> String {
    format!("{} {}", principal.kind(), principal.id())
}

/// `AccountAssignment`, and `AccountAssignmentForPrincipal`, which has the same fields.
pub(super) fn view(account: &AccountId, set: &PermissionSetArn, principal: &Principal) -> Value {
    json!({
        "AccountId": account,
        "PermissionSetArn": set,
        "PrincipalType": principal.kind(),
        "PrincipalId": principal.id(),
    })
}
