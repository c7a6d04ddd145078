//! Assignments, which are accepted first and made later.

use std::time::Duration;

use aws_sdk_ssoadmin::{
    Error,
    types::{OperationStatusFilter, PrincipalType, StatusValues},
};
use local::{Clock, Quotas, Settings, bobs_organization};
use shared::organization::{Group, Principal};

use crate::support::{Server, quick};

/// Longer than any test looks.
const LONG: Duration = Duration::from_secs(60);

#[tokio::test]
async fn an_assignment_is_in_progress_then_in_place() {
    let server = Server::start().await;
    let wanted = server.assignment("PowerUserAccess", "web-test", "Engineering");
    let started = server.create(&wanted).await.unwrap();
    assert_eq!(
        (started.status(), started.failure_reason()),
        (Some(&StatusValues::InProgress), None)
    );
    assert!(!server.local.organization().assignments.contains(&wanted));

    let ended = server.ended(&started).await;
    assert_eq!(ended.status(), Some(&StatusValues::Succeeded));
    assert!(server.local.organization().assignments.contains(&wanted));

    let again = server.create(&wanted).await.unwrap();
    assert_eq!(server.ended(&again).await.status(), Some(&StatusValues::Succeeded));
}

#[tokio::test]
async fn deleting_what_is_gone_fails() {
    let server = Server::start().await;
    let unwanted = server.assignment("PowerUserAccess", "data-prod", "Auditors");
    let first = server.delete(&unwanted).await.unwrap();
    assert_eq!(server.ended(&first).await.status(), Some(&StatusValues::Succeeded));
    let second = server.delete(&unwanted).await.unwrap();
    let ended = server.ended(&second).await;
    assert_eq!(ended.status(), Some(&StatusValues::Failed));
    assert_eq!(ended.failure_reason(), Some("Received a 404 status error: Assignment not found."));
}

#[tokio::test]
async fn the_first_assignment_provisions_and_the_last_unprovisions() {
    let server = Server::start().await;
    let wanted = server.assignment("PowerUserAccess", "web-test", "Engineering");
    assert!(provisioned(&server, "220000000002").await.is_empty());
    let created = server.create(&wanted).await.unwrap();
    server.ended(&created).await;
    assert_eq!(provisioned(&server, "220000000002").await, [wanted.permission_set_arn.to_string()]);
    let deleted = server.delete(&wanted).await.unwrap();
    server.ended(&deleted).await;
    assert!(provisioned(&server, "220000000002").await.is_empty());
}

#[tokio::test]
async fn a_suspended_account_fails_late() {
    let server = Server::start().await;
    let started = server
        .create(&server.assignment("PowerUserAccess", "old-shop", "Engineering"))
        .await
        .unwrap();
    let reason = server.ended(&started).await.failure_reason.unwrap();
    assert!(
        reason.contains("Obtaining permissions to manage your AWS account '250000000001'"),
        "{reason}"
    );
}

#[tokio::test]
async fn statuses_are_listed_newest_first() {
    let server = Server::with(Settings { assignment_time: LONG, ..quick() }).await;
    let first = server
        .create(&server.assignment("PowerUserAccess", "web-test", "Engineering"))
        .await
        .unwrap();
    let second = server
        .create(&server.assignment("PowerUserAccess", "web-prod", "Engineering"))
        .await
        .unwrap();
    let list = server
        .sso_admin
        .list_account_assignment_creation_status()
        .instance_arn(server.instance_arn());
    let filter = |status| OperationStatusFilter::builder().status(status).build();
    let listed = list.clone().filter(filter(StatusValues::InProgress)).send().await.unwrap();
    let listed = listed.account_assignments_creation_status.unwrap();
    let ids: Vec<_> = listed.iter().map(|status| status.request_id()).collect();
    assert_eq!(ids, [second.request_id(), first.request_id()]);
    let done = list.filter(filter(StatusValues::Succeeded)).send().await.unwrap();
    assert!(done.account_assignments_creation_status().is_empty());
}

