//! What is odd about a rules file by itself, without an organization. Warnings stop nothing.

mod covers;

use chrono::{DateTime, Utc};

use crate::{
    diagnostic::{Code, Diagnostic},
    rules::{
        Never, Rule, Rules, Window,
        selector::{AccountSelector, Condition, OrganizationalUnitPattern, Test},
    },
    source::Span,
};
use covers::{covers_accounts, covers_all, covers_mapping, covers_principals};

/// Everything that is odd about a rules file, in the order of its lines.
#[must_use]
pub fn lint(rules: &Rules, now: DateTime<Utc>) -> Vec<Diagnostic> {
    let mut warnings: Vec<Diagnostic> =
        rules.account_selectors().flat_map(excludes_everything).collect();
    for rule in &rules.rules {
        warnings.extend(is_over(rule, now));
        warnings.extend(users_are_not_managed(rules, rule));
        warnings.extend(rules.never.iter().find_map(|never| is_shadowed(rule, never)));
    }
    warnings.extend(rules.never.iter().filter_map(|never| never_is_over(never, now)));
    warnings.sort_by_key(|warning| warning.primary.span);
    warnings
}

/// Whether a selector certainly leaves no account: in each of its alternatives a `not` excludes all of
/// them, of which [`lint`] warns.
pub(crate) fn leaves_no_account(selector: &AccountSelector) -> bool {
    let excludes_all =
        |condition: &Condition| matches!(&condition.test, Test::Not(inner) if is_everything(inner));
    selector.any_of.iter().all(|conditions| conditions.iter().any(excludes_all))
}

/// Each `not` in a selector that leaves no account.
fn excludes_everything(selector: &AccountSelector) -> Vec<Diagnostic> {
    selector.any_of.iter().flat_map(|conditions| excludes_all_of(conditions)).collect()
}

/// Each `not` among the keys of one mapping that leaves none of what the others mean.
fn excludes_all_of(conditions: &[Condition]) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for Condition { span, test } in conditions {
        let Test::Not(inner) = test else { continue };
        found.extend(excludes_everything(inner));
        if is_everything(inner) {
            found.push(leaves_nothing("this `not` excludes every account", *span));
        } else if inner.any_of.iter().any(|inner| covers_mapping(inner, conditions)) {
            let message = "this `not` excludes all that the keys beside it mean";
            found.push(leaves_nothing(message, *span));
        }
    }
    found
}

fn leaves_nothing(message: &str, span: Span) -> Diagnostic {
    Diagnostic::new(Code::ExcludesEverything, message, span)
        .label("nothing is left")
        .help("take it out, or narrow what it excludes")
}

/// Whether a selector means every account, as far as can be seen without one.
fn is_everything(selector: &AccountSelector) -> bool {
    let means_all = |condition: &Condition| {
        match &condition.test {
        Test::All => true,
        Test::Name(globs) | Test::Email(globs) => globs.iter().any(|glob| glob.value.is_everything()),
        Test::OrganizationalUnit(patterns) => patterns.iter().any(|pattern| {
            matches!(&pattern.value, OrganizationalUnitPattern::Path(path) if path.is_root())
        }),
        _ => false,
    }
    };
    selector.any_of.iter().any(|conditions| conditions.iter().all(means_all))
}

fn is_over(rule: &Rule, now: DateTime<Utc>) -> Option<Diagnostic> {
    rule.window.is_over(now).then(|| {
        let message = format!("the time of rule `{}` is over", rule.name);
        Diagnostic::new(Code::RuleIsOver, message, rule.span)
            .label("grants nothing any more")
            .help("take the rule out, or move its `until`")
    })
}

/// What was forbidden may be granted again.
fn never_is_over(never: &Never, now: DateTime<Utc>) -> Option<Diagnostic> {
    never.window.is_over(now).then(|| {
        let message = format!("the time of never `{}` is over", never.name);
        Diagnostic::new(Code::RuleIsOver, message, never.span)
            .label("forbids nothing any more")
            .help("take the entry out, or move its `until`")
    })
}

fn users_are_not_managed(rules: &Rules, rule: &Rule) -> Option<Diagnostic> {
    let first = rule.principals.users().first().filter(|_| rules.manage.users.is_none())?;
    let message = format!("rule `{}` grants to users, which the file does not manage", rule.name);
    Some(
        Diagnostic::new(Code::UsersNotManaged, message, first.span)
            .label("no user gets anything by this")
            .help("write `users: true` under `manage`, or globs on the user names that the file is to manage"),
    )
}

/// The rule can grant nothing, because `never` forbids all of it.
fn is_shadowed(rule: &Rule, never: &Never) -> Option<Diagnostic> {
    let hidden = covers_window(never.window, rule.window)
        && never.what.accounts.as_ref().is_none_or(|wide| covers_accounts(wide, &rule.accounts))
        && covers_principals(&never.what, &rule.principals)
        && never
            .what
            .permission_sets
            .as_ref()
            .is_none_or(|globs| covers_all(globs, &rule.permission_sets));
    hidden.then(|| {
        let message = format!(
            "rule `{}` can grant nothing: never `{}` forbids it all",
            rule.name, never.name
        );
        Diagnostic::new(Code::ShadowedRule, message, rule.span)
            .label("this rule")
            .also(never.span, "forbids all of it")
            .help("take the rule out, or narrow the entry of `never`")
    })
}

fn covers_window(wide: Window, narrow: Window) -> bool {
    let begins =
        wide.from.is_none_or(|from| narrow.from.is_some_and(|other| from.value <= other.value));
    let ends =
        wide.until.is_none_or(|until| narrow.until.is_some_and(|other| other.value <= until.value));
    begins && ends
}
