//! The stage of the demo: AWS on localhost, Bob's hands, and the functions with the lane between them.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_organizations::{
    Client,
    config::{Credentials, SharedCredentialsProvider},
    types::Tag,
};
use aws_smithy_http_client::Builder;
use local::Local;
use serde_json::{Value, json};
use shared::{
    lane::LaneMessage,
    organization::Organization,
    rules::Rules,
    runtime::{self, Settings, World},
    scope::{Function, Scope, event::Event},
};
use tokio::{sync::mpsc::UnboundedReceiver, time::timeout};

use crate::{exit::Failure, files};

use super::tell;

/// The name of Bob's rules file, in the folder that the demo runs in.
pub(super) const RULES_FILE: &str = "rules.yaml";

/// Usher's credentials, so that the events can tell its calls from Bob's.
const USHER_ACCESS_KEY_ID: &str = "USHERDEMO";
const BOBS_ACCESS_KEY_ID: &str = "BOBDEMO";

/// How long Bob waits for an event before something must be wrong.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long after an event nothing more comes that belongs to it.
const QUIET: Duration = Duration::from_millis(60);

/// AWS on localhost, Bob's hands, and the functions.
pub(super) struct Stage {
    local: Local,
    events: UnboundedReceiver<Value>,
    bob: Client,
    world: World,
}

impl Stage {
    pub(super) async fn set(organization: Organization) -> Result<Self, Failure> {
        let settings = local::Settings {
            usher_access_key_id: Some(USHER_ACCESS_KEY_ID.to_owned()),
            ..local::Settings::default()
        };
        let mut local = Local::start(organization, settings).await?;
        let events = local.take_events().ok_or(Failure::NoEvent("any event"))?;
        let bob = Client::new(&configuration(&local, BOBS_ACCESS_KEY_ID));
        let world = World::new(functions_settings()?, configuration(&local, USHER_ACCESS_KEY_ID));
        Ok(Self { local, events, bob, world })
    }

    /// What AWS holds now.
    pub(super) fn organization(&self) -> Organization {
        self.local.organization()
    }

    /// The schedule puts a sweep on the lane.
    pub(super) async fn sweep(&mut self) -> Result<(), Failure> {
        let mut message = LaneMessage { scope: Scope::everything(), ..LaneMessage::default() };
        message.cause.event = "Scheduled Event".to_owned();
        tell::schedule()?;
        self.reconcile(&[("sweep".to_owned(), message.body())]).await
    }

    pub(super) async fn create_account(
        &mut self,
        name: &str,
        tags: &[(&str, &str)],
    ) -> Result<(), Failure> {
        let tags = tags.iter().map(|(key, value)| Tag::builder().key(*key).value(*value).build());
        let tags = tags.collect::<Result<Vec<Tag>, _>>().map_err(|error| of_bob("tag", error))?;
        let email = format!("aws+{name}@example.com");
        let request = self.bob.create_account().account_name(name).email(email);
        let request = request.set_tags(Some(tags)).send();
        request.await.map_err(|error| of_bob("create an account", error))?;
        self.what_follows("CreateAccountResult").await
    }

    pub(super) async fn move_account(&mut self, name: &str, path: &str) -> Result<(), Failure> {
        let organization = self.organization();
        let account = organization.accounts.iter().find(|account| account.name == name);
        let unit = path.rsplit('/').next().unwrap_or_default();
        let unit = organization.organizational_units.iter().find(|other| other.name == unit);
        let request = self
            .bob
            .move_account()
            .set_account_id(account.map(|account| account.id.to_string()))
            .set_source_parent_id(account.map(|account| account.parent_id.to_string()))
            .set_destination_parent_id(unit.map(|unit| unit.id.to_string()));
        request.send().await.map_err(|error| of_bob("move an account", error))?;
        self.what_follows("MoveAccount").await
    }

