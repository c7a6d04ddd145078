//! Tags: of an account, an organizational unit or the root.

use serde::Deserialize;
use shared::{
    ids::{AccountId, OrganizationalUnitId},
    organization::Tags,
};

use super::errors;
use crate::{api_error::ApiError, state::State};

/// The most tags of one resource.
///
/// Source: <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_tagging.html>
const TAGS: usize = 50;

/// One tag.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Tag {
    key: String,
    value: String,
}

/// The tags of the resource with this id.
pub(super) fn of_resource<'a>(state: &'a mut State, id: &str) -> Result<&'a mut Tags, ApiError> {
    if let Ok(account) = id.parse::<AccountId>() {
        let member = state.members.get_mut(&account);
        return member.map(|member| &mut member.account.tags).ok_or_else(errors::target_not_found);
    }
    let unit = id
        .parse::<OrganizationalUnitId>()
        .ok()
        .and_then(|id| state.organizational_units.get_mut(&id));
    unit.map(|unit| &mut unit.tags).ok_or_else(errors::target_not_found)
}

/// The tags with the new ones among them, or what is wrong with the new ones.
pub(super) fn with(tags: &Tags, added: &[Tag]) -> Result<Tags, ApiError> {
    let mut tags = tags.clone();
    for tag in added {
        if tag.key.is_empty() || tag.key.to_lowercase().starts_with("aws:") {
            let message =
                format!("You provided a tag key that is empty or reserved: `{}`", tag.key);
            return Err(ApiError::new("InvalidInputException", message));
        }
        tags.insert(tag.key.clone(), tag.value.clone());
    }
    if tags.len() > TAGS {
        let message = format!("You have exceeded the allowed number of tags: {TAGS}");
        return Err(ApiError::new("ConstraintViolationException", message));
    }
    Ok(tags)
}
