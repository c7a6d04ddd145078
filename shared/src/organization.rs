//! What was observed of an organization, and the gaps: what could not be read.
//!
//! This one type is the decision's input, whether it was read from AWS or from a snapshot file, and
//! it is the snapshot file's format. What it does not hold does not exist, unless a [`Gap`] says
//! that it may.

mod definition;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::ids::{
    AccountId, GroupId, IdentityStoreId, InstanceArn, InvalidId, OrganizationId,
    OrganizationalUnitId, PermissionSetArn, UserId,
};

pub use definition::{Definition, PermissionsBoundary, PolicyReference};

/// Tags of an account or an organizational unit. Keys and values are case-sensitive.
pub type Tags = BTreeMap<String, String>;

/// What was observed: all of an organization, or the part that a scope asked for.
///
/// A snapshot says all of it: a listing that is left out is a mistake, since an empty one would mean
/// that there is nothing, and what is not there is revoked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Organization {
    /// When the observation began.
    pub observed_at: DateTime<Utc>,
    /// The Identity Center instance.
    pub instance: Instance,
    /// The organization's own facts.
    pub organization: OrganizationFacts,
    /// The root and the organizational units.
    pub organizational_units: Vec<OrganizationalUnit>,
    /// The accounts, whatever their state.
    pub accounts: Vec<Account>,
    /// The permission sets of the instance.
    pub permission_sets: Vec<PermissionSet>,
    /// The groups of the identity store.
    pub groups: Vec<Group>,
    /// The users of the identity store.
    pub users: Vec<User>,
    /// Who is in which group.
    pub memberships: Vec<Membership>,
    /// The account assignments that are in place.
    #[serde(deserialize_with = "shared_ids::assignments")]
    pub assignments: Vec<Assignment>,
    /// What could not be read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gaps: Vec<Gap>,
    /// How much of it was looked for.
    #[serde(default, skip_serializing_if = "Extent::is_whole")]
    pub extent: Extent,
}

/// How much of an organization was looked for.
///
/// Nothing that is decided depends on it, for what decides is asked for. It tells whether what is not
/// there may be said not to exist.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Extent {
    /// All of it, as in a snapshot.
    #[default]
    Whole,
    /// What a scope and the rules asked for, and no more.
    AsAsked,
}

impl Extent {
    /// Whether all of it was looked for.
    #[must_use]
    pub const fn is_whole(&self) -> bool {
        matches!(self, Self::Whole)
    }
}

/// The Identity Center instance that the assignments belong to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Instance {
    /// The instance.
    pub instance_arn: InstanceArn,
    /// Its directory.
    pub identity_store_id: IdentityStoreId,
    /// The Region it was enabled in.
    pub region: String,
}

/// The organization's own facts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrganizationFacts {
    /// The organization.
    pub id: OrganizationId,
    /// The management account, which the rules leave alone unless they say otherwise.
    pub management_account_id: AccountId,
    /// The root of the tree.
    pub root_id: OrganizationalUnitId,
}

/// How deep organizational units can be nested: what is said to be deeper was not read right.
///
/// Unit: units below the root. Twice what AWS allows, so that nothing here breaks on the day when it
/// allows more. Source:
/// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html>.
pub const DEEPEST_UNIT: usize = 10;

/// An organizational unit, or the root.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrganizationalUnit {
    /// Its id.
    pub id: OrganizationalUnitId,
    /// Its name, unique within its parent only. The root is called `Root`.
    pub name: String,
    /// Where it hangs; nothing for the root.
    pub parent_id: Option<OrganizationalUnitId>,
    /// Its own tags.
    #[serde(default)]
    pub tags: Tags,
}

/// An account of the organization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// Its name. Not unique.
    pub name: String,
    /// The root user's e-mail address.
    pub email: String,
    /// Where it is in its life.
    pub state: AccountState,
    /// The organizational unit, or the root, that holds it.
    pub parent_id: OrganizationalUnitId,
    /// Its own tags.
    #[serde(default)]
    pub tags: Tags,
}

