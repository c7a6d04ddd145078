//! Putting an observation together, call by call.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use crate::{
    decide::{Reach, reach},
    failure::CallFailure,
    ids::{AccountId, OrganizationalUnitId, PermissionSetArn},
    organization::{
        Account, AccountState, Gap, Organization, OrganizationalUnit, PermissionSet, Unread,
    },
    rules::{
        Principals, Rule, Rules,
        selector::{OrganizationalUnitPattern, Test},
    },
    scope::Scope,
    source::Spanned,
};

use super::{Facts, Observe, SeenAccount};

/// Reads what a plan for the scope needs, as cheaply as the scope allows.
///
/// # Errors
/// When the instance, the organization or, for more than single accounts, the list of accounts
/// cannot be read. Everything else that cannot be read becomes a gap.
pub async fn observe(
    reads: &impl Observe,
    rules: &Rules,
    scope: &Scope,
    now: DateTime<Utc>,
) -> Result<Organization, CallFailure> {
    let mut gathering = Gathering::new(reads, rules, reads.facts().await?, now);
    gathering.needs_units |= !scope.organizational_units.is_empty();
    match scope.only_accounts() {
        Some(accounts) => gathering.single_accounts(accounts).await,
        None => gathering.all_accounts().await?,
    }
    gathering.tags().await;
    gathering.unit_tags().await;
    gathering.what_the_rules_reach(scope).await;
    Ok(gathering.organization)
}

/// An observation under way.
pub(super) struct Gathering<'a, Reads> {
    pub(super) reads: &'a Reads,
    pub(super) rules: &'a Rules,
    /// Whether the scope or a rule asks where in the tree accounts are.
    needs_units: bool,
    pub(super) organization: Organization,
}

impl<'a, Reads: Observe> Gathering<'a, Reads> {
    fn new(reads: &'a Reads, rules: &'a Rules, facts: Facts, now: DateTime<Utc>) -> Self {
        let root = OrganizationalUnit {
            id: facts.organization.root_id.clone(),
            name: "Root".to_owned(),
            parent_id: None,
            tags: Default::default(),
        };
        let organization = Organization {
            observed_at: now,
            instance: facts.instance,
            organization: facts.organization,
            organizational_units: vec![root],
            accounts: Vec::new(),
            permission_sets: Vec::new(),
            groups: Vec::new(),
            users: Vec::new(),
            memberships: Vec::new(),
            assignments: Vec::new(),
            gaps: Vec::new(),
        };
        Self { reads, rules, needs_units: asks_for_units(rules), organization }
    }

    pub(super) fn gap(
        &mut self,
        what: Unread,
        account_id: Option<&AccountId>,
        failure: &CallFailure,
    ) {
        let account_id = account_id.cloned();
        self.organization.gaps.push(Gap {
            what,
            account_id,
            reason: format!("{}: {}", failure.operation, failure.code),
        });
    }

    /// The accounts of a narrow scope, one call each, and the units above them.
    async fn single_accounts(&mut self, ids: &BTreeSet<AccountId>) {
        for id in ids {
            match self.reads.account(id).await {
                Ok(Some(account)) => {
                    self.units_above(&account).await;
                    self.add(account);
                }
                Ok(None) => {}
                Err(failure) => self.gap(Unread::Accounts, Some(id), &failure),
            }
        }
    }

    /// Every account, and the tree around them.
    async fn all_accounts(&mut self) -> Result<(), CallFailure> {
        let accounts = self.reads.accounts().await?;
        self.tree_around(&accounts).await;
        for account in accounts {
            self.add(account);
        }
        Ok(())
    }

    /// An account without a path cannot be told where it is, and so is not known at all.
    fn add(&mut self, account: SeenAccount) {
        let SeenAccount { id, name, email, state, path } = account;
        match path.last().cloned() {
            Some(parent_id) => {
                self.organization.accounts.push(Account {
                    id,
                    name,
                    email,
                    state,
                    parent_id,
                    tags: Default::default(),
                });
            }
            None => {
                let reason = "organizations:DescribeAccount: an account without a path".to_owned();
                self.organization.gaps.push(Gap {
                    what: Unread::Accounts,
                    account_id: Some(id),
                    reason,
                });
            }
        }
    }

