//! Making and taking away an account assignment: accepted at once, done a while later.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Value, json};
use shared::{
    ids::{AccountId, InstanceArn, InvalidId, PermissionSetArn},
    organization::{Assignment, Principal},
};

use super::{
    delegated, errors,
    role_updates::{self, Role},
    roles,
};
use crate::{
    api_error::ApiError,
    call::Call,
    clock, fields,
    quotas::OUTSTANDING_ASSIGNMENTS,
    requests::{Accepted, Requests},
    state::State,
};

/// The request of `CreateAccountAssignment` and of `DeleteAccountAssignment`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ChangeRequest {
    instance_arn: InstanceArn,
    target_id: AccountId,
    target_type: TargetType,
    permission_set_arn: PermissionSetArn,
    principal_type: String,
    principal_id: String,
}

#[derive(Debug, Deserialize)]
enum TargetType {
    #[serde(rename = "AWS_ACCOUNT")]
    Account,
}

/// Which way an assignment changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    Creation,
    Deletion,
}

/// What was asked for, each kind by itself: AWS lists them apart.
#[derive(Debug, Default)]
pub(crate) struct AssignmentRequests {
    creations: Requests<Assignment>,
    deletions: Requests<Assignment>,
}

impl AssignmentRequests {
    pub(super) fn of(&self, direction: Direction) -> &Requests<Assignment> {
        match direction {
            Direction::Creation => &self.creations,
            Direction::Deletion => &self.deletions,
        }
    }

    fn of_mut(&mut self, direction: Direction) -> &mut Requests<Assignment> {
        match direction {
            Direction::Creation => &mut self.creations,
            Direction::Deletion => &mut self.deletions,
        }
    }

    /// Forgets those that have ended, either way.
    pub(crate) fn forget_ended(&mut self) {
        self.creations.forget_ended();
        self.deletions.forget_ended();
    }

    /// How the request of this id ended, either way.
    pub(super) fn ended(&self, request_id: &str) -> Option<&Result<(), String>> {
        let accepted = self.creations.get(request_id).or_else(|| self.deletions.get(request_id));
        accepted?.result()
    }

    /// What is being changed, either way.
    pub(super) fn in_progress(&self) -> impl Iterator<Item = &Assignment> {
        let both = self.creations.in_progress().chain(self.deletions.in_progress());
        both.map(|accepted| &accepted.request)
    }
}

impl ChangeRequest {
    /// The assignment that is meant. Every part but the principal must exist; that one may be an
    /// orphan's.
    pub(super) fn assignment(&self, call: &Call<'_>) -> Result<Assignment, ApiError> {
        let TargetType::Account = self.target_type;
        errors::known_instance(call.state, &self.instance_arn)?;
        errors::known_permission_set(call.state, &self.permission_set_arn)?;
        errors::known_account(call.state, &self.target_id)?;
        Ok(Assignment {
            account_id: self.target_id.clone(),
            permission_set_arn: self.permission_set_arn.clone(),
            principal: principal(call, &self.principal_type, &self.principal_id)?,
        })
    }
}

/// The principal that two fields of a request name.
pub(super) fn principal(call: &Call<'_>, kind: &str, id: &str) -> Result<Principal, ApiError> {
    let invalid = |error: InvalidId| call.invalid(error.to_string());
    match kind {
        "GROUP" => id.parse().map(Principal::Group).map_err(invalid),
        "USER" => id.parse().map(Principal::User).map_err(invalid),
        _ => Err(call.invalid(format!("PrincipalType must be GROUP or USER, not `{kind}`"))),
    }
}

