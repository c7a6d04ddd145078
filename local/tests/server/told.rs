//! How changes of the tree, of the membership in the organization and of the directory are told.

use aws_sdk_identitystore::types::{AttributeOperation, Email, MemberId, Name};
use aws_sdk_organizations::types::{HandshakeParty, HandshakePartyType};
use aws_smithy_types::Document;
use local::{Buses, Settings};
use serde_json::{Value, json};

use crate::support::{Server, quick, sdk};

const HIDDEN: &str = "HIDDEN_DUE_TO_SECURITY_REASONS";
const OUTSIDE: &str = "777788889999";

/// Organizations as another account calls it.
fn organizations_of(server: &Server, account: &str) -> aws_sdk_organizations::Client {
    aws_sdk_organizations::Client::new(&sdk(&server.local, account))
}

fn request_and_answer(event: &Value) -> (&Value, &Value) {
    (&event["detail"]["requestParameters"], &event["detail"]["responseElements"])
}

#[tokio::test]
async fn a_unit_is_told_with_its_path_from_beginning_to_end() {
    let mut server = Server::start().await;
    let request = server.organizations.create_organizational_unit().parent_id("ou-bob1-sandbox1");
    let unit = request.name("Lab").send().await.unwrap().organizational_unit.unwrap();
    let id = unit.id().unwrap();
    let told = |name: &str| {
        json!({ "organizationalUnit": {
            "id": id,
            "arn": format!("arn:aws:organizations::111111111111:ou/o-bob0000001/{id}"),
            "name": name,
            "path": format!("o-bob0000001/r-bob1/ou-bob1-sandbox1/{id}/"),
        } })
    };
    let event = server.event("CreateOrganizationalUnit").await;
    let asked = json!({ "parentId": "ou-bob1-sandbox1", "name": "Lab" });
    assert_eq!(request_and_answer(&event), (&asked, &told("Lab")));

    let request = server.organizations.update_organizational_unit().organizational_unit_id(id);
    request.name("Playground").send().await.unwrap();
    let event = server.event("UpdateOrganizationalUnit").await;
    let asked = json!({ "organizationalUnitId": id, "name": "Playground" });
    assert_eq!(request_and_answer(&event), (&asked, &told("Playground")));

    let request = server.organizations.delete_organizational_unit().organizational_unit_id(id);
    request.send().await.unwrap();
    let event = server.event("DeleteOrganizationalUnit").await;
    assert_eq!(request_and_answer(&event), (&json!({ "organizationalUnitId": id }), &Value::Null));
    assert_eq!(
        (&event["region"], &event["account"]),
        (&json!("us-east-1"), &json!("111111111111"))
    );
}

#[tokio::test]
async fn an_invitation_is_told_here_its_acceptance_there_and_who_joined_here() {
    let mut server = Server::with(Settings { buses: Buses::All, ..quick() }).await;
    let target = HandshakeParty::builder().id(OUTSIDE).r#type(HandshakePartyType::Account).build();
    let request = server.organizations.invite_account_to_organization().target(target.unwrap());
    let handshake = request.send().await.unwrap().handshake.unwrap();
    let invited = server.event("InviteAccountToOrganization").await;
    let (asked, answered) = request_and_answer(&invited);
    assert_eq!(asked, &json!({ "target": { "id": OUTSIDE, "type": "ACCOUNT" } }));
    assert_eq!(
        (&answered["handshake"]["state"], &invited["account"]),
        (&json!("OPEN"), &json!("111111111111"))
    );

    let outside = organizations_of(&server, OUTSIDE);
    outside.accept_handshake().handshake_id(handshake.id().unwrap()).send().await.unwrap();
    let joined = server.event("AccountJoinedOrganization").await;
    assert_eq!(
        (&joined["region"], &joined["account"]),
        (&json!("us-east-1"), &json!("111111111111"))
    );
    let details = &joined["detail"]["serviceEventDetails"];
    assert_eq!(
        (&details["accountId"], &details["joinedMethod"]),
        (&json!(OUTSIDE), &json!("INVITED"))
    );

    let accepted = server.event("AcceptHandshake").await;
    assert_eq!((&accepted["region"], &accepted["account"]), (&json!("us-east-1"), &json!(OUTSIDE)));
    assert_eq!(accepted["detail"]["recipientAccountId"], OUTSIDE);
    let (asked, answered) = request_and_answer(&accepted);
    assert_eq!(asked["handshakeId"].as_str(), handshake.id());
    assert_eq!(answered["handshake"]["state"], "ACCEPTED");
    let requested = answered["handshake"]["requestedTimestamp"].as_str().unwrap();
    assert!(requested.ends_with("AM") || requested.ends_with("PM"), "{requested}");
}

#[tokio::test]
async fn an_account_that_leaves_is_told_there_and_here() {
    let mut server = Server::with(Settings { buses: Buses::All, ..quick() }).await;
    organizations_of(&server, "230000000001").leave_organization().send().await.unwrap();
    let departed = server.event("AccountDepartedOrganization").await;
    assert_eq!(departed["account"], "111111111111");
    let details = &departed["detail"]["serviceEventDetails"];
    assert_eq!(
        (&details["accountId"], &details["departureMethod"]),
        (&json!("230000000001"), &json!("LEFT"))
    );
    let left = server.event("LeaveOrganization").await;
    assert_eq!(left["account"], "230000000001");
    assert_eq!(request_and_answer(&left), (&Value::Null, &Value::Null));
}