    /// The names of the units above one account, if a rule asks for them: one call a unit, five at
    /// the most.
    async fn units_above(&mut self, account: &SeenAccount) {
        if !self.needs_units || account.state != AccountState::Active {
            return;
        }
        for pair in account.path.windows(2) {
            let [parent, id] = pair else { continue };
            if self.organization.organizational_units.iter().any(|unit| unit.id == *id) {
                continue;
            }
            match self.reads.organizational_unit_name(id).await {
                Ok(Some(name)) => self.add_unit(id.clone(), name, parent),
                Ok(None) => self.moved_meanwhile(&account.id),
                Err(failure) => self.gap(Unread::OrganizationalUnits, Some(&account.id), &failure),
            }
        }
    }

    /// A unit above the account was deleted since the account was read, so the account is somewhere
    /// else by now.
    fn moved_meanwhile(&mut self, account: &AccountId) {
        let reason = "the account moved while it was read".to_owned();
        let account_id = Some(account.clone());
        self.organization.gaps.push(Gap { what: Unread::OrganizationalUnits, account_id, reason });
    }

    /// The units on the paths of all accounts: one listing for each that has another below it.
    async fn tree_around(&mut self, accounts: &[SeenAccount]) {
        if !self.needs_units {
            return;
        }
        let parents: BTreeSet<&OrganizationalUnitId> = accounts
            .iter()
            .flat_map(|account| account.path.split_last().map_or(&[][..], |(_, above)| above))
            .collect();
        for parent in parents {
            match self.reads.organizational_units_below(parent).await {
                Ok(units) => {
                    units.into_iter().for_each(|(id, name)| self.add_unit(id, name, parent));
                }
                Err(failure) => self.gap(Unread::OrganizationalUnits, None, &failure),
            }
        }
        let known: BTreeSet<OrganizationalUnitId> =
            self.organization.organizational_units.iter().map(|unit| unit.id.clone()).collect();
        for account in
            accounts.iter().filter(|account| !account.path.iter().all(|id| known.contains(id)))
        {
            self.moved_meanwhile(&account.id);
        }
    }

    fn add_unit(&mut self, id: OrganizationalUnitId, name: String, parent: &OrganizationalUnitId) {
        let unit = OrganizationalUnit {
            id,
            name,
            parent_id: Some(parent.clone()),
            tags: Default::default(),
        };
        self.organization.organizational_units.push(unit);
    }

    /// The tags of the accounts that can be touched at all, if a rule asks for tags: one call an
    /// account.
    async fn tags(&mut self) {
        let by_tag = asks_for(self.rules, &|test| matches!(test, Test::Tags(_)));
        if !by_tag && !self.rules.rules.iter().any(names_principals_by_tag) {
            return;
        }
        let mut accounts = std::mem::take(&mut self.organization.accounts);
        for account in &mut accounts {
            if !self.is_open(account) {
                continue;
            }
            match self.reads.account_tags(&account.id).await {
                Ok(tags) => account.tags = tags,
                Err(failure) => self.gap(Unread::Tags, Some(&account.id), &failure),
            }
        }
        self.organization.accounts = accounts;
    }

    /// The tags of the root and of the units above the accounts, if a rule asks for those: one call
    /// a unit.
    async fn unit_tags(&mut self) {
        if !asks_for(self.rules, &|test| matches!(test, Test::OrganizationalUnitTags(_))) {
            return;
        }
        let above = self.units_in_use();
        let mut units = std::mem::take(&mut self.organization.organizational_units);
        for unit in units.iter_mut().filter(|unit| above.contains(&unit.id)) {
            match self.reads.organizational_unit_tags(&unit.id).await {
                Ok(tags) => unit.tags = tags,
                Err(failure) => self.gap(Unread::OrganizationalUnitTags, None, &failure),
            }
        }
        self.organization.organizational_units = units;
    }

