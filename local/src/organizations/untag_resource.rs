//! `UntagResource`

use serde::Deserialize;
use serde_json::{Value, json};

use super::tags;
use crate::{api_error::ApiError, call::Call};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct UntagResourceRequest {
    resource_id: String,
    tag_keys: Vec<String>,
}

/// <https://docs.aws.amazon.com/organizations/latest/APIReference/API_UntagResource.html>
pub(super) fn untag_resource(
    call: &mut Call<'_>,
    request: &UntagResourceRequest,
) -> Result<Value, ApiError> {
    let tags = tags::of_resource(call.state, &request.resource_id)?;
    tags.retain(|key, _| !request.tag_keys.contains(key));
    Ok(json!({}))
}
