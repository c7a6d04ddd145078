//! Bob's organization: the company of the README and of the guided first run.
//!
//! The management account and ten others, twenty engineers, and two assignments: one on purpose,
//! for emergencies, and one that somebody made by hand.

use std::collections::BTreeMap;

use chrono::DateTime;
use shared::{
    ids::AccountId,
    organization::{
        Account, AccountState, Assignment, Extent, Group, Instance, Membership, Organization,
        OrganizationFacts, OrganizationalUnit, PermissionSet, Principal, Tags, User,
    },
};

use crate::well_formed::id;

const MANAGEMENT: &str = "111111111111";
const PAYMENTS_PROD: &str = "210000000001";
const DATA_PROD: &str = "210000000003";

const ROOT: &str = "r-bob1";
const WORKLOADS: &str = "ou-bob1-workload";
const PROD: &str = "ou-bob1-wlprod01";
const TEST: &str = "ou-bob1-wltest01";
const SANDBOX: &str = "ou-bob1-sandbox1";
const SECURITY: &str = "ou-bob1-security";
const SUSPENDED: &str = "ou-bob1-suspende";

const POWER_USER_ACCESS: &str =
    "arn:aws:sso:::permissionSet/ssoins-6508b0b5c0ffee01/ps-6508b0b5c0ffee51";
const VIEW_ONLY_ACCESS: &str =
    "arn:aws:sso:::permissionSet/ssoins-6508b0b5c0ffee01/ps-6508b0b5c0ffee52";
const ADMINISTRATOR_ACCESS: &str =
    "arn:aws:sso:::permissionSet/ssoins-6508b0b5c0ffee01/ps-6508b0b5c0ffee53";
const SECURITY_AUDIT: &str =
    "arn:aws:sso:::permissionSet/ssoins-6508b0b5c0ffee01/ps-6508b0b5c0ffee54";

const ENGINEERING: &str = "b0b00000-0001-70a1-8c11-6e6769766501";
const AUDITORS: &str = "b0b00000-0002-70a1-8c11-6e6769766502";
const BREAK_GLASS_ADMINS: &str = "b0b00000-0003-70a1-8c11-6e6769766503";

/// Id, name, parent. A name is unique within its parent only.
const ORGANIZATIONAL_UNITS: [(&str, &str, Option<&str>); 7] = [
    (ROOT, "Root", None),
    (WORKLOADS, "Workloads", Some(ROOT)),
    (PROD, "Prod", Some(WORKLOADS)),
    (TEST, "Test", Some(WORKLOADS)),
    (SANDBOX, "Sandbox", Some(ROOT)),
    (SECURITY, "Security", Some(ROOT)),
    (SUSPENDED, "Suspended", Some(ROOT)),
];

/// Id, name, parent, team, environment. What is in [`SUSPENDED`] is suspended.
const ACCOUNTS: [(&str, &str, &str, &str, &str); 11] = [
    (MANAGEMENT, "bob-management", ROOT, "platform", "management"),
    (PAYMENTS_PROD, "payments-prod", PROD, "payments", "production"),
    ("210000000002", "web-prod", PROD, "web", "production"),
    (DATA_PROD, "data-prod", PROD, "data", "production"),
    ("220000000001", "payments-test", TEST, "payments", "test"),
    ("220000000002", "web-test", TEST, "web", "test"),
    ("220000000003", "data-test", TEST, "data", "test"),
    ("230000000001", "sandbox", SANDBOX, "platform", "sandbox"),
    ("240000000001", "audit", SECURITY, "security", "security"),
    ("240000000002", "log-archive", SECURITY, "security", "security"),
    ("250000000001", "old-shop", SUSPENDED, "web", "production"),
];

/// Given name, family name, title. Mary has just begun, and is in no group yet.
const ENGINEERS: [(&str, &str, &str); 20] = [
    ("Mary", "Adams", "Software Engineer"),
    ("Ana", "Silva", "Senior Engineer"),
    ("Ben", "Okafor", "Software Engineer"),
    ("Chloe", "Martin", "Software Engineer"),
    ("Dmitri", "Ivanov", "Site Reliability Engineer"),
    ("Elif", "Kaya", "Software Engineer"),
    ("Femi", "Adeyemi", "Software Engineer"),
    ("Grace", "Lee", "Staff Engineer"),
    ("Hiro", "Tanaka", "Data Engineer"),
    ("Ines", "Garcia", "Software Engineer"),
    ("Jonas", "Berg", "Software Engineer"),
    ("Kavya", "Rao", "Data Engineer"),
    ("Liam", "Murphy", "Site Reliability Engineer"),
    ("Mei", "Chen", "Senior Engineer"),
    ("Noah", "Fischer", "Software Engineer"),
    ("Olga", "Nowak", "Security Engineer"),
    ("Priya", "Shah", "Security Engineer"),
    ("Quinn", "Walker", "Software Engineer"),
    ("Rosa", "Ricci", "Security Engineer"),
    ("Sam", "Dubois", "Engineering Manager"),
];

/// Mary's place in [`ENGINEERS`], and those of the other groups' members.
const MARY: usize = 0;
const AUDITING: [usize; 3] = [15, 16, 18];
const ON_CALL: [usize; 2] = [4, 12];

