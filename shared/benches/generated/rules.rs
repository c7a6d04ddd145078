//! Rules for a company: their text, and what they mean.
//!
//! The meaning is worked out here once more and in the plainest way, so that it can be held against
//! what the code under measurement makes of the text.

mod file;
mod selector;

use local::generate::{ACCESS, CLASSES, Company, ENVIRONMENTS, ROLES, Random, STAFF};

use super::Shape;

pub(super) use file::RulesFile;
use file::{Fence, Grant};
use selector::{Name, Selector, Unit};

/// A rules file for the company.
///
/// Most rules are about one team, one division or one cost center. Three in twenty reach far, by the
/// environment, by account names or by the kind of data; they make many of the assignments.
pub(super) fn for_company(shape: Shape, company: &Company, random: &mut Random) -> RulesFile {
    let mut author = Author { company, random };
    RulesFile {
        protect: protect(),
        rules: (0..shape.rules).map(|number| author.rule(number)).collect(),
        never: never(),
    }
}

/// Writes rules.
struct Author<'a> {
    company: &'a Company,
    random: &'a mut Random,
}

impl Author<'_> {
    fn rule(&mut self, number: usize) -> Grant {
        let mut grant = match number % 20 {
            0..9 => self.for_team(number),
            9..13 => self.for_division(),
            13..15 => self.for_cost_center(),
            15 => self.for_environment_everywhere(),
            16 => self.for_account_names(),
            17 => self.for_single_accounts(),
            18 => self.for_staff_of_a_division(),
            _ => self.for_classified_data(),
        };
        grant.name = format!("{}-{number}", grant.name);
        // Every large file has rules whose time is over, and ones whose group has another name by now.
        grant.is_over = number % 100 == 42;
        if number % 100 == 77 {
            grant.groups.push(Name::is(format!("team-{}", self.a_team())));
        }
        grant
    }

    /// By the team's tag: three of four rules give something to one or two of the team's groups,
    /// the fourth lets all of them look.
    fn for_team(&mut self, number: usize) -> Grant {
        let team = self.a_team();
        let group = |role: &str| Name::is(format!("team-{team}-{role}"));
        let team_only = Selector::tag("team", [Name::is(&team)]);
        let environments = |range: std::ops::Range<usize>| {
            team_only
                .clone()
                .and_tag("environment", ENVIRONMENTS[range].iter().map(|(tag, ..)| Name::is(*tag)))
        };
        let (groups, accounts) = match number % 4 {
            0 => (vec![group("developers"), group("testers")], environments(1..3)),
            1 => (vec![Name::begins(format!("team-{team}-"))], team_only),
            2 => (vec![group("oncall"), group("leads")], environments(0..1)),
            _ => {
                let name = Name::begins(format!("{team}-"));
                let not = Selector::named([Name::ends("-prod")]);
                (vec![group("admins")], Selector::named([name]).but(not))
            }
        };
        Grant::new(format!("team-{team}"), self.permission_sets(2), groups, accounts)
    }

    /// By the organizational unit of a division, or of one of its environments; now and then by
    /// its id.
    fn for_division(&mut self) -> Grant {
        let division = self.a_division();
        let mut path = vec!["Workloads".to_owned(), division.clone()];
        if self.random.happens(50) {
            path.push(self.random.pick(&ENVIRONMENTS).1.to_owned());
        }
        let unit = if self.random.happens(20) {
            Unit::Id { id: self.company.unit_id(&path).to_string(), path }
        } else {
            Unit::Path(path)
        };
        let accounts = Selector::below(unit);
        Grant::new(division.to_lowercase(), self.permission_sets(2), self.groups(3), accounts)
    }

    fn for_cost_center(&mut self) -> Grant {
        let cost_center = self.random.pick(&self.company.cost_centers).clone();
        let restricted = Selector::tag("data-classification", [Name::is("restricted")]);
        let accounts = Selector::tag("cost-center", [Name::is(&cost_center)]).but(restricted);
        Grant::new(cost_center, self.permission_sets(2), self.groups(2), accounts)
    }

    /// `/Workloads/*/Prod`, or `/**/Prod`.
    fn for_environment_everywhere(&mut self) -> Grant {
        let (_, name, _) = *self.random.pick(&ENVIRONMENTS);
        let unit = if self.random.happens(50) {
            Unit::Path(["Workloads", "*", name].map(str::to_owned).to_vec())
        } else {
            Unit::Anywhere(name.to_owned())
        };
        let groups = self.groups(1);
        Grant::new(name.to_lowercase(), self.permission_sets(1), groups, Selector::below(unit))
    }

    fn for_account_names(&mut self) -> Grant {
        let (_, _, environment) = *self.random.pick(&ENVIRONMENTS);
        let service = *self.random.pick(&["api", "store", "report", "gate"]);
        let names = [Name::ends(format!("-{environment}")), Name::contains(format!("-{service}"))];
        let accounts = Selector::named([self.random.pick(&names).clone()]);
        let accounts = accounts.and_tag("managed-by", [Name::is("terraform")]);
        let groups = self.groups(1);
        Grant::new("named".to_owned(), self.permission_sets(1), groups, accounts)
    }

    fn for_single_accounts(&mut self) -> Grant {
        let accounts = &self.company.organization.accounts;
        let picked = [(); 3].map(|()| self.random.pick(accounts));
        let accounts = if self.random.happens(50) {
            Selector {
                ids: picked.map(|account| account.id.clone()).to_vec(),
                ..Selector::default()
            }
        } else {
            let emails = picked.map(|account| Name::is(&account.email)).to_vec();
            Selector { emails, ..Selector::default() }
        };
        Grant::new("exception".to_owned(), self.permission_sets(2), self.groups(2), accounts)
    }

    /// `audit-1*` looks around; or one group gets every permission set that is for reading.
    fn for_staff_of_a_division(&mut self) -> Grant {
        let unit = Unit::Path(vec!["Workloads".to_owned(), self.a_division()]);
        let staff = *self.random.pick(&STAFF[..4]);
        let (permission_sets, groups) = if self.random.happens(50) {
            (vec![Name::is("ViewOnlyAccess")], vec![Name::begins(format!("{staff}-1"))])
        } else {
            (vec![Name::contains("ReadOnly"), Name::is("SecurityAudit")], self.groups(1))
        };
        Grant::new(staff.to_owned(), permission_sets, groups, Selector::below(unit))
    }

    /// All that holds such data, but for the sandboxes.
    fn for_classified_data(&mut self) -> Grant {
        let class = *self.random.pick(&CLASSES[1..]);
        let sandbox = Selector::below(Unit::Path(vec!["Sandbox".to_owned()]));
        let accounts = Selector::tag("data-classification", [Name::is(class)]);
        let accounts = accounts.and_tag("environment", [Name::begins("prod")]).but(sandbox);
        let groups = self.groups(1);
        Grant::new(format!("{class}-data"), self.permission_sets(2), groups, accounts)
    }

    fn a_team(&mut self) -> String {
        self.random.pick(&self.company.teams).clone()
    }

    fn a_division(&mut self) -> String {
        self.random.pick(&self.company.divisions).clone()
    }

    /// So many permission sets; one time in ten another one by a glob.
    fn permission_sets(&mut self, count: usize) -> Vec<Name> {
        let sets = &self.company.organization.permission_sets;
        let mut names: Vec<_> =
            (0..count).map(|_| Name::is(&self.random.pick(sets).name)).collect();
        if self.random.happens(10) {
            names.push(Name::ends(*self.random.pick(&ACCESS)));
        }
        names.dedup();
        names
    }

    /// So many groups; one time in ten those of a role in some teams, by a glob.
    fn groups(&mut self, count: usize) -> Vec<Name> {
        let groups = &self.company.organization.groups;
        let mut names: Vec<_> =
            (0..count).map(|_| Name::is(&self.random.pick(groups).display_name)).collect();
        if self.random.happens(10) {
            let role = *self.random.pick(&ROLES);
            names.push(Name::ends(format!("{}-{role}", self.a_team())));
        }
        names.dedup();
        names
    }
}

/// What nobody touches.
fn protect() -> Vec<Fence> {
    let restricted = Selector::tag("data-classification", [Name::is("restricted")]);
    let administrators = vec![Name::is("AdministratorAccess")];
    vec![
        Fence { groups: vec![Name::begins("break-glass-")], ..Fence::default() },
        Fence { permission_sets: administrators, accounts: Some(restricted), ..Fence::default() },
    ]
}

/// What nobody gets.
fn never() -> Vec<Fence> {
    let production = Selector::tag("environment", [Name::is("production")]);
    vec![
        Fence {
            groups: vec![Name::begins("contractors-")],
            permission_sets: vec![Name::contains("Admin")],
            accounts: Some(production),
        },
        Fence {
            permission_sets: vec![Name::is("SecretsReader")],
            accounts: Some(Selector::below(Unit::Path(vec!["Sandbox".to_owned()]))),
            ..Fence::default()
        },
    ]
}
