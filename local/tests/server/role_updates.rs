//! One role of an account is updated at a time, and requests that update none are not held up by
//! that.

use std::time::Duration;

use aws_sdk_ssoadmin::{
    Error,
    types::{AccountAssignmentOperationStatus, ProvisionTargetType, StatusValues},
};
use local::{Fault, FaultKind, Probability, Settings, bobs_organization};
use shared::organization::{Assignment, Organization};

use crate::support::{Server, quick};

/// Longer than any test looks.
const LONG: Duration = Duration::from_secs(60);

const WEB_TEST: &str = "220000000002";
const POWER: &str = "PowerUserAccess";
const AUDIT: &str = "SecurityAudit";

/// Engineering and the auditors have power in web-test. What is asked for then stays in progress.
async fn busy() -> Server {
    Server::of(with_power_in_web_test(&["Engineering", "Auditors"]), slow()).await
}

fn slow() -> Settings {
    Settings { assignment_time: LONG, ..quick() }
}

fn with_power_in_web_test(groups: &[&str]) -> Organization {
    let mut organization = bobs_organization();
    let set = organization.permission_sets.iter().find(|set| set.name == POWER).unwrap();
    let named = |name: &&str| {
        let group = organization.groups.iter().find(|group| group.display_name == *name).unwrap();
        Assignment {
            account_id: WEB_TEST.parse().unwrap(),
            permission_set_arn: set.arn.clone(),
            principal: shared::organization::Principal::Group(group.id.clone()),
        }
    };
    let assignments: Vec<Assignment> = groups.iter().map(named).collect();
    organization.assignments.extend(assignments);
    organization
}

#[track_caller]
fn accepted(answer: Result<AccountAssignmentOperationStatus, Error>) {
    assert_eq!(answer.unwrap().status(), Some(&StatusValues::InProgress));
}

#[track_caller]
fn conflicts(answer: Result<AccountAssignmentOperationStatus, Error>) {
    let error = answer.unwrap_err();
    assert!(matches!(error, Error::ConflictException(_)), "{error:?}");
}

#[tokio::test]
async fn while_a_role_is_made_nothing_else_is_done_to_it_and_no_other_made() {
    let server = Server::with(slow()).await;
    let first = server.assignment(POWER, "web-test", "Engineering");
    accepted(server.create(&first).await);
    conflicts(server.create(&first).await);
    conflicts(server.delete(&first).await);
    conflicts(server.create(&server.assignment(POWER, "web-test", "Auditors")).await);
    conflicts(server.create(&server.assignment(AUDIT, "web-test", "Auditors")).await);
    accepted(server.create(&server.assignment(POWER, "web-prod", "Engineering")).await);
}

#[tokio::test]
async fn principals_of_a_role_that_stands_come_and_go_together() {
    let server = busy().await;
    accepted(server.create(&server.assignment(POWER, "web-test", "break-glass-admins")).await);
    accepted(server.delete(&server.assignment(POWER, "web-test", "Engineering")).await);
    // Not the last: somebody is about to come.
    accepted(server.delete(&server.assignment(POWER, "web-test", "Auditors")).await);
    // None of these has updated a role, so that another can be made beside them, but one only.
    accepted(server.create(&server.assignment(AUDIT, "web-test", "Auditors")).await);
    conflicts(server.create(&server.assignment("ViewOnlyAccess", "web-test", "Auditors")).await);
}

#[tokio::test]
async fn taking_the_last_one_away_takes_the_role_away() {
    let server = busy().await;
    accepted(server.delete(&server.assignment(POWER, "web-test", "Engineering")).await);
    accepted(server.delete(&server.assignment(POWER, "web-test", "Auditors")).await);
    conflicts(server.create(&server.assignment(POWER, "web-test", "break-glass-admins")).await);
    conflicts(server.create(&server.assignment(AUDIT, "web-test", "Auditors")).await);
}

#[tokio::test]
async fn deleting_what_is_not_there_updates_no_role() {
    let server = Server::with(slow()).await;
    accepted(server.delete(&server.assignment(POWER, "web-test", "Engineering")).await);
    accepted(server.create(&server.assignment(AUDIT, "web-test", "Auditors")).await);
}

#[tokio::test]
async fn provisioning_is_a_role_update_in_each_account() {
    let server = busy().await;
    let power = server.assignment(POWER, "web-test", "Auditors").permission_set_arn;
    let provision = |target: ProvisionTargetType| {
        let request = server.sso_admin.provision_permission_set();
        let request = request.instance_arn(server.instance_arn());
        request.permission_set_arn(power.as_str()).target_type(target)
    };
    let in_web_test = provision(ProvisionTargetType::AwsAccount).target_id(WEB_TEST);
    in_web_test.clone().send().await.unwrap();
    let again = in_web_test.send().await.unwrap_err();
    assert!(again.into_service_error().is_conflict_exception());
    // Power is provisioned to data-prod too, where nothing is under way.
    let everywhere = provision(ProvisionTargetType::AllProvisionedAccounts).send().await;
    assert!(everywhere.unwrap_err().into_service_error().is_conflict_exception());
    conflicts(server.create(&server.assignment(POWER, "web-test", "break-glass-admins")).await);
    conflicts(server.create(&server.assignment(AUDIT, "web-test", "Auditors")).await);
    accepted(server.create(&server.assignment(POWER, "data-prod", "Engineering")).await);
}

#[tokio::test]
async fn beside_a_provisioning_the_principals_of_another_role_may_change() {
    let server = busy().await;
    let audit = server.assignment(AUDIT, "web-test", "Auditors").permission_set_arn;
    let request = server.sso_admin.provision_permission_set().instance_arn(server.instance_arn());
    let request = request.target_type(ProvisionTargetType::AwsAccount).target_id(WEB_TEST);
    request.permission_set_arn(audit.as_str()).send().await.unwrap();
    accepted(server.create(&server.assignment(POWER, "web-test", "break-glass-admins")).await);
    conflicts(server.create(&server.assignment(AUDIT, "web-test", "Auditors")).await);
}

#[tokio::test]
async fn a_role_is_free_again_whether_its_update_succeeded_or_not() {
    let server = Server::start().await;
    server.local.fail(Fault {
        operation: "sso-admin:CreateAccountAssignment".to_owned(),
        error: FaultKind::AssignmentFails { reason: "no".to_owned() },
        account_id: None,
        times: Some(1),
        probability: Probability::ALWAYS,
    });
    let first = server.create(&server.assignment(POWER, "web-test", "Engineering")).await.unwrap();
    assert_eq!(server.ended(&first).await.status(), Some(&StatusValues::Failed));
    for (set, group) in [(POWER, "Engineering"), (POWER, "Auditors"), (AUDIT, "Auditors")] {
        let started = server.create(&server.assignment(set, "web-test", group)).await.unwrap();
        assert_eq!(server.ended(&started).await.status(), Some(&StatusValues::Succeeded));
    }
}
