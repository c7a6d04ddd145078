//! What was observed, arranged for questions: names by id, the path of an account, the reach of a
//! gap.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};

use super::name::Name;
use crate::{
    ids::{AccountId, GroupId, OrganizationalUnitId, PermissionSetArn, UserId},
    organization::{
        Account, Assignment, Gap, Organization, OrganizationalUnit, Principal, Tags, Unread,
    },
    rules::{
        Rule, Rules, SpannedGlob,
        selector::{AccountView, UnitView},
    },
    scope::Scope,
};

/// What was observed, and the rules spread out over it once.
pub(super) struct Known<'a> {
    pub(super) rules: &'a Rules,
    pub(super) organization: &'a Organization,
    pub(super) now: DateTime<Utc>,
    pub(super) matched: Vec<MatchedRule<'a>>,
    permission_sets: HashMap<&'a PermissionSetArn, &'a str>,
    groups: HashMap<&'a GroupId, &'a str>,
    users: HashMap<&'a UserId, &'a str>,
    units: HashMap<&'a OrganizationalUnitId, &'a OrganizationalUnit>,
    assignments: BTreeMap<&'a AccountId, BTreeSet<&'a Assignment>>,
}

/// The permission sets and groups that a rule's globs match.
pub(super) struct MatchedRule<'a> {
    pub(super) rule: &'a Rule,
    pub(super) permission_sets: Vec<&'a PermissionSetArn>,
    pub(super) groups: Vec<&'a GroupId>,
}

impl<'a> Known<'a> {
    pub(super) fn new(
        rules: &'a Rules,
        organization: &'a Organization,
        now: DateTime<Utc>,
    ) -> Self {
        let mut assignments: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
        for assignment in &organization.assignments {
            assignments.entry(&assignment.account_id).or_default().insert(assignment);
        }
        Self {
            rules,
            organization,
            now,
            matched: rules.rules.iter().map(|rule| MatchedRule::new(rule, organization)).collect(),
            permission_sets: organization
                .permission_sets
                .iter()
                .map(|set| (&set.arn, set.name.as_str()))
                .collect(),
            groups: organization
                .groups
                .iter()
                .map(|group| (&group.id, group.display_name.as_str()))
                .collect(),
            users: organization
                .users
                .iter()
                .map(|user| (&user.id, user.user_name.as_str()))
                .collect(),
            units: organization.organizational_units.iter().map(|unit| (&unit.id, unit)).collect(),
            assignments,
        }
    }

