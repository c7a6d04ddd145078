//! What an event is about: the question that is put to the rules before anybody looks.

use std::collections::BTreeSet;

/// What may have changed in a scope, as far as an event says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum About {
    /// Whether accounts are there, where they are, and whether they are open.
    Accounts,
    /// The name of an account.
    AccountName,
    /// Tags of an account, by key. No key: any of them.
    AccountTags(BTreeSet<String>),
    /// The name of an organizational unit.
    UnitName,
    /// Tags of an organizational unit or of the root, by key. No key: any of them.
    UnitTags(BTreeSet<String>),
    /// Whether a group is there, and what it is called; who is in it, too.
    Group,
    /// Who is in a group.
    Members,
    /// A user.
    User(Attributes),
    /// A user who is gone, and with them their memberships.
    UserGone,
    /// Assignments.
    Assignments {
        /// The ARN of the role that asked for the change; nothing, when the event does not say.
        by_role: Option<String>,
    },
    /// Which permission sets there are.
    PermissionSets,
    /// The rules.
    Rules,
    /// Anything.
    Anything,
}

/// Which attributes of a user an event speaks of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Attributes {
    /// Nobody knows.
    Any,
    /// These, in the names of the rules language as far as it has one.
    These(BTreeSet<String>),
}
