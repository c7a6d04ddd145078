//! The Identity Store: groups, users, and who is in which group.
//!
//! Source: <https://docs.aws.amazon.com/singlesignon/latest/IdentityStoreAPIReference/welcome.html>

mod create_group;
mod create_group_membership;
mod delete_group;
mod delete_group_membership;
mod describe_group;
mod describe_user;
mod errors;
mod get_id;
mod group;
mod is_member_in_groups;
mod list_group_memberships;
mod list_group_memberships_for_member;
mod list_groups;
mod list_users;
mod member;
mod user;

use crate::operation::Operation;

/// The operation of this name, if it is known.
pub(crate) fn operation(name: &str) -> Option<Operation> {
    Some(match name {
        "CreateGroup" => Operation::write(create_group::create_group),
        "CreateGroupMembership" => {
            Operation::write(create_group_membership::create_group_membership)
        }
        "DeleteGroup" => Operation::write(delete_group::delete_group),
        "DeleteGroupMembership" => {
            Operation::write(delete_group_membership::delete_group_membership)
        }
        "DescribeGroup" => Operation::read(describe_group::describe_group),
        "DescribeUser" => Operation::read(describe_user::describe_user),
        "GetGroupId" => Operation::read(get_id::get_group_id),
        "GetUserId" => Operation::read(get_id::get_user_id),
        "IsMemberInGroups" => Operation::read(is_member_in_groups::is_member_in_groups),
        "ListGroupMemberships" => Operation::read(list_group_memberships::list_group_memberships),
        "ListGroupMembershipsForMember" => {
            Operation::read(list_group_memberships_for_member::list_group_memberships_for_member)
        }
        "ListGroups" => Operation::read(list_groups::list_groups),
        "ListUsers" => Operation::read(list_users::list_users),
        _ => return None,
    })
}