    pub(super) fn permission_set(&self, arn: &PermissionSetArn) -> Name<'a> {
        self.name(self.permission_sets.get(arn), &Unread::PermissionSets)
    }

    pub(super) fn principal(&self, principal: &Principal) -> Name<'a> {
        match principal {
            Principal::Group(id) => self.name(self.groups.get(id), &Unread::Groups),
            Principal::User(id) => self.name(self.users.get(id), &Unread::Users),
        }
    }

    fn name(&self, name: Option<&&'a str>, what: &Unread) -> Name<'a> {
        match name {
            Some(name) => Name::Known(name),
            None if self.is_listing_incomplete(what) => Name::Unknown,
            None => Name::Gone,
        }
    }

    /// Whether a listing that belongs to no account may lack something.
    fn is_listing_incomplete(&self, what: &Unread) -> bool {
        let hides =
            |gap: &Gap| gap.what == *what || (gap.account_id.is_none() && is_about(gap, what));
        self.organization.gaps.iter().any(hides)
    }

    pub(super) fn assignments(
        &self,
        account: &AccountId,
    ) -> impl Iterator<Item = &'a Assignment> + '_ {
        self.assignments.get(account).into_iter().flatten().copied()
    }

    pub(super) fn is_assigned(&self, assignment: &Assignment) -> bool {
        self.assignments
            .get(&assignment.account_id)
            .is_some_and(|assigned| assigned.contains(assignment))
    }

    /// How many assignments of the scope are in accounts that the organization does not list.
    pub(super) fn assignments_elsewhere(&self, scope: &Scope) -> usize {
        let listed: BTreeSet<&AccountId> =
            self.organization.accounts.iter().map(|account| &account.id).collect();
        let elsewhere = self.assignments.iter().filter(|(account, _)| !listed.contains(*account));
        let in_scope =
            |account: &AccountId| scope.is_everything() || scope.accounts.contains(account);
        elsewhere
            .filter(|(account, _)| in_scope(account))
            .map(|(_, assignments)| assignments.len())
            .sum()
    }

    /// The account as a selector sees it.
    pub(super) fn view(&self, account: &'a Account) -> AccountView<'a> {
        let unread = |what| self.is_unread(account, &what);
        let root = &self.organization.organization.root_id;
        AccountView {
            id: &account.id,
            name: (!unread(Unread::Accounts)).then_some(account.name.as_str()),
            email: (!unread(Unread::Accounts)).then_some(account.email.as_str()),
            tags: (!unread(Unread::Tags)).then_some(&account.tags),
            parent: (!self.is_misplaced(account)).then_some(&account.parent_id),
            root,
            root_tags: self.unit_tags(root),
            units: self.units_above(account),
        }
    }

    /// Whether it is not known where the account is.
    fn is_misplaced(&self, account: &Account) -> bool {
        self.gaps_of(account)
            .any(|gap| gap.account_id.is_some() && is_about(gap, &Unread::OrganizationalUnits))
    }

    fn unit_tags(&self, id: &OrganizationalUnitId) -> Option<&'a Tags> {
        (!self.is_listing_incomplete(&Unread::OrganizationalUnitTags)).then_some(())?;
        self.units.get(id).map(|unit| &unit.tags)
    }

    /// The organizational units above an account, from below the root down; nothing when one of
    /// them was not read.
    fn units_above(&self, account: &'a Account) -> Option<Vec<UnitView<'a>>> {
        (!self.is_misplaced(account)).then_some(())?;
        let mut units = Vec::new();
        let mut next = &account.parent_id;
        while *next != self.organization.organization.root_id {
            let unit = self.units.get(next)?;
            let tags = self.unit_tags(&unit.id);
            units.push(UnitView { id: &unit.id, name: &unit.name, tags });
            next = unit.parent_id.as_ref()?;
            // A tree that goes in circles was not read right.
            (units.len() <= self.units.len()).then_some(())?;
        }
        units.reverse();
        Some(units)
    }

    /// Whether something of this account, or of all accounts, was not read. That the list of
    /// accounts is incomplete says nothing of those that are on it.
    pub(super) fn is_unread(&self, account: &Account, what: &Unread) -> bool {
        self.gaps_of(account).any(|gap| {
            is_about(gap, what) && (gap.what != Unread::Accounts || gap.account_id.is_some())
        })
    }

    /// Whether anything was not read that may have a bearing on the account: then nothing is
    /// deleted there, not even what certainly no rule grants. What was not read may hold the grant
    /// that is meant to replace it.
    pub(super) fn has_gap(&self, account: &Account) -> bool {
        self.gaps_of(account).any(|gap| gap.account_id.is_some() || gap.what != Unread::Accounts)
    }

    fn gaps_of(&self, account: &Account) -> impl Iterator<Item = &'a Gap> {
        let id = account.id.clone();
        self.organization
            .gaps
            .iter()
            .filter(move |gap| gap.account_id.as_ref().is_none_or(|of| *of == id))
    }
}

/// Whether a gap can hide `what`: it names it, or it is about something that this version has no
/// word for.
fn is_about(gap: &Gap, what: &Unread) -> bool {
    gap.what == *what || matches!(gap.what, Unread::Other(_))
}

impl<'a> MatchedRule<'a> {
    fn new(rule: &'a Rule, organization: &'a Organization) -> Self {
        let matches = |globs: &[SpannedGlob], name: &str| {
            globs.iter().any(|spanned| spanned.glob.matches(name))
        };
        let permission_sets = organization.permission_sets.iter();
        let groups = organization.groups.iter();
        Self {
            rule,
            permission_sets: permission_sets
                .filter(|set| matches(&rule.permission_sets, &set.name))
                .map(|set| &set.arn)
                .collect(),
            groups: groups
                .filter(|group| matches(&rule.groups, &group.display_name))
                .map(|group| &group.id)
                .collect(),
        }
    }
}
