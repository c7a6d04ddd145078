//! Which assignments were in place when they were last read: for what principals leave that are gone, and to
//! tell what others have changed.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    mem,
};

use serde::{Deserialize, Serialize};

use crate::{
    drift::{Since, Spot},
    ids::{AccountId, PermissionSetArn},
    organization::{Assignment, Principal},
};

/// Permission sets by their places in a list, so that an assignment is written in a few bytes.
type Sets = BTreeSet<u32>;

/// An account, and a permission set there.
pub(super) type Pair = (AccountId, PermissionSetArn);

/// Who holds what where.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Held {
    /// All that were ever seen. An ARN is never used again.
    permission_sets: Vec<PermissionSetArn>,
    /// By the bare ids of principals.
    by_principal: BTreeMap<String, BTreeMap<AccountId, Sets>>,
    /// The accounts of which all is known that was in place when they were last read.
    known: BTreeSet<AccountId>,
    /// Whether direct assignments of users are among what is read.
    with_users: bool,
    /// What was asked of AWS, and nobody knows what became of it.
    doubtful: BTreeSet<Spot>,
    /// Of which accounts something was known before the first of these looks.
    #[serde(skip)]
    known_before: Option<BTreeSet<AccountId>>,
    /// What others have made since the look before.
    #[serde(skip)]
    came: BTreeSet<Spot>,
    /// What others have taken away since the look before.
    #[serde(skip)]
    went: BTreeSet<Spot>,
}

impl Held {
    /// Where a principal held something, as far as is known.
    pub(super) fn places_of(&self, principal: &Principal) -> impl Iterator<Item = AccountId> {
        let held = self.by_principal.get(principal.id());
        held.into_iter().flat_map(|held| held.keys().cloned())
    }

    /// Which permission sets those principals held where, as far as is known, and of which that is not
    /// certain.
    pub(super) fn may_be_of(&self, principals: &[Principal]) -> BTreeSet<Pair> {
        let ids: BTreeSet<&str> = principals.iter().map(Principal::id).collect();
        let held = ids.iter().filter_map(|id| self.by_principal.get(*id)).flatten();
        let held = held.flat_map(|(account, sets)| {
            let arns = sets.iter().filter_map(|set| self.permission_sets.get(*set as usize));
            arns.map(|arn| (account.clone(), arn.clone()))
        });
        let doubtful = self.doubtful.iter().filter(|(_, _, id)| ids.contains(id.as_str()));
        held.chain(doubtful.map(|(account, arn, _)| (account.clone(), arn.clone()))).collect()
    }

    /// Those of the accounts of which it is not known what was in place.
    pub(super) fn unknown_of(&self, accounts: &BTreeSet<AccountId>) -> BTreeSet<AccountId> {
        accounts - &self.known
    }

    /// Whether users are read from now on. When they were not before, what they have would seem to have
    /// come since.
    pub(super) fn ask_for_users(&mut self, asked: bool) -> bool {
        if asked && !self.with_users {
            self.known.clear();
        }
        mem::replace(&mut self.with_users, asked) != asked
    }

    /// All assignments of those accounts were read. Says whether anything is new, as all of these do.
    pub(super) fn see_in(&mut self, accounts: &BTreeSet<AccountId>, all: &[Assignment]) -> bool {
        // Also where nobody has anything, and so nothing is compared.
        self.known_before();
        let here = all.iter().filter(|assignment| accounts.contains(&assignment.account_id));
        let mut now = self.arranged(here);
        let principals: BTreeSet<String> =
            self.by_principal.keys().chain(now.keys()).cloned().collect();
        let mut is_changed = false;
        for id in principals {
            let now = now.remove(&id).unwrap_or_default();
            is_changed |= self.replace(&id, now, |account| accounts.contains(account));
        }
        self.doubtful.retain(|(account, ..)| !accounts.contains(account));
        let known = self.known.len();
        self.known.extend(accounts.iter().cloned());
        is_changed || self.known.len() > known
    }

    /// All assignments of those principals were read.
    pub(super) fn see_by(&mut self, principals: &[Principal], all: &[Assignment]) -> bool {
        let asked: BTreeSet<&str> = principals.iter().map(Principal::id).collect();
        let of = all.iter().filter(|assignment| asked.contains(assignment.principal.id()));
        let mut now = self.arranged(of);
        let mut is_changed = false;
        for id in &asked {
            let now = now.remove(*id).unwrap_or_default();
            is_changed |= self.replace(id, now, |_| true);
        }
        self.doubtful.retain(|(_, _, id)| !asked.contains(id.as_str()));
        is_changed
    }

