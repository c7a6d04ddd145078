//! `CreateOrganizationalUnit`

use serde::Deserialize;
use serde_json::{Value, json};
use shared::{
    ids::{InvalidId, OrganizationalUnitId},
    organization::{OrganizationalUnit, Tags},
};
use uuid::Uuid;

use super::{
    errors,
    tags::{self, Tag},
    unit_name,
    units::LEVELS,
    views,
};
use crate::{api_error::ApiError, call::Call, state::State};

/// The most organizational units of an organization.
///
/// Source: <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html>
const UNITS: usize = 2_000;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct CreateOrganizationalUnitRequest {
    parent_id: OrganizationalUnitId,
    name: String,
    #[serde(default)]
    tags: Vec<Tag>,
}

/// <https://docs.aws.amazon.com/organizations/latest/APIReference/API_CreateOrganizationalUnit.html>
pub(super) fn create_organizational_unit(
    call: &mut Call<'_>,
    request: &CreateOrganizationalUnitRequest,
) -> Result<Value, ApiError> {
    let parent = &request.parent_id;
    errors::known_parent(call.state, parent)?;
    unit_name::check(call.state, &request.name, parent)?;
    check_limits(call.state, parent)?;
    let unit = OrganizationalUnit {
        id: unused_id(call)?,
        name: request.name.clone(),
        parent_id: Some(parent.clone()),
        tags: tags::with(&Tags::new(), &request.tags)?,
    };
    call.state.organizational_units.insert(unit.clone());
    Ok(json!({ "OrganizationalUnit": views::organizational_unit(call.state, &unit) }))
}

fn check_limits(state: &State, parent: &OrganizationalUnitId) -> Result<(), ApiError> {
    if state.organizational_units.upwards(parent).count() >= LEVELS {
        let message = "You have exceeded the allowed organizational unit depth.";
        return Err(errors::constraint("OU_DEPTH_LIMIT_EXCEEDED", message));
    }
    // The root is no organizational unit.
    if state.organizational_units.len() > UNITS {
        let message = "You have exceeded the number of organizational units in an organization.";
        return Err(errors::constraint("OU_NUMBER_LIMIT_EXCEEDED", message));
    }
    Ok(())
}

/// The root's own letters, and eight of the unit's: `ou-a1b2-c3d4e5f6`.
fn unused_id(call: &Call<'_>) -> Result<OrganizationalUnitId, ApiError> {
    let root = call.state.facts.root_id.as_str().trim_start_matches("r-");
    loop {
        let random = Uuid::new_v4().simple().to_string();
        let id = format!("ou-{root}-{}", random.chars().take(8).collect::<String>());
        let id = id.parse().map_err(|error: InvalidId| call.invalid(error.to_string()))?;
        if !call.state.organizational_units.contains_key(&id) {
            return Ok(id);
        }
    }
}
