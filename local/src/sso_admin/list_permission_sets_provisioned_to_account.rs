//! `ListPermissionSetsProvisionedToAccount`

use serde::Deserialize;
use serde_json::Value;
use shared::ids::{AccountId, InstanceArn};

use super::{errors, permission_set::ProvisioningStatus};
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
    provisioning_status: Option<ProvisioningStatus>,
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
    let sets = call.state.assignments.permission_sets(&request.account_id);
    let sets = sets.filter(|(arn, revision)| {
        let set = call.state.permission_sets.get(arn);
        request
            .provisioning_status
            .is_none_or(|status| set.is_some_and(|set| status.fits(*revision, set)))
    });
    let answer = call.list(
        "PermissionSets",
        IDENTITY_CENTER_PAGE,
        &request.page,
        sets,
        |(set, _)| set.as_str().into(),
        |(set, _)| set.as_str().into(),
    )?;
    Ok(without_empty_list(answer))
}

/// Where nothing is provisioned, AWS leaves the list out.
///
/// Seen in <https://github.com/PeterBengtson/AFT-SSO-account-configuration/issues/1>.
fn without_empty_list(mut answer: Value) -> Value {
    if let Some(fields) = answer.as_object_mut() {
        fields.retain(|_, value| value.as_array().is_none_or(|items| !items.is_empty()));
    }
    answer
}
