//! `ListAccountsForProvisionedPermissionSet`

use serde::Deserialize;
use serde_json::Value;
use shared::ids::{InstanceArn, PermissionSetArn};

use super::errors;
use crate::{
    api_error::ApiError,
    call::Call,
    paging::{IDENTITY_CENTER_PAGE, PageRequest},
};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListAccountsForProvisionedPermissionSetRequest {
    instance_arn: InstanceArn,
    permission_set_arn: PermissionSetArn,
    #[serde(flatten)]
    page: PageRequest,
}

/// <https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_ListAccountsForProvisionedPermissionSet.html>
pub(super) fn list_accounts_for_provisioned_permission_set(
    call: &mut Call<'_>,
    request: &ListAccountsForProvisionedPermissionSetRequest,
) -> Result<Value, ApiError> {
    errors::known_instance(call.state, &request.instance_arn)?;
    errors::known_permission_set(call.state, &request.permission_set_arn)?;
    let accounts = call.state.members.keys();
    let provisioned =
        accounts.filter(|account| call.state.is_provisioned(account, &request.permission_set_arn));
    let provisioned = provisioned.map(|account| account.as_str().into()).collect();
    call.page("AccountIds", IDENTITY_CENTER_PAGE, &request.page, provisioned)
}
