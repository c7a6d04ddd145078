//! The people: who they are, and which groups they are in.

use std::collections::{BTreeMap, BTreeSet};

use shared::organization::{Membership, User};

use super::company::{Company, ROLES};
use crate::{random::Random, well_formed::id};

const GIVEN_NAMES: [&str; 48] = [
    "Ada", "Akira", "Amina", "Ana", "Anders", "Aylin", "Ben", "Bruno", "Chidi", "Chloe", "Clara",
    "Dev", "Diego", "Elena", "Elif", "Emeka", "Erik", "Fatima", "Femi", "Grace", "Hana", "Hugo",
    "Ines", "Ivan", "Jonas", "Julia", "Kavya", "Kofi", "Lars", "Leila", "Liam", "Lin", "Maria",
    "Mateo", "Mei", "Nadia", "Noah", "Olga", "Omar", "Petra", "Priya", "Quinn", "Rosa", "Sam",
    "Tariq", "Uma", "Viktor", "Yara",
];

const FAMILY_NAMES: [&str; 50] = [
    "Abbas",
    "Adeyemi",
    "Almeida",
    "Andersson",
    "Bauer",
    "Berg",
    "Bianchi",
    "Castro",
    "Chen",
    "Cohen",
    "Costa",
    "Diallo",
    "Dubois",
    "Eriksen",
    "Fischer",
    "Garcia",
    "Gupta",
    "Haddad",
    "Hansen",
    "Horvat",
    "Ibrahim",
    "Ito",
    "Ivanov",
    "Jensen",
    "Kaya",
    "Kim",
    "Kowalski",
    "Laurent",
    "Lee",
    "Lopez",
    "Martin",
    "Mbeki",
    "Moreau",
    "Murphy",
    "Nguyen",
    "Novak",
    "Okafor",
    "Patel",
    "Pereira",
    "Rao",
    "Ricci",
    "Rossi",
    "Santos",
    "Sato",
    "Schmidt",
    "Silva",
    "Tanaka",
    "Walker",
    "Weber",
    "Yilmaz",
];

/// Those at the front are more frequent.
const TITLES: [&str; 8] = [
    "Software Engineer",
    "Senior Engineer",
    "Data Engineer",
    "Site Reliability Engineer",
    "Analyst",
    "Product Manager",
    "Engineering Manager",
    "Lead Engineer",
];

const DEPARTMENTS: [&str; 6] =
    ["Engineering", "Platform", "Operations", "Finance", "Security", "Support"];

const TIME_ZONES: [&str; 5] =
    ["Europe/Berlin", "Europe/London", "America/New_York", "Asia/Kolkata", "Asia/Tokyo"];

/// So many people join the company. Each belongs to a team and is in one to three of its groups, and
/// one in ten in a group of the staff too.
pub(super) fn join(company: &mut Company, count: usize, random: &mut Random) {
    let mut memberships = BTreeSet::new();
    for number in 0..count {
        let team = random.below(company.teams.len());
        let user = user(number, team, company, random);
        for group in groups(team, company.organization.groups.len(), random) {
            let group_id = company.organization.groups[group].id.clone();
            memberships.insert(Membership { group_id, user_id: user.id.clone() });
        }
        company.organization.users.push(user);
    }
    company.organization.memberships = memberships.into_iter().collect();
}

fn user(number: usize, team: usize, company: &Company, random: &mut Random) -> User {
    let (given, family) = (*random.pick(&GIVEN_NAMES), *random.pick(&FAMILY_NAMES));
    // The number makes it unique, as in every large company.
    let user_name = format!("{given}.{family}{number}@example.com").to_lowercase();
    let frequent = random.below(TITLES.len()).min(random.below(TITLES.len()));
    let attributes = [
        ("display_name", format!("{given} {family}")),
        ("given_name", given.to_owned()),
        ("family_name", family.to_owned()),
        ("email", user_name.clone()),
        ("title", TITLES[frequent].to_owned()),
        ("department", (*random.pick(&DEPARTMENTS)).to_owned()),
        ("division", company.divisions[team % company.divisions.len()].clone()),
        ("cost_center", random.pick(&company.cost_centers).clone()),
        ("employee_number", (10_000 + number).to_string()),
        ("timezone", (*random.pick(&TIME_ZONES)).to_owned()),
    ];
    let (first, last) = (random.bits() >> 32, random.bits() >> 16);
    User {
        id: id(&format!("{first:08x}-d052-70e1-9d22-{last:012x}")),
        user_name,
        enabled: !random.happens(2),
        attributes: attributes
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value))
            .collect::<BTreeMap<_, _>>(),
    }
}

/// Positions of groups: each team has one for every role, in the order of the teams, and those of
/// the staff come after all of them.
fn groups(team: usize, count: usize, random: &mut Random) -> Vec<usize> {
    let of_team = (0..=random.below(3)).map(|_| team * ROLES.len() + random.below(ROLES.len()));
    let mut groups: Vec<usize> = of_team.collect();
    if random.happens(10) {
        groups.push(count.saturating_sub(1 + random.below(count / 5 + 1)));
    }
    groups.retain(|group| *group < count);
    groups
}
