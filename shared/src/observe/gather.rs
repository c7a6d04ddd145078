//! Putting an observation together: in which order, and what of it a scope needs.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use tokio::time::Instant;
use tracing::warn;

use crate::{
    decide::{Reach, reach},
    failure::CallFailure,
    ids::{AccountId, GroupId, OrganizationalUnitId, PermissionSetArn, UserId},
    organization::{
        DelegatedAdministrator, Extent, Gap, Organization, OrganizationalUnit, PermissionSet,
        Principal, Unread,
    },
    rules::{
        Rules,
        selector::{OrganizationalUnitPattern, Test},
    },
    scope::Scope,
    source::Spanned,
};

use super::{
    Facts, Observe, members::asked_groups, picture::Picture, questions::asked_tags, together::each,
};

/// Reads what a plan for the scope needs, as cheaply as the scope allows, and remembers nothing.
///
/// # Errors
/// As [`Observation::new`].
pub async fn observe(
    reads: &impl Observe,
    rules: &Rules,
    scope: &Scope,
    now: DateTime<Utc>,
) -> Result<Organization, CallFailure> {
    let mut nothing = Picture::default();
    let when = When { now, look_until: None };
    let observation = Observation::new(reads, rules, scope, when, &mut nothing).await?;
    Ok(observation.into_organization())
}

/// When it is, and how long there is.
#[derive(Clone, Copy, Debug)]
pub struct When {
    /// The time.
    pub now: DateTime<Utc>,
    /// From when on no further account is looked at, by a clock that nobody sets. Nothing: there is
    /// time for all.
    pub look_until: Option<Instant>,
}

/// What was observed, and the means to look closer.
#[derive(Debug)]
pub struct Observation<'a, Reads> {
    gathering: Gathering<'a, Reads>,
}

impl<'a, Reads: Observe> Observation<'a, Reads> {
    /// Reads what a plan for the scope needs, as cheaply as the scope and the picture allow.
    ///
    /// # Errors
    /// When the instance, the organization or, for more than single accounts, the list of accounts
    /// cannot be read. Everything else that cannot be read becomes a gap.
    pub async fn new(
        reads: &'a Reads,
        rules: &'a Rules,
        scope: &Scope,
        when: When,
        picture: &'a mut Picture,
    ) -> Result<Self, CallFailure> {
        let facts = reads.facts().await?;
        picture.ask_for_tags(asked_tags(rules));
        picture.ask_for_users(!rules.manage.users.is_none());
        picture.ask_for_groups_of_users(asked_groups(rules));
        let mut gathering = Gathering::new(reads, rules, scope, facts, (when, picture));
        gathering.who_is_in_the_groups().await;
        gathering.accounts().await?;
        gathering.what_the_hour_brings().await;
        gathering.keep_to_the_scope();
        gathering.tags().await;
        gathering.unit_tags().await;
        gathering.what_the_rules_reach().await;
        Ok(Self { gathering })
    }

    /// What was observed.
    #[must_use]
    pub fn organization(&self) -> &Organization {
        &self.gathering.organization
    }

    /// Where was looked: the scope, or what of it there was time for. Of a tick, what it means.
    #[must_use]
    pub fn scope(&self) -> Scope {
        self.gathering.scope_looked_at()
    }

    /// Whether the scope turned out to mean everything, because of those who are in a group, or were.
    #[must_use]
    pub fn is_widened(&self) -> bool {
        self.gathering.is_widened
    }

    /// Where there was no time to look: the rest of the scope.
    #[must_use]
    pub fn rest(&self) -> Scope {
        self.gathering.rest.clone()
    }

    /// What was observed.
    #[must_use]
    pub fn into_organization(self) -> Organization {
        self.gathering.organization
    }

    /// Reads those of the accounts that are only remembered, and says whether there were any: then
    /// the plan has to be made anew.
    ///
    /// # Errors
    /// When there are so many of them that all accounts are listed, and they cannot be.
    pub async fn refresh(&mut self, accounts: &BTreeSet<AccountId>) -> Result<bool, CallFailure> {
        self.gathering.refresh(accounts).await
    }

    /// Reads those of the pairs in which something is to be granted that were not read because nobody
    /// held anything there. Says whether there were any: then the plan has to be made anew.
    pub async fn look_where_it_grants(
        &mut self,
        pairs: &BTreeSet<(AccountId, PermissionSetArn)>,
    ) -> bool {
        self.gathering.look_where_it_grants(pairs).await
    }

