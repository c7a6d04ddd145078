//! Events about groups, their members and users, from each of the directory's four voices: the
//! console (`sso-directory`), the API (`identitystore`), provisioning (`identitystore-scim`), and the
//! directory's own notifications, which need no trail.
//!
//! They name the same things in different places, and since July 2025 no group by its name. So an id
//! is looked for wherever one of them puts it. An event that says that something has changed, and not
//! what, leads everywhere: that costs a sweep, and leaves nobody with access that is over.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::ids::{GroupId, UserId};

use super::{
    About, Attributes, Lead, Scope,
    event::{Event, EventKey},
};

const SCIM: &str = "identitystore-scim.amazonaws.com";

pub(super) fn lead(event: Event<'_>) -> Lead {
    let EventKey { source, kind, name } = event.key();
    match (kind, name) {
        ("", "") => notification(event),
        (
            "AwsApiCall",
            "CreateGroup" | "UpdateGroup" | "UpdateGroupDisplayName" | "DeleteGroup",
        ) => group(event, About::Group),
        ("AwsApiCall", "PatchGroup" | "PutGroup") => group(event, patched(event)),
        (
            "AwsApiCall",
            "AddMemberToGroup"
            | "RemoveMemberFromGroup"
            | "CreateGroupMembership"
            | "DeleteGroupMembership",
        ) => membership(event),
        ("AwsApiCall", "DeleteUser") => user(event, About::UserGone),
        (
            "AwsApiCall",
            "CreateUser" | "UpdateUser" | "PatchUser" | "PutUser" | "EnableUser" | "DisableUser"
            | "UpdateUserName",
        ) => user(event, About::User(attributes(event))),
        _ => Lead::ignore(format!("{name} ({source}, {kind}) changes neither groups nor users")),
    }
}

/// A notification of the directory itself. What it carries is not published, so the ids are looked
/// for in its resources and its detail, and its type is read as words.
fn notification(event: Event<'_>) -> Lead {
    let what = event.detail_type();
    let about = if what.contains("Membership") {
        About::Members
    } else if what.starts_with("Group") {
        About::Group
    } else if what == "User Deleted" {
        About::UserGone
    } else if what.starts_with("User") {
        About::User(Attributes::Any)
    } else {
        return Lead::ignore(format!("`{what}` is about neither groups nor users"));
    };
    let resources = event.value("/resources").and_then(Value::as_array);
    let arns: Vec<&str> = resources.into_iter().flatten().filter_map(Value::as_str).collect();
    let of_kind = |kind: &'static str| arns.iter().copied().filter(move |arn| arn.contains(kind));
    let groups = of_kind(":group/").chain(event.text("/detail/group-id"));
    let users = of_kind(":user/").chain(event.text("/detail/user-id"));
    somewhere(
        Scope {
            groups: groups.filter_map(|id| id.parse().ok()).collect(),
            users: users.filter_map(|id| id.parse().ok()).collect(),
            ..Scope::default()
        },
        about,
    )
}

fn group(event: Event<'_>, about: About) -> Lead {
    somewhere(group_id(event).map(Scope::group).unwrap_or_default(), about)
}

/// Both the group and whoever came or went, as far as they are named. SCIM hides who, and the API
/// names only the membership that was deleted.
fn membership(event: Event<'_>) -> Lead {
    let scope = group_id(event).map(Scope::group).unwrap_or_default();
    let member =
        ["/detail/requestParameters/member/memberId", "/detail/requestParameters/memberId/userId"];
    let member = member.into_iter().find_map(|pointer| event.text(pointer)?.parse().ok());
    somewhere(scope.merge(member.map(Scope::user).unwrap_or_default()), About::Members)
}

fn user(event: Event<'_>, about: About) -> Lead {
    somewhere(user_id(event).map(Scope::user).unwrap_or_default(), about)
}

fn somewhere(scope: Scope, about: About) -> Lead {
    Lead::look(if scope.is_empty() { Scope::everything() } else { scope }, about)
}

fn group_id(event: Event<'_>) -> Option<GroupId> {
    let own = [
        "/detail/requestParameters/groupId",
        "/detail/responseElements/group/groupId",
        "/detail/responseElements/groupId",
    ];
    first_id(event, &own).or_else(|| scim_id(event))
}

fn user_id(event: Event<'_>) -> Option<UserId> {
    let own = [
        "/detail/requestParameters/userId",
        "/detail/responseElements/user/userId",
        "/detail/responseElements/userId",
    ];
    first_id(event, &own).or_else(|| scim_id(event))
}

fn first_id<Id: std::str::FromStr>(event: Event<'_>, pointers: &[&str]) -> Option<Id> {
    pointers.iter().find_map(|pointer| event.text(pointer)?.parse().ok())
}

/// SCIM calls everything `id`.
fn scim_id<Id: std::str::FromStr>(event: Event<'_>) -> Option<Id> {
    let is_scim = event.key().source == SCIM;
    let pointers = ["/detail/requestParameters/id", "/detail/responseElements/id"];
    is_scim.then(|| first_id(event, &pointers)).flatten()
}

/// A patch that says that it is about members only leaves the group's name as it was.
fn patched(event: Event<'_>) -> About {
    let operations = event.value("/detail/requestParameters/httpBody/operations");
    let operations = operations.and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let is_about_members = |operation: &Value| {
        let path = operation.get("path").and_then(Value::as_str).unwrap_or_default();
        path == "members" || path.starts_with("members[")
    };
    let only_members = !operations.is_empty() && operations.iter().all(is_about_members);
    if only_members { About::Members } else { About::Group }
}

/// The attributes that an update of a user names, in the names of the rules language.
fn attributes(event: Event<'_>) -> Attributes {
    let operations =
        ["/detail/requestParameters/operations", "/detail/requestParameters/httpBody/operations"];
    let operations = operations.into_iter().find_map(|pointer| event.value(pointer)?.as_array());
    let path = |operation: &Value| {
        let path = operation.get("attributePath").or_else(|| operation.get("path"))?;
        path.as_str().map(attribute)
    };
    // One operation without its path may be about anything.
    let named = operations.and_then(|all| all.iter().map(path).collect::<Option<BTreeSet<_>>>());
    named.filter(|named| !named.is_empty()).map_or(Attributes::Any, Attributes::These)
}

/// `urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:costCenter`,
/// `aws:identitystore:enterprise.costCenter` and `costCenter` are all `cost_center`;
/// `emails[type eq "work"].value` is `email`.
fn attribute(path: &str) -> String {
    let path = path.split('[').next().unwrap_or_default();
    let name = path.rsplit(':').next().unwrap_or_default();
    let name = name.strip_prefix("enterprise.").unwrap_or(name);
    if name == "emails" || name.starts_with("emails.") {
        return "email".to_owned();
    }
    let snake = name.chars().flat_map(|c| {
        let begins_word = c.is_ascii_uppercase().then_some('_');
        begins_word.into_iter().chain([c.to_ascii_lowercase()])
    });
    snake.collect()
}
