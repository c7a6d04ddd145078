//! The decision against a naive reading of the design, over random organizations and rules files.
//!
//! `reading` asks the design's sentences of every possible assignment, one by one, and shares no
//! code with the decision, which counts in sets of integers. Where both agree on everything that
//! `cases` can think of, a mistake would have to be made twice, in two different ways. That `cases`
//! thinks of enough is what `coverage` proves.

mod cases;
mod coverage;
pub(crate) mod reading;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use proptest::{
    prelude::*,
    test_runner::{RngAlgorithm, RngSeed, TestError, TestRunner},
};
use shared::{
    decide::decide,
    organization::Organization,
    plan::{Action, Change, Plan},
    rules::Rules,
    scope::Scope,
};

use crate::support::random::seed;

pub(crate) use cases::{Case, cases};
use reading::{Reading, Triple, World};

const CASES: u32 = 10_000;

/// The same cases in every run: what was right stays right.
#[test]
fn the_decision_is_the_naive_reading() {
    all_hold(2026);
}

/// Other cases in every run. To see a failure again, set `PROPTEST_RNG_SEED` to the seed that it names.
#[test]
fn the_decision_is_the_naive_reading_of_other_cases_each_time() {
    all_hold(seed());
}

#[track_caller]
fn all_hold(seed: u64) {
    let mut runner = TestRunner::new(ProptestConfig {
        cases: CASES,
        rng_seed: RngSeed::Fixed(seed),
        // In a debug build the default one takes a seventh of the time.
        rng_algorithm: RngAlgorithm::XorShift,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    match runner.run(&cases(), |case| Decided::new(&case).holds()) {
        Ok(()) => {}
        Err(TestError::Fail(reason, case)) => panic!("seed {seed}: {reason}\n{case:?}"),
        Err(TestError::Abort(reason)) => panic!("seed {seed}: {reason}"),
    }
}

/// A case, what the decision says of it, and what the naive reading does.
struct Decided<'a> {
    case: &'a Case,
    rules: Rules,
    organization: Organization,
    plan: Plan,
    reading: Reading,
}

impl<'a> Decided<'a> {
    fn new(case: &'a Case) -> Self {
        let rules = crate::support::rules(&case.rules.to_string());
        let organization = serde_json::from_value(case.organization.clone()).unwrap();
        let plan = decide(&rules, &organization, now(), &Scope::everything());
        Self { rules, organization, plan, reading: case.world().read(), case }
    }

    fn holds(&self) -> Result<(), TestCaseError> {
        self.the_plan_is_the_reading()?;
        self.each_assignment_is_counted_once()?;
        self.each_create_names_its_rules()?;
        self.changes_are_in_order_and_named()?;
        self.a_scope_cuts()?;
        self.applying_leaves_nothing_to_do()?;
        self.order_does_not_matter()
    }

    fn the_plan_is_the_reading(&self) -> Result<(), TestCaseError> {
        let Reading { create, delete, unlisted, held } = &self.reading;
        prop_assert_eq!(
            of(&self.plan.changes, Action::Create),
            create.keys().cloned().collect(),
            "creates: the decision's and the reading's"
        );
        prop_assert_eq!(&of(&self.plan.changes, Action::Delete), delete, "deletes");
        prop_assert_eq!(&of(&self.plan.unlisted, Action::Delete), unlisted, "unlisted");
        prop_assert_eq!(
            self.plan.changes.len() + self.plan.unlisted.len(),
            create.len() + delete.len() + unlisted.len(),
            "each is there once"
        );
        prop_assert!(self.plan.impossible.is_empty() && self.plan.gaps.is_empty());
        for change in &self.plan.changes {
            let waits = change.action == Action::Delete && *held;
            prop_assert_eq!(change.held, waits, "held: {:?}", change);
        }
        Ok(())
    }

    /// Whoever adds up what a plan says comes to what is there.
    fn each_assignment_is_counted_once(&self) -> Result<(), TestCaseError> {
        let Plan { changes, unlisted, left_alone, unchanged, unmanaged, protected, .. } =
            &self.plan;
        let deletes = changes.iter().filter(|change| change.action == Action::Delete).count();
        let alone: usize = left_alone.iter().map(|left| left.assignments).sum();
        let there: BTreeSet<_> = self.organization.assignments.iter().collect();
        let told = deletes + unlisted.len() + unchanged + unmanaged + protected + alone;
        prop_assert_eq!(told, there.len(), "assignments: those told, and those there");
        Ok(())
    }

    fn each_create_names_its_rules(&self) -> Result<(), TestCaseError> {
        let named: BTreeMap<Triple, Vec<String>> = self
            .plan
            .changes
            .iter()
            .filter(|change| change.action == Action::Create)
            .map(|change| (triple(change), change.reason.rules.clone()))
            .collect();
        prop_assert_eq!(&named, &self.reading.create, "rules of creates");
        for change in self.plan.changes.iter().chain(&self.plan.unlisted) {
            let is_delete = change.action == Action::Delete;
            prop_assert_eq!(is_delete, change.reason.rules.is_empty(), "{:?}", change);
        }
        Ok(())
    }

    /// "changes in a stable order: creates first, then by account id, permission set name, principal name"
    fn changes_are_in_order_and_named(&self) -> Result<(), TestCaseError> {
        let name = |kind: &str, key: &str, id: &str, name: &str| {
            let all = self.case.organization[kind].as_array().unwrap();
            all.iter().find(|one| one[key] == id).map(|one| reading::text(&one[name]))
        };
        for changes in [&self.plan.changes, &self.plan.unlisted] {
            let mut keys = Vec::new();
            for change in changes {
                let Triple { account, permission_set, kind, principal } = triple(change);
                let account_name = name("accounts", "id", &account, "name").unwrap();
                let set = name("permission_sets", "arn", &permission_set, "name").unwrap();
                let principal = if kind == "GROUP" {
                    name("groups", "id", &principal, "display_name").unwrap_or(principal)
                } else {
                    name("users", "id", &principal, "user_name").unwrap_or(principal)
                };
                prop_assert_eq!(&change.account.name, &account_name);
                prop_assert_eq!(&change.permission_set.name, &set);
                prop_assert_eq!(&change.principal.name, &principal);
                keys.push((change.action, account, set, principal));
            }
            prop_assert!(keys.is_sorted(), "{:#?}", keys);
        }
        Ok(())
    }

    fn a_scope_cuts(&self) -> Result<(), TestCaseError> {
        let scope: Scope = serde_json::from_value(self.case.scope.clone()).unwrap();
        let scoped = decide(&self.rules, &self.organization, now(), &scope);
        let world = self.case.world();
        let cut = |changes: &[Change]| -> Vec<(Action, Triple, Vec<String>)> {
            told(changes).filter(|(_, triple, _)| self.case.is_in_scope(&world, triple)).collect()
        };
        prop_assert_eq!(
            told(&scoped.changes).collect::<Vec<_>>(),
            cut(&self.plan.changes),
            "changes in the scope"
        );
        prop_assert_eq!(
            told(&scoped.unlisted).collect::<Vec<_>>(),
            cut(&self.plan.unlisted),
            "unlisted in the scope"
        );
        Ok(())
    }

    fn applying_leaves_nothing_to_do(&self) -> Result<(), TestCaseError> {
        let mut after = self.organization.clone();
        for change in &self.plan.changes {
            match change.action {
                Action::Create => after.assignments.push(change.assignment()),
                Action::Delete => after.assignments.retain(|there| *there != change.assignment()),
            }
        }
        let again = decide(&self.rules, &after, now(), &Scope::everything());
        prop_assert!(again.changes.is_empty(), "left to do: {:?}", again.changes);
        prop_assert_eq!(
            told(&again.unlisted).collect::<Vec<_>>(),
            told(&self.plan.unlisted).collect::<Vec<_>>()
        );
        Ok(())
    }

    fn order_does_not_matter(&self) -> Result<(), TestCaseError> {
        let mut shuffled = self.rules.clone();
        shuffle(&mut shuffled.rules, &self.case.shuffle);
        shuffle(&mut shuffled.never, &self.case.shuffle);
        shuffle(&mut shuffled.protect, &self.case.shuffle);
        let shuffled = decide(&shuffled, &self.organization, now(), &Scope::everything());
        let told = |changes: &[Change]| -> Vec<_> {
            told(changes)
                .map(|(action, triple, rules)| (action, triple, BTreeSet::from_iter(rules)))
                .collect()
        };
        prop_assert_eq!(told(&shuffled.changes), told(&self.plan.changes), "shuffled");
        prop_assert_eq!(told(&shuffled.unlisted), told(&self.plan.unlisted), "shuffled");
        Ok(())
    }
}

impl Case {
    fn world(&self) -> World<'_> {
        World { rules: &self.rules, organization: &self.organization, now: now() }
    }

    /// Whether the scope means an assignment: by its account, a unit above that, its permission set, its group or its user.
    fn is_in_scope(&self, world: &World<'_>, triple: &Triple) -> bool {
        let scope = &self.scope;
        let names = |kind: &str, id: &str| reading::list(&scope[kind]).iter().any(|one| *one == id);
        let units_above = || {
            let account =
                world.all("accounts").iter().find(|account| account["id"] == *triple.account);
            world.units_above(account.unwrap())
        };
        scope["everything"] == true
            || scope["rules_changed"] == true
            || names("accounts", &triple.account)
            || units_above()
                .iter()
                .any(|unit| names("organizational_units", unit["id"].as_str().unwrap()))
            || names("permission_sets", &triple.permission_set)
            || match triple.kind.as_str() {
                "GROUP" => names("groups", &triple.principal),
                _ => names("users", &triple.principal),
            }
    }
}

/// Into the order of these keys.
fn shuffle<T>(entries: &mut Vec<T>, keys: &[u8]) {
    assert!(entries.len() <= keys.len());
    let mut keyed: Vec<(&u8, T)> = keys.iter().zip(entries.drain(..)).collect();
    keyed.sort_by_key(|(key, _)| **key);
    entries.extend(keyed.into_iter().map(|(_, entry)| entry));
}

pub(crate) fn now() -> DateTime<Utc> {
    "2026-03-02T15:42:00Z".parse().unwrap()
}

fn of(changes: &[Change], action: Action) -> BTreeSet<Triple> {
    changes.iter().filter(|change| change.action == action).map(triple).collect()
}

fn told(changes: &[Change]) -> impl Iterator<Item = (Action, Triple, Vec<String>)> {
    changes.iter().map(|change| (change.action, triple(change), change.reason.rules.clone()))
}

fn triple(change: &Change) -> Triple {
    let assignment = change.assignment();
    Triple {
        account: assignment.account_id.as_str().to_owned(),
        permission_set: assignment.permission_set_arn.as_str().to_owned(),
        kind: assignment.principal.kind().to_owned(),
        principal: assignment.principal.id().to_owned(),
    }
}
