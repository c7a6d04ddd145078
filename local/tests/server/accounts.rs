//! Accounts that come, move, close and go.

use aws_sdk_organizations::types::{
    AccountState, HandshakeParty, HandshakePartyType, HandshakeState, Tag,
};
use local::{Clock, Settings, bobs_organization};

use crate::support::{PATIENCE, Server, quick};

/// So fast that ninety days are gone in a moment.
const DAYS_A_SECOND: f64 = 100.0 * 24.0 * 60.0 * 60.0;

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
async fn a_closed_account_is_gone_after_ninety_days() {
    let clock = Clock::times_as_fast(DAYS_A_SECOND);
    let mut server = Server::with(Settings { clock, ..quick() }).await;
    server.organizations.close_account().account_id("210000000003").send().await.unwrap();
    let departed = server.event("AccountDepartedOrganization").await;
    assert_eq!(departed["account"], "111111111111");
    let details = &departed["detail"]["serviceEventDetails"];
    assert_eq!(
        (&details["accountId"], &details["departureMethod"]),
        (&"210000000003".into(), &"CLEANED".into())
    );
    let organization = server.local.organization();
    assert!(organization.accounts.iter().all(|account| account.id.as_str() != "210000000003"));
    assert!(organization.assignments.iter().all(|one| one.account_id.as_str() != "210000000003"));
}

#[tokio::test]
async fn an_account_that_was_closed_before_goes_too_and_a_suspended_one_stays() {
    let mut organization = bobs_organization();
    let sandbox = organization.accounts.iter_mut().find(|account| account.name == "sandbox");
    sandbox.unwrap().state = shared::organization::AccountState::Closed;
    let clock = Clock::times_as_fast(DAYS_A_SECOND);
    let mut server = Server::of(organization, Settings { clock, ..quick() }).await;
    server.event("AccountDepartedOrganization").await;
    let names = server.local.organization().accounts.into_iter().map(|account| account.name);
    let names: Vec<String> = names.collect();
    assert!(!names.contains(&"sandbox".to_owned()) && names.contains(&"old-shop".to_owned()));
}

#[tokio::test]
async fn an_invitation_expires_in_the_servers_own_time_and_is_forgotten_later() {
    let mut settings = quick();
    settings.clock = Clock::times_as_fast(DAYS_A_SECOND);
    let server = Server::with(settings).await;
    let target = HandshakeParty::builder().id("777788889999").r#type(HandshakePartyType::Account);
    let invite = server.organizations.invite_account_to_organization();
    let handshake = invite.target(target.build().unwrap()).send().await.unwrap().handshake.unwrap();
    let lasts = handshake.expiration_timestamp().unwrap().as_secs_f64()
        - handshake.requested_timestamp().unwrap().as_secs_f64();
    assert_eq!(lasts.round(), 15.0 * 24.0 * 60.0 * 60.0, "the calendar goes by the same clock");
    let list = server.organizations.list_handshakes_for_organization();
    let mut last = None;
    let until_forgotten = async {
        loop {
            let answer = list.clone().send().await.unwrap();
            let Some(handshake) = answer.handshakes().first() else { return };
            last = handshake.state().cloned();
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, until_forgotten).await.unwrap();
    // A machine too busy to look in time may not have seen it at all.
    assert!(last.is_none_or(|state| state == HandshakeState::Expired));
    let describe = server.organizations.describe_handshake().handshake_id(handshake.id().unwrap());
    let forgotten = describe.send().await.unwrap_err().into_service_error();
    assert!(forgotten.is_handshake_not_found_exception());
}

#[tokio::test]
async fn statuses_of_creations_are_listed_newest_first() {
    let mut server = Server::start().await;
    for name in ["first", "second"] {
        let request = server.organizations.create_account().account_name(name);
        request.email(format!("{name}@example.com")).send().await.unwrap();
        server.event("CreateAccountResult").await;
    }
    let list = server.organizations.list_create_account_status();
    let listed = list.states("SUCCEEDED".into()).send().await.unwrap();
    let names: Vec<_> =
        listed.create_account_statuses().iter().map(|status| status.account_name()).collect();
    assert_eq!(names, [Some("second"), Some("first")]);
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
