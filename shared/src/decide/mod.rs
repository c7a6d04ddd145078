//! The decision: rules, what was observed, and a scope become a plan.
//!
//! A plain function of values. What was observed becomes tables ([`Decision::new`]); every rule
//! finds the accounts, permission sets and principals that it means; and for every account in the
//! scope, what the rules grant and what is in place are compared as two sorted runs of integers,
//! inside what the rules manage. Only what changes is spelt out.
//!
//! Every condition answers yes, no or unknown ([`Truth`]). An assignment is created only when it is
//! certainly granted, certainly managed and certainly not forbidden. It is deleted only when it is
//! certainly managed and nothing that was not read can bear on its account. So the first law needs
//! no special case.

mod account;
mod assignments;
mod catalogue;
mod directory;
mod due;
mod explain;
mod fence;
mod gaps;
mod grant;
mod map;
mod names;
mod observed;
mod quota;
mod roles;
mod scope;
mod select;
mod tables;
mod text;
mod warnings;
mod why_not;

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use fixedbitset::FixedBitSet;

use crate::{
    diagnostic::most_warnings,
    ids::{AccountId, GroupId, PermissionSetArn},
    organization::{Account, AccountState, Gap, Organization, Unread},
    plan::{Change, Earlier, LeftAlone, Plan},
    rules::{Never, Rule, Rules, Unlisted},
    scope::Scope,
    truth::Truth,
};

use account::{AccountDecision, Changes};
use catalogue::Catalogue;
use fence::{Gone, Managed, Wall};
use grant::Grant;
use scope::Reach as ScopeReach;
use select::{Columns, Selection};
use text::Speller;
use warnings::Oddities;

pub use due::{has_turned, selectors_that_turned, since, turned, what_is_due};
pub use quota::{MOST_GROUPS, MOST_PERMISSION_SETS};
pub use warnings::warnings;

/// What to do so that the assignments in the scope are what the rules say.
///
/// The plan for a scope is the plan for everything, cut down to that scope: all but
/// [`Change::held`], since the limit on revocations is measured against what was observed.
#[must_use]
pub fn decide(
    rules: &Rules,
    organization: &Organization,
    now: DateTime<Utc>,
    scope: &Scope,
) -> Plan {
    decide_further(rules, organization, now, scope, Earlier::default())
}

/// The same for a part of what is to be done, where earlier parts have revoked something: the limit on
/// revocations holds for all parts together.
#[must_use]
pub fn decide_further(
    rules: &Rules,
    organization: &Organization,
    now: DateTime<Utc>,
    scope: &Scope,
    earlier: Earlier,
) -> Plan {
    Decision::new(rules, organization, now).after(earlier).plan(scope)
}

/// Rules and what was observed, prepared for any number of plans.
///
/// To prepare takes time that grows with what was observed and with the rules. A plan then takes
/// time that grows with its scope: for one account, some microseconds.
pub struct Decision<'a> {
    rules: &'a Rules,
    organization: &'a Organization,
    now: DateTime<Utc>,
    catalogue: Catalogue<'a>,
    /// The accounts whose assignments may be touched.
    manageable: Vec<Truth>,
    managed: Managed,
    /// One for each rule, in the order of the file.
    grants: Vec<Grant<'a>>,
    /// For each account, the rules that certainly hold there now.
    grants_in: Vec<Vec<u32>>,
    /// Accounts in which a rule may hold, or not: that depends on something unread.
    unsure: FixedBitSet,
    protect: Vec<Wall<'a>>,
    /// Those whose time it is.
    never: Vec<(&'a Never, Wall<'a>)>,
    speller: Speller<'a>,
    /// Whether plans say what is odd about the rules.
    warns: bool,
    /// What earlier parts of the same work found.
    earlier: Earlier,
}