    pub(super) async fn close_account(&mut self, name: &str) -> Result<(), Failure> {
        let organization = self.organization();
        let account = organization.accounts.iter().find(|account| account.name == name);
        let id = account.map(|account| account.id.to_string());
        let request = self.bob.close_account().set_account_id(id).send();
        request.await.map_err(|error| of_bob("close an account", error))?;
        self.what_follows("CloseAccountResult").await
    }

    /// Hands the events that follow to the functions, until the awaited one has come and it is quiet again; then the
    /// lane's messages to the reconciler.
    async fn what_follows(&mut self, awaited: &'static str) -> Result<(), Failure> {
        let mut patience = PATIENCE;
        while let Ok(Some(event)) = timeout(patience, self.events.recv()).await {
            let name = Event::new(&event).map(|event| event.name().to_owned());
            if name.is_ok_and(|name| name == awaited) {
                patience = QUIET;
            }
            self.deliver(event).await?;
        }
        if patience != QUIET {
            return Err(Failure::NoEvent(awaited));
        }
        let messages: Vec<(String, String)> = self
            .local
            .take_messages()
            .into_iter()
            .map(|message| (message.message_id, message.body))
            .collect();
        if messages.is_empty() { Ok(()) } else { self.reconcile(&messages).await }
    }

    /// Does what the event rules do in AWS: events of Organizations and Control Tower go to account-events.
    async fn deliver(&self, event: Value) -> Result<(), Failure> {
        let source = event.get("source").and_then(Value::as_str);
        if !matches!(source, Some("aws.organizations" | "aws.controltower")) {
            return Ok(());
        }
        let name = Event::new(&event).map(|event| event.name().to_owned()).unwrap_or_default();
        let outcome = runtime::event(&self.world, Function::AccountEvents, event).await;
        let outcome = outcome.map_err(|failure| failed("account-events", failure))?;
        tell::event(&name, "account-events", &outcome)
    }

    /// Hands messages to the reconciler, in the batch that Lambda makes of them.
    async fn reconcile(&mut self, messages: &[(String, String)]) -> Result<(), Failure> {
        let record = |(id, body): &(String, String)| json!({ "messageId": id, "body": body });
        let records: Vec<Value> = messages.iter().map(record).collect();
        let before = self.world.calls().total();
        let begin = Instant::now();
        let batch = runtime::lane_batch(&self.world, json!({ "Records": records })).await;
        let batch = batch.map_err(|failure| failed("reconciler", failure))?;
        let calls = self.world.calls().total() - before;
        let cost = tell::Cost { calls, time: begin.elapsed() };
        tell::batch(messages.len(), &batch, &rules()?, &cost)
    }
}

/// Bob's rules.
pub(super) fn rules() -> Result<Rules, Failure> {
    files::rules(Path::new(RULES_FILE))
}

/// A configuration of its own: nothing of the user's environment or profile, least of all credentials.
fn configuration(local: &Local, access_key_id: &str) -> SdkConfig {
    let credentials = Credentials::new(access_key_id, "not-a-secret", None, None, "usher demo");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-1"))
        .endpoint_url(local.endpoint())
        // Without TLS, which localhost does not need, and without the proxy of a company's laptop.
        .http_client(Builder::new().build_http())
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .build()
}

/// What the template sets for the functions; only quicker, as everything on localhost is.
fn functions_settings() -> Result<Settings, Failure> {
    let rules = RULES_FILE.parse().map_err(|error| of_bob("name the rules file", error))?;
    Ok(Settings {
        rules: Some(rules),
        lane: Some("https://sqs.eu-west-1.amazonaws.com/111111111111/usher-lane.fifo".to_owned()),
        poll_every: Duration::from_millis(100),
        ..Settings::default()
    })
}

fn failed(function: &'static str, failure: runtime::Failure) -> Failure {
    Failure::Function { function, source: Box::new(failure) }
}

fn of_bob(what: &str, error: impl std::error::Error + 'static) -> Failure {
    Failure::Bob { what: what.to_owned(), source: Box::new(error) }
}
