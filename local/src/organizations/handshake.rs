//! An invitation to an account outside: AWS calls it a handshake.
//!
//! **Flow.** The management account invites, by account id or by e-mail address. The invited
//! account accepts or declines; until then the management account may cancel. What nobody answers
//! expires after 15 days.

use chrono::{DateTime, Days, Utc};
use serde::Deserialize;
use serde_json::{Value, json};
use shared::{ids::AccountId, organization::Tags};

use super::views;
use crate::{clock, state::State};

/// How long an invitation waits for an answer.
///
/// Unit: days. Source: <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html>
const EXPIRES_AFTER: Days = Days::new(15);

/// An invitation, and what became of it.
#[derive(Clone, Debug)]
pub(crate) struct Handshake {
    pub(super) id: String,
    pub(super) target: Target,
    pub(super) notes: Option<String>,
    /// What the account is tagged with once it has joined.
    pub(super) tags: Tags,
    pub(super) requested: DateTime<Utc>,
    pub(super) answer: Option<Answer>,
}

/// Who is invited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Target {
    Account(AccountId),
    Email(String),
}

/// How an invitation was ended by somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    Accepted,
    Declined,
    Canceled,
}

/// The kinds of handshake, of which only invitations are made here.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum Action {
    Invite,
    EnableAllFeatures,
    ApproveAllFeatures,
    AddOrganizationsServiceLinkedRole,
    TransferResponsibility,
}

impl Target {
    /// Whether this account is meant. Whose an e-mail address is, is not known here: any account's.
    pub(super) fn is(&self, account: &AccountId) -> bool {
        match self {
            Self::Account(id) => id == account,
            Self::Email(_) => true,
        }
    }

    /// `ACCOUNT` or `EMAIL`, as AWS writes it.
    fn kind(&self) -> &'static str {
        match self {
            Self::Account(_) => "ACCOUNT",
            Self::Email(_) => "EMAIL",
        }
    }

    fn value(&self) -> &str {
        match self {
            Self::Account(id) => id.as_str(),
            Self::Email(address) => address,
        }
    }
}

impl Handshake {
    fn expires(&self) -> DateTime<Utc> {
        self.requested.checked_add_days(EXPIRES_AFTER).unwrap_or(DateTime::<Utc>::MAX_UTC)
    }

    /// Whether it still waits for an answer.
    pub(super) fn is_open(&self, now: DateTime<Utc>) -> bool {
        self.answer.is_none() && now < self.expires()
    }

    /// The state as AWS writes it.
    fn state(&self, now: DateTime<Utc>) -> &'static str {
        match self.answer {
            Some(Answer::Accepted) => "ACCEPTED",
            Some(Answer::Declined) => "DECLINED",
            Some(Answer::Canceled) => "CANCELED",
            None if now < self.expires() => "OPEN",
            None => "EXPIRED",
        }
    }

    /// `Handshake`
    pub(super) fn view(&self, state: &State, now: DateTime<Utc>) -> Value {
        json!({
            "Id": self.id,
            "Arn": views::arn(state, "handshake", &format!("invite/{}", self.id)),
            "Parties": [
                { "Id": state.facts.id, "Type": "ORGANIZATION" },
                { "Id": self.target.value(), "Type": self.target.kind() },
            ],
            "State": self.state(now),
            "RequestedTimestamp": clock::seconds(self.requested),
            "ExpirationTimestamp": clock::seconds(self.expires()),
            "Action": "INVITE",
            "Resources": self.resources(state),
        })
    }

    /// Who invites whom, and what they wrote.
    fn resources(&self, state: &State) -> Value {
        let inviter = state.members.get(&state.facts.management_account_id);
        let of_inviter: Vec<Value> = inviter
            .into_iter()
            .flat_map(|member| {
                [("MASTER_EMAIL", &member.account.email), ("MASTER_NAME", &member.account.name)]
            })
            .map(|(kind, value)| json!({ "Type": kind, "Value": value }))
            .chain([json!({ "Type": "ORGANIZATION_FEATURE_SET", "Value": "ALL" })])
            .collect();
        let organization =
            json!({ "Type": "ORGANIZATION", "Value": state.facts.id, "Resources": of_inviter });
        let invited = json!({ "Type": self.target.kind(), "Value": self.target.value() });
        let notes = self.notes.as_ref().map(|notes| json!({ "Type": "NOTES", "Value": notes }));
        [organization, invited].into_iter().chain(notes).collect()
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    #[test]
    fn an_invitation_that_nobody_answers_expires() {
        let requested = DateTime::UNIX_EPOCH;
        let target = Target::Account("777788889999".parse().unwrap());
        let (id, tags) = ("h-12345678".to_owned(), Tags::new());
        let handshake = Handshake { id, target, notes: None, tags, requested, answer: None };
        assert_eq!(handshake.state(requested + TimeDelta::days(14)), "OPEN");
        assert_eq!(handshake.state(requested + TimeDelta::days(15)), "EXPIRED");
        assert!(!handshake.is_open(requested + TimeDelta::days(15)));
    }
}
