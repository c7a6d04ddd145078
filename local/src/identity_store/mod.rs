//! The Identity Store: groups, users, and who is in which group.
//!
//! Source: <https://docs.aws.amazon.com/singlesignon/latest/IdentityStoreAPIReference/welcome.html>

mod attributes;
mod create_group;
mod create_group_membership;
mod create_user;
mod delete_group;
mod delete_group_membership;
mod delete_user;
mod describe_group;
mod describe_group_membership;
mod describe_user;
mod errors;
mod get_group_membership_id;
mod get_id;
mod group;
mod groups;
mod history;
mod is_member_in_groups;
mod list_group_memberships;
mod list_group_memberships_for_member;
mod list_groups;
mod list_users;
mod member;
mod memberships;
mod operations;
mod store;
mod update_group;
mod update_user;
mod user;
mod users;

pub(crate) use self::{groups::Groups, memberships::Memberships, users::Users};
use crate::operation::Operation;

/// The operation of this name, if it is known.
pub(crate) fn operation(name: &str) -> Option<Operation> {
    Some(match name {
        "CreateGroup" => Operation::write(create_group::create_group),
        "CreateGroupMembership" => {
            Operation::write(create_group_membership::create_group_membership)
        }
        "CreateUser" => Operation::write(create_user::create_user),
        "DeleteGroup" => Operation::write(delete_group::delete_group),
        "DeleteGroupMembership" => {
            Operation::write(delete_group_membership::delete_group_membership)
        }
        "DeleteUser" => Operation::write(delete_user::delete_user),
        "DescribeGroup" => Operation::read(describe_group::describe_group),
        "DescribeGroupMembership" => {
            Operation::read(describe_group_membership::describe_group_membership)
        }
        "DescribeUser" => Operation::read(describe_user::describe_user),
        "GetGroupId" => Operation::read(get_id::get_group_id),
        "GetGroupMembershipId" => Operation::read(get_group_membership_id::get_group_membership_id),
        "GetUserId" => Operation::read(get_id::get_user_id),
        "IsMemberInGroups" => Operation::read(is_member_in_groups::is_member_in_groups),
        "ListGroupMemberships" => Operation::read(list_group_memberships::list_group_memberships),
        "ListGroupMembershipsForMember" => {
            Operation::read(list_group_memberships_for_member::list_group_memberships_for_member)
        }
        "ListGroups" => Operation::read(list_groups::list_groups),
        "ListUsers" => Operation::read(list_users::list_users),
        "UpdateGroup" => Operation::write(update_group::update_group),
        "UpdateUser" => Operation::write(update_user::update_user),
        _ => return None,
    })
}
