//! What changes are told with: names, paths and reasons, each spelt out once and shared by all
//! changes that need it.

use std::{
    cell::{OnceCell, RefCell},
    sync::Arc,
};

use rustc_hash::FxHashMap;

use crate::{
    organization::Assignment,
    plan::{Action, Change, Reason},
    rules::{Rule, Rules},
    source::Lines,
};

use super::{
    account::Granted,
    observed::{Observed, Pair},
};

/// Spells changes out.
pub(super) struct Speller<'d, 'a> {
    rules: &'d Rules,
    observed: &'d Observed<'a>,
    permission_sets: Vec<OnceCell<Arc<str>>>,
    principals: Vec<OnceCell<Arc<str>>>,
    /// Reasons of what one rule grants, which is nearly everything.
    by_one_rule: Vec<OnceCell<Arc<Reason>>>,
    by_several: RefCell<FxHashMap<Vec<u32>, Arc<Reason>>>,
    lines: Lines,
}

/// An account as changes tell of it.
pub(super) struct AccountText {
    name: Arc<str>,
    path: Arc<str>,
}

impl<'d, 'a> Speller<'d, 'a> {
    pub(super) fn new(rules: &'d Rules, observed: &'d Observed<'a>) -> Self {
        Self {
            rules,
            observed,
            permission_sets: vec![OnceCell::new(); observed.permission_sets.len()],
            principals: vec![OnceCell::new(); observed.principals.len()],
            by_one_rule: vec![OnceCell::new(); rules.rules.len()],
            by_several: RefCell::default(),
            lines: rules.source.lines(),
        }
    }

    pub(super) fn account(&self, account: usize) -> Option<AccountText> {
        let name = self.observed.accounts.get(account)?.name.as_str();
        let place = self.observed.map.place_of(account)?;
        let mut path = String::new();
        match &place.units {
            Some(units) => units.iter().for_each(|unit| {
                path.push('/');
                path.push_str(unit.name);
            }),
            None => path.push_str("/…"),
        }
        path.push('/');
        path.push_str(name);
        Some(AccountText { name: name.into(), path: path.into() })
    }

    pub(super) fn change(
        &self,
        action: Action,
        (account, text): (usize, &AccountText),
        pair: Pair,
        reason: Arc<Reason>,
    ) -> Option<Change> {
        let set = self.observed.permission_set(pair.permission_set())?;
        let entry = self.observed.principal(pair.principal())?;
        let set_text = self.permission_sets.get(pair.permission_set() as usize)?;
        let entry_text = self.principals.get(pair.principal() as usize)?;
        Some(Change {
            action,
            assignment: Assignment {
                account_id: self.observed.accounts.get(account)?.id.clone(),
                permission_set_arn: set.arn.clone(),
                principal: entry.principal.clone(),
            },
            account_name: Arc::clone(&text.name),
            account_path: Arc::clone(&text.path),
            permission_set: Arc::clone(set_text.get_or_init(|| set.text().into())),
            principal_name: Arc::clone(entry_text.get_or_init(|| entry.text().into())),
            reason,
            held: false,
        })
    }

    /// Why something is granted: by these rules.
    pub(super) fn granted(&self, granting: &[Granted]) -> Arc<Reason> {
        let only = |rule: u32| self.by_one_rule.get(rule as usize);
        if let [(_, rule)] = granting
            && let Some(reason) = only(*rule)
        {
            return Arc::clone(reason.get_or_init(|| Arc::new(self.granting_reason(&[*rule]))));
        }
        let rules: Vec<u32> = granting.iter().map(|(_, rule)| *rule).collect();
        let mut by_several = self.by_several.borrow_mut();
        let reason = by_several.entry(rules);
        let reason = reason.or_insert_with_key(|rules| Arc::new(self.granting_reason(rules)));
        Arc::clone(reason)
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
        let line = self.lines.line(rule.span.start);
        format!("{} ({}:{line})", rule.name, self.rules.source.name)
    }
}