impl<'a> Decision<'a> {
    /// Arranges what was observed, and finds where each rule holds.
    #[must_use]
    pub fn new(rules: &'a Rules, organization: &'a Organization, now: DateTime<Utc>) -> Self {
        let catalogue = Catalogue::new(organization);
        let mut columns = Columns::new(&catalogue);
        let manageable = columns.select(&rules.manage.accounts);
        let manageable = manageable_accounts(rules, &catalogue, &manageable);
        let grants: Vec<Grant<'_>> = rules
            .rules
            .iter()
            .map(|rule| {
                let holds = rule.window.holds(now);
                let accounts = if holds { columns.select(&rule.accounts) } else { columns.none() };
                Grant::new(rule, accounts)
            })
            .collect();
        let protect = rules.protect.iter();
        let protect =
            protect.map(|fence| Wall::new(fence, Gone::NotByName, &mut columns)).collect();
        let never = rules.never.iter().filter(|entry| entry.window.holds(now));
        let never = never
            .map(|entry| (entry, Wall::new(&entry.what, Gone::ByEverything, &mut columns)))
            .collect();
        drop(columns);
        Self {
            rules,
            organization,
            now,
            manageable,
            managed: Managed::new(rules, &catalogue),
            grants_in: by_account(&grants, catalogue.observed.accounts.len()),
            unsure: unsure(&grants, catalogue.observed.accounts.len()),
            speller: Speller::new(rules, &catalogue.observed),
            catalogue,
            grants,
            protect,
            never,
            warns: true,
            earlier: Earlier::default(),
        }
    }

    /// After earlier parts of the same work, whose revocations count too.
    fn after(self, earlier: Earlier) -> Self {
        Self { earlier, ..self }
    }

    /// With groups of so many members, whoever they are.
    pub(crate) fn with_group_sizes(mut self, sizes: HashMap<GroupId, usize>) -> Self {
        self.catalogue.group_sizes = sizes;
        self
    }

    /// For plans of which nobody reads the warnings: to look for them takes longer than to plan.
    pub(crate) fn without_warnings(self) -> Self {
        Self { warns: false, ..self }
    }

    /// What to do in a scope.
    #[must_use]
    pub fn plan(&self, scope: &Scope) -> Plan {
        let observed = &self.catalogue.observed;
        let reach = ScopeReach::new(scope, observed);
        let places = reach.accounts(observed);
        let (mut changes, mut left_alone) = (Changes::default(), Vec::new());
        for place in places.iter().copied() {
            let Some(account) = AccountDecision::new(self, place) else { continue };
            let whole = reach.is_whole(place, observed);
            match self.left_alone(place).filter(|_| whole) {
                Some(left) => left_alone.push(left),
                None => account.add_to(&mut changes, |pair| whole || reach.includes(pair)),
            }
        }
        let not_ours = self.take_what_is_not_ours(&mut changes);
        let absent = self.not_in_the_organization(scope);
        let in_scope = |id: &AccountId| scope.is_everything() || scope.names_whole(id);
        let is_told = |id: &AccountId| absent.iter().any(|left| left.account_id == *id);
        let elsewhere =
            observed.assignments.elsewhere.iter().map(|assignment| &assignment.account_id);
        let elsewhere = elsewhere.filter(|id| in_scope(id) && !is_told(id)).count();
        left_alone.extend(absent);
        let Oddities { mut warnings, doubts } = self.oddities(scope, &places);
        // What earlier parts have counted is not counted again, wherever this one has looked besides.
        let is_first = self.earlier == Earlier::default();
        let (in_scope, is_counted) = (changes.managed, scope.is_everything() || !is_first);
        let managed = || if is_counted { in_scope } else { self.count_managed() };
        let settled = self.settled(changes.creates, changes.deletes, managed);
        warnings.extend(warnings::quotas(self.rules, &changes.impossible));
        warnings.extend(warnings::losses(self, &doubts, &settled.changes));
        Plan {
            gaps: self.gaps(&places),
            warnings: most_warnings(warnings, &self.rules.source),
            left_alone,
            unchanged: changes.unchanged,
            unmanaged: changes.unmanaged + elsewhere,
            protected: changes.protected,
            not_ours,
            impossible: changes.impossible.into_iter().map(|(_, change)| change).collect(),
            ..settled
        }
    }

    /// What was not read; and the accounts of the scope for which a rule asks what nobody noticed to be
    /// missing, such as an organizational unit that a snapshot leaves out.
    fn gaps(&self, accounts: &[usize]) -> Vec<Gap> {
        let accounts = accounts.iter().copied();
        let unnoticed = accounts.filter_map(|place| self.unnoticed_gap(place));
        self.organization.gaps.iter().cloned().chain(unnoticed).collect()
    }

    /// What a rule asks of an account that nobody noticed to be missing.
    fn unnoticed_gap(&self, place: usize) -> Option<Gap> {
        let account = *self.catalogue.observed.accounts.get(place)?;
        let gaps = &self.catalogue.observed.gaps;
        let known = self.manageable(place) == Truth::No || gaps.bear_on(account);
        (self.unsure.contains(place) && !known).then(|| Gap {
            what: Unread::OrganizationalUnits,
            account_id: Some(account.id.clone()),
            reason: "an organizational unit above it is missing".to_owned(),
        })
    }

