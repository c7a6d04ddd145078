//! `CreateAccount`: asynchronous, and the account's id is known only in the end.

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
use crate::{
    api_error::ApiError, call::Call, clock, cloud_trail, fields, requests::Accepted, state::State,
};

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

/// A request for an account. What comes of it is the account's id.
#[derive(Clone, Debug)]
pub(crate) struct NewAccount {
    account_name: String,
    email: String,
    tags: Tags,
}

/// A request for an account, and what came of it.
pub(super) type AccountCreation = Accepted<NewAccount, AccountId>;

/// <https://docs.aws.amazon.com/organizations/latest/APIReference/API_CreateAccount.html>
pub(super) fn create_account(
    call: &mut Call<'_>,
    request: &CreateAccountRequest,
) -> Result<Value, ApiError> {
    let tags = check(call, request)?;
    let injected = call.take_failure(None);
    let id = format!("car-{}", Uuid::new_v4().simple());
    let (account_name, email) = (request.account_name.clone(), request.email.clone());
    let new = NewAccount { account_name, email, tags };
    let creation = call.state.account_creations.accept(&id, call.now, new);
    let answer = json!({ "CreateAccountStatus": to_status(creation) });
    call.later(call.settings().account_time, move |state| complete(state, &id, injected));
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
    if call.has_quotas() && call.state.account_creations.in_progress().count() >= IN_PROGRESS {
        let message = "You have exceeded the number of accounts that can be created at a time.";
        return Err(errors::constraint("ACCOUNT_CREATION_RATE_LIMIT_EXCEEDED", message));
    }
    Ok(())
}

fn complete(state: &mut State, id: &str, injected: Option<String>) {
    let Some(creation) = state.account_creations.get(id) else { return };
    let new = creation.request.clone();
    let joined = state.clock.now();
    let result = match injected {
        Some(reason) => Err(reason),
        None if state.members.has_email(&new.email) => Err("EMAIL_ALREADY_EXISTS".to_owned()),
        None => Ok(account(state, new)),
    };
    let outcome = result.as_ref().map(|account| account.id.clone()).map_err(String::clone);
    state.account_creations.end(id, joined, outcome);
    let arrived = result.ok().map(|account| {
        arrival::arrive(state, Member { account, joined, joined_method: JoinedMethod::Created })
    });
    // The older event, about the request; the newer one, about the organization, follows.
    if let Some(creation) = state.account_creations.get(id) {
        let details = to_event_details(creation);
        state.send(cloud_trail::organizations_event(state, "CreateAccountResult", &details));
    }
    if let Some(arrived) = arrived {
        state.send(arrived);
    }
}

/// Every account begins in the root.
fn account(state: &State, new: NewAccount) -> Account {
    let NewAccount { account_name: name, email, tags } = new;
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

/// `CreateAccountStatus`
pub(super) fn to_status(creation: &AccountCreation) -> Value {
    fields::known([
        ("Id", Some(creation.request_id.clone().into())),
        ("AccountName", Some(creation.request.account_name.clone().into())),
        ("State", Some(creation.status().into())),
        ("RequestedTimestamp", Some(clock::seconds(creation.created))),
        ("CompletedTimestamp", creation.ended().map(clock::seconds)),
        ("AccountId", account_id(creation)),
        ("FailureReason", creation.failure().map(Value::from)),
    ])
}

fn to_event_details(creation: &AccountCreation) -> Value {
    let status = fields::known([
        ("id", Some(creation.request_id.clone().into())),
        ("state", Some(creation.status().into())),
        ("accountName", Some("****".into())),
        ("accountId", account_id(creation)),
        ("failureReason", creation.failure().map(Value::from)),
        ("requestedTimestamp", Some(clock::worded(creation.created).into())),
        ("completedTimestamp", creation.ended().map(|ended| clock::worded(ended).into())),
    ]);
    json!({ "createAccountStatus": status })
}

fn account_id(creation: &AccountCreation) -> Option<Value> {
    creation.done().map(|account| account.as_str().into())
}
