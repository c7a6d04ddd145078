//! The changes of one kind that wait in an account.

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use tokio::time::Instant;

use crate::{
    ids::{AccountId, PermissionSetArn},
    plan::Change,
};

/// A change that is to be started, for the first time or again.
#[derive(Clone, Debug)]
pub(super) struct Waiting {
    pub(super) change: Change,
    pub(super) attempts_left: u32,
    pub(super) back_off: Duration,
    pub(super) not_before: Instant,
}

impl Waiting {
    pub(super) fn account(&self) -> &AccountId {
        &self.change.account.id
    }

    pub(super) fn permission_set(&self) -> &PermissionSetArn {
        &self.change.permission_set.arn
    }
}

/// Changes of one kind, in the order in which they came; it knows how many there are of each
/// permission set.
#[derive(Debug, Default)]
pub(super) struct Queue {
    waiting: VecDeque<Waiting>,
    of_set: BTreeMap<PermissionSetArn, usize>,
}

impl Queue {
    pub(super) fn push(&mut self, waiting: Waiting) {
        *self.of_set.entry(waiting.permission_set().clone()).or_default() += 1;
        self.waiting.push_back(waiting);
    }

    /// Takes out the one at this place.
    pub(super) fn take(&mut self, place: usize) -> Option<Waiting> {
        let waiting = self.waiting.remove(place)?;
        if let Some(number) = self.of_set.get_mut(waiting.permission_set()) {
            *number = number.saturating_sub(1);
        }
        Some(waiting)
    }

    /// Takes out all of them.
    pub(super) fn take_all(&mut self) -> VecDeque<Waiting> {
        std::mem::take(self).waiting
    }

    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Waiting> {
        self.waiting.iter()
    }

    /// How many of them are of this permission set.
    pub(super) fn number_of(&self, permission_set: &PermissionSetArn) -> usize {
        self.of_set.get(permission_set).copied().unwrap_or_default()
    }
}
