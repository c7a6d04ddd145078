//! Making and taking away an account assignment: accepted at once, done a while later.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Value, json};
use shared::{
    ids::{AccountId, InstanceArn, PermissionSetArn},
    organization::{AccountState, Assignment, Principal},
};

use super::errors;
use crate::{api_error::ApiError, call::Call, clock, fields, state::State};

/// How much longer an attempt on an account that is not active takes before it fails.
const FAILS_LATE: u32 = 3;

/// The request of `CreateAccountAssignment` and of `DeleteAccountAssignment`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ChangeRequest {
    pub(super) instance_arn: InstanceArn,
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

/// An accepted request, and what came of it.
#[derive(Clone, Debug)]
pub(crate) struct AssignmentRequest {
    pub(super) request_id: String,
    pub(super) direction: Direction,
    assignment: Assignment,
    created: DateTime<Utc>,
    /// Nothing while it is in progress; then success, or the reason for the failure.
    outcome: Option<Result<(), String>>,
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
    let invalid = |error: shared::ids::InvalidId| call.invalid(error.to_string());
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
    check_access(call, &assignment)?;
    check_conflict(call.state, &assignment)?;
    let name = format!("{}:{}", call.service.name(), call.operation);
    let injected = call.state.faults.take_assignment_failure(&name, &assignment.account_id);
    let patience = if is_active(call.state, &assignment.account_id) { 1 } else { FAILS_LATE };
    let delay = call.settings().assignment_time.saturating_mul(patience);
    let request = AssignmentRequest {
        request_id: call.request_id.to_owned(),
        direction,
        assignment,
        created: call.now,
        outcome: None,
    };
    let answer = request.to_status(None);
    let request_id = request.request_id.clone();
    call.state.assignment_requests.push(request);
    call.later(delay, move |state| complete(state, &request_id, injected));
    Ok(answer)
}

/// What a delegated administrator may not touch: the management account, and whatever is used
/// there.
///
/// Source: <https://docs.aws.amazon.com/singlesignon/latest/userguide/delegated-admin.html>
fn check_access(call: &Call<'_>, assignment: &Assignment) -> Result<(), ApiError> {
    if call.is_from_management_account() {
        return Ok(());
    }
    let management = &call.state.facts.management_account_id;
    if assignment.account_id == *management {
        return Err(errors::access_denied(call, &format!("arn:aws:sso:::account/{management}")));
    }
    if call.state.is_provisioned(management, &assignment.permission_set_arn) {
        return Err(errors::access_denied(call, assignment.permission_set_arn.as_str()));
    }
    Ok(())
}

/// One role can be updated in an account at a time, and one assignment changed at a time. Requests
/// for the same permission set share its role.
///
/// Source: <https://docs.aws.amazon.com/singlesignon/latest/userguide/limits.html>
fn check_conflict(state: &State, assignment: &Assignment) -> Result<(), ApiError> {
    let conflict = state.assignment_requests.iter().filter(|request| request.is_in_progress()).any(
        |request| {
            let other = &request.assignment;
            other == assignment
                || (other.account_id == assignment.account_id
                    && other.permission_set_arn != assignment.permission_set_arn)
        },
    );
    if conflict {
        let message =
            "There is a conflicting operation in process for the resource with provided accountId.";
        return Err(ApiError::new("ConflictException", message));
    }
    Ok(())
}

fn is_active(state: &State, account: &AccountId) -> bool {
    state.members.get(account).is_some_and(|member| member.account.state == AccountState::Active)
}

fn complete(state: &mut State, request_id: &str, injected: Option<String>) {
    let requests = &mut state.assignment_requests;
    let Some(at) = requests.iter().position(|request| request.request_id == request_id) else {
        return;
    };
    let mut request = requests.remove(at);
    request.outcome = Some(match injected {
        Some(reason) => Err(reason),
        None => apply(state, request.direction, &request.assignment),
    });
    state.assignment_requests.insert(at, request);
}

/// Repeating a creation succeeds; repeating a deletion fails, since there is nothing left to
/// delete.
fn apply(state: &mut State, direction: Direction, assignment: &Assignment) -> Result<(), String> {
    let account = &assignment.account_id;
    if !is_active(state, account) {
        return Err(format!(
            "AWS SSO is unable to complete your request at this time. Obtaining permissions to manage your \
             AWS account '{account}' is taking longer than usual."
        ));
    }
    let found = match direction {
        Direction::Creation => {
            state.assignments.insert(assignment.clone());
            true
        }
        Direction::Deletion => state.assignments.remove(assignment),
    };
    if found {
        Ok(())
    } else {
        Err("Received a 404 status error: Assignment not found.".to_owned())
    }
}

impl AssignmentRequest {
    pub(super) fn is_in_progress(&self) -> bool {
        self.outcome.is_none()
    }

    /// The status as AWS writes it.
    pub(super) fn status(&self) -> &'static str {
        match &self.outcome {
            None => "IN_PROGRESS",
            Some(Ok(())) => "SUCCEEDED",
            Some(Err(_)) => "FAILED",
        }
    }

    /// `AccountAssignmentOperationStatusMetadata`
    pub(super) fn to_metadata(&self) -> Value {
        json!({
            "Status": self.status(),
            "RequestId": self.request_id,
            "CreatedDate": clock::seconds(self.created),
        })
    }

    /// `AccountAssignmentOperationStatus`, with when it was asked for unless it is the answer to
    /// just that.
    pub(super) fn to_described(&self) -> Value {
        self.to_status(Some(self.created))
    }

    fn to_status(&self, created: Option<DateTime<Utc>>) -> Value {
        let Assignment { account_id, permission_set_arn, principal } = &self.assignment;
        let failure = self.outcome.as_ref().and_then(|outcome| outcome.as_ref().err());
        let status = fields::known([
            ("Status", Some(self.status().into())),
            ("RequestId", Some(self.request_id.clone().into())),
            ("FailureReason", failure.map(|reason| reason.clone().into())),
            ("TargetId", Some(account_id.as_str().into())),
            ("TargetType", Some("AWS_ACCOUNT".into())),
            ("PermissionSetArn", Some(permission_set_arn.as_str().into())),
            ("PrincipalType", Some(principal.kind().into())),
            ("PrincipalId", Some(principal.id().into())),
            ("CreatedDate", created.map(clock::seconds)),
        ]);
        match self.direction {
            Direction::Creation => json!({ "AccountAssignmentCreationStatus": status }),
            Direction::Deletion => json!({ "AccountAssignmentDeletionStatus": status }),
        }
    }
}
