//! An explanation: what one principal has in one account and why, and for every rule that grants
//! nothing, the first of its keys that failed and the value it met.
//!
//! Whether a rule grants is asked of the decision itself ([`crate::decide::Decision::explain`]), so
//! an explanation cannot say otherwise than a plan.

mod text;

use serde::Serialize;

use crate::{
    ids::AccountId,
    organization::{Gap, Principal},
};

pub use text::ExplanationText;

/// What one principal has in one account, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// The account.
    pub account: ExplainedAccount,
    /// The group or the user.
    pub principal: ExplainedPrincipal,
    /// What the principal has, is to have, or is refused: by name of the permission set.
    pub permission_sets: Vec<ExplainedAccess>,
    /// All rules, in the order of the file.
    pub rules: Vec<ExplainedRule>,
    /// What was not read, and may have a bearing on the account: nothing is deleted there.
    pub gaps: Vec<Gap>,
}

/// The account of an explanation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ExplainedAccount {
    /// Its id.
    pub id: AccountId,
    /// Its name.
    pub name: String,
    /// The organizational units above it; `/` right below the root. Nothing, when not all were read.
    pub organizational_unit: Option<String>,
    /// Why nothing is ever changed in it, if so.
    pub left_alone: Option<String>,
}

/// The principal of an explanation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ExplainedPrincipal {
    /// The group or the user.
    #[serde(flatten)]
    pub principal: Principal,
    /// The group's display name or the user's name.
    pub name: String,
    /// The groups that a user is in, as far as was read, by display name.
    pub groups: Vec<String>,
}

/// One permission set of the principal's in the account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ExplainedAccess {
    /// The permission set's name.
    pub permission_set: String,
    /// The group that a user has it through; nothing, when the principal has it directly.
    pub through: Option<String>,
    /// Whether it is in place.
    pub in_place: bool,
    /// What becomes of it.
    pub fate: Fate,
    /// Whether it is to be deleted, and stays until somebody approves.
    pub held: bool,
    /// Why, as a sentence's end.
    pub why: String,
    /// The rules that grant it, by name.
    pub rules: Vec<String>,
}

/// What becomes of an assignment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// It is as it should be.
    Stays,
    /// It is to be created.
    Created,
    /// It is to be deleted.
    Deleted,
    /// It is only reported.
    Reported,
    /// A rule grants it, and something stronger refuses it.
    Refused,
    /// The rules file leaves it as it is.
    LeftAlone,
}

/// What a rule says of the principal in the account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ExplainedRule {
    /// Its name.
    pub rule: String,
    /// The file that it is in.
    pub file: String,
    /// The line of its name.
    pub line: usize,
    /// The permission sets that it grants to the principal there; none: it does not grant.
    pub grants: Vec<String>,
    /// Whether it is for others: it names neither the principal nor a group that a user is in.
    pub for_others: bool,
    /// Of a rule that does not grant: the first key that failed, of each of the selector's
    /// alternatives. Of one that is for others: the key that says for whom.
    pub failed: Vec<FailedKey>,
}

/// A key of a rule that does not hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FailedKey {
    /// Its path in the rule: `accounts.tags.environment`.
    pub key: String,
    /// What it asks for.
    pub wanted: String,
    /// What it met.
    pub met: String,
    /// The line that it is on; nothing of a key that is not there.
    pub line: Option<usize>,
}
