//! `AcceptHandshake`, `DeclineHandshake` and `CancelHandshake`

use serde::Deserialize;
use serde_json::{Value, json};
use shared::organization::{Account, AccountState};

use super::{
    accounts::{JoinedMethod, Member},
    arrival, errors,
    handshake::{Answer, Handshake, Target},
};
use crate::{api_error::ApiError, call::Call};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct AnswerRequest {
    handshake_id: String,
}

/// The invited account joins: it begins in the root. It is told in that account, and once more in
/// the management account.
///
/// <https://docs.aws.amazon.com/organizations/latest/APIReference/API_AcceptHandshake.html>
pub(super) fn accept(call: &mut Call<'_>, request: &AnswerRequest) -> Result<Value, ApiError> {
    let handshake = invitation(call, request)?;
    check(call, &handshake, Answer::Accepted)?;
    if call.state.members.contains_key(&call.caller.account_id) {
        return Err(errors::already_in_an_organization());
    }
    let view = end(call, &handshake, Answer::Accepted);
    let account = account(call, handshake);
    let (joined, joined_method) = (call.now, JoinedMethod::Invited);
    let event = arrival::arrive(call.state, Member { account, joined, joined_method });
    call.state.send(event);
    Ok(view)
}

/// <https://docs.aws.amazon.com/organizations/latest/APIReference/API_DeclineHandshake.html>
pub(super) fn decline(call: &mut Call<'_>, request: &AnswerRequest) -> Result<Value, ApiError> {
    let handshake = invitation(call, request)?;
    check(call, &handshake, Answer::Declined)?;
    Ok(end(call, &handshake, Answer::Declined))
}

/// <https://docs.aws.amazon.com/organizations/latest/APIReference/API_CancelHandshake.html>
pub(super) fn cancel(call: &mut Call<'_>, request: &AnswerRequest) -> Result<Value, ApiError> {
    let handshake = errors::known_handshake(call, &request.handshake_id)?.clone();
    check(call, &handshake, Answer::Canceled)?;
    Ok(end(call, &handshake, Answer::Canceled))
}

/// The handshake, if it is the caller who was invited.
fn invitation(call: &Call<'_>, request: &AnswerRequest) -> Result<Handshake, ApiError> {
    let handshake = errors::known_handshake(call, &request.handshake_id)?;
    if call.is_from_management_account() || !handshake.target.is(&call.caller.account_id) {
        return Err(errors::access_denied());
    }
    Ok(handshake.clone())
}

fn check(call: &Call<'_>, handshake: &Handshake, answer: Answer) -> Result<(), ApiError> {
    if handshake.is_open(call.now) {
        return Ok(());
    }
    if handshake.answer == Some(answer) {
        let message = "The specified handshake is already in the requested state.";
        return Err(ApiError::new("HandshakeAlreadyInStateException", message));
    }
    let message = "You can't perform the operation on the handshake in its current state.";
    Err(ApiError::new("InvalidHandshakeTransitionException", message))
}

fn end(call: &mut Call<'_>, handshake: &Handshake, answer: Answer) -> Value {
    let ended = handshake.answered(call, answer);
    let view = ended.view(call.state, call.now);
    call.state.handshakes.insert(ended, call.now);
    json!({ "Handshake": view })
}

/// What was an account on its own until now, of which nothing but its id is known, or its address.
fn account(call: &Call<'_>, handshake: Handshake) -> Account {
    let id = call.caller.account_id.clone();
    let email = match handshake.target {
        Target::Email(address) => address,
        Target::Account(_) => format!("aws+{id}@example.com"),
    };
    Account {
        name: format!("invited-{id}"),
        email,
        state: AccountState::Active,
        parent_id: call.state.facts.root_id.clone(),
        tags: handshake.tags,
        id,
    }
}
