//! What the parts of a sweep add up to, when one run has no time for all of it.
//!
//! An account in which not all changes were started, or in which room was made, is looked at again by the
//! next part. What is found there again must not be counted twice.

use std::collections::BTreeSet;

use crate::{
    act::{Acted, Outcome},
    decide::decide,
    ids::AccountId,
    lane::Tally,
    organization::Organization,
    plan::{Action, Change, Earlier, Plan, Summary},
    rules::Rules,
    scope::Scope,
};

use super::Errand;

/// What was found and done in this part.
pub(super) struct Part<'a> {
    pub(super) rules: &'a Rules,
    pub(super) organization: &'a Organization,
    pub(super) plan: &'a Plan,
    pub(super) acted: &'a Acted,
    /// What is handed on.
    pub(super) rest: &'a Scope,
}

impl Part<'_> {
    /// What was found so far, in this part and in those before.
    pub(super) fn tally(&self, errand: &Errand) -> Tally {
        let again = self.looked_at_again();
        let is_final = |outcome: &&Outcome| !again.contains(&outcome.change.account.id);
        let failed = self.acted.outcomes.iter().filter(|outcome| outcome.result.is_err());
        let this = Tally {
            parts: 1,
            summary: self.summary(&again, errand),
            failed: failed.filter(is_final).count(),
            gaps: self.plan.gaps.clone(),
            found_again: self.done_in(&again, Action::Create),
        };
        // A sweep of everything that takes the rest of an earlier one with it begins anew.
        let before = errand.sweep.clone().filter(|_| !errand.scope.is_everything());
        before.unwrap_or_default().plus(this)
    }

    /// The accounts that the next part looks at again.
    fn looked_at_again(&self) -> BTreeSet<AccountId> {
        let accounts = self.organization.accounts.iter().map(|account| &account.id);
        accounts.filter(|id| self.rest.names_whole(id)).cloned().collect()
    }

    /// What will not be found again.
    fn summary(&self, again: &BTreeSet<AccountId>, errand: &Errand) -> Summary {
        let plan = self.plan;
        let is_final = |change: &&Change| !again.contains(&change.account.id);
        let number = |changes: &[Change]| changes.iter().filter(is_final).count();
        let of = |action| {
            let of_kind = plan.changes.iter().filter(|change| change.action == action);
            of_kind.filter(is_final).count() + self.done_in(again, action)
        };
        Summary {
            create: of(Action::Create),
            delete: of(Action::Delete),
            held: plan.held().filter(is_final).count(),
            unchanged: plan.unchanged.saturating_sub(self.unchanged_in(again, errand)),
            unlisted: number(&plan.unlisted),
            impossible: number(&plan.impossible),
            not_ours: number(&plan.not_ours),
        }
    }

    fn done_in(&self, accounts: &BTreeSet<AccountId>, action: Action) -> usize {
        let done = self.acted.outcomes.iter().filter(|outcome| outcome.result.is_ok());
        let of_kind = done.filter(|outcome| outcome.change.action == action);
        of_kind.filter(|outcome| accounts.contains(&outcome.change.account.id)).count()
    }

    /// How many assignments are right in those accounts. A plan says it only of all together.
    fn unchanged_in(&self, accounts: &BTreeSet<AccountId>, errand: &Errand) -> usize {
        if accounts.is_empty() || !errand.is_sweep() {
            return 0;
        }
        let scope = Scope::part_of_sweep(accounts.clone());
        decide(self.rules, self.organization, errand.now, &scope).unchanged
    }

    /// What counts against the limit on revocations of later parts. Accounts that are looked at again are
    /// counted then.
    pub(super) fn found(&self) -> Earlier {
        let Self { organization, plan, acted, rest, .. } = self;
        let is_delete = |change: &&Change| change.action == Action::Delete;
        let to_go = plan.changes.iter().filter(is_delete).count();
        let to_come = acted.not_started.iter().filter(is_delete).count();
        let assignments = organization.assignments.iter();
        let there = assignments.filter(|one| rest.names_whole(&one.account_id)).count();
        let gone = acted.outcomes.iter().filter(|outcome| {
            let change = &outcome.change;
            is_delete(&change) && outcome.result.is_ok() && rest.names_whole(&change.account.id)
        });
        let counted_again = there.saturating_sub(gone.count());
        Earlier {
            revocations: to_go.saturating_sub(to_come),
            managed: (plan.unchanged + to_go).saturating_sub(counted_again),
        }
    }
}