/// Where an account is in its life: `State` of the Organizations API, not the retired `Status`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum AccountState {
    /// Created, not yet ready.
    PendingActivation,
    /// In use: the only state in which assignments are made or taken away.
    Active,
    /// Suspended by AWS.
    Suspended,
    /// Being closed.
    PendingClosure,
    /// Closed; it stays listed for 90 days.
    Closed,
    /// A state that AWS has added since: treated as anything but active.
    Other(String),
}

impl From<String> for AccountState {
    fn from(text: String) -> Self {
        match text.as_str() {
            "PENDING_ACTIVATION" => Self::PendingActivation,
            "ACTIVE" => Self::Active,
            "SUSPENDED" => Self::Suspended,
            "PENDING_CLOSURE" => Self::PendingClosure,
            "CLOSED" => Self::Closed,
            _ => Self::Other(text),
        }
    }
}

impl From<AccountState> for String {
    fn from(state: AccountState) -> Self {
        state.as_str().to_owned()
    }
}

impl AccountState {
    /// The state as AWS writes it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::PendingActivation => "PENDING_ACTIVATION",
            Self::Active => "ACTIVE",
            Self::Suspended => "SUSPENDED",
            Self::PendingClosure => "PENDING_CLOSURE",
            Self::Closed => "CLOSED",
            Self::Other(text) => text,
        }
    }
}

/// A permission set: its name never changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PermissionSet {
    /// Its ARN.
    pub arn: PermissionSetArn,
    /// Its name, unique within the instance.
    pub name: String,
    /// What it is made of, where a snapshot says so. Nothing that is decided depends on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub definition: Option<Box<Definition>>,
}

impl PermissionSet {
    /// A permission set of which no more is known than what it is called.
    #[must_use]
    pub fn named(arn: PermissionSetArn, name: impl Into<String>) -> Self {
        Self { arn, name: name.into(), definition: None }
    }
}

/// A group of the identity store.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// Its id. A group that was deleted and made again has another.
    pub id: GroupId,
    /// Its name, which the rules match.
    pub display_name: String,
}

/// A user of the identity store.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct User {
    /// Their id.
    pub id: UserId,
    /// Their user name.
    pub user_name: String,
    /// Whether they can sign in.
    #[serde(default = "enabled")]
    pub enabled: bool,
    /// Attributes by their names in the Identity Store, in snake_case.
    #[serde(default)]
    pub attributes: BTreeMap<String, String>,
}

const fn enabled() -> bool {
    true
}

/// A user's membership in a group.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Membership {
    /// The group.
    pub group_id: GroupId,
    /// The user.
    pub user_id: UserId,
}

/// Whom an assignment is for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "principal_type", content = "principal_id", rename_all = "UPPERCASE")]
pub enum Principal {
    /// A group.
    Group(GroupId),
    /// A user, directly.
    User(UserId),
}

impl Principal {
    /// `GROUP` or `USER`, as AWS writes it.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Group(_) => "GROUP",
            Self::User(_) => "USER",
        }
    }

    /// The bare id.
    #[must_use]
    pub fn id(&self) -> &str {
        match self {
            Self::Group(id) => id.as_str(),
            Self::User(id) => id.as_str(),
        }
    }
}

/// An account assignment: this permission set, in this account, for this principal.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "AssignmentRow")]
pub struct Assignment {
    /// Where.
    pub account_id: AccountId,
    /// What.
    pub permission_set_arn: PermissionSetArn,
    /// For whom.
    #[serde(flatten)]
    pub principal: Principal,
}

/// An assignment as a snapshot has it: a key that is not known is refused here too, which serde
/// cannot do beside `flatten`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AssignmentRow {
    account_id: AccountId,
    permission_set_arn: PermissionSetArn,
    principal_type: PrincipalType,
    principal_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum PrincipalType {
    Group,
    User,
}

impl TryFrom<AssignmentRow> for Assignment {
    type Error = InvalidId;

    fn try_from(row: AssignmentRow) -> Result<Self, InvalidId> {
        let AssignmentRow { account_id, permission_set_arn, principal_type, principal_id } = row;
        let principal = match principal_type {
            PrincipalType::Group => Principal::Group(principal_id.parse()?),
            PrincipalType::User => Principal::User(principal_id.parse()?),
        };
        Ok(Self { account_id, permission_set_arn, principal })
    }
}

