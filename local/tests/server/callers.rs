//! Which accounts may call what.

use aws_sdk_organizations::error::ProvideErrorMetadata;

use crate::support::{Server, sdk};

const OUTSIDE: &str = "777788889999";
const SANDBOX: &str = "230000000001";

/// The clients of an account, by its own key.
struct Clients {
    organizations: aws_sdk_organizations::Client,
    sso_admin: aws_sdk_ssoadmin::Client,
    identity_store: aws_sdk_identitystore::Client,
    sqs: aws_sdk_sqs::Client,
    event_bridge: aws_sdk_eventbridge::Client,
    store: String,
}

impl Clients {
    fn of(server: &Server, account: &str) -> Self {
        let sdk = sdk(&server.local, account);
        Self {
            organizations: aws_sdk_organizations::Client::new(&sdk),
            sso_admin: aws_sdk_ssoadmin::Client::new(&sdk),
            identity_store: aws_sdk_identitystore::Client::new(&sdk),
            sqs: aws_sdk_sqs::Client::new(&sdk),
            event_bridge: aws_sdk_eventbridge::Client::new(&sdk),
            store: server.identity_store_id(),
        }
    }

    /// What the account is told when it looks at the organization, its accounts, Identity Center
    /// and the Identity Store.
    async fn told(&self) -> [String; 4] {
        let organization = self.organizations.describe_organization().send().await;
        let accounts = self.organizations.list_accounts().send().await;
        let instances = self.sso_admin.list_instances().send().await;
        let groups = self.identity_store.list_groups().identity_store_id(&self.store).send().await;
        [code(organization), code(accounts), code(instances), code(groups)]
    }
}

/// The code of the error, or that there was none.
fn code<Answer, Error: ProvideErrorMetadata>(answer: Result<Answer, Error>) -> String {
    let code = |error: Error| error.code().unwrap_or("no code").to_owned();
    answer.err().map_or_else(|| "OK".to_owned(), code)
}

const DENIED: &str = "AccessDeniedException";
const NOT_IN_USE: &str = "AWSOrganizationsNotInUseException";

#[tokio::test]
async fn an_account_of_nobody_is_not_taken_for_the_management_account() {
    let mut server = Server::start().await;
    let outside = Clients::of(&server, OUTSIDE);
    assert_eq!(outside.told().await, [NOT_IN_USE, NOT_IN_USE, DENIED, DENIED]);
    let close = outside.organizations.close_account().account_id(SANDBOX);
    assert_eq!(code(close.send().await), NOT_IN_USE);
    let send = outside.sqs.send_message().queue_url("http://127.0.0.1/1/lane.fifo");
    assert_eq!(code(send.message_body("{}").message_group_id("lane").send().await), "AccessDenied");
    let entry = aws_sdk_eventbridge::types::PutEventsRequestEntry::builder();
    let entry = entry.source("usher").detail_type("Access Granted").detail("{}").build();
    assert_eq!(code(outside.event_bridge.put_events().entries(entry).send().await), DENIED);
    // What it tried is recorded in its own account.
    assert_eq!(server.names_of_events(), [""; 0]);
    assert!(server.local.announcements().is_empty());
}

#[tokio::test]
async fn an_account_that_has_left_may_no_more_than_a_stranger() {
    let server = Server::start().await;
    let sandbox = Clients::of(&server, SANDBOX);
    assert_eq!(code(sandbox.organizations.leave_organization().send().await), "OK");
    assert_eq!(sandbox.told().await, [NOT_IN_USE, NOT_IN_USE, DENIED, DENIED]);
    assert_eq!(code(sandbox.organizations.leave_organization().send().await), NOT_IN_USE);
}

#[tokio::test]
async fn a_member_may_what_it_is_registered_for() {
    let server = Server::start().await;
    let sandbox = Clients::of(&server, SANDBOX);
    assert_eq!(sandbox.told().await, ["OK", DENIED, DENIED, DENIED]);
    let register = |service: &str| {
        let request = server.organizations.register_delegated_administrator();
        request.account_id(SANDBOX).service_principal(service).send()
    };
    register("guardduty.amazonaws.com").await.unwrap();
    assert_eq!(sandbox.told().await, ["OK", "OK", DENIED, DENIED]);
    register("sso.amazonaws.com").await.unwrap();
    assert_eq!(sandbox.told().await, ["OK", "OK", "OK", "OK"]);
    let request = server.organizations.deregister_delegated_administrator();
    request.account_id(SANDBOX).service_principal("sso.amazonaws.com").send().await.unwrap();
    assert_eq!(sandbox.told().await, ["OK", "OK", DENIED, DENIED]);
    assert_eq!(
        code(
            sandbox
                .organizations
                .tag_resource()
                .resource_id(SANDBOX)
                .set_tags(Some(vec![]))
                .send()
                .await
        ),
        DENIED
    );
}
