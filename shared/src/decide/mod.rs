//! The decision: rules, what was observed, and a scope become a plan.
//!
//! A plain function of values. For every account in the scope, the rules that hold there spread out
//! the assignments that are wanted; those and the assignments in place are compared, inside what
//! the rules manage.
//!
//! Every condition answers yes, no or unknown ([`Truth`]). An assignment is created only when it is
//! certainly wanted and certainly managed, and deleted only when it is certainly managed and
//! certainly not wanted, in an account without a gap. So the first law needs no special case.

mod account;
mod known;
mod name;
mod warnings;

use chrono::{DateTime, Utc};

use crate::{
    ids::AccountId,
    organization::{Account, Organization, Unread},
    plan::{Action, Change, LeftAlone, Plan},
    rules::{Rule, Rules, Unlisted},
    scope::Scope,
    truth::Truth,
};

use account::AccountDecision;
use known::Known;

pub use warnings::unmatched;

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
    let known = Known::new(rules, organization, now);
    let mut plan = Plan { gaps: organization.gaps.clone(), ..Plan::default() };
    let mut managed = 0;
    for account in &organization.accounts {
        let decision = AccountDecision::new(&known, account);
        decision.add_to(&mut plan, scope, &mut managed);
        if let Some(why) = decision.why_left_alone().filter(|_| decision.is_whole(scope)) {
            let (account_id, account_name) = (account.id.clone(), account.name.clone());
            plan.left_alone.push(LeftAlone { account_id, account_name, why });
        }
    }
    plan.left_alone.extend(not_in_the_organization(organization, scope));
    plan.unmanaged += known.assignments_elsewhere(scope);
    plan.warnings = warnings::of_scope(&known, scope);
    settle(rules, &mut plan, managed);
    plan
}

/// The accounts of the scope that are certainly not in the organization: they left, or were never
/// there.
fn not_in_the_organization(organization: &Organization, scope: &Scope) -> Vec<LeftAlone> {
    let listed = |id: &AccountId| organization.accounts.iter().any(|account| account.id == *id);
    let may_be_there = |id: &AccountId| {
        let hides = |what: &Unread| matches!(what, Unread::Accounts | Unread::Other(_));
        organization
            .gaps
            .iter()
            .any(|gap| hides(&gap.what) && gap.account_id.as_ref().is_none_or(|of| of == id))
    };
    let absent = scope.accounts.iter().filter(|id| !listed(id) && !may_be_there(id));
    absent
        .map(|id| LeftAlone {
            account_id: id.clone(),
            account_name: id.to_string(),
            why: "it is not in the organization".to_owned(),
        })
        .collect()
}

/// Which accounts of what was observed the rules may touch, and which rules may hold in one of
/// them: what there is still to read.
#[must_use]
pub fn reach<'r, 'o>(
    rules: &'r Rules,
    organization: &'o Organization,
    now: DateTime<Utc>,
) -> Reach<'r, 'o> {
    let known = Known::new(rules, organization, now);
    let may_be_touched =
        |account: &&Account| AccountDecision::new(&known, account).may_be_touched();
    let marked = rules.rules.iter().zip(rules_that_may_hold(&known));
    Reach {
        accounts: organization.accounts.iter().filter(may_be_touched).collect(),
        rules: marked.filter(|(_, may_hold)| *may_hold).map(|(rule, _)| rule).collect(),
    }
}

/// For each rule, whether it may hold in an account that may be touched.
fn rules_that_may_hold(known: &Known<'_>) -> Vec<bool> {
    let mut may_hold = vec![false; known.rules.rules.len()];
    for account in &known.organization.accounts {
        let decision = AccountDecision::new(known, account);
        if decision.may_be_touched() {
            decision.mark_rules_that_may_hold(&mut may_hold);
        }
    }
    may_hold
}

/// What a rules file can reach in an organization.
#[derive(Clone, Debug)]
pub struct Reach<'r, 'o> {
    /// The accounts that may be touched.
    pub accounts: Vec<&'o Account>,
    /// The rules that may hold in one of them.
    pub rules: Vec<&'r Rule>,
}

/// Puts the changes in order, and applies what the rules say of revocations: only report them, or
/// hold too many.
fn settle(rules: &Rules, plan: &mut Plan, managed: usize) {
    plan.changes.sort_by(order);
    if rules.manage.unlisted == Unlisted::Report {
        let (creates, deletes) = std::mem::take(&mut plan.changes).into_iter().partition(is_create);
        plan.changes = creates;
        plan.unlisted = deletes;
    }
    let deletes = plan.changes.iter().filter(|change| !is_create(change)).count();
    if rules.manage.max_revocations.is_exceeded(deletes, managed) {
        for change in plan.changes.iter_mut().filter(|change| !is_create(change)) {
            change.held = true;
        }
    }
}

fn is_create(change: &Change) -> bool {
    change.action == Action::Create
}

/// Creates first; then by account, permission set, principal. The ids break ties between equal
/// names.
fn order(a: &Change, b: &Change) -> std::cmp::Ordering {
    let key = |change: &Change| (change.action, change.assignment.account_id.clone());
    key(a)
        .cmp(&key(b))
        .then_with(|| a.permission_set.cmp(&b.permission_set))
        .then_with(|| a.principal_name.cmp(&b.principal_name))
        .then_with(|| a.assignment.cmp(&b.assignment))
}

/// What the rules want of one assignment.
#[derive(Clone, Debug)]
struct Wanted {
    truth: Truth,
    /// Positions of the rules that certainly grant it.
    rules: Vec<usize>,
}
