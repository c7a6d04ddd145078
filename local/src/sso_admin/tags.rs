//! Tags of permission sets and of the instance: `TagResource`, `UntagResource` and
//! `ListTagsForResource`.

use serde::Deserialize;
use serde_json::{Value, json};
use shared::{
    ids::{InstanceArn, PermissionSetArn},
    organization::Tags,
};

use super::{delegated, errors};
use crate::{
    api_error::ApiError,
    call::Call,
    paging::{IDENTITY_CENTER_PAGE, PageRequest},
};

/// The most tags of one resource.
///
/// Unit: tags. Source: <https://docs.aws.amazon.com/singlesignon/latest/userguide/tagging.html>
const TAGS: usize = 50;

/// One tag.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Tag {
    key: String,
    value: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Resource {
    instance_arn: Option<InstanceArn>,
    resource_arn: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct TagRequest {
    #[serde(flatten)]
    resource: Resource,
    tags: Vec<Tag>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct UntagRequest {
    #[serde(flatten)]
    resource: Resource,
    tag_keys: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListTagsRequest {
    #[serde(flatten)]
    resource: Resource,
    #[serde(flatten)]
    page: PageRequest,
}

/// <https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_TagResource.html>
pub(super) fn tag(call: &mut Call<'_>, request: &TagRequest) -> Result<Value, ApiError> {
    let tags = with(call, request.resource.tags(call)?, &request.tags)?;
    *request.resource.tags_mut(call)? = tags;
    Ok(json!({}))
}

/// <https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_UntagResource.html>
pub(super) fn untag(call: &mut Call<'_>, request: &UntagRequest) -> Result<Value, ApiError> {
    let tags = request.resource.tags_mut(call)?;
    tags.retain(|key, _| !request.tag_keys.contains(key));
    Ok(json!({}))
}

/// <https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_ListTagsForResource.html>
pub(super) fn list(call: &mut Call<'_>, request: &ListTagsRequest) -> Result<Value, ApiError> {
    call.list(
        "Tags",
        IDENTITY_CENTER_PAGE,
        &request.page,
        request.resource.tags(call)?,
        |(key, _)| key.as_str().into(),
        |(key, value)| json!({ "Key": key, "Value": value }),
    )
}

/// The tags with the new ones among them, or what is wrong with the new ones.
pub(super) fn with(call: &Call<'_>, tags: &Tags, added: &[Tag]) -> Result<Tags, ApiError> {
    let mut tags = tags.clone();
    for Tag { key, value } in added {
        let is_reserved = key.to_lowercase().starts_with("aws:");
        if !(1..=128).contains(&key.chars().count()) || !key.chars().all(fits) || is_reserved {
            return Err(call.invalid(format!("the tag key `{key}` is not allowed, or reserved")));
        }
        if value.chars().count() > 256 || !value.chars().all(fits) {
            return Err(call.invalid(format!("the value of the tag `{key}` is not allowed")));
        }
        tags.insert(key.clone(), value.clone());
    }
    if tags.len() > TAGS {
        return Err(errors::quota_exceeded(TAGS, "tags of a resource"));
    }
    Ok(tags)
}

/// The pattern is `[\p{L}\p{Z}\p{N}_.:/=+\-@]*`.
fn fits(letter: char) -> bool {
    letter.is_alphanumeric() || letter == ' ' || "_.:/=+-@".contains(letter)
}

impl Resource {
    fn tags<'a>(&self, call: &'a Call<'_>) -> Result<&'a Tags, ApiError> {
        self.check_instance(call)?;
        match self.permission_set() {
            Some(set) => Ok(&errors::known_permission_set(call.state, &set)?.tags),
            None => Ok(&call.state.instance_tags),
        }
    }

    fn tags_mut<'a>(&self, call: &'a mut Call<'_>) -> Result<&'a mut Tags, ApiError> {
        self.check_instance(call)?;
        let Some(set) = self.permission_set() else { return Ok(&mut call.state.instance_tags) };
        delegated::may_change_permission_set(call, &set)?;
        let details = call.state.permission_sets.get_mut(&set);
        Ok(&mut details.ok_or_else(|| errors::no_permission_set(&set))?.tags)
    }

    /// Both ARNs lead to the instance, if it is not a permission set that is tagged.
    fn check_instance(&self, call: &Call<'_>) -> Result<(), ApiError> {
        if let Some(instance) = &self.instance_arn {
            errors::known_instance(call.state, instance)?;
        }
        match (self.permission_set(), self.resource_arn.parse()) {
            (Some(_), _) => Ok(()),
            (None, Ok(instance)) => errors::known_instance(call.state, &instance),
            (None, Err(_)) => Err(call.invalid(format!(
                "`{}` is not the ARN of a permission set or of an instance",
                self.resource_arn
            ))),
        }
    }

    fn permission_set(&self) -> Option<PermissionSetArn> {
        self.resource_arn.parse().ok()
    }
}
