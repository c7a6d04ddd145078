//! Writing, watched: what is under way and done, and no more once somebody wants it to end.

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, BTreeSet},
};

use shared::{
    act::{Act, Progress as AwsProgress, RequestId, RequestState},
    failure::{CallFailure, FailureKind},
    organization::Assignment,
    plan::Action,
};

use super::progress::Progress;

/// [`Act`], told to a [`Progress`].
///
/// Whoever carries the changes out does not know of it: once it is stopped, AWS seems to refuse whatever is started,
/// and what is under way comes to its end.
pub(super) struct Watched<'a, Writes> {
    writes: &'a Writes,
    progress: &'a Progress,
    is_stopped: Cell<bool>,
    taken: RefCell<BTreeSet<Assignment>>,
    under_way: RefCell<BTreeMap<RequestId, Assignment>>,
}

impl<'a, Writes> Watched<'a, Writes> {
    pub(super) fn new(writes: &'a Writes, progress: &'a Progress) -> Self {
        Self {
            writes,
            progress,
            is_stopped: Cell::new(false),
            taken: RefCell::default(),
            under_way: RefCell::default(),
        }
    }

    /// Starts nothing more.
    pub(super) fn stop(&self) {
        self.is_stopped.set(true);
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.is_stopped.get()
    }

    /// How many changes are under way.
    pub(super) fn under_way(&self) -> usize {
        self.under_way.borrow().len()
    }

    /// Whether AWS took the change, or refused it for good.
    pub(super) fn was_taken(&self, assignment: &Assignment) -> bool {
        self.taken.borrow().contains(assignment)
    }

    fn hear(&self, request: &RequestId, state: RequestState) {
        if state == RequestState::InProgress {
            return;
        }
        let Some(assignment) = self.under_way.borrow_mut().remove(request) else { return };
        if state == RequestState::Succeeded {
            self.progress.is_done(&assignment);
        }
    }
}

impl<Writes: Act> Act for Watched<'_, Writes> {
    async fn start(
        &self,
        action: Action,
        assignment: &Assignment,
    ) -> Result<AwsProgress, CallFailure> {
        if self.is_stopped() {
            return Err(stopped(action));
        }
        let started = self.writes.start(action, assignment).await;
        // What is to be tried again is not begun yet.
        if started.as_ref().err().is_none_or(|failure| !failure.may_pass()) {
            self.taken.borrow_mut().insert(assignment.clone());
        }
        let started = started?;
        self.under_way.borrow_mut().insert(started.request.clone(), assignment.clone());
        self.hear(&started.request, started.state);
        Ok(started)
    }

    async fn statuses(
        &self,
        action: Action,
        wanted: &BTreeSet<RequestId>,
    ) -> Result<BTreeMap<RequestId, RequestState>, CallFailure> {
        let states = self.writes.statuses(action, wanted).await?;
        states.iter().for_each(|(request, state)| self.hear(request, *state));
        Ok(states)
    }

    async fn under_way(&self, action: Action) -> Result<BTreeSet<RequestId>, CallFailure> {
        self.writes.under_way(action).await
    }

    async fn status(
        &self,
        action: Action,
        request: &RequestId,
    ) -> Result<AwsProgress, CallFailure> {
        let status = self.writes.status(action, request).await?;
        self.hear(request, status.state);
        Ok(status)
    }
}

fn stopped(action: Action) -> CallFailure {
    CallFailure {
        operation: match action {
            Action::Create => "sso:CreateAccountAssignment",
            Action::Delete => "sso:DeleteAccountAssignment",
        },
        code: "Stopped".to_owned(),
        message: "not asked for, because somebody wanted it to end".to_owned(),
        kind: FailureKind::Permanent,
    }
}
