//! `InviteAccountToOrganization`

use serde::Deserialize;
use serde_json::{Value, json};
use shared::organization::Tags;

use super::{
    email, errors,
    handshake::{Handshake, Target},
    tags::{self, Tag},
};
use crate::{api_error::ApiError, call::Call};

/// The longest notes.
///
/// Unit: characters. Source: <https://docs.aws.amazon.com/organizations/latest/APIReference/API_InviteAccountToOrganization.html>
const NOTES: usize = 1024;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct InviteAccountToOrganizationRequest {
    target: Party,
    notes: Option<String>,
    #[serde(default)]
    tags: Vec<Tag>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Party {
    id: String,
    r#type: PartyType,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum PartyType {
    Account,
    Organization,
    Email,
}

/// <https://docs.aws.amazon.com/organizations/latest/APIReference/API_InviteAccountToOrganization.html>
pub(super) fn invite_account_to_organization(
    call: &mut Call<'_>,
    request: &InviteAccountToOrganizationRequest,
) -> Result<Value, ApiError> {
    let target = target(&request.target)?;
    check(call, &target)?;
    if let Some(notes) = &request.notes {
        errors::check_length(notes, 0, NOTES)?;
    }
    let tags = tags::with(&Tags::new(), &request.tags)?;
    let handshake = Handshake::new(call, target, request.notes.clone(), tags);
    let view = handshake.view(call.state, call.now);
    call.state.handshakes.insert(handshake, call.now);
    Ok(json!({ "Handshake": view }))
}

fn target(party: &Party) -> Result<Target, ApiError> {
    match party.r#type {
        PartyType::Account => party.id.parse().map(Target::Account).map_err(|_| {
            let message = "You specified an account id that is not twelve digits.";
            errors::invalid_input("INVALID_PATTERN_TARGET_ID", message)
        }),
        PartyType::Email if email::is_valid(&party.id) => Ok(Target::Email(party.id.clone())),
        PartyType::Email => {
            let message = "You specified an e-mail address that is not valid.";
            Err(errors::invalid_input("INVALID_EMAIL_ADDRESS_TARGET", message))
        }
        PartyType::Organization => {
            let message = "You can invite an account only, by its id or by its e-mail address.";
            Err(errors::invalid_input("INVALID_PARTY_TYPE_TARGET", message))
        }
    }
}

fn check(call: &Call<'_>, target: &Target) -> Result<(), ApiError> {
    let is_member = match target {
        Target::Account(id) => call.state.members.contains_key(id),
        Target::Email(address) => call.state.members.has_email(address),
    };
    if is_member {
        return Err(errors::already_in_an_organization());
    }
    let mut open = call.state.handshakes.iter(call.now).filter(|other| other.is_open(call.now));
    if open.any(|other| other.target == *target) {
        let message = "A handshake with the same action and target already exists.";
        return Err(ApiError::new("DuplicateHandshakeException", message));
    }
    Ok(())
}
