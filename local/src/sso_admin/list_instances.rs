//! `ListInstances`

use serde_json::Value;

use super::describe_instance;
use crate::{
    api_error::ApiError,
    call::Call,
    paging::{IDENTITY_CENTER_PAGE, PageRequest},
};

/// <https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_ListInstances.html>
pub(super) fn list_instances(
    call: &mut Call<'_>,
    request: &PageRequest,
) -> Result<Value, ApiError> {
    let instances = vec![describe_instance::view(call.state)];
    call.page("Instances", IDENTITY_CENTER_PAGE, request, instances)
}
