//! Events of IAM Identity Center: assignments and permission sets that somebody changed.
//!
//! An assignment event says that a change was accepted, not that it was made: where to look, as
//! every other.

use crate::organization::{Assignment, Principal};

use super::{
    About, Lead, Scope,
    event::{Event, EventKey},
};

pub(super) fn lead(event: Event<'_>) -> Lead {
    let EventKey { kind, name, .. } = event.key();
    match (kind, name) {
        ("AwsApiCall", "CreateAccountAssignment" | "DeleteAccountAssignment") => {
            let account = event.text("/detail/requestParameters/targetId");
            let by_role = event.role_arn().map(str::to_owned);
            Lead::at(event, ("account", account), Scope::account, About::Assignments { by_role })
        }
        ("AwsApiCall", "CreatePermissionSet") => {
            let arn = event.text("/detail/responseElements/permissionSet/permissionSetArn");
            let about = About::PermissionSets;
            Lead::at(event, ("permission set", arn), Scope::permission_set, about)
        }
        ("AwsApiCall", "DeletePermissionSet") => {
            Lead::ignore("a permission set goes only when nobody has it any more")
        }
        _ => Lead::ignore(format!("{name} ({kind}) does not change who has what")),
    }
}

/// The assignment that an event says somebody asked to be made or taken away: who changed what, for
/// announcements. Nothing, where the event is about something else, or does not say all of it.
#[must_use]
pub fn changed_assignment(event: Event<'_>) -> Option<Assignment> {
    let EventKey { source, name, .. } = event.key();
    let is_change = ["CreateAccountAssignment", "DeleteAccountAssignment"].contains(&name);
    if source != "sso.amazonaws.com" || !is_change {
        return None;
    }
    let asked = |field: &str| event.text(&format!("/detail/requestParameters/{field}"));
    let id = asked("principalId")?;
    Some(Assignment {
        account_id: asked("targetId")?.parse().ok()?,
        permission_set_arn: asked("permissionSetArn")?.parse().ok()?,
        principal: match asked("principalType")? {
            "GROUP" => Principal::Group(id.parse().ok()?),
            "USER" => Principal::User(id.parse().ok()?),
            _ => return None,
        },
    })
}
