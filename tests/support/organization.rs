//! Organizations as sentences: `company().unit("/Workloads").account("pay-prod",
//! "/Workloads").group("Engineering")`.
//!
//! Ids are made from names, so that a test never has to mention one.

use std::collections::BTreeMap;

use shared::{
    ids::{AccountId, GroupId, OrganizationalUnitId, PermissionSetArn, UserId},
    organization::{
        Account, AccountState, Assignment, Extent, Gap, Group, Instance, Membership, Organization,
        OrganizationFacts, OrganizationalUnit, PermissionSet, Principal, Tags, Unread, User,
    },
};

use super::random::by_lines;

/// An organization with a root and a management account called `management`.
pub(crate) fn company() -> Company {
    let root = OrganizationalUnit {
        id: unit_id("/"),
        name: "Root".to_owned(),
        parent_id: None,
        tags: Tags::new(),
    };
    Company(Organization {
        observed_at: "2026-03-02T15:42:00Z".parse().unwrap(),
        instance: Instance {
            instance_arn: "arn:aws:sso:::instance/ssoins-6804aabbccddeeff".parse().unwrap(),
            identity_store_id: "d-9a67123456".parse().unwrap(),
            region: "eu-central-1".to_owned(),
        },
        organization: OrganizationFacts {
            id: "o-bobscompany".parse().unwrap(),
            management_account_id: account_id("management"),
            root_id: unit_id("/"),
        },
        organizational_units: vec![root],
        accounts: Vec::new(),
        permission_sets: Vec::new(),
        groups: Vec::new(),
        users: Vec::new(),
        memberships: Vec::new(),
        assignments: Vec::new(),
        gaps: Vec::new(),
        extent: Extent::Whole,
    })
    .account("management", "/")
}

/// An organization under construction.
#[derive(Clone)]
pub(crate) struct Company(pub(crate) Organization);

/// As a snapshot to paste into a file.
impl std::fmt::Debug for Company {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let snapshot = serde_json::to_value(&self.0).map_err(|_| std::fmt::Error)?;
        write!(f, "\n{}\n", by_lines(&snapshot))
    }
}

impl Company {
    /// An organizational unit; those above it must be there.
    pub(crate) fn unit(mut self, path: &str) -> Self {
        let (parent, name) = path.rsplit_once('/').unwrap();
        let parent = if parent.is_empty() { "/" } else { parent };
        self.0.organizational_units.push(OrganizationalUnit {
            id: unit_id(path),
            name: name.to_owned(),
            parent_id: Some(unit_id(parent)),
            tags: Tags::new(),
        });
        self
    }

    /// A tag on a unit, or on the root.
    pub(crate) fn unit_tagged(mut self, path: &str, key: &str, value: &str) -> Self {
        let units = &mut self.0.organizational_units;
        let unit = units.iter_mut().find(|unit| unit.id == unit_id(path)).unwrap();
        unit.tags.insert(key.to_owned(), value.to_owned());
        self
    }

    pub(crate) fn account(mut self, name: &str, unit: &str) -> Self {
        self.0.accounts.push(Account {
            id: account_id(name),
            name: name.to_owned(),
            email: format!("aws+{name}@example.com"),
            state: AccountState::Active,
            parent_id: unit_id(unit),
            tags: Tags::new(),
        });
        self
    }

    /// A tag on the account that was named last.
    pub(crate) fn tagged(mut self, key: &str, value: &str) -> Self {
        self.0.accounts.last_mut().unwrap().tags.insert(key.to_owned(), value.to_owned());
        self
    }

    /// The state of the account that was named last.
    pub(crate) fn in_state(mut self, state: AccountState) -> Self {
        self.0.accounts.last_mut().unwrap().state = state;
        self
    }

    pub(crate) fn group(mut self, display_name: &str) -> Self {
        self.0
            .groups
            .push(Group { id: group_id(display_name), display_name: display_name.to_owned() });
        self
    }

    /// So many groups of other people. They stand in front of all others in the listing of `local`, which
    /// sorts by id.
    pub(crate) fn other_groups(mut self, number: usize) -> Self {
        let group = |number| Group {
            id: format!("00000000-0000-4000-8000-{number:012}").parse().unwrap(),
            display_name: format!("others-{number}"),
        };
        self.0.groups.extend((0..number).map(group));
        self
    }

    /// A user who can sign in.
    pub(crate) fn user(mut self, user_name: &str) -> Self {
        self.0.users.push(User {
            id: user_id(user_name),
            user_name: user_name.to_owned(),
            enabled: true,
            attributes: BTreeMap::new(),
        });
        self
    }

    /// An attribute of the user that was named last.
    pub(crate) fn with(mut self, attribute: &str, value: &str) -> Self {
        let user = self.0.users.last_mut().unwrap();
        user.attributes.insert(attribute.to_owned(), value.to_owned());
        self
    }

