//! One change, and why.

use std::{
    fmt::{self, Display, Formatter},
    sync::Arc,
};

use serde::{Serialize, Serializer, ser::SerializeStruct};

use crate::{
    ids::AccountId,
    organization::{Assignment, PermissionSet, Principal},
};

/// One assignment to create or to delete.
///
/// A plan can have a million of these, so a change is five words: everything that it tells, it
/// shares with the other changes that tell it too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// What to do.
    pub action: Action,
    /// Where.
    pub account: Arc<PlacedAccount>,
    /// What is granted or revoked. Named by its ARN, when its name was not read.
    pub permission_set: Arc<PermissionSet>,
    /// To whom.
    pub principal: Arc<NamedPrincipal>,
    /// Why.
    pub reason: Arc<Reason>,
    /// Whether the change waits for approval.
    pub held: bool,
    /// What becomes of the IAM role that the permission set is in the account.
    pub role: Role,
}

/// What becomes of the IAM role that a permission set is in an account. AWS makes it with the first
/// assignment of the permission set there, and takes it away with the last.
///
/// Source: <https://docs.aws.amazon.com/singlesignon/latest/userguide/permissionsetsconcept.html>
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// It stays as it is: somebody else has the permission set there, too.
    Stays,
    /// It is made, or taken away, as far as is known.
    MayChange,
    /// It is taken away, unless somebody has the permission set there who was not seen: nobody looked.
    MayGo,
    /// It is taken away: nobody else has the permission set there.
    Goes,
}

/// An account, what it is called, and where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlacedAccount {
    /// Its id.
    pub id: AccountId,
    /// Its name.
    pub name: String,
    /// The organizational units above it and its own name: `/Workloads/Prod/payments`.
    pub path: String,
}

/// A group or a user, and what they are called. Displayed as `group Engineering`, `user
/// mary@example.com`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedPrincipal {
    /// Who.
    pub principal: Principal,
    /// The group's display name or the user's name; the id, when there is nobody of that id any
    /// more.
    pub name: String,
}

/// Why an assignment is created or deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// All the rules that grant it, by name. Of a delete: none.
    pub rules: Vec<String>,
    /// For people: the rules with their places in the file, or what no longer holds.
    pub why: String,
}

/// What a change does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// Grant.
    Create,
    /// Revoke.
    Delete,
}

impl Change {
    /// Which assignment.
    #[must_use]
    pub fn assignment(&self) -> Assignment {
        Assignment {
            account_id: self.account.id.clone(),
            permission_set_arn: self.permission_set.arn.clone(),
            principal: self.principal.principal.clone(),
        }
    }

    /// What else somebody should know before the change is made.
    #[must_use]
    pub fn note(&self) -> Option<String> {
        let permission_set = &self.permission_set.name;
        match self.role {
            _ if self.action == Action::Create => None,
            Role::Stays | Role::MayChange => None,
            Role::MayGo => Some(format!(
                "whether anybody keeps {permission_set} in this account is unknown: if nobody does, {ROLE_GOES}"
            )),
            Role::Goes => {
                Some(format!("nobody keeps {permission_set} in this account: {ROLE_GOES}"))
            }
        }
    }
}

/// What it means that an IAM role goes.
const ROLE_GOES: &str = "AWS takes its IAM role away, and one made again later has another ARN, so that what names this one \
                         (EKS, KMS keys, bucket policies) no longer lets anybody in";

/// Flat, as `--format json` and announcements have it.
impl Serialize for Change {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let note = self.note();
        let mut fields = serializer.serialize_struct("Change", 11 + usize::from(note.is_some()))?;
        fields.serialize_field("action", &self.action)?;
        fields.serialize_field("account_id", &self.account.id)?;
        fields.serialize_field("permission_set_arn", &self.permission_set.arn)?;
        fields.serialize_field("principal_type", self.principal.principal.kind())?;
        fields.serialize_field("principal_id", self.principal.principal.id())?;
        fields.serialize_field("account_name", &self.account.name)?;
        fields.serialize_field("permission_set", &self.permission_set.name)?;
        fields.serialize_field("principal_name", &self.principal.name)?;
        fields.serialize_field("rules", &self.reason.rules)?;
        fields.serialize_field("why", &self.reason.why)?;
        fields.serialize_field("held", &self.held)?;
        match note {
            Some(note) => fields.serialize_field("note", &note)?,
            None => fields.skip_field("note")?,
        }
        fields.end()
    }
}

impl Display for NamedPrincipal {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.principal.kind().to_lowercase(), self.name)
    }
}

impl Display for Action {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Create => "create",
            Self::Delete => "delete",
        })
    }
}
