//! What is odd about a rules file in an organization. Warnings stop nothing: a group may be about
//! to appear.

mod control_tower;
mod left_alone;
mod losses;
mod members;
mod misplaced;
mod names;
mod people;
mod places;
mod quota;
mod templates;
mod values;

use chrono::{DateTime, Utc};
use fixedbitset::FixedBitSet;

use crate::{
    diagnostic::{Code, Diagnostic},
    lint::{leaves_no_account, lint},
    organization::{AccountState, Organization, Unread},
    plan::Change,
    rules::{Rule, Rules},
    scope::Scope,
};

use super::{Decision, grant::Grant, is_out_of_bounds};
use left_alone::LeftAlone;
use losses::Owner;
use names::Directory;
use places::Places;
use templates::Templates;

pub(super) use losses::{Doubts, losses};
pub(super) use quota::quotas;

/// How many accounts are named before the rest is only counted.
const NAMED_ACCOUNTS: usize = 3;

/// What is odd about the rules.
#[derive(Default)]
pub(super) struct Oddities<'d> {
    pub(super) warnings: Vec<Diagnostic>,
    /// Those from which revocations may come, where everything was looked at.
    pub(super) doubts: Vec<Doubts<'d>>,
}

/// Everything that is odd about the rules: by themselves, and in the organization.
#[must_use]
pub fn warnings(rules: &Rules, organization: &Organization, now: DateTime<Utc>) -> Vec<Diagnostic> {
    Decision::new(rules, organization, now).plan(&Scope::everything()).warnings
}

impl<'a> Decision<'a> {
    /// The warnings that matter in a scope: all, or those of the rules that may hold in one of its
    /// accounts. Of the others, the names may not even have been read.
    pub(super) fn oddities(&self, scope: &Scope, accounts: &[usize]) -> Oddities<'_> {
        if !self.warns {
            return Oddities::default();
        }
        let directory = Directory::new(&self.catalogue, self.rules);
        if scope.is_everything() {
            let mut warnings = lint(self.rules, self.now);
            let doubts = self.warn_of_everything(&directory, &mut warnings);
            warnings.sort_by_key(|warning| warning.primary.span);
            return Oddities { warnings, doubts };
        }
        // To look at a group, only that group was read.
        if scope.only_whole_accounts().is_none() {
            return Oddities::default();
        }
        let mut warnings = Vec::new();
        for rule in self.rules_that_may_hold(accounts).ones() {
            let grant = self.grants.get(rule);
            warnings.extend(
                grant.into_iter().flat_map(|grant| directory.oddities(grant, true)).cloned(),
            );
        }
        Oddities { warnings, doubts: Vec::new() }
    }

    fn warn_of_everything(
        &self,
        directory: &Directory<'_, 'a>,
        warnings: &mut Vec<Diagnostic>,
    ) -> Vec<Doubts<'_>> {
        let mut doubts = Vec::new();
        let places = Places::new(&self.catalogue, |account| {
            account.state == AccountState::Active
                && !is_out_of_bounds(self.rules, self.organization, account)
        });
        let touchable = self.touchable();
        let templates =
            Templates { decision: self, directory, places: &places, touchable: &touchable };
        let left_alone = LeftAlone::new(self, directory);
        let mut open = touchable.clone();
        open.difference_with(&left_alone.closed());
        let manages_nothing = leaves_no_account(&self.rules.manage.accounts);
        let all_accounts = !self.catalogue.observed.gaps.hides_some(&Unread::Accounts);
        for grant in self.grants.iter().filter(|grant| !grant.rule.window.is_over(self.now)) {
            let may_hold = !grant.accounts.possible().is_disjoint(&touchable);
            let before = warnings.len();
            warnings.extend_from_slice(directory.oddities(grant, may_hold));
            templates.warn(grant, warnings);
            let said = warnings.len();
            places.selector(&grant.rule.accounts, warnings);
            let begun = grant.rule.window.holds(self.now);
            // Why a key matches nothing says more than that the whole does.
            let is_said = said != warnings.len()
                || manages_nothing
                || leaves_no_account(&grant.rule.accounts);
            if begun && !is_said && all_accounts {
                warnings.extend(self.no_account(grant, &open));
            }
            doubts.extend(Doubts::since(Owner::Rule(grant), before, warnings));
            warnings.extend(left_alone.warn(grant, &open));
        }
        for fence in &self.rules.protect {
            let before = warnings.len();
            directory.protected(fence, warnings);
            doubts.extend(Doubts::since(Owner::Protect(fence), before, warnings));
        }
        directory.forbidden(&self.rules.never, warnings);
        directory.manage(&self.rules.manage, warnings);
        places.selector(&self.rules.manage.accounts, warnings);
        for selector in self.rules.fences().filter_map(|fence| fence.accounts.as_ref()) {
            places.selector(selector, warnings);
        }
        doubts
    }

    /// A rule that holds in no account of those in which something may be touched.
    fn no_account(&self, grant: &Grant<'_>, open: &FixedBitSet) -> Option<Diagnostic> {
        let rule = grant.rule;
        let possible = grant.accounts.possible();
        if !possible.is_disjoint(open) {
            return None;
        }
        let (matching, all) = (possible.count_ones(..), self.catalogue.observed.accounts.len());
        let warning = |message: &str, label: String, help: &str| {
            let message = format!("rule `{}` {message}", rule.name);
            Diagnostic::new(Code::UnmatchedAccounts, message, rule.accounts_span)
                .label(label)
                .help(help)
        };
        Some(if matching == 0 {
            let label = format!("0 of {all} accounts match");
            warning("matches no account", label, "it takes effect when such an account appears")
        } else {
            let label = format!("{matching} of {all} accounts match, and none may be touched");
            let help = "only ACTIVE accounts inside `manage` that no entry of `protect` holds are touched, and the management account only with `management_account: true`";
            warning("matches only accounts that are left alone", label, help)
        })
    }
}

/// Where changes are, in words.
fn accounts(changes: &[&Change]) -> String {
    let mut names: Vec<&str> = changes.iter().map(|change| change.account.name.as_str()).collect();
    names.dedup();
    match names.len().checked_sub(NAMED_ACCOUNTS).filter(|more| *more > 0) {
        Some(more) => {
            let noun = if more == 1 { "account" } else { "accounts" };
            let first: Vec<&str> = names.iter().take(NAMED_ACCOUNTS).copied().collect();
            format!("{} and {more} more {noun}", first.join(", "))
        }
        None => names.join(", "),
    }
}

/// What a message says of the rule around a value that matches nothing.
fn in_rule(rule: &Rule, may_grant: bool) -> String {
    if may_grant {
        format!("the rest of rule `{}` works", rule.name)
    } else {
        format!("rule `{}` grants nothing", rule.name)
    }
}
