//! `ListAccountAssignments`

use serde::Deserialize;
use serde_json::{Value, json};
use shared::{
    ids::{AccountId, InstanceArn, PermissionSetArn},
    organization::Assignment,
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
    let assignments = call.state.assignments.iter().filter(|assignment| {
        assignment.account_id == request.account_id
            && assignment.permission_set_arn == request.permission_set_arn
    });
    call.page(
        "AccountAssignments",
        IDENTITY_CENTER_PAGE,
        &request.page,
        assignments.map(view).collect(),
    )
}

/// `AccountAssignment`, and `AccountAssignmentForPrincipal`, which has the same fields.
pub(super) fn view(assignment: &Assignment) -> Value {
    json!({
        "AccountId": assignment.account_id,
        "PermissionSetArn": assignment.permission_set_arn,
        "PrincipalType": assignment.principal.kind(),
        "PrincipalId": assignment.principal.id(),
    })
}
