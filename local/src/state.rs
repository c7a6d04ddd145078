//! The organization in memory, and what was asked of it.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    iter,
};

use chrono::{DateTime, Utc};
use serde_json::Value;
use shared::{
    ids::{AccountId, PermissionSetArn},
    organization::{Extent, Instance, Organization, OrganizationFacts, PermissionSet, Tags},
};

use crate::{
    assignments::Assignments,
    clock::Clock,
    events::control_tower,
    fault::Faults,
    identity_store::{Groups, Memberships, Users},
    organizations::{Accounts, Closures, Delegations, Handshakes, NewAccount, Units},
    outbox::Outbox,
    quotas::Meter,
    requests::Requests,
    settings::{Buses, Settings},
    sqs::Queue,
    sso_admin::{
        AccessControlAttribute, AssignmentRequests, PermissionSetDetails, Provisioning, RoleUpdates,
    },
};

/// The most announcements that are kept.
///
/// Unit: announcements. EventBridge itself keeps none.
const ANNOUNCEMENTS: usize = 10_000;

/// Everything that operations look at and change.
#[derive(Debug)]
pub(crate) struct State {
    /// The server's time, and all that the calendar says.
    pub(crate) clock: Clock,
    pub(crate) facts: OrganizationFacts,
    pub(crate) instance: Instance,
    /// When the seed was observed: what came with it is at least as old.
    pub(crate) started: DateTime<Utc>,
    pub(crate) organizational_units: Units,
    pub(crate) members: Accounts,
    pub(crate) account_creations: Requests<NewAccount, AccountId>,
    pub(crate) closures: Closures,
    pub(crate) handshakes: Handshakes,
    pub(crate) delegations: Delegations,
    pub(crate) permission_sets: BTreeMap<PermissionSetArn, PermissionSetDetails>,
    pub(crate) groups: Groups,
    pub(crate) users: Users,
    pub(crate) memberships: Memberships,
    pub(crate) assignments: Assignments,
    pub(crate) assignment_requests: AssignmentRequests,
    pub(crate) provisionings: Requests<Provisioning>,
    pub(crate) role_updates: RoleUpdates,
    pub(crate) instance_tags: Tags,
    pub(crate) access_control_attributes: Option<Vec<AccessControlAttribute>>,
    pub(crate) calls: BTreeMap<String, u64>,
    /// Calls that were refused, by the code of the error.
    pub(crate) errors: BTreeMap<String, u64>,
    pub(crate) meter: Meter,
    pub(crate) faults: Faults,
    pub(crate) queue: Queue,
    announcements: VecDeque<Value>,
    /// Whether Control Tower makes the accounts, and tells of it.
    pub(crate) control_tower: bool,
    pub(crate) outbox: Outbox,
}

impl State {
    /// The organization of a snapshot, as if it had always been so.
    pub(crate) fn new(seed: Organization, settings: &Settings) -> Self {
        let started = seed.observed_at;
        let management = &seed.organization.management_account_id;
        let groups = Groups::of_snapshot(seed.groups, started);
        let users = Users::of_snapshot(seed.users, started);
        let members = Accounts::of_snapshot(seed.accounts, management, started);
        let described = |set: PermissionSet| {
            (set.arn.clone(), PermissionSetDetails::from_snapshot(set, started))
        };
        let outbox = Outbox::new(heard(management, settings));
        let mut state = Self {
            clock: settings.clock,
            facts: seed.organization,
            instance: seed.instance,
            started,
            organizational_units: Units::of_snapshot(seed.organizational_units),
            members,
            account_creations: Requests::default(),
            closures: Closures::default(),
            handshakes: Handshakes::default(),
            delegations: Delegations::default(),
            permission_sets: seed.permission_sets.into_iter().map(described).collect(),
            memberships: Memberships::of_snapshot(seed.memberships, &groups, &users, started),
            groups,
            users,
            assignments: seed.assignments.into_iter().collect(),
            assignment_requests: AssignmentRequests::default(),
            provisionings: Requests::default(),
            role_updates: RoleUpdates::default(),
            instance_tags: Tags::new(),
            access_control_attributes: None,
            calls: BTreeMap::new(),
            errors: BTreeMap::new(),
            meter: Meter::default(),
            faults: Faults::default(),
            queue: Queue::default(),
            announcements: VecDeque::new(),
            control_tower: settings.control_tower,
            outbox,
        };
        state.delegate(settings.caller.as_ref());
        state
    }

    /// Makes the account that calls a delegated administrator, unless it is the management account.
    fn delegate(&mut self, caller: Option<&AccountId>) {
        if let Some(caller) = caller.filter(|caller| **caller != self.facts.management_account_id) {
            self.delegations.register_for_identity_center(caller.clone(), self.started);
        }
    }

    /// The organization as a snapshot.
    pub(crate) fn organization(&self) -> Organization {
        Organization {
            observed_at: self.clock.now(),
            instance: self.instance.clone(),
            organization: self.facts.clone(),
            delegated_administrator: None,
            organizational_units: self.organizational_units.values().cloned().collect(),
            accounts: self.members.values().map(|member| member.account.clone()).collect(),
            permission_sets: self
                .permission_sets
                .values()
                .map(PermissionSetDetails::to_snapshot)
                .collect(),
            groups: self.groups.values().map(|stored| stored.group.clone()).collect(),
            users: self.users.values().map(|stored| stored.user.clone()).collect(),
            memberships: self.memberships.values().collect(),
            assignments: self.assignments.iter().collect(),
            gaps: Vec::new(),
            extent: Extent::Whole,
        }
    }

    /// Keeps what was announced, the newest of it.
    pub(crate) fn announce(&mut self, announcement: Value) {
        self.announcements.push_back(announcement);
        if self.announcements.len() > ANNOUNCEMENTS {
            self.announcements.pop_front();
        }
    }

    /// What was announced, oldest first.
    pub(crate) fn announcements(&self) -> impl Iterator<Item = &Value> {
        self.announcements.iter()
    }

    /// Forgets announcements, and requests that have ended.
    pub(crate) fn forget_what_happened(&mut self) {
        self.announcements = VecDeque::new();
        self.account_creations.forget_ended();
        self.assignment_requests.forget_ended();
        self.provisionings.forget_ended();
    }

    /// Sends an event to whoever listens. Nobody has to.
    pub(crate) fn send(&mut self, event: Value) {
        let then = self.control_tower.then(|| control_tower::lifecycle_event(self, &event));
        for event in iter::once(event).chain(then.flatten()) {
            self.outbox.send(event);
        }
    }
}

/// The accounts on whose event buses Usher listens; or on every bus.
fn heard(management: &AccountId, settings: &Settings) -> Option<BTreeSet<AccountId>> {
    match settings.buses {
        Buses::Home => Some(settings.caller.iter().chain([management]).cloned().collect()),
        Buses::All => None,
    }
}
