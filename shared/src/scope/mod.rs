//! Where to look: which accounts, organizational units, groups, users and permission sets may now
//! be wrong.
//!
//! A scope holds identifiers only, never what happened to them. So it does not matter in what order
//! events come, or how often: scopes are merged, and what is there is read anew.

mod about;
mod account;
mod assignment;
mod directory;
pub mod event;
mod heard;
mod rules_file;
mod schedule;
mod tag;
mod tick;

use std::{collections::BTreeSet, fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::ids::{AccountId, GroupId, OrganizationalUnitId, PermissionSetArn, UserId};

pub use about::{About, Attributes};
pub use assignment::changed_assignment;
pub use heard::{Heard, heard};
pub use rules_file::RulesObject;
pub use tick::{HOURS_OF_A_ROUND, is_due};

use event::{Event, EventKey};

/// Where to look.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Scope {
    /// Everywhere: the sweep, and whatever cannot be narrowed down.
    pub everything: bool,
    /// All assignments in these accounts.
    pub accounts: BTreeSet<AccountId>,
    /// All assignments in the accounts below these.
    pub organizational_units: BTreeSet<OrganizationalUnitId>,
    /// All assignments of these groups.
    pub groups: BTreeSet<GroupId>,
    /// All assignments of these users themselves, not those of the groups that they are in.
    pub users: BTreeSet<UserId>,
    /// All assignments of users who are in these groups, or were. Nothing, where no rule asks who is in
    /// a group of that name; else everywhere, since nobody says who left. Which it is depends on what the
    /// groups are and were called, and is found out by whoever looks.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub members_of: BTreeSet<GroupId>,
    /// All assignments of these permission sets.
    pub permission_sets: BTreeSet<PermissionSetArn>,
    /// The rules file has changed.
    pub rules_changed: bool,
    /// A part of everything: these accounts, looked at as a sweep does, on the cheapest way.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub part_of_sweep: BTreeSet<AccountId>,
    /// The accounts whose turn it is in the slow sweep: read pair by pair, which alone shows what
    /// principals have left that are gone.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub in_turn: BTreeSet<AccountId>,
    /// Whatever an hour brings: the accounts whose turn it is, and those where a rule has begun or
    /// ended. Which these are is found out by whoever looks.
    #[serde(skip_serializing_if = "is_false")]
    pub tick: bool,
}

/// Serde hands over a reference.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's `skip_serializing_if` asks for it")]
fn is_false(flag: &bool) -> bool {
    !flag
}

impl Scope {
    /// Everywhere.
    #[must_use]
    pub fn everything() -> Self {
        Self { everything: true, ..Self::default() }
    }

    /// One account.
    #[must_use]
    pub fn account(id: AccountId) -> Self {
        Self { accounts: BTreeSet::from([id]), ..Self::default() }
    }

    /// One organizational unit, and all below it.
    #[must_use]
    pub fn organizational_unit(id: OrganizationalUnitId) -> Self {
        Self { organizational_units: BTreeSet::from([id]), ..Self::default() }
    }

    /// One group.
    #[must_use]
    pub fn group(id: GroupId) -> Self {
        Self { groups: BTreeSet::from([id]), ..Self::default() }
    }

    /// One user.
    #[must_use]
    pub fn user(id: UserId) -> Self {
        Self { users: BTreeSet::from([id]), ..Self::default() }
    }

    /// Whoever is in that group, or was.
    #[must_use]
    pub fn members_of(id: GroupId) -> Self {
        Self { members_of: BTreeSet::from([id]), ..Self::default() }
    }

    /// One permission set.
    #[must_use]
    pub fn permission_set(arn: PermissionSetArn) -> Self {
        Self { permission_sets: BTreeSet::from([arn]), ..Self::default() }
    }

    /// The rules file.
    #[must_use]
    pub fn rules_changed() -> Self {
        Self { rules_changed: true, ..Self::default() }
    }

    /// Whatever an hour brings.
    #[must_use]
    pub fn tick() -> Self {
        Self { tick: true, ..Self::default() }
    }

    /// A part of everything.
    #[must_use]
    pub fn part_of_sweep(accounts: BTreeSet<AccountId>) -> Self {
        Self { part_of_sweep: accounts, ..Self::default() }
    }

