//! Putting an observation together, call by call.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use crate::{
    decide::{Reach, reach},
    failure::CallFailure,
    ids::{AccountId, GroupId, OrganizationalUnitId, PermissionSetArn},
    organization::{
        Account, AccountState, Gap, Group, Organization, OrganizationalUnit, PermissionSet,
        Principal, Unread,
    },
    rules::{
        Rules,
        glob::Glob,
        selector::{Condition, OrganizationalUnitPattern},
    },
    scope::Scope,
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

/// How much of a listing was read.
enum Listed {
    All,
    Some,
}

/// An observation under way.
struct Gathering<'a, Reads> {
    reads: &'a Reads,
    rules: &'a Rules,
    /// Whether the scope or a rule asks where in the tree accounts are.
    needs_units: bool,
    organization: Organization,
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

    fn gap(&mut self, what: Unread, account_id: Option<&AccountId>, failure: &CallFailure) {
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
        if !asks_for(self.rules, &|condition| matches!(condition, Condition::Tags(_))) {
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
        if !asks_for(self.rules, &|condition| {
            matches!(condition, Condition::OrganizationalUnitTags(_))
        }) {
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
        let wanted: Vec<&Glob> =
            rules.iter().flat_map(|rule| &rule.groups).map(|spanned| &spanned.glob).collect();
        self.groups(scope, &wanted).await;
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

    /// The groups that are wanted by name, and those that hold assignments.
    ///
    /// One page of the listing has a hundred groups, which is all of them for most. For a narrow
    /// scope that asks for a few whole names, the listing goes on for as many pages as there are
    /// names; in a directory larger than that, asking for the names themselves is cheaper.
    async fn groups(&mut self, scope: &Scope, wanted: &[&Glob]) {
        let with_assignments = self.groups_with_assignments();
        if wanted.is_empty() && with_assignments.is_empty() {
            return;
        }
        let names: Option<Vec<&str>> = wanted.iter().map(|glob| glob.name()).collect();
        let names = names.filter(|_| scope.only_accounts().is_some());
        let most_pages = names.as_ref().map_or(usize::MAX, |names| names.len().max(1));
        match self.group_pages(most_pages).await {
            Ok(Listed::All) => {}
            Ok(Listed::Some) => self.groups_by_name(&names.unwrap_or_default()).await,
            Err(failure) => return self.gap(Unread::Groups, None, &failure),
        }
        self.groups_by_id(&with_assignments).await;
        if self.organization.groups.is_empty() && !with_assignments.is_empty() {
            self.doubt_the_empty_directory();
        }
    }

    /// Lists groups, so many pages at the most.
    async fn group_pages(&mut self, most_pages: usize) -> Result<Listed, CallFailure> {
        let mut token = None;
        for _ in 0..most_pages {
            let page = self.reads.group_page(token).await?;
            self.organization.groups.extend(page.groups);
            token = page.next;
            if token.is_none() {
                return Ok(Listed::All);
            }
        }
        Ok(Listed::Some)
    }

    /// Finds the groups of these names that were not listed, and looks at what they are really
    /// called.
    async fn groups_by_name(&mut self, names: &[&str]) {
        let listed = |groups: &[Group], name| groups.iter().any(|group| group.display_name == name);
        let mut found = BTreeSet::new();
        for name in names {
            if !listed(&self.organization.groups, *name) {
                match self.reads.group_id(name).await {
                    Ok(id) => found.extend(id),
                    Err(failure) => self.gap(Unread::Groups, None, &failure),
                }
            }
        }
        self.groups_by_id(&found).await;
    }

    /// Asks for groups singly that were not listed. Only of a group that AWS itself says is not
    /// there is it known that it is gone: a listing may lag behind.
    async fn groups_by_id(&mut self, ids: &BTreeSet<GroupId>) {
        let listed: BTreeSet<GroupId> =
            self.organization.groups.iter().map(|group| group.id.clone()).collect();
        for id in ids.difference(&listed) {
            match self.reads.group(id).await {
                Ok(group) => self.organization.groups.extend(group),
                Err(failure) => self.gap(Unread::Groups, None, &failure),
            }
        }
    }

    /// A directory without a single group, while groups hold assignments, was not read right, or is
    /// being filled again: to take it at its word would be to take everybody's access away.
    fn doubt_the_empty_directory(&mut self) {
        let reason = "the directory has no group at all, yet groups hold assignments".to_owned();
        self.organization.gaps.push(Gap { what: Unread::Groups, account_id: None, reason });
    }

    fn groups_with_assignments(&self) -> BTreeSet<GroupId> {
        let principals =
            self.organization.assignments.iter().map(|assignment| &assignment.principal);
        principals
            .filter_map(|principal| match principal {
                Principal::Group(id) => Some(id.clone()),
                Principal::User(_) => None,
            })
            .collect()
    }
}

fn asks_for(rules: &Rules, test: &impl Fn(&Condition) -> bool) -> bool {
    rules.account_selectors().any(|selector| selector.any_condition(test))
}

/// Whether any selector needs more of the tree than that all accounts are under the root.
fn asks_for_units(rules: &Rules) -> bool {
    let is_root = |pattern: &OrganizationalUnitPattern| match pattern {
        OrganizationalUnitPattern::Path(path) => path.is_root(),
        OrganizationalUnitPattern::Id(_) => false,
    };
    asks_for(rules, &|condition| match condition {
        Condition::OrganizationalUnit(patterns) | Condition::DirectlyIn(patterns) => {
            !patterns.iter().all(is_root)
        }
        Condition::OrganizationalUnitTags(_) => true,
        _ => false,
    })
}