    /// Asks who has each of these permission sets in these accounts, where that was not asked, and says
    /// whether that failed somewhere and is a gap: then the plan has to be made anew.
    pub async fn look_at_roles(
        &mut self,
        pairs: &BTreeSet<(AccountId, PermissionSetArn)>,
        if_unread: IfUnread,
    ) -> bool {
        self.gathering.look_at_roles(pairs, if_unread).await
    }

    /// Whether it was asked who has a permission set in an account, with or without an answer.
    #[must_use]
    pub fn has_asked_about(&self, pair: &(AccountId, PermissionSetArn)) -> bool {
        self.gathering.everybody_with.contains_key(pair)
    }

    /// Everybody who has a permission set in an account; nothing, if that was not read as a whole.
    #[must_use]
    pub fn everybody_with(
        &self,
        pair: &(AccountId, PermissionSetArn),
    ) -> Option<&BTreeSet<Principal>> {
        self.gathering.everybody_with.get(pair)?.as_ref()
    }
}

/// What it means that nobody can be told who has a permission set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IfUnread {
    /// A gap, in whose reach nothing is revoked.
    Gap,
    /// That it stays unknown. A gap would take revocations out of a set that is held: what is left may be
    /// few enough to go, and is not the set that somebody has approved.
    StaysUnknown,
}

/// An observation under way.
#[derive(Debug)]
pub(super) struct Gathering<'a, Reads> {
    pub(super) reads: &'a Reads,
    pub(super) rules: &'a Rules,
    pub(super) scope: Scope,
    /// Whether the scope turned out to mean everything, because of those who are in a group, or were.
    pub(super) is_widened: bool,
    pub(super) now: DateTime<Utc>,
    pub(super) look_until: Option<Instant>,
    pub(super) began: Instant,
    pub(super) picture: &'a mut Picture,
    /// Whether the scope or a rule asks where in the tree accounts are.
    pub(super) needs_units: bool,
    pub(super) organization: Organization,
    /// What comes from the picture.
    pub(super) remembered: Remembered,
    /// The organizational units whose names were read.
    pub(super) named_units: BTreeSet<OrganizationalUnitId>,
    /// The organizational units whose tags were read.
    pub(super) tagged_units: BTreeSet<OrganizationalUnitId>,
    /// The accounts that the rules reach, and whose assignments were asked for.
    pub(super) reached: BTreeSet<AccountId>,
    /// Who has a permission set in an account, where that was asked for; nothing, where that failed.
    pub(super) everybody_with: BTreeMap<(AccountId, PermissionSetArn), Option<BTreeSet<Principal>>>,
    /// The accounts of which all was asked for, pair by pair.
    pub(super) read_whole: BTreeSet<AccountId>,
    /// The pairs of which who has them was asked for singly.
    pub(super) read_pairs: BTreeSet<(AccountId, PermissionSetArn)>,
    /// Whether what is granted has to be read first: only what somebody held was read.
    pub(super) reads_what_it_grants: bool,
    /// Whether all groups were listed, or that failed.
    pub(super) has_listed_groups: bool,
    /// Whether all users were listed, or that failed.
    pub(super) has_listed_users: bool,
    /// Groups that the scope named, and that AWS said are not there.
    pub(super) gone_groups: BTreeSet<GroupId>,
    /// Users of the scope that AWS said are not there.
    pub(super) gone_users: BTreeSet<UserId>,
    /// What there was no time for.
    pub(super) rest: Scope,
}

/// What of an observation was remembered rather than read.
#[derive(Debug, Default)]
pub(super) struct Remembered {
    /// Accounts, with their names and places.
    pub(super) accounts: BTreeSet<AccountId>,
    /// Accounts' tags.
    pub(super) tags: BTreeSet<AccountId>,
    /// Whether tags of any organizational unit were.
    pub(super) unit_tags: bool,
}

impl Remembered {
    fn is_anything(&self) -> bool {
        !self.accounts.is_empty() || !self.tags.is_empty() || self.unit_tags
    }
}

