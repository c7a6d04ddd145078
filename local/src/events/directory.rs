//! A change of groups, users and memberships, before anybody has put it into words.

use serde_json::Value;
use shared::organization::Membership;

use crate::api_error::ApiError;

/// What happened, or was tried. Ids are empty where a failed call did not name them.
#[derive(Debug)]
pub(super) enum Change {
    GroupCreated { group: String },
    GroupUpdated { group: String, attributes: Vec<String> },
    GroupDeleted { group: String },
    MemberAdded { group: String, user: String },
    MemberRemoved { group: String, user: String },
    UserCreated { user: String },
    UserUpdated { user: String, attributes: Vec<String> },
    UserDeleted { user: String },
}

impl Change {
    /// The change that an operation of the Identity Store's API makes, if it makes one.
    pub(super) fn new(
        operation: &str,
        request: &Value,
        before: Option<&Membership>,
        answer: &Result<Value, ApiError>,
    ) -> Option<Self> {
        let asked = |pointer: &str| text(request, pointer);
        let made =
            |pointer| answer.as_ref().map(|answer| text(answer, pointer)).unwrap_or_default();
        Some(match operation {
            "CreateGroup" => Self::GroupCreated { group: made("/GroupId") },
            "UpdateGroup" => {
                Self::GroupUpdated { group: asked("/GroupId"), attributes: attributes(request) }
            }
            "DeleteGroup" => Self::GroupDeleted { group: asked("/GroupId") },
            "CreateGroupMembership" => {
                Self::MemberAdded { group: asked("/GroupId"), user: asked("/MemberId/UserId") }
            }
            "DeleteGroupMembership" => Self::MemberRemoved {
                group: before.map(|before| before.group_id.to_string()).unwrap_or_default(),
                user: before.map(|before| before.user_id.to_string()).unwrap_or_default(),
            },
            "CreateUser" => Self::UserCreated { user: made("/UserId") },
            "UpdateUser" => {
                Self::UserUpdated { user: asked("/UserId"), attributes: attributes(request) }
            }
            "DeleteUser" => Self::UserDeleted { user: asked("/UserId") },
            _ => return None,
        })
    }
}

/// The bare id or text at a JSON pointer.
fn text(value: &Value, pointer: &str) -> String {
    let text = value.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    // The API takes ids as ARNs too: `arn:aws:identitystore:::group/ID`.
    text.rsplit('/').next().unwrap_or_default().to_owned()
}

fn attributes(request: &Value) -> Vec<String> {
    let operations = request.get("Operations").and_then(Value::as_array);
    let paths = operations.into_iter().flatten().filter_map(|operation| {
        operation.get("AttributePath").and_then(Value::as_str).map(str::to_owned)
    });
    paths.collect()
}
