//! `GetGroupId` and `GetUserId`: from a name to an id.

use serde::Deserialize;
use serde_json::{Value, json};
use shared::ids::IdentityStoreId;

use super::errors;
use crate::{api_error::ApiError, call::Call};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct GetIdRequest {
    identity_store_id: IdentityStoreId,
    alternate_identifier: AlternateIdentifier,
}

/// Ids that an external provider gave are not kept here.
#[derive(Debug, Deserialize)]
enum AlternateIdentifier {
    UniqueAttribute(UniqueAttribute),
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct UniqueAttribute {
    attribute_path: String,
    attribute_value: Value,
}

/// <https://docs.aws.amazon.com/singlesignon/latest/IdentityStoreAPIReference/API_GetGroupId.html>
pub(super) fn get_group_id(call: &mut Call<'_>, request: &GetIdRequest) -> Result<Value, ApiError> {
    let name = attribute(call, request, &["displayName"])?;
    // Names are unique, whatever their case.
    let mut groups = call.state.groups.values();
    let group = groups.find(|group| group.display_name.to_lowercase() == name.to_lowercase());
    let group = group.ok_or_else(|| errors::not_found("GROUP", name))?;
    Ok(json!({ "GroupId": group.id, "IdentityStoreId": request.identity_store_id }))
}

/// <https://docs.aws.amazon.com/singlesignon/latest/IdentityStoreAPIReference/API_GetUserId.html>
pub(super) fn get_user_id(call: &mut Call<'_>, request: &GetIdRequest) -> Result<Value, ApiError> {
    let name = attribute(call, request, &["userName", "emails.value"])?;
    let by_email = path(request).eq_ignore_ascii_case("emails.value");
    let mut users = call.state.users.values();
    let user = users.find(|user| {
        let value = if by_email { user.attributes.get("email") } else { Some(&user.user_name) };
        value.is_some_and(|value| value.to_lowercase() == name.to_lowercase())
    });
    let user = user.ok_or_else(|| errors::not_found("USER", name))?;
    Ok(json!({ "UserId": user.id, "IdentityStoreId": request.identity_store_id }))
}

/// The value that is looked for, if one of these attributes shall hold it.
fn attribute<'a>(
    call: &Call<'_>,
    request: &'a GetIdRequest,
    allowed: &[&str],
) -> Result<&'a str, ApiError> {
    errors::known_store(call.state, &request.identity_store_id)?;
    if !allowed.iter().any(|name| name.eq_ignore_ascii_case(path(request))) {
        return Err(
            call.invalid(format!("The attribute path `{}` is not supported.", path(request)))
        );
    }
    let AlternateIdentifier::UniqueAttribute(attribute) = &request.alternate_identifier;
    attribute
        .attribute_value
        .as_str()
        .ok_or_else(|| call.invalid("The attribute value is not text."))
}

fn path(request: &GetIdRequest) -> &str {
    let AlternateIdentifier::UniqueAttribute(attribute) = &request.alternate_identifier;
    &attribute.attribute_path
}
