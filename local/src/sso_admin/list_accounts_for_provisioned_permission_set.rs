//! `ListAccountsForProvisionedPermissionSet`

use serde::Deserialize;
use serde_json::Value;
use shared::ids::{InstanceArn, PermissionSetArn};

use super::{errors, permission_set::ProvisioningStatus};
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
    provisioning_status: Option<ProvisioningStatus>,
    #[serde(flatten)]
    page: PageRequest,
}

/// <https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_ListAccountsForProvisionedPermissionSet.html>
pub(super) fn list_accounts_for_provisioned_permission_set(
    call: &mut Call<'_>,
    request: &ListAccountsForProvisionedPermissionSetRequest,
) -> Result<Value, ApiError> {
    errors::known_instance(call.state, &request.instance_arn)?;
    let set = errors::known_permission_set(call.state, &request.permission_set_arn)?;
    let accounts = call.state.assignments.accounts(&set.arn).filter(|(_, revision)| {
        request.provisioning_status.is_none_or(|status| status.fits(*revision, set))
    });
    call.list(
        "AccountIds",
        IDENTITY_CENTER_PAGE,
        &request.page,
        accounts,
        |(account, _)| account.as_str().into(),
        |(account, _)| account.as_str().into(),
    )
}
