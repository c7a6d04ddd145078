//! The events that changes send.

use serde_json::json;

use crate::support::{Server, sdk};

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
