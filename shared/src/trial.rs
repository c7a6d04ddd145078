//! The tests in a rules file, run: each describes an account and a principal, and says which
//! permission sets the principal is to have there.
//!
//! A test is decided by the decision itself, over an organization that has just what the test
//! describes and the permission sets that the file names.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};

use crate::{
    decide::Decision,
    diagnostic::{Code, Diagnostic},
    explain::{ExplainedRule, Explanation, FailedKey},
    ids::{AccountId, GroupId, InvalidId, OrganizationalUnitId, PermissionSetArn, UserId},
    organization::{
        Account, AccountState, Extent, Group, Instance, Membership, Organization,
        OrganizationFacts, OrganizationalUnit, PermissionSet, Principal, Tags, User,
    },
    rules::{
        Principals, Rule, Rules, SpannedGlob,
        test_case::{TestAccount, TestCase, TestPrincipal},
    },
    scope::Scope,
};

/// How a test went.
#[derive(Clone, Debug)]
pub struct Verdict<'r> {
    /// The test.
    pub test: &'r TestCase,
    /// The permission sets that the principal would have, sorted.
    pub actual: Vec<String>,
    reason: Option<String>,
}

impl Verdict<'_> {
    /// Whether the principal has exactly what was expected.
    #[must_use]
    pub fn is_passed(&self) -> bool {
        self.missing().next().is_none() && self.unexpected().next().is_none()
    }

    /// What was expected and is not there.
    pub fn missing(&self) -> impl Iterator<Item = &str> {
        let expected = self.test.expect.iter().map(|name| name.value.as_str());
        expected.filter(|name| !self.actual.iter().any(|actual| actual == name))
    }

    /// What is there and was not expected.
    pub fn unexpected(&self) -> impl Iterator<Item = &str> {
        let expects = |name: &str| self.test.expect.iter().any(|expected| expected.value == name);
        self.actual.iter().map(String::as_str).filter(move |name| !expects(name))
    }

    /// What went wrong, for people; nothing, when the test passed.
    #[must_use]
    pub fn diagnostic(&self) -> Option<Diagnostic> {
        if self.is_passed() {
            return None;
        }
        let had = match self.actual.as_slice() {
            [] => "none".to_owned(),
            names => names.join(", "),
        };
        let mut diagnostic = Diagnostic::new(
            Code::FailedTest,
            format!("test `{}` failed", self.test.name),
            self.test.expect_span,
        )
        .label(format!("there would be: {had}"))
        .also(self.test.span, "in this test");
        if let Some(help) = self.reason() {
            diagnostic = diagnostic.help(help);
        }
        Some(diagnostic)
    }

    /// Why the first missing permission set is missing, or the first unexpected one is there.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        self.reason.as_deref()
    }

    fn reason_in(&self, explanation: &Explanation, rules: &Rules) -> Option<String> {
        if let Some(name) = self.unexpected().next() {
            let access = explanation.permission_sets.iter();
            let access = access.filter(|access| access.permission_set == name);
            let why = access.map(|access| access.why.as_str()).next()?;
            return Some(format!("`{name}` comes from {why}"));
        }
        let name = self.missing().next()?;
        let refused = explanation.permission_sets.iter();
        let refused = refused
            .filter(|access| access.permission_set == name)
            .map(|access| format!("`{name}` is refused: {}", access.why));
        refused.chain(failed_key(explanation, rules, name)).next()
    }
}

/// How many of the ways in which a rule could mean somebody are told: the first says most.
const MOST_WAYS: usize = 3;

/// The key that failed of the first rule that could grant a permission set: of those that are for
/// the principal, before those that are for others. Where a rule names groups and users, or has several
/// selectors, one key of each.
fn failed_key(explanation: &Explanation, rules: &Rules, permission_set: &str) -> Option<String> {
    let could_grant = |(_, rule): &(&ExplainedRule, &Rule)| {
        rule.permission_sets.iter().any(|glob| glob.value.matches(permission_set))
    };
    let candidates = explanation.rules.iter().zip(&rules.rules).filter(could_grant);
    let Some((explained, _)) = candidates.min_by_key(|(explained, _)| explained.for_others) else {
        return Some(format!("no rule grants `{permission_set}` to anybody"));
    };
    let told =
        |FailedKey { key, wanted, met, .. }: &FailedKey| format!("{key} wants {wanted}, met {met}");
    let told: Vec<String> = explained.failed.iter().take(MOST_WAYS).map(told).collect();
    (!told.is_empty()).then(|| format!("rule `{}`: {}", explained.rule, told.join("; ")))
}

