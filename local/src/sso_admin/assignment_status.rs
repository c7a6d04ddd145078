//! What came of assignment requests: the four operations
//! `{Describe,List}AccountAssignment{Creation,Deletion}Status`.

use serde::Deserialize;
use serde_json::Value;
use shared::ids::InstanceArn;

use super::{
    assignment::{AssignmentRequest, Direction},
    errors,
};
use crate::{
    api_error::ApiError,
    call::Call,
    paging::{IDENTITY_CENTER_PAGE, PageRequest},
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
pub(super) struct ListRequest {
    instance_arn: InstanceArn,
    filter: Option<StatusFilter>,
    #[serde(flatten)]
    page: PageRequest,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct StatusFilter {
    status: Option<String>,
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
    request: &ListRequest,
) -> Result<Value, ApiError> {
    list(call, Direction::Creation, request, "AccountAssignmentsCreationStatus")
}

/// <https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_ListAccountAssignmentDeletionStatus.html>
pub(super) fn list_deletions(
    call: &mut Call<'_>,
    request: &ListRequest,
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
    let mut requests = call.state.assignment_requests.iter();
    let request =
        requests.find(|request| request.direction == direction && request.request_id == request_id);
    request
        .map(AssignmentRequest::to_described)
        .ok_or_else(|| errors::not_found("Request", request_id))
}

/// Newest first.
fn list(
    call: &Call<'_>,
    direction: Direction,
    request: &ListRequest,
    key: &str,
) -> Result<Value, ApiError> {
    errors::known_instance(call.state, &request.instance_arn)?;
    let status = request.filter.as_ref().and_then(|filter| filter.status.as_deref());
    let requests = call.state.assignment_requests.iter().rev();
    let requests = requests.filter(|request| {
        request.direction == direction && status.is_none_or(|status| request.status() == status)
    });
    let statuses = requests.map(AssignmentRequest::to_metadata).collect();
    call.page(key, IDENTITY_CENTER_PAGE, &request.page, statuses)
}