    /// All who have a permission set in an account were read.
    pub(super) fn see_pair(&mut self, (account, arn): &Pair, all: &BTreeSet<Principal>) -> bool {
        let set = self.place_of(arn);
        let now: BTreeSet<&str> = all.iter().map(Principal::id).collect();
        let holds = |held: &BTreeMap<AccountId, Sets>| {
            held.get(account).is_some_and(|sets| sets.contains(&set))
        };
        let before = self.by_principal.iter().filter(|(_, held)| holds(held));
        let before: BTreeSet<String> = before.map(|(id, _)| id.clone()).collect();
        let came = now.iter().filter(|id| !before.contains(**id)).map(|id| (*id).to_owned());
        let went = before.iter().filter(|id| !now.contains(id.as_str())).cloned();
        let changed: Vec<String> = came.chain(went).collect();
        for id in &changed {
            let held = self.by_principal.get(id).and_then(|held| held.get(account));
            let sets = held.cloned().unwrap_or_default();
            let sets = &sets ^ &Sets::from([set]);
            self.replace(id, BTreeMap::from([(account.clone(), sets)]), |place| place == account);
        }
        self.doubtful.retain(|(place, of, _)| place != account || of != arn);
        !changed.is_empty()
    }

    /// All assignments of everybody were read, so all is known that there is in those accounts.
    pub(super) fn see_by_everybody_in(&mut self, accounts: &BTreeSet<AccountId>) -> bool {
        self.known_before();
        let known = self.known.len();
        self.known.extend(accounts.iter().cloned());
        self.known.len() > known
    }

    pub(super) fn lose_sight_of(&mut self, accounts: &BTreeSet<AccountId>) -> bool {
        let before = self.known.len();
        self.known.retain(|id| !accounts.contains(id));
        self.known.len() < before
    }

    pub(super) fn see_made(&mut self, assignment: &Assignment) -> bool {
        let set = self.place_of(&assignment.permission_set_arn);
        let held = self.by_principal.entry(assignment.principal.id().to_owned()).or_default();
        held.entry(assignment.account_id.clone()).or_default().insert(set)
    }

    pub(super) fn see_taken_away(&mut self, assignment: &Assignment) -> bool {
        let set = self.place_of(&assignment.permission_set_arn);
        let Some(held) = self.by_principal.get_mut(assignment.principal.id()) else { return false };
        let Some(sets) = held.get_mut(&assignment.account_id) else { return false };
        let is_changed = sets.remove(&set);
        if sets.is_empty() {
            held.remove(&assignment.account_id);
        }
        if held.is_empty() {
            self.by_principal.remove(assignment.principal.id());
        }
        is_changed
    }

    /// Whatever becomes of it, nobody else has done it.
    pub(super) fn doubt(&mut self, assignment: &Assignment) -> bool {
        let Assignment { account_id, permission_set_arn, principal } = assignment.clone();
        self.doubtful.insert((account_id, permission_set_arn, principal.id().to_owned()))
    }

    pub(super) fn take_since(&mut self) -> Since {
        let known = self.known_before.take().unwrap_or_else(|| self.known.clone());
        Since { came: mem::take(&mut self.came), went: mem::take(&mut self.went), known }
    }

    /// Of which accounts something was known before any of this was seen.
    fn known_before(&mut self) -> &BTreeSet<AccountId> {
        self.known_before.get_or_insert_with(|| self.known.clone())
    }

