//! `ListRoots`

use serde_json::Value;

use super::views;
use crate::{
    api_error::ApiError,
    call::Call,
    paging::{ORGANIZATIONS_PAGE, PageRequest},
};

/// <https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListRoots.html>
pub(super) fn list_roots(call: &mut Call<'_>, request: &PageRequest) -> Result<Value, ApiError> {
    let root = call.state.organizational_units.get(&call.state.facts.root_id);
    let roots = root.into_iter().map(|root| views::organizational_unit(call.state, root)).collect();
    call.page("Roots", ORGANIZATIONS_PAGE, request, roots)
}
