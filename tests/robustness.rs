//! Whatever is written and whatever was read, all that is said of it can be said: nothing panics.

use std::sync::LazyLock;

use proptest::{collection::vec, prelude::*, sample::Index, sample::select};
use shared::{
    decide::{Decision, warnings},
    explain::{ExplainedRule, ExplanationText},
    lint::lint,
    organization::{Account, Gap, Group, Organization, Unread},
    rules::Rules,
    source::SourceFile,
    trial::{self, Verdict},
};

use crate::{
    explain::principals,
    reference::now,
    support::{
        self,
        organization::{Company, account_id, company, group_id, unit_id},
        random::other_cases_each_time,
    },
};

/// Values that mean something at one key or another.
const VALUES: [&str; 17] = [
    "\"*\"",
    "[]",
    "{all: true}",
    "[{not: {all: true}}, {not: {not: {tags: {team: true}}}}]",
    "{not: [{tags: {team: false}}, {organizational_unit_tags: {tier: core}}]}",
    "{organizational_unit: [/, \"/**\", \"/*/Prod\"]}",
    "{directly_in: /Workloads}",
    "{user_name: \"*\", in_group: \"*\", attributes: {title: false}}",
    "\"{tag.team}\"",
    "\"{group}\"",
    "{at_least: 1000}",
    "true",
    "0",
    "99999999999999999999",
    "2026-03-02T15:42:00Z",
    "\"\"",
    "é😀",
];

proptest! {
    #![proptest_config(other_cases_each_time(300))]

    /// Whatever the rules and whatever was read, everything that is said of them can be said.
    #[test]
    fn nothing_that_is_said_panics(
        file in any::<Index>(),
        edits in vec(edits(), 0..4),
        damages in vec(damages(), 0..6),
    ) {
        let files = files();
        let mut lines: Vec<String> = files[file.index(files.len())].lines().map(str::to_owned).collect();
        for edit in &edits {
            edit.make(&mut lines);
        }
        let source = SourceFile { name: "rules.yaml".to_owned(), text: lines.join("\n") };
        if let Ok(rules) = Rules::parse(source) {
            let mut organization = small_company();
            damages.iter().for_each(|damage| damage.make(&mut organization));
            all_is_said(&rules, &organization);
        }
    }
}

fn all_is_said(rules: &Rules, organization: &Organization) {
    let decision = Decision::new(rules, organization, now());
    for account in &organization.accounts {
        for principal in principals(organization) {
            if let Some(explanation) = decision.explain(&account.id, &principal) {
                let text = ExplanationText(&explanation).to_string();
                assert!(text.contains(account.id.as_str()), "{text}");
                serde_json::to_string(&explanation).unwrap();
                let says = |rule: &ExplainedRule| rule.grants.is_empty() != rule.failed.is_empty();
                assert!(explanation.rules.iter().all(says), "{explanation:#?}");
            }
        }
    }
    let mut told = lint(rules, now());
    told.extend(warnings(rules, organization, now()));
    let verdicts = trial::run(rules, now()).unwrap();
    told.extend(verdicts.iter().filter_map(Verdict::diagnostic));
    for verdict in &verdicts {
        assert_eq!(verdict.is_passed(), verdict.diagnostic().is_none());
    }
    for diagnostic in told {
        let _ = (diagnostic.render(&rules.source, true), diagnostic.render(&rules.source, false));
        serde_json::to_string(&diagnostic.to_json(&rules.source)).unwrap();
    }
}

/// The files that are written over.
fn files() -> &'static [String] {
    static FILES: LazyLock<Vec<String>> = LazyLock::new(|| {
        let every_key = support::page::read("tests/rules/good/every-key.yaml");
        let examples = support::examples().into_iter().map(|(_, text)| text);
        // The file with every key in it is worth as much as all others.
        examples.flat_map(|text| [text, every_key.clone()]).collect()
    });
    &FILES
}

