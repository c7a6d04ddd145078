//! The organization on localhost, and Usher beside it: the SDK really talks HTTP, in one process.

use std::{fs, num::NonZeroU32, path::PathBuf, time::Duration};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_types::service_config::{LoadServiceConfig, ServiceConfigKey};
use local::{Fault, FaultKind, Local, Probability};
use serde_json::{Value, json};
use shared::{
    aws::management_role::ManagementRole,
    ids::AccountId,
    lane::{Cause, LaneMessage},
    organization::{Assignment, Principal},
    runtime::{Batch, Failure, Settings, World, lane_batch, lane_batch_until},
    scope::Scope,
};
use tempfile::TempDir;
use tokio::time::Instant;

use super::organization::Company;

/// AWS on localhost, with a rules file and a folder for caches.
pub(crate) struct LocalAws {
    pub(crate) local: Local,
    folder: TempDir,
}

/// The SDK's, for whoever is at that endpoint.
async fn configuration(endpoint: &str) -> SdkConfig {
    aws_config::defaults(BehaviorVersion::latest())
        .region(Region::new("eu-central-1"))
        .endpoint_url(endpoint)
        .test_credentials()
        .load()
        .await
}

/// Where services are, as `AWS_ENDPOINT_URL` and `AWS_ENDPOINT_URL_STS` would say it.
#[derive(Debug)]
struct Endpoints {
    sts: String,
    all_others: String,
}

impl LoadServiceConfig for Endpoints {
    fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
        let endpoint = if key.service_id() == "STS" { &self.sts } else { &self.all_others };
        (key.env() == "AWS_ENDPOINT_URL").then(|| endpoint.clone())
    }
}

/// As quick as can be.
pub(crate) fn quick() -> local::Settings {
    local::Settings { assignment_time: Duration::from_millis(20), ..local::Settings::default() }
}

impl LocalAws {
    pub(crate) async fn start(Company(organization): Company, rules: &str) -> Self {
        Self::with(Company(organization), rules, quick()).await
    }

    pub(crate) async fn with(
        Company(organization): Company,
        rules: &str,
        settings: local::Settings,
    ) -> Self {
        let local = Local::start(organization, settings).await.unwrap();
        let aws = Self { local, folder: tempfile::tempdir().unwrap() };
        aws.write_rules(rules);
        aws
    }

    pub(crate) fn rules_file(&self) -> PathBuf {
        self.folder.path().join("rules.yaml")
    }

    pub(crate) fn write_rules(&self, text: &str) {
        fs::write(self.rules_file(), text).unwrap();
    }

    /// Usher as after a cold start: it knows nothing yet, and keeps nothing for the next.
    pub(crate) async fn usher(&self) -> Usher {
        self.usher_with(self.settings()).await
    }

    /// Usher as after a cold start, with the cache that an earlier one left.
    pub(crate) async fn usher_with_cache(&self) -> Usher {
        let cache = self.folder.path().join("cache").to_str().unwrap().parse().unwrap();
        self.usher_with(Settings { cache: Some(cache), ..self.settings() }).await
    }

    /// Usher as after a cold start, at the pace that it keeps where nothing is set.
    pub(crate) async fn usher_in_production(&self) -> Usher {
        let Settings { calls_per_second, organizations_speed, .. } = Settings::default();
        self.usher_with(Settings { calls_per_second, organizations_speed, ..self.settings() }).await
    }

    /// Usher as after a cold start, with a role in the management account that is to be had there.
    pub(crate) async fn usher_assuming(&self, role: ManagementRole, sts: &str) -> Usher {
        let endpoints = Endpoints { sts: sts.to_owned(), all_others: self.local.endpoint() };
        let config = aws_config::defaults(BehaviorVersion::latest())
            .region(Region::new("eu-central-1"))
            .test_credentials()
            .load()
            .await;
        let config = config.into_builder().service_config(endpoints).build();
        let settings = Settings { management_role: Some(role), ..self.settings() };
        Usher { world: World::new(settings, config) }
    }

    /// Usher as after a cold start, at the other end of a wire.
    pub(crate) async fn usher_at(&self, endpoint: &str) -> Usher {
        Usher { world: World::new(self.settings(), configuration(endpoint).await) }
    }

    pub(crate) async fn usher_with(&self, settings: Settings) -> Usher {
        Usher { world: World::new(settings, configuration(&self.local.endpoint()).await) }
    }

    /// Organizations, for whoever changes something there.
    pub(crate) async fn organizations(&self) -> aws_sdk_organizations::Client {
        aws_sdk_organizations::Client::new(&configuration(&self.local.endpoint()).await)
    }

