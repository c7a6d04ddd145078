//! Accounts and organizational units as Organizations shows them.

use serde_json::{Value, json};
use shared::{ids::OrganizationalUnitId, organization::OrganizationalUnit};

use super::accounts::Member;
use crate::{clock, state::State};

/// `Account`, without the `Status` that was retired on 2026-09-09.
///
/// Source: <https://docs.aws.amazon.com/organizations/latest/APIReference/API_Account.html>
pub(super) fn account(state: &State, member: &Member) -> Value {
    let account = &member.account;
    json!({
        "Id": account.id,
        "Arn": account_arn(state, account.id.as_str()),
        "Email": account.email,
        "Name": account.name,
        "State": account.state,
        "Paths": [format!("{}{}/", path(state, &account.parent_id), account.id)],
        "JoinedMethod": member.joined_method.as_str(),
        "JoinedTimestamp": clock::seconds(member.joined),
    })
}

/// `OrganizationalUnit`; of the root only its id, name and ARN are shown.
pub(super) fn organizational_unit(state: &State, unit: &OrganizationalUnit) -> Value {
    let kind = if unit.parent_id.is_some() { "ou" } else { "root" };
    let (id, name) = (&unit.id, &unit.name);
    let arn = arn(state, kind, id.as_str());
    match unit.parent_id {
        Some(_) => json!({ "Id": id, "Arn": arn, "Name": name, "Path": path(state, id) }),
        None => json!({ "Id": id, "Arn": arn, "Name": name, "PolicyTypes": [] }),
    }
}

/// An account's ARN.
pub(super) fn account_arn(state: &State, account: &str) -> String {
    arn(state, "account", account)
}

/// Belongs to the management account, whatever it names.
pub(super) fn arn(state: &State, kind: &str, id: &str) -> String {
    let facts = &state.facts;
    format!("arn:aws:organizations::{}:{kind}/{}/{id}", facts.management_account_id, facts.id)
}

/// `o-…/r-…/ou-…/`, down to this organizational unit.
fn path(state: &State, id: &OrganizationalUnitId) -> String {
    let below = state
        .organizational_units
        .upwards(id)
        .fold(String::new(), |below, unit| format!("{}/{below}", unit.id));
    format!("{}/{below}", state.facts.id)
}
