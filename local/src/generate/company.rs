//! The company: a tree of organizational units, accounts with names and tags, groups and permission
//! sets.

use std::collections::HashSet;

use chrono::DateTime;
use shared::{
    ids::{AccountId, OrganizationalUnitId},
    organization::{
        Account, AccountState, Extent, Group, Instance, Organization, OrganizationFacts,
        OrganizationalUnit, PermissionSet, Tags,
    },
};

use crate::{random::Random, well_formed::id};

/// What teams are called; a second team of the name is called `payments2`.
const TEAMS: [&str; 40] = [
    "payments",
    "billing",
    "ledger",
    "checkout",
    "catalog",
    "search",
    "pricing",
    "orders",
    "shipping",
    "returns",
    "fraud",
    "identity",
    "profile",
    "loyalty",
    "mobile",
    "web",
    "partner",
    "marketing",
    "content",
    "media",
    "video",
    "ads",
    "recommend",
    "warehouse",
    "supply",
    "factory",
    "fleet",
    "maps",
    "weather",
    "claims",
    "policy",
    "risk",
    "treasury",
    "tax",
    "payroll",
    "hiring",
    "legal",
    "data",
    "ml",
    "insight",
];

/// Groups of every team.
pub const ROLES: [&str; 8] =
    ["admins", "developers", "readers", "oncall", "leads", "analysts", "testers", "operators"];

/// Groups that belong to no team.
pub const STAFF: [&str; 8] = [
    "audit",
    "security",
    "platform",
    "finance",
    "contractors",
    "support",
    "compliance",
    "break-glass",
];

const SERVICES: [&str; 12] = [
    "api", "batch", "events", "store", "portal", "gateway", "reports", "search", "cache", "stream",
    "archive", "tools",
];

/// What permission sets are for; beyond these, there are ones for every field of work.
pub const ACCESS: [&str; 20] = [
    "AdministratorAccess",
    "PowerUserAccess",
    "ReadOnlyAccess",
    "ViewOnlyAccess",
    "SecurityAudit",
    "Billing",
    "DatabaseAdministrator",
    "NetworkAdministrator",
    "SupportUser",
    "SystemAdministrator",
    "DataScientist",
    "DeveloperAccess",
    "DeployAccess",
    "IncidentResponse",
    "CostExplorer",
    "BackupOperator",
    "LogReader",
    "QueueOperator",
    "SecretsReader",
    "ServiceCatalogUser",
];

const FIELDS: [&str; 4] = ["Edge", "Mobile", "Data", "Core"];

/// The tag `environment`, and how organizational units and account names say it.
pub const ENVIRONMENTS: [(&str, &str, &str); 3] =
    [("production", "Prod", "prod"), ("test", "Test", "test"), ("development", "Dev", "dev")];

/// The tag `data-classification`, the most frequent first.
pub const CLASSES: [&str; 4] = ["internal", "public", "confidential", "restricted"];

/// How large a company is, but for its people.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// Accounts, with the management account.
    pub accounts: usize,
    /// Groups.
    pub groups: usize,
    /// Permission sets.
    pub permission_sets: usize,
    /// Divisions. Each has about nine organizational units.
    pub divisions: usize,
}

/// An organization in which nobody has access yet, and what its parts are called.
#[derive(Debug)]
pub struct Company {
    /// The organization, without users and assignments.
    pub organization: Organization,
    /// The teams, after which accounts and groups are called.
    pub teams: Vec<String>,
    /// The divisions, after which organizational units are called.
    pub divisions: Vec<String>,
    /// The values of the tag `cost-center`.
    pub cost_centers: Vec<String>,
    /// For each organizational unit, the names from below the root down to it.
    paths: Vec<Vec<String>>,
    /// For each account, the position of the organizational unit that holds it.
    homes: Vec<usize>,
    /// The ids that are taken.
    account_ids: HashSet<AccountId>,
}

