//! `DescribeGroup`

use serde::Deserialize;
use serde_json::Value;
use shared::ids::GroupId;

use super::{errors, group, store::StoreId};
use crate::{api_error::ApiError, call::Call};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DescribeGroupRequest {
    identity_store_id: StoreId,
    group_id: GroupId,
}

/// <https://docs.aws.amazon.com/singlesignon/latest/IdentityStoreAPIReference/API_DescribeGroup.html>
pub(super) fn describe_group(
    call: &mut Call<'_>,
    request: &DescribeGroupRequest,
) -> Result<Value, ApiError> {
    request.identity_store_id.check(call.state)?;
    Ok(group::view(call.state, errors::known_group(call.state, &request.group_id)?))
}
