//! Accounts that come, move, close and go.

use aws_sdk_organizations::types::{AccountState, Tag};

use crate::support::Server;

#[tokio::test]
async fn a_new_account_is_in_the_root_with_its_tags_a_while_later() {
    let mut server = Server::start().await;
    let tag = Tag::builder().key("team").value("web").build().unwrap();
    let request =
        server.organizations.create_account().account_name("web-dev").email("web-dev@example.com");
    let status = request.tags(tag).send().await.unwrap().create_account_status.unwrap();
    assert_eq!((status.state().unwrap().as_str(), status.account_id()), ("IN_PROGRESS", None));

    let result = server.event("CreateAccountResult").await;
    let request = server.organizations.describe_create_account_status();
    let request = request.create_account_request_id(status.id().unwrap());
    let status = request.send().await.unwrap().create_account_status.unwrap();
    assert_eq!(status.state().unwrap().as_str(), "SUCCEEDED");
    let told = &result["detail"]["serviceEventDetails"]["createAccountStatus"]["accountId"];
    assert_eq!(told.as_str(), status.account_id());

    let organization = server.local.organization();
    let account = organization.accounts.iter().find(|account| account.name == "web-dev").unwrap();
    assert_eq!(account.parent_id, organization.organization.root_id);
    assert_eq!(account.tags["team"], "web");
}

#[tokio::test]
async fn an_email_address_can_be_used_once() {
    let mut server = Server::start().await;
    let request =
        server.organizations.create_account().account_name("again").email("aws+audit@example.com");
    request.send().await.unwrap();
    let result = server.event("CreateAccountResult").await;
    let status = &result["detail"]["serviceEventDetails"]["createAccountStatus"];
    assert_eq!(status["state"], "FAILED");
    assert_eq!(status["failureReason"], "EMAIL_ALREADY_EXISTS");
    assert!(status.get("accountId").is_none());
}

#[tokio::test]
async fn an_account_moves_once() {
    let server = Server::start().await;
    let request = server.organizations.move_account().account_id("230000000001");
    let request =
        request.source_parent_id("ou-bob1-sandbox1").destination_parent_id("ou-bob1-security");
    request.clone().send().await.unwrap();
    let refused = request.send().await.unwrap_err();
    assert!(refused.into_service_error().is_duplicate_account_exception());
}

#[tokio::test]
async fn a_closed_account_stays_listed() {
    let mut server = Server::start().await;
    let request = server.organizations.close_account().account_id("230000000001");
    request.clone().send().await.unwrap();
    assert_eq!(state(&server).await, AccountState::PendingClosure);
    server.event("CloseAccountResult").await;
    assert_eq!(state(&server).await, AccountState::Closed);
    let refused = request.send().await.unwrap_err();
    assert!(refused.into_service_error().is_account_already_closed_exception());
}

#[tokio::test]
async fn a_removed_account_takes_its_assignments_along() {
    let mut server = Server::start().await;
    let request =
        server.organizations.remove_account_from_organization().account_id("210000000003");
    request.send().await.unwrap();
    let departed = server.event("AccountDepartedOrganization").await;
    assert_eq!(departed["detail"]["serviceEventDetails"]["departureMethod"], "REMOVED");
    let organization = server.local.organization();
    assert!(organization.accounts.iter().all(|account| account.id.as_str() != "210000000003"));
    assert_eq!(organization.assignments.len(), 1);
}

async fn state(server: &Server) -> AccountState {
    let answer =
        server.organizations.describe_account().account_id("230000000001").send().await.unwrap();
    answer.account.unwrap().state.unwrap()
}
