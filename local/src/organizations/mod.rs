//! AWS Organizations: accounts, the tree that holds them, and their tags.
//!
//! Source: <https://docs.aws.amazon.com/organizations/latest/APIReference/Welcome.html>

mod close_account;
mod create_account;
mod describe_account;
mod describe_create_account_status;
mod describe_organization;
mod describe_organizational_unit;
mod errors;
mod list_accounts;
mod list_accounts_for_parent;
mod list_organizational_units_for_parent;
mod list_parents;
mod list_roots;
mod list_tags_for_resource;
mod move_account;
mod remove_account_from_organization;
mod tag_resource;
mod tags;
mod untag_resource;
mod views;

use serde::de::DeserializeOwned;
use serde_json::Value;

pub(crate) use self::create_account::AccountCreation;
use crate::{api_error::ApiError, call::Call, operation::Operation};

/// The operation of this name, if it is known.
pub(crate) fn operation(name: &str) -> Option<Operation> {
    Some(match name {
        "CloseAccount" => management_only(close_account::close_account),
        "CreateAccount" => management_only(create_account::create_account),
        "DescribeAccount" => Operation::read(describe_account::describe_account),
        "DescribeCreateAccountStatus" => {
            Operation::read(describe_create_account_status::describe_create_account_status)
        }
        "DescribeOrganization" => Operation::read(describe_organization::describe_organization),
        "DescribeOrganizationalUnit" => {
            Operation::read(describe_organizational_unit::describe_organizational_unit)
        }
        "ListAccounts" => Operation::read(list_accounts::list_accounts),
        "ListAccountsForParent" => {
            Operation::read(list_accounts_for_parent::list_accounts_for_parent)
        }
        "ListOrganizationalUnitsForParent" => Operation::read(
            list_organizational_units_for_parent::list_organizational_units_for_parent,
        ),
        "ListParents" => Operation::read(list_parents::list_parents),
        "ListRoots" => Operation::read(list_roots::list_roots),
        "ListTagsForResource" => Operation::read(list_tags_for_resource::list_tags_for_resource),
        "MoveAccount" => management_only(move_account::move_account),
        "RemoveAccountFromOrganization" => {
            management_only(remove_account_from_organization::remove_account_from_organization)
        }
        "TagResource" => management_only(tag_resource::tag_resource),
        "UntagResource" => management_only(untag_resource::untag_resource),
        _ => return None,
    })
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
