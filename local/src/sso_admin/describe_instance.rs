//! `DescribeInstance`

use serde::Deserialize;
use serde_json::{Value, json};
use shared::ids::InstanceArn;

use super::errors;
use crate::{api_error::ApiError, call::Call, clock, state::State};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DescribeInstanceRequest {
    instance_arn: InstanceArn,
}

/// <https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_DescribeInstance.html>
pub(super) fn describe_instance(
    call: &mut Call<'_>,
    request: &DescribeInstanceRequest,
) -> Result<Value, ApiError> {
    // The API has no other error for an instance that is not there, or somebody else's.
    errors::known_instance(call.state, &request.instance_arn)
        .map_err(|_| errors::access_denied(call, request.instance_arn.as_str()))?;
    Ok(view(call.state))
}

/// `InstanceMetadata`. An organization's instance belongs to the management account.
pub(super) fn view(state: &State) -> Value {
    let (owner, store) = (&state.facts.management_account_id, &state.instance.identity_store_id);
    json!({
        "InstanceArn": state.instance.instance_arn,
        "IdentityStoreId": store,
        "IdentityStoreArn": format!("arn:aws:identitystore::{owner}:identitystore/{store}"),
        "OwnerAccountId": owner,
        "PrimaryRegion": state.instance.region,
        "CreatedDate": clock::seconds(state.started),
        "Status": "ACTIVE",
    })
}
