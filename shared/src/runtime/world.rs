//! Everything a function reaches the world with, made once a cold start.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_config::{BehaviorVersion, SdkConfig};
use chrono::{DateTime, Utc};

use crate::{
    aws::{
        act::AwsAct,
        announce::AwsAnnounce,
        approvals::ApprovalsFolder,
        caller::{Caller, caller},
        calls::Calls,
        clients::Clients,
        facts::KnownFacts,
        lane::AwsLane,
        last_sweep::LastSweep,
        memory::Memory,
        names::Names,
        observe::AwsObserve,
        organizations_pace::OrganizationsPace,
        pace::Pace,
        rules::RulesSource,
        rules_bucket::RulesBucket,
        store::{Location, Store},
    },
    failure::CallFailure,
    looked_at::LookedAt,
    observe::{Facts, Observe},
};

use super::{
    clock::Clock,
    settings::{InvalidSetting, Settings},
};

/// Everything a function reaches the world with. It asks for nothing until it is used.
#[derive(Debug)]
pub struct World {
    settings: Settings,
    clock: Clock,
    clients: Arc<Clients>,
    observe: AwsObserve,
    memory: Memory,
    looked_at: Mutex<LookedAt>,
    act: AwsAct,
    announce: AwsAnnounce,
    lane: Option<AwsLane>,
    rules: Option<RulesSource>,
    rules_bucket: Option<RulesBucket>,
    approvals: Option<ApprovalsFolder>,
}

impl World {
    /// The world of this process: its environment, and the ordinary configuration of the SDK.
    ///
    /// # Errors
    /// A setting that is not what it should be.
    pub async fn from_env() -> Result<Self, InvalidSetting> {
        let settings = Settings::from_env()?;
        Ok(Self::new(settings, aws_config::load_defaults(BehaviorVersion::latest()).await))
    }

    /// A world of its own: for the demo and the tests, with an organization on localhost as the
    /// endpoint.
    #[must_use]
    pub fn new(settings: Settings, config: SdkConfig) -> Self {
        let clients = Clients::new(config, Pace::per_second(settings.calls_per_second))
            .with_organizations_pace(OrganizationsPace::times(settings.organizations_speed))
            .with_management_role(settings.management_role.clone());
        let clients = Arc::new(clients);
        let facts = Arc::new(KnownFacts::new(
            Arc::clone(&clients),
            settings.instance_arn.clone(),
            settings.account.clone(),
        ));
        let store = |location: &Location| Store::new(location.clone(), Arc::clone(&clients));
        let names = Names::new(settings.cache.as_ref().map(|cache| store(&cache.permission_sets)));
        let memory = Memory::new(settings.cache.as_ref().map(|cache| store(&cache.organization)));
        Self {
            memory,
            looked_at: Mutex::default(),
            observe: AwsObserve::new(Arc::clone(&clients), Arc::clone(&facts), names),
            act: AwsAct::new(Arc::clone(&clients), facts),
            announce: AwsAnnounce::new(Arc::clone(&clients), settings.bus.clone()),
            lane: settings
                .lane
                .clone()
                .map(|queue_url| AwsLane::new(Arc::clone(&clients), queue_url)),
            rules: settings.rules.as_ref().map(|location| RulesSource::new(store(location))),
            rules_bucket: settings.rules_written.as_ref().zip(settings.rules.as_ref()).and_then(
                |(written, active)| RulesBucket::new(Arc::clone(&clients), written, active),
            ),
            approvals: settings
                .rules
                .clone()
                .map(|rules| ApprovalsFolder::new(rules, Arc::clone(&clients))),
            clients,
            settings,
            clock: Clock::default(),
        }
    }

    /// The same, going by another clock than the system's.
    #[must_use]
    pub fn with_clock(self, clock: Clock) -> Self {
        Self { clock, ..self }
    }

    /// The settings.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// What time it is.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// The count of requests to AWS.
    #[must_use]
    pub fn calls(&self) -> &Calls {
        self.clients.calls()
    }

    /// Reading.
    #[must_use]
    pub fn observe(&self) -> &AwsObserve {
        &self.observe
    }

    /// What is remembered of the organization.
    #[must_use]
    pub fn memory(&self) -> &Memory {
        &self.memory
    }

    /// What this process has looked at a moment ago.
    pub fn looked_at(&self) -> MutexGuard<'_, LookedAt> {
        // A panic elsewhere leaves a time out at worst, and then a place is looked at once more.
        self.looked_at.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writing.
    #[must_use]
    pub fn act(&self) -> &AwsAct {
        &self.act
    }

    /// Telling.
    #[must_use]
    pub fn announce(&self) -> &AwsAnnounce {
        &self.announce
    }

    /// The lane.
    ///
    /// # Errors
    /// Nobody said where it is.
    pub fn lane(&self) -> Result<&AwsLane, InvalidSetting> {
        self.lane.as_ref().ok_or(InvalidSetting::Missing("USHER_LANE"))
    }

    /// The rules.
    ///
    /// # Errors
    /// Nobody said where they are.
    pub fn rules(&self) -> Result<&RulesSource, InvalidSetting> {
        self.rules.as_ref().ok_or(InvalidSetting::Missing("USHER_RULES"))
    }

    /// The bucket with the rules, for whoever puts them in force.
    ///
    /// # Errors
    /// Nobody said where people write the rules, or not in the bucket of those in force.
    pub fn rules_bucket(&self) -> Result<&RulesBucket, InvalidSetting> {
        self.rules_bucket.as_ref().ok_or(InvalidSetting::Missing("USHER_RULES_WRITTEN"))
    }

    /// Held revocations, and approvals of them.
    ///
    /// # Errors
    /// Nobody said where the rules are, beside which they are kept.
    pub fn approvals(&self) -> Result<&ApprovalsFolder, InvalidSetting> {
        self.approvals.as_ref().ok_or(InvalidSetting::Missing("USHER_RULES"))
    }

    /// When everything was looked at last.
    ///
    /// # Errors
    /// Nobody said where the rules are, beside which that is written down.
    pub fn last_sweep(&self) -> Result<LastSweep, InvalidSetting> {
        let rules = self.settings.rules.as_ref().ok_or(InvalidSetting::Missing("USHER_RULES"))?;
        Ok(LastSweep::new(self.file(rules.beside("status/last-sweep.json"))))
    }

    /// Any file.
    #[must_use]
    pub fn file(&self, location: Location) -> Store {
        Store::new(location, Arc::clone(&self.clients))
    }

    /// The Identity Center instance and the organization.
    ///
    /// # Errors
    /// What AWS said, or that there is not exactly one instance.
    pub async fn facts(&self) -> Result<Facts, CallFailure> {
        self.observe.facts().await
    }

    /// Who calls.
    ///
    /// # Errors
    /// What AWS said.
    pub async fn caller(&self) -> Result<Caller, CallFailure> {
        caller(&self.clients).await
    }
}
