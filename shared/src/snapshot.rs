//! What a snapshot file says that cannot be, or is hardly meant: the slips of hand-written ones.
//!
//! What was read from AWS has none of these, so only the readers of files ask.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    fmt::Display,
};

use crate::{
    diagnostic::nearest,
    ids::OrganizationalUnitId,
    organization::{AccountState, DEEPEST_UNIT, Organization, OrganizationalUnit, Unread},
    rules::user::ATTRIBUTES,
};

/// What is odd about a snapshot, each as a sentence without its full stop.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Oddities {
    /// It says two things of one, so it cannot be used.
    pub contradictions: Vec<String>,
    /// It can be used; something in it may not be what was meant.
    pub doubts: Vec<String>,
}

/// Everything that is odd about a snapshot.
#[must_use]
pub fn oddities(organization: &Organization) -> Oddities {
    Oddities {
        contradictions: contradictions(organization),
        doubts: doubts(organization).collect(),
    }
}

fn contradictions(organization: &Organization) -> Vec<String> {
    let Organization { organizational_units, accounts, permission_sets, groups, users, .. } =
        organization;
    let mut found = Vec::new();
    found.extend(twice("organizational unit", organizational_units.iter().map(|unit| &unit.id)));
    found.extend(twice("account", accounts.iter().map(|account| &account.id)));
    found.extend(twice("permission set", permission_sets.iter().map(|set| &set.arn)));
    found.extend(twice("group", groups.iter().map(|group| &group.id)));
    found.extend(twice("user", users.iter().map(|user| &user.id)));
    found.extend(circle(organizational_units));
    found
}

/// Each id that is there more than once, told once.
fn twice<Id: Ord + Display>(what: &str, ids: impl Iterator<Item = Id>) -> Vec<String> {
    let mut counts: BTreeMap<Id, usize> = BTreeMap::new();
    ids.for_each(|id| *counts.entry(id).or_default() += 1);
    let repeated = counts.into_iter().filter(|(_, count)| *count > 1);
    repeated.map(|(id, count)| format!("{what} {id} is there {count} times")).collect()
}

/// An organizational unit that is above itself.
fn circle(units: &[OrganizationalUnit]) -> Option<String> {
    let parents = parents(units);
    // Units from which the way up is known to end.
    let mut ending = HashSet::new();
    for unit in units {
        let mut way = HashSet::new();
        let mut next = Some(&unit.id);
        while let Some(id) = next.filter(|id| !ending.contains(id)) {
            if !way.insert(id) {
                return Some(format!("organizational unit {id} is above itself"));
            }
            next = parents.get(id).copied();
        }
        ending.extend(way);
    }
    None
}

fn parents(units: &[OrganizationalUnit]) -> HashMap<&OrganizationalUnitId, &OrganizationalUnitId> {
    units.iter().filter_map(|unit| Some((&unit.id, unit.parent_id.as_ref()?))).collect()
}

/// Units that are deeper than any can be.
fn too_deep(units: &[OrganizationalUnit]) -> Option<String> {
    let parents = parents(units);
    let is_too_deep = |unit: &&OrganizationalUnit| {
        let above = std::iter::successors(Some(&unit.id), |id| parents.get(*id).copied());
        // The unit itself, and the root.
        above.skip(1).nth(DEEPEST_UNIT).is_some()
    };
    let number = units.iter().filter(is_too_deep).count();
    (number > 0).then(|| {
        format!(
            "{number} organizational units are deeper than AWS nests them: they count as not read"
        )
    })
}

fn doubts(organization: &Organization) -> impl Iterator<Item = String> + '_ {
    let complete = |what| !organization.gaps.iter().any(|gap| gap.what == what);
    let units: HashSet<&OrganizationalUnitId> =
        organization.organizational_units.iter().map(|unit| &unit.id).collect();
    let states = organization.accounts.iter().filter_map(|account| match &account.state {
        AccountState::Other(state) => {
            Some(unknown(&format!("state of account {}", account.id), state, STATES))
        }
        _ => None,
    });
    let attributes = organization.users.iter().flat_map(|user| {
        // Users have more attributes than rules can ask for; only a slip is worth a word.
        let unheard = user.attributes.keys().filter(|name| !ATTRIBUTES.contains(&name.as_str()));
        let slips = unheard.filter(|name| near(name, ATTRIBUTES).is_some());
        slips.map(|name| unknown(&format!("attribute of user {}", user.id), name, ATTRIBUTES))
    });
    let missing =
        complete(Unread::OrganizationalUnits).then(|| missing_units(organization, &units));
    let management =
        (complete(Unread::Accounts) && !has_management_account(organization)).then(|| {
            let id = &organization.organization.management_account_id;
            format!("the management account {id} is not among the accounts")
        });
    let gaps = organization.gaps.iter().filter_map(|gap| match &gap.what {
        Unread::Other(what) => Some(unknown("kind of gap", what, GAPS)),
        _ => None,
    });
    let deep = too_deep(&organization.organizational_units);
    states
        .chain(attributes)
        .chain(missing.into_iter().flatten())
        .chain(management)
        .chain(gaps)
        .chain(deep)
}

const STATES: &[&str] = &["PENDING_ACTIVATION", "ACTIVE", "SUSPENDED", "PENDING_CLOSURE", "CLOSED"];
const GAPS: &[&str] = &[
    "accounts",
    "tags",
    "organizational_units",
    "organizational_unit_tags",
    "permission_sets",
    "groups",
    "users",
    "memberships",
    "assignments",
];

/// "`active` is not a known state of account 1; `ACTIVE` is".
fn unknown(what: &str, found: &str, known: &[&str]) -> String {
    let hint = near(found, known).map_or_else(String::new, |near| format!("; `{near}` is"));
    format!("`{found}` is not a known {what}{hint}")
}

/// The word that was probably meant, written in whichever case.
fn near<'k>(found: &str, known: &[&'k str]) -> Option<&'k str> {
    let snake = found.chars().fold(String::new(), |mut snake, c| {
        if c.is_ascii_uppercase() && snake.ends_with(|c: char| c.is_ascii_lowercase()) {
            snake.push('_');
        }
        snake.push(c);
        snake
    });
    nearest(&snake, known.iter().copied())
}

/// Units that something is in, and that are not described: their names and tags are taken as
/// unknown, so nothing below them loses access.
fn missing_units<'a>(
    organization: &'a Organization,
    known: &HashSet<&'a OrganizationalUnitId>,
) -> Vec<String> {
    let Organization { organizational_units, accounts, organization: facts, .. } = organization;
    let parents = organizational_units.iter().filter_map(|unit| unit.parent_id.as_ref());
    let mut missing: Vec<_> = parents
        .chain(accounts.iter().map(|account| &account.parent_id))
        .filter(|id| !known.contains(id) && **id != facts.root_id)
        .collect();
    missing.sort_unstable();
    missing.dedup();
    missing
        .into_iter()
        .map(|id| format!("organizational unit {id} holds something and is not described: it counts as not read"))
        .collect()
}

fn has_management_account(organization: &Organization) -> bool {
    let id = &organization.organization.management_account_id;
    organization.accounts.iter().any(|account| account.id == *id)
}