/// Bob's organization, the same every time.
#[must_use]
pub fn bobs_organization() -> Organization {
    Organization {
        // 2026-05-04T08:00:00Z, a Monday.
        observed_at: DateTime::from_timestamp_nanos(1_777_881_600_000_000_000),
        instance: Instance {
            instance_arn: id("arn:aws:sso:::instance/ssoins-6508b0b5c0ffee01"),
            identity_store_id: id("d-b0b0000001"),
            region: "eu-west-1".to_owned(),
        },
        organization: OrganizationFacts {
            id: id("o-bob0000001"),
            management_account_id: id(MANAGEMENT),
            root_id: id(ROOT),
        },
        organizational_units: organizational_units(),
        accounts: accounts(),
        permission_sets: permission_sets(),
        groups: groups(),
        users: users(),
        memberships: memberships(),
        assignments: assignments(),
        gaps: Vec::new(),
        extent: Extent::Whole,
    }
}

fn organizational_units() -> Vec<OrganizationalUnit> {
    let unit = |(unit, name, parent): (&str, &str, Option<&str>)| OrganizationalUnit {
        id: id(unit),
        name: name.to_owned(),
        parent_id: parent.map(id),
        tags: Tags::new(),
    };
    ORGANIZATIONAL_UNITS.into_iter().map(unit).collect()
}

fn accounts() -> Vec<Account> {
    let account =
        |(account, name, parent, team, environment): (&str, &str, &str, &str, &str)| Account {
            id: id(account),
            name: name.to_owned(),
            email: format!("aws+{name}@example.com"),
            state: if parent == SUSPENDED { AccountState::Suspended } else { AccountState::Active },
            parent_id: id(parent),
            tags: owned([("team", team), ("environment", environment)]),
        };
    ACCOUNTS.into_iter().map(account).collect()
}

fn permission_sets() -> Vec<PermissionSet> {
    let sets = [
        (POWER_USER_ACCESS, "PowerUserAccess"),
        (VIEW_ONLY_ACCESS, "ViewOnlyAccess"),
        (ADMINISTRATOR_ACCESS, "AdministratorAccess"),
        (SECURITY_AUDIT, "SecurityAudit"),
    ];
    sets.into_iter().map(|(arn, name)| PermissionSet::named(id(arn), name)).collect()
}

fn groups() -> Vec<Group> {
    let groups = [
        (ENGINEERING, "Engineering"),
        (AUDITORS, "Auditors"),
        (BREAK_GLASS_ADMINS, "break-glass-admins"),
    ];
    groups
        .into_iter()
        .map(|(group, name)| Group { id: id(group), display_name: name.to_owned() })
        .collect()
}

fn users() -> Vec<User> {
    ENGINEERS.into_iter().enumerate().map(|(place, engineer)| user(place, engineer)).collect()
}

fn user(place: usize, (given_name, family_name, title): (&str, &str, &str)) -> User {
    let user_name = format!("{given_name}.{family_name}@example.com").to_lowercase();
    let display_name = format!("{given_name} {family_name}");
    User {
        id: id(&user_id(place)),
        enabled: true,
        attributes: owned([
            ("department", "Engineering"),
            ("display_name", &display_name),
            ("email", &user_name),
            ("family_name", family_name),
            ("given_name", given_name),
            ("title", title),
        ]),
        user_name,
    }
}

fn user_id(place: usize) -> String {
    format!("b0b00000-10{place:02}-70e1-9d22-656e67696e65")
}

fn memberships() -> Vec<Membership> {
    let engineering =
        (0..ENGINEERS.len()).filter(|place| *place != MARY).map(|place| (ENGINEERING, place));
    let auditors = AUDITING.into_iter().map(|place| (AUDITORS, place));
    let on_call = ON_CALL.into_iter().map(|place| (BREAK_GLASS_ADMINS, place));
    let all = engineering.chain(auditors).chain(on_call);
    all.map(|(group, place)| Membership { group_id: id(group), user_id: id(&user_id(place)) })
        .collect()
}

fn assignments() -> Vec<Assignment> {
    let for_emergencies = (PAYMENTS_PROD, ADMINISTRATOR_ACCESS, BREAK_GLASS_ADMINS);
    let by_hand = (DATA_PROD, POWER_USER_ACCESS, AUDITORS);
    let assignment = |(account, set, group): (&str, &str, &str)| Assignment {
        account_id: id::<AccountId>(account),
        permission_set_arn: id(set),
        principal: Principal::Group(id(group)),
    };
    [for_emergencies, by_hand].into_iter().map(assignment).collect()
}

fn owned<const COUNT: usize>(pairs: [(&str, &str); COUNT]) -> BTreeMap<String, String> {
    pairs.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bob_is_who_the_readme_says() {
        let bob = bobs_organization();
        assert_eq!(bob.observed_at.to_rfc3339(), "2026-05-04T08:00:00+00:00");
        assert_eq!((bob.accounts.len(), bob.users.len()), (11, 20));
        let mary =
            bob.users.iter().find(|user| user.user_name == "mary.adams@example.com").unwrap();
        assert!(bob.memberships.iter().all(|membership| membership.user_id != mary.id));
        assert_eq!(
            bob.memberships.iter().filter(|member| member.group_id.as_str() == ENGINEERING).count(),
            19
        );
    }
}