    /// Takes out what only the management account may change, and whoever asks is another.
    fn take_what_is_not_ours(&self, changes: &mut Changes) -> Vec<Change> {
        if self.organization.delegated_administrator.is_none() {
            return Vec::new();
        }
        let is_not_ours = |change: &mut Change| {
            self.not_ours(&change.account.id, &change.permission_set.arn).is_some()
        };
        let creates = changes.creates.extract_if(.., is_not_ours);
        let mut not_ours: Vec<Change> = creates.collect();
        // What is only reported is nobody's to change.
        if self.rules.manage.unlisted == Unlisted::Revoke {
            not_ours.extend(changes.deletes.extract_if(.., is_not_ours));
        }
        not_ours
    }

    /// Why only the management account may change something, where whoever asks is another.
    fn not_ours(&self, account: &AccountId, set: &PermissionSetArn) -> Option<&'static str> {
        let delegated = self.organization.delegated_administrator.as_ref()?;
        if *account == self.organization.organization.management_account_id {
            return Some("not ours to change: the management account changes only from there");
        }
        delegated.permission_sets_of_management.contains(set).then_some(
            "not ours to change: the permission set is used in the management account, and only from there can it be \
             assigned",
        )
    }

    /// Applies what the rules say of revocations: only report them, or hold too many.
    fn settled(
        &self,
        mut creates: Vec<Change>,
        mut deletes: Vec<Change>,
        managed: impl FnOnce() -> usize,
    ) -> Plan {
        let manage = &self.rules.manage;
        if manage.unlisted == Unlisted::Report {
            return Plan { changes: creates, unlisted: deletes, ..Plan::default() };
        }
        let Earlier { revocations, managed: managed_before } = self.earlier;
        let revocations = revocations.saturating_add(deletes.len());
        let managed = || managed_before.saturating_add(managed());
        if manage.max_revocations.is_exceeded(revocations, managed) {
            deletes.iter_mut().for_each(|change| change.held = true);
        }
        creates.append(&mut deletes);
        Plan { changes: creates, ..Plan::default() }
    }

    /// How many assignments are under manage, wherever they were observed.
    fn count_managed(&self) -> usize {
        let accounts = 0..self.catalogue.observed.accounts.len();
        accounts
            .filter_map(|place| AccountDecision::new(self, place))
            .map(|account| account.count_managed())
            .sum()
    }

    fn manageable(&self, place: usize) -> Truth {
        self.manageable.get(place).copied().unwrap_or(Truth::No)
    }

    /// The rules that certainly hold in an account now.
    fn grants_in(&self, place: usize) -> impl Iterator<Item = (u32, &Grant<'a>)> {
        let rules = self.grants_in.get(place).into_iter().flatten();
        rules.filter_map(|rule| Some((*rule, self.grants.get(*rule as usize)?)))
    }

    /// An account that is not touched although nobody has to write that down, and why.
    fn left_alone(&self, place: usize) -> Option<LeftAlone> {
        let account = *self.catalogue.observed.accounts.get(place)?;
        let why = if account.state != AccountState::Active {
            format!("it is {}", account.state.as_str())
        } else if is_out_of_bounds(self.rules, self.organization, account) {
            "it is the management account".to_owned()
        } else {
            return None;
        };
        Some(LeftAlone {
            account_id: account.id.clone(),
            account_name: account.name.clone(),
            assignments: self.catalogue.observed.assignments.of(place).len(),
            why,
        })
    }

    /// The accounts of the scope that are certainly not in the organization: they left, or were
    /// never there.
    fn not_in_the_organization(&self, scope: &Scope) -> Vec<LeftAlone> {
        let may_be_there = |id: &AccountId| {
            let hides = |what: &Unread| matches!(what, Unread::Accounts | Unread::Other(_));
            let gaps = self.organization.gaps.iter();
            gaps.filter(|gap| hides(&gap.what))
                .any(|gap| gap.account_id.as_ref().is_none_or(|of| of == id))
        };
        let listed = |id: &AccountId| self.catalogue.observed.account(id).is_some();
        let elsewhere = |id: &AccountId| {
            let assignments = self.catalogue.observed.assignments.elsewhere.iter();
            assignments.filter(|assignment| assignment.account_id == *id).count()
        };
        let absent = scope.accounts.iter().filter(|id| !listed(id) && !may_be_there(id));
        absent
            .map(|id| LeftAlone {
                account_id: id.clone(),
                account_name: id.to_string(),
                assignments: elsewhere(id),
                why: "it is not in the organization".to_owned(),
            })
            .collect()
    }

    /// The rules that hold, or may, in accounts that may be touched.
    fn rules_that_may_hold(&self, accounts: &[usize]) -> FixedBitSet {
        let mut rules = FixedBitSet::with_capacity(self.grants.len());
        for place in accounts.iter().filter(|place| self.manageable(**place) != Truth::No) {
            rules.extend(self.grants_in(*place).map(|(rule, _)| rule as usize));
            if self.unsure.contains(*place) {
                let grants = self.grants.iter().enumerate();
                let may_hold =
                    grants.filter(|(_, grant)| grant.accounts.possible().contains(*place));
                rules.extend(may_hold.map(|(rule, _)| rule));
            }
        }
        rules
    }

    /// The accounts that may be touched, or for which that is not known.
    fn touchable(&self) -> FixedBitSet {
        let mut touchable = FixedBitSet::with_capacity(self.manageable.len());
        let truths = self.manageable.iter().enumerate();
        touchable.extend(truths.filter(|(_, truth)| **truth != Truth::No).map(|(place, _)| place));
        touchable
    }
}

