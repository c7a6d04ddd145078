//! Failing when told to.

use std::time::Duration;

use aws_sdk_identitystore::operation::list_groups::ListGroupsError;
use aws_sdk_ssoadmin::types::{ProvisionTargetType, StatusValues};
use local::{Clock, Fault, FaultKind, Probability, Quotas, Settings};

use crate::support::{Server, quick, sdk};

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

/// A fault as it is typed.
fn told(server: &Server, fault: &str) {
    server.local.fail(fault.parse().unwrap());
}

#[tokio::test]
async fn an_account_can_be_made_to_fail() {
    let mut server = Server::start().await;
    told(&server, "organizations:CreateAccount:FAILED=ACCOUNT_LIMIT_EXCEEDED:1");
    let request = server.organizations.create_account().account_name("web-dev");
    let request = request.email("web-dev@example.com").send().await.unwrap();
    let result = server.event("CreateAccountResult").await;
    let status = &result["detail"]["serviceEventDetails"]["createAccountStatus"];
    assert_eq!(
        (&status["state"], &status["failureReason"]),
        (&"FAILED".into(), &"ACCOUNT_LIMIT_EXCEEDED".into())
    );
    let describe = server.organizations.describe_create_account_status();
    let id = request.create_account_status().unwrap().id().unwrap();
    let status = describe.create_account_request_id(id).send().await.unwrap();
    let status = status.create_account_status.unwrap();
    assert_eq!(status.failure_reason().unwrap().as_str(), "ACCOUNT_LIMIT_EXCEEDED");
    assert!(status.account_id().is_none() && status.completed_timestamp().is_some());
    assert!(server.local.organization().accounts.iter().all(|one| one.name != "web-dev"));
}

#[tokio::test]
async fn an_account_that_could_not_be_closed_is_what_it_was() {
    let mut server = Server::start().await;
    told(&server, "organizations:CloseAccount:FAILED:1");
    server.organizations.close_account().account_id("230000000001").send().await.unwrap();
    let result = server.event("CloseAccountResult").await;
    let status = &result["detail"]["serviceEventDetails"]["closeAccountStatus"];
    assert_eq!(
        (&status["state"], &status["failureReason"]),
        (&"FAILED".into(), &"INTERNAL_FAILURE".into())
    );
    let answer = server.organizations.describe_account().account_id("230000000001").send().await;
    assert_eq!(answer.unwrap().account.unwrap().state.unwrap().as_str(), "ACTIVE");
}

#[tokio::test]
async fn a_provisioning_can_be_made_to_fail() {
    let server = Server::start().await;
    let reason = "Received a 404 status error: Not supported policy: shop/reader.";
    told(&server, &format!("sso-admin:ProvisionPermissionSet:FAILED={reason}:1"));
    let set = server.assignment("PowerUserAccess", "data-prod", "Auditors").permission_set_arn;
    let request = server.sso_admin.provision_permission_set().instance_arn(server.instance_arn());
    let request = request.permission_set_arn(set.as_str()).target_id("210000000003");
    let started = request.target_type(ProvisionTargetType::AwsAccount).send().await.unwrap();
    let id = started.permission_set_provisioning_status.unwrap().request_id.unwrap();
    let describe = server.sso_admin.describe_permission_set_provisioning_status();
    let describe = describe.instance_arn(server.instance_arn());
    let describe = describe.provision_permission_set_request_id(id);
    let ended = async {
        loop {
            let answer = describe.clone().send().await.unwrap();
            let status = answer.permission_set_provisioning_status.unwrap();
            if status.status() != Some(&StatusValues::InProgress) {
                return status;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let ended = tokio::time::timeout(Duration::from_secs(30), ended).await.unwrap();
    assert_eq!(ended.status(), Some(&StatusValues::Failed));
    assert_eq!(ended.failure_reason(), Some(reason));
}

#[tokio::test]
async fn the_identity_store_says_when_to_come_again() {
    let slow = Settings { quotas: Quotas::Strict, clock: Clock::times_as_fast(0.01), ..quick() };
    let server = Server::with(slow).await;
    let list = server.identity_store.list_groups().identity_store_id(server.identity_store_id());
    let mut wait = None;
    for _ in 0..30 {
        if let Err(refused) = list.clone().send().await {
            match refused.into_service_error() {
                ListGroupsError::ThrottlingException(throttled) => {
                    wait = Some(throttled.retry_after_seconds());
                }
                other => panic!("{other}"),
            }
        }
    }
    // One call every five seconds, at a hundredth of the speed.
    assert!((1..=5).contains(&wait.unwrap()), "{wait:?}");

    let server = Server::start().await;
    told(&server, "identitystore:ListGroups:ThrottlingException:1");
    let list = server.identity_store.list_groups().identity_store_id(server.identity_store_id());
    let refused = list.send().await.unwrap_err().into_service_error();
    let ListGroupsError::ThrottlingException(throttled) = refused else { panic!("{refused}") };
    assert_eq!(throttled.retry_after_seconds(), 1);
}

#[tokio::test]
async fn each_account_has_a_quota_and_all_together_have_one() {
    let slow = Settings { quotas: Quotas::Strict, clock: Clock::times_as_fast(0.001), ..quick() };
    let server = Server::with(slow).await;
    let accounts = ["210000000001", "210000000002"];
    for account in accounts {
        let request = server.organizations.register_delegated_administrator().account_id(account);
        request.service_principal("guardduty.amazonaws.com").send().await.unwrap();
    }
    let mut answered = Vec::new();
    for account in ["AKIAADMIN", "210000000001", "210000000002"] {
        let client = aws_sdk_organizations::Client::new(&sdk(&server.local, account));
        let mut count = 0;
        while client.list_accounts().send().await.is_ok() {
            count += 1;
        }
        answered.push(count);
    }
    // Twelve at once for one account, fifteen for all.
    assert_eq!(answered, [12, 3, 0]);
}
