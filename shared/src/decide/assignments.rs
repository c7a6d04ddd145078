//! The assignments in place, arranged by account.

use std::{collections::HashMap, ops::Range};

use crate::{
    ids::{AccountId, PermissionSetArn},
    organization::{Account, Assignment, Organization, Principal},
};

use super::observed::{Pair, PermissionSetEntry, PrincipalEntry};

/// The assignments in place: each account's as a sorted run of integers.
pub(super) struct Assignments<'a> {
    pairs: Vec<Pair>,
    /// Where each account's run is.
    ranges: Vec<Range<usize>>,
    /// Those in accounts that the organization does not list.
    pub(super) elsewhere: Vec<&'a Assignment>,
}

impl<'a> Assignments<'a> {
    /// Counts each account's assignments, then puts each where its account's begin.
    pub(super) fn new(
        organization: &'a Organization,
        accounts: &[&Account],
        permission_sets: &[PermissionSetEntry<'_>],
        principals: &[PrincipalEntry<'_>],
    ) -> Self {
        let mut numbers = Numbers::new(accounts, permission_sets, principals);
        let mut ranges = vec![0..0; accounts.len()];
        let mut placed: Vec<(u32, Pair)> = Vec::with_capacity(organization.assignments.len());
        let mut elsewhere = Vec::new();
        for assignment in &organization.assignments {
            let Some((account, pair)) = numbers.of(assignment) else {
                elsewhere.push(assignment);
                continue;
            };
            placed.push((account, pair));
            if let Some(range) = ranges.get_mut(account as usize) {
                range.end += 1;
            }
        }
        one_after_another(&mut ranges);
        let mut pairs = vec![Pair::new(0, 0); placed.len()];
        for (account, pair) in placed {
            let Some(range) = ranges.get_mut(account as usize) else { continue };
            if let Some(slot) = pairs.get_mut(range.end) {
                *slot = pair;
                range.end += 1;
            }
        }
        for range in &mut ranges {
            if let Some(run) = pairs.get_mut(range.clone()) {
                range.end = range.start + sort_each_once(run);
            }
        }
        Self { pairs, ranges, elsewhere }
    }

    /// The assignments in place in an account, in the order of a plan, each once.
    pub(super) fn of(&self, account: usize) -> &[Pair] {
        let range = self.ranges.get(account).cloned().unwrap_or_default();
        self.pairs.get(range).unwrap_or_default()
    }
}

/// Turns ranges that only have lengths into empty ones at the places where each is to begin.
fn one_after_another(ranges: &mut [Range<usize>]) {
    let mut start = 0;
    for range in ranges {
        let length = range.end;
        *range = start..start;
        start += length;
    }
}

/// Sorts a run, moves each of its values to the front once, and says how many there are.
fn sort_each_once(run: &mut [Pair]) -> usize {
    if !run.is_sorted() {
        run.sort_unstable();
    }
    let mut kept: usize = 0;
    for place in 0..run.len() {
        let last = kept.checked_sub(1).and_then(|last| run.get(last));
        if run.get(place) != last {
            run.swap(kept, place);
            kept += 1;
        }
    }
    kept
}

/// Says of an assignment's ids where they are in the tables. Listings come account by account and
/// permission set by permission set, so an answer is mostly the next one too.
struct Numbers<'t> {
    accounts: HashMap<&'t AccountId, u32>,
    permission_sets: HashMap<&'t PermissionSetArn, u32>,
    principals: HashMap<&'t Principal, u32>,
    last_account: Option<(&'t AccountId, Option<u32>)>,
    last_permission_set: Option<(&'t PermissionSetArn, u32)>,
}

impl<'t> Numbers<'t> {
    fn new(
        accounts: &'t [&Account],
        permission_sets: &'t [PermissionSetEntry<'_>],
        principals: &'t [PrincipalEntry<'_>],
    ) -> Self {
        Self {
            accounts: (0..).zip(accounts).map(|(place, of)| (&of.id, place)).collect(),
            permission_sets: (0..)
                .zip(permission_sets)
                .map(|(place, of)| (of.arn, place))
                .collect(),
            principals: (0..).zip(principals).map(|(place, of)| (&of.principal, place)).collect(),
            last_account: None,
            last_permission_set: None,
        }
    }

    /// The account, and the permission set and principal; nothing, when the account is not listed.
    fn of(&mut self, assignment: &'t Assignment) -> Option<(u32, Pair)> {
        let account = self.account(&assignment.account_id)?;
        let permission_set = self.permission_set(&assignment.permission_set_arn)?;
        let principal = *self.principals.get(&assignment.principal)?;
        Some((account, Pair::new(permission_set, principal)))
    }

    fn account(&mut self, id: &'t AccountId) -> Option<u32> {
        match self.last_account {
            Some((last, place)) if last == id => place,
            _ => {
                let place = self.accounts.get(id).copied();
                self.last_account = Some((id, place));
                place
            }
        }
    }

    fn permission_set(&mut self, arn: &'t PermissionSetArn) -> Option<u32> {
        match self.last_permission_set {
            Some((last, place)) if last == arn => Some(place),
            _ => {
                let place = self.permission_sets.get(arn).copied()?;
                self.last_permission_set = Some((arn, place));
                Some(place)
            }
        }
    }
}
