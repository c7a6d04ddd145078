//! The events that changes send.

use aws_sdk_identitystore::types::{AttributeOperation, MemberId};
use aws_sdk_organizations::types::Tag;
use aws_smithy_types::Document;
use local::{IdentitySource, Settings};
use serde_json::{Value, json};

use crate::support::{Server, quick, sdk};

const HIDDEN: &str = "HIDDEN_DUE_TO_SECURITY_REASONS";

#[tokio::test]
async fn an_assignment_is_told_with_who_asked_for_it() {
    let mut server = Server::start().await;
    let wanted = server.assignment("PowerUserAccess", "web-test", "Engineering");
    let started = server.create(&wanted).await.unwrap();
    let event = server.event("CreateAccountAssignment").await;
    assert_eq!(event["source"], "aws.sso");
    assert_eq!(event["detail-type"], "AWS API Call via CloudTrail");
    assert_eq!(
        (&event["region"], &event["account"]),
        (&json!("eu-west-1"), &json!("111111111111"))
    );
    let detail = &event["detail"];
    assert_eq!(detail["requestParameters"]["targetId"], "220000000002");
    let status = &detail["responseElements"]["accountAssignmentCreationStatus"];
    assert_eq!(status["status"], "IN_PROGRESS");
    assert_eq!(status["requestId"].as_str(), started.request_id());
    let issuer = &detail["userIdentity"]["sessionContext"]["sessionIssuer"]["arn"];
    assert_eq!(issuer, "arn:aws:iam::111111111111:role/Admin");
}

#[tokio::test]
async fn ushers_own_calls_are_told_apart() {
    let mut server = Server::start().await;
    server.sso_admin = aws_sdk_ssoadmin::Client::new(&sdk(&server.local, "AKIAUSHER"));
    server.create(&server.assignment("PowerUserAccess", "web-test", "Engineering")).await.unwrap();
    let event = server.event("CreateAccountAssignment").await;
    let issuer = &event["detail"]["userIdentity"]["sessionContext"]["sessionIssuer"]["arn"];
    assert_eq!(issuer, "arn:aws:iam::111111111111:role/usher-reconciler");
}

#[tokio::test]
async fn a_failed_call_is_told_with_its_error() {
    let mut server = Server::start().await;
    server.organizations.close_account().account_id("111111111111").send().await.unwrap_err();
    let event = server.event("CloseAccount").await;
    assert_eq!(event["detail"]["errorCode"], "ConstraintViolationException");
    assert_eq!(event["detail"]["responseElements"], json!(null));
}

#[tokio::test]
async fn names_and_email_addresses_are_hidden() {
    let mut server = Server::start().await;
    let request =
        server.identity_store.create_group().identity_store_id(server.identity_store_id());
    let group = request.display_name("Interns").send().await.unwrap();
    let event = server.event("CreateGroup").await;
    assert_eq!(event["source"], "aws.identitystore");
    assert_eq!(
        event["detail"]["requestParameters"]["displayName"],
        "HIDDEN_DUE_TO_SECURITY_REASONS"
    );
    assert_eq!(event["detail"]["responseElements"]["groupId"], group.group_id());

    let request =
        server.organizations.create_account().account_name("web-dev").email("web-dev@example.com");
    request.send().await.unwrap();
    let event = server.event("CreateAccount").await;
    assert_eq!(event["region"], "us-east-1");
    assert_eq!(
        event["detail"]["requestParameters"],
        json!({ "accountName": "****", "email": "****" })
    );
    assert!(!event.to_string().contains("web-dev"));
}

#[tokio::test]
async fn a_new_account_is_told_by_two_service_events() {
    let mut server = Server::start().await;
    let request =
        server.organizations.create_account().account_name("web-dev").email("web-dev@example.com");
    request.send().await.unwrap();
    let result = server.event("CreateAccountResult").await;
    assert_eq!(result["detail-type"], "AWS Service Event via CloudTrail");
    let status = &result["detail"]["serviceEventDetails"]["createAccountStatus"];
    assert_eq!((&status["state"], &status["accountName"]), (&json!("SUCCEEDED"), &json!("****")));
    let joined = server.event("AccountJoinedOrganization").await;
    let details = &joined["detail"]["serviceEventDetails"];
    assert_eq!(details["accountId"], status["accountId"]);
    assert_eq!(details["joinedMethod"], "CREATED");
}