impl Company {
    /// A company of that size: the same for the same numbers.
    #[must_use]
    pub fn new(size: Size, random: &mut Random) -> Self {
        // Something has to be there to name the rest after.
        let teams = (size.groups * 4 / 5 / ROLES.len()).max(1);
        let cost_centers = (size.accounts / 50).max(1);
        let mut company = Self {
            organization: empty(random),
            teams: (0..teams).map(|team| numbered(&TEAMS, team)).collect(),
            divisions: (0..size.divisions.max(1)).map(|n| format!("Division{n}")).collect(),
            cost_centers: (0..cost_centers).map(|n| format!("cc-{}", 1000 + n)).collect(),
            paths: vec![Vec::new()],
            homes: Vec::new(),
            account_ids: HashSet::new(),
        };
        company.add_units(random);
        company.add_account("management".to_owned(), 0, Tags::new(), random);
        let management = &company.organization.accounts[0].id;
        company.organization.organization.management_account_id = management.clone();
        for number in 1..size.accounts {
            company.add_member(number, random);
        }
        company.add_groups(size.groups, random);
        company.add_permission_sets(size.permission_sets, random);
        company
    }

    /// The names of the organizational units above an account, from below the root down.
    #[must_use]
    pub fn path(&self, account: usize) -> &[String] {
        &self.paths[self.homes[account]]
    }

    /// The id of an organizational unit.
    #[must_use]
    pub fn unit_id(&self, path: &[String]) -> &OrganizationalUnitId {
        &self.organization.organizational_units[self.unit(path)].id
    }

    /// The permission sets' names, in the order of the listing.
    pub fn permission_set_names(&self) -> impl Iterator<Item = &str> {
        self.organization.permission_sets.iter().map(|set| set.name.as_str())
    }

    /// The groups' names, in the order of the listing.
    pub fn group_names(&self) -> impl Iterator<Item = &str> {
        self.organization.groups.iter().map(|group| group.display_name.as_str())
    }

    /// Accounts that are in use and not the management account.
    #[must_use]
    pub fn positions_of_manageable_accounts(&self) -> Vec<usize> {
        let accounts = self.organization.accounts.iter().enumerate().skip(1);
        let active = accounts.filter(|(_, account)| account.state == AccountState::Active);
        active.map(|(position, _)| position).collect()
    }

    /// Two to four levels below the root.
    fn add_units(&mut self, random: &mut Random) {
        for name in ["Workloads", "Sandbox", "Security", "Infrastructure", "Suspended"] {
            self.add_unit(&[name], random);
        }
        for division in self.divisions.clone() {
            self.add_unit(&["Sandbox", &division], random);
            self.add_unit(&["Workloads", &division], random);
            self.add_unit(&["Workloads", &division, "Core"], random);
            for (_, environment, _) in ENVIRONMENTS {
                self.add_unit(&["Workloads", &division, environment], random);
                self.add_unit(&["Workloads", &division, "Core", environment], random);
            }
        }
    }

    fn add_unit(&mut self, path: &[&str], random: &mut Random) {
        let path: Vec<String> = path.iter().map(|name| (*name).to_owned()).collect();
        let parent = self.unit(&path[..path.len() - 1]);
        let units = &mut self.organization.organizational_units;
        units.push(OrganizationalUnit {
            id: id(&format!("ou-b0b5-{:08x}", random.bits() >> 32)),
            name: path[path.len() - 1].clone(),
            parent_id: Some(units[parent].id.clone()),
            tags: Tags::new(),
        });
        self.paths.push(path);
    }

    fn unit(&self, path: &[String]) -> usize {
        // The root, where there is no such unit: there always is.
        self.paths.iter().position(|unit| unit == path).unwrap_or_default()
    }

    /// A member account of some team: one in twelve is a sandbox or shared infrastructure, one in
    /// a hundred is on its way out.
    fn add_member(&mut self, number: usize, random: &mut Random) {
        let team = random.below(self.teams.len());
        let environment = [0, 0, 1, 2][random.below(4)];
        let (_, _, short) = ENVIRONMENTS[environment];
        let service = numbered(&SERVICES, number);
        let name = format!("{}-{service}-{short}", self.teams[team]);
        let path = self.home(team, environment, random);
        let suspended = path[0] == "Suspended";
        let tags = self.tags(team, environment, random);
        self.add_account(name, self.unit(&path), tags, random);
        if let (true, Some(account)) = (suspended, self.organization.accounts.last_mut()) {
            account.state = AccountState::Suspended;
        }
    }

    /// Where an account of a team belongs: every team is in one division.
    fn home(&self, team: usize, environment: usize, random: &mut Random) -> Vec<String> {
        let division = self.divisions[team % self.divisions.len()].as_str();
        let (_, environment, _) = ENVIRONMENTS[environment];
        let path: &[&str] = match random.below(100) {
            0 => &["Suspended"],
            1..4 => &["Infrastructure"],
            4..6 => &["Security"],
            6..12 => &["Sandbox", division],
            12..30 => &["Workloads", division, "Core", environment],
            _ => &["Workloads", division, environment],
        };
        path.iter().map(|name| (*name).to_owned()).collect()
    }

