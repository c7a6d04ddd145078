//! SSO Admin: the instance, its permission sets, and who has which of them in which account.
//!
//! Source: <https://docs.aws.amazon.com/singlesignon/latest/APIReference/welcome.html>

mod access_control_attributes;
mod assignment;
mod assignment_status;
mod create_account_assignment;
mod create_permission_set;
mod customer_managed_policies;
mod delegated;
mod delete_account_assignment;
mod delete_permission_set;
mod describe_instance;
mod describe_permission_set;
mod errors;
mod inline_policy;
mod list_account_assignments;
mod list_account_assignments_for_principal;
mod list_accounts_for_provisioned_permission_set;
mod list_instances;
mod list_permission_sets;
mod list_permission_sets_provisioned_to_account;
mod managed_policies;
mod permission_set;
mod permission_set_fields;
mod permission_set_snapshot;
mod permissions_boundary;
mod provision_permission_set;
mod provisioning_status;
mod role_updates;
mod roles;
mod tags;
mod update_permission_set;

pub(crate) use self::{
    access_control_attributes::AccessControlAttribute, assignment::AssignmentRequests,
    permission_set::PermissionSetDetails, provision_permission_set::Provisioning,
    role_updates::RoleUpdates,
};
use crate::{operation::Operation, requests::Accepted, state::State};

/// How the request of this id ended, whatever was asked for.
pub(crate) fn ended(state: &State, request_id: &str) -> Option<Result<(), String>> {
    let change = state.assignment_requests.ended(request_id);
    let provisioning = state.provisionings.get(request_id).and_then(Accepted::result);
    change.or(provisioning).cloned()
}

/// The operation of this name, if it is known.
pub(crate) fn operation(name: &str) -> Option<Operation> {
    reads(name).or_else(|| writes(name))
}

fn reads(name: &str) -> Option<Operation> {
    Some(match name {
        "DescribeAccountAssignmentCreationStatus" => Operation::read(assignment_status::describe_creation),
        "DescribeAccountAssignmentDeletionStatus" => Operation::read(assignment_status::describe_deletion),
        "DescribeInstance" => Operation::read(describe_instance::describe_instance),
        "DescribeInstanceAccessControlAttributeConfiguration" => {
            Operation::read(access_control_attributes::describe)
        }
        "DescribePermissionSet" => Operation::read(describe_permission_set::describe_permission_set),
        "DescribePermissionSetProvisioningStatus" => Operation::read(provisioning_status::describe),
        "GetInlinePolicyForPermissionSet" => Operation::read(inline_policy::get),
        "GetPermissionsBoundaryForPermissionSet" => Operation::read(permissions_boundary::get),
        "ListAccountAssignmentCreationStatus" => Operation::read(assignment_status::list_creations),
        "ListAccountAssignmentDeletionStatus" => Operation::read(assignment_status::list_deletions),
        "ListAccountAssignments" => Operation::read(list_account_assignments::list_account_assignments),
        "ListAccountAssignmentsForPrincipal" => {
            Operation::read(list_account_assignments_for_principal::list_account_assignments_for_principal)
        }
        "ListAccountsForProvisionedPermissionSet" => Operation::read(
            list_accounts_for_provisioned_permission_set::list_accounts_for_provisioned_permission_set,
        ),
        "ListCustomerManagedPolicyReferencesInPermissionSet" => {
            Operation::read(customer_managed_policies::list)
        }
        "ListInstances" => Operation::read(list_instances::list_instances),
        "ListManagedPoliciesInPermissionSet" => Operation::read(managed_policies::list),
        "ListPermissionSetProvisioningStatus" => Operation::read(provisioning_status::list),
        "ListPermissionSets" => Operation::read(list_permission_sets::list_permission_sets),
        "ListPermissionSetsProvisionedToAccount" => Operation::read(
            list_permission_sets_provisioned_to_account::list_permission_sets_provisioned_to_account,
        ),
        "ListTagsForResource" => Operation::read(tags::list),
        _ => return None,
    })
}

fn writes(name: &str) -> Option<Operation> {
    Some(match name {
        "AttachCustomerManagedPolicyReferenceToPermissionSet" => {
            Operation::write(customer_managed_policies::attach)
        }
        "AttachManagedPolicyToPermissionSet" => Operation::write(managed_policies::attach),
        "CreateAccountAssignment" => {
            Operation::write(create_account_assignment::create_account_assignment)
        }
        "CreateInstanceAccessControlAttributeConfiguration" => {
            Operation::write(access_control_attributes::create)
        }
        "CreatePermissionSet" => Operation::write(create_permission_set::create_permission_set),
        "DeleteAccountAssignment" => {
            Operation::write(delete_account_assignment::delete_account_assignment)
        }
        "DeleteInlinePolicyFromPermissionSet" => Operation::write(inline_policy::delete),
        "DeleteInstanceAccessControlAttributeConfiguration" => {
            Operation::write(access_control_attributes::delete)
        }
        "DeletePermissionSet" => Operation::write(delete_permission_set::delete_permission_set),
        "DeletePermissionsBoundaryFromPermissionSet" => {
            Operation::write(permissions_boundary::delete)
        }
        "DetachCustomerManagedPolicyReferenceFromPermissionSet" => {
            Operation::write(customer_managed_policies::detach)
        }
        "DetachManagedPolicyFromPermissionSet" => Operation::write(managed_policies::detach),
        "ProvisionPermissionSet" => {
            Operation::write(provision_permission_set::provision_permission_set)
        }
        "PutInlinePolicyToPermissionSet" => Operation::write(inline_policy::put),
        "PutPermissionsBoundaryToPermissionSet" => Operation::write(permissions_boundary::put),
        "TagResource" => Operation::write(tags::tag),
        "UntagResource" => Operation::write(tags::untag),
        "UpdateInstanceAccessControlAttributeConfiguration" => {
            Operation::write(access_control_attributes::update)
        }
        "UpdatePermissionSet" => Operation::write(update_permission_set::update_permission_set),
        _ => return None,
    })
}
