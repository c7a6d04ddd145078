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
    let units = call.state.organizational_units.values();
    let roots = units.filter(|unit| unit.parent_id.is_none());
    let roots = roots.map(|root| views::organizational_unit(call.state, root)).collect();
    call.page("Roots", ORGANIZATIONS_PAGE, request, roots)
}
