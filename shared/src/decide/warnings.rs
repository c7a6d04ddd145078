//! What is odd about a rules file in an organization. Warnings stop nothing: a group may be about
//! to appear.

use chrono::{DateTime, Utc};

use crate::{
    diagnostic::{Code, Diagnostic},
    organization::{Organization, Unread},
    rules::{Rule, Rules, SpannedGlob},
    scope::Scope,
};

use super::{known::Known, rules_that_may_hold};

/// Everything in the rules that matches nothing in the organization.
#[must_use]
pub fn unmatched(
    rules: &Rules,
    organization: &Organization,
    now: DateTime<Utc>,
) -> Vec<Diagnostic> {
    of_scope(&Known::new(rules, organization, now), &Scope::everything())
}

/// The warnings of the rules that matter in a scope: of those that hold in none of its accounts,
/// the names may not even have been read.
pub(super) fn of_scope(known: &Known<'_>, scope: &Scope) -> Vec<Diagnostic> {
    let complete = |what: &Unread| !known.organization.gaps.iter().any(|gap| gap.what == *what);
    let mut warnings = Vec::new();
    for (matched, places) in known.matched.iter().zip(rules_that_may_hold(known)) {
        let rule = matched.rule;
        if rule.window.is_over(known.now) {
            warnings.extend(scope.is_everything().then(|| is_over(rule)));
            continue;
        }
        let begun = rule.window.holds(known.now);
        if scope.is_everything() && begun && !places && complete(&Unread::Accounts) {
            warnings.push(no_account(known, rule));
        }
        if !scope.is_everything() && !places {
            continue;
        }
        if complete(&Unread::Groups) {
            warnings
                .extend(rule.groups.iter().filter_map(|spanned| no_group(known, rule, spanned)));
        }
        if complete(&Unread::PermissionSets) {
            warnings.extend(
                rule.permission_sets
                    .iter()
                    .filter_map(|spanned| no_permission_set(known, rule, spanned)),
            );
        }
    }
    warnings
}

fn is_over(rule: &Rule) -> Diagnostic {
    Diagnostic::new(
        Code::RuleIsOver,
        format!("the time of rule `{}` is over", rule.name),
        rule.span,
    )
    .label("grants nothing any more")
    .help("take the rule out, or move its `until`")
}

fn no_account(known: &Known<'_>, rule: &Rule) -> Diagnostic {
    let accounts = known.organization.accounts.len();
    Diagnostic::new(
        Code::UnmatchedAccounts,
        format!("rule `{}` matches no account", rule.name),
        rule.accounts_span,
    )
    .label(format!("0 of {accounts} accounts match"))
    .help("it takes effect when such an account appears")
}

fn no_group(known: &Known<'_>, rule: &Rule, spanned: &SpannedGlob) -> Option<Diagnostic> {
    let names = || known.organization.groups.iter().map(|group| group.display_name.as_str());
    no_match(Code::UnmatchedGroup, "group", rule, spanned, names)
}

fn no_permission_set(known: &Known<'_>, rule: &Rule, spanned: &SpannedGlob) -> Option<Diagnostic> {
    let names = || known.organization.permission_sets.iter().map(|set| set.name.as_str());
    no_match(Code::UnmatchedPermissionSet, "permission set", rule, spanned, names)
}

fn no_match<'a, Names: Iterator<Item = &'a str>>(
    code: Code,
    noun: &str,
    rule: &Rule,
    spanned: &SpannedGlob,
    names: impl Fn() -> Names,
) -> Option<Diagnostic> {
    let glob = &spanned.glob;
    if names().any(|name| glob.matches(name)) {
        return None;
    }
    let message = match glob.name() {
        Some(name) => format!("no {noun} is named `{name}`"),
        None => format!("`{glob}` matches no {noun}"),
    };
    let warning = Diagnostic::new(code, message, spanned.span)
        .label(format!("the rest of rule `{}` works", rule.name))
        .help(format!("it takes effect when such a {noun} appears"));
    Some(warning.nearest(glob.as_str(), &format!("a {noun}"), names()))
}
