//! A company of any size, the same every time.

use std::{collections::BTreeMap, fmt::Debug, str::FromStr};

use chrono::DateTime;
use shared::{
    ids::PermissionSetArn,
    organization::{
        Account, AccountState, Assignment, Group, Instance, Membership, Organization,
        OrganizationFacts, OrganizationalUnit, PermissionSet, Principal, Tags, User,
    },
};

/// How many of each.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    pub(crate) accounts: u32,
    pub(crate) groups: u32,
    pub(crate) users: u32,
    units: u32,
    permission_sets: u32,
    /// Permission sets of an account, and groups of each.
    sets_of_account: u32,
    groups_of_set: u32,
}

impl Size {
    /// As large as an organization gets.
    pub(crate) const LARGE: Self = Self {
        accounts: 10_000,
        groups: 5_000,
        users: 50_000,
        units: 500,
        permission_sets: 200,
        sets_of_account: 10,
        groups_of_set: 5,
    };

    pub(crate) const SMALL: Self = Self {
        accounts: 100,
        groups: 50,
        users: 500,
        units: 10,
        permission_sets: 20,
        ..Self::LARGE
    };

    pub(crate) fn assignments(self) -> u32 {
        self.accounts * self.sets_of_account * self.groups_of_set
    }
}

const ROOT: &str = "r-big1";

pub(crate) fn of(size: Size) -> Organization {
    Organization {
        observed_at: DateTime::UNIX_EPOCH,
        instance: Instance {
            instance_arn: id("arn:aws:sso:::instance/ssoins-6508b0b5c0ffee01"),
            identity_store_id: id("d-b0b0000001"),
            region: "eu-west-1".to_owned(),
        },
        organization: OrganizationFacts {
            id: id("o-big0000001"),
            management_account_id: id(&account_id(0)),
            root_id: id(ROOT),
        },
        organizational_units: units(size),
        accounts: (0..size.accounts).map(|number| account(size, number)).collect(),
        permission_sets: (0..size.permission_sets)
            .map(|number| PermissionSet { arn: set_arn(number), name: format!("set-{number}") })
            .collect(),
        groups: (0..size.groups).map(group).collect(),
        users: (0..size.users).map(user).collect(),
        memberships: memberships(size),
        assignments: assignments(size),
        gaps: Vec::new(),
    }
}

fn units(size: Size) -> Vec<OrganizationalUnit> {
    let unit = |number: u32| OrganizationalUnit {
        id: id(&unit_id(number)),
        name: format!("unit-{number}"),
        parent_id: Some(id(ROOT)),
        tags: Tags::new(),
    };
    let root = OrganizationalUnit {
        id: id(ROOT),
        name: "Root".to_owned(),
        parent_id: None,
        tags: Tags::new(),
    };
    [root].into_iter().chain((0..size.units).map(unit)).collect()
}

fn account(size: Size, number: u32) -> Account {
    Account {
        id: id(&account_id(number)),
        name: format!("account-{number}"),
        email: format!("account-{number}@example.com"),
        state: AccountState::Active,
        parent_id: id(&unit_id(number % size.units)),
        tags: BTreeMap::from([("team".to_owned(), format!("team-{}", number % 100))]),
    }
}

fn group(number: u32) -> Group {
    Group { id: id(&group_id(number)), display_name: format!("group-{number}") }
}

fn user(number: u32) -> User {
    let attribute = ("department".to_owned(), format!("department-{}", number % 50));
    User {
        id: id(&user_id(number)),
        user_name: format!("user-{number}@example.com"),
        enabled: true,
        attributes: BTreeMap::from([attribute]),
    }
}

/// Three groups for each user.
fn memberships(size: Size) -> Vec<Membership> {
    let of_user = |user: u32| {
        (0..3).map(move |place| Membership {
            group_id: id(&group_id((user * 7 + place * 11) % size.groups)),
            user_id: id(&user_id(user)),
        })
    };
    (0..size.users).flat_map(of_user).collect()
}

fn assignments(size: Size) -> Vec<Assignment> {
    let of_account = |account: u32| {
        (0..size.sets_of_account).flat_map(move |set| {
            (0..size.groups_of_set).map(move |place| Assignment {
                account_id: id(&account_id(account)),
                permission_set_arn: set_arn((account + set) % size.permission_sets),
                principal: Principal::Group(id(&group_id((account * 3 + place) % size.groups))),
            })
        })
    };
    (0..size.accounts).flat_map(of_account).collect()
}

fn account_id(number: u32) -> String {
    format!("1{number:011}")
}

fn unit_id(number: u32) -> String {
    format!("ou-big1-{number:08}")
}

fn set_arn(number: u32) -> PermissionSetArn {
    id(&format!("arn:aws:sso:::permissionSet/ssoins-6508b0b5c0ffee01/ps-{number:016}"))
}

fn group_id(number: u32) -> String {
    format!("b0b00000-0001-70a1-8c11-{number:012}")
}

fn user_id(number: u32) -> String {
    format!("b0b00000-0002-70e1-9d22-{number:012}")
}

fn id<Id: FromStr<Err: Debug>>(text: &str) -> Id {
    text.parse().unwrap()
}
