//! Lists, and what they are refused for.

use local::Settings;

use crate::support::{Server, quick};

#[tokio::test]
async fn every_account_comes_once_though_pages_are_small_and_may_be_empty() {
    let server = Server::with(Settings { page_size: Some(2), empty_pages: true, ..quick() }).await;
    let mut pages = server.organizations.list_accounts().into_paginator().send();
    let (mut lengths, mut ids) = (Vec::new(), Vec::new());
    while let Some(page) = pages.next().await {
        let accounts = page.unwrap().accounts.unwrap();
        lengths.push(accounts.len());
        ids.extend(accounts.into_iter().map(|account| account.id.unwrap()));
    }
    let organization = server.local.organization();
    assert_eq!(lengths, [0, 2, 2, 2, 2, 2, 1]);
    assert_eq!(
        ids,
        organization.accounts.iter().map(|account| account.id.to_string()).collect::<Vec<_>>()
    );
    assert_eq!(server.local.calls()["organizations:ListAccounts"], 7);
}

/// The pages of a list: how many of its items each holds, until the token ends, and until a client
/// ends that takes an empty page for the last.
#[derive(Default)]
struct Walked {
    to_the_end: usize,
    to_an_empty_page: usize,
    was_empty: bool,
}

impl Walked {
    fn page(&mut self, items: usize) {
        self.to_the_end += items;
        self.was_empty |= items == 0;
        if !self.was_empty {
            self.to_an_empty_page += items;
        }
    }
}

#[tokio::test]
async fn whoever_stops_at_an_empty_page_loses_something_and_nobody_else() {
    let mut lost = 0;
    for seed in 0..8 {
        let settings = Settings { page_size: Some(3), uneven_pages: Some(seed), ..quick() };
        let server = Server::with(settings).await;
        let organization = server.local.organization();
        let (mut accounts, mut users) = (Walked::default(), Walked::default());
        let mut pages = server.organizations.list_accounts().into_paginator().send();
        while let Some(page) = pages.next().await {
            accounts.page(page.unwrap().accounts().len());
        }
        let list = server.identity_store.list_users();
        let mut pages = list.identity_store_id(server.identity_store_id()).into_paginator().send();
        while let Some(page) = pages.next().await {
            users.page(page.unwrap().users().len());
        }
        assert_eq!(accounts.to_the_end, organization.accounts.len());
        assert_eq!(users.to_the_end, organization.users.len());
        lost += usize::from(accounts.to_an_empty_page < accounts.to_the_end);
        lost += usize::from(users.to_an_empty_page < users.to_the_end);
    }
    assert!(lost > 8, "{lost} of 16 lists would have lost something");
}

#[tokio::test]
async fn an_account_shows_its_path_and_state() {
    let server = Server::start().await;
    let answer =
        server.organizations.describe_account().account_id("210000000001").send().await.unwrap();
    let account = answer.account.unwrap();
    assert_eq!(
        account.paths(),
        ["o-bob0000001/r-bob1/ou-bob1-workload/ou-bob1-wlprod01/210000000001/"]
    );
    assert_eq!(account.state().unwrap().as_str(), "ACTIVE");
    assert_eq!(account.joined_timestamp().unwrap().secs(), 1_777_881_600);
}

#[tokio::test]
async fn the_tree_can_be_walked_from_the_root() {
    let server = Server::start().await;
    let roots = server.organizations.list_roots().send().await.unwrap().roots.unwrap();
    let root = roots[0].id().unwrap();
    let units = server
        .organizations
        .list_organizational_units_for_parent()
        .parent_id(root)
        .send()
        .await
        .unwrap();
    let names: Vec<_> =
        units.organizational_units().iter().filter_map(|unit| unit.name()).collect();
    assert_eq!(names, ["Sandbox", "Security", "Suspended", "Workloads"]);
    let accounts =
        server.organizations.list_accounts_for_parent().parent_id("ou-bob1-wlprod01").send().await;
    assert_eq!(accounts.unwrap().accounts().len(), 3);
    let parents =
        server.organizations.list_parents().child_id("ou-bob1-wlprod01").send().await.unwrap();
    assert_eq!(parents.parents()[0].id(), Some("ou-bob1-workload"));
}

#[tokio::test]
async fn too_large_a_page_is_refused() {
    let server = Server::start().await;
    let refused = server.organizations.list_accounts().max_results(21).send().await.unwrap_err();
    assert!(refused.into_service_error().is_invalid_input_exception());
}

#[tokio::test]
async fn what_is_unknown_is_said_to_be() {
    let server = Server::start().await;
    let refused = server.organizations.describe_resource_policy().send().await.unwrap_err();
    let error = refused.into_service_error();
    assert_eq!(error.meta().code(), Some("NotImplemented"));
    assert!(error.meta().message().unwrap().contains("DescribeResourcePolicy"));
}

#[tokio::test]
async fn the_server_stops_when_it_is_dropped() {
    let server = Server::start().await;
    let address = server.local.endpoint().replace("http://", "");
    drop(server);
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    tokio::net::TcpListener::bind(address).await.unwrap();
}
