//! A whole rules file: as text, and what it wants.

use std::{borrow::Borrow, fmt};

use super::{
    super::Place,
    Company,
    selector::{Name, Selector, list},
};

/// A rules file.
pub(in super::super) struct RulesFile {
    pub(super) protect: Vec<Fence>,
    pub(super) rules: Vec<Grant>,
    pub(super) never: Vec<Fence>,
}

/// A rule.
pub(super) struct Grant {
    pub(super) name: String,
    pub(super) permission_sets: Vec<Name>,
    pub(super) groups: Vec<Name>,
    pub(super) accounts: Selector,
    /// Whether its time is over.
    pub(super) is_over: bool,
}

/// An entry of `protect` or of `never`. What is empty says nothing.
#[derive(Default)]
pub(super) struct Fence {
    pub(super) permission_sets: Vec<Name>,
    pub(super) groups: Vec<Name>,
    pub(super) accounts: Option<Selector>,
}

impl RulesFile {
    /// All that the file wants in the company, in order, each once.
    pub(in super::super) fn desired(&self, company: &Company) -> Vec<Place> {
        let products: Vec<_> = self.rules.iter().map(|rule| rule.product(company)).collect();
        let mut desired = Vec::new();
        for account in company.positions_of_manageable_accounts() {
            let mut granted = Vec::new();
            for (rule, product) in self.rules.iter().zip(&products) {
                if !rule.is_over && rule.accounts.matches(company, account) {
                    granted.extend_from_slice(product);
                }
            }
            granted.sort_unstable();
            granted.dedup();
            let fences = self.fences_around(company, account);
            granted.retain(|pair| !fences.iter().any(|fence| fence.holds(company, *pair)));
            let place = |(set, group)| (account as u32, set as u32, group as u32);
            assert_within_quota(&granted);
            desired.extend(granted.into_iter().map(place));
        }
        desired
    }

    fn fences_around(&self, company: &Company, account: usize) -> Vec<&Fence> {
        let here = |fence: &&Fence| {
            fence.accounts.as_ref().is_none_or(|accounts| accounts.matches(company, account))
        };
        self.protect.iter().chain(&self.never).filter(here).collect()
    }

    /// The positions of permission sets that `protect` does not name.
    pub(in super::super) fn unprotected_permission_sets(&self, company: &Company) -> Vec<usize> {
        let named: Vec<&Name> =
            self.protect.iter().flat_map(|fence| &fence.permission_sets).collect();
        positions(company.permission_set_names(), |name| !any(&named, name))
    }

    /// The positions of groups that `protect` does not name.
    pub(in super::super) fn unprotected_groups(&self, company: &Company) -> Vec<usize> {
        let named: Vec<&Name> = self.protect.iter().flat_map(|fence| &fence.groups).collect();
        positions(company.group_names(), |name| !any(&named, name))
    }
}

impl Grant {
    pub(super) fn new(
        name: String,
        permission_sets: Vec<Name>,
        groups: Vec<Name>,
        accounts: Selector,
    ) -> Self {
        Self { name, permission_sets, groups, accounts, is_over: false }
    }

    /// The positions of each pair of a permission set and a group that the rule grants.
    fn product(&self, company: &Company) -> Vec<(usize, usize)> {
        let sets =
            positions(company.permission_set_names(), |name| any(&self.permission_sets, name));
        let groups = positions(company.group_names(), |name| any(&self.groups, name));
        sets.iter().flat_map(|set| groups.iter().map(|group| (*set, *group))).collect()
    }
}

impl Fence {
    fn holds(&self, company: &Company, (set, group): (usize, usize)) -> bool {
        let fits = |names: &[Name], name: &str| names.is_empty() || any(names, name);
        fits(&self.permission_sets, &company.organization.permission_sets[set].name)
            && fits(&self.groups, &company.organization.groups[group].display_name)
    }

    /// Its keys, each ready to begin a line or an item.
    fn fields(&self) -> Vec<String> {
        let mut fields = Vec::new();
        for (key, names) in [("permission_sets", &self.permission_sets), ("groups", &self.groups)] {
            fields.extend((!names.is_empty()).then(|| format!("{key}: {}", list(names))));
        }
        fields.extend(self.accounts.as_ref().map(|accounts| format!("accounts: {accounts}")));
        fields
    }
}

/// AWS allows 100 groups for each permission set and account. Takes sorted pairs.
fn assert_within_quota(granted: &[(usize, usize)]) {
    let runs = granted.chunk_by(|(one, _), (other, _)| one == other);
    let most = runs.map(<[_]>::len).max().unwrap_or_default();
    assert!(most <= 100, "{most} groups have one permission set in one account");
}

/// Whether any of the globs matches.
fn any(globs: &[impl Borrow<Name>], name: &str) -> bool {
    globs.iter().any(|glob| glob.borrow().matches(name))
}

fn positions<'a>(names: impl Iterator<Item = &'a str>, test: impl Fn(&str) -> bool) -> Vec<usize> {
    let passing = names.enumerate().filter(|(_, name)| test(name));
    passing.map(|(position, _)| position).collect()
}

impl fmt::Display for RulesFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "version: 1\nmanage:\n  unlisted: revoke\nprotect:")?;
        for fence in &self.protect {
            writeln!(f, "  - {}", fence.fields().join("\n    "))?;
        }
        writeln!(f, "rules:")?;
        self.rules.iter().try_for_each(|rule| write!(f, "{rule}"))?;
        writeln!(f, "never:")?;
        for (number, fence) in self.never.iter().enumerate() {
            writeln!(f, "  - name: never-{number}\n    {}", fence.fields().join("\n    "))?;
        }
        Ok(())
    }
}

impl fmt::Display for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "  - name: {}", self.name)?;
        writeln!(f, "    description: Asked for by the people who look after it")?;
        writeln!(f, "    permission_sets: {}", list(&self.permission_sets))?;
        writeln!(f, "    groups: {}", list(&self.groups))?;
        writeln!(f, "    accounts: {}", self.accounts)?;
        if self.is_over {
            writeln!(f, "    until: 2025-12-31T00:00:00Z")?;
        }
        Ok(())
    }
}
