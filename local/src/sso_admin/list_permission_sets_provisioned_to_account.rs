//! `ListPermissionSetsProvisionedToAccount`

use serde::Deserialize;
use serde_json::Value;
use shared::ids::{AccountId, InstanceArn};

use super::errors;
use crate::{
    api_error::ApiError,
    call::Call,
    paging::{IDENTITY_CENTER_PAGE, PageRequest},
};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListPermissionSetsProvisionedToAccountRequest {
    instance_arn: InstanceArn,
    account_id: AccountId,
    #[serde(flatten)]
    page: PageRequest,
}

/// <https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_ListPermissionSetsProvisionedToAccount.html>
pub(super) fn list_permission_sets_provisioned_to_account(
    call: &mut Call<'_>,
    request: &ListPermissionSetsProvisionedToAccountRequest,
) -> Result<Value, ApiError> {
    errors::known_instance(call.state, &request.instance_arn)?;
    errors::known_account(call.state, &request.account_id)?;
    let sets = call.state.permission_sets.keys();
    let provisioned = sets.filter(|set| call.state.is_provisioned(&request.account_id, set));
    let provisioned = provisioned.map(|set| set.as_str().into()).collect();
    call.page("PermissionSets", IDENTITY_CENTER_PAGE, &request.page, provisioned)
}