    /// Both places.
    #[must_use]
    pub fn merge(mut self, mut other: Self) -> Self {
        self.everything |= other.everything;
        self.accounts.append(&mut other.accounts);
        self.organizational_units.append(&mut other.organizational_units);
        self.groups.append(&mut other.groups);
        self.users.append(&mut other.users);
        self.members_of.append(&mut other.members_of);
        self.permission_sets.append(&mut other.permission_sets);
        self.rules_changed |= other.rules_changed;
        self.part_of_sweep.append(&mut other.part_of_sweep);
        self.in_turn.append(&mut other.in_turn);
        self.tick |= other.tick;
        self
    }

    /// Whether the whole organization is meant. Changed rules can be wrong anywhere.
    #[must_use]
    pub fn is_everything(&self) -> bool {
        self.everything || self.rules_changed
    }

    /// The accounts, when the scope is nothing but accounts.
    #[must_use]
    pub fn only_accounts(&self) -> Option<&BTreeSet<AccountId>> {
        let only = Self { accounts: self.accounts.clone(), ..Self::default() };
        (*self == only).then_some(&self.accounts)
    }

    /// The accounts of which everything is meant, when the scope is nothing but accounts, however
    /// they are to be looked at.
    #[must_use]
    pub fn only_whole_accounts(&self) -> Option<BTreeSet<AccountId>> {
        let Self { accounts, part_of_sweep, in_turn, .. } = self.clone();
        let only = Self { accounts, part_of_sweep, in_turn, ..Self::default() };
        (*self == only).then(|| &(&only.accounts | &only.part_of_sweep) | &only.in_turn)
    }

    /// Whether it is a sweep's, in whole or in part: no event asks for it, and what could not be done
    /// is the next sweep's.
    #[must_use]
    pub fn is_sweep(&self) -> bool {
        self.is_everything()
            || self.tick
            || !self.part_of_sweep.is_empty()
            || !self.in_turn.is_empty()
    }

    /// Whether all assignments in that account are meant, whatever is above it.
    #[must_use]
    pub fn names_whole(&self, account: &AccountId) -> bool {
        self.accounts.contains(account)
            || self.part_of_sweep.contains(account)
            || self.in_turn.contains(account)
    }

    /// The places that are named, each in words that name no other.
    pub fn places(&self) -> impl Iterator<Item = String> {
        let accounts = self.accounts.iter().map(|id| format!("account {id}"));
        let units = self.organizational_units.iter();
        let units = units.map(|id| format!("organizational unit {id}"));
        let groups = self.groups.iter().map(|id| format!("group {id}"));
        let users = self.users.iter().map(|id| format!("user {id}"));
        let members = self.members_of.iter().map(|id| format!("members of group {id}"));
        let sets = self.permission_sets.iter().map(|id| format!("permission set {id}"));
        accounts.chain(units).chain(groups).chain(users).chain(members).chain(sets)
    }

    /// Whether there is nothing to look at.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_everything() {
            return f.write_str("everything");
        }
        let number = |accounts: usize, what: &str| match accounts {
            0 => None,
            1 => Some(format!("1 account {what}")),
            _ => Some(format!("{accounts} accounts {what}")),
        };
        let part = number(self.part_of_sweep.len(), "of a sweep");
        let in_turn = number(self.in_turn.len(), "whose turn it is");
        let tick = self.tick.then(|| "what the hour brings".to_owned());
        let places: Vec<String> = self.places().chain(part).chain(in_turn).chain(tick).collect();
        f.write_str(&places.join(", "))
    }
}

/// The functions that take events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Function {
    /// Accounts and organizational units.
    AccountEvents,
    /// Tags of both.
    TagEvents,
    /// Groups, their members, and users.
    GroupEvents,
    /// Assignments and permission sets.
    AssignmentEvents,
    /// The rules file.
    RulesEvents,
    /// The schedule, which goes to the lane without a detour.
    Reconciler,
}

impl fmt::Display for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AccountEvents => "account-events",
            Self::TagEvents => "tag-events",
            Self::GroupEvents => "group-events",
            Self::AssignmentEvents => "assignment-events",
            Self::RulesEvents => "rules-events",
            Self::Reconciler => "reconciler",
        })
    }
}