    /// The units above the accounts in which anything may be changed, and the root.
    fn units_in_use(&self) -> BTreeSet<OrganizationalUnitId> {
        let units = &self.organization.organizational_units;
        let mut above = BTreeSet::new();
        for account in self.organization.accounts.iter().filter(|account| self.is_open(account)) {
            let mut next = Some(&account.parent_id);
            while let Some(id) = next.filter(|id| above.insert((*id).clone())) {
                let unit = units.iter().find(|unit| unit.id == *id);
                next = unit.and_then(|unit| unit.parent_id.as_ref());
            }
        }
        above
    }

    /// Whether anything may be changed in the account, as far as is known without its tags.
    fn is_open(&self, account: &Account) -> bool {
        let is_management = account.id == self.organization.organization.management_account_id;
        account.state == AccountState::Active
            && (self.rules.manage.management_account || !is_management)
    }

    /// The assignments in the accounts that the rules reach, and the names that those and the rules
    /// speak of.
    async fn what_the_rules_reach(&mut self, scope: &Scope) {
        let Reach { accounts, rules } =
            reach(self.rules, &self.organization, self.organization.observed_at);
        let accounts: Vec<AccountId> =
            accounts.into_iter().map(|account| account.id.clone()).collect();
        if accounts.is_empty() {
            return;
        }
        for account in &accounts {
            self.assignments(account).await;
        }
        self.permission_sets().await;
        self.directory(scope, &rules).await;
    }

    async fn assignments(&mut self, account: &AccountId) {
        let permission_sets = match self.reads.provisioned_permission_sets(account).await {
            Ok(permission_sets) => permission_sets,
            Err(failure) => return self.gap(Unread::Assignments, Some(account), &failure),
        };
        for permission_set in permission_sets {
            match self.reads.assignments(account, &permission_set).await {
                Ok(assignments) => self.organization.assignments.extend(assignments),
                Err(failure) => self.gap(Unread::Assignments, Some(account), &failure),
            }
        }
    }

    async fn permission_sets(&mut self) {
        match self.reads.permission_sets().await {
            Ok(arns) => {
                for arn in arns {
                    self.permission_set(arn).await;
                }
            }
            Err(failure) => self.gap(Unread::PermissionSets, None, &failure),
        }
    }

    async fn permission_set(&mut self, arn: PermissionSetArn) {
        match self.reads.permission_set_name(&arn).await {
            Ok(Some(name)) => self.organization.permission_sets.push(PermissionSet { arn, name }),
            // Deleted since it was listed.
            Ok(None) => {}
            Err(failure) => self.gap(Unread::PermissionSets, None, &failure),
        }
    }
}

fn asks_for(rules: &Rules, question: &impl Fn(&Test) -> bool) -> bool {
    rules.account_selectors().any(|selector| selector.asks(question))
}

/// Whether the rule finds its groups by tags of the account.
fn names_principals_by_tag(rule: &Rule) -> bool {
    match &rule.principals {
        Principals::Named { .. } => false,
        Principals::GroupName(template) => template.value.tag_keys().next().is_some(),
        Principals::AccountTag { .. } => true,
    }
}

/// Whether any selector needs more of the tree than that all accounts are under the root.
fn asks_for_units(rules: &Rules) -> bool {
    let is_root = |pattern: &Spanned<OrganizationalUnitPattern>| match &pattern.value {
        OrganizationalUnitPattern::Path(path) => path.is_root(),
        OrganizationalUnitPattern::Id(_) => false,
    };
    asks_for(rules, &|test| match test {
        Test::OrganizationalUnit(patterns) | Test::DirectlyIn(patterns) => {
            !patterns.iter().all(is_root)
        }
        Test::OrganizationalUnitTags(_) => true,
        _ => false,
    })
}
