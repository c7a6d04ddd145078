//! Writing AWS, one method a call. Each request is only accepted here; its statuses say what became
//! of it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use aws_sdk_ssoadmin::types::{
    AccountAssignmentOperationStatus, AccountAssignmentOperationStatusMetadata,
    OperationStatusFilter, PrincipalType, StatusValues, TargetType,
};

use crate::{
    act::{Act, Progress, RequestId, RequestState},
    failure::CallFailure,
    organization::{Assignment, Principal},
    plan::Action,
};

use super::{
    clients::Clients,
    facts::KnownFacts,
    failure::{failed, unreadable},
    pages::every_row,
};

const CREATE: &str = "sso:CreateAccountAssignment";
const CREATION_STATUS: &str = "sso:DescribeAccountAssignmentCreationStatus";
const CREATION_STATUSES: &str = "sso:ListAccountAssignmentCreationStatus";
const DELETE: &str = "sso:DeleteAccountAssignment";
const DELETION_STATUS: &str = "sso:DescribeAccountAssignmentDeletionStatus";
const DELETION_STATUSES: &str = "sso:ListAccountAssignmentDeletionStatus";

/// Statuses on a page: the most that AWS gives, and several times what may be in flight.
const PAGE_SIZE: i32 = 100;

/// Pages of statuses that are looked through. The newest requests come first, so the first page has
/// those in flight, unless one takes very long; to ask for that one costs a call, as a page does.
const PAGES: usize = 2;

/// [`Act`], over the SDK.
#[derive(Debug)]
pub struct AwsAct {
    clients: Arc<Clients>,
    facts: Arc<KnownFacts>,
}

impl AwsAct {
    /// Writes with those clients.
    #[must_use]
    pub fn new(clients: Arc<Clients>, facts: Arc<KnownFacts>) -> Self {
        Self { clients, facts }
    }

    async fn instance_arn(&self) -> Result<&str, CallFailure> {
        Ok(self.facts.instance().await?.instance_arn.as_str())
    }

    async fn create(&self, assignment: &Assignment) -> Result<Progress, CallFailure> {
        let instance = self.instance_arn().await?;
        let client = self.clients.sso_admin().await;
        let answer = client
            .create_account_assignment()
            .instance_arn(instance)
            .target_type(TargetType::AwsAccount)
            .target_id(assignment.account_id.as_str())
            .permission_set_arn(assignment.permission_set_arn.as_str())
            .principal_type(principal_type(&assignment.principal))
            .principal_id(assignment.principal.id())
            .send()
            .await
            .map_err(failed(CREATE))?;
        read_progress(CREATE, answer.account_assignment_creation_status())
    }

    async fn delete(&self, assignment: &Assignment) -> Result<Progress, CallFailure> {
        let instance = self.instance_arn().await?;
        let client = self.clients.sso_admin().await;
        let answer = client
            .delete_account_assignment()
            .instance_arn(instance)
            .target_type(TargetType::AwsAccount)
            .target_id(assignment.account_id.as_str())
            .permission_set_arn(assignment.permission_set_arn.as_str())
            .principal_type(principal_type(&assignment.principal))
            .principal_id(assignment.principal.id())
            .send()
            .await
            .map_err(failed(DELETE))?;
        read_progress(DELETE, answer.account_assignment_deletion_status())
    }

    async fn creation_statuses(&self, token: Option<String>) -> Result<Page, CallFailure> {
        let instance = self.instance_arn().await?;
        let client = self.clients.sso_admin().await;
        let ask = client
            .list_account_assignment_creation_status()
            .instance_arn(instance)
            .max_results(PAGE_SIZE)
            .set_next_token(token);
        let page = ask.send().await.map_err(failed(CREATION_STATUSES))?;
        let states = read_states(CREATION_STATUSES, page.account_assignments_creation_status())?;
        Ok(Page { states, next: page.next_token })
    }

    async fn deletion_statuses(&self, token: Option<String>) -> Result<Page, CallFailure> {
        let instance = self.instance_arn().await?;
        let client = self.clients.sso_admin().await;
        let ask = client
            .list_account_assignment_deletion_status()
            .instance_arn(instance)
            .max_results(PAGE_SIZE)
            .set_next_token(token);
        let page = ask.send().await.map_err(failed(DELETION_STATUSES))?;
        let states = read_states(DELETION_STATUSES, page.account_assignments_deletion_status())?;
        Ok(Page { states, next: page.next_token })
    }

    async fn creations_under_way(&self) -> Result<BTreeSet<RequestId>, CallFailure> {
        let instance = self.instance_arn().await?;
        let rows = every_row(CREATION_STATUSES, async |token| {
            let client = self.clients.sso_admin().await;
            let ask = client.list_account_assignment_creation_status();
            let ask = ask.instance_arn(instance).max_results(PAGE_SIZE).filter(in_progress());
            let page = ask.set_next_token(token).send().await.map_err(failed(CREATION_STATUSES))?;
            let states =
                read_states(CREATION_STATUSES, page.account_assignments_creation_status())?;
            Ok((states.into_keys().collect(), page.next_token))
        });
        Ok(rows.await?.into_iter().collect())
    }

