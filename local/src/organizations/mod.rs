//! AWS Organizations: accounts, the tree that holds them, and their tags.
//!
//! Source: <https://docs.aws.amazon.com/organizations/latest/APIReference/Welcome.html>

mod accounts;
mod answer_handshake;
mod arrival;
mod close_account;
mod closures;
mod create_account;
mod create_organizational_unit;
mod delegated_administrator;
mod delegations;
mod delete_organizational_unit;
mod departure;
mod describe_account;
mod describe_create_account_status;
mod describe_handshake;
mod describe_organization;
mod describe_organizational_unit;
mod email;
mod errors;
mod handshake;
mod handshakes;
mod invite_account_to_organization;
mod leave_organization;
mod list_accounts;
mod list_accounts_for_parent;
mod list_children;
mod list_create_account_status;
mod list_delegated_administrators;
mod list_delegated_services_for_account;
mod list_handshakes;
mod list_organizational_units_for_parent;
mod list_parents;
mod list_roots;
mod list_tags_for_resource;
mod move_account;
mod remove_account_from_organization;
mod tag_resource;
mod tags;
mod unit_name;
mod units;
mod untag_resource;
mod update_organizational_unit;
mod views;

use serde::de::DeserializeOwned;
use serde_json::Value;

pub(crate) use self::{
    accounts::{Accounts, Member},
    close_account::clean_closed_accounts,
    closures::Closures,
    create_account::NewAccount,
    delegations::Delegations,
    handshakes::Handshakes,
    units::Units,
};
use crate::{api_error::ApiError, call::Call, operation::Operation};

/// The operation of this name, if it is known.
pub(crate) fn operation(name: &str) -> Option<Operation> {
    Some(match name {
        "AcceptHandshake" => Operation::write(answer_handshake::accept),
        "CancelHandshake" => management_only(answer_handshake::cancel),
        "CloseAccount" => management_only(close_account::close_account),
        "CreateAccount" => management_only(create_account::create_account),
        "CreateOrganizationalUnit" => {
            management_only(create_organizational_unit::create_organizational_unit)
        }
        "DeclineHandshake" => Operation::write(answer_handshake::decline),
        "DeleteOrganizationalUnit" => {
            management_only(delete_organizational_unit::delete_organizational_unit)
        }
        "DeregisterDelegatedAdministrator" => management_only(delegated_administrator::deregister),
        "DescribeAccount" => administrative_read(describe_account::describe_account),
        "DescribeCreateAccountStatus" => {
            administrative_read(describe_create_account_status::describe_create_account_status)
        }
        "DescribeHandshake" => Operation::read(describe_handshake::describe_handshake),
        "DescribeOrganization" => Operation::read(describe_organization::describe_organization),
        "DescribeOrganizationalUnit" => {
            administrative_read(describe_organizational_unit::describe_organizational_unit)
        }
        "InviteAccountToOrganization" => {
            management_only(invite_account_to_organization::invite_account_to_organization)
        }
        "LeaveOrganization" => Operation::write(leave_organization::leave_organization),
        "ListAccounts" => administrative_read(list_accounts::list_accounts),
        "ListAccountsForParent" => {
            administrative_read(list_accounts_for_parent::list_accounts_for_parent)
        }
        "ListChildren" => administrative_read(list_children::list_children),
        "ListCreateAccountStatus" => {
            administrative_read(list_create_account_status::list_create_account_status)
        }
        "ListDelegatedAdministrators" => {
            administrative_read(list_delegated_administrators::list_delegated_administrators)
        }
        "ListDelegatedServicesForAccount" => administrative_read(
            list_delegated_services_for_account::list_delegated_services_for_account,
        ),
        "ListHandshakesForAccount" => Operation::read(list_handshakes::for_account),
        "ListHandshakesForOrganization" => administrative_read(list_handshakes::for_organization),
        "ListOrganizationalUnitsForParent" => administrative_read(
            list_organizational_units_for_parent::list_organizational_units_for_parent,
        ),
        "ListParents" => administrative_read(list_parents::list_parents),
        "ListRoots" => administrative_read(list_roots::list_roots),
        "ListTagsForResource" => {
            administrative_read(list_tags_for_resource::list_tags_for_resource)
        }
        "MoveAccount" => management_only(move_account::move_account),
        "RegisterDelegatedAdministrator" => management_only(delegated_administrator::register),
        "RemoveAccountFromOrganization" => {
            management_only(remove_account_from_organization::remove_account_from_organization)
        }
        "TagResource" => management_only(tag_resource::tag_resource),
        "UntagResource" => management_only(untag_resource::untag_resource),
        "UpdateOrganizationalUnit" => {
            management_only(update_organizational_unit::update_organizational_unit)
        }
        _ => return None,
    })
}

/// Whether an account outside the organization has reason to make this call: it was invited.
pub(crate) fn is_for_invited(operation: &str) -> bool {
    let operations =
        ["AcceptHandshake", "DeclineHandshake", "DescribeHandshake", "ListHandshakesForAccount"];
    operations.contains(&operation)
}

/// What an account hears that belongs to no organization.
pub(crate) fn not_in_use() -> ApiError {
    errors::not_in_use()
}

/// A change, which a delegated administrator of Identity Center may not make here.
fn management_only<Request: DeserializeOwned>(
    run: impl Fn(&mut Call<'_>, &Request) -> Result<Value, ApiError> + 'static,
) -> Operation {
    Operation::write(move |call, request| {
        if call.is_from_management_account() {
            run(call, request)
        } else {
            Err(errors::access_denied())
        }
    })
}

/// A look at the organization, which a delegated administrator of any service may take, and no
/// other member account.
fn administrative_read<Request: DeserializeOwned>(
    run: impl Fn(&mut Call<'_>, &Request) -> Result<Value, ApiError> + 'static,
) -> Operation {
    Operation::read(
        move |call, request| {
            if may_read(call) { run(call, request) } else { Err(errors::access_denied()) }
        },
    )
}

fn may_read(call: &Call<'_>) -> bool {
    call.is_from_management_account()
        || call.state.delegations.is_administrator(&call.caller.account_id)
}