#[tokio::test]
async fn the_console_has_names_of_its_own() {
    let mut server = Server::with(changed_by(IdentitySource::Console)).await;
    let (group, user) = change_groups_and_users(&server).await;
    let store = server.identity_store_id();

    let event = server.event("CreateGroup").await;
    assert_eq!(event["source"], "aws.sso-directory");
    let detail = &event["detail"];
    assert_eq!(detail["eventSource"], "sso-directory.amazonaws.com");
    let hidden = json!({ "identityStoreId": store, "displayName": HIDDEN });
    assert_eq!(detail["requestParameters"], hidden);
    let made = json!({ "group": { "groupId": group, "displayName": HIDDEN } });
    assert_eq!(detail["responseElements"], made);
    assert_eq!(detail["sessionCredentialFromConsole"], "true");

    let member =
        json!({ "identityStoreId": store, "groupId": group, "member": { "memberId": user } });
    let event = server.event("AddMemberToGroup").await;
    assert_eq!(event["detail"]["requestParameters"], member);
    let event = server.event("RemoveMemberFromGroup").await;
    assert_eq!(event["detail"]["requestParameters"], member);
    let event = server.event("UpdateGroupDisplayName").await;
    assert_eq!(event["detail"]["requestParameters"]["groupId"], group.as_str());
    let event = server.event("DeleteGroup").await;
    assert_eq!(event["detail"]["requestParameters"]["groupId"], group.as_str());
    let event = server.event("CreateUser").await;
    assert_eq!(event["detail"]["responseElements"]["user"]["userName"], HIDDEN);
}

#[tokio::test]
async fn scim_patches_groups_and_hides_who_came() {
    let mut server = Server::with(changed_by(IdentitySource::Scim)).await;
    let (group, user) = change_groups_and_users(&server).await;

    let event = server.event("CreateGroup").await;
    assert_eq!(event["detail"]["eventSource"], "identitystore-scim.amazonaws.com");
    assert_eq!(event["detail"]["userIdentity"]["type"], "WebIdentityUser");
    assert_eq!(event["detail"]["responseElements"]["id"], group.as_str());
    for (op, path) in [("ADD", "members"), ("REMOVE", "members"), ("REPLACE", "displayName")] {
        let event = server.event("PatchGroup").await;
        let parameters = &event["detail"]["requestParameters"];
        assert_eq!(parameters["id"], group.as_str());
        let operation = json!([{ "op": op, "path": path, "value": HIDDEN }]);
        assert_eq!(parameters["httpBody"]["operations"], operation);
        assert!(!event.to_string().contains(&user));
    }
    let event = server.event("DeleteGroup").await;
    assert_eq!(event["detail"]["requestParameters"]["id"], group.as_str());
    let event = server.event("CreateUser").await;
    assert_eq!(event["detail"]["responseElements"]["active"], true);
    assert!(!event.to_string().contains("zoe"));
}

#[tokio::test]
async fn the_identity_store_notifies_by_itself_besides_of_what_succeeded() {
    for source in [IdentitySource::Api, IdentitySource::Console, IdentitySource::Scim] {
        let settings = Settings { native_notifications: true, ..changed_by(source) };
        let mut server = Server::with(settings).await;
        let request = server.identity_store.create_group().display_name("Engineering");
        request.identity_store_id(server.identity_store_id()).send().await.unwrap_err();
        let refused = server.event("CreateGroup").await;
        assert_eq!(refused["detail"]["errorCode"], "ConflictException");
        let (group, user) = change_groups_and_users(&server).await;

        let event = server.event_of_type("Group Created").await;
        assert_eq!(
            (&event["source"], &event["region"]),
            (&json!("aws.identitystore"), &json!("eu-west-1"))
        );
        assert_eq!(event["resources"], json!([format!("arn:aws:identitystore:::group/{group}")]));
        let store = server.identity_store_id();
        let detail =
            json!({ "event-version": "1.0", "identity-store-id": store, "group-id": group });
        assert_eq!(event["detail"], detail);
        // The same change as CloudTrail tells it.
        server.event("CreateGroup").await;
        for name in ["Group Membership Created", "Group Membership Deleted"] {
            let event = server.event_of_type(name).await;
            assert_eq!(
                (&event["detail"]["group-id"], &event["detail"]["user-id"]),
                (&json!(group), &json!(user))
            );
        }
        server.event_of_type("Group Updated").await;
        server.event_of_type("Group Deleted").await;
        server.event_of_type("User Created").await;
        assert_eq!(server.names_of_events(), ["CreateUser"]);
    }
}

#[tokio::test]
async fn a_failed_change_of_a_group_is_told_as_such() {
    for (source, name) in
        [(IdentitySource::Console, "CreateGroup"), (IdentitySource::Scim, "CreateGroup")]
    {
        let mut server = Server::with(changed_by(source)).await;
        let request = server.identity_store.create_group().display_name("Engineering");
        request.identity_store_id(server.identity_store_id()).send().await.unwrap_err();
        let event = server.event(name).await;
        assert_eq!(event["detail"]["errorCode"], "ConflictException");
        assert_eq!(event["detail"]["responseElements"], Value::Null);
    }
}