/// Runs all tests of a file. A test without a time of its own is run at `now`.
///
/// # Errors
/// Never for tests that were read: all identifiers are made here.
pub fn run(rules: &Rules, now: DateTime<Utc>) -> Result<Vec<Verdict<'_>>, InvalidId> {
    let sets = named_in_the_file(rules)?;
    rules.tests.iter().map(|test| run_one(rules, &sets, test, now)).collect()
}

fn run_one<'r>(
    rules: &'r Rules,
    sets: &PermissionSets<'r>,
    test: &'r TestCase,
    now: DateTime<Utc>,
) -> Result<Verdict<'r>, InvalidId> {
    let stage = Stage::new(rules, sets, test, test.at.unwrap_or(now))?;
    let decision = Decision::new(rules, &stage.organization, stage.organization.observed_at);
    let decision = decision.with_group_sizes(stage.group_sizes.clone()).without_warnings();
    let plan = decision.plan(&Scope::everything());
    let creates =
        plan.changes.iter().filter(|change| stage.is_concerned(&change.principal.principal));
    let actual: BTreeSet<String> =
        creates.map(|change| change.permission_set.name.clone()).collect();
    let mut verdict = Verdict { test, actual: actual.into_iter().collect(), reason: None };
    if !verdict.is_passed() {
        let account = stage.organization.accounts.first().map(|account| &account.id);
        let explanation = account.and_then(|account| decision.explain(account, &stage.principal));
        verdict.reason = explanation.and_then(|explanation| verdict.reason_in(&explanation, rules));
    }
    Ok(verdict)
}

/// The organization of a test.
struct Stage {
    organization: Organization,
    principal: Principal,
    /// The groups that the principal has access through.
    groups: Vec<Principal>,
    /// How many members each group has. Nobody need be one of them.
    group_sizes: HashMap<GroupId, usize>,
}

impl Stage {
    fn new<'r>(
        rules: &Rules,
        sets: &PermissionSets<'r>,
        test: &'r TestCase,
        now: DateTime<Utc>,
    ) -> Result<Self, InvalidId> {
        let mut organization = empty(&test.account, now)?;
        organization.permission_sets = named_in_the_test(sets.clone(), rules, test)?;
        place_account(&mut organization, &test.account)?;
        let (principal, groups) = place_principal(&mut organization, &test.principal)?;
        let size = match &test.principal {
            TestPrincipal::Group { members: Some(members), .. } => *members,
            _ => enough_members(rules),
        };
        let ids = organization.groups.iter().map(|group| group.id.clone());
        let group_sizes = ids.map(|id| (id, size)).collect();
        Ok(Self { organization, principal, groups, group_sizes })
    }

    fn is_concerned(&self, principal: &Principal) -> bool {
        self.principal == *principal || self.groups.contains(principal)
    }
}

fn empty(account: &TestAccount, now: DateTime<Utc>) -> Result<Organization, InvalidId> {
    // The account under test is not the management account, whatever its id.
    let other = "000000000000".parse()?;
    let management =
        if account.id.as_ref() == Some(&other) { "000000000009".parse()? } else { other };
    Ok(Organization {
        observed_at: now,
        instance: Instance {
            instance_arn: "arn:aws:sso:::instance/ssoins-0000000000000000".parse()?,
            identity_store_id: "d-0000000000".parse()?,
            region: String::new(),
        },
        organization: OrganizationFacts {
            id: "o-0000000000".parse()?,
            management_account_id: management,
            root_id: "r-0000".parse()?,
        },
        organizational_units: vec![OrganizationalUnit {
            id: "r-0000".parse()?,
            name: "Root".to_owned(),
            parent_id: None,
            tags: Tags::new(),
        }],
        accounts: Vec::new(),
        permission_sets: Vec::new(),
        groups: Vec::new(),
        users: Vec::new(),
        memberships: Vec::new(),
        assignments: Vec::new(),
        gaps: Vec::new(),
        extent: Extent::Whole,
    })
}

