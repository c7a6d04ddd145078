//! `ListPermissionSets`

use serde::Deserialize;
use serde_json::Value;
use shared::ids::InstanceArn;

use super::errors;
use crate::{
    api_error::ApiError,
    call::Call,
    paging::{IDENTITY_CENTER_PAGE, PageRequest},
};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListPermissionSetsRequest {
    instance_arn: InstanceArn,
    #[serde(flatten)]
    page: PageRequest,
}

/// ARNs only: names take a `DescribePermissionSet` each.
///
/// <https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_ListPermissionSets.html>
pub(super) fn list_permission_sets(
    call: &mut Call<'_>,
    request: &ListPermissionSetsRequest,
) -> Result<Value, ApiError> {
    errors::known_instance(call.state, &request.instance_arn)?;
    call.list(
        "PermissionSets",
        IDENTITY_CENTER_PAGE,
        &request.page,
        call.state.permission_sets.keys(),
        |arn| arn.as_str().into(),
        |arn| arn.as_str().into(),
    )
}
