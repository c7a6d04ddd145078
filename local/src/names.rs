//! What ids stand for.

use std::iter;

use shared::{
    ids::{AccountId, GroupId, OrganizationalUnitId, PermissionSetArn, UserId},
    organization::OrganizationalUnit,
};

use crate::state::State;

/// The root and five levels below it: a tree that AWS allows is no deeper.
const LEVELS: usize = 6;

/// What the thing with this id is called.
pub(crate) fn name_of(state: &State, id: &str) -> Option<String> {
    if let Ok(id) = id.parse::<AccountId>() {
        return state.members.get(&id).map(|member| member.account.name.clone());
    }
    if let Ok(id) = id.parse::<OrganizationalUnitId>() {
        return path(state, &id);
    }
    if let Ok(id) = id.parse::<PermissionSetArn>() {
        return state.permission_sets.get(&id).map(|set| set.name.clone());
    }
    let group = id.parse::<GroupId>().ok().and_then(|id| state.groups.get(&id));
    let user = || id.parse::<UserId>().ok().and_then(|id| state.users.get(&id));
    group
        .map(|stored| stored.group.display_name.clone())
        .or_else(|| user().map(|stored| stored.user.user_name.clone()))
}

/// The path from the root down, as rules write it.
fn path(state: &State, id: &OrganizationalUnitId) -> Option<String> {
    let unit = state.organizational_units.get(id)?;
    let parent =
        |unit: &&OrganizationalUnit| state.organizational_units.get(unit.parent_id.as_ref()?);
    let upwards = iter::successors(Some(unit), parent).take(LEVELS);
    let mut names: Vec<&str> =
        upwards.filter(|unit| unit.parent_id.is_some()).map(|unit| unit.name.as_str()).collect();
    names.reverse();
    Some(format!("/{}", names.join("/")))
}
