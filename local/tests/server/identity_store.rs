//! Groups, users and memberships.

use aws_sdk_identitystore::types::{AlternateIdentifier, Filter, MemberId, UniqueAttribute};
use aws_smithy_types::Document;

use crate::support::Server;

#[tokio::test]
async fn a_group_is_found_by_its_name_and_not_by_a_filter() {
    let server = Server::start().await;
    let attribute = UniqueAttribute::builder().attribute_path("displayName");
    let attribute = attribute.attribute_value(Document::from("Engineering")).build().unwrap();
    let request =
        server.identity_store.get_group_id().identity_store_id(server.identity_store_id());
    let found = request
        .alternate_identifier(AlternateIdentifier::UniqueAttribute(attribute))
        .send()
        .await
        .unwrap();
    let engineering = server.assignment("PowerUserAccess", "web-test", "Engineering").principal;
    assert_eq!(found.group_id(), engineering.id());

    let filter = Filter::builder()
        .attribute_path("DisplayName")
        .attribute_value("Engineering")
        .build()
        .unwrap();
    #[expect(deprecated, reason = "that it is refused is what this is about")]
    let request = server.identity_store.list_groups().filters(filter);
    let refused = request.identity_store_id(server.identity_store_id()).send().await.unwrap_err();
    assert_eq!(refused.into_service_error().meta().message(), Some("Filter is deprecated"));
}

#[tokio::test]
async fn mary_joins_and_leaves() {
    let server = Server::start().await;
    let store = server.identity_store_id();
    let organization = server.local.organization();
    let mary =
        organization.users.iter().find(|user| user.user_name == "mary.adams@example.com").unwrap();
    let group =
        server.assignment("PowerUserAccess", "web-test", "Engineering").principal.id().to_owned();
    let member = MemberId::UserId(mary.id.to_string());
    let request =
        server.identity_store.create_group_membership().identity_store_id(&store).group_id(&group);
    let joined = request.member_id(member.clone()).send().await.unwrap();

    let request =
        server.identity_store.is_member_in_groups().identity_store_id(&store).group_ids(&group);
    let answer = request.clone().member_id(member.clone()).send().await.unwrap();
    assert!(answer.results()[0].membership_exists());

    let request_delete = server.identity_store.delete_group_membership().identity_store_id(&store);
    request_delete.membership_id(joined.membership_id()).send().await.unwrap();
    let answer = request.member_id(member).send().await.unwrap();
    assert!(!answer.results()[0].membership_exists());
}

#[tokio::test]
async fn a_department_is_shown_to_those_who_ask_for_the_extension() {
    let server = Server::start().await;
    let request = server.identity_store.list_users().identity_store_id(server.identity_store_id());
    let plain = request.clone().send().await.unwrap().users;
    assert!(plain[0].extensions().is_none());
    let extended = request.extensions("aws:identitystore:enterprise").send().await.unwrap().users;
    let enterprise = &extended[0].extensions().unwrap()["aws:identitystore:enterprise"];
    let department = enterprise.as_object().unwrap()["department"].as_string();
    assert_eq!((department, extended[0].title()), (Some("Engineering"), Some("Software Engineer")));
}
