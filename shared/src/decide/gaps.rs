//! How far each gap reaches: what it may hide, and where nothing may be deleted because of it.

use rustc_hash::FxHashMap;

use crate::{
    ids::AccountId,
    organization::{Account, Gap, Unread},
};

/// The gaps of an observation, arranged for questions.
pub(super) struct Gaps<'a> {
    all: &'a [Gap],
    /// Gaps that belong to no account.
    general: Vec<&'a Gap>,
    of_accounts: FxHashMap<&'a AccountId, Vec<&'a Gap>>,
}

impl<'a> Gaps<'a> {
    pub(super) fn new(all: &'a [Gap]) -> Self {
        let mut of_accounts: FxHashMap<_, Vec<_>> = FxHashMap::default();
        let mut general = Vec::new();
        for gap in all {
            match &gap.account_id {
                Some(id) => of_accounts.entry(id).or_default().push(gap),
                None => general.push(gap),
            }
        }
        Self { all, general, of_accounts }
    }

    /// Whether a listing may lack something.
    pub(super) fn hides_some(&self, what: &Unread) -> bool {
        let hides =
            |gap: &Gap| gap.what == *what || (gap.account_id.is_none() && is_about(gap, what));
        self.all.iter().any(hides)
    }

    /// Whether something of this account, or of all accounts, was not read. That the list of
    /// accounts is incomplete says nothing of those that are on it.
    pub(super) fn hides(&self, account: &Account, what: &Unread) -> bool {
        self.of(account).any(|gap| {
            is_about(gap, what) && (gap.what != Unread::Accounts || gap.account_id.is_some())
        })
    }

    /// Whether it is not known where the account is.
    pub(super) fn misplaces(&self, account: &Account) -> bool {
        self.own(account).any(|gap| is_about(gap, &Unread::OrganizationalUnits))
    }

    /// Whether anything was not read that may have a bearing on the account: then nothing is
    /// deleted there, not even what certainly no rule grants. What was not read may hold the grant
    /// that is meant to replace it.
    pub(super) fn bear_on(&self, account: &Account) -> bool {
        self.bearing_on(account).next().is_some()
    }

    /// What was not read that may have a bearing on the account.
    pub(super) fn bearing_on(&self, account: &Account) -> impl Iterator<Item = &'a Gap> + '_ {
        let is_directory = |gap: &&Gap| {
            use Unread::{Groups, Memberships, OrganizationalUnitTags, PermissionSets, Users};
            matches!(
                gap.what,
                Groups | Memberships | OrganizationalUnitTags | PermissionSets | Users
            )
        };
        let general = self.general.iter().copied().filter(|gap| gap.what != Unread::Accounts);
        self.own(account).chain(general).chain(self.all.iter().filter(is_directory))
    }

    fn own(&self, account: &Account) -> impl Iterator<Item = &'a Gap> + '_ {
        self.of_accounts.get(&account.id).into_iter().flatten().copied()
    }

    fn of(&self, account: &Account) -> impl Iterator<Item = &'a Gap> + '_ {
        self.general.iter().copied().chain(self.own(account))
    }
}

/// Whether a gap can hide `what`: it names it, or it is about something that this version has no
/// word for.
fn is_about(gap: &Gap, what: &Unread) -> bool {
    gap.what == *what || matches!(gap.what, Unread::Other(_))
}