#[tokio::test]
async fn a_changed_tag_is_told_by_the_tagging_service_too() {
    let mut server = Server::start().await;
    let tag = |value: &str| Tag::builder().key("team").value(value).build().unwrap();
    let request = server.organizations.tag_resource().resource_id("230000000001");
    request.clone().tags(tag("web")).send().await.unwrap();
    let event = server.event("TagResource").await;
    let parameters =
        json!({ "resourceId": "230000000001", "tags": [{ "key": "team", "value": "web" }] });
    assert_eq!(event["detail"]["requestParameters"], parameters);

    let event = server.event_of_type("Tag Change on Resource").await;
    assert_eq!((&event["source"], &event["region"]), (&json!("aws.tag"), &json!("us-east-1")));
    let resource = "arn:aws:organizations::111111111111:account/o-bob0000001/230000000001";
    assert_eq!(event["resources"], json!([resource]));
    let detail = &event["detail"];
    assert_eq!(
        (&detail["service"], &detail["resource-type"]),
        (&json!("organizations"), &json!("account"))
    );
    assert_eq!(detail["changed-tag-keys"], json!(["team"]));
    assert_eq!(detail["tags"], json!({ "team": "web", "environment": "sandbox" }));

    // The same again changes nothing.
    request.tags(tag("web")).send().await.unwrap();
    let request = server.organizations.untag_resource().resource_id("ou-bob1-sandbox1");
    request.tag_keys("team").send().await.unwrap();
    let request = server.organizations.untag_resource().resource_id("230000000001");
    request.tag_keys("team").send().await.unwrap();
    let event = server.event_of_type("Tag Change on Resource").await;
    assert_eq!(event["detail"]["tags"], json!({ "environment": "sandbox" }));
}

#[tokio::test]
async fn control_tower_tells_of_accounts_that_it_made_or_enrolled_again() {
    let mut server = Server::with(Settings { control_tower: true, ..quick() }).await;
    let request =
        server.organizations.create_account().account_name("web-dev").email("web-dev@example.com");
    request.send().await.unwrap();
    let event = server.event("CreateManagedAccount").await;
    assert_eq!(
        (&event["source"], &event["region"]),
        (&json!("aws.controltower"), &json!("eu-west-1"))
    );
    assert_eq!(event["detail"]["eventType"], "AwsServiceEvent");
    let status = &event["detail"]["serviceEventDetails"]["createManagedAccountStatus"];
    assert_eq!(
        (&status["state"], &status["account"]["accountName"]),
        (&json!("SUCCEEDED"), &json!("web-dev"))
    );
    let account = status["account"]["accountId"].as_str().unwrap();

    let request = server.organizations.move_account().account_id(account);
    let request = request.source_parent_id("r-bob1").destination_parent_id("ou-bob1-sandbox1");
    request.clone().send().await.unwrap();
    request.send().await.unwrap_err();
    let event = server.event("UpdateManagedAccount").await;
    let status = &event["detail"]["serviceEventDetails"]["updateManagedAccountStatus"];
    let unit =
        json!({ "organizationalUnitName": "Sandbox", "organizationalUnitId": "ou-bob1-sandbox1" });
    assert_eq!(status["organizationalUnit"], unit);
    assert!(!server.names_of_events().contains(&"UpdateManagedAccount".to_owned()));
}

#[tokio::test]
async fn what_is_put_on_the_bus_is_an_event_as_all_others() {
    let mut server = Server::start().await;
    let entry = aws_sdk_eventbridge::types::PutEventsRequestEntry::builder()
        .source("usher")
        .detail_type("Access Granted")
        .detail(r#"{"account_id": "230000000001"}"#);
    let answer = server.event_bridge.put_events().entries(entry.build()).send().await.unwrap();
    let event = server.event_of_type("Access Granted").await;
    assert_eq!(event["id"].as_str(), answer.entries()[0].event_id());
    assert_eq!((&event["source"], &event["account"]), (&json!("usher"), &json!("111111111111")));
    assert_eq!(event["detail"], json!({ "account_id": "230000000001" }));
}

fn changed_by(identity_source: IdentitySource) -> Settings {
    Settings { identity_source, ..quick() }
}

/// A group is made, Mary comes and goes, it gets another name and is deleted; then Zoe is made. The
/// ids of the group and of Mary.
async fn change_groups_and_users(server: &Server) -> (String, String) {
    let store = server.identity_store_id();
    let client = &server.identity_store;
    let request = client.create_group().identity_store_id(&store).display_name("Interns");
    let group = request.send().await.unwrap().group_id;
    let organization = server.local.organization();
    let mary = organization.users.iter().find(|user| user.user_name.starts_with("mary")).unwrap();
    let request = client.create_group_membership().identity_store_id(&store).group_id(&group);
    let request = request.member_id(MemberId::UserId(mary.id.to_string()));
    let membership = request.send().await.unwrap().membership_id;
    let request = client.delete_group_membership().identity_store_id(&store);
    request.membership_id(membership).send().await.unwrap();
    let name = AttributeOperation::builder().attribute_path("displayName");
    let name = name.attribute_value(Document::from("Trainees")).build().unwrap();
    let request = client.update_group().identity_store_id(&store).group_id(&group);
    request.operations(name).send().await.unwrap();
    client.delete_group().identity_store_id(&store).group_id(&group).send().await.unwrap();
    let name = aws_sdk_identitystore::types::Name::builder().given_name("Zoe").family_name("Zhou");
    let request = client.create_user().identity_store_id(&store).user_name("zoe@example.com");
    request.name(name.build()).display_name("Zoe Zhou").send().await.unwrap();
    (group, mary.id.to_string())
}