#[tokio::test]
async fn a_deleted_group_leaves_its_assignments_which_can_be_deleted() {
    let server = Server::start().await;
    let orphan = server.assignment("PowerUserAccess", "data-prod", "Auditors");
    let request =
        server.identity_store.delete_group().identity_store_id(server.identity_store_id());
    request.group_id(orphan.principal.id()).send().await.unwrap();
    assert!(server.local.organization().assignments.contains(&orphan));
    assert!(matches!(server.create(&orphan).await, Err(Error::ResourceNotFoundException(_))));
    let deleted = server.delete(&orphan).await.unwrap();
    assert_eq!(server.ended(&deleted).await.status(), Some(&StatusValues::Succeeded));
}

#[tokio::test]
async fn a_delegated_administrator_may_not_touch_the_management_account() {
    let caller = Some("240000000001".parse().unwrap());
    let server = Server::with(Settings { caller, ..quick() }).await;
    let refused =
        server.create(&server.assignment("PowerUserAccess", "bob-management", "Engineering")).await;
    assert!(matches!(refused, Err(Error::AccessDeniedException(_))));
    let refused = server
        .sso_admin
        .list_account_assignments_for_principal()
        .instance_arn(server.instance_arn());
    let group = server.assignment("PowerUserAccess", "web-test", "Auditors").principal;
    let refused = refused
        .principal_type(PrincipalType::Group)
        .principal_id(group.id())
        .send()
        .await
        .unwrap_err();
    assert!(refused.into_service_error().is_access_denied_exception());
}

#[tokio::test]
async fn a_users_assignments_include_those_of_their_groups() {
    let server = Server::start().await;
    let auditors = server.assignment("PowerUserAccess", "data-prod", "Auditors").principal;
    let organization = server.local.organization();
    let is_auditor = |group| auditors == Principal::Group(group);
    let member =
        organization.memberships.iter().find(|member| is_auditor(member.group_id.clone())).unwrap();
    let request = server
        .sso_admin
        .list_account_assignments_for_principal()
        .instance_arn(server.instance_arn());
    let request = request.principal_type(PrincipalType::User).principal_id(member.user_id.as_str());
    let rows = request.send().await.unwrap().account_assignments.unwrap();
    assert_eq!(
        rows.iter().map(|row| row.principal_id()).collect::<Vec<_>>(),
        [Some(auditors.id())]
    );
}

#[tokio::test]
async fn strict_quotas_throttle() {
    // So slow that what is taken does not come back while a busy machine asks.
    let server = Server::with(Settings {
        quotas: Quotas::Strict,
        clock: Clock::times_as_fast(0.01),
        ..quick()
    })
    .await;
    let mut throttled = 0;
    for _ in 0..30 {
        let answer = server.sso_admin.list_instances().send().await;
        throttled += u32::from(
            answer.is_err_and(|error| error.into_service_error().is_throttling_exception()),
        );
    }
    assert!(throttled > 0);
}

#[tokio::test]
async fn a_hundred_groups_fit_into_a_permission_set_of_an_account() {
    let mut organization = bobs_organization();
    for number in 0..101 {
        let id = format!("b0b00000-2{number:03}-70a1-8c11-6e6769766500").parse().unwrap();
        organization.groups.push(Group { id, display_name: format!("team-{number}") });
    }
    let server = Server::of(organization, quick()).await;
    for number in 0..100 {
        let wanted = server.assignment("PowerUserAccess", "web-test", &format!("team-{number}"));
        let started = server.create(&wanted).await.unwrap();
        // The first makes the role, and the last is what the next comes after.
        if number == 0 || number == 99 {
            server.ended(&started).await;
        }
    }
    let refused =
        server.create(&server.assignment("PowerUserAccess", "web-test", "team-100")).await;
    assert!(matches!(refused, Err(Error::ServiceQuotaExceededException(_))));
}

async fn provisioned(server: &Server, account: &str) -> Vec<String> {
    let request = server.sso_admin.list_permission_sets_provisioned_to_account();
    let request = request.instance_arn(server.instance_arn()).account_id(account);
    request.send().await.unwrap().permission_sets.unwrap_or_default()
}
