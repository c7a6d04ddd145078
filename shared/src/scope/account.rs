//! Events of AWS Organizations, AWS Control Tower and AWS Account Management about accounts and
//! organizational units.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::ids::AccountId;

use super::{
    About, Lead, Scope,
    event::{Event, EventKey},
};

const ORGANIZATIONS: &str = "organizations.amazonaws.com";
const CONTROL_TOWER: &str = "controltower.amazonaws.com";
const ACCOUNT_MANAGEMENT: &str = "account.amazonaws.com";
const API_CALL: &str = "AwsApiCall";
const SERVICE_EVENT: &str = "AwsServiceEvent";

/// Where an account event says to look.
///
/// Results with the state FAILED that leave no account behind lead nowhere; a closing that failed
/// leaves one, which is looked at.
pub(super) fn lead(event: Event<'_>) -> Lead {
    let EventKey { source, kind, name } = event.key();
    match (source, kind) {
        (ORGANIZATIONS, SERVICE_EVENT) => of_organizations(event),
        (ORGANIZATIONS, API_CALL) => call_to_organizations(event),
        (CONTROL_TOWER, SERVICE_EVENT) => of_control_tower(event),
        (ACCOUNT_MANAGEMENT, API_CALL) if name == "PutAccountName" => {
            let id = event.text("/detail/requestParameters/accountId");
            Lead::at(event, ("account", id), Scope::account, About::AccountName)
        }
        (_, "") => Lead::ignore(format!("`{}` is not an account event", event.detail_type())),
        _ => unknown(event),
    }
}

fn of_organizations(event: Event<'_>) -> Lead {
    match event.name() {
        "CreateAccountResult" | "CreateGovCloudAccountResult" => {
            succeeded(event, "createAccountStatus")
        }
        "CloseAccountResult" => {
            account(event, "/detail/serviceEventDetails/closeAccountStatus/accountId")
        }
        "AccountJoinedOrganization" | "AccountDepartedOrganization" => account_or_everything(event),
        _ => unknown(event),
    }
}

fn call_to_organizations(event: Event<'_>) -> Lead {
    match event.name() {
        "MoveAccount" | "CloseAccount" | "RemoveAccountFromOrganization" => {
            account(event, "/detail/requestParameters/accountId")
        }
        "UpdateOrganizationalUnit" => {
            let id = event.text("/detail/requestParameters/organizationalUnitId");
            let what = ("organizational unit", id);
            Lead::at(event, what, Scope::organizational_unit, About::UnitName)
        }
        "AcceptHandshake" => handshake(event),
        "CreateAccount" | "CreateGovCloudAccount" => {
            Lead::ignore("only accepted: the result says when the account is there")
        }
        "InviteAccountToOrganization" => {
            Lead::ignore("only invited: another event says when the account has joined")
        }
        "CreateOrganizationalUnit" | "DeleteOrganizationalUnit" => {
            Lead::ignore("an organizational unit without accounts")
        }
        _ => unknown(event),
    }
}

fn of_control_tower(event: Event<'_>) -> Lead {
    let unit = |status: &str| {
        let id =
            format!("/detail/serviceEventDetails/{status}/organizationalUnit/organizationalUnitId");
        let what = ("organizational unit", event.text(&id));
        Lead::at(event, what, Scope::organizational_unit, About::Accounts)
    };
    match event.name() {
        "CreateManagedAccount" => managed_account(event, "createManagedAccountStatus"),
        "UpdateManagedAccount" => managed_account(event, "updateManagedAccountStatus"),
        "RegisterOrganizationalUnit" => unit("registerOrganizationalUnitStatus"),
        "DeregisterOrganizationalUnit" => unit("deregisterOrganizationalUnitStatus"),
        "EnableBaseline" | "ResetEnabledBaseline" | "UpdateEnabledBaseline" | "DisableBaseline" => {
            baseline(event)
        }
        // Control Tower then makes groups, permission sets and assignments of its own.
        "SetupLandingZone" | "UpdateLandingZone" => {
            Lead::look(Scope::everything(), About::Anything)
        }
        _ => unknown(event),
    }
}

fn unknown(event: Event<'_>) -> Lead {
    let EventKey { source, kind, name } = event.key();
    Lead::ignore(format!("{name} ({source}, {kind}) does not change where accounts are"))
}

/// An invitation that was accepted; there are handshakes about other things.
fn handshake(event: Event<'_>) -> Lead {
    let handshake = "/detail/responseElements/handshake";
    if event.text(&format!("{handshake}/action")) != Some("INVITE") {
        return Lead::ignore("the handshake is not an invitation");
    }
    let parties = event.value(&format!("{handshake}/parties")).and_then(Value::as_array);
    let account = parties.into_iter().flatten().find(|party| party["type"] == "ACCOUNT");
    let id = account.and_then(|party| party["id"].as_str());
    Lead::at(event, ("account", id), Scope::account, About::Accounts)
}

/// Accounts that are enrolled by way of their organizational unit bring this event and no other. The
/// unit's own says nothing about an account.
fn baseline(event: Event<'_>) -> Lead {
    let statuses = event.value("/detail/serviceEventDetails").and_then(Value::as_object);
    let target = statuses.into_iter().flat_map(|statuses| statuses.values()).find_map(|status| {
        status.pointer("/enabledBaselineDetails/targetIdentifier").and_then(Value::as_str)
    });
    match target.and_then(|arn| arn.split_once(":account/")) {
        Some((_, path)) => {
            let id = path.rsplit('/').next();
            Lead::at(event, ("account", id), Scope::account, About::Accounts)
        }
        None => Lead::ignore(format!("{} is not about an account", event.name())),
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
    Lead::at(event, ("account", event.text(pointer)), Scope::account, About::Accounts)
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
    let scope = if accounts.is_empty() {
        Scope::everything()
    } else {
        Scope { accounts, ..Scope::default() }
    };
    Lead::look(scope, About::Accounts)
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
