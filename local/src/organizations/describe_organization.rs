//! `DescribeOrganization`

use serde::de::IgnoredAny;
use serde_json::{Value, json};

use super::{errors, views};
use crate::{api_error::ApiError, call::Call};

/// <https://docs.aws.amazon.com/organizations/latest/APIReference/API_DescribeOrganization.html>
pub(super) fn describe_organization(
    call: &mut Call<'_>,
    _: &IgnoredAny,
) -> Result<Value, ApiError> {
    let facts = &call.state.facts;
    let management = &facts.management_account_id;
    let member = errors::known_account(call.state, management)?;
    Ok(json!({ "Organization": {
        "Id": facts.id,
        "Arn": format!("arn:aws:organizations::{management}:organization/{}", facts.id),
        "FeatureSet": "ALL",
        "MasterAccountArn": views::account_arn(call.state, management.as_str()),
        "MasterAccountId": management,
        "MasterAccountEmail": member.account.email,
        "AvailablePolicyTypes": [{ "Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED" }],
    } }))
}