/// Which function takes an event, and what it makes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// The function; of an event that leads nowhere: none.
    pub function: Option<Function>,
    /// Where the event leads.
    pub lead: Lead,
}

/// Where any event goes: the one place that decides it, whichever function is asked.
///
/// Failed calls, calls that only read, requests that are only accepted, what others than AWS send,
/// and everything unknown lead nowhere.
#[must_use]
pub fn route(envelope: &Value) -> Route {
    match read(envelope) {
        Ok((function, lead @ Lead::Look { .. })) => Route { function: Some(function), lead },
        Ok((_, ignored)) => Route { function: None, lead: ignored },
        Err(why) => Route { function: None, lead: Lead::Ignore(why) },
    }
}

/// Where any event that Usher knows says to look.
#[must_use]
pub fn from_any_event(envelope: &Value) -> Lead {
    route(envelope).lead
}

fn read(envelope: &Value) -> Result<(Function, Lead), String> {
    let event = Event::new(envelope)?;
    let source = event.source();
    if !source.starts_with("aws.") {
        return Err(format!("source `{source}` is not AWS"));
    }
    if let Some(code) = event.error_code() {
        return Err(format!("the call failed: {code}"));
    }
    if event.is_read_only() {
        return Err("the call only read".to_owned());
    }
    let function = function(event)
        .ok_or_else(|| format!("`{}` of `{source}` is about nothing here", event.name()))?;
    Ok((function, lead(function, event)))
}

/// The function that an event belongs to, by who sent it.
fn function(event: Event<'_>) -> Option<Function> {
    let EventKey { source, name, .. } = event.key();
    Some(match (event.source(), source, name) {
        ("aws.events" | "aws.scheduler", ..) => Function::Reconciler,
        ("aws.tag", ..) | (_, "organizations.amazonaws.com", "TagResource" | "UntagResource") => {
            Function::TagEvents
        }
        ("aws.s3", ..) => Function::RulesEvents,
        (
            _,
            "organizations.amazonaws.com" | "controltower.amazonaws.com" | "account.amazonaws.com",
            _,
        ) => Function::AccountEvents,
        (
            _,
            "sso-directory.amazonaws.com"
            | "identitystore.amazonaws.com"
            | "identitystore-scim.amazonaws.com",
            _,
        ) => Function::GroupEvents,
        // The directory's own notifications, which CloudTrail has no part in.
        ("aws.identitystore", "", _) => Function::GroupEvents,
        (_, "sso.amazonaws.com", _) => Function::AssignmentEvents,
        _ => return None,
    })
}

fn lead(function: Function, event: Event<'_>) -> Lead {
    match function {
        Function::AccountEvents => account::lead(event),
        Function::TagEvents => tag::lead(event),
        Function::GroupEvents => directory::lead(event),
        Function::AssignmentEvents => assignment::lead(event),
        Function::RulesEvents => rules_file::lead(event),
        Function::Reconciler => schedule::lead(event),
    }
}

/// What an event leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    clippy::large_enum_variant,
    reason = "there is one for each event, and it is soon taken apart"
)]
pub enum Lead {
    /// Look.
    Look {
        /// Where: what the event names, before the rules say whether it matters.
        scope: Scope,
        /// What may have changed there.
        about: About,
    },
    /// Nothing to do, and why: for one line in the log.
    Ignore(String),
}

impl Lead {
    fn look(scope: Scope, about: About) -> Self {
        Self::Look { scope, about }
    }

    fn ignore(why: impl Into<String>) -> Self {
        Self::Ignore(why.into())
    }

    /// The place of that id; without one the event is ignored, and says what it lacks.
    fn at<Id: FromStr<Err = crate::ids::InvalidId>>(
        event: Event<'_>,
        (what, id): (&str, Option<&str>),
        place: impl Fn(Id) -> Scope,
        about: About,
    ) -> Self {
        match id.map(str::parse) {
            Some(Ok(id)) => Self::look(place(id), about),
            Some(Err(error)) => Self::ignore(format!("{}: {error}", event.name())),
            None => Self::ignore(format!("{} names no {what}", event.name())),
        }
    }
}
