//! Who has which permission set in which account, found from any of the three.
//!
//! A permission set is *provisioned* to an account as an IAM role. The first assignment does that,
//! and the last to go takes the role with it; a role may also be there without any assignment.

use std::collections::{BTreeMap, BTreeSet};

use shared::{
    ids::{AccountId, PermissionSetArn},
    organization::{Assignment, Principal},
};

use crate::multimap::Multimap;

/// All assignments. Their three indices are changed here only, and together.
#[derive(Debug, Default)]
pub(crate) struct Assignments {
    roles: BTreeMap<AccountId, BTreeMap<PermissionSetArn, Role>>,
    accounts: Multimap<PermissionSetArn, AccountId>,
    places: Multimap<Principal, Place>,
}

/// An account, and a permission set that a principal has there.
pub(crate) type Place = (AccountId, PermissionSetArn);

/// A permission set as it is in an account.
#[derive(Debug)]
struct Role {
    /// Which of the permission set's revisions it was made from.
    revision: u64,
    principals: BTreeSet<Principal>,
}

impl Assignments {
    /// Adds an assignment. The role is made from this revision of the permission set, unless it is
    /// there already: an older one stays as it is until it is provisioned again.
    ///
    /// Source: <https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_CreateAccountAssignment.html>
    pub(crate) fn insert(&mut self, assignment: Assignment, revision: u64) {
        let Assignment { account_id, permission_set_arn, principal } = assignment;
        let (account, set) = self.known(account_id, permission_set_arn);
        let principal = self.places.key(&principal).cloned().unwrap_or(principal);
        if !self.is_provisioned(&account, &set) {
            self.provision(account.clone(), set.clone(), revision);
        }
        if let Some(role) = self.roles.get_mut(&account).and_then(|roles| roles.get_mut(&set)) {
            role.principals.insert(principal.clone());
        }
        self.places.insert(principal, (account, set));
    }

    /// Takes an assignment away, and the role with the last one; or says that there was none.
    pub(crate) fn remove(&mut self, assignment: &Assignment) -> bool {
        let Assignment { account_id, permission_set_arn, principal } = assignment;
        let roles = self.roles.get_mut(account_id);
        let Some(role) = roles.and_then(|roles| roles.get_mut(permission_set_arn)) else {
            return false;
        };
        let was_there = role.principals.remove(principal);
        if was_there && role.principals.is_empty() {
            self.remove_role(account_id, permission_set_arn);
        }
        self.remove_place(principal, account_id, permission_set_arn);
        was_there
    }

    /// Makes the role from this revision of the permission set, with or without assignments.
    pub(crate) fn provision(&mut self, account: AccountId, set: PermissionSetArn, revision: u64) {
        let (account, set) = self.known(account, set);
        self.accounts.insert(set.clone(), account.clone());
        let role = self.roles.entry(account).or_default().entry(set);
        role.or_insert_with(|| Role { revision, principals: BTreeSet::new() }).revision = revision;
    }

    /// All that an account had leaves with it.
    pub(crate) fn remove_account(&mut self, account: &AccountId) {
        for (set, role) in self.roles.remove(account).unwrap_or_default() {
            self.accounts.remove(&set, account);
            for principal in role.principals {
                self.remove_place(&principal, account, &set);
            }
        }
    }

    /// Forgets the roles of a permission set that nobody is assigned any more.
    pub(crate) fn remove_permission_set(&mut self, set: &PermissionSetArn) {
        for account in self.accounts.remove_key(set) {
            self.remove_role(&account, set);
        }
    }

    pub(crate) fn contains(&self, assignment: &Assignment) -> bool {
        self.role(&assignment.account_id, &assignment.permission_set_arn)
            .is_some_and(|role| role.principals.contains(&assignment.principal))
    }

    /// Whether the account has a role of this permission set.
    pub(crate) fn is_provisioned(&self, account: &AccountId, set: &PermissionSetArn) -> bool {
        self.role(account, set).is_some()
    }

    /// Whether anybody has this permission set anywhere.
    pub(crate) fn is_assigned(&self, set: &PermissionSetArn) -> bool {
        let mut accounts = self.accounts.get(set);
        accounts.any(|account| self.principals(account, set).next().is_some())
    }

    /// By account, permission set and principal.
    pub(crate) fn iter(&self) -> impl Iterator<Item = Assignment> {
        self.roles.iter().flat_map(|(account, roles)| {
            roles.iter().flat_map(move |(set, role)| {
                role.principals.iter().map(move |principal| Assignment {
                    account_id: account.clone(),
                    permission_set_arn: set.clone(),
                    principal: principal.clone(),
                })
            })
        })
    }

    /// Who has this permission set in this account.
    pub(crate) fn principals(
        &self,
        account: &AccountId,
        set: &PermissionSetArn,
    ) -> impl Iterator<Item = &Principal> {
        self.role(account, set).into_iter().flat_map(|role| &role.principals)
    }

    /// What a principal has itself, by account and permission set.
    pub(crate) fn places(&self, principal: &Principal) -> impl Iterator<Item = &Place> {
        self.places.get(principal)
    }

    /// The permission sets that are provisioned to an account, each in which revision.
    pub(crate) fn permission_sets(
        &self,
        account: &AccountId,
    ) -> impl Iterator<Item = (&PermissionSetArn, u64)> {
        let roles = self.roles.get(account).into_iter().flatten();
        roles.map(|(set, role)| (set, role.revision))
    }

    /// The accounts that a permission set is provisioned to, each in which revision.
    pub(crate) fn accounts(
        &self,
        set: &PermissionSetArn,
    ) -> impl Iterator<Item = (&AccountId, u64)> {
        let accounts = self.accounts.get(set);
        accounts.filter_map(move |account| Some((account, self.role(account, set)?.revision)))
    }

