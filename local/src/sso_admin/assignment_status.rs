//! What came of assignment requests: the four operations
//! `{Describe,List}AccountAssignment{Creation,Deletion}Status`.

use serde::Deserialize;
use serde_json::Value;
use shared::ids::InstanceArn;

use super::{
    assignment::{self, Direction},
    errors,
};
use crate::{
    api_error::ApiError,
    call::Call,
    paging::{IDENTITY_CENTER_PAGE, PageRequest},
    requests::Accepted,
};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DescribeCreationRequest {
    instance_arn: InstanceArn,
    account_assignment_creation_request_id: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DescribeDeletionRequest {
    instance_arn: InstanceArn,
    account_assignment_deletion_request_id: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListStatusRequest {
    pub(super) instance_arn: InstanceArn,
    filter: Option<StatusFilter>,
    #[serde(flatten)]
    pub(super) page: PageRequest,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct StatusFilter {
    status: Option<Status>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Status {
    InProgress,
    Failed,
    Succeeded,
}

impl ListStatusRequest {
    /// Which requests are asked for; without an answer all.
    pub(super) fn status(&self) -> Option<&'static str> {
        Some(match self.filter.as_ref()?.status? {
            Status::InProgress => "IN_PROGRESS",
            Status::Failed => "FAILED",
            Status::Succeeded => "SUCCEEDED",
        })
    }
}

/// <https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_DescribeAccountAssignmentCreationStatus.html>
pub(super) fn describe_creation(
    call: &mut Call<'_>,
    request: &DescribeCreationRequest,
) -> Result<Value, ApiError> {
    let id = &request.account_assignment_creation_request_id;
    describe(call, Direction::Creation, &request.instance_arn, id)
}

/// <https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_DescribeAccountAssignmentDeletionStatus.html>
pub(super) fn describe_deletion(
    call: &mut Call<'_>,
    request: &DescribeDeletionRequest,
) -> Result<Value, ApiError> {
    let id = &request.account_assignment_deletion_request_id;
    describe(call, Direction::Deletion, &request.instance_arn, id)
}

/// <https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_ListAccountAssignmentCreationStatus.html>
pub(super) fn list_creations(
    call: &mut Call<'_>,
    request: &ListStatusRequest,
) -> Result<Value, ApiError> {
    list(call, Direction::Creation, request, "AccountAssignmentsCreationStatus")
}

/// <https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_ListAccountAssignmentDeletionStatus.html>
pub(super) fn list_deletions(
    call: &mut Call<'_>,
    request: &ListStatusRequest,
) -> Result<Value, ApiError> {
    list(call, Direction::Deletion, request, "AccountAssignmentsDeletionStatus")
}

fn describe(
    call: &Call<'_>,
    direction: Direction,
    instance: &InstanceArn,
    request_id: &str,
) -> Result<Value, ApiError> {
    errors::known_instance(call.state, instance)?;
    let request = call.state.assignment_requests.of(direction).get(request_id);
    let request = request.ok_or_else(|| errors::not_found("Request", request_id))?;
    Ok(assignment::view(request, direction, Some(request.created)))
}

/// Newest first.
fn list(
    call: &Call<'_>,
    direction: Direction,
    request: &ListStatusRequest,
    key: &str,
) -> Result<Value, ApiError> {
    errors::known_instance(call.state, &request.instance_arn)?;
    let requests = call.state.assignment_requests.of(direction).newest_first(request.status());
    call.list(
        key,
        IDENTITY_CENTER_PAGE,
        &request.page,
        requests,
        |request| request.age_key().into(),
        Accepted::to_metadata,
    )
}
