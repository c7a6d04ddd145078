//! `CreateAccount`: asynchronous, and the account's id is known only in the end.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Value, json};
use shared::{
    ids::AccountId,
    organization::{Account, AccountState, Tags},
};
use uuid::Uuid;

use super::{
    accounts::{JoinedMethod, Member},
    arrival, email, errors,
    tags::{self, Tag},
};
use crate::{api_error::ApiError, call::Call, clock, cloud_trail, fields, state::State};

/// The longest name of an account.
///
/// Unit: characters. Source: <https://docs.aws.amazon.com/organizations/latest/APIReference/API_CreateAccount.html>
const ACCOUNT_NAME: usize = 50;

/// Accounts that may be in creation at once.
///
/// Unit: accounts. Source: <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html>
const IN_PROGRESS: usize = 5;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct CreateAccountRequest {
    account_name: String,
    email: String,
    #[serde(default)]
    tags: Vec<Tag>,
}

/// A request for an account, and what came of it.
#[derive(Clone, Debug)]
pub(crate) struct AccountCreation {
    id: String,
    account_name: String,
    requested: DateTime<Utc>,
    outcome: Option<Outcome>,
}

#[derive(Clone, Debug)]
struct Outcome {
    completed: DateTime<Utc>,
    result: Result<AccountId, &'static str>,
}

/// <https://docs.aws.amazon.com/organizations/latest/APIReference/API_CreateAccount.html>
pub(super) fn create_account(
    call: &mut Call<'_>,
    request: &CreateAccountRequest,
) -> Result<Value, ApiError> {
    let tags = check(call, request)?;
    let id = format!("car-{}", Uuid::new_v4().simple());
    let (account_name, requested) = (request.account_name.clone(), call.now);
    let creation = AccountCreation { id: id.clone(), account_name, requested, outcome: None };
    let answer = json!({ "CreateAccountStatus": creation.to_status() });
    call.state.account_creations.insert(id.clone(), creation);
    let email = request.email.clone();
    call.later(call.settings().account_time, move |state| {
        complete(state, &id, email, tags);
    });
    Ok(answer)
}

/// The request's tags, if all of it is in order.
fn check(call: &Call<'_>, request: &CreateAccountRequest) -> Result<Tags, ApiError> {
    if !email::is_valid(&request.email) {
        let message = "You provided an e-mail address that is not valid.";
        return Err(errors::invalid_input("INVALID_PATTERN", message));
    }
    errors::check_length(&request.account_name, 1, ACCOUNT_NAME)?;
    check_in_progress(call)?;
    tags::with(&Tags::new(), &request.tags)
}

fn check_in_progress(call: &Call<'_>) -> Result<(), ApiError> {
    let creations = call.state.account_creations.values();
    let in_progress = creations.filter(|creation| creation.outcome.is_none()).count();
    if call.has_quotas() && in_progress >= IN_PROGRESS {
        let message = "You have exceeded the number of accounts that can be created at a time.";
        return Err(errors::constraint("ACCOUNT_CREATION_RATE_LIMIT_EXCEEDED", message));
    }
    Ok(())
}

fn complete(state: &mut State, id: &str, email: String, tags: Tags) {
    let Some(mut creation) = state.account_creations.get(id).cloned() else {
        return;
    };
    let completed = clock::now();
    let account = if state.members.has_email(&email) {
        Err("EMAIL_ALREADY_EXISTS")
    } else {
        Ok(account(state, creation.account_name.clone(), email, tags))
    };
    let result = account.as_ref().map(|account| account.id.clone()).map_err(|reason| *reason);
    creation.outcome = Some(Outcome { completed, result });
    let joined = account.ok().map(|account| {
        let (joined, joined_method) = (completed, JoinedMethod::Created);
        arrival::arrive(state, Member { account, joined, joined_method })
    });
    let details = creation.to_event_details();
    state.account_creations.insert(creation.id.clone(), creation);
    // The older event, about the request; the newer one, about the organization, follows.
    state.send(cloud_trail::organizations_event(state, "CreateAccountResult", &details));
    if let Some(joined) = joined {
        state.send(joined);
    }
}

/// Every account begins in the root.
fn account(state: &State, name: String, email: String, tags: Tags) -> Account {
    Account {
        id: unused_account_id(state),
        name,
        email,
        state: AccountState::Active,
        parent_id: state.facts.root_id.clone(),
        tags,
    }
}

fn unused_account_id(state: &State) -> AccountId {
    // Twelve digits, of which the first is not zero.
    let mut candidates =
        std::iter::repeat_with(|| 100_000_000_000 + Uuid::new_v4().as_u128() % 900_000_000_000);
    candidates
        .find_map(|number| {
            number.to_string().parse().ok().filter(|id| !state.members.contains_key(id))
        })
        .unwrap_or_else(|| state.facts.management_account_id.clone())
}

impl AccountCreation {
    /// `CreateAccountStatus`
    pub(super) fn to_status(&self) -> Value {
        fields::known([
            ("Id", Some(self.id.clone().into())),
            ("AccountName", Some(self.account_name.clone().into())),
            ("State", Some(self.state().into())),
            ("RequestedTimestamp", Some(clock::seconds(self.requested))),
            (
                "CompletedTimestamp",
                self.outcome.as_ref().map(|outcome| clock::seconds(outcome.completed)),
            ),
            ("AccountId", self.account_id()),
            ("FailureReason", self.failure_reason()),
        ])
    }

    fn to_event_details(&self) -> Value {
        let completed =
            self.outcome.as_ref().map(|outcome| clock::worded(outcome.completed).into());
        let status = fields::known([
            ("id", Some(self.id.clone().into())),
            ("state", Some(self.state().into())),
            ("accountName", Some("****".into())),
            ("accountId", self.account_id()),
            ("failureReason", self.failure_reason()),
            ("requestedTimestamp", Some(clock::worded(self.requested).into())),
            ("completedTimestamp", completed),
        ]);
        json!({ "createAccountStatus": status })
    }

    /// The state as AWS writes it.
    pub(super) fn state(&self) -> &'static str {
        match &self.outcome {
            None => "IN_PROGRESS",
            Some(Outcome { result: Ok(_), .. }) => "SUCCEEDED",
            Some(Outcome { result: Err(_), .. }) => "FAILED",
        }
    }

    fn account_id(&self) -> Option<Value> {
        let account = self.outcome.as_ref()?.result.as_ref().ok()?;
        Some(account.as_str().into())
    }

    fn failure_reason(&self) -> Option<Value> {
        let reason = self.outcome.as_ref()?.result.as_ref().err()?;
        Some((*reason).into())
    }
}
