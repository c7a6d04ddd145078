//! Who has access to what, as it has come about over the years, before anybody wrote rules.

use std::collections::{BTreeMap, BTreeSet};

use shared::organization::{Assignment, Organization, Principal};

use super::company::Company;
use crate::{quotas::GROUPS_PER_PERMISSION_SET_AND_ACCOUNT, random::Random};

/// How often to look for room that may not be there.
const TRIES: usize = 20;

/// So many assignments, as far as there is room: account by account, most of them for groups, and
/// one in fifty for a user directly.
pub(super) fn assign(company: &mut Company, count: usize, random: &mut Random) {
    let accounts = company.positions_of_manageable_accounts();
    let organization = &mut company.organization;
    if accounts.is_empty() || organization.permission_sets.is_empty() {
        return;
    }
    let mut assignments = BTreeSet::new();
    let mut groups_of = BTreeMap::new();
    let chances = count.saturating_mul(TRIES);
    for account in accounts.iter().cycle().take(chances) {
        if assignments.len() == count {
            break;
        }
        let Some(assignment) = assignment(organization, *account, random) else { continue };
        let role = (assignment.account_id.clone(), assignment.permission_set_arn.clone());
        let groups: &mut usize = groups_of.entry(role).or_default();
        let is_group = matches!(assignment.principal, Principal::Group(_));
        if is_group && *groups == GROUPS_PER_PERMISSION_SET_AND_ACCOUNT {
            continue;
        }
        if assignments.insert(assignment) && is_group {
            *groups += 1;
        }
    }
    organization.assignments = assignments.into_iter().collect();
}

/// Somebody gets something there; nothing, where there is nobody.
fn assignment(
    organization: &Organization,
    account: usize,
    random: &mut Random,
) -> Option<Assignment> {
    let Organization { accounts, permission_sets, groups, users, .. } = organization;
    let principal = if groups.is_empty() || (random.happens(2) && !users.is_empty()) {
        Principal::User(users.get(random.below(users.len()))?.id.clone())
    } else {
        Principal::Group(random.pick(groups).id.clone())
    };
    // What is at the front of the list is used most.
    let set = random.below(permission_sets.len()).min(random.below(permission_sets.len()));
    Some(Assignment {
        account_id: accounts[account].id.clone(),
        permission_set_arn: permission_sets[set].arn.clone(),
        principal,
    })
}
