//! `TagResource`

use serde::Deserialize;
use serde_json::{Value, json};

use super::tags::{self, Tag};
use crate::{api_error::ApiError, call::Call};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct TagResourceRequest {
    resource_id: String,
    tags: Vec<Tag>,
}

/// <https://docs.aws.amazon.com/organizations/latest/APIReference/API_TagResource.html>
pub(super) fn tag_resource(
    call: &mut Call<'_>,
    request: &TagResourceRequest,
) -> Result<Value, ApiError> {
    let tags = tags::of_resource(call.state, &request.resource_id)?;
    *tags = tags::with(tags, &request.tags)?;
    Ok(json!({}))
}
