//! What AWS has no room for, told once for each account and permission set.

use std::collections::BTreeMap;

use crate::{
    diagnostic::{Code, Diagnostic},
    plan::Change,
    rules::Rules,
};

use super::{super::quota::Quota, accounts};

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
