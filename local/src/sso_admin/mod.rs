//! SSO Admin: the instance, its permission sets, and who has which of them in which account.
//!
//! Source: <https://docs.aws.amazon.com/singlesignon/latest/APIReference/welcome.html>

mod assignment;
mod assignment_status;
mod create_account_assignment;
mod create_permission_set;
mod delete_account_assignment;
mod describe_instance;
mod describe_permission_set;
mod errors;
mod list_account_assignments;
mod list_account_assignments_for_principal;
mod list_accounts_for_provisioned_permission_set;
mod list_instances;
mod list_permission_sets;
mod list_permission_sets_provisioned_to_account;
mod permission_set;

pub(crate) use self::{assignment::AssignmentRequest, permission_set::PermissionSetDetails};
use crate::operation::Operation;

/// The operation of this name, if it is known.
pub(crate) fn operation(name: &str) -> Option<Operation> {
    Some(match name {
        "CreateAccountAssignment" => Operation::write(create_account_assignment::create_account_assignment),
        "CreatePermissionSet" => Operation::write(create_permission_set::create_permission_set),
        "DeleteAccountAssignment" => Operation::write(delete_account_assignment::delete_account_assignment),
        "DescribeAccountAssignmentCreationStatus" => Operation::read(assignment_status::describe_creation),
        "DescribeAccountAssignmentDeletionStatus" => Operation::read(assignment_status::describe_deletion),
        "DescribeInstance" => Operation::read(describe_instance::describe_instance),
        "DescribePermissionSet" => Operation::read(describe_permission_set::describe_permission_set),
        "ListAccountAssignmentCreationStatus" => Operation::read(assignment_status::list_creations),
        "ListAccountAssignmentDeletionStatus" => Operation::read(assignment_status::list_deletions),
        "ListAccountAssignments" => Operation::read(list_account_assignments::list_account_assignments),
        "ListAccountAssignmentsForPrincipal" => {
            Operation::read(list_account_assignments_for_principal::list_account_assignments_for_principal)
        }
        "ListAccountsForProvisionedPermissionSet" => Operation::read(
            list_accounts_for_provisioned_permission_set::list_accounts_for_provisioned_permission_set,
        ),
        "ListInstances" => Operation::read(list_instances::list_instances),
        "ListPermissionSets" => Operation::read(list_permission_sets::list_permission_sets),
        "ListPermissionSetsProvisionedToAccount" => Operation::read(
            list_permission_sets_provisioned_to_account::list_permission_sets_provisioned_to_account,
        ),
        _ => return None,
    })
}