fn manageable_accounts(
    rules: &Rules,
    catalogue: &Catalogue<'_>,
    selected: &Selection,
) -> Vec<Truth> {
    let observed = &catalogue.observed;
    let truth = |(place, account): (usize, &&Account)| {
        let unread = observed.gaps.hides(account, &Unread::Accounts);
        let active =
            Truth::of((!unread).then_some(&account.state), |state| *state == AccountState::Active);
        let allowed = !is_out_of_bounds(rules, observed.organization, account);
        active & allowed.into() & selected.of(place)
    };
    observed.accounts.iter().enumerate().map(truth).collect()
}

/// Whether it is the management account, and the rules leave that alone.
fn is_out_of_bounds(rules: &Rules, organization: &Organization, account: &Account) -> bool {
    account.id == organization.organization.management_account_id
        && !rules.manage.management_account
}

/// For each account, the rules that certainly hold there, in the order of the file.
fn by_account(grants: &[Grant<'_>], accounts: usize) -> Vec<Vec<u32>> {
    let mut numbers = vec![0; accounts];
    for place in grants.iter().flat_map(|grant| grant.accounts.certain().ones()) {
        numbers.get_mut(place).into_iter().for_each(|number| *number += 1);
    }
    let mut by_account: Vec<Vec<u32>> = numbers.into_iter().map(Vec::with_capacity).collect();
    for (rule, grant) in (0..).zip(grants) {
        for place in grant.accounts.certain().ones() {
            by_account.get_mut(place).into_iter().for_each(|rules| rules.push(rule));
        }
    }
    by_account
}

fn unsure(grants: &[Grant<'_>], accounts: usize) -> FixedBitSet {
    let mut unsure = FixedBitSet::with_capacity(accounts);
    for of_rule in grants.iter().filter_map(|grant| grant.accounts.unsure()) {
        unsure.union_with(&of_rule);
    }
    unsure
}

/// Which accounts of what was observed the rules may touch, and which rules may hold in one of
/// them: what there is still to read.
#[must_use]
pub fn reach<'r, 'o>(
    rules: &'r Rules,
    organization: &'o Organization,
    now: DateTime<Utc>,
) -> Reach<'r, 'o> {
    let decision = Decision::new(rules, organization, now);
    let touchable = decision.touchable();
    let accounts = decision.catalogue.observed.accounts.iter().enumerate();
    let may_be_touched: HashSet<&AccountId> = accounts
        .filter(|(place, _)| touchable.contains(*place))
        .map(|(_, account)| &account.id)
        .collect();
    let accounts = organization.accounts.iter();
    let grants = rules.rules.iter().zip(&decision.grants);
    Reach {
        accounts: accounts.filter(|account| may_be_touched.contains(&account.id)).collect(),
        rules: grants
            .filter(|(_, grant)| !grant.accounts.possible().is_disjoint(&touchable))
            .map(|(rule, _)| rule)
            .collect(),
    }
}

/// What a rules file can reach in an organization.
#[derive(Clone, Debug)]
pub struct Reach<'r, 'o> {
    /// The accounts that may be touched.
    pub accounts: Vec<&'o Account>,
    /// The rules that may hold in one of them.
    pub rules: Vec<&'r Rule>,
}