impl<'a, Reads: Observe> Gathering<'a, Reads> {
    fn new(
        reads: &'a Reads,
        rules: &'a Rules,
        scope: &Scope,
        facts: Facts,
        (When { now, look_until }, picture): (When, &'a mut Picture),
    ) -> Self {
        let root = OrganizationalUnit {
            id: facts.organization.root_id.clone(),
            name: "Root".to_owned(),
            parent_id: None,
            tags: Default::default(),
        };
        let delegated_administrator = delegated_administrator(&facts);
        let organization = Organization {
            observed_at: now,
            instance: facts.instance,
            delegated_administrator,
            organization: facts.organization,
            organizational_units: vec![root],
            accounts: Vec::new(),
            permission_sets: Vec::new(),
            groups: Vec::new(),
            users: Vec::new(),
            memberships: Vec::new(),
            assignments: Vec::new(),
            gaps: Vec::new(),
            extent: Extent::AsAsked,
        };
        let needs_units = asks_for_units(rules) || !scope.organizational_units.is_empty();
        Self {
            reads,
            rules,
            scope: scope.clone(),
            is_widened: false,
            now,
            look_until,
            began: Instant::now(),
            picture,
            needs_units,
            organization,
            remembered: Remembered::default(),
            named_units: BTreeSet::new(),
            tagged_units: BTreeSet::new(),
            reached: BTreeSet::new(),
            everybody_with: BTreeMap::new(),
            read_whole: BTreeSet::new(),
            read_pairs: BTreeSet::new(),
            reads_what_it_grants: false,
            has_listed_groups: false,
            has_listed_users: false,
            gone_groups: BTreeSet::new(),
            gone_users: BTreeSet::new(),
            rest: Scope::default(),
        }
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

    /// The assignments of the scope in the accounts that the rules reach, and the names that those
    /// and the rules speak of.
    async fn what_the_rules_reach(&mut self) {
        let Reach { accounts, rules } = reach(self.rules, &self.organization, self.now);
        let accounts: BTreeSet<AccountId> =
            accounts.into_iter().map(|account| account.id.clone()).collect();
        self.reached.clone_from(&accounts);
        let observed = self.organization.accounts.iter().map(|account| account.id.clone());
        let out_of_reach = observed.filter(|id| !accounts.contains(id));
        self.picture.lose_sight_of(&out_of_reach.collect());
        if accounts.is_empty() {
            return;
        }
        // A closer look may find that any rule holds after all: what it asks for has to be there then.
        let rules =
            if self.remembered.is_anything() { self.rules.rules.iter().collect() } else { rules };
        self.limits_of_a_delegated_administrator().await;
        self.named_principals().await;
        self.assignments(&accounts).await;
        self.permission_sets().await;
        self.directory(&rules).await;
    }

    /// What a delegated administrator may not change: one listing.
    ///
    /// That it cannot be read is no gap. A gap keeps revocations back that might be wrong; here none can be: what is not ours
    /// AWS refuses, and the refusal says why. As a gap it would keep back every revocation of an installation that may not
    /// list the management account, for ever.
    async fn limits_of_a_delegated_administrator(&mut self) {
        let management = &self.organization.organization.management_account_id;
        let Some(delegated) = &mut self.organization.delegated_administrator else { return };
        match self.reads.provisioned_permission_sets(management).await {
            Ok(arns) => delegated.permission_sets_of_management.extend(arns),
            Err(failure) => warn!(
                %failure,
                "not known which permission sets are used in the management account: AWS may refuse to change them"
            ),
        }
    }

    /// Leaves out accounts that have come into reach only since they were last seen: what is in them
    /// was not asked for, and an event of their own says to look.
    pub(super) fn forget_newly_reached(&mut self) {
        let Reach { accounts, .. } = reach(self.rules, &self.organization, self.now);
        let new: BTreeSet<AccountId> = accounts
            .into_iter()
            .map(|account| account.id.clone())
            .filter(|id| !self.reached.contains(id))
            .collect();
        self.organization.accounts.retain(|account| !new.contains(&account.id));
    }

    async fn permission_sets(&mut self) {
        match self.reads.permission_sets().await {
            Ok(arns) => {
                let reads = self.reads;
                let names = each(&arns, async |arn| reads.permission_set_name(arn).await).await;
                for (arn, name) in arns.into_iter().zip(names) {
                    self.see_permission_set(arn, name);
                }
            }
            Err(failure) => self.gap(Unread::PermissionSets, None, &failure),
        }
    }

    fn see_permission_set(
        &mut self,
        arn: PermissionSetArn,
        name: Result<Option<String>, CallFailure>,
    ) {
        match name {
            Ok(Some(name)) => {
                self.organization.permission_sets.push(PermissionSet::named(arn, name));
            }
            // Deleted since it was listed.
            Ok(None) => {}
            Err(failure) => self.gap(Unread::PermissionSets, None, &failure),
        }
    }
}

/// Whoever asks and is not the management account.
fn delegated_administrator(facts: &Facts) -> Option<DelegatedAdministrator> {
    let caller = facts.caller.clone();
    let other = caller.filter(|caller| *caller != facts.organization.management_account_id)?;
    let permission_sets_of_management = BTreeSet::new();
    Some(DelegatedAdministrator { account_id: other, permission_sets_of_management })
}

pub(super) fn asks_for(rules: &Rules, question: &impl Fn(&Test) -> bool) -> bool {
    rules.account_selectors().any(|selector| selector.asks(question))
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
