//! What earlier observations saw of the organization: the accounts, the tree around them, and tags.
//!
//! **Why.** Organizations tells tags one account a call, ten a second: to read them all for every
//! sweep would take minutes in which nothing else can. And an event about a group asks where all
//! accounts are.
//!
//! **Guarantees.** A picture says where to look, and never what to do: before anything is changed in
//! an account, that account is read. It is a cache: without it everything is read.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    drift::Since,
    ids::{AccountId, GroupId, OrganizationalUnitId},
    organization::{AccountState, Assignment, Group, Principal, Tags},
    rules::Rules,
};

use super::{
    SeenAccount,
    held::{Held, Pair},
    members::is_asked_for,
};

/// How long a picture is believed. Events keep it right; this bounds what a lost event costs: as
/// long as somebody who waits would wait before asking.
///
/// Unit: hours.
pub const BELIEVED_FOR_HOURS: i64 = 24;

/// What earlier observations saw.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Picture {
    accounts: BTreeMap<AccountId, SeenBefore>,
    units: BTreeMap<OrganizationalUnitId, UnitSeenBefore>,
    /// When all accounts were listed.
    accounts_at: Option<DateTime<Utc>>,
    /// When the names of all organizational units around them were.
    units_at: Option<DateTime<Utc>>,
    /// The tags that the rules asked for. Of others no event is heeded, so they are not known.
    asked_tags: BTreeSet<String>,
    /// What groups are called that the rules asked users to be in.
    asked_groups: BTreeSet<String>,
    /// The groups that were called so in any look since all users were looked at: what users have may have
    /// come of it. Nothing: when that was is not known.
    groups_of_users: Option<BTreeSet<GroupId>>,
    /// Who holds what where.
    assignments: Held,
    /// When everything was looked at last.
    everything_at: Option<DateTime<Utc>>,
    /// Whether an earlier run of the same work may have changed what nobody has kept.
    #[serde(skip)]
    is_behind: bool,
    /// How many pairs of an account and a permission set held assignments in the last whole listing
    /// by pairs.
    pairs: Option<usize>,
    /// How many principals were asked for in the last whole listing by principal.
    principals: Option<usize>,
    /// When it was last seen to what an hour brings.
    ticked_at: Option<DateTime<Utc>>,
    /// Whether anything was added since it was read.
    #[serde(skip)]
    is_changed: bool,
}