/// Reading a million assignments, whose few thousand identifiers are each kept once.
mod shared_ids {
    use std::{collections::HashSet, fmt, hash::Hash};

    use serde::de::{Deserializer, SeqAccess, Visitor};

    use super::{AccountId, Assignment, GroupId, PermissionSetArn, Principal, UserId};

    pub(super) fn assignments<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<Assignment>, D::Error> {
        deserializer.deserialize_seq(Assignments::default())
    }

    /// The identifiers that were met.
    #[derive(Default)]
    struct Assignments {
        accounts: HashSet<AccountId>,
        permission_sets: HashSet<PermissionSetArn>,
        groups: HashSet<GroupId>,
        users: HashSet<UserId>,
    }

    impl<'de> Visitor<'de> for Assignments {
        type Value = Vec<Assignment>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list of account assignments")
        }

        fn visit_seq<A: SeqAccess<'de>>(mut self, mut rows: A) -> Result<Self::Value, A::Error> {
            let mut assignments = Vec::new();
            while let Some(assignment) = rows.next_element()? {
                assignments.push(self.shared(assignment));
            }
            Ok(assignments)
        }
    }

    impl Assignments {
        fn shared(&mut self, assignment: Assignment) -> Assignment {
            Assignment {
                account_id: once(&mut self.accounts, assignment.account_id),
                permission_set_arn: once(&mut self.permission_sets, assignment.permission_set_arn),
                principal: match assignment.principal {
                    Principal::Group(id) => Principal::Group(once(&mut self.groups, id)),
                    Principal::User(id) => Principal::User(once(&mut self.users, id)),
                },
            }
        }
    }

    /// The identifier as it was met first.
    fn once<Id: Clone + Eq + Hash>(known: &mut HashSet<Id>, id: Id) -> Id {
        if let Some(id) = known.get(&id) {
            return id.clone();
        }
        known.insert(id.clone());
        id
    }
}

/// Something that could not be read, and so is not known to be absent.
///
/// Without an `account_id` it is the whole listing that is incomplete; with one, what belongs to
/// that account.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gap {
    /// What was not read.
    pub what: Unread,
    /// The account that it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_id: Option<AccountId>,
    /// Why: AWS's error code, or a sentence.
    pub reason: String,
}

/// What a [`Gap`] is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum Unread {
    /// The list of accounts, or one account.
    Accounts,
    /// Tags of accounts.
    Tags,
    /// The tree: names and parents of organizational units.
    OrganizationalUnits,
    /// Tags of organizational units.
    OrganizationalUnitTags,
    /// The list of permission sets, or their names.
    PermissionSets,
    /// The list of groups, or their names.
    Groups,
    /// The list of users, or their attributes.
    Users,
    /// Who is in which group.
    Memberships,
    /// The assignments in place.
    Assignments,
    /// Words of another tool or version. Its reach is not known, so it reaches everything.
    Other(String),
}

impl Unread {
    /// The word in a snapshot file.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Accounts => "accounts",
            Self::Tags => "tags",
            Self::OrganizationalUnits => "organizational_units",
            Self::OrganizationalUnitTags => "organizational_unit_tags",
            Self::PermissionSets => "permission_sets",
            Self::Groups => "groups",
            Self::Users => "users",
            Self::Memberships => "memberships",
            Self::Assignments => "assignments",
            Self::Other(text) => text,
        }
    }
}

impl From<String> for Unread {
    fn from(text: String) -> Self {
        match text.as_str() {
            "accounts" => Self::Accounts,
            "tags" => Self::Tags,
            "organizational_units" => Self::OrganizationalUnits,
            "organizational_unit_tags" => Self::OrganizationalUnitTags,
            "permission_sets" => Self::PermissionSets,
            "groups" => Self::Groups,
            "users" => Self::Users,
            "memberships" => Self::Memberships,
            "assignments" => Self::Assignments,
            _ => Self::Other(text),
        }
    }
}

impl From<Unread> for String {
    fn from(what: Unread) -> Self {
        what.as_str().to_owned()
    }
}
