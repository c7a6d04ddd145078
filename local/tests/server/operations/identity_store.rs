//! The Identity Store.

use aws_sdk_identitystore::{
    Client,
    types::{AlternateIdentifier, AttributeOperation, Email, MemberId, Name, UniqueAttribute},
};
use aws_smithy_types::Document;

use super::{Table, row};
use crate::support::Server;

const ENGINEERING: &str = "b0b00000-0001-70a1-8c11-6e6769766501";
const NOBODY: &str = "00000000-0000-4000-8000-000000000000";
const NO_TOKEN: &str = "nothing";

pub(crate) async fn rows(server: &Server, table: &mut Table) {
    let client = &server.identity_store;
    let store = &server.identity_store_id();
    let group = groups(client, store, table).await;
    let user = users(client, store, table).await;
    memberships(client, store, table, &group, &user).await;
    let delete = |id: &str| client.delete_user().identity_store_id(store).user_id(id);
    row!(table, "identitystore:DeleteUser", delete(&user), delete(NOBODY));
    let delete = |id: &str| client.delete_group().identity_store_id(store).group_id(id);
    row!(table, "identitystore:DeleteGroup", delete(&group), delete(NOBODY));
}

async fn groups(client: &Client, store: &str, table: &mut Table) -> String {
    let create = client.create_group().identity_store_id(store).description("On trial");
    let created = row!(
        table,
        "identitystore:CreateGroup",
        create.clone().display_name("Trial"),
        create.display_name("Engineering"),
    );
    let group = created.group_id;
    let describe = |id: &str| client.describe_group().identity_store_id(store).group_id(id);
    row!(table, "identitystore:DescribeGroup", describe(&group), describe(NOBODY));
    let rename = operation("displayName", "Experiment");
    let update = |id: &str| {
        client.update_group().identity_store_id(store).group_id(id).operations(rename.clone())
    };
    row!(table, "identitystore:UpdateGroup", update(&group), update(NOBODY));
    let list = client.list_groups().identity_store_id(store);
    row!(table, "identitystore:ListGroups", list.clone(), list.next_token(NO_TOKEN));
    let get = |name: &str| {
        client
            .get_group_id()
            .identity_store_id(store)
            .alternate_identifier(unique("displayName", name))
    };
    row!(table, "identitystore:GetGroupId", get("Experiment"), get("Nobody"));
    group
}

async fn users(client: &Client, store: &str, table: &mut Table) -> String {
    let create = client
        .create_user()
        .identity_store_id(store)
        .name(Name::builder().given_name("Tilda").family_name("Trial").build())
        .display_name("Tilda Trial")
        .title("Engineer")
        .emails(Email::builder().value("tilda@example.com").r#type("work").primary(true).build());
    let created = row!(
        table,
        "identitystore:CreateUser",
        create.clone().user_name("tilda"),
        create.user_name("mary.adams@example.com"),
    );
    let user = created.user_id;
    let describe = |id: &str| client.describe_user().identity_store_id(store).user_id(id);
    row!(table, "identitystore:DescribeUser", describe(&user), describe(NOBODY));
    let promote = operation("title", "Lead");
    let update = |id: &str| {
        client.update_user().identity_store_id(store).user_id(id).operations(promote.clone())
    };
    row!(table, "identitystore:UpdateUser", update(&user), update(NOBODY));
    let list = client.list_users().identity_store_id(store);
    row!(table, "identitystore:ListUsers", list.clone(), list.next_token(NO_TOKEN));
    let get = |name: &str| {
        client.get_user_id().identity_store_id(store).alternate_identifier(unique("userName", name))
    };
    row!(table, "identitystore:GetUserId", get("tilda"), get("nobody"));
    user
}

async fn memberships(client: &Client, store: &str, table: &mut Table, group: &str, user: &str) {
    let member = |id: &str| MemberId::UserId(id.to_owned());
    let join = client.create_group_membership().identity_store_id(store).group_id(group);
    let joined = row!(
        table,
        "identitystore:CreateGroupMembership",
        join.clone().member_id(member(user)),
        join.member_id(member(NOBODY)),
    );
    let membership = joined.membership_id;
    let describe =
        |id: &str| client.describe_group_membership().identity_store_id(store).membership_id(id);
    row!(table, "identitystore:DescribeGroupMembership", describe(&membership), describe(NOBODY),);
    let get = client.get_group_membership_id().identity_store_id(store).member_id(member(user));
    row!(
        table,
        "identitystore:GetGroupMembershipId",
        get.clone().group_id(group),
        get.group_id(ENGINEERING),
    );
    let list = |id: &str| client.list_group_memberships().identity_store_id(store).group_id(id);
    row!(table, "identitystore:ListGroupMemberships", list(group), list(NOBODY));
    let list = |id: &str| {
        client.list_group_memberships_for_member().identity_store_id(store).member_id(member(id))
    };
    row!(table, "identitystore:ListGroupMembershipsForMember", list(user), list(NOBODY));
    let ask = |id: &str| {
        client.is_member_in_groups().identity_store_id(store).member_id(member(id)).group_ids(group)
    };
    row!(table, "identitystore:IsMemberInGroups", ask(user), ask(NOBODY));
    let leave =
        |id: &str| client.delete_group_membership().identity_store_id(store).membership_id(id);
    row!(table, "identitystore:DeleteGroupMembership", leave(&membership), leave(NOBODY));
}

fn operation(path: &str, value: &str) -> AttributeOperation {
    let operation = AttributeOperation::builder().attribute_path(path);
    operation.attribute_value(Document::from(value)).build().unwrap()
}

fn unique(path: &str, value: &str) -> AlternateIdentifier {
    let attribute = UniqueAttribute::builder().attribute_path(path);
    let attribute = attribute.attribute_value(Document::from(value)).build().unwrap();
    AlternateIdentifier::UniqueAttribute(attribute)
}
