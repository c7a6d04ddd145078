//! The organization on localhost: one HTTP server that answers as AWS Organizations, IAM Identity
//! Center and the Identity Store do, so that any AWS SDK or the AWS CLI can be pointed at it.
//!
//! A request comes in at the `server`, which finds its operation by the `X-Amz-Target` header.
//! Every operation is one small file under the folder of its service; what it knows and may change
//! is the `state`. Faithful where it matters to a client that must not lose anybody's access:
//!
//! - lists come in pages, and a page may be empty and go on (`paging`);
//! - assignments and accounts are made asynchronously: `IN_PROGRESS` first, then a result or a
//!   reason;
//! - one role update at a time in an account (`sso_admin::role_updates`), and the quotas of the
//!   real services (`quotas`);
//! - who calls decides what may be called (`callers`), and on whose event bus it is told
//!   (`outbox`);
//! - every change is told as the CloudTrail event that the real service sends, hidden names and all
//!   (`events`, `cloud_trail`).
//!
//! What it does not know it answers with `NotImplemented`, never with a guess. It can be told to
//! fail ([`Fault`]).
#![cfg_attr(
    test,
    allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at a surprise")
)]

mod api_error;
mod assignments;
mod bob;
mod call;
mod callers;
mod chaos;
mod clock;
mod cloud_trail;
mod duration;
mod error_codes;
mod event_bridge;
mod events;
mod fault;
mod fields;
pub mod generate;
mod identity_store;
mod multimap;
mod names;
mod operation;
mod organizations;
mod outbox;
mod paging;
mod quotas;
mod random;
mod requests;
mod server;
mod service;
mod settings;
mod sqs;
mod sso_admin;
mod state;
mod sts;
mod well_formed;
mod world;

use std::{collections::BTreeMap, net::SocketAddr, sync::Arc};

use serde_json::Value;
use shared::{
    ids::AccountId,
    organization::{Organization, Tags},
};
use tokio::sync::{mpsc, oneshot};

pub use crate::{
    bob::bobs_organization,
    chaos::{Chaos, Delivery, InvalidChaos},
    clock::Clock,
    duration::parse_duration,
    fault::{Fault, FaultKind, InvalidFault, Probability},
    quotas::Quotas,
    server::StartError,
    settings::{Buses, IdentitySource, Settings},
    sqs::Message,
};
use crate::{state::State, world::World};

/// A running server. It stops when this is dropped.
#[derive(Debug)]
pub struct Local {
    address: SocketAddr,
    world: Arc<World>,
    /// Dropped with `Local`, which is how the server learns that it should stop.
    _running: oneshot::Sender<()>,
}

impl Local {
    /// Serves this organization on 127.0.0.1, as soon as this returns.
    ///
    /// # Errors
    ///
    /// When the port cannot be bound, or the account that shall call is not in the organization.
    pub async fn start(organization: Organization, settings: Settings) -> Result<Self, StartError> {
        let is_member = |id: &AccountId| organization.accounts.iter().any(|one| one.id == *id);
        if let Some(stranger) = settings.caller.as_ref().filter(|id| !is_member(id)) {
            return Err(StartError::UnknownCaller(stranger.clone()));
        }
        let listener = server::bind(settings.port).await?;
        let address = listener.local_addr().map_err(StartError::Address)?;
        let state = State::new(organization, &settings);
        let world = Arc::new(World::new(state, settings));
        organizations::clean_closed_accounts(&world);
        let running = server::serve(listener, Arc::clone(&world));
        Ok(Self { address, world, _running: running })
    }

    /// What to set `AWS_ENDPOINT_URL` to.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What time it is here: what is done on the organization has to go by the same clock.
    #[must_use]
    pub fn clock(&self) -> Clock {
        self.world.settings.clock
    }

    /// The account that Usher calls from.
    #[must_use]
    pub fn caller(&self) -> AccountId {
        let caller = self.world.settings.caller.clone();
        caller.unwrap_or_else(|| self.world.state().facts.management_account_id.clone())
    }

    /// What answers behind the socket, for a client in the same process. Without sockets a test may
    /// stop the clock: tokio cannot tell a socket that waits from a socket that has nothing to say.
    pub fn router(&self) -> axum::Router {
        server::routes(Arc::clone(&self.world))
    }

    /// The role from which the calls with Usher's own credentials come, as events name it.
    #[must_use]
    pub fn usher_role_arn(&self) -> String {
        let state = self.world.state();
        let account = self.world.settings.caller.as_ref();
        cloud_trail::role_arn(
            account.unwrap_or(&state.facts.management_account_id),
            cloud_trail::USHER_ROLE,
        )
    }

    /// The events that the real services would have sent, each in its EventBridge envelope, as far
    /// as they come to the buses that are heard. Only the first call gets them.
    pub fn take_events(&mut self) -> Option<mpsc::UnboundedReceiver<Value>> {
        self.world.state().outbox.listen()
    }

    /// The organization as it is now, everything sorted by id.
    #[must_use]
    pub fn organization(&self) -> Organization {
        self.world.state().organization()
    }

    /// What the thing with this id is called: an account, an organizational unit by its path, a
    /// group, a user or a permission set. Events hide the names; whoever watches wants to see them.
    #[must_use]
    pub fn name_of(&self, id: &str) -> Option<String> {
        names::name_of(&self.world.state(), id)
    }

    /// The tags of an account or an organizational unit; nothing, when there is none with this id.
    #[must_use]
    pub fn tags_of(&self, id: &str) -> Option<Tags> {
        events::tags_of(&self.world.state(), id).cloned()
    }

    /// How an assignment or a provisioning ended that AWS accepted under this id: why it failed, if it
    /// did. Nothing, while it is in progress, and once it is forgotten.
    #[must_use]
    pub fn ended(&self, request_id: &str) -> Option<Result<(), String>> {
        sso_admin::ended(&self.world.state(), request_id)
    }

    /// The requests answered so far, by service and operation: `sso-admin:ListInstances`.
    #[must_use]
    pub fn calls(&self) -> BTreeMap<String, u64> {
        self.world.state().calls.clone()
    }

    /// The requests refused so far, by the code of the error: `ThrottlingException`.
    #[must_use]
    pub fn errors(&self) -> BTreeMap<String, u64> {
        self.world.state().errors.clone()
    }

    /// The SQS messages that were sent since the last call, oldest first. They wait as long as on a
    /// queue of AWS, four days, and the newest hundred thousand at most.
    #[must_use]
    pub fn take_messages(&self) -> Vec<Message> {
        let now = self.world.uptime();
        self.world.state().queue.take(now)
    }

    /// The entries that were put on EventBridge, oldest first: the newest ten thousand.
    #[must_use]
    pub fn announcements(&self) -> Vec<Value> {
        self.world.state().announcements().cloned().collect()
    }

    /// Forgets what is kept only for those who ask what happened: announcements, and requests that have
    /// ended. For who weighs the rest.
    pub fn forget_what_happened(&self) {
        self.world.state().forget_what_happened();
    }

    /// Makes calls fail from now on.
    pub fn fail(&self, fault: Fault) {
        self.world.state().faults.add(fault);
    }

    /// Nothing that was told to fail fails any more.
    pub fn mend(&self) {
        self.world.state().faults.clear();
    }
}