    /// By principal and account.
    fn arranged<'a>(
        &mut self,
        assignments: impl Iterator<Item = &'a Assignment>,
    ) -> BTreeMap<String, BTreeMap<AccountId, Sets>> {
        let mut places: HashMap<&PermissionSetArn, u32> = HashMap::new();
        let mut arranged: BTreeMap<String, BTreeMap<AccountId, Sets>> = BTreeMap::new();
        for Assignment { account_id, permission_set_arn, principal } in assignments {
            let place = *places
                .entry(permission_set_arn)
                .or_insert_with(|| self.place_of(permission_set_arn));
            let held = arranged.entry(principal.id().to_owned()).or_default();
            held.entry(account_id.clone()).or_default().insert(place);
        }
        arranged
    }

    fn place_of(&mut self, arn: &PermissionSetArn) -> u32 {
        let place = self.permission_sets.iter().position(|other| other == arn);
        let place = place.unwrap_or_else(|| {
            self.permission_sets.push(arn.clone());
            self.permission_sets.len() - 1
        });
        u32::try_from(place).unwrap_or(u32::MAX)
    }

    /// Puts what a principal has in place of what it had, in such accounts, and keeps the difference.
    fn replace(
        &mut self,
        id: &str,
        mut now: BTreeMap<AccountId, Sets>,
        is_meant: impl Fn(&AccountId) -> bool,
    ) -> bool {
        self.known_before();
        let mut held = self.by_principal.remove(id).unwrap_or_default();
        let accounts = held.keys().filter(|account| is_meant(account)).chain(now.keys());
        let accounts: BTreeSet<AccountId> = accounts.cloned().collect();
        let mut is_changed = false;
        for account in accounts {
            let now = now.remove(&account).unwrap_or_default();
            let before = held.remove(&account).unwrap_or_default();
            is_changed |= self.compare(id, &account, &before, &now);
            if !now.is_empty() {
                held.insert(account, now);
            }
        }
        // Whoever has nothing needs no entry: in a thousand groups that is most of them.
        if !held.is_empty() {
            self.by_principal.insert(id.to_owned(), held);
        }
        is_changed
    }

    /// Keeps what has come and gone, where it is known what was there before.
    fn compare(&mut self, id: &str, account: &AccountId, before: &Sets, now: &Sets) -> bool {
        if before == now {
            return false;
        }
        let came = self.certain(id, account, now - before);
        let went = self.certain(id, account, before - now);
        if self.known_before().contains(account) {
            self.came.extend(came);
            self.went.extend(went);
        }
        true
    }

    fn certain(&self, id: &str, account: &AccountId, sets: Sets) -> Vec<Spot> {
        let arns = sets.into_iter().filter_map(|set| self.permission_sets.get(set as usize));
        let spots = arns.map(|arn| (account.clone(), arn.clone(), id.to_owned()));
        spots.filter(|spot| !self.doubtful.contains(spot)).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::slice::from_ref;

    use super::*;

    fn account(number: u32) -> AccountId {
        format!("{number:012}").parse().unwrap()
    }

    fn assignment(in_account: u32, set: char, to: char) -> Assignment {
        let arn =
            format!("arn:aws:sso:::permissionSet/ssoins-7223aaaabbbbcccc/ps-111122223333444{set}");
        Assignment {
            account_id: account(in_account),
            permission_set_arn: arn.parse().unwrap(),
            principal: group(to),
        }
    }

    fn group(letter: char) -> Principal {
        Principal::Group(format!("b4a83468-d051-70a3-0b2c-5a4f3e2d1c0{letter}").parse().unwrap())
    }

    fn spot(assignment: &Assignment) -> Spot {
        let Assignment { account_id, permission_set_arn, principal } = assignment.clone();
        (account_id, permission_set_arn, principal.id().to_owned())
    }

    fn spots(assignments: &[Assignment]) -> BTreeSet<Spot> {
        assignments.iter().map(spot).collect()
    }

    /// Both accounts were seen, with these in place.
    fn seen(all: &[Assignment]) -> Held {
        let mut held = Held::default();
        held.see_in(&[account(1), account(2)].into(), all);
        held.take_since();
        held
    }

    #[test]
    fn what_was_never_looked_at_has_not_changed() {
        let mut held = Held::default();
        held.see_in(&[account(1)].into(), &[assignment(1, '1', 'a')]);
        assert_eq!(held.take_since(), Since::default());
        held.see_by(&[group('b')], &[assignment(2, '1', 'b'), assignment(1, '1', 'b')]);
        let since = held.take_since();
        assert_eq!(since.came, spots(&[assignment(1, '1', 'b')]), "not in account 2");
        assert_eq!(since.known, [account(1)].into());
    }

    /// An account that is seen for the first time was not known before, not even when nobody has anything there: what
    /// others have taken away is told by an event then, and by nothing else.
    #[test]
    fn what_was_empty_when_it_was_first_seen_was_not_known() {
        let mut held = Held::default();
        held.see_in(&[account(1)].into(), &[]);
        assert_eq!(held.take_since(), Since::default());
        held.see_by_everybody_in(&[account(2)].into());
        assert_eq!(held.take_since().known, [account(1)].into());
        held.see_by(&[group('a')], &[]);
        held.see_by_everybody_in(&[account(3)].into());
        assert_eq!(held.take_since().known, [account(1), account(2)].into());
        // Where nobody has looked, it is known as before.
        assert_eq!(held.take_since().known, [account(1), account(2), account(3)].into());
    }

    /// What was not looked at is not seen, although it is told of.
    #[test]
    fn an_account_that_was_not_read_has_not_changed() {
        let mut held = seen(&[]);
        held.see_in(&[account(1)].into(), &[assignment(2, '1', 'a')]);
        assert_eq!(held.take_since().came.len(), 0);
        assert_eq!(held.places_of(&group('a')).count(), 0);
    }

    /// What says that there is nothing new saves a write after every run, and what says so wrongly loses what was
    /// learned.
    #[test]
    fn whatever_is_new_is_new_once() {
        let one = assignment(1, '1', 'a');
        let mut held = Held::default();
        assert!(
            !held.ask_for_users(false) && held.ask_for_users(true) && !held.ask_for_users(true)
        );
        assert!(held.see_in(&[account(1)].into(), &[]));
        assert!(held.see_made(&one) && !held.see_made(&one));
        assert!(held.see_taken_away(&one) && !held.see_taken_away(&one));
        held.see_made(&assignment(1, '2', 'a'));
        assert!(!held.see_taken_away(&one));
        assert!(held.doubt(&one) && !held.doubt(&one));
        assert!(held.lose_sight_of(&[account(1)].into()));
        assert!(!held.lose_sight_of(&[account(1)].into()));
    }

    /// Only where users are asked for who were not, is less known than before.
    #[test]
    fn what_is_known_stays_known_while_the_same_is_asked_for() {
        let both: BTreeSet<AccountId> = [account(1), account(2)].into();
        let mut held = seen(&[]);
        held.ask_for_users(false);
        assert_eq!(held.unknown_of(&both), BTreeSet::new());
        held.ask_for_users(true);
        assert_eq!(held.unknown_of(&both), both);
        held.see_in(&both, &[]);
        held.ask_for_users(true);
        assert_eq!(held.unknown_of(&both), BTreeSet::new());
    }

    /// Whichever way it is read, from then on it is known what became of it.
    #[test]
    fn what_was_doubtful_is_certain_once_it_was_read() {
        let late = assignment(1, '1', 'a');
        for by_principal in [false, true] {
            let mut held = seen(&[]);
            held.doubt(&late);
            let look = |held: &mut Held, all: &[Assignment]| match by_principal {
                true => held.see_by(&[group('a')], all),
                false => held.see_in(&[account(1)].into(), all),
            };
            look(&mut held, from_ref(&late));
            assert_eq!(held.take_since().came.len(), 0);
            look(&mut held, &[]);
            assert_eq!(held.take_since().went, spots(from_ref(&late)), "{by_principal}");
        }
    }

    #[test]
    fn each_change_of_others_is_seen_once_whichever_way_it_is_read() {
        let (old, new) = (assignment(1, '1', 'a'), assignment(1, '2', 'a'));
        let other = assignment(2, '1', 'b');
        for by_principal in [false, true] {
            let mut held = seen(&[old.clone(), other.clone()]);
            let now = [new.clone(), other.clone()];
            let look = |held: &mut Held| match by_principal {
                true => held.see_by(&[group('a'), group('b')], &now),
                false => held.see_in(&[account(1), account(2)].into(), &now),
            };
            assert!(look(&mut held));
            let since = held.take_since();
            assert_eq!((since.came, since.went), (spots(from_ref(&new)), spots(from_ref(&old))));
            assert!(!look(&mut held));
            let since = held.take_since();
            assert_eq!((since.came.len(), since.went.len()), (0, 0));
        }
    }

    #[test]
    fn what_usher_did_itself_is_nobody_elses_work() {
        let (old, new) = (assignment(1, '1', 'a'), assignment(1, '2', 'a'));
        let mut held = seen(from_ref(&old));
        held.see_made(&new);
        held.see_taken_away(&old);
        assert!(!held.see_in(&[account(1)].into(), from_ref(&new)));
        assert_eq!(held.take_since().came.len(), 0);
        // Nobody knows whether this was done; it was.
        let late = assignment(1, '3', 'a');
        held.doubt(&late);
        held.see_in(&[account(1)].into(), &[new, late.clone()]);
        assert_eq!(held.take_since().came.len(), 0);
        // From now on it is known.
        held.see_in(&[account(1)].into(), &[]);
        assert!(held.take_since().went.contains(&spot(&late)));
    }

    #[test]
    fn where_nobody_looked_for_a_while_nothing_is_known() {
        let mut held = seen(&[]);
        held.lose_sight_of(&[account(1)].into());
        held.see_in(
            &[account(1), account(2)].into(),
            &[assignment(1, '1', 'a'), assignment(2, '1', 'a')],
        );
        assert_eq!(held.take_since().came, spots(&[assignment(2, '1', 'a')]));
        held.lose_sight_of(&[account(1)].into());
        held.see_in(&[account(1)].into(), &[]);
        assert_eq!(held.take_since().went.len(), 0);
        // Users were not read before, so that what they have seems to be new.
        assert!(held.ask_for_users(true));
        held.see_in(&[account(2)].into(), &[assignment(2, '2', 'b')]);
        assert_eq!(held.take_since().came.len(), 0);
    }

    /// A sweep of many accounts comes in parts, and each of them is known from its part on.
    #[test]
    fn what_was_in_place_is_known_account_by_account() {
        let all: BTreeSet<AccountId> = [account(1), account(2), account(3)].into();
        let mut held = Held::default();
        assert_eq!(held.unknown_of(&all), all);
        held.see_by(&[group('a')], &[assignment(1, '1', 'a')]);
        assert_eq!(held.unknown_of(&all), all, "others may have something there, too");
        assert!(held.see_by_everybody_in(&[account(1)].into()));
        assert!(held.see_in(&[account(2)].into(), &[]));
        assert_eq!(held.unknown_of(&all), [account(3)].into());
        assert!(!held.see_by_everybody_in(&[account(1), account(2)].into()));
        held.lose_sight_of(&[account(2)].into());
        assert_eq!(held.unknown_of(&all), [account(2), account(3)].into());
    }

    #[test]
    fn one_permission_set_in_an_account_is_seen_by_itself() {
        let (gone, stays) = (assignment(1, '1', 'a'), assignment(1, '2', 'a'));
        let (came, elsewhere) = (assignment(1, '1', 'b'), assignment(2, '1', 'a'));
        let mut held = seen(&[gone.clone(), stays.clone(), elsewhere.clone()]);
        let pair = (account(1), gone.permission_set_arn.clone());
        assert!(held.see_pair(&pair, &[group('b')].into()));
        let since = held.take_since();
        assert_eq!((since.came, since.went), (spots(from_ref(&came)), spots(from_ref(&gone))));
        let pair_of = |one: &Assignment| (one.account_id.clone(), one.permission_set_arn.clone());
        assert_eq!(held.may_be_of(&[group('a')]), [pair_of(&stays), pair_of(&elsewhere)].into());
        assert_eq!(held.may_be_of(&[group('b')]), [pair.clone()].into());
        assert!(!held.see_pair(&pair, &[group('b')].into()), "it is known");
        assert!(held.see_pair(&pair, &BTreeSet::new()));
        assert!(held.may_be_of(&[group('b')]).is_empty());
    }

    /// Where nobody knows whether something was made, it has to be looked for.
    #[test]
    fn what_is_doubtful_may_be_there_until_it_is_read() {
        let mut held = seen(&[]);
        let late = assignment(1, '3', 'a');
        let pair = (account(1), late.permission_set_arn.clone());
        held.doubt(&late);
        assert_eq!(held.may_be_of(&[group('a')]), [pair.clone()].into());
        assert!(held.may_be_of(&[group('b')]).is_empty());
        held.see_pair(&pair, &[group('a')].into());
        assert_eq!(held.take_since().came.len(), 0, "nobody else's work");
        held.see_pair(&pair, &BTreeSet::new());
        assert!(held.may_be_of(&[group('a')]).is_empty());
    }

    /// Of a thousand groups most may have nothing: they are not worth a line in a file that is written
    /// after every run.
    #[test]
    fn whoever_holds_nothing_is_not_kept() {
        let all = [assignment(1, '1', 'a')];
        let mut held = Held::default();
        held.see_by(&[group('a'), group('b')], &all);
        assert_eq!(held.by_principal.len(), 1);
        assert!(held.places_of(&group('a')).eq([account(1)]));
        assert_eq!(held.places_of(&group('b')).count(), 0);
        assert!(held.see_in(&[account(1)].into(), &[]) && held.by_principal.is_empty());
        held.see_by(&[group('a')], &all);
        assert!(held.see_by(&[group('a')], &[]) && held.by_principal.is_empty());
        held.see_made(&all[0]);
        assert!(held.see_taken_away(&all[0]) && held.by_principal.is_empty());
    }

    #[test]
    fn it_is_kept_as_it_is() {
        let held = seen(&[assignment(1, '1', 'a'), assignment(2, '2', 'b')]);
        let text = serde_json::to_string(&held).unwrap();
        let mut again: Held = serde_json::from_str(&text).unwrap();
        assert_eq!(again, held);
        again.see_in(&[account(1), account(2)].into(), &[assignment(2, '2', 'b')]);
        assert_eq!(again.take_since().went, spots(&[assignment(1, '1', 'a')]));
    }
}
