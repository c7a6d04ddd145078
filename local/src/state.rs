//! The organization in memory, and what was asked of it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde_json::Value;
use shared::{
    ids::{AccountId, GroupId, OrganizationalUnitId, PermissionSetArn, UserId},
    organization::{
        Account, Group, Instance, Membership, Organization, OrganizationFacts, OrganizationalUnit,
        PermissionSet, Tags, User,
    },
};
use tokio::sync::mpsc::UnboundedSender;
use uuid::Uuid;

use crate::{
    assignments::Assignments,
    fault::Faults,
    organizations::AccountCreation,
    quotas::Meter,
    requests::Requests,
    sqs::Queue,
    sso_admin::{AccessControlAttribute, AssignmentRequests, PermissionSetDetails, Provisioning},
};

/// An account, and since when it has belonged to the organization.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    pub(crate) account: Account,
    pub(crate) joined: DateTime<Utc>,
}

/// Everything that operations look at and change.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) facts: OrganizationFacts,
    pub(crate) instance: Instance,
    /// When the seed was observed: what came with it is at least as old.
    pub(crate) started: DateTime<Utc>,
    pub(crate) organizational_units: BTreeMap<OrganizationalUnitId, OrganizationalUnit>,
    pub(crate) members: BTreeMap<AccountId, Member>,
    pub(crate) account_creations: BTreeMap<String, AccountCreation>,
    pub(crate) permission_sets: BTreeMap<PermissionSetArn, PermissionSetDetails>,
    pub(crate) groups: BTreeMap<GroupId, Group>,
    pub(crate) users: BTreeMap<UserId, User>,
    /// By membership id, which snapshots do not have.
    pub(crate) memberships: BTreeMap<String, Membership>,
    pub(crate) assignments: Assignments,
    pub(crate) assignment_requests: AssignmentRequests,
    pub(crate) provisionings: Requests<Provisioning>,
    pub(crate) instance_tags: Tags,
    pub(crate) access_control_attributes: Option<Vec<AccessControlAttribute>>,
    pub(crate) calls: BTreeMap<String, u64>,
    pub(crate) meter: Meter,
    pub(crate) faults: Faults,
    pub(crate) queue: Queue,
    pub(crate) announcements: Vec<Value>,
    events: UnboundedSender<Value>,
}

impl State {
    /// The organization of a snapshot, as if it had always been so.
    pub(crate) fn new(seed: Organization, events: UnboundedSender<Value>) -> Self {
        let started = seed.observed_at;
        let member = |account: Account| (account.id.clone(), Member { account, joined: started });
        let described = |set: PermissionSet| {
            (set.arn.clone(), PermissionSetDetails::from_snapshot(set, started))
        };
        Self {
            facts: seed.organization,
            instance: seed.instance,
            started,
            organizational_units: by(seed.organizational_units, |unit| unit.id.clone()),
            members: seed.accounts.into_iter().map(member).collect(),
            account_creations: BTreeMap::new(),
            permission_sets: seed.permission_sets.into_iter().map(described).collect(),
            groups: by(seed.groups, |group| group.id.clone()),
            users: by(seed.users, |user| user.id.clone()),
            memberships: by(seed.memberships, |_| Uuid::new_v4().to_string()),
            assignments: seed.assignments.into_iter().collect(),
            assignment_requests: AssignmentRequests::default(),
            provisionings: Requests::default(),
            instance_tags: Tags::new(),
            access_control_attributes: None,
            calls: BTreeMap::new(),
            meter: Meter::default(),
            faults: Faults::default(),
            queue: Queue::default(),
            announcements: Vec::new(),
            events,
        }
    }

    /// The organization as a snapshot.
    pub(crate) fn organization(&self, now: DateTime<Utc>) -> Organization {
        let memberships: BTreeSet<Membership> = self.memberships.values().cloned().collect();
        Organization {
            observed_at: now,
            instance: self.instance.clone(),
            organization: self.facts.clone(),
            organizational_units: self.organizational_units.values().cloned().collect(),
            accounts: self.members.values().map(|member| member.account.clone()).collect(),
            permission_sets: self
                .permission_sets
                .values()
                .map(PermissionSetDetails::to_snapshot)
                .collect(),
            groups: self.groups.values().cloned().collect(),
            users: self.users.values().cloned().collect(),
            memberships: memberships.into_iter().collect(),
            assignments: self.assignments.iter().collect(),
            gaps: Vec::new(),
        }
    }

    /// Sends an event to whoever listens. Nobody has to.
    pub(crate) fn send(&self, event: Value) {
        self.events.send(event).ok();
    }
}

fn by<Id: Ord, Item>(items: Vec<Item>, id: impl Fn(&Item) -> Id) -> BTreeMap<Id, Item> {
    items.into_iter().map(|item| (id(&item), item)).collect()
}
