//! The access report: who can reach what at the end of the day, and why.

use std::collections::BTreeMap;

use shared::{
    decide::Decision,
    explain::Explanation,
    organization::{Account, Organization, Principal},
    rules::Rules,
};

/// One line for each assignment, under the account that it is in.
pub(super) fn report(organization: &Organization, rules: &Rules) -> Vec<String> {
    let decision = Decision::new(rules, organization, organization.observed_at);
    let mut accounts: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for account in &organization.accounts {
        for principal in principals_in(organization, account) {
            let Some(explained) = decision.explain(&account.id, principal) else { continue };
            let path = explained.account.organizational_unit.as_deref().unwrap_or("/…");
            let place = format!("{}/{}", path.trim_end_matches('/'), account.name);
            accounts.entry(place).or_default().extend(lines(organization, &explained));
        }
    }
    accounts.into_iter().flat_map(|(place, lines)| std::iter::once(place).chain(lines)).collect()
}

/// Those who have something in an account, each once.
fn principals_in<'o>(organization: &'o Organization, account: &Account) -> Vec<&'o Principal> {
    let assignments = organization.assignments.iter();
    let here = assignments.filter(|assignment| assignment.account_id == account.id);
    let mut principals: Vec<&Principal> = here.map(|assignment| &assignment.principal).collect();
    principals.sort_unstable();
    principals.dedup();
    principals
}

fn lines(organization: &Organization, explained: &Explanation) -> Vec<String> {
    let who = &explained.principal;
    let members = organization.memberships.iter();
    let number = members.filter(|of| of.group_id.as_str() == who.principal.id()).count();
    let name = match &who.principal {
        Principal::Group(_) => format!("group {} ({number} people)", who.name),
        Principal::User(_) => format!("user {}", who.name),
    };
    let in_place = explained.permission_sets.iter().filter(|access| access.in_place);
    in_place
        .map(|access| format!("  {:<20} {name}: {}", access.permission_set, access.why))
        .collect()
}
