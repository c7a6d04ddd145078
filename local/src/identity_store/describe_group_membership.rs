//! `DescribeGroupMembership`

use serde::Deserialize;
use serde_json::Value;

use super::{
    member::{self, MembershipId},
    store::StoreId,
};
use crate::{api_error::ApiError, call::Call};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DescribeGroupMembershipRequest {
    identity_store_id: StoreId,
    membership_id: MembershipId,
}

/// <https://docs.aws.amazon.com/singlesignon/latest/IdentityStoreAPIReference/API_DescribeGroupMembership.html>
pub(super) fn describe_group_membership(
    call: &mut Call<'_>,
    request: &DescribeGroupMembershipRequest,
) -> Result<Value, ApiError> {
    request.identity_store_id.check(call.state)?;
    Ok(member::view(call.state, request.membership_id.find(call.state)?))
}