    fn role(&self, account: &AccountId, set: &PermissionSetArn) -> Option<&Role> {
        self.roles.get(account)?.get(set)
    }

    fn remove_role(&mut self, account: &AccountId, set: &PermissionSetArn) {
        self.accounts.remove(set, account);
        if let Some(roles) = self.roles.get_mut(account) {
            roles.remove(set);
            if roles.is_empty() {
                self.roles.remove(account);
            }
        }
    }

    fn remove_place(&mut self, principal: &Principal, account: &AccountId, set: &PermissionSetArn) {
        self.places.remove(principal, &(account.clone(), set.clone()));
    }

    /// The same ids, in the text that is already here: half a million assignments share a few
    /// thousand of them.
    fn known(&self, account: AccountId, set: PermissionSetArn) -> Place {
        let known = self.roles.get_key_value(&account).map(|(known, _)| known.clone());
        let set = self.accounts.key(&set).cloned().unwrap_or(set);
        (known.unwrap_or(account), set)
    }
}

impl FromIterator<Assignment> for Assignments {
    /// As if each permission set had never changed.
    fn from_iter<Iter: IntoIterator<Item = Assignment>>(assignments: Iter) -> Self {
        let mut all = Self::default();
        for assignment in assignments {
            all.insert(assignment, 0);
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use shared::ids::GroupId;

    use super::*;

    fn account(number: u32) -> AccountId {
        format!("{number:012}").parse().unwrap()
    }

    fn set(number: u32) -> PermissionSetArn {
        format!("arn:aws:sso:::permissionSet/ssoins-6508b0b5c0ffee01/ps-{number:016}")
            .parse()
            .unwrap()
    }

    fn group(number: u32) -> Principal {
        let id: GroupId = format!("b0b00000-0001-70a1-8c11-{number:012}").parse().unwrap();
        Principal::Group(id)
    }

    fn assignment((in_account, of_set, to_group): (u32, u32, u32)) -> Assignment {
        Assignment {
            account_id: account(in_account),
            permission_set_arn: set(of_set),
            principal: group(to_group),
        }
    }

    /// Whatever was inserted and removed, each way of asking agrees with the plain list.
    #[track_caller]
    fn check(all: &Assignments, expected: &[(u32, u32, u32)]) {
        let expected: BTreeSet<Assignment> = expected.iter().copied().map(assignment).collect();
        assert_eq!(all.iter().collect::<BTreeSet<_>>(), expected);
        for number in 0..4 {
            let found: Vec<Assignment> = all
                .places(&group(number))
                .map(|(account_id, permission_set_arn)| Assignment {
                    account_id: account_id.clone(),
                    permission_set_arn: permission_set_arn.clone(),
                    principal: group(number),
                })
                .collect();
            let theirs = expected.iter().filter(|one| one.principal == group(number));
            assert_eq!(found, theirs.cloned().collect::<Vec<_>>());
            assert_eq!(
                all.is_assigned(&set(number)),
                expected.iter().any(|one| one.permission_set_arn == set(number))
            );
        }
    }

    #[test]
    fn all_indices_agree() {
        let rows = [(1, 1, 1), (1, 1, 2), (1, 2, 1), (2, 1, 1), (3, 3, 3)];
        let mut all: Assignments = rows.into_iter().map(assignment).collect();
        check(&all, &rows);
        assert!(all.remove(&assignment((1, 1, 1))));
        assert!(!all.remove(&assignment((1, 1, 1))));
        check(&all, &rows[1..]);
        all.remove_account(&account(1));
        check(&all, &rows[3..]);
    }

    #[test]
    fn a_role_goes_with_its_last_assignment() {
        let mut all: Assignments = [(1, 1, 1), (1, 1, 2)].into_iter().map(assignment).collect();
        all.remove(&assignment((1, 1, 1)));
        assert!(all.is_provisioned(&account(1), &set(1)));
        all.remove(&assignment((1, 1, 2)));
        assert!(!all.is_provisioned(&account(1), &set(1)));
        assert_eq!(all.accounts(&set(1)).count() + all.permission_sets(&account(1)).count(), 0);
    }

    #[test]
    fn a_role_may_be_there_without_assignments() {
        let mut all = Assignments::default();
        all.provision(account(1), set(1), 3);
        assert!(!all.is_assigned(&set(1)));
        assert_eq!(all.permission_sets(&account(1)).collect::<Vec<_>>(), [(&set(1), 3)]);
        all.remove(&assignment((1, 1, 1)));
        assert!(all.is_provisioned(&account(1), &set(1)));
        all.remove_permission_set(&set(1));
        assert!(!all.is_provisioned(&account(1), &set(1)));
    }

    #[test]
    fn an_assignment_does_not_renew_the_role() {
        let mut all: Assignments = [(1, 1, 1)].into_iter().map(assignment).collect();
        all.insert(assignment((1, 1, 2)), 5);
        assert_eq!(all.accounts(&set(1)).collect::<Vec<_>>(), [(&account(1), 0)]);
        all.provision(account(1), set(1), 5);
        assert_eq!(all.accounts(&set(1)).collect::<Vec<_>>(), [(&account(1), 5)]);
        assert_eq!(all.principals(&account(1), &set(1)).count(), 2);
    }

    #[test]
    fn ids_are_kept_once() {
        let all: Assignments = [(1, 1, 1), (1, 1, 2)].into_iter().map(assignment).collect();
        let text = |place: &Place| place.1.as_str().as_ptr();
        let first = all.places(&group(1)).map(text).next();
        assert_eq!(first, all.places(&group(2)).map(text).next());
    }
}
