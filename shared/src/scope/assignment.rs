//! Events of IAM Identity Center: assignments and permission sets that somebody changed.
//!
//! An assignment event says that a change was accepted, not that it was made: where to look, as
//! every other.

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