/// Accepts a change, and does it after a while. The id to ask for it by is the request's own, as in
/// AWS.
pub(super) fn accept(
    call: &mut Call<'_>,
    direction: Direction,
    assignment: Assignment,
) -> Result<Value, ApiError> {
    delegated::may_change_account(call, &assignment.account_id)?;
    delegated::may_change_permission_set(call, &assignment.permission_set_arn)?;
    check_outstanding(call)?;
    let role = role_updates::of_assignment(call.state, direction, &assignment);
    check_conflict(call.state, &assignment, role)?;
    let injected = call.take_failure(Some(&assignment.account_id));
    let delay = roles::delay(call, [&assignment.account_id]);
    if role == Role::IsUpdated {
        let (account, set) = (&assignment.account_id, &assignment.permission_set_arn);
        call.state.role_updates.begin(account.clone(), set.clone());
    }
    let (request_id, now) = (call.request_id.to_owned(), call.now);
    let requests = call.state.assignment_requests.of_mut(direction);
    let answer = view(requests.accept(&request_id, now, assignment), direction, None);
    call.later(delay, move |state| {
        complete(state, direction, &request_id, role, injected);
    });
    Ok(answer)
}

fn check_outstanding(call: &Call<'_>) -> Result<(), ApiError> {
    let outstanding = call.state.assignment_requests.in_progress().count();
    if call.has_quotas() && outstanding >= OUTSTANDING_ASSIGNMENTS {
        let message = format!("More than {OUTSTANDING_ASSIGNMENTS} assignments are being changed.");
        return Err(ApiError::new("ThrottlingException", message));
    }
    Ok(())
}

/// The roles must be free for it, and nobody else may be changing this very assignment.
fn check_conflict(state: &State, assignment: &Assignment, role: Role) -> Result<(), ApiError> {
    let Assignment { account_id, permission_set_arn, .. } = assignment;
    state.role_updates.check(account_id, permission_set_arn, role)?;
    if state.assignment_requests.in_progress().any(|other| other == assignment) {
        return Err(role_updates::conflict());
    }
    Ok(())
}

fn complete(
    state: &mut State,
    direction: Direction,
    request_id: &str,
    role: Role,
    injected: Option<String>,
) {
    let accepted = state.assignment_requests.of(direction).get(request_id);
    let Some(assignment) = accepted.map(|accepted| accepted.request.clone()) else { return };
    if role == Role::IsUpdated {
        state.role_updates.end(&assignment.account_id, &assignment.permission_set_arn);
    }
    let outcome = match injected {
        Some(reason) => Err(reason),
        None => apply(state, direction, assignment),
    };
    let now = state.clock.now();
    state.assignment_requests.of_mut(direction).end(request_id, now, outcome);
}

/// Repeating a creation succeeds; repeating a deletion fails, since there is nothing left to
/// delete.
fn apply(state: &mut State, direction: Direction, assignment: Assignment) -> Result<(), String> {
    roles::check_reachable(state, &assignment.account_id)?;
    let found = match direction {
        Direction::Creation => {
            let set = state.permission_sets.get(&assignment.permission_set_arn);
            let revision = set.map_or(0, |set| set.revision);
            state.assignments.insert(assignment, revision);
            true
        }
        Direction::Deletion => state.assignments.remove(&assignment),
    };
    if found {
        Ok(())
    } else {
        Err("Received a 404 status error: Assignment not found.".to_owned())
    }
}

/// `AccountAssignmentOperationStatus`, with when it was asked for unless it is the answer to just
/// that.
pub(super) fn view(
    accepted: &Accepted<Assignment>,
    direction: Direction,
    created: Option<DateTime<Utc>>,
) -> Value {
    let Assignment { account_id, permission_set_arn, principal } = &accepted.request;
    let status = fields::known([
        ("Status", Some(accepted.status().into())),
        ("RequestId", Some(accepted.request_id.clone().into())),
        ("FailureReason", accepted.failure().map(Value::from)),
        ("TargetId", Some(account_id.as_str().into())),
        ("TargetType", Some("AWS_ACCOUNT".into())),
        ("PermissionSetArn", Some(permission_set_arn.as_str().into())),
        ("PrincipalType", Some(principal.kind().into())),
        ("PrincipalId", Some(principal.id().into())),
        ("CreatedDate", created.map(clock::seconds)),
    ]);
    match direction {
        Direction::Creation => json!({ "AccountAssignmentCreationStatus": status }),
        Direction::Deletion => json!({ "AccountAssignmentDeletionStatus": status }),
    }
}
