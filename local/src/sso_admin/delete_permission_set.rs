//! `DeletePermissionSet`

use serde_json::{Value, json};
use shared::ids::PermissionSetArn;

use super::{errors, permission_set::PermissionSetRequest};
use crate::{api_error::ApiError, call::Call, state::State};

/// One that is assigned anywhere stays. Roles that are provisioned without an assignment do not hold
/// it back.
///
/// <https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_DeletePermissionSet.html>
pub(super) fn delete_permission_set(
    call: &mut Call<'_>,
    request: &PermissionSetRequest,
) -> Result<Value, ApiError> {
    let set = request.find_mut(call)?.arn.clone();
    if is_in_use(call.state, &set) {
        // Seen in <https://github.com/hashicorp/terraform-provider-aws/issues/26757>.
        let message =
            "Could not delete because PermissionSet has ApplicationProfile associated with it.";
        return Err(errors::conflict(message));
    }
    call.state.permission_sets.remove(&set);
    call.state.assignments.remove_permission_set(&set);
    Ok(json!({}))
}

/// Whether it is assigned, or about to be, or being provisioned.
fn is_in_use(state: &State, set: &PermissionSetArn) -> bool {
    let mut changing = state.assignment_requests.in_progress();
    let mut provisioning = state.provisionings.in_progress();
    state.assignments.is_assigned(set)
        || changing.any(|assignment| assignment.permission_set_arn == *set)
        || provisioning.any(|accepted| accepted.request.permission_set_arn == *set)
}
