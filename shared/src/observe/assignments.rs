//! The assignments in place, on the cheapest way that is allowed.
//!
//! Identity Center tells them in two ways. By principal: all that a group has, anywhere, in one
//! listing, but only to the management account, and only of principals that still exist. By pair: who
//! has one permission set in one account, after which sets are there at all. One account is read by
//! pairs, one group by principal; for everything, whichever costs less. Where nobody may list by principal, one
//! group is read by the pairs that matter for it (`narrow`).

use std::collections::BTreeSet;

use tokio::time::Instant;
use tracing::{info, warn};

use crate::{
    failure::CallFailure,
    ids::{AccountId, GroupId, PermissionSetArn, UserId},
    organization::{Account, Assignment, Principal, Unread},
    rules::ManagedUsers,
};

use super::{
    Observe,
    accounts::is_past,
    gather::{Gathering, IfUnread},
    together::{TooLate, each, each_until},
};

/// So many calls are spent without asking whether there is a cheaper way: to find that out costs the
/// listing of all groups.
const FEW_CALLS: usize = 100;

/// How many permission sets are taken to be in an account while nobody has counted.
const SETS_IN_AN_ACCOUNT: usize = 5;

impl<Reads: Observe> Gathering<'_, Reads> {
    /// The assignments of the scope in those accounts.
    pub(super) async fn assignments(&mut self, accounts: &BTreeSet<AccountId>) {
        // Before anything is read by principal, which does not show what those left that are gone.
        let unknown = self.picture.without_sight_of(accounts);
        if self.scope.is_everything() {
            self.everything(accounts, &unknown).await;
        } else {
            self.of_the_scope(accounts, &unknown).await;
        }
        // What is asked for in two ways comes twice.
        self.organization.assignments.sort_unstable();
        self.organization.assignments.dedup();
    }

    async fn of_the_scope(
        &mut self,
        accounts: &BTreeSet<AccountId>,
        unknown: &BTreeSet<AccountId>,
    ) {
        let scope = self.scope.clone();
        let in_turn = &scope.in_turn & accounts;
        self.by_pairs(&in_turn).await;
        self.whole_accounts(&(&self.whole(accounts) - &in_turn)).await;
        for arn in &scope.permission_sets {
            self.of_permission_set(arn, accounts).await;
        }
        let principals = self.principals_of_the_scope();
        // A listing of one that is gone shows nothing, and would make the picture forget what it left.
        let (gone, there): (Vec<_>, Vec<_>) =
            principals.into_iter().partition(|principal| self.is_gone(principal));
        if !self.by_principals(&there, None).await {
            self.by_what_they_held(&there, accounts, unknown).await;
        }
        if !gone.is_empty() {
            self.left_behind(&gone, accounts, unknown).await;
        }
    }

    /// All assignments of those accounts: pair by pair; or, where they are so many that it costs less,
    /// all that anybody has anywhere.
    async fn whole_accounts(&mut self, whole: &BTreeSet<AccountId>) {
        let may_be_cheaper = self.by_pairs_costs(whole.len()) > FEW_CALLS;
        if may_be_cheaper
            && let Some(principals) = self.all_principals(whole.len()).await
            && self.by_all_principals(&principals, whole).await
        {
            return;
        }
        self.by_pairs(whole).await;
    }

    fn principals_of_the_scope(&self) -> Vec<Principal> {
        let groups = self.scope.groups.iter().cloned().map(Principal::Group);
        groups.chain(self.scope.users.iter().cloned().map(Principal::User)).collect()
    }

    /// What principals that are gone have left: no listing by principal shows it. It is looked for
    /// where they had something when that was seen last, and in accounts of which that is not known, where
    /// those are few. Many are left to their turn in the slow sweep, which finds what is left there: to look
    /// for it in a thousand accounts at once would hold up everything else for as long as ten minutes, and
    /// nobody has access by it any more.
    async fn left_behind(
        &mut self,
        gone: &[Principal],
        accounts: &BTreeSet<AccountId>,
        unknown: &BTreeSet<AccountId>,
    ) {
        let mut to_look_at = self.picture.where_held(gone);
        to_look_at.retain(|id| accounts.contains(id));
        if self.by_pairs_costs(unknown.len()) <= FEW_CALLS {
            to_look_at.extend(unknown.iter().cloned());
        } else {
            info!(
                accounts = unknown.len(),
                "not known what was in place there: what those have left that are gone, the slow sweep finds"
            );
        }
        self.by_pairs(&(&to_look_at - &self.read_whole)).await;
        // No listing by principal may take the place of what is left of this.
        let rest = &mut self.rest;
        let to_look_at_later = &rest.part_of_sweep & &to_look_at;
        rest.part_of_sweep.retain(|id| !to_look_at_later.contains(id));
        rest.in_turn.extend(to_look_at_later);
    }

    /// Whether AWS itself said that there is no such group or user.
    fn is_gone(&self, principal: &Principal) -> bool {
        match principal {
            Principal::Group(id) => self.gone_groups.contains(id),
            Principal::User(id) => self.gone_users.contains(id),
        }
    }

    /// Of those accounts the ones of which the scope means everything.
    fn whole(&self, accounts: &BTreeSet<AccountId>) -> BTreeSet<AccountId> {
        let below = self.units_below(&self.scope.organizational_units);
        let is_meant = |account: &&Account| {
            let is_named = self.scope.names_whole(&account.id);
            accounts.contains(&account.id) && (is_named || below.contains(&account.parent_id))
        };
        let meant = self.organization.accounts.iter().filter(is_meant);
        meant.map(|account| account.id.clone()).collect()
    }

    async fn everything(&mut self, accounts: &BTreeSet<AccountId>, unknown: &BTreeSet<AccountId>) {
        self.picture.see_everything(self.now);
        match self.all_principals(accounts.len()).await {
            Some(principals) if self.by_all_principals(&principals, accounts).await => {
                self.picture.see_number_of_principals(principals.len());
                self.by_pairs(&(&self.scope.in_turn & accounts)).await;
                // Nobody lists those who are gone; but an event may have named some, whatever else
                // it was merged with.
                let gone: Vec<Principal> = self
                    .principals_of_the_scope()
                    .into_iter()
                    .filter(|principal| self.is_gone(principal))
                    .collect();
                if !gone.is_empty() {
                    self.left_behind(&gone, accounts, unknown).await;
                }
            }
            _ => {
                let pairs = self.by_pairs(accounts).await;
                if self.rest.is_empty() {
                    self.picture.see_pairs(pairs);
                }
            }
        }
    }

    /// What it costs to read so many accounts pair by pair, in calls, by what the last sweep counted.
    pub(super) fn by_pairs_costs(&self, accounts: usize) -> usize {
        let all = self.picture.number_of_accounts();
        let pairs = self.picture.pairs().filter(|_| all > 0);
        accounts + pairs.map_or(accounts * SETS_IN_AN_ACCOUNT, |pairs| accounts * pairs / all)
    }

    /// What it costs to look at everything, in calls, by what the last sweep counted.
    pub(super) fn everything_costs(&self) -> usize {
        let by_pairs = self.by_pairs_costs(self.organization.accounts.len());
        self.picture.number_of_principals().map_or(by_pairs, |principals| principals.min(by_pairs))
    }

    /// Everybody who may hold assignments that the rules manage; nothing, where to ask for each of so
    /// many accounts costs less, or where not everybody is known.
    async fn all_principals(&mut self, accounts: usize) -> Option<Vec<Principal>> {
        if !self.reads.lists_by_principal().await {
            return None;
        }
        let by_pairs = self.by_pairs_costs(accounts);
        let users = match &self.rules.manage.users {
            ManagedUsers::None => Vec::new(),
            ManagedUsers::All | ManagedUsers::Named(_) => self.all_users().await?,
        };
        let groups = self.all_groups().await?;
        let is_cheaper = groups.len() + users.len() <= by_pairs;
        let groups = groups.into_iter().map(Principal::Group);
        is_cheaper.then(|| groups.chain(users.into_iter().map(Principal::User)).collect())
    }

    async fn all_groups(&mut self) -> Option<Vec<GroupId>> {
        self.list_all_groups().await;
        let is_whole = !self.organization.gaps.iter().any(|gap| gap.what == Unread::Groups);
        let groups = self.organization.groups.iter().map(|group| group.id.clone());
        is_whole.then(|| groups.collect())
    }

    async fn all_users(&mut self) -> Option<Vec<UserId>> {
        self.list_all_users().await;
        let is_whole = !self.organization.gaps.iter().any(|gap| gap.what == Unread::Users);
        let users = self.organization.users.iter().map(|user| user.id.clone());
        is_whole.then(|| users.collect())
    }

    /// What everybody has, which is all that there is in those accounts, but for what principals left that are
    /// gone; whether that could be asked at all, and in time.
    async fn by_all_principals(
        &mut self,
        everybody: &[Principal],
        accounts: &BTreeSet<AccountId>,
    ) -> bool {
        let gaps = self.organization.gaps.len();
        let is_read = self.by_principals(everybody, self.look_until).await;
        if is_read && self.organization.gaps.len() == gaps {
            self.picture.see_held_by_everybody_in(accounts);
        }
        is_read
    }

    /// What those principals have, anywhere; whether that could be asked at all, and in time.
    async fn by_principals(&mut self, principals: &[Principal], until: Option<Instant>) -> bool {
        if principals.is_empty() {
            return true;
        }
        if !self.reads.lists_by_principal().await {
            return false;
        }
        let reads = self.reads;
        // Refused to all, or gone wrong for one: the other way may still work.
        let ask = async |principal| match reads.assignments_of(principal).await {
            Err(_) if !reads.lists_by_principal().await => None,
            answer => Some(answer),
        };
        let ask_if_it_is_of_use = async |principal| {
            let is_of_use = !is_past(until) && reads.lists_by_principal().await;
            if is_of_use { ask(principal).await } else { None }
        };
        // The first one alone: where nobody may ask, one is enough to know it.
        let (first, others) = principals.split_at(1);
        let mut answers = each(first, &ask_if_it_is_of_use).await;
        answers.extend(each(others, &ask_if_it_is_of_use).await);
        let Some(answers) = answers.into_iter().collect::<Option<Vec<_>>>() else { return false };
        let mut read = Vec::new();
        for (principal, answer) in principals.iter().zip(answers) {
            match answer {
                Ok(assignments) => {
                    self.organization.assignments.extend(assignments);
                    read.push(principal.clone());
                }
                Err(failure) => self.gap(Unread::Assignments, None, &failure),
            }
        }
        self.picture.see_held_by(&read, &self.organization.assignments);
        true
    }

    /// Who has what in those accounts; how many pairs there were. Those for which there is no time are
    /// put off, all but one: a run that does nothing would be followed by others that do nothing.
    pub(super) async fn by_pairs(&mut self, accounts: &BTreeSet<AccountId>) -> usize {
        let mut pairs = 0;
        let (mut read, mut too_late) = (BTreeSet::new(), BTreeSet::new());
        let reads = self.reads;
        let ask = async |account| pairs_of(reads, account).await;
        let answers = each_until(accounts, self.look_until, ask).await;
        for (account, answer) in accounts.iter().zip(answers) {
            let gaps = self.organization.gaps.len();
            match answer {
                Ok(Ok(answers)) => {
                    pairs += answers.len();
                    answers.into_iter().for_each(|answer| self.see_pair(account, answer));
                }
                Ok(Err(failure)) => self.gap(Unread::Assignments, Some(account), &failure),
                Err(TooLate) => {
                    too_late.insert(account.clone());
                    continue;
                }
            }
            self.read_whole.insert(account.clone());
            if self.organization.gaps.len() == gaps {
                read.insert(account.clone());
            }
        }
        self.picture.see_held_in(&read, &self.organization.assignments);
        self.put_off(&too_late);
        pairs
    }

    /// Who has a permission set, in those of the accounts where it is.
    async fn of_permission_set(&mut self, arn: &PermissionSetArn, accounts: &BTreeSet<AccountId>) {
        match self.reads.accounts_with(arn).await {
            Ok(with) => {
                let reads = self.reads;
                let with = with.iter().filter(|id| accounts.contains(*id));
                let ask = async |account| (account, pair(reads, account, arn.clone()).await);
                for (account, (permission_set, answer)) in each(with, ask).await {
                    match answer {
                        Ok(assignments) => {
                            self.see_single_pair(account, permission_set, assignments);
                        }
                        Err(failure) => self.gap(Unread::Assignments, Some(account), &failure),
                    }
                }
            }
            Err(failure) => self.gap(Unread::Assignments, None, &failure),
        }
    }

    /// Who has a permission set in an account of which not all is read.
    pub(super) fn see_single_pair(
        &mut self,
        account: &AccountId,
        permission_set: PermissionSetArn,
        assignments: Vec<Assignment>,
    ) {
        let pair = (account.clone(), permission_set);
        let everybody = assignments.iter().map(|one| one.principal.clone()).collect();
        self.picture.see_pair(&pair, &everybody);
        self.everybody_with.insert(pair.clone(), Some(everybody));
        self.organization.assignments.extend(assignments);
        self.read_pairs.insert(pair);
    }

    fn see_pair(&mut self, account: &AccountId, (permission_set, answer): Answered) {
        match answer {
            Ok(assignments) => {
                let everybody = assignments.iter().map(|one| one.principal.clone()).collect();
                let pair = (account.clone(), permission_set);
                self.everybody_with.insert(pair, Some(everybody));
                self.organization.assignments.extend(assignments);
            }
            Err(failure) => self.gap(Unread::Assignments, Some(account), &failure),
        }
    }

    /// Asks who has permission sets in accounts, where that was not asked; whether that failed anywhere and is a gap.
    ///
    /// Nothing of it joins what was observed: the directory was not asked about whoever turns up here,
    /// and who was not asked about would seem to be gone.
    pub(super) async fn look_at_roles(
        &mut self,
        pairs: &BTreeSet<(AccountId, PermissionSetArn)>,
        if_unread: IfUnread,
    ) -> bool {
        let gaps = self.organization.gaps.len();
        let reads = self.reads;
        let unread = pairs.iter().filter(|pair| !self.everybody_with.contains_key(*pair));
        let unread = unread.map(|(account, arn)| (account, arn.clone()));
        let ask = async |(account, arn)| (account, pair(reads, account, arn).await);
        for (account, (permission_set, answer)) in each(unread, ask).await {
            let everybody = match answer {
                Ok(assignments) => Some(assignments.into_iter().map(|one| one.principal).collect()),
                Err(failure) => {
                    warn!(%account, %permission_set, %failure, "whether anybody keeps a permission set was not read");
                    if if_unread == IfUnread::Gap {
                        self.gap(Unread::Assignments, Some(account), &failure);
                    }
                    None
                }
            };
            self.everybody_with.insert((account.clone(), permission_set), everybody);
        }
        self.organization.gaps.len() > gaps
    }
}

/// A permission set, and who has it in an account.
pub(super) type Answered = (PermissionSetArn, Result<Vec<Assignment>, CallFailure>);

/// Who has what in an account.
async fn pairs_of(reads: &impl Observe, account: &AccountId) -> Result<Vec<Answered>, CallFailure> {
    let permission_sets = reads.provisioned_permission_sets(account).await?;
    Ok(each(permission_sets, async |arn| pair(reads, account, arn).await).await)
}

pub(super) async fn pair(
    reads: &impl Observe,
    account: &AccountId,
    arn: PermissionSetArn,
) -> Answered {
    let assignments = reads.assignments(account, &arn).await;
    (arn, assignments)
}
