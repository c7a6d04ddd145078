//! An explanation says what the plan says, of every account and principal there is.

use std::collections::BTreeSet;

use proptest::{
    prelude::*,
    test_runner::{RngAlgorithm, RngSeed, TestError, TestRunner},
};
use serde_json::{Value, json};
use shared::{
    decide::Decision,
    explain::{ExplainedAccess, Explanation, ExplanationText, Fate},
    ids::{AccountId, PermissionSetArn},
    organization::{Organization, Principal},
    plan::{Action, Change, Plan},
    scope::Scope,
};

use crate::{
    reference::{Case, cases, now},
    support::{self, random::by_lines},
};

const CASES: u32 = 600;

#[test]
fn an_explanation_says_what_the_plan_says() {
    let mut runner = TestRunner::new(ProptestConfig {
        cases: CASES,
        rng_seed: RngSeed::Fixed(2026),
        rng_algorithm: RngAlgorithm::XorShift,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    match runner.run(&cases(), |case| holds(&case)) {
        Ok(()) => {}
        Err(TestError::Fail(reason, case)) => panic!("{reason}\n{case:?}"),
        Err(TestError::Abort(reason)) => panic!("{reason}"),
    }
}

fn holds(case: &Case) -> Result<(), TestCaseError> {
    let rules = support::rules(&case.rules.to_string());
    let open = support::rules(&without_limits(&case.rules).to_string());
    let organization: Organization = serde_json::from_value(case.organization.clone()).unwrap();
    let bare = without_assignments(&organization);
    let decision = Decision::new(&rules, &organization, now());
    let of_rules = Decision::new(&open, &bare, now()).plan(&Scope::everything());
    let stage =
        Stage { plan: decision.plan(&Scope::everything()), of_rules, organization: &organization };
    for account in &organization.accounts {
        for principal in principals(&organization) {
            let explanation = decision.explain(&account.id, &principal);
            match explanation {
                Some(explanation) => {
                    stage.each_rule_grants_or_says_why_not(&explanation)?;
                    stage.each_fate_is_the_plans(&explanation)?;
                }
                // Whoever is known by a membership only is not known.
                None => prop_assert!(stage.changes_of(&account.id, &[principal]).next().is_none()),
            }
        }
    }
    Ok(())
}

/// Rules that hold for everything there is.
fn without_limits(rules: &Value) -> Value {
    let mut rules = rules.clone();
    rules["manage"] = json!({"unlisted": "revoke", "users": true, "management_account": true});
    for key in ["never", "protect"] {
        rules.as_object_mut().unwrap().remove(key);
    }
    rules
}

/// With every account open, and nothing in place yet.
fn without_assignments(organization: &Organization) -> Organization {
    let mut bare = organization.clone();
    bare.assignments.clear();
    let active = shared::organization::AccountState::Active;
    bare.accounts.iter_mut().for_each(|account| account.state = active.clone());
    bare
}

/// Everybody who is there, or only mentioned in an assignment.
pub(crate) fn principals(organization: &Organization) -> BTreeSet<Principal> {
    let groups = organization.groups.iter().map(|group| Principal::Group(group.id.clone()));
    let users = organization.users.iter().map(|user| Principal::User(user.id.clone()));
    let assigned = organization.assignments.iter().map(|assignment| assignment.principal.clone());
    groups.chain(users).chain(assigned).collect()
}

/// What an explanation is compared with.
struct Stage<'o> {
    organization: &'o Organization,
    plan: Plan,
    /// What the rules grant where nothing limits them.
    of_rules: Plan,
}

impl Stage<'_> {
    fn each_rule_grants_or_says_why_not(
        &self,
        explanation: &Explanation,
    ) -> Result<(), TestCaseError> {
        let concerned = self.concerned(&explanation.principal.principal);
        for rule in &explanation.rules {
            let granted = self.of_rules.changes.iter().filter(|change| {
                change.account.id == explanation.account.id
                    && concerned.contains(&change.principal.principal)
                    && change.reason.rules.contains(&rule.rule)
            });
            let granted: BTreeSet<&str> =
                granted.map(|change| change.permission_set.name.as_str()).collect();
            let grants: BTreeSet<&str> = rule.grants.iter().map(String::as_str).collect();
            prop_assert_eq!(&grants, &granted, "{}", shown(explanation));
            let grants_anywhere = self.of_rules.changes.iter().any(|change| {
                concerned.contains(&change.principal.principal)
                    && change.reason.rules.contains(&rule.rule)
            });
            prop_assert!(!(rule.for_others && grants_anywhere), "{}", shown(explanation));
            prop_assert_eq!(grants.is_empty(), !rule.failed.is_empty(), "{}", shown(explanation));
            for failed in &rule.failed {
                let texts = [&failed.key, &failed.wanted, &failed.met];
                prop_assert!(texts.iter().all(|text| !text.is_empty()), "{}", shown(explanation));
                // Everything was read.
                prop_assert!(!failed.met.contains("not read"), "{}", shown(explanation));
            }
        }
        Ok(())
    }

    fn each_fate_is_the_plans(&self, explanation: &Explanation) -> Result<(), TestCaseError> {
        let concerned = self.concerned(&explanation.principal.principal);
        let planned: BTreeSet<(Fate, bool, PermissionSetArn, Principal)> = self
            .changes_of(&explanation.account.id, &concerned)
            .map(|(fate, change)| {
                let assignment = change.assignment();
                (fate, change.held, assignment.permission_set_arn, assignment.principal)
            })
            .collect();
        let told = explanation.permission_sets.iter().filter(|access| is_change(access.fate));
        let told: BTreeSet<_> = told
            .map(|access| {
                (access.fate, access.held, self.arn(access), self.holder(explanation, access))
            })
            .collect();
        prop_assert_eq!(told, planned, "{}", shown(explanation));
        for access in &explanation.permission_sets {
            let in_place = match access.fate {
                Fate::Created | Fate::Refused => false,
                Fate::Stays | Fate::Deleted | Fate::Reported | Fate::LeftAlone => true,
            };
            prop_assert_eq!(access.in_place, in_place, "{}", shown(explanation));
            prop_assert!(access.in_place || !access.rules.is_empty(), "{}", shown(explanation));
        }
        let text = ExplanationText(explanation).to_string();
        prop_assert!(text.contains(explanation.account.id.as_str()));
        Ok(())
    }

    /// The changes that a plan has for some principals in an account, and what each makes of theirs.
    fn changes_of<'s>(
        &'s self,
        account: &'s AccountId,
        principals: &'s [Principal],
    ) -> impl Iterator<Item = (Fate, &'s Change)> {
        let fate = |change: &Change| match change.action {
            Action::Create => Fate::Created,
            Action::Delete => Fate::Deleted,
        };
        let changes = self.plan.changes.iter().map(move |change| (fate(change), change));
        let unlisted = self.plan.unlisted.iter().map(|change| (Fate::Reported, change));
        changes.chain(unlisted).filter(move |(_, change)| {
            change.account.id == *account && principals.contains(&change.principal.principal)
        })
    }

    /// A principal, and the groups that it is in.
    fn concerned(&self, principal: &Principal) -> Vec<Principal> {
        let memberships = self.organization.memberships.iter();
        let groups = memberships
            .filter(|membership| Principal::User(membership.user_id.clone()) == *principal)
            .map(|membership| Principal::Group(membership.group_id.clone()));
        groups.chain([principal.clone()]).collect()
    }

    fn arn(&self, access: &ExplainedAccess) -> PermissionSetArn {
        let sets = &self.organization.permission_sets;
        sets.iter().find(|set| set.name == access.permission_set).unwrap().arn.clone()
    }

    fn holder(&self, explanation: &Explanation, access: &ExplainedAccess) -> Principal {
        let Some(through) = &access.through else {
            return explanation.principal.principal.clone();
        };
        let groups = &self.organization.groups;
        let named = groups.iter().find(|group| group.display_name == *through);
        let id = named.map_or_else(|| through.parse().unwrap(), |group| group.id.clone());
        Principal::Group(id)
    }
}

fn shown(explanation: &Explanation) -> String {
    by_lines(&serde_json::to_value(explanation).unwrap())
}

fn is_change(fate: Fate) -> bool {
    matches!(fate, Fate::Created | Fate::Deleted | Fate::Reported)
}