/// Something that is done to the text of a file.
#[derive(Clone, Debug)]
enum Edit {
    Delete(Index),
    Repeat(Index, Index),
    /// Another value behind the line's colon.
    Value(Index, &'static str),
    Put(Index, Index, String),
}

fn edits() -> impl Strategy<Value = Edit> {
    prop_oneof![
        2 => any::<Index>().prop_map(Edit::Delete),
        1 => any::<(Index, Index)>().prop_map(|(from, to)| Edit::Repeat(from, to)),
        4 => (any::<Index>(), select(&VALUES[..]))
            .prop_map(|(line, value)| Edit::Value(line, value)),
        2 => (any::<Index>(), any::<Index>(), "[*?!a-zé😀\\[\\]{}\"', ]{1,2}")
            .prop_map(|(line, at, text)| Edit::Put(line, at, text)),
    ]
}

impl Edit {
    fn make(&self, lines: &mut Vec<String>) {
        if lines.is_empty() {
            return;
        }
        let number = lines.len();
        match self {
            Self::Delete(line) => drop(lines.remove(line.index(number))),
            Self::Repeat(from, to) => {
                let line = lines[from.index(number)].clone();
                lines.insert(to.index(number), line);
            }
            Self::Value(line, value) => {
                let line = &mut lines[line.index(number)];
                if let Some((key, _)) = line.split_once(": ") {
                    *line = format!("{key}: {value}");
                }
            }
            Self::Put(line, at, text) => {
                let line = &mut lines[line.index(number)];
                let mut chars: Vec<char> = line.chars().collect();
                let at = at.index(chars.len() + 1);
                chars.splice(at..at, text.chars());
                *line = chars.into_iter().collect();
            }
        }
    }
}

fn small_company() -> Organization {
    let company = company()
        .unit("/Workloads")
        .unit("/Workloads/Prod")
        .unit_tagged("/Workloads", "tier", "core")
        .account("shop-test", "/Workloads/Prod")
        .tagged("team", "shop")
        .tagged("environment", "test")
        .tagged("access/team-a", "ViewOnlyAccess  PowerUserAccess")
        .account("bobs-sandbox", "/")
        .tagged("environment", "sandbox")
        .group("Engineering")
        .group("team-a")
        .group("aws-shop-test-ViewOnlyAccess")
        .user("bob@example.com")
        .with("department", "Platform")
        .user("eve@example.com")
        .disabled()
        .member("bob@example.com", "Engineering")
        .member("eve@example.com", "team-a")
        .permission_set("PowerUserAccess")
        .permission_set("ViewOnlyAccess")
        .permission_set("AdministratorAccess")
        .assigned("ViewOnlyAccess", "Engineering", "shop-test")
        .assigned_to("AdministratorAccess", "bob@example.com", "bobs-sandbox");
    company.0
}

/// Something that AWS would never answer, or did not.
#[derive(Clone, Debug)]
enum Damage {
    Unread(Unread, bool),
    NoParent(Index),
    /// A unit's parent is another, or itself.
    Circle(Index, Index),
    TwoOfOneName,
    TwoOfOneId,
    Strangers,
    NoRoot,
}

fn damages() -> impl Strategy<Value = Damage> {
    let unread = select(vec![
        Unread::Accounts,
        Unread::Tags,
        Unread::OrganizationalUnits,
        Unread::OrganizationalUnitTags,
        Unread::PermissionSets,
        Unread::Groups,
        Unread::Users,
        Unread::Memberships,
        Unread::Assignments,
        Unread::Other("weather".to_owned()),
    ]);
    prop_oneof![
        4 => (unread, any::<bool>()).prop_map(|(what, here)| Damage::Unread(what, here)),
        1 => any::<Index>().prop_map(Damage::NoParent),
        1 => any::<(Index, Index)>().prop_map(|(unit, parent)| Damage::Circle(unit, parent)),
        3 => select(vec![
            Damage::TwoOfOneName,
            Damage::TwoOfOneId,
            Damage::Strangers,
            Damage::NoRoot,
        ]),
    ]
}

impl Damage {
    fn make(&self, organization: &mut Organization) {
        let units = organization.organizational_units.len();
        match self {
            Self::Unread(what, here) => organization.gaps.push(Gap {
                what: what.clone(),
                account_id: here.then(|| account_id("shop-test")),
                reason: "AccessDeniedException".to_owned(),
            }),
            Self::NoParent(unit) if units > 0 => {
                let unit = &mut organization.organizational_units[unit.index(units)];
                unit.parent_id = Some(unit_id("/nowhere"));
            }
            Self::Circle(unit, parent) if units > 0 => {
                let parent = organization.organizational_units[parent.index(units)].id.clone();
                organization.organizational_units[unit.index(units)].parent_id = Some(parent);
            }
            Self::NoParent(_) | Self::Circle(..) => {}
            Self::TwoOfOneName => {
                *organization = Company(organization.clone())
                    .account("shop-test", "/")
                    .permission_set("ViewOnlyAccess")
                    .0;
                let id = group_id("another");
                let display_name = "Engineering".to_owned();
                organization.groups.push(Group { id, display_name });
            }
            Self::TwoOfOneId => {
                let account =
                    Account { name: "twin".to_owned(), ..organization.accounts[0].clone() };
                let id = group_id("Engineering");
                organization.groups.push(Group { id, display_name: "Twin".to_owned() });
                organization.accounts.push(account);
                organization.users.extend_from_within(..1);
                organization.organizational_units.extend_from_within(..1.min(units));
            }
            Self::Strangers => {
                let company = Company(organization.clone())
                    .member("nobody@example.com", "Engineering")
                    .member("bob@example.com", "Nobodies")
                    .assigned("Nothing", "Nobodies", "nowhere")
                    .assigned("ViewOnlyAccess", "Nobodies", "shop-test")
                    .assigned_to("ViewOnlyAccess", "nobody@example.com", "shop-test");
                *organization = company.0;
            }
            Self::NoRoot => {
                organization.organizational_units.retain(|unit| unit.parent_id.is_some());
            }
        }
    }
}
