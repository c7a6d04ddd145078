//! What is odd about a rules file in an organization. Warnings stop nothing: a group may be about
//! to appear.

use chrono::{DateTime, Utc};

use crate::{
    diagnostic::{Code, Diagnostic},
    organization::{Organization, Unread},
    plan::Change,
    rules::{Rule, Rules, SpannedGlob},
    scope::Scope,
};

use super::{Decision, quota::Quota};

/// Everything in the rules that matches nothing in the organization.
#[must_use]
pub fn unmatched(
    rules: &Rules,
    organization: &Organization,
    now: DateTime<Utc>,
) -> Vec<Diagnostic> {
    Decision::new(rules, organization, now).warnings(&Scope::everything())
}

pub(super) fn quotas(_rules: &Rules, _impossible: &[(Quota, Change)]) -> Vec<Diagnostic> {
    Vec::new()
}

impl Decision<'_> {
    /// The warnings of the rules that matter in a scope: of those that hold in none of its accounts,
    /// the names may not even have been read.
    pub(super) fn warnings(&self, scope: &Scope) -> Vec<Diagnostic> {
        let complete = |what: &Unread| !self.organization.gaps.iter().any(|gap| gap.what == *what);
        let mut warnings = Vec::new();
        for (grant, places) in self.rules_that_may_hold() {
            let rule = grant.rule;
            if rule.window.is_over(self.now) {
                warnings.extend(scope.is_everything().then(|| is_over(rule)));
                continue;
            }
            let begun = rule.window.holds(self.now);
            if scope.is_everything() && begun && !places && complete(&Unread::Accounts) {
                warnings.push(no_account(self.organization, rule));
            }
            if !scope.is_everything() && !places {
                continue;
            }
            if complete(&Unread::Groups) {
                let globs = rule.principals.groups().iter();
                warnings.extend(globs.filter_map(|glob| no_group(self.organization, rule, glob)));
            }
            if complete(&Unread::PermissionSets) {
                let globs = rule.permission_sets.iter();
                warnings.extend(
                    globs.filter_map(|glob| no_permission_set(self.organization, rule, glob)),
                );
            }
        }
        warnings
    }
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

fn no_account(organization: &Organization, rule: &Rule) -> Diagnostic {
    let accounts = organization.accounts.len();
    Diagnostic::new(
        Code::UnmatchedAccounts,
        format!("rule `{}` matches no account", rule.name),
        rule.accounts_span,
    )
    .label(format!("0 of {accounts} accounts match"))
    .help("it takes effect when such an account appears")
}

fn no_group(organization: &Organization, rule: &Rule, spanned: &SpannedGlob) -> Option<Diagnostic> {
    let names = || organization.groups.iter().map(|group| group.display_name.as_str());
    no_match(Code::UnmatchedGroup, "group", rule, spanned, names)
}

fn no_permission_set(
    organization: &Organization,
    rule: &Rule,
    spanned: &SpannedGlob,
) -> Option<Diagnostic> {
    let names = || organization.permission_sets.iter().map(|set| set.name.as_str());
    no_match(Code::UnmatchedPermissionSet, "permission set", rule, spanned, names)
}

fn no_match<'a, Names: Iterator<Item = &'a str>>(
    code: Code,
    noun: &str,
    rule: &Rule,
    spanned: &SpannedGlob,
    names: impl Fn() -> Names,
) -> Option<Diagnostic> {
    let glob = &spanned.value;
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