    /// Most accounts have all tags; a few were forgotten.
    fn tags(&self, team: usize, environment: usize, random: &mut Random) -> Tags {
        let cost_center = self.cost_centers[random.below(self.cost_centers.len())].as_str();
        let class = CLASSES[random.below(CLASSES.len()).min(random.below(CLASSES.len()))];
        let all = [
            ("team", self.teams[team].as_str()),
            ("environment", ENVIRONMENTS[environment].0),
            ("cost-center", cost_center),
            ("data-classification", class),
            ("managed-by", "terraform"),
        ];
        let kept = all.into_iter().filter(|_| random.happens(97));
        kept.map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
    }

    fn add_account(&mut self, name: String, unit: usize, tags: Tags, random: &mut Random) {
        self.homes.push(unit);
        let mut id = account_id(random);
        while !self.account_ids.insert(id.clone()) {
            id = account_id(random);
        }
        self.organization.accounts.push(Account {
            id,
            email: format!("aws+{name}@example.com"),
            name,
            state: AccountState::Active,
            parent_id: self.organization.organizational_units[unit].id.clone(),
            tags,
        });
    }

    /// Four of five groups belong to a team.
    fn add_groups(&mut self, count: usize, random: &mut Random) {
        let of_teams =
            self.teams.iter().flat_map(|team| ROLES.map(|role| format!("team-{team}-{role}")));
        let others = (0..).map(|number| format!("{}-{number}", STAFF[number % STAFF.len()]));
        let group = |display_name| {
            let (first, last) = (random.bits() >> 32, random.bits() >> 16);
            Group { id: id(&format!("{first:08x}-d051-70a3-8b2c-{last:012x}")), display_name }
        };
        self.organization.groups = of_teams.chain(others).take(count).map(group).collect();
    }

    fn add_permission_sets(&mut self, count: usize, random: &mut Random) {
        let plain_count = ACCESS.len();
        let plain = ACCESS.map(str::to_owned).into_iter();
        let fields =
            FIELDS.iter().flat_map(|field| ACCESS.map(|access| format!("{field}{access}")));
        let set = |name| {
            let instance = "arn:aws:sso:::permissionSet/ssoins-6804aabbccddeeff";
            let arn = format!("{instance}/ps-{:016x}", random.bits());
            PermissionSet::named(id(&arn), name)
        };
        let more = (plain_count..).map(|number| numbered(&ACCESS, number));
        let names = plain.chain(fields).chain(more);
        self.organization.permission_sets = names.take(count).map(set).collect();
    }
}

/// An organization of nothing but its root.
fn empty(random: &mut Random) -> Organization {
    let root_id: OrganizationalUnitId = id("r-b0b5");
    Organization {
        // 2026-03-02T15:42:00Z
        observed_at: DateTime::from_timestamp_nanos(1_772_466_120_000_000_000),
        instance: Instance {
            instance_arn: id("arn:aws:sso:::instance/ssoins-6804aabbccddeeff"),
            identity_store_id: id("d-9a67123456"),
            region: "eu-central-1".to_owned(),
        },
        organization: OrganizationFacts {
            id: id("o-bobscompany"),
            management_account_id: account_id(random),
            root_id: root_id.clone(),
        },
        organizational_units: vec![OrganizationalUnit {
            id: root_id,
            name: "Root".to_owned(),
            parent_id: None,
            tags: Tags::new(),
        }],
        accounts: Vec::new(),
        permission_sets: Vec::new(),
        groups: Vec::new(),
        users: Vec::new(),
        memberships: Vec::new(),
        assignments: Vec::new(),
        gaps: Vec::new(),
        extent: Extent::Whole,
    }
}

fn account_id(random: &mut Random) -> AccountId {
    id(&format!("{:012}", random.bits() % 1_000_000_000_000))
}

/// `payments`, and when all names are taken, `payments2`.
fn numbered(names: &[&str], number: usize) -> String {
    let name = names[number % names.len()];
    match number / names.len() {
        0 => name.to_owned(),
        round => format!("{name}{}", round + 1),
    }
}