    /// The user that was named last cannot sign in any more.
    pub(crate) fn disabled(mut self) -> Self {
        self.0.users.last_mut().unwrap().enabled = false;
        self
    }

    /// A membership. Neither the user nor the group need exist.
    pub(crate) fn member(mut self, user: &str, group: &str) -> Self {
        let membership = Membership { group_id: group_id(group), user_id: user_id(user) };
        self.0.memberships.push(membership);
        self
    }

    /// So many users without a group. They stand in front of all others in the listing of `local`, which
    /// sorts by id.
    pub(crate) fn other_users(mut self, number: usize) -> Self {
        let user = |number| User {
            id: format!("00000000-0000-4000-8001-{number:012}").parse().unwrap(),
            user_name: format!("other-{number}"),
            enabled: true,
            attributes: BTreeMap::new(),
        };
        self.0.users.extend((0..number).map(user));
        self
    }

    pub(crate) fn permission_set(mut self, name: &str) -> Self {
        self.0.permission_sets.push(PermissionSet::named(permission_set_arn(name), name));
        self
    }

    /// An assignment that is in place. The group and the permission set need not exist.
    pub(crate) fn assigned(mut self, permission_set: &str, group: &str, account: &str) -> Self {
        self.0.assignments.push(assignment(permission_set, group, account));
        self
    }

    /// An assignment that a user has directly. The user and the permission set need not exist.
    pub(crate) fn assigned_to(mut self, permission_set: &str, user: &str, account: &str) -> Self {
        self.0.assignments.push(direct_assignment(permission_set, user, account));
        self
    }

    pub(crate) fn gap(mut self, what: Unread, account: Option<&str>) -> Self {
        let reason = "AccessDeniedException".to_owned();
        self.0.gaps.push(Gap { what, account_id: account.map(account_id), reason });
        self
    }
}

/// An organization of so many members and groups, with a new account called `new` that all of
/// [`ten_rules`] hold for.
pub(crate) fn company_of(accounts: usize, groups: usize) -> Company {
    let mut company = company()
        .unit("/Workloads")
        .unit("/Workloads/Prod")
        .unit("/Sandbox")
        .account("new", "/Workloads/Prod")
        .tagged("team", "payments")
        .tagged("environment", "production");
    for number in 2..accounts {
        let unit = ["/Workloads", "/Workloads/Prod", "/Sandbox"][number % 3];
        company = company.account(&format!("member-{number}"), unit).tagged("team", "data");
    }
    company = company.other_groups(groups - 10);
    for number in 0..10 {
        company = company.group(&format!("team-{number}"));
    }
    for number in 0..12 {
        company = company.permission_set(&format!("Access{number}"));
    }
    company
}

/// Ten rules, one for each of ten groups: five by the organizational unit, five by tags.
pub(crate) fn ten_rules() -> String {
    let rule = |number: usize| {
        let accounts = if number.is_multiple_of(2) {
            "{organizational_unit: /Workloads/Prod}"
        } else {
            "{tags: {team: payments, environment: production}}"
        };
        format!(
            "- name: rule-{number}\n  permission_sets: [Access{number}]\n  groups: [team-{number}]\n  accounts: {accounts}\n"
        )
    };
    let rules: String = (0..10).map(rule).collect();
    format!("version: 1\nmanage: {{unlisted: revoke}}\nrules:\n{rules}")
}

pub(crate) fn assignment(permission_set: &str, group: &str, account: &str) -> Assignment {
    Assignment {
        account_id: account_id(account),
        permission_set_arn: permission_set_arn(permission_set),
        principal: Principal::Group(group_id(group)),
    }
}

pub(crate) fn direct_assignment(permission_set: &str, user: &str, account: &str) -> Assignment {
    let principal = Principal::User(user_id(user));
    Assignment { principal, ..assignment(permission_set, "", account) }
}

pub(crate) fn account_id(name: &str) -> AccountId {
    format!("{:012}", hash(name) % 1_000_000_000_000).parse().unwrap()
}

pub(crate) fn unit_id(path: &str) -> OrganizationalUnitId {
    let id = if path == "/" {
        "r-b0b5".to_owned()
    } else {
        format!("ou-b0b5-{:08x}", hash(path) & 0xffff_ffff)
    };
    id.parse().unwrap()
}

pub(crate) fn group_id(name: &str) -> GroupId {
    format!("a7c3e1f0-0000-4000-8000-{:012x}", hash(name) & 0xffff_ffff_ffff).parse().unwrap()
}

pub(crate) fn user_id(user_name: &str) -> UserId {
    format!("a7c3e1f0-0000-4000-8001-{:012x}", hash(user_name) & 0xffff_ffff_ffff).parse().unwrap()
}

pub(crate) fn permission_set_arn(name: &str) -> PermissionSetArn {
    format!("arn:aws:sso:::permissionSet/ssoins-6804aabbccddeeff/ps-{:016x}", hash(name))
        .parse()
        .unwrap()
}

/// FNV-1a: the same in every run, which the standard hasher is not.
fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
