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
    /// AWS's last reason for each that it took and did not make.
    reasons: RefCell<BTreeMap<Assignment, String>>,
    /// What was not started, for the first time or again, because somebody wanted it to end.
    kept_back: RefCell<BTreeSet<Assignment>>,
    under_way: RefCell<BTreeMap<RequestId, Assignment>>,
}

impl<'a, Writes> Watched<'a, Writes> {
    pub(super) fn new(writes: &'a Writes, progress: &'a Progress) -> Self {
        Self {
            writes,
            progress,
            is_stopped: Cell::new(false),
            taken: RefCell::default(),
            reasons: RefCell::default(),
            kept_back: RefCell::default(),
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

    /// Why a change was not made, where whoever carries it out was told that reason; nothing, if it was not begun
    /// because somebody wanted it to end.
    pub(super) fn why_not(&self, assignment: &Assignment, told: String) -> Option<String> {
        if self.kept_back.borrow().contains(assignment) {
            return self.reasons.borrow().get(assignment).cloned();
        }
        (!self.is_stopped() || self.taken.borrow().contains(assignment)).then_some(told)
    }

    fn hear(&self, heard: &AwsProgress) {
        match heard.state {
            RequestState::InProgress => {}
            RequestState::Succeeded => self.hear_of_success(&heard.request),
            RequestState::Failed => {
                let assignment = self.under_way.borrow_mut().remove(&heard.request);
                let reason = heard.failure_reason.clone();
                self.reasons.borrow_mut().extend(assignment.zip(reason));
            }
        }
    }

    fn hear_of_success(&self, request: &RequestId) {
        if let Some(assignment) = self.under_way.borrow_mut().remove(request) {
            self.progress.note_done(&assignment);
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
            self.kept_back.borrow_mut().insert(assignment.clone());
            return Err(stopped(action));
        }
        let started = self.writes.start(action, assignment).await;
        // What is to be tried again is not begun yet.
        if started.as_ref().err().is_none_or(|failure| !failure.may_pass()) {
            self.taken.borrow_mut().insert(assignment.clone());
        }
        let started = started?;
        self.under_way.borrow_mut().insert(started.request.clone(), assignment.clone());
        self.hear(&started);
        Ok(started)
    }

    async fn statuses(
        &self,
        action: Action,
        wanted: &BTreeSet<RequestId>,
    ) -> Result<BTreeMap<RequestId, RequestState>, CallFailure> {
        let states = self.writes.statuses(action, wanted).await?;
        // Those that failed are asked for by themselves, because only so they are shown with the reason.
        let succeeded = states.iter().filter(|(_, state)| **state == RequestState::Succeeded);
        succeeded.for_each(|(request, _)| self.hear_of_success(request));
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
        self.hear(&status);
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

#[cfg(test)]
mod tests {
    use super::*;

    /// AWS takes everything, and fails the first of it.
    struct Failing;

    const REASON: &str = "An unexpected internal service exception was encountered";

    impl Act for Failing {
        async fn start(&self, _: Action, one: &Assignment) -> Result<AwsProgress, CallFailure> {
            let request = RequestId(one.account_id.to_string());
            Ok(AwsProgress { request, state: RequestState::InProgress, failure_reason: None })
        }

        async fn statuses(
            &self,
            _: Action,
            wanted: &BTreeSet<RequestId>,
        ) -> Result<BTreeMap<RequestId, RequestState>, CallFailure> {
            Ok(wanted.iter().map(|request| (request.clone(), RequestState::Failed)).collect())
        }

        async fn under_way(&self, _: Action) -> Result<BTreeSet<RequestId>, CallFailure> {
            Ok(BTreeSet::new())
        }

        async fn status(&self, _: Action, one: &RequestId) -> Result<AwsProgress, CallFailure> {
            let (request, state) = (one.clone(), RequestState::Failed);
            Ok(AwsProgress { request, state, failure_reason: Some(REASON.to_owned()) })
        }
    }

    fn assignment(account: &str) -> Assignment {
        Assignment {
            account_id: account.parse().unwrap(),
            permission_set_arn:
                "arn:aws:sso:::permissionSet/ssoins-7223aaaabbbbcccc/ps-1111222233334444"
                    .parse()
                    .unwrap(),
            principal: shared::organization::Principal::Group(
                "a7c3e1f0-0000-4000-8000-000000000001".parse().unwrap(),
            ),
        }
    }

    #[tokio::test]
    async fn what_aws_has_failed_before_it_was_stopped_keeps_awss_reason() {
        let (failed, fresh) = (assignment("111122223333"), assignment("444455556666"));
        let progress = Progress::new(&[]);
        let watched = Watched::new(&Failing, &progress);
        let request = watched.start(Action::Create, &failed).await.unwrap().request;
        let wanted = BTreeSet::from([request.clone()]);
        watched.statuses(Action::Create, &wanted).await.unwrap();
        watched.status(Action::Create, &request).await.unwrap();
        assert_eq!(watched.under_way(), 0);
        watched.stop();
        let told = |failure: CallFailure| failure.to_string();
        // It is tried again, and something else for the first time.
        let again = told(watched.start(Action::Create, &failed).await.unwrap_err());
        let first = told(watched.start(Action::Create, &fresh).await.unwrap_err());
        assert_eq!(watched.why_not(&failed, again).as_deref(), Some(REASON));
        assert_eq!(watched.why_not(&fresh, first), None);
    }
}