/// How many users a run looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LookedAtUsers {
    /// Some, or nobody.
    Some,
    /// All, or those who are left come next; but in single accounts something may have failed.
    All,
    /// All, and each has what the rules say.
    AllAndDone,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct SeenBefore {
    name: String,
    email: String,
    state: AccountState,
    path: Vec<OrganizationalUnitId>,
    tags: Option<TagsSeenBefore>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct UnitSeenBefore {
    name: String,
    parent: OrganizationalUnitId,
    tags: Option<TagsSeenBefore>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct TagsSeenBefore {
    tags: Tags,
    at: DateTime<Utc>,
}

impl Picture {
    /// Whether all accounts, and the tree if it is asked for, were seen not too long ago.
    pub(super) fn is_whole(&self, with_units: bool, now: DateTime<Utc>) -> bool {
        let young = |at: Option<DateTime<Utc>>| at.is_some_and(|at| is_believed(at, now));
        young(self.accounts_at) && (!with_units || young(self.units_at))
    }

    /// The accounts that were seen.
    pub(super) fn accounts(&self) -> impl Iterator<Item = SeenAccount> {
        self.accounts.iter().map(|(id, seen)| SeenAccount {
            id: id.clone(),
            name: seen.name.clone(),
            email: seen.email.clone(),
            state: seen.state.clone(),
            path: seen.path.clone(),
        })
    }

    /// How many accounts were seen.
    pub(super) fn number_of_accounts(&self) -> usize {
        self.accounts.len()
    }

    /// The organizational units that were seen: id, name and parent.
    pub(super) fn units(
        &self,
    ) -> impl Iterator<Item = (&OrganizationalUnitId, &str, &OrganizationalUnitId)> {
        self.units.iter().map(|(id, unit)| (id, unit.name.as_str(), &unit.parent))
    }

    /// The tags of an account, if they were seen not too long ago.
    pub(super) fn account_tags(&self, id: &AccountId, now: DateTime<Utc>) -> Option<&Tags> {
        believed(self.accounts.get(id)?.tags.as_ref(), now)
    }

    /// The tags of an organizational unit, if they were seen not too long ago.
    pub(super) fn unit_tags(&self, id: &OrganizationalUnitId, now: DateTime<Utc>) -> Option<&Tags> {
        believed(self.units.get(id)?.tags.as_ref(), now)
    }

    /// How many pairs of an account and a permission set hold assignments, as far as is known.
    pub(super) fn pairs(&self) -> Option<usize> {
        self.pairs
    }

    /// All accounts were listed: those that are not among them are no more.
    pub(super) fn see_all(&mut self, accounts: &[SeenAccount], now: DateTime<Utc>) {
        let before = std::mem::take(&mut self.accounts);
        for account in accounts {
            let tags = before.get(&account.id).and_then(|seen| seen.tags.clone());
            self.accounts.insert(account.id.clone(), SeenBefore { tags, ..seen(account) });
        }
        let no_more = before.keys().filter(|id| !self.accounts.contains_key(*id));
        self.lose_sight_of(&no_more.cloned().collect());
        self.is_changed |= before != self.accounts || !is_recent(self.accounts_at, now);
        self.accounts_at = Some(now);
    }

    /// These tags are asked for from now on. If one of them was not before, nothing is remembered of
    /// any.
    pub(super) fn ask_for_tags(&mut self, asked: BTreeSet<String>) {
        if !asked.is_subset(&self.asked_tags) {
            self.accounts.values_mut().for_each(|account| account.tags = None);
            self.units.values_mut().for_each(|unit| unit.tags = None);
        }
        self.is_changed |= asked != self.asked_tags;
        self.asked_tags = asked;
    }

    /// Rules ask users to be in groups of these names from now on. If they did not ask for one of them
    /// before, it is not known any more of any group that nobody was given anything for being in it.
    pub(super) fn ask_for_groups_of_users(&mut self, asked: BTreeSet<String>) {
        if !asked.is_subset(&self.asked_groups) {
            self.groups_of_users = None;
        }
        self.is_changed |= asked != self.asked_groups;
        self.asked_groups = asked;
    }

    /// Whether users may have been given something for being in that group, or had it taken away.
    pub(super) fn may_have_given_access(&self, group: &GroupId) -> bool {
        let is_known = |groups: &BTreeSet<GroupId>| groups.contains(group);
        self.is_behind || self.groups_of_users.as_ref().is_none_or(is_known)
    }

    /// A run is over that saw these groups.
    pub fn see_groups(&mut self, rules: &Rules, groups: &[Group], looked: LookedAtUsers) {
        let known = match (self.groups_of_users.clone(), looked) {
            (_, LookedAtUsers::AllAndDone) | (None, LookedAtUsers::All) => BTreeSet::new(),
            (Some(known), _) => known,
            (None, LookedAtUsers::Some) => return,
        };
        let asked_for = groups.iter().filter(|group| is_asked_for(rules, group));
        let asked_for = asked_for.map(|group| group.id.clone());
        let now = Some(known.into_iter().chain(asked_for).collect());
        self.is_changed |= self.groups_of_users != now;
        self.groups_of_users = now;
    }

    /// One account was read.
    pub(super) fn see(&mut self, account: &SeenAccount) {
        let before = self.accounts.get(&account.id);
        let tags = before.and_then(|seen| seen.tags.clone());
        let after = SeenBefore { tags, ..seen(account) };
        self.is_changed |= before != Some(&after);
        self.accounts.insert(account.id.clone(), after);
    }

    /// One account is no more.
    pub(super) fn forget(&mut self, id: &AccountId) {
        self.is_changed |= self.accounts.remove(id).is_some();
        self.lose_sight_of(&BTreeSet::from([id.clone()]));
    }

    /// The names of all units around the accounts were read.
    pub(super) fn see_tree(&mut self, now: DateTime<Utc>) {
        self.is_changed |= !is_recent(self.units_at, now);
        self.units_at = Some(now);
    }

    /// The name of one unit was read.
    pub(super) fn see_unit(
        &mut self,
        id: &OrganizationalUnitId,
        name: &str,
        parent: &OrganizationalUnitId,
    ) {
        let before = self.units.get(id);
        let tags = before.and_then(|unit| unit.tags.clone());
        let after = UnitSeenBefore { name: name.to_owned(), parent: parent.clone(), tags };
        self.is_changed |= before != Some(&after);
        self.units.insert(id.clone(), after);
    }

    /// The tags of an account were read.
    pub(super) fn see_account_tags(&mut self, id: &AccountId, tags: &Tags, now: DateTime<Utc>) {
        if let Some(account) = self.accounts.get_mut(id) {
            self.is_changed |= see_tags(&mut account.tags, tags, now);
        }
    }

    /// The tags of a unit were read.
    pub(super) fn see_unit_tags(
        &mut self,
        id: &OrganizationalUnitId,
        tags: &Tags,
        now: DateTime<Utc>,
    ) {
        if let Some(unit) = self.units.get_mut(id) {
            self.is_changed |= see_tags(&mut unit.tags, tags, now);
        }
    }

    /// Where those principals held assignments, as far as is known.
    pub(super) fn where_held(&self, principals: &[Principal]) -> BTreeSet<AccountId> {
        principals.iter().flat_map(|principal| self.assignments.places_of(principal)).collect()
    }

    /// Those of the accounts of which it is not known what was in place.
    pub(super) fn without_sight_of(&self, accounts: &BTreeSet<AccountId>) -> BTreeSet<AccountId> {
        if self.is_behind { accounts.clone() } else { self.assignments.unknown_of(accounts) }
    }

    /// A run begins. Where it is the second for some of its messages, the first may have been cut off after
    /// it had changed something, and before that was kept: then it is not known what is in place.
    pub fn begin(&mut self, is_second: bool) {
        self.is_behind = is_second;
    }

    /// Whether everything was looked at not too long ago: what is remembered of assignments is believed for
    /// no longer.
    pub(super) fn has_seen_everything(&self, now: DateTime<Utc>) -> bool {
        self.everything_at.is_some_and(|at| is_believed(at, now))
    }

    /// Everything is looked at, now or in the parts that follow.
    pub(super) fn see_everything(&mut self, now: DateTime<Utc>) {
        self.is_changed |= !is_recent(self.everything_at, now);
        self.everything_at = Some(now);
    }

    /// Which permission sets those principals may hold where, as far as is known.
    pub(super) fn pairs_of(&self, principals: &[Principal]) -> BTreeSet<Pair> {
        self.assignments.may_be_of(principals)
    }

    /// All who have a permission set in an account were read.
    pub(super) fn see_pair(&mut self, pair: &Pair, all: &BTreeSet<Principal>) {
        self.is_changed |= self.assignments.see_pair(pair, all);
    }

    /// Whether direct assignments of users are among those that are read, which the rules say.
    pub(super) fn ask_for_users(&mut self, asked: bool) {
        self.is_changed |= self.assignments.ask_for_users(asked);
    }

    /// All assignments of those accounts were read.
    pub(super) fn see_held_in(&mut self, accounts: &BTreeSet<AccountId>, all: &[Assignment]) {
        self.is_changed |= self.assignments.see_in(accounts, all);
    }

    /// All assignments of those principals were read.
    pub(super) fn see_held_by(&mut self, principals: &[Principal], all: &[Assignment]) {
        self.is_changed |= self.assignments.see_by(principals, all);
    }

    /// Those that were read are all that there are in those accounts, but for what principals left that
    /// are gone.
    pub(super) fn see_held_by_everybody_in(&mut self, accounts: &BTreeSet<AccountId>) {
        self.is_changed |= self.assignments.see_by_everybody_in(accounts);
    }

    /// In those accounts nobody looks for assignments: what was in place there is not known from now on.
    pub(super) fn lose_sight_of(&mut self, accounts: &BTreeSet<AccountId>) {
        self.is_changed |= self.assignments.lose_sight_of(accounts);
    }

    /// What became of changes: those that were made, those that were taken away, and those of which it is
    /// not certain what became.
    pub fn see_done<'a>(
        &mut self,
        made: impl Iterator<Item = &'a Assignment>,
        taken_away: impl Iterator<Item = &'a Assignment>,
        uncertain: impl Iterator<Item = &'a Assignment>,
    ) {
        for assignment in made {
            self.is_changed |= self.assignments.see_made(assignment);
        }
        for assignment in taken_away {
            self.is_changed |= self.assignments.see_taken_away(assignment);
        }
        for assignment in uncertain {
            self.is_changed |= self.assignments.doubt(assignment);
        }
    }

    /// What others have changed, since it was last asked.
    pub fn take_changes_of_others(&mut self) -> Since {
        self.assignments.take_since()
    }

    /// All pairs were listed.
    pub(super) fn see_pairs(&mut self, pairs: usize) {
        self.is_changed |= self.pairs != Some(pairs);
        self.pairs = Some(pairs);
    }

    /// How many principals hold assignments or may, as far as is known.
    pub(super) fn number_of_principals(&self) -> Option<usize> {
        self.principals
    }

    /// All principals were asked for.
    pub(super) fn see_number_of_principals(&mut self, principals: usize) {
        self.is_changed |= self.principals != Some(principals);
        self.principals = Some(principals);
    }

    /// When it was last seen to what an hour brings.
    #[must_use]
    pub fn ticked_at(&self) -> Option<DateTime<Utc>> {
        self.ticked_at
    }

    /// What this hour brings was seen to.
    pub fn see_tick(&mut self, now: DateTime<Utc>) {
        self.is_changed = true;
        self.ticked_at = Some(now);
    }

    /// What was seen to is still to do: the last tick was that one.
    pub fn set_ticked_at(&mut self, last: Option<DateTime<Utc>>) {
        self.ticked_at = last;
    }

    /// Whether there is anything new that is worth keeping since this was last asked.
    pub fn take_changed(&mut self) -> bool {
        std::mem::take(&mut self.is_changed)
    }
}

fn seen(account: &SeenAccount) -> SeenBefore {
    let SeenAccount { id: _, name, email, state, path } = account.clone();
    SeenBefore { name, email, state, path, tags: None }
}

/// Remembers tags, and says whether that is worth keeping.
fn see_tags(before: &mut Option<TagsSeenBefore>, tags: &Tags, now: DateTime<Utc>) -> bool {
    let is_new =
        before.as_ref().is_none_or(|seen| seen.tags != *tags || !is_recent(Some(seen.at), now));
    *before = Some(TagsSeenBefore { tags: tags.clone(), at: now });
    is_new
}

/// Whether a time will be believed for long enough: then it need not be written anew.
fn is_recent(at: Option<DateTime<Utc>>, now: DateTime<Utc>) -> bool {
    let half = TimeDelta::hours(BELIEVED_FOR_HOURS / 2);
    at.is_some_and(|at| (TimeDelta::zero()..half).contains(&now.signed_duration_since(at)))
}

fn believed(seen: Option<&TagsSeenBefore>, now: DateTime<Utc>) -> Option<&Tags> {
    seen.filter(|seen| is_believed(seen.at, now)).map(|seen| &seen.tags)
}

/// A time to come is another clock's mistake, and nothing to lean on.
fn is_believed(at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    let age = now.signed_duration_since(at);
    (TimeDelta::zero()..TimeDelta::hours(BELIEVED_FOR_HOURS)).contains(&age)
}
