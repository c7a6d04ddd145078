//! When a message's work is done, what of it goes on by itself, and when it has to come again.

use std::collections::BTreeSet;

use crate::{
    act::Outcome,
    ids::AccountId,
    lane::{Cause, LaneMessage},
    organization::{AccountState, Gap},
    scope::Scope,
};

use super::Reconciled;

impl Reconciled {
    /// The changes that were not done, with the reasons.
    pub fn failures(&self) -> impl Iterator<Item = (&Outcome, &str)> {
        self.outcomes
            .iter()
            .filter_map(|outcome| Some((outcome, outcome.result.as_ref().err()?.as_str())))
    }

    /// Whether all that a message asked for is done or is handed on, as far as this run can tell.
    ///
    /// A sweep is done even where something failed: what it could not do it has announced, and the
    /// next event or sweep tries again. Where an event says to look everywhere, a rules file or a
    /// membership that is gone, that is not so: nothing tells of it a second time. It is handed on what
    /// failed in single accounts, each in a message of its own, as is what there was no time for.
    #[must_use]
    pub fn is_done(&self, message: &LaneMessage) -> bool {
        if self.has_to_come_again(message) {
            return false;
        }
        let scope = &message.scope;
        let Some(accounts) = scope.only_accounts() else {
            let is_sweep = scope.is_sweep() && !message.cause.is_event();
            let in_trouble = self.accounts_in_trouble();
            let is_perfect = in_trouble.as_ref().is_some_and(BTreeSet::is_empty);
            return is_perfect || is_sweep || in_trouble.is_some() && message.approval.is_none();
        };
        let failed =
            self.failures().any(|(outcome, _)| accounts.contains(&outcome.change.account.id));
        let concerns = |gap: &Gap| gap.account_id.as_ref().is_none_or(|id| accounts.contains(id));
        let unread = self.plan.gaps.iter().any(concerns);
        !failed && !unread && accounts.iter().all(|id| self.is_settled(id, message))
    }

    /// What of a message is left that says to look in many places, where all but some accounts is done:
    /// those accounts, in a message of their own. What fails in one for good must not make all others be
    /// looked at each time.
    #[must_use]
    pub fn left_of(&self, message: &LaneMessage) -> Option<LaneMessage> {
        if self.has_to_come_again(message) {
            return None;
        }
        let is_wide = message.scope.only_accounts().is_none();
        let comes_once = message.cause.is_event() && message.approval.is_none();
        let accounts = self.accounts_in_trouble().filter(|_| is_wide && comes_once)?;
        let scope = Scope { accounts, ..Scope::default() };
        let cause = message.cause.clone();
        (!scope.is_empty()).then(|| LaneMessage { scope, cause, ..LaneMessage::default() })
    }

    /// Whether nothing that was done or seen is of use to the message.
    fn has_to_come_again(&self, message: &LaneMessage) -> bool {
        let is_early = self.is_early && message.causes().any(Cause::is_of_an_assignment);
        self.is_stuck || is_early
    }

    /// The accounts in which something failed or was not read; nothing, where that is not a matter of
    /// single accounts.
    fn accounts_in_trouble(&self) -> Option<BTreeSet<AccountId>> {
        let unread = self.plan.gaps.iter().map(|gap| gap.account_id.clone());
        let failed = self.failures().map(|(outcome, _)| Some(outcome.change.account.id.clone()));
        unread.chain(failed).collect()
    }

    /// Whether nothing at all is left to do, in the whole scope: who asks again for what was changed
    /// before, would see the same.
    #[must_use]
    pub fn is_perfect(&self) -> bool {
        let is_whole = self.rest.is_none() && !self.is_stuck;
        is_whole && self.failures().next().is_none() && self.plan.gaps.is_empty()
    }

    /// Whether the account is where its events have brought it. AWS may tell of a new account
    /// before it lists it, and list it before it is ready.
    fn is_settled(&self, id: &AccountId, message: &LaneMessage) -> bool {
        let is_handed_on = self.rest.as_ref().is_some_and(|rest| rest.scope.names_whole(id));
        match self.organization.accounts.iter().find(|account| account.id == *id) {
            Some(account) => account.state != AccountState::PendingActivation,
            None => is_handed_on || !message.causes().any(is_about_a_new_account),
        }
    }
}

fn is_about_a_new_account(cause: &Cause) -> bool {
    NEW_ACCOUNT_EVENTS.contains(&cause.event.as_str())
}

/// Events that say that an account is there.
const NEW_ACCOUNT_EVENTS: [&str; 2] = ["CreateAccountResult", "AccountJoinedOrganization"];
