//! What happened, in numbers.

use std::{collections::BTreeMap, time::Duration};

use shared::{
    lane::LaneMessage,
    plan::{Action, Change},
    reconcile::Reconciled,
};
use tokio::time::Instant;

/// What happened so far, in numbers.
#[derive(Clone, Debug, Default)]
pub(super) struct Figures {
    /// Events that arrived, each time they did.
    pub(super) events: usize,
    /// Those that the functions dropped, since they cannot matter.
    pub(super) ignored: usize,
    /// Messages that came onto the lane.
    pub(super) messages_in: usize,
    /// Messages whose work is done.
    pub(super) messages_done: usize,
    /// How often one came again.
    pub(super) come_again: usize,
    /// Runs of the schedule in which something failed: no message says so, and it is left to the next sweep.
    pub(super) sweeps_in_trouble: usize,
    /// Messages that were given up.
    pub(super) messages_dead: usize,
    /// Runs of the reconciler.
    pub(super) runs: usize,
    /// Those that had nothing to look at, because an earlier look has served all their messages.
    pub(super) runs_served: usize,
    pub(super) granted: usize,
    pub(super) revoked: usize,
    /// Changes that were given up.
    pub(super) failed: usize,
    /// What could not be read.
    pub(super) gaps: usize,
    /// The calls of the reconciler.
    pub(super) calls: BTreeMap<String, u64>,
    /// For each change that an event led to: from when its message was sent to the end of the run that
    /// made it.
    pub(super) until_made: Vec<Duration>,
    /// How long the message waited that had waited longest when a run took it.
    pub(super) longest_wait: Duration,
    /// The most memory that a run needed at its peak, beyond what was in use when it began. What others did
    /// meanwhile is among it.
    ///
    /// Unit: bytes.
    pub(super) most_memory: usize,
    /// Runs that had no time for all that there was to do, and put the rest on the lane.
    pub(super) handed_on: usize,
    /// When the last run ended.
    pub(super) last_run: Option<Instant>,
}

impl Figures {
    pub(super) fn count_calls(&mut self, calls: BTreeMap<String, u64>) {
        for (operation, number) in calls {
            *self.calls.entry(operation).or_default() += number;
        }
    }

    /// A message has waited for so long when a run took it.
    pub(super) fn waited(&mut self, wait: Duration) {
        self.longest_wait = self.longest_wait.max(wait);
    }

    /// A run needed so many bytes at its peak.
    pub(super) fn needed(&mut self, bytes: usize) {
        self.most_memory = self.most_memory.max(bytes);
    }

    /// A run has ended that took these messages, each sent then.
    pub(super) fn count_run<'m>(
        &mut self,
        reconciled: Option<&Reconciled>,
        messages: impl Iterator<Item = (Instant, &'m str)>,
    ) {
        let now = Instant::now();
        self.runs += 1;
        self.last_run = Some(now);
        let Some(reconciled) = reconciled else {
            self.runs_served += 1;
            return;
        };
        self.gaps += reconciled.plan.gaps.len();
        self.handed_on += usize::from(reconciled.rest.is_some());
        let messages: Vec<(Instant, LaneMessage)> =
            messages.map(|(sent, body)| (sent, LaneMessage::parse(body).unwrap())).collect();
        let is_in_trouble =
            !reconciled.plan.gaps.is_empty() || reconciled.failures().next().is_some();
        let is_of_the_schedule = messages.iter().any(|(_, message)| !message.cause.is_event());
        self.sweeps_in_trouble += usize::from(is_in_trouble && is_of_the_schedule);
        for outcome in &reconciled.outcomes {
            match (&outcome.result, outcome.change.action) {
                (Ok(_), Action::Create) => self.granted += 1,
                (Ok(_), Action::Delete) => self.revoked += 1,
                (Err(_), _) => self.failed += 1,
            }
            if outcome.result.is_ok()
                && let Some(sent) = cause_of(&outcome.change, &messages)
            {
                self.until_made.push(now - sent);
            }
        }
    }

    /// So much of a hundred of the changes that events led to were made within this time.
    pub(super) fn percentile(&self, per_cent: usize) -> Duration {
        let mut all = self.until_made.clone();
        all.sort_unstable();
        let last = all.len().saturating_sub(1);
        all.get(last * per_cent / 100).copied().unwrap_or_default()
    }
}

/// When the message was sent that led to a change: the oldest that names where it is or who has it; or
/// else the oldest that an event led to.
fn cause_of(change: &Change, messages: &[(Instant, LaneMessage)]) -> Option<Instant> {
    let (account, principal) = (&change.account.id, change.principal.principal.id());
    let names = |message: &LaneMessage| {
        let scope = &message.scope;
        scope.accounts.contains(account)
            || scope.groups.iter().any(|group| group.as_str() == principal)
            || scope.users.iter().any(|user| user.as_str() == principal)
    };
    let of_events = || messages.iter().filter(|(_, message)| message.cause.is_event());
    let naming = of_events().filter(|(_, message)| names(message));
    let oldest = naming.map(|(sent, _)| *sent).min();
    oldest.or_else(|| of_events().map(|(sent, _)| *sent).min())
}
