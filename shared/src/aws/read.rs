//! Rows of AWS's answers to our types. A row that cannot be read makes the whole answer a failure: to leave it out
//! would be to take it for absent.

use aws_sdk_ssoadmin::types::{AccountAssignment, AccountAssignmentForPrincipal, PrincipalType};

use crate::{
    failure::CallFailure,
    ids::{AccountId, OrganizationalUnitId, PermissionSetArn},
    observe::SeenAccount,
    organization::{Assignment, Group, Principal},
};

use super::failure::{read_id, unreadable};

pub(super) fn read_account(
    operation: &'static str,
    account: &aws_sdk_organizations::types::Account,
) -> Result<SeenAccount, CallFailure> {
    let id: AccountId = read_id(operation, account.id())?;
    let missing = |what| unreadable(operation, format!("no {what} of account {id}"));
    Ok(SeenAccount {
        name: account.name().ok_or_else(|| missing("name"))?.to_owned(),
        // The only one that AWS is known to leave out.
        email: account.email().unwrap_or_default().to_owned(),
        state: account.state().ok_or_else(|| missing("state"))?.as_str().to_owned().into(),
        path: account.paths().first().map_or(Ok(Vec::new()), |path| read_path(operation, path))?,
        id,
    })
}

/// The root and the organizational units in `o-…/r-…/ou-…/123456789012/`, in that order.
fn read_path(
    operation: &'static str,
    path: &str,
) -> Result<Vec<OrganizationalUnitId>, CallFailure> {
    path.split('/')
        .filter(|segment| segment.starts_with("r-") || segment.starts_with("ou-"))
        .map(|segment| read_id(operation, Some(segment)))
        .collect()
}

pub(super) fn read_permission_sets(
    operation: &'static str,
    arns: &[String],
) -> Result<Vec<PermissionSetArn>, CallFailure> {
    arns.iter().map(|arn| read_id(operation, Some(arn))).collect()
}

/// A group may have no display name; no glob but `*` matches that.
pub(super) fn read_group(
    operation: &'static str,
    id: &str,
    display_name: Option<&str>,
) -> Result<Group, CallFailure> {
    Ok(Group {
        id: read_id(operation, Some(id))?,
        display_name: display_name.unwrap_or_default().to_owned(),
    })
}

pub(super) fn read_assignment(
    operation: &'static str,
    account: &AccountId,
    permission_set: &PermissionSetArn,
    row: &AccountAssignment,
) -> Result<Assignment, CallFailure> {
    Ok(Assignment {
        account_id: account.clone(),
        permission_set_arn: permission_set.clone(),
        principal: read_principal(operation, row.principal_type(), row.principal_id())?,
    })
}

/// A row of a listing by principal, which says in which account it is and of which permission set.
pub(super) fn read_assignment_of_principal(
    operation: &'static str,
    row: &AccountAssignmentForPrincipal,
) -> Result<Assignment, CallFailure> {
    Ok(Assignment {
        account_id: read_id(operation, row.account_id())?,
        permission_set_arn: read_id(operation, row.permission_set_arn())?,
        principal: read_principal(operation, row.principal_type(), row.principal_id())?,
    })
}

fn read_principal(
    operation: &'static str,
    kind: Option<&PrincipalType>,
    id: Option<&str>,
) -> Result<Principal, CallFailure> {
    match kind {
        Some(PrincipalType::Group) => read_id(operation, id).map(Principal::Group),
        Some(PrincipalType::User) => read_id(operation, id).map(Principal::User),
        other => {
            let kind = other.map_or("none", PrincipalType::as_str);
            Err(unreadable(operation, format!("unknown principal type `{kind}`")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::organization::AccountState;
    use aws_sdk_organizations::types::Account;

    const GROUP: &str = "b4a83468-d051-70a3-0b2c-5a4f3e2d1c0b";

    fn account(path: &str) -> Account {
        Account::builder()
            .id("210987654321")
            .name("pay-prod")
            .email("pay@example.com")
            .state("ACTIVE".into())
            .paths(path)
            .build()
    }

    #[test]
    fn the_path_of_an_account_goes_from_the_root_to_its_parent() {
        let path = "o-a1b2c3d4e5/r-ab12/ou-ab12-c3d4e5f6/ou-ab12-d4e5f6a7/210987654321/";
        let seen = read_account("x", &account(path)).unwrap();
        let path: Vec<&str> = seen.path.iter().map(OrganizationalUnitId::as_str).collect();
        assert_eq!(path, ["r-ab12", "ou-ab12-c3d4e5f6", "ou-ab12-d4e5f6a7"]);
        assert_eq!((seen.state, seen.name.as_str()), (AccountState::Active, "pay-prod"));
    }

    #[test]
    fn an_account_without_a_path_is_read() {
        let mut without = account("");
        without.paths = None;
        assert_eq!(read_account("x", &without).unwrap().path, []);
    }

    #[test]
    fn an_account_that_cannot_be_read_is_a_failure() {
        let mut nameless = account("o-a1b2c3d4e5/r-ab12/210987654321/");
        nameless.name = None;
        for account in
            [nameless, account("o-a1b2c3d4e5/r-AB12/210987654321/"), Account::builder().build()]
        {
            assert_eq!(read_account("x", &account).unwrap_err().code, "UnreadableAnswer");
        }
    }

    #[test]
    fn an_assignment_of_an_unknown_kind_is_a_failure() {
        let account: AccountId = "210987654321".parse().unwrap();
        let set: PermissionSetArn =
            "arn:aws:sso:::permissionSet/ssoins-7223aaaabbbbcccc/ps-1111222233334444"
                .parse()
                .unwrap();
        let row = |kind: &str, id: &str| {
            AccountAssignment::builder().principal_type(kind.into()).principal_id(id).build()
        };
        let read = |kind, id| read_assignment("x", &account, &set, &row(kind, id));
        assert_eq!(read("GROUP", GROUP).unwrap().principal.kind(), "GROUP");
        assert_eq!(read("USER", GROUP).unwrap().principal.kind(), "USER");
        for (kind, id) in [("ROBOT", GROUP), ("GROUP", "Engineering"), ("", GROUP)] {
            assert_eq!(read(kind, id).unwrap_err().code, "UnreadableAnswer");
        }
    }
}
