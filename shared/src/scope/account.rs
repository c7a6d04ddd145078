//! Events of AWS Organizations and AWS Control Tower about accounts.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::ids::AccountId;

use super::{
    Lead, Scope,
    event::{Event, EventKey},
};

const ORGANIZATIONS: &str = "organizations.amazonaws.com";
const CONTROL_TOWER: &str = "controltower.amazonaws.com";
const API_CALL: &str = "AwsApiCall";
const SERVICE_EVENT: &str = "AwsServiceEvent";

/// Where an account event says to look.
///
/// Failed calls, reads, requests that are only accepted, and everything unknown lead nowhere. So do
/// results with the state FAILED that leave no account behind; a closing that failed leaves one,
/// which is looked at.
#[must_use]
pub fn from_account_event(envelope: &Value) -> Lead {
    let event = match Event::new(envelope) {
        Ok(event) => event,
        Err(why) => return Lead::ignore(why),
    };
    if !event.source().starts_with("aws.") {
        return Lead::ignore(format!("source `{}` is not AWS", event.source()));
    }
    if let Some(code) = event.error_code() {
        return Lead::ignore(format!("the call failed: {code}"));
    }
    if event.is_read_only() {
        return Lead::ignore("the call only read");
    }
    by_key(event)
}

fn by_key(event: Event<'_>) -> Lead {
    let EventKey { source, kind, name } = event.key();
    match (source, kind, name) {
        (ORGANIZATIONS, SERVICE_EVENT, "CreateAccountResult" | "CreateGovCloudAccountResult") => {
            succeeded(event, "createAccountStatus")
        }
        (ORGANIZATIONS, SERVICE_EVENT, "CloseAccountResult") => {
            account(event, "/detail/serviceEventDetails/closeAccountStatus/accountId")
        }
        (
            ORGANIZATIONS,
            SERVICE_EVENT,
            "AccountJoinedOrganization" | "AccountDepartedOrganization",
        ) => account_or_everything(event),
        (
            ORGANIZATIONS,
            API_CALL,
            "MoveAccount" | "CloseAccount" | "RemoveAccountFromOrganization",
        ) => account(event, "/detail/requestParameters/accountId"),
        (CONTROL_TOWER, SERVICE_EVENT, "CreateManagedAccount") => {
            managed_account(event, "createManagedAccountStatus")
        }
        (CONTROL_TOWER, SERVICE_EVENT, "UpdateManagedAccount") => {
            managed_account(event, "updateManagedAccountStatus")
        }
        (ORGANIZATIONS, API_CALL, "CreateAccount" | "CreateGovCloudAccount") => {
            Lead::ignore("only accepted: the result says when the account is there")
        }
        (_, _, "") => Lead::ignore(format!("`{}` is not an account event", event.detail_type())),
        _ => Lead::ignore(format!("{name} ({source}, {kind}) does not change where accounts are")),
    }
}

/// The account of a result that must have succeeded for the account to exist.
fn succeeded(event: Event<'_>, status: &str) -> Lead {
    let details = format!("/detail/serviceEventDetails/{status}");
    match event.text(&format!("{details}/state")) {
        Some("SUCCEEDED") => account(event, &format!("{details}/accountId")),
        Some(state) => Lead::ignore(format!("{} with state {state}", event.name())),
        None => Lead::ignore(format!("{} without a state", event.name())),
    }
}

/// An account that Control Tower enrolled. When that failed the account may exist all the same, so
/// the state is not asked for: looking costs little, and Control Tower may not say anything again.
fn managed_account(event: Event<'_>, status: &str) -> Lead {
    account(event, &format!("/detail/serviceEventDetails/{status}/account/accountId"))
}

fn account(event: Event<'_>, pointer: &str) -> Lead {
    let Some(text) = event.text(pointer) else {
        return Lead::ignore(format!("{} names no account", event.name()));
    };
    match text.parse() {
        Ok(id) => Lead::Look(Scope::account(id)),
        Err(error) => Lead::ignore(format!("{}: {error}", event.name())),
    }
}

/// AWS has not published where these two events carry the account's id, so it is looked for
/// everywhere: to look at one account more costs little. Something has changed; when it cannot be
/// found out where, everything is looked at.
fn account_or_everything(event: Event<'_>) -> Lead {
    let mut accounts = BTreeSet::new();
    event
        .value("/detail/serviceEventDetails")
        .into_iter()
        .for_each(|details| find_account_ids(details, &mut accounts));
    Lead::Look(if accounts.is_empty() {
        Scope::everything()
    } else {
        Scope { accounts, ..Scope::default() }
    })
}

/// Every `accountId` in a JSON value, at any depth; `managementAccountId` and the like are other
/// keys.
fn find_account_ids(value: &Value, found: &mut BTreeSet<AccountId>) {
    match value {
        Value::Object(fields) => {
            let here = fields.get("accountId").and_then(Value::as_str);
            found.extend(here.and_then(|text| text.parse().ok()));
            fields.values().for_each(|value| find_account_ids(value, found));
        }
        Value::Array(values) => values.iter().for_each(|value| find_account_ids(value, found)),
        _ => {}
    }
}