    async fn deletions_under_way(&self) -> Result<BTreeSet<RequestId>, CallFailure> {
        let instance = self.instance_arn().await?;
        let rows = every_row(DELETION_STATUSES, async |token| {
            let client = self.clients.sso_admin().await;
            let ask = client.list_account_assignment_deletion_status();
            let ask = ask.instance_arn(instance).max_results(PAGE_SIZE).filter(in_progress());
            let page = ask.set_next_token(token).send().await.map_err(failed(DELETION_STATUSES))?;
            let states =
                read_states(DELETION_STATUSES, page.account_assignments_deletion_status())?;
            Ok((states.into_keys().collect(), page.next_token))
        });
        Ok(rows.await?.into_iter().collect())
    }

    async fn creation_status(&self, request: &RequestId) -> Result<Progress, CallFailure> {
        let instance = self.instance_arn().await?;
        let client = self.clients.sso_admin().await;
        let ask = client.describe_account_assignment_creation_status().instance_arn(instance);
        let ask = ask.account_assignment_creation_request_id(&request.0);
        let answer = ask.send().await.map_err(failed(CREATION_STATUS))?;
        read_progress(CREATION_STATUS, answer.account_assignment_creation_status())
    }

    async fn deletion_status(&self, request: &RequestId) -> Result<Progress, CallFailure> {
        let instance = self.instance_arn().await?;
        let client = self.clients.sso_admin().await;
        let ask = client.describe_account_assignment_deletion_status().instance_arn(instance);
        let ask = ask.account_assignment_deletion_request_id(&request.0);
        let answer = ask.send().await.map_err(failed(DELETION_STATUS))?;
        read_progress(DELETION_STATUS, answer.account_assignment_deletion_status())
    }
}

impl Act for AwsAct {
    async fn start(
        &self,
        action: Action,
        assignment: &Assignment,
    ) -> Result<Progress, CallFailure> {
        match action {
            Action::Create => self.create(assignment).await,
            Action::Delete => self.delete(assignment).await,
        }
    }

    async fn statuses(
        &self,
        action: Action,
        wanted: &BTreeSet<RequestId>,
    ) -> Result<BTreeMap<RequestId, RequestState>, CallFailure> {
        let (mut states, mut token) = (BTreeMap::new(), None);
        for _ in 0..PAGES {
            let page = match action {
                Action::Create => self.creation_statuses(token).await?,
                Action::Delete => self.deletion_statuses(token).await?,
            };
            states.extend(page.states);
            token = page.next.filter(|token| !token.is_empty());
            if token.is_none() || wanted.iter().all(|request| states.contains_key(request)) {
                break;
            }
        }
        Ok(states)
    }

    async fn under_way(&self, action: Action) -> Result<BTreeSet<RequestId>, CallFailure> {
        match action {
            Action::Create => self.creations_under_way().await,
            Action::Delete => self.deletions_under_way().await,
        }
    }

    async fn status(&self, action: Action, request: &RequestId) -> Result<Progress, CallFailure> {
        match action {
            Action::Create => self.creation_status(request).await,
            Action::Delete => self.deletion_status(request).await,
        }
    }
}

/// A page of statuses.
struct Page {
    states: BTreeMap<RequestId, RequestState>,
    /// Stands for the next page; nothing, when there is none.
    next: Option<String>,
}

fn in_progress() -> OperationStatusFilter {
    OperationStatusFilter::builder().status(StatusValues::InProgress).build()
}

fn principal_type(principal: &Principal) -> PrincipalType {
    match principal {
        Principal::Group(_) => PrincipalType::Group,
        Principal::User(_) => PrincipalType::User,
    }
}

fn read_progress(
    operation: &'static str,
    status: Option<&AccountAssignmentOperationStatus>,
) -> Result<Progress, CallFailure> {
    let (status, request) = status
        .and_then(|status| Some((status, status.request_id()?)))
        .ok_or_else(|| unreadable(operation, "no request id in it"))?;
    Ok(Progress {
        request: RequestId(request.to_owned()),
        state: read_state(status.status()),
        failure_reason: status.failure_reason().map(str::to_owned),
    })
}

fn read_states(
    operation: &'static str,
    statuses: &[AccountAssignmentOperationStatusMetadata],
) -> Result<BTreeMap<RequestId, RequestState>, CallFailure> {
    statuses
        .iter()
        .map(|status| {
            let request = status
                .request_id()
                .ok_or_else(|| unreadable(operation, "a status without a request id"))?;
            Ok((RequestId(request.to_owned()), read_state(status.status())))
        })
        .collect()
}

/// A state that is not known is not an end: the request is asked about again.
fn read_state(status: Option<&StatusValues>) -> RequestState {
    match status {
        Some(StatusValues::Succeeded) => RequestState::Succeeded,
        Some(StatusValues::Failed) => RequestState::Failed,
        _ => RequestState::InProgress,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(state: &str) -> AccountAssignmentOperationStatus {
        AccountAssignmentOperationStatus::builder().request_id("r-1").status(state.into()).build()
    }

    #[test]
    fn a_state_that_is_not_known_is_not_an_end() {
        for (text, state) in [
            ("IN_PROGRESS", RequestState::InProgress),
            ("SUCCEEDED", RequestState::Succeeded),
            ("FAILED", RequestState::Failed),
            ("PAUSED", RequestState::InProgress),
        ] {
            assert_eq!(read_progress("x", Some(&status(text))).unwrap().state, state, "{text}");
        }
    }

    #[test]
    fn a_request_that_cannot_be_followed_is_a_failure() {
        let nameless =
            AccountAssignmentOperationStatus::builder().status(StatusValues::InProgress).build();
        for status in [None, Some(&nameless)] {
            assert_eq!(read_progress("x", status).unwrap_err().code, "UnreadableAnswer");
        }
    }
}
