//! The stage of the demo: AWS on localhost, Bob's hands, and the functions with the lane between them.

use std::{path::Path, time::Duration};

use aws_sdk_organizations::{Client, types::Tag};
use local::Local;
use serde_json::Value;
use shared::{lane::LaneMessage, organization::Organization, rules::Rules, scope::Scope};
use tokio::{sync::mpsc::UnboundedReceiver, time::timeout};

use crate::{
    exit::Failure,
    files,
    functions::{self, Functions, USHER_ACCESS_KEY_ID},
};

use super::tell;

/// The name of Bob's rules file, in the folder that the demo runs in.
pub(super) const RULES_FILE: &str = "rules.yaml";

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
    functions: Functions,
}

impl Stage {
    pub(super) async fn set(organization: Organization) -> Result<Self, Failure> {
        let settings = local::Settings {
            usher_access_key_id: Some(USHER_ACCESS_KEY_ID.to_owned()),
            ..local::Settings::default()
        };
        let mut local = Local::start(organization, settings).await?;
        let events = local.take_events().ok_or(Failure::NoEvent("any event"))?;
        let bob = Client::new(&functions::configuration(&local, BOBS_ACCESS_KEY_ID));
        let functions = Functions::new(&local, RULES_FILE)?;
        Ok(Self { local, events, bob, functions })
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
            if functions::name_of(&event) == awaited {
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

    async fn deliver(&self, event: Value) -> Result<(), Failure> {
        let name = functions::name_of(&event);
        match self.functions.deliver(event).await? {
            Some(taken) => tell::event(&name, &taken),
            None => Ok(()),
        }
    }

    async fn reconcile(&mut self, messages: &[(String, String)]) -> Result<(), Failure> {
        let run = self.functions.reconcile(messages).await?;
        tell::run(&run, &rules()?)
    }
}

/// Bob's rules.
pub(super) fn rules() -> Result<Rules, Failure> {
    files::rules(Path::new(RULES_FILE))
}

fn of_bob(what: &str, error: impl std::error::Error + 'static) -> Failure {
    Failure::Bob { what: what.to_owned(), source: Box::new(error) }
}
