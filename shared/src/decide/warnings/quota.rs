//! What AWS has no room for, told once for each account and permission set.

use std::collections::BTreeMap;

use crate::{
    diagnostic::{Code, Diagnostic},
    plan::Change,
    rules::Rules,
};

use super::super::quota::Quota;

/// How many accounts are named before the rest is only counted.
const NAMED: usize = 3;

/// For each rule and quota: how much it asks for in vain, and where.
pub(in super::super) fn quotas(rules: &Rules, impossible: &[(Quota, Change)]) -> Vec<Diagnostic> {
    let mut by_rule: BTreeMap<(&str, Quota), Vec<&Change>> = BTreeMap::new();
    for (quota, change) in impossible {
        if let Some(rule) = change.reason.rules.first() {
            by_rule.entry((rule, *quota)).or_default().push(change);
        }
    }
    let warning = |((name, quota), changes): ((&str, Quota), Vec<&Change>)| {
        let rule = rules.rule(name)?;
        let noun = if changes.len() == 1 { "assignment" } else { "assignments" };
        let message =
            format!("rule `{name}` grants {} {noun} more than AWS has room for", changes.len());
        Some(
            Diagnostic::new(Code::QuotaExceeded, message, rule.span)
                .label(format!("in {}", accounts(&changes)))
                .help(quota.sentence()),
        )
    };
    by_rule.into_iter().filter_map(warning).collect()
}

fn accounts(changes: &[&Change]) -> String {
    let mut names: Vec<&str> = changes.iter().map(|change| change.account.name.as_str()).collect();
    names.dedup();
    match names.len().checked_sub(NAMED).filter(|more| *more > 0) {
        Some(more) => {
            let noun = if more == 1 { "account" } else { "accounts" };
            let first: Vec<&str> = names.iter().take(NAMED).copied().collect();
            format!("{} and {more} more {noun}", first.join(", "))
        }
        None => names.join(", "),
    }
}