#[tokio::test]
async fn what_another_account_does_is_not_heard_here_but_for_what_comes_of_it() {
    let mut server = Server::start().await;
    let target = HandshakeParty::builder().id(OUTSIDE).r#type(HandshakePartyType::Account).build();
    let request = server.organizations.invite_account_to_organization().target(target.unwrap());
    let handshake = request.send().await.unwrap().handshake.unwrap();
    let outside = organizations_of(&server, OUTSIDE);
    outside.accept_handshake().handshake_id(handshake.id().unwrap()).send().await.unwrap();
    outside.leave_organization().send().await.unwrap();
    let heard =
        ["InviteAccountToOrganization", "AccountJoinedOrganization", "AccountDepartedOrganization"];
    assert_eq!(server.names_of_events(), heard);
}

#[tokio::test]
async fn both_the_management_account_and_the_one_that_calls_are_heard() {
    let caller = Some("240000000001".parse().unwrap());
    let mut server = Server::with(Settings { caller, ..quick() }).await;
    let management = organizations_of(&server, "111111111111");
    management.close_account().account_id("230000000001").send().await.unwrap();
    server.create(&server.assignment("PowerUserAccess", "web-test", "Engineering")).await.unwrap();
    assert_eq!(server.event("CloseAccount").await["account"], "111111111111");
    assert_eq!(server.event("CreateAccountAssignment").await["account"], "240000000001");
}

#[tokio::test]
async fn of_a_user_nothing_is_told_but_ids() {
    let mut server = Server::start().await;
    let store = server.identity_store_id();
    let request = server.identity_store.create_user().identity_store_id(&store);
    let request = request.user_name("zoe").display_name("Zoe Quinn").title("Lead");
    let request = request.name(Name::builder().given_name("Zoe").family_name("Quinn").build());
    let email = Email::builder().value("zoe@example.com").primary(true).build();
    let made = request.emails(email).send().await.unwrap();
    let event = server.event("CreateUser").await;
    let (asked, answered) = request_and_answer(&event);
    assert_eq!(
        asked,
        &json!({
            "identityStoreId": store,
            "userName": HIDDEN,
            "displayName": HIDDEN,
            "name": HIDDEN,
            "emails": HIDDEN,
            "title": HIDDEN,
        })
    );
    assert_eq!(
        (answered["userId"].as_str(), &answered["identityStoreId"]),
        (Some(made.user_id()), &json!(store))
    );
    assert_eq!(answered["userArn"].as_str(), Some(made.user_arn()));

    let change = AttributeOperation::builder().attribute_path("title");
    let change = change.attribute_value(Document::from("CEO")).build().unwrap();
    let request = server.identity_store.update_user().identity_store_id(&store);
    request.user_id(made.user_id()).operations(change).send().await.unwrap();
    let event = server.event("UpdateUser").await;
    let (asked, _) = request_and_answer(&event);
    assert_eq!(asked["userId"].as_str(), Some(made.user_id()));
    assert_eq!(
        asked["operations"],
        json!([{ "attributePath": "title", "attributeValue": HIDDEN }])
    );

    let request = server.identity_store.delete_user().identity_store_id(&store);
    request.user_id(made.user_id()).send().await.unwrap();
    let event = server.event("DeleteUser").await;
    let asked = json!({ "identityStoreId": store, "userId": made.user_id() });
    assert_eq!(request_and_answer(&event), (&asked, &Value::Null));
}

#[tokio::test]
async fn a_membership_is_told_with_both_sides_and_its_end_with_neither() {
    let mut server = Server::start().await;
    let organization = server.local.organization();
    let store = server.identity_store_id();
    let group = organization.groups.iter().find(|group| group.display_name == "Auditors").unwrap();
    let mary = organization.users.iter().find(|user| user.user_name.starts_with("mary")).unwrap();
    let request = server.identity_store.create_group_membership().identity_store_id(&store);
    let request = request.group_id(group.id.as_str());
    let made = request.member_id(MemberId::UserId(mary.id.to_string())).send().await.unwrap();
    let event = server.event("CreateGroupMembership").await;
    let (asked, answered) = request_and_answer(&event);
    assert_eq!(
        asked,
        &json!({ "identityStoreId": store, "groupId": group.id, "memberId": { "userId": mary.id } })
    );
    assert_eq!(answered["membershipId"].as_str(), Some(made.membership_id()));

    let request = server.identity_store.delete_group_membership().identity_store_id(&store);
    request.membership_id(made.membership_id()).send().await.unwrap();
    let event = server.event("DeleteGroupMembership").await;
    let asked = json!({ "identityStoreId": store, "membershipId": made.membership_id() });
    assert_eq!(request_and_answer(&event), (&asked, &Value::Null));
}
