//! An invitation to an account outside: AWS calls it a handshake.
//!
//! **Flow.** The management account invites, by account id or by e-mail address. The invited
//! account accepts or declines; until then the management account may cancel. What nobody answers
//! expires after 15 days, and 30 days after its end nobody finds it any more.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Value, json};
use shared::{ids::AccountId, organization::Tags};
use uuid::Uuid;

use super::views;
use crate::{
    call::Call,
    clock::{self, DAY},
    state::State,
};

/// How long an invitation waits for an answer.
///
/// Unit: days. Source: <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html>
const EXPIRES_AFTER: Duration = DAY.saturating_mul(15);

/// How long a handshake is still found after its end.
///
/// Source: <https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListHandshakesForOrganization.html>
const FORGOTTEN_AFTER: Duration = DAY.saturating_mul(30);

/// An invitation, and what became of it.
#[derive(Clone, Debug)]
pub(crate) struct Handshake {
    pub(super) id: String,
    pub(super) target: Target,
    pub(super) notes: Option<String>,
    /// What the account is tagged with once it has joined.
    pub(super) tags: Tags,
    pub(super) requested: DateTime<Utc>,
    pub(super) expires: DateTime<Utc>,
    pub(super) answer: Option<Answer>,
    pub(super) forgotten: DateTime<Utc>,
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
    /// An invitation that begins now.
    pub(super) fn new(call: &Call<'_>, target: Target, notes: Option<String>, tags: Tags) -> Self {
        let expires = clock::after(call.now, EXPIRES_AFTER);
        Self {
            id: format!("h-{}", Uuid::new_v4().simple()),
            target,
            notes,
            tags,
            requested: call.now,
            expires,
            answer: None,
            forgotten: clock::after(expires, FORGOTTEN_AFTER),
        }
    }

    /// The same, answered now.
    pub(super) fn answered(&self, call: &Call<'_>, answer: Answer) -> Self {
        let forgotten = clock::after(call.now, FORGOTTEN_AFTER);
        Self { answer: Some(answer), forgotten, ..self.clone() }
    }

    /// Whether it ended so long ago that it is not found any more.
    pub(super) fn is_forgotten(&self, now: DateTime<Utc>) -> bool {
        now >= self.forgotten
    }

    /// Whether it still waits for an answer.
    pub(super) fn is_open(&self, now: DateTime<Utc>) -> bool {
        self.answer.is_none() && now < self.expires
    }

    /// The state as AWS writes it.
    fn state(&self, now: DateTime<Utc>) -> &'static str {
        match self.answer {
            Some(Answer::Accepted) => "ACCEPTED",
            Some(Answer::Declined) => "DECLINED",
            Some(Answer::Canceled) => "CANCELED",
            None if now < self.expires => "OPEN",
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
            "ExpirationTimestamp": clock::seconds(self.expires),
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
        let [expires, forgotten] = [15, 45].map(|days| requested + TimeDelta::days(days));
        let notes = None;
        let handshake =
            Handshake { id, target, notes, tags, requested, expires, answer: None, forgotten };
        assert_eq!(handshake.state(requested + TimeDelta::days(14)), "OPEN");
        assert_eq!(handshake.state(requested + TimeDelta::days(15)), "EXPIRED");
        assert!(!handshake.is_open(requested + TimeDelta::days(15)));
        assert!(!handshake.is_forgotten(requested + TimeDelta::days(44)));
        assert!(handshake.is_forgotten(requested + TimeDelta::days(45)));
    }
}
