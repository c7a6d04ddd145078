//! `GetGroupId` and `GetUserId`: from a name to an id.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{errors, group, store::StoreId, user};
use crate::{api_error::ApiError, call::Call};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct GetIdRequest {
    identity_store_id: StoreId,
    alternate_identifier: AlternateIdentifier,
}

#[derive(Debug, Deserialize)]
enum AlternateIdentifier {
    UniqueAttribute(UniqueAttribute),
    /// What an external provider calls it. No group or user here has such an id.
    ExternalId(ExternalId),
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct UniqueAttribute {
    attribute_path: String,
    attribute_value: Value,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ExternalId {
    id: String,
}

/// <https://docs.aws.amazon.com/singlesignon/latest/IdentityStoreAPIReference/API_GetGroupId.html>
pub(super) fn get_group_id(call: &mut Call<'_>, request: &GetIdRequest) -> Result<Value, ApiError> {
    let (_, name) = request.attribute(call, "GROUP", &["displayName"])?;
    let id = call.state.groups.named(name).ok_or_else(|| errors::not_found("GROUP", name))?;
    Ok(Value::Object(Map::from_iter(group::identity(call.state, id))))
}

/// <https://docs.aws.amazon.com/singlesignon/latest/IdentityStoreAPIReference/API_GetUserId.html>
pub(super) fn get_user_id(call: &mut Call<'_>, request: &GetIdRequest) -> Result<Value, ApiError> {
    let (path, value) = request.attribute(call, "USER", &["userName", "emails.value"])?;
    let users = &call.state.users;
    let id = if path == "userName" { users.named(value) } else { users.at(value) };
    let id = id.ok_or_else(|| errors::not_found("USER", value))?;
    Ok(Value::Object(Map::from_iter(user::identity(call.state, id))))
}

impl GetIdRequest {
    /// Which of the allowed attributes shall have which value.
    fn attribute<'a>(
        &'a self,
        call: &Call<'_>,
        kind: &'static str,
        allowed: &[&'a str],
    ) -> Result<(&'a str, &'a str), ApiError> {
        self.identity_store_id.check(call.state)?;
        let attribute = match &self.alternate_identifier {
            AlternateIdentifier::UniqueAttribute(attribute) => attribute,
            AlternateIdentifier::ExternalId(external) => {
                return Err(errors::not_found(kind, &external.id));
            }
        };
        let path = allowed.iter().find(|path| path.eq_ignore_ascii_case(&attribute.attribute_path));
        let path = path.ok_or_else(|| {
            let path = &attribute.attribute_path;
            call.invalid(format!("The attribute {path} is not a unique attribute"))
        })?;
        let value = attribute.attribute_value.as_str().filter(|value| !value.is_empty());
        let value = value.ok_or_else(|| call.invalid("The attribute value is not text."))?;
        Ok((path, value))
    }
}
