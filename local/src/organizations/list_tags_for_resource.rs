//! `ListTagsForResource`

use serde::Deserialize;
use serde_json::{Value, json};

use super::tags;
use crate::{
    api_error::ApiError,
    call::Call,
    paging::{ORGANIZATIONS_PAGE, PageRequest},
};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListTagsForResourceRequest {
    resource_id: String,
    #[serde(flatten)]
    page: PageRequest,
}

/// <https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListTagsForResource.html>
pub(super) fn list_tags_for_resource(
    call: &mut Call<'_>,
    request: &ListTagsForResourceRequest,
) -> Result<Value, ApiError> {
    let tags = tags::of_resource(call.state, &request.resource_id)?;
    let tags = tags.iter().map(|(key, value)| json!({ "Key": key, "Value": value })).collect();
    call.page("Tags", ORGANIZATIONS_PAGE, &request.page, tags)
}