fn place_account(organization: &mut Organization, account: &TestAccount) -> Result<(), InvalidId> {
    let units = &mut organization.organizational_units;
    let mut parent: OrganizationalUnitId = organization.organization.root_id.clone();
    for (depth, name) in account.organizational_units.iter().enumerate() {
        let id: OrganizationalUnitId = format!("ou-0000-{depth:08}").parse()?;
        units.push(OrganizationalUnit {
            id: id.clone(),
            name: name.clone(),
            parent_id: Some(parent),
            tags: Tags::new(),
        });
        parent = id;
    }
    if let Some(holder) = units.last_mut() {
        holder.tags = account.organizational_unit_tags.clone();
    }
    let id: AccountId = account.id.clone().map_or_else(|| "000000000001".parse(), Ok)?;
    organization.accounts.push(Account {
        id,
        name: account.name.clone().unwrap_or_default(),
        email: account.email.clone().unwrap_or_default(),
        state: AccountState::Active,
        parent_id: parent,
        tags: account.tags.clone(),
    });
    Ok(())
}

fn place_principal(
    organization: &mut Organization,
    principal: &TestPrincipal,
) -> Result<(Principal, Vec<Principal>), InvalidId> {
    match principal {
        TestPrincipal::Group { display_name, .. } => {
            let group = place_group(organization, display_name)?;
            Ok((Principal::Group(group), Vec::new()))
        }
        TestPrincipal::User { user_name, groups, attributes } => {
            let id: UserId = number(0xffff_ffff)?;
            organization.users.push(User {
                id: id.clone(),
                user_name: user_name.clone(),
                enabled: true,
                attributes: attributes.clone(),
            });
            let mut member_of = Vec::new();
            for display_name in groups {
                let group_id = place_group(organization, display_name)?;
                member_of.push(Principal::Group(group_id.clone()));
                organization.memberships.push(Membership { group_id, user_id: id.clone() });
            }
            Ok((Principal::User(id), member_of))
        }
    }
}

/// As many members as any rule asks for.
fn enough_members(rules: &Rules) -> usize {
    let least = rules.rules.iter().filter_map(|rule| rule.members_at_least.as_ref());
    least.map(|least| least.value).max().unwrap_or(0)
}

fn place_group(organization: &mut Organization, display_name: &str) -> Result<GroupId, InvalidId> {
    let id: GroupId = number(organization.groups.len())?;
    organization.groups.push(Group { id: id.clone(), display_name: display_name.to_owned() });
    Ok(id)
}

fn number<Id: std::str::FromStr<Err = InvalidId>>(number: usize) -> Result<Id, InvalidId> {
    format!("00000000-0000-4000-8000-{number:012x}").parse()
}

/// Permission sets by name.
type PermissionSets<'r> = BTreeMap<&'r str, PermissionSet>;

/// The permission sets that the file names: by whole names, and in definitions.
fn named_in_the_file(rules: &Rules) -> Result<PermissionSets<'_>, InvalidId> {
    let of_rules = rules.rules.iter().flat_map(|rule| &rule.permission_sets);
    let of_fences = rules.fences().filter_map(|fence| fence.permission_sets.as_ref()).flatten();
    let globs = of_rules.chain(of_fences).chain(&rules.manage.permission_sets);
    let written = globs.filter_map(|glob: &SpannedGlob| glob.value.name());
    let defined = rules.permission_sets.iter().map(|set| set.name.as_str());
    let mut sets = PermissionSets::new();
    for name in written.chain(defined) {
        add_permission_set(&mut sets, name)?;
    }
    Ok(sets)
}

/// Those, and the ones that the test names: in its expectation, and in the account's tags.
fn named_in_the_test<'r>(
    mut sets: PermissionSets<'r>,
    rules: &Rules,
    test: &'r TestCase,
) -> Result<Vec<PermissionSet>, InvalidId> {
    let expected = test.expect.iter().map(|name| name.value.as_str());
    let by_tag =
        rules.rules.iter().any(|rule| matches!(rule.principals, Principals::AccountTag { .. }));
    let tags = test.account.tags.values().filter(|_| by_tag);
    for name in expected.chain(tags.flat_map(|value| value.split_whitespace())) {
        add_permission_set(&mut sets, name)?;
    }
    Ok(sets.into_values().collect())
}

fn add_permission_set<'r>(sets: &mut PermissionSets<'r>, name: &'r str) -> Result<(), InvalidId> {
    if !sets.contains_key(name) {
        let number = sets.len();
        let arn: PermissionSetArn =
            format!("arn:aws:sso:::permissionSet/ssoins-0000000000000000/ps-{number:016x}")
                .parse()?;
        sets.insert(name, PermissionSet::named(arn, name));
    }
    Ok(())
}