    /// The Identity Store, for whoever changes something there.
    pub(crate) async fn identity_store(&self) -> aws_sdk_identitystore::Client {
        aws_sdk_identitystore::Client::new(&configuration(&self.local.endpoint()).await)
    }

    pub(crate) fn settings(&self) -> Settings {
        Settings {
            rules: Some(self.rules_file().to_str().unwrap().parse().unwrap()),
            // As the template says it.
            account: Some(self.local.caller()),
            lane: Some("http://localhost/310000000001/usher-lane.fifo".to_owned()),
            calls_per_second: NonZeroU32::new(10_000).unwrap(),
            organizations_speed: 1_000.0,
            poll_every: Duration::from_millis(30),
            ..Settings::default()
        }
    }

    /// The assignments of an account as `PERMISSION SET to GROUP OR USER`, sorted.
    pub(crate) fn access(&self, account: &AccountId) -> Vec<String> {
        let organization = self.local.organization();
        let told = |assignment: &Assignment| {
            let set = organization
                .permission_sets
                .iter()
                .find(|set| set.arn == assignment.permission_set_arn);
            let whom = match &assignment.principal {
                Principal::User(id) => organization
                    .users
                    .iter()
                    .find(|user| user.id == *id)
                    .map_or("a user that is gone", |user| user.user_name.as_str()),
                Principal::Group(id) => organization
                    .groups
                    .iter()
                    .find(|group| group.id == *id)
                    .map_or("a group that is gone", |group| group.display_name.as_str()),
            };
            format!("{} to {whom}", set.unwrap().name)
        };
        let here =
            organization.assignments.iter().filter(|assignment| assignment.account_id == *account);
        let mut access: Vec<String> = here.map(told).collect();
        access.sort();
        access
    }

    /// How often an operation was called.
    pub(crate) fn calls_of(&self, operation: &str) -> u64 {
        self.local.calls().get(operation).copied().unwrap_or_default()
    }

    /// What was announced under that name, oldest first.
    pub(crate) fn announced(&self, detail_type: &str) -> Vec<Value> {
        let all = self.local.announcements().into_iter();
        all.filter(|event| event["detail-type"] == detail_type)
            .map(|event| event["detail"].clone())
            .collect()
    }
}

/// An error from AWS for this operation, concerning this account.
pub(crate) fn denied(operation: &str, account: Option<AccountId>) -> Fault {
    let error = FaultKind::Error {
        code: "AccessDeniedException".to_owned(),
        message: "User is not authorized to perform this operation".to_owned(),
        status: 400,
    };
    Fault {
        operation: operation.to_owned(),
        error,
        account_id: account,
        times: None,
        probability: Probability::ALWAYS,
    }
}

/// One process of the reconciler.
pub(crate) struct Usher {
    pub(crate) world: World,
}

impl Usher {
    /// Handles a batch of messages about accounts, called `message-0` and so on.
    pub(crate) async fn look_at(&self, accounts: &[AccountId]) -> Result<Batch, Failure> {
        let bodies: Vec<String> = accounts.iter().map(message_about).collect();
        self.take(&bodies).await
    }

    /// Handles a batch of messages, called `message-0` and so on.
    pub(crate) async fn take(&self, bodies: &[String]) -> Result<Batch, Failure> {
        lane_batch(&self.world, batch_of(bodies)).await
    }

    /// The same, in a process that Lambda ends then.
    pub(crate) async fn take_until(
        &self,
        bodies: &[String],
        deadline: Instant,
    ) -> Result<Batch, Failure> {
        lane_batch_until(&self.world, batch_of(bodies), Some(deadline)).await
    }
}

fn batch_of(bodies: &[String]) -> Value {
    let record = |(number, body): (usize, &String)| json!({"messageId": format!("message-{number}"), "body": body});
    let records: Vec<Value> = bodies.iter().enumerate().map(record).collect();
    json!({ "Records": records })
}

/// A message that says to look at an account, because it was moved.
pub(crate) fn message_about(account: &AccountId) -> String {
    let cause = Cause {
        event: "MoveAccount".to_owned(),
        id: Some(format!("moved-{account}")),
        time: Some("2026-03-02T09:14:31Z".to_owned()),
        actor: Some("arn:aws:sts::310000000001:assumed-role/Organizer/bob".to_owned()),
        ..Cause::default()
    };
    LaneMessage { scope: Scope::account(account.clone()), cause, ..LaneMessage::default() }.body()
}

/// The messages that are to come again.
pub(crate) fn again(batch: &Batch) -> Vec<String> {
    batch
        .response
        .batch_item_failures
        .iter()
        .map(|failure| failure.item_identifier.clone())
        .collect()
}
