//! Failing when told to.

use aws_sdk_ssoadmin::types::StatusValues;
use local::{Fault, FaultKind, Probability};

use crate::support::Server;

fn throttled() -> FaultKind {
    FaultKind::Error {
        code: "ThrottlingException".to_owned(),
        message: "Rate exceeded".to_owned(),
        status: 400,
    }
}

#[tokio::test]
async fn a_call_fails_as_often_as_it_was_told_to() {
    let server = Server::start().await;
    let operation = "sso-admin:ListInstances".to_owned();
    server.local.fail(Fault {
        operation,
        error: throttled(),
        account_id: None,
        times: Some(1),
        probability: Probability::ALWAYS,
    });
    let refused = server.sso_admin.list_instances().send().await.unwrap_err();
    assert!(refused.into_service_error().is_throttling_exception());
    server.sso_admin.list_instances().send().await.unwrap();
}

#[tokio::test]
async fn a_call_fails_for_one_account_only() {
    let server = Server::start().await;
    let operation = "organizations:DescribeAccount".to_owned();
    let account_id = Some("210000000001".parse().unwrap());
    server.local.fail(Fault {
        operation,
        error: throttled(),
        account_id,
        times: None,
        probability: Probability::ALWAYS,
    });
    for _ in 0..2 {
        server
            .organizations
            .describe_account()
            .account_id("210000000001")
            .send()
            .await
            .unwrap_err();
        server.organizations.describe_account().account_id("210000000002").send().await.unwrap();
    }
}

#[tokio::test]
async fn an_accepted_assignment_can_be_made_to_fail() {
    let server = Server::start().await;
    let operation = "sso-admin:CreateAccountAssignment".to_owned();
    let error = FaultKind::AssignmentFails { reason: "Received a 403 status error.".to_owned() };
    server.local.fail(Fault {
        operation,
        error,
        account_id: None,
        times: Some(1),
        probability: Probability::ALWAYS,
    });
    let wanted = server.assignment("PowerUserAccess", "web-test", "Engineering");
    let started = server.create(&wanted).await.unwrap();
    let ended = server.ended(&started).await;
    assert_eq!(ended.status(), Some(&StatusValues::Failed));
    assert_eq!(ended.failure_reason(), Some("Received a 403 status error."));
    let again = server.create(&wanted).await.unwrap();
    assert_eq!(server.ended(&again).await.status(), Some(&StatusValues::Succeeded));
}
