//! Tags: of an account, an organizational unit or the root.

use std::collections::BTreeSet;

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

/// The longest key and the longest value.
///
/// Unit: characters. Source: <https://docs.aws.amazon.com/organizations/latest/APIReference/API_Tag.html>
const KEY: usize = 128;
const VALUE: usize = 256;

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
        return state.members.tags_mut(&account).ok_or_else(errors::target_not_found);
    }
    let unit = id
        .parse::<OrganizationalUnitId>()
        .map_err(|wrong| errors::invalid_input("INVALID_PATTERN", wrong.to_string()))?;
    state.organizational_units.tags_mut(&unit).ok_or_else(errors::target_not_found)
}

/// The tags with the new ones among them, or what is wrong with the new ones.
pub(super) fn with(tags: &Tags, added: &[Tag]) -> Result<Tags, ApiError> {
    let mut tags = tags.clone();
    let mut keys = BTreeSet::new();
    for tag in added {
        check(tag)?;
        if !keys.insert(&tag.key) {
            let message = format!("You provided the tag key `{}` more than once.", tag.key);
            return Err(errors::invalid_input("DUPLICATE_TAG_KEY", message));
        }
        tags.insert(tag.key.clone(), tag.value.clone());
    }
    if tags.len() > TAGS {
        let message = format!("You have exceeded the allowed number of tags: {TAGS}");
        return Err(errors::constraint("MAX_TAG_LIMIT_EXCEEDED", message));
    }
    Ok(tags)
}

fn check(tag: &Tag) -> Result<(), ApiError> {
    errors::check_length(&tag.key, 1, KEY)?;
    errors::check_length(&tag.value, 0, VALUE)?;
    if tag.key.to_lowercase().starts_with("aws:") {
        let message = format!("You provided a tag key that is reserved: `{}`", tag.key);
        return Err(errors::invalid_input("INVALID_SYSTEM_TAGS_PARAMETER", message));
    }
    Ok(())
}
