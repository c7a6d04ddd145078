//! The accounts of the organization, and where each of them is.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use shared::{
    ids::{AccountId, OrganizationalUnitId},
    organization::{Account, AccountState, Tags},
};

use crate::{
    multimap::Multimap,
    paging::{self, PageRequest},
};

/// An account, and how and since when it has belonged to the organization.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    pub(crate) account: Account,
    pub(crate) joined: DateTime<Utc>,
    pub(super) joined_method: JoinedMethod,
}

/// How an account came to belong to the organization.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum JoinedMethod {
    Created,
    Invited,
}

impl JoinedMethod {
    /// As AWS writes it.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Created => "CREATED",
            Self::Invited => "INVITED",
        }
    }
}

/// The accounts, found by id, by parent and by e-mail address.
///
/// What the look-ups go by, a parent and an address, changes through methods of this type only, so
/// that the accounts and the ways to find them never disagree.
#[derive(Debug, Default)]
pub(crate) struct Accounts {
    members: BTreeMap<AccountId, Member>,
    of_parent: Multimap<OrganizationalUnitId, AccountId>,
    /// In lower case.
    of_email: Multimap<String, AccountId>,
}

impl Accounts {
    /// The accounts of a snapshot. The management account has founded the organization, which AWS
    /// counts as an invitation.
    pub(crate) fn of_snapshot(
        accounts: Vec<Account>,
        management: &AccountId,
        joined: DateTime<Utc>,
    ) -> Self {
        let mut all = Self::default();
        for account in accounts {
            let founder = account.id == *management;
            let joined_method = if founder { JoinedMethod::Invited } else { JoinedMethod::Created };
            all.insert(Member { account, joined, joined_method });
        }
        all
    }

    pub(crate) fn get(&self, id: &AccountId) -> Option<&Member> {
        self.members.get(id)
    }

    pub(crate) fn contains_key(&self, id: &AccountId) -> bool {
        self.members.contains_key(id)
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = &AccountId> {
        self.members.keys()
    }

    /// Those from which a list goes on.
    pub(super) fn rest(
        &self,
        operation: &str,
        request: &PageRequest,
    ) -> impl Iterator<Item = &Member> {
        paging::rest(&self.members, operation, request)
    }

    pub(crate) fn values(&self) -> impl Iterator<Item = &Member> {
        self.members.values()
    }

    /// The accounts right below this root or organizational unit.
    pub(super) fn of_parent(&self, parent: &OrganizationalUnitId) -> impl Iterator<Item = &Member> {
        self.of_parent.get(parent).filter_map(|id| self.members.get(id))
    }

    /// Whether an account has this address. Addresses are compared without their case.
    pub(super) fn has_email(&self, email: &str) -> bool {
        self.of_email.contains_key(&email.to_lowercase())
    }

    /// Adds an account, or puts it in the place of the one with its id.
    pub(super) fn insert(&mut self, member: Member) {
        let account = &member.account;
        let id = account.id.clone();
        self.remove(&id);
        self.of_parent.insert(account.parent_id.clone(), id.clone());
        self.of_email.insert(account.email.to_lowercase(), id.clone());
        self.members.insert(id, member);
    }

    pub(super) fn remove(&mut self, id: &AccountId) -> Option<Member> {
        let member = self.members.remove(id)?;
        self.of_parent.remove(&member.account.parent_id, id);
        self.of_email.remove(&member.account.email.to_lowercase(), id);
        Some(member)
    }

    /// Puts an account below another parent.
    pub(super) fn move_to(&mut self, id: &AccountId, parent: OrganizationalUnitId) {
        if let Some(mut member) = self.remove(id) {
            member.account.parent_id = parent;
            self.insert(member);
        }
    }

    pub(super) fn set_state(&mut self, id: &AccountId, state: AccountState) {
        if let Some(member) = self.members.get_mut(id) {
            member.account.state = state;
        }
    }

    pub(super) fn tags_mut(&mut self, id: &AccountId) -> Option<&mut Tags> {
        self.members.get_mut(id).map(|member| &mut member.account.tags)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bobs_organization;

    fn of_parent(accounts: &Accounts, parent: &OrganizationalUnitId) -> Vec<String> {
        accounts.of_parent(parent).map(|member| member.account.name.clone()).collect()
    }

    #[test]
    fn an_account_is_found_where_it_is_and_nowhere_else() {
        let bob = bobs_organization();
        let (sandbox, security) =
            ("ou-bob1-sandbox1".parse().unwrap(), "ou-bob1-security".parse().unwrap());
        let management = &bob.organization.management_account_id;
        let mut accounts = Accounts::of_snapshot(bob.accounts, management, bob.observed_at);
        assert_eq!(of_parent(&accounts, &sandbox), ["sandbox"]);

        let id = "230000000001".parse().unwrap();
        accounts.move_to(&id, "ou-bob1-security".parse().unwrap());
        assert!(of_parent(&accounts, &sandbox).is_empty());
        assert_eq!(of_parent(&accounts, &security), ["sandbox", "audit", "log-archive"]);

        assert!(accounts.has_email("AWS+sandbox@example.com"));
        accounts.remove(&id);
        assert!(!accounts.has_email("aws+sandbox@example.com"));
        assert_eq!(of_parent(&accounts, &security), ["audit", "log-archive"]);
    }
}
