//! What changes are told with: accounts, permission sets, principals and reasons, each spelt out once
//! and shared by all changes that need it.

use std::{
    cell::{OnceCell, RefCell},
    sync::Arc,
};

use rustc_hash::FxHashMap;

use crate::{
    organization::PermissionSet,
    plan::{Action, Change, NamedPrincipal, PlacedAccount, Reason, Role},
    rules::{Rule, Rules},
    source::Lines,
};

use super::{
    account::Granted,
    observed::{Observed, Pair},
};

/// Spells changes out.
pub(super) struct Speller<'a> {
    rules: &'a Rules,
    permission_sets: Vec<OnceCell<Arc<PermissionSet>>>,
    principals: Vec<OnceCell<Arc<NamedPrincipal>>>,
    /// Reasons of what one rule grants, which is nearly everything.
    by_one_rule: Vec<OnceCell<Arc<Reason>>>,
    by_several: RefCell<BySeveral>,
    /// Reasons why something should not be, by their text.
    unwanted: RefCell<FxHashMap<String, Arc<Reason>>>,
    lines: OnceCell<Lines>,
}

/// Reasons of what several rules grant.
#[derive(Default)]
struct BySeveral {
    /// The rules that are looked up: a list that is used again and again.
    rules: Vec<u32>,
    reasons: FxHashMap<Vec<u32>, Arc<Reason>>,
}

impl<'a> Speller<'a> {
    pub(super) fn new(rules: &'a Rules, observed: &Observed<'_>) -> Self {
        Self {
            rules,
            permission_sets: vec![OnceCell::new(); observed.permission_sets.len()],
            principals: vec![OnceCell::new(); observed.principals.len()],
            by_one_rule: vec![OnceCell::new(); rules.rules.len()],
            by_several: RefCell::default(),
            unwanted: RefCell::default(),
            lines: OnceCell::new(),
        }
    }

    /// The change of an assignment in an account.
    pub(super) fn change(
        &self,
        (action, role): (Action, Role),
        account: &Arc<PlacedAccount>,
        pair: Pair,
        reason: Arc<Reason>,
        observed: &Observed<'_>,
    ) -> Option<Change> {
        Some(Change {
            action,
            account: Arc::clone(account),
            permission_set: self.permission_set(pair.permission_set(), observed)?,
            principal: self.principal(pair.principal(), observed)?,
            reason,
            held: false,
            role,
        })
    }

    fn permission_set(&self, place: u32, observed: &Observed<'_>) -> Option<Arc<PermissionSet>> {
        let entry = observed.permission_set(place)?;
        let spelt = self
            .permission_sets
            .get(place as usize)?
            .get_or_init(|| Arc::new(PermissionSet::named(entry.arn.clone(), entry.text())));
        Some(Arc::clone(spelt))
    }

    fn principal(&self, place: u32, observed: &Observed<'_>) -> Option<Arc<NamedPrincipal>> {
        let entry = observed.principal(place)?;
        let spelt = self.principals.get(place as usize)?.get_or_init(|| {
            let (principal, name) = (entry.principal.clone(), entry.text().to_owned());
            Arc::new(NamedPrincipal { principal, name })
        });
        Some(Arc::clone(spelt))
    }

    /// Why something is granted: by these rules.
    pub(super) fn granted(&self, granting: &[Granted]) -> Arc<Reason> {
        let only = |rule: u32| self.by_one_rule.get(rule as usize);
        if let [(_, rule)] = granting
            && let Some(reason) = only(*rule)
        {
            return Arc::clone(reason.get_or_init(|| Arc::new(self.granting_reason(&[*rule]))));
        }
        let BySeveral { rules, reasons } = &mut *self.by_several.borrow_mut();
        rules.clear();
        rules.extend(granting.iter().map(|(_, rule)| *rule));
        if let Some(reason) = reasons.get(rules) {
            return Arc::clone(reason);
        }
        let reason = Arc::new(self.granting_reason(rules));
        reasons.insert(rules.clone(), Arc::clone(&reason));
        reason
    }

    /// Why something should not be: for that.
    pub(super) fn unwanted(&self, why: String) -> Arc<Reason> {
        let mut unwanted = self.unwanted.borrow_mut();
        let reason = |why: &String| Arc::new(Reason { rules: Vec::new(), why: why.clone() });
        Arc::clone(unwanted.entry(why).or_insert_with_key(reason))
    }

    fn granting_reason(&self, rules: &[u32]) -> Reason {
        let rules = rules.iter().filter_map(|rule| self.rules.rules.get(*rule as usize));
        let rules: Vec<&Rule> = rules.collect();
        let noun = if rules.len() == 1 { "rule" } else { "rules" };
        let references: Vec<String> = rules.iter().map(|rule| self.reference(rule)).collect();
        Reason {
            rules: rules.iter().map(|rule| rule.name.clone()).collect(),
            why: format!("{noun} {}", references.join(", ")),
        }
    }

    fn reference(&self, rule: &Rule) -> String {
        let lines = self.lines.get_or_init(|| self.rules.source.lines());
        let line = lines.line(rule.span.start);
        format!("{} ({}:{line})", rule.name, self.rules.source.name)
    }
}

/// An account as changes tell of it.
pub(super) fn placed_account(place: usize, observed: &Observed<'_>) -> Option<Arc<PlacedAccount>> {
    let account = *observed.accounts.get(place)?;
    let mut path = String::new();
    match &observed.map.place_of(place)?.units {
        Some(units) => units.iter().for_each(|unit| {
            path.push('/');
            path.push_str(unit.name);
        }),
        None => path.push_str("/…"),
    }
    path.push('/');
    path.push_str(&account.name);
    Some(Arc::new(PlacedAccount { id: account.id.clone(), name: account.name.clone(), path }))
}
