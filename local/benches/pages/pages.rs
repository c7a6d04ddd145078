//! Every page of every long list, timed.

use std::{
    fmt::Debug,
    time::{Duration, Instant},
};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_ssoadmin::{
    config::{Credentials, SharedCredentialsProvider},
    types::PrincipalType,
};
use local::Local;
use shared::organization::{Assignment, Organization};

/// The clients, and what to ask for.
pub(crate) struct Pages {
    organizations: aws_sdk_organizations::Client,
    sso_admin: aws_sdk_ssoadmin::Client,
    identity_store: aws_sdk_identitystore::Client,
    organization: Organization,
}

/// One list: its name, and how long each of its pages took.
struct Timed {
    list: &'static str,
    times: Vec<Duration>,
}

impl Pages {
    pub(crate) fn new(local: &Local) -> Self {
        let credentials = Credentials::new("AKIAADMIN", "secret", None, None, "bench");
        let sdk = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("eu-west-1"))
            .endpoint_url(local.endpoint())
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .build();
        Self {
            organizations: aws_sdk_organizations::Client::new(&sdk),
            sso_admin: aws_sdk_ssoadmin::Client::new(&sdk),
            identity_store: aws_sdk_identitystore::Client::new(&sdk),
            organization: local.organization(),
        }
    }

    /// A line for each list.
    pub(crate) async fn print(&self) {
        self.accounts().await.print();
        self.users().await.print();
        self.groups().await.print();
        self.members().await.print();
        self.assignments().await.print();
        self.permission_sets_of_account().await.print();
        self.accounts_of_permission_set().await.print();
        self.assignments_of_group().await.print();
        self.assignments_of_user().await.print();
    }

    async fn accounts(&self) -> Timed {
        let list = self.organizations.list_accounts();
        walk("ListAccounts", async |token| {
            let page = list.clone().set_next_token(token).send().await.unwrap();
            page.next_token
        })
        .await
    }

    async fn users(&self) -> Timed {
        let list = self.identity_store.list_users().identity_store_id(self.store());
        walk("ListUsers", async |token| {
            let page = list.clone().set_next_token(token).send().await.unwrap();
            page.next_token
        })
        .await
    }

    async fn groups(&self) -> Timed {
        let list = self.identity_store.list_groups().identity_store_id(self.store());
        walk("ListGroups", async |token| {
            let page = list.clone().set_next_token(token).send().await.unwrap();
            page.next_token
        })
        .await
    }

    async fn members(&self) -> Timed {
        let mut timed = Timed { list: "ListGroupMemberships", times: Vec::new() };
        for group in self.organization.groups.iter().step_by(10) {
            let list = self.identity_store.list_group_memberships();
            let list = list.identity_store_id(self.store()).group_id(group.id.as_str());
            timed.time(async || list.clone().send().await.unwrap()).await;
        }
        timed
    }

    async fn assignments(&self) -> Timed {
        let mut timed = Timed { list: "ListAccountAssignments", times: Vec::new() };
        for Assignment { account_id, permission_set_arn, .. } in self.some_assignments() {
            let list = self.sso_admin.list_account_assignments().instance_arn(self.instance());
            let list = list.account_id(account_id.as_str());
            let list = list.permission_set_arn(permission_set_arn.as_str());
            timed.time(async || list.clone().send().await.unwrap()).await;
        }
        timed
    }

    async fn permission_sets_of_account(&self) -> Timed {
        let mut timed = Timed { list: "ListPermissionSetsProvisionedToAccount", times: Vec::new() };
        for Assignment { account_id, .. } in self.some_assignments() {
            let list = self.sso_admin.list_permission_sets_provisioned_to_account();
            let list = list.instance_arn(self.instance()).account_id(account_id.as_str());
            timed.time(async || list.clone().send().await.unwrap()).await;
        }
        timed
    }

    async fn accounts_of_permission_set(&self) -> Timed {
        let Some(set) = self.organization.permission_sets.first() else { return Timed::nothing() };
        let list = self.sso_admin.list_accounts_for_provisioned_permission_set();
        let list = list.instance_arn(self.instance()).permission_set_arn(set.arn.as_str());
        walk("ListAccountsForProvisionedPermissionSet", async |token| {
            let page = list.clone().set_next_token(token).send().await.unwrap();
            page.next_token
        })
        .await
    }

    async fn assignments_of_group(&self) -> Timed {
        let mut timed =
            Timed { list: "ListAccountAssignmentsForPrincipal, group", times: Vec::new() };
        for group in self.organization.groups.iter().step_by(10) {
            self.time_principal(&mut timed, PrincipalType::Group, group.id.as_str()).await;
        }
        timed
    }

    async fn assignments_of_user(&self) -> Timed {
        let mut timed =
            Timed { list: "ListAccountAssignmentsForPrincipal, user", times: Vec::new() };
        for user in self.organization.users.iter().step_by(100) {
            self.time_principal(&mut timed, PrincipalType::User, user.id.as_str()).await;
        }
        timed
    }

    async fn time_principal(&self, timed: &mut Timed, kind: PrincipalType, id: &str) {
        let list = self.sso_admin.list_account_assignments_for_principal();
        let list = list.instance_arn(self.instance()).principal_type(kind).principal_id(id);
        timed.time(async || list.clone().send().await.unwrap()).await;
    }

    fn some_assignments(&self) -> impl Iterator<Item = &Assignment> {
        self.organization.assignments.iter().step_by(997)
    }

    fn store(&self) -> String {
        self.organization.instance.identity_store_id.to_string()
    }

    fn instance(&self) -> String {
        self.organization.instance.instance_arn.to_string()
    }
}

/// All pages of one list, each from the token of the one before.
async fn walk(
    list: &'static str,
    mut page: impl AsyncFnMut(Option<String>) -> Option<String>,
) -> Timed {
    let mut timed = Timed { list, times: Vec::new() };
    let mut token = None;
    loop {
        let start = Instant::now();
        token = page(token).await;
        timed.times.push(start.elapsed());
        if token.is_none() {
            return timed;
        }
    }
}

impl Timed {
    async fn time<Answer: Debug>(&mut self, call: impl AsyncFnOnce() -> Answer) {
        let start = Instant::now();
        call().await;
        self.times.push(start.elapsed());
    }

    fn print(mut self) {
        self.times.sort();
        let median = self.times.get(self.times.len() / 2).copied().unwrap_or_default();
        let slowest = self.times.last().copied().unwrap_or_default();
        let milliseconds = |time: Duration| format!("{:.2} ms", time.as_secs_f64() * 1000.0);
        println!(
            "{:<42}{:>8}{:>12}{:>12}",
            self.list,
            self.times.len(),
            milliseconds(median),
            milliseconds(slowest)
        );
    }

    fn nothing() -> Self {
        Self { list: "nothing", times: Vec::new() }
    }
}
