//! Organizations of any size, with rules for them: the same in every run, and shaped as real ones
//! are.
//!
//! Next to the rules file stands what it must lead to: the assignments desired, worked out a second
//! time from the generator's own picture of the rules, without a line of the code that is measured
//! (see [`rules::RulesFile::desired`]). So a bench can check itself, and a test can use this as a
//! reference: `#[path = "../shared/benches/generated/mod.rs"] mod generated;`.

mod rules;

use std::collections::HashSet;

use local::generate::{Company, Random, Size};
use shared::organization::{Account, Assignment, Organization, Principal};

/// How large an organization is, and its rules file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    pub(crate) accounts: usize,
    pub(crate) groups: usize,
    pub(crate) permission_sets: usize,
    pub(crate) rules: usize,
    /// Divisions of the company. Each has about nine organizational units.
    pub(crate) divisions: usize,
}

/// An assignment by the positions of its account, permission set and group in the listings.
pub(crate) type Place = (u32, u32, u32);

/// An organization in which nothing is assigned, and what should be.
#[derive(Debug)]
pub(crate) struct Generated {
    /// The organization, without assignments.
    pub(crate) organization: Organization,
    /// The rules file's text.
    pub(crate) rules: String,
    /// All that the rules want, in order, each once.
    pub(crate) desired: Vec<Place>,
    /// Which accounts, permission sets and groups `protect` does not hold.
    free: Free,
    random: Random,
}

/// Positions of what any assignment may be made of without being protected or left alone.
#[derive(Debug)]
struct Free {
    accounts: Vec<usize>,
    permission_sets: Vec<usize>,
    groups: Vec<usize>,
}

/// A part of the desired assignments, and others that no rule grants.
#[derive(Debug)]
pub(crate) struct Drift {
    /// What is in place.
    pub(crate) organization: Organization,
    /// How many are missing.
    pub(crate) missing: usize,
    /// How many should not be there.
    pub(crate) extra: usize,
}

impl Generated {
    /// An organization of that shape, and rules for it.
    pub(crate) fn new(shape: Shape) -> Self {
        let mut random = Random::new(0x7573_6865_7221);
        let size = Size {
            accounts: shape.accounts,
            groups: shape.groups,
            permission_sets: shape.permission_sets,
            divisions: shape.divisions,
        };
        let company = Company::new(size, &mut random);
        let rules = rules::for_company(shape, &company, &mut random);
        let free = Free {
            accounts: company.positions_of_manageable_accounts(),
            permission_sets: rules.unprotected_permission_sets(&company),
            groups: rules.unprotected_groups(&company),
        };
        Self {
            desired: rules.desired(&company),
            rules: rules.to_string(),
            organization: company.organization,
            free,
            random,
        }
    }

    /// The organization with these assignments in place.
    pub(crate) fn assigned(&self, places: &[Place]) -> Organization {
        let assignments = places.iter().map(|place| self.assignment(*place)).collect();
        Organization { assignments, ..self.organization.clone() }
    }

    /// All is as the rules say, but for so many per cent that are missing, and as many again that
    /// no rule grants.
    pub(crate) fn drifted(&mut self, per_cent: usize) -> Drift {
        let count = self.desired.len() * per_cent / 100;
        let extra = self.unwanted(count);
        let mut places = self.desired.clone();
        self.random.shuffle(&mut places);
        places.truncate(self.desired.len() - count);
        places.extend(extra);
        places.sort_unstable();
        Drift { organization: self.assigned(&places), missing: count, extra: count }
    }

    /// What a scope of one account observes when all is in place: that account and its assignments,
    /// all groups and permission sets.
    pub(crate) fn observed_for(&self, account: &Account) -> Organization {
        let mut observed = self.assigned(&self.desired);
        observed.assignments.retain(|assignment| assignment.account_id == account.id);
        observed.accounts = vec![account.clone()];
        observed
    }

    /// The account that has most assignments to decide on.
    pub(crate) fn busiest_account(&self) -> &Account {
        let runs = self.desired.chunk_by(|(one, ..), (other, ..)| one == other);
        let (busiest, ..) = runs.max_by_key(|run| run.len()).and_then(<[Place]>::first).unwrap();
        &self.organization.accounts[*busiest as usize]
    }

    /// The desired assignments as bare numbers, in no order.
    pub(crate) fn shuffled(&mut self) -> Vec<Place> {
        let mut places = self.desired.clone();
        self.random.shuffle(&mut places);
        places
    }

    /// So many different assignments that the rules file manages and no rule grants.
    fn unwanted(&mut self, count: usize) -> HashSet<Place> {
        let mut unwanted = HashSet::new();
        while unwanted.len() < count {
            let place = (
                *self.random.pick(&self.free.accounts) as u32,
                *self.random.pick(&self.free.permission_sets) as u32,
                *self.random.pick(&self.free.groups) as u32,
            );
            if self.desired.binary_search(&place).is_err() {
                unwanted.insert(place);
            }
        }
        unwanted
    }

    fn assignment(&self, (account, permission_set, group): Place) -> Assignment {
        let Organization { accounts, permission_sets, groups, .. } = &self.organization;
        Assignment {
            account_id: accounts[account as usize].id.clone(),
            permission_set_arn: permission_sets[permission_set as usize].arn.clone(),
            principal: Principal::Group(groups[group as usize].id.clone()),
        }
    }
}
