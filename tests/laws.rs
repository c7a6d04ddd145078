//! The four laws, over random organizations and random rules.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use proptest::{collection::vec, prelude::*, sample::select};
use serde_json::{Value, json};
use shared::{
    act::{Limits, act},
    approval::{Approval, Approvals, HeldSet},
    decide::decide,
    diagnostic::Code,
    failure::CallFailure,
    ids::{GroupId, OrganizationalUnitId, UserId},
    lane::LaneMessage,
    lint::lint,
    observe::Picture,
    organization::{
        Account, AccountState, Assignment, DelegatedAdministrator, Group, Membership, Organization,
        Principal, Unread, User,
    },
    plan::{Action, Change, Plan, Role},
    reconcile::{Errand, Reconciled, reconcile},
    rules::{
        Fence, ManagedUsers, MaxRevocations, Rules, SpannedGlob, Unlisted,
        selector::{AccountView, Place, TagCondition, UnitView},
        user::UserSelector,
    },
    scope::Scope,
    source::Span,
    truth::Truth,
};

use crate::parts::{Time, in_parts};
use crate::support::{
    fake_aws::FakeAws,
    organization::{
        Company, account_id, assignment, company, direct_assignment, group_id, permission_set_arn,
        unit_id, user_id,
    },
    random::{Written, other_cases_each_time, same},
    rules,
};

const UNITS: [&str; 5] = ["/", "/Workloads", "/Workloads/Prod", "/Workloads/Test", "/Sandbox"];
const ACCOUNTS: [&str; 5] = ["management", "pay", "shop", "lab", "old"];
const GROUPS: [&str; 7] = [
    "Engineering",
    "Auditors",
    "team-a",
    "team-b",
    "break-glass",
    "aws-pay-View",
    "AWS-Shop-Power",
];
const USERS: [&str; 4] = ["mary", "bob", "eve", "ann"];
const PERMISSION_SETS: [&str; 3] = ["Admin", "Power", "View"];
/// A group, a user and a permission set that existed once.
const GONE: &str = "gone";

fn organizations() -> impl Strategy<Value = Company> {
    (accounts(), directories(), assignments()).prop_map(
        |(mut company, Company(directory), assigned)| {
            company.0.groups = directory.groups;
            company.0.users = directory.users;
            company.0.memberships = directory.memberships;
            company.0.assignments.extend(assigned);
            let named = |company: Company, name: &&str| company.permission_set(name);
            PERMISSION_SETS.iter().fold(company, named)
        },
    )
}

/// An organization with accounts only.
fn accounts() -> impl Strategy<Value = Company> {
    let account = (select(&UNITS[..]), tags(), prop::bool::weighted(0.85));
    let unit_tag = (select(&UNITS[..]), select(&["tier", "owner"][..]), select(&["a", "b"][..]));
    (vec(account, ACCOUNTS.len() - 1), vec(unit_tag, 0..4)).prop_map(|(accounts, unit_tags)| {
        let mut company = company()
            .unit("/Workloads")
            .unit("/Workloads/Prod")
            .unit("/Workloads/Test")
            .unit("/Sandbox");
        for (unit, key, value) in unit_tags {
            company = company.unit_tagged(unit, key, value);
        }
        for (name, (unit, tags, active)) in ACCOUNTS[1..].iter().zip(accounts) {
            company = company.account(name, unit);
            for (key, value) in tags {
                company = company.tagged(key, value);
            }
            company = if active { company } else { company.in_state(AccountState::Suspended) };
        }
        company
    })
}

fn tags() -> impl Strategy<Value = Vec<(&'static str, &'static str)>> {
    let any = (select(&["team", "environment"][..]), select(&["a", "b", "production"][..]));
    let access = (
        select(&["access/team-a", "access/Engineering"][..]),
        select(&["View", "View Power", "Admin  Unknown", "view"][..]),
    );
    vec(prop_oneof![2 => any, 1 => access], 0..4)
}

/// An organization with groups, users and memberships only. Some of the members and their groups do
/// not exist.
fn directories() -> impl Strategy<Value = Company> {
    let membership =
        (select([&USERS[..], &[GONE]].concat()), select([&GROUPS[..], &[GONE]].concat()));
    (vec(prop::bool::weighted(0.9), GROUPS.len()), vec(users(), USERS.len()), vec(membership, 0..8))
        .prop_map(|(groups, users, memberships)| {
            let mut company = company();
            // An empty directory is doubted: see `an_empty_directory_revokes_nothing`.
            for (name, exists) in GROUPS.iter().zip(groups) {
                let exists = exists || *name == GROUPS[0];
                company = if exists { company.group(name) } else { company };
            }
            for (name, (exists, enabled, attributes)) in USERS.iter().zip(users) {
                if exists || *name == USERS[0] {
                    company = company.user(name);
                    company = if enabled { company } else { company.disabled() };
                    company = attributes
                        .into_iter()
                        .fold(company, |company, (key, value)| company.with(key, value));
                }
            }
            memberships
                .into_iter()
                .fold(company, |company, (user, group)| company.member(user, group))
        })
}

/// Whether a user exists, whether they can sign in, and their attributes.
fn users() -> impl Strategy<Value = (bool, bool, Vec<(&'static str, &'static str)>)> {
    let attribute = prop_oneof![
        select(&["Platform", "Sales"][..]).prop_map(|value| ("department", value)),
        select(&["Lead Engineer", "Engineer"][..]).prop_map(|value| ("title", value)),
    ];
    (prop::bool::weighted(0.9), prop::bool::weighted(0.8), vec(attribute, 0..3))
}

fn assignments() -> impl Strategy<Value = BTreeSet<Assignment>> {
    let (sets, accounts) = (select(&PERMISSION_SETS[..]), select(&ACCOUNTS[..]));
    let of_groups = (sets.clone(), select(&GROUPS[..]), accounts.clone())
        .prop_map(|(set, group, account)| assignment(set, group, account));
    let of_users = (sets, select(&USERS[..]), accounts.clone())
        .prop_map(|(set, user, account)| direct_assignment(set, user, account));
    let orphaned = (select(&[GONE, "Admin"][..]), select(&[GONE, "team-a"][..]), accounts.clone())
        .prop_map(|(set, group, account)| assignment(set, group, account));
    let orphaned_of_users = (select(&[GONE, "Admin"][..]), select(&[GONE, "eve"][..]), accounts)
        .prop_map(|(set, user, account)| direct_assignment(set, user, account));
    (
        vec(prop_oneof![2 => of_groups, 1 => of_users], 0..15),
        vec(prop_oneof![orphaned, orphaned_of_users], 0..3),
    )
        .prop_map(|(assigned, orphaned)| assigned.into_iter().chain(orphaned).collect())
}

fn selectors() -> impl Strategy<Value = Value> {
    leaf_selectors().prop_recursive(2, 6, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|selector| json!({"not": selector})),
            vec(inner.clone(), 1..3).prop_map(|selectors| json!(
                selectors.into_iter().flat_map(flatten).collect::<Vec<_>>()
            )),
            (inner, select(&["*", "[ls]*"][..]))
                .prop_map(|(selector, glob)| json!({"not": selector, "name": glob})),
        ]
    })
}

/// Selectors of one key.
fn leaf_selectors() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(json!({"all": true})),
        vec(select(&ACCOUNTS[..]), 1..3)
            .prop_map(|names| json!({"id": names.into_iter().map(account_id).collect::<Vec<_>>()})),
        select(&["pay", "*", "?ay", "[ps]*", "nothing"][..]).prop_map(|glob| json!({"name": glob})),
        select(&["/", "/Workloads", "/Workloads/*", "/**/Prod", "/Sandbox"][..])
            .prop_map(|path| json!({"organizational_unit": path})),
        select(&UNITS[..]).prop_map(|path| json!({"organizational_unit": unit_id(path)})),
        (select(&["team", "environment"][..]), select(&["a", "*", "prod*"][..]))
            .prop_map(|(key, glob)| json!({"tags": {key: glob}})),
        (select(&["team", "environment"][..]), any::<bool>())
            .prop_map(|(key, there)| json!({"tags": {key: there}})),
        select(&["aws+pay@*", "*@example.com", "*@example.org"][..])
            .prop_map(|glob| json!({"email": glob})),
        select(&["/", "/Workloads", "/Workloads/*", "/**/Prod"][..])
            .prop_map(|path| json!({"directly_in": path})),
        select(&UNITS[..]).prop_map(|path| json!({"directly_in": unit_id(path)})),
        (select(&["tier", "owner"][..]), select(&["a", "*", "b*"][..]))
            .prop_map(|(key, glob)| json!({"organizational_unit_tags": {key: glob}})),
        (select(&["tier", "owner"][..]), any::<bool>())
            .prop_map(|(key, there)| json!({"organizational_unit_tags": {key: there}})),
    ]
}

/// A list of selectors inside a list means the same as its elements there.
fn flatten(selector: Value) -> Vec<Value> {
    match selector {
        Value::Array(selectors) => selectors,
        selector => vec![selector],
    }
}

fn group_globs() -> impl Strategy<Value = Vec<&'static str>> {
    vec(
        select(&["*", "team-*", "Engineering", "Auditors", "team-a", "break-*", "Nobody"][..]),
        1..3,
    )
}

fn user_globs() -> impl Strategy<Value = Vec<&'static str>> {
    vec(select(&["*", "mary", "?ob", "[em]*", "nobody"][..]), 1..3)
}

fn user_selectors() -> impl Strategy<Value = Vec<Value>> {
    let attribute = prop_oneof![
        (select(&["department", "title"][..]), select(&["Platform", "*", "Lead *", "S*"][..]))
            .prop_map(|(key, glob)| json!({key: glob})),
        (select(&["department", "title"][..]), any::<bool>())
            .prop_map(|(key, there)| json!({key: there})),
    ];
    let attributes = attribute.clone().prop_map(|attributes| json!({"attributes": attributes}));
    let mapping = (
        prop::option::weighted(0.3, user_globs()),
        prop::option::weighted(0.5, group_globs()),
        prop::option::weighted(0.5, attribute),
    )
        .prop_filter_map("asks for something", |(names, groups, attributes)| {
            let mut selector = json!({});
            put(&mut selector, "user_name", names.map(|globs| json!(globs)));
            put(&mut selector, "in_group", groups.map(|globs| json!(globs)));
            put(&mut selector, "attributes", attributes);
            (selector != json!({})).then_some(selector)
        });
    let name = user_globs().prop_map(|globs| json!(globs[0]));
    vec(prop_oneof![name, attributes, mapping], 1..3)
}

fn set_globs() -> impl Strategy<Value = Vec<&'static str>> {
    vec(select(&["*", "Admin", "Power", "[PV]*", "Unknown"][..]), 1..3)
}

fn rules_files() -> impl Strategy<Value = Written> {
    let protect = fences();
    let never = (fences(), windows()).prop_map(|(entry, window)| during(entry, window));
    (manage(), vec(protect, 0..2), vec(rule(), 1..5), vec(never, 0..2)).prop_map(
        |(manage, protect, rules, never)| {
            Written::new(&json!({
                "version": 1,
                "manage": manage,
                "protect": protect,
                "rules": named("rule", rules),
                "never": named("never", never),
            }))
        },
    )
}

fn manage() -> impl Strategy<Value = Value> {
    let users = prop_oneof![
        1 => Just(None),
        1 => Just(Some(json!(false))),
        4 => Just(Some(json!(true))),
        2 => user_globs().prop_map(|globs| Some(json!(globs))),
    ];
    (
        prop::bool::weighted(0.85),
        prop::option::weighted(0.3, selectors()),
        prop::option::weighted(0.3, group_globs()),
        users,
        prop::option::weighted(0.3, set_globs()),
        any::<bool>(),
    )
        .prop_map(|(revoke, accounts, groups, users, sets, management)| {
            let unlisted = if revoke { "revoke" } else { "report" };
            let mut manage = json!({"unlisted": unlisted, "management_account": management, "max_revocations": "100%"});
            put(&mut manage, "accounts", accounts.map(|accounts| json!(accounts)));
            put(&mut manage, "groups", groups.map(|globs| json!(globs)));
            put(&mut manage, "users", users);
            put(&mut manage, "permission_sets", sets.map(|globs| json!(globs)));
            manage
        })
}

/// An entry of `protect` or of `never`: about groups, users, both or anybody.
fn fences() -> impl Strategy<Value = Value> {
    (
        prop::option::of(group_globs()),
        prop::option::of(user_selectors()),
        prop::option::of(set_globs()),
        prop::option::of(selectors()),
    )
        .prop_map(|(groups, users, sets, accounts)| {
            let mut entry = json!({});
            put(&mut entry, "groups", groups.map(|globs| json!(globs)));
            put(&mut entry, "users", users.map(|users| json!(users)));
            put(&mut entry, "permission_sets", sets.map(|globs| json!(globs)));
            put(&mut entry, "accounts", accounts);
            if entry == json!({}) { json!({"groups": "break-*"}) } else { entry }
        })
}

fn rule() -> impl Strategy<Value = Value> {
    let granting = (principals(), set_globs()).prop_map(|(mut rule, sets)| {
        rule["permission_sets"] = json!(sets);
        rule
    });
    (granting, selectors(), windows()).prop_map(|(mut rule, accounts, window)| {
        let says_where = rule.get("group_name").is_some() || rule.get("account_tag").is_some();
        if !says_where || accounts != json!({"all": true}) {
            rule["accounts"] = accounts;
        }
        during(rule, window)
    })
}

/// To whom a rule grants, in each of the ways that there are to say so.
fn principals() -> impl Strategy<Value = Value> {
    let template = select(
        &["aws-{account}-{permission_set}", "team-{tag.team}", "{permission_set}-{account_id}"][..],
    );
    let users = user_selectors().prop_map(|users| json!({"users": users}));
    let groups = prop_oneof![
        4 => group_globs().prop_map(|groups| json!({"groups": groups})),
        1 => (group_globs(), user_selectors())
            .prop_map(|(groups, users)| json!({"groups": groups, "users": users})),
        1 => template.prop_map(|template| json!({"group_name": template})),
        1 => group_globs()
            .prop_map(|groups| json!({"account_tag": "access/{group}", "groups": groups})),
    ];
    let groups = (groups, prop::option::weighted(0.3, 1..4)).prop_map(|(mut rule, least)| {
        put(&mut rule, "members", least.map(|least| json!({"at_least": least})));
        rule
    });
    prop_oneof![3 => groups, 1 => users]
}

fn named(kind: &str, mut entries: Vec<Value>) -> Vec<Value> {
    for (number, entry) in entries.iter_mut().enumerate() {
        entry["name"] = json!(format!("{kind}-{number}"));
    }
    entries
}

/// A time that is not yet, over, or now ([`now`]), or no time at all.
fn windows() -> impl Strategy<Value = (Option<&'static str>, Option<&'static str>)> {
    let from = select(vec![
        Some("2026-03-02T15:42:00Z"),
        Some("2026-03-02T15:43:00Z"),
        Some("2020-01-01T00:00:00+01:00"),
    ]);
    let until = select(vec![Some("2026-03-02T15:42:00Z"), Some("2027-01-01T00:00:00Z")]);
    prop_oneof![
        4 => Just((None, None)),
        1 => from.prop_map(|from| (from, None)),
        1 => until.prop_map(|until| (None, until)),
    ]
}

fn during(mut entry: Value, (from, until): (Option<&str>, Option<&str>)) -> Value {
    put(&mut entry, "from", from.map(|time| json!(time)));
    put(&mut entry, "until", until.map(|time| json!(time)));
    entry
}

fn put(object: &mut Value, key: &str, value: Option<Value>) {
    if let Some(value) = value {
        object[key] = value;
    }
}

fn scopes() -> impl Strategy<Value = Scope> {
    let account = select(&ACCOUNTS[..]).prop_map(|name| Scope::account(account_id(name)));
    let unit = select(&UNITS[..]).prop_map(|path| Scope::organizational_unit(unit_id(path)));
    let group = select(&GROUPS[..])
        .prop_map(|name| Scope { groups: BTreeSet::from([group_id(name)]), ..Scope::default() });
    let user = select(&USERS[..])
        .prop_map(|name| Scope { users: BTreeSet::from([user_id(name)]), ..Scope::default() });
    let set = select(&PERMISSION_SETS[..]).prop_map(|name| Scope {
        permission_sets: BTreeSet::from([permission_set_arn(name)]),
        ..Scope::default()
    });
    let one = prop_oneof![
        4 => account,
        1 => unit,
        1 => group,
        1 => user,
        1 => set,
        1 => Just(Scope::everything()),
    ];
    vec(one, 1..3).prop_map(|scopes| scopes.into_iter().fold(Scope::default(), Scope::merge))
}

/// Scopes of one or two groups and users, of those who are gone too.
fn scopes_of_principals() -> impl Strategy<Value = Scope> {
    let group = select(&GROUPS[..]).prop_map(|name| Scope::group(group_id(name)));
    let user = select(&USERS[..]).prop_map(|name| Scope::user(user_id(name)));
    let one = prop_oneof![group, user, Just(Scope::group(group_id(GONE)))];
    vec(one, 1..3).prop_map(|scopes| scopes.into_iter().fold(Scope::default(), Scope::merge))
}

/// What can go unread.
fn gaps() -> impl Strategy<Value = Vec<(Unread, Option<&'static str>)>> {
    let of_the_directory = select(vec![Unread::Groups, Unread::Users, Unread::Memberships]);
    let of_the_rest = select(vec![
        Unread::Accounts,
        Unread::Tags,
        Unread::OrganizationalUnits,
        Unread::OrganizationalUnitTags,
        Unread::PermissionSets,
        Unread::Assignments,
        Unread::Other("something".to_owned()),
    ]);
    let what = prop_oneof![of_the_directory, of_the_rest];
    vec((what, prop::option::of(select(&ACCOUNTS[..]))), 1..4)
}

/// What is left to see of an organization when some of it is not read: less, and a gap that says
/// so.
fn with_gaps(
    Company(full): &Company,
    gaps: &[(Unread, Option<&str>)],
    keep: usize,
) -> Organization {
    let mut seen = Company(full.clone());
    for (what, account) in gaps {
        let hidden = |id| account.is_none_or(|name| account_id(name) == id);
        let organization = &mut seen.0;
        match what {
            Unread::Accounts => organization.accounts.retain(|account| !hidden(account.id.clone())),
            Unread::Tags => {
                let accounts =
                    organization.accounts.iter_mut().filter(|account| hidden(account.id.clone()));
                accounts.for_each(|account| account.tags.clear());
            }
            Unread::OrganizationalUnits if account.is_none() => {
                organization.organizational_units.truncate(1);
            }
            // The account has moved since it was read.
            Unread::OrganizationalUnits => {
                let accounts =
                    organization.accounts.iter_mut().filter(|account| hidden(account.id.clone()));
                accounts.for_each(|account| account.parent_id = unit_id("/Sandbox"));
            }
            Unread::OrganizationalUnitTags => {
                organization.organizational_units.iter_mut().for_each(|unit| unit.tags.clear());
            }
            Unread::PermissionSets => organization.permission_sets.truncate(keep % 3),
            Unread::Groups => hide_groups(organization, keep),
            Unread::Users => hide_users(organization, keep),
            Unread::Memberships => organization.memberships.truncate(keep % 8),
            Unread::Assignments => {
                organization
                    .assignments
                    .retain(|assignment| !hidden(assignment.account_id.clone()));
            }
            _ => {}
        }
        seen = seen.gap(what.clone(), *account);
    }
    seen.0
}

/// Whose members are read hangs on which groups were: then nobody says that memberships are missing.
fn hide_groups(organization: &mut Organization, keep: usize) {
    let Organization { groups, memberships, .. } = organization;
    groups.truncate(keep % GROUPS.len());
    if keep.is_multiple_of(2) {
        let is_seen = |id: &GroupId| groups.iter().any(|group| group.id == *id);
        memberships.retain(|membership| is_seen(&membership.group_id));
    }
}

/// Users, or their attributes.
fn hide_users(organization: &mut Organization, keep: usize) {
    organization.users.truncate(keep % (USERS.len() + 1));
    if keep.is_multiple_of(2) {
        organization.users.iter_mut().for_each(|user| user.attributes.clear());
    }
}

fn changes(plan: &Plan, action: Action) -> BTreeSet<Assignment> {
    plan.changes.iter().filter(|change| change.action == action).map(Change::assignment).collect()
}

fn revocations(plan: &Plan) -> BTreeSet<Assignment> {
    plan.changes
        .iter()
        .chain(&plan.unlisted)
        .filter(|change| change.action == Action::Delete)
        .map(Change::assignment)
        .collect()
}

/// The changes that the scope means, told without a word of the decision's.
fn cut<'a>(plan: &'a Plan, organization: &Organization, scope: &Scope) -> Vec<&'a Change> {
    let above = |id: &_| {
        let account = organization.accounts.iter().find(|account| account.id == *id).unwrap();
        let mut units = vec![account.parent_id.clone()];
        while let Some(parent) = organization
            .organizational_units
            .iter()
            .find(|unit| Some(&unit.id) == units.last())
            .and_then(|unit| unit.parent_id.clone())
        {
            units.push(parent);
        }
        units
    };
    plan.changes
        .iter()
        .filter(|change| {
            let of_principal = match &change.principal.principal {
                Principal::Group(group) => scope.groups.contains(group),
                Principal::User(user) => scope.users.contains(user),
            };
            scope.everything
                || of_principal
                || scope.accounts.contains(&change.account.id)
                || scope.permission_sets.contains(&change.permission_set.arn)
                || above(&change.account.id)
                    .iter()
                    .any(|unit| scope.organizational_units.contains(unit))
        })
        .collect()
}

/// An account as a selector sees it when all was read.
fn view<'a>(organization: &'a Organization, account: &'a Account) -> AccountView<'a> {
    let unit = |id: &OrganizationalUnitId| {
        organization.organizational_units.iter().find(|unit| unit.id == *id).unwrap()
    };
    let root = &organization.organization.root_id;
    let mut units = Vec::new();
    let mut next = unit(&account.parent_id);
    while let Some(parent) = &next.parent_id {
        units.insert(0, UnitView { id: &next.id, name: &next.name, tags: Some(&next.tags) });
        next = unit(parent);
    }
    AccountView {
        id: &account.id,
        name: Some(&account.name),
        email: Some(&account.email),
        tags: Some(&account.tags),
        place: Arc::new(Place {
            parent: Some(&account.parent_id),
            root,
            root_tags: Some(&unit(root).tags),
            units: Some(units),
        }),
    }
}

fn matches(globs: &[SpannedGlob], name: &str) -> bool {
    globs.iter().any(|glob| glob.value.matches(name))
}

/// Whether a selector means a user, told without a word of the decision's.
fn means(selector: &UserSelector, user: &User, organization: &Organization) -> bool {
    let is_member = |group: &Group| {
        let membership = Membership { group_id: group.id.clone(), user_id: user.id.clone() };
        organization.memberships.contains(&membership)
    };
    let is_in = |globs: &[SpannedGlob]| {
        let groups = organization.groups.iter().filter(|group| is_member(group));
        groups.map(|group| &group.display_name).any(|name| matches(globs, name))
    };
    let named = selector.user_name.as_ref().is_none_or(|globs| matches(globs, &user.user_name));
    let has = |attribute: &TagCondition| attribute.holds(Some(&user.attributes)) == Truth::Yes;
    named && selector.in_group.as_deref().is_none_or(is_in) && selector.attributes.iter().all(has)
}

/// Whether `manage` is about a principal. What is gone has no name, so only `*` means it.
fn is_managed(rules: &Rules, principal: &Principal, organization: &Organization) -> bool {
    let named = |globs: &[SpannedGlob], name: Option<&str>| match name {
        Some(name) => matches(globs, name),
        None => globs.iter().any(|glob| glob.value.as_str() == "*"),
    };
    match (principal, &rules.manage.users) {
        (Principal::Group(id), _) => {
            let group = organization.groups.iter().find(|group| group.id == *id);
            named(&rules.manage.groups, group.map(|group| group.display_name.as_str()))
        }
        (Principal::User(_), ManagedUsers::None) => false,
        (Principal::User(_), ManagedUsers::All) => true,
        (Principal::User(id), ManagedUsers::Named(globs)) => {
            let user = organization.users.iter().find(|user| user.id == *id);
            named(globs, user.map(|user| user.user_name.as_str()))
        }
    }
}

/// Whether an entry of `protect` or `never` is about a principal that exists.
fn is_about(fence: &Fence, principal: &Principal, organization: &Organization) -> bool {
    let by_name = match principal {
        Principal::Group(id) => {
            let group = organization.groups.iter().find(|group| group.id == *id);
            group
                .zip(fence.groups.as_ref())
                .is_some_and(|(group, globs)| matches(globs, &group.display_name))
        }
        Principal::User(id) => {
            let user = organization.users.iter().find(|user| user.id == *id);
            let selectors = || fence.users.iter().flatten();
            user.is_some_and(|user| selectors().any(|selector| means(selector, user, organization)))
        }
    };
    by_name || (fence.groups.is_none() && fence.users.is_none())
}

/// An organization in which nobody has anything yet.
fn accounts_and_directories() -> impl Strategy<Value = Company> {
    organizations().prop_map(|Company(mut organization)| {
        organization.assignments.clear();
        Company(organization)
    })
}

/// A rule, and an entry of `never` that often holds all that the rule means: of one key only.
fn shadows() -> impl Strategy<Value = Written> {
    let keys = select(&["groups", "accounts"][..]);
    let of_one_key = (fences(), keys).prop_map(|(fence, key)| {
        let value = fence.get(key).cloned();
        value.map_or(fence, |value| json!({key: value}))
    });
    let of_users = (user_selectors(), user_selectors()).prop_map(|(meant, forbidden)| {
        let rule = json!({"permission_sets": "*", "users": meant, "accounts": {"all": true}});
        (rule, json!({"users": forbidden}))
    });
    prop_oneof![(rule(), of_one_key), of_users]
        .prop_map(|(rule, never)| open_rules(rule, Some(never)))
}

/// A file of one rule that may touch everything, and of what is never to be.
fn open_rules(rule: Value, never: Option<Value>) -> Written {
    Written::new(&json!({
        "version": 1,
        "manage": {"unlisted": "report", "users": true, "management_account": true},
        "rules": named("rule", vec![rule]),
        "never": named("never", never.into_iter().collect()),
    }))
}

/// What the rules grant to those who have nothing.
fn granted(rules: &Rules, Company(organization): &Company) -> Vec<Assignment> {
    let plan = decide(rules, organization, now(), &Scope::everything());
    changes(&plan, Action::Create).into_iter().collect()
}

fn applied(organization: &Organization, plan: &Plan) -> Organization {
    let mut organization = organization.clone();
    let deletes = changes(plan, Action::Delete);
    organization.assignments.retain(|assignment| !deletes.contains(assignment));
    organization.assignments.extend(changes(plan, Action::Create));
    organization
}

fn now() -> DateTime<Utc> {
    "2026-03-02T15:42:00Z".parse().unwrap()
}

/// The plan of a run that remembers what is in the picture.
fn planned(aws: &FakeAws, rules: &Rules, scope: &Scope, picture: &mut Picture) -> Plan {
    let errand = errand(scope.clone());
    in_a_runtime(shared::reconcile::plan(aws, rules, &errand, picture)).unwrap().1
}

/// The changes of a plan. What principals that are gone have left is not shown by principal.
fn visible(plan: Plan, by_principal: bool) -> Vec<(Action, Assignment)> {
    let is_orphan = |change: &Change| change.reason.why.contains("no longer exists");
    let changes = plan.changes.into_iter().filter(|change| !by_principal || !is_orphan(change));
    changes.map(|change| (change.action, change.assignment())).collect()
}

/// One run that remembers nothing of others.
fn reconciled(aws: &FakeAws, rules: &Rules, errand: &Errand) -> Result<Reconciled, CallFailure> {
    let mut nothing = Picture::default();
    in_a_runtime(reconcile((aws, aws, aws), rules, Limits::default(), errand, &mut nothing))
}

fn in_a_runtime<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap()
        .block_on(future)
}

fn errand(scope: Scope) -> Errand {
    Errand::new(scope, Vec::new(), now())
}

proptest! {
    #![proptest_config(other_cases_each_time(2_000))]

    /// What is said of rules without an organization is so in every one: a rule that is called shadowed grants nothing.
    #[test]
    fn a_shadow_hides_everything(
        company in accounts_and_directories(), rules in shadows()
    ) {
        let is_shadowed = lint(&rules, now()).iter().any(|warning| warning.code == Code::ShadowedRule);
        prop_assert!(!is_shadowed || granted(&rules, &company).is_empty(), "{:?}", granted(&rules, &company));
    }

    /// As above: a `not` that is said to leave nothing leaves nothing.
    #[test]
    fn what_excludes_everything_leaves_nothing(
        company in accounts_and_directories(), mut accounts in leaf_selectors(), not in vec(leaf_selectors(), 1..3)
    ) {
        accounts["not"] = json!(not);
        let rules = open_rules(json!({"permission_sets": "*", "groups": "*", "accounts": accounts}), None);
        let is_empty = lint(&rules, now()).iter().any(|warning| warning.code == Code::ExcludesEverything);
        prop_assert!(!is_empty || granted(&rules, &company).is_empty(), "{:?}", granted(&rules, &company));
    }

    /// Law 1. What is not read leads to no revocation and no grant that the full truth would not have made.
    #[test]
    fn unknown_is_not_absent(company in organizations(), rules in rules_files(), gaps in gaps(), keep in 0_usize..12) {
        let truth = decide(&rules, &company.0, now(), &Scope::everything());
        let seen = with_gaps(&company, &gaps, keep);
        let plan = decide(&rules, &seen, now(), &Scope::everything());
        prop_assert!(revocations(&plan).is_subset(&revocations(&truth)));
        let in_place: BTreeSet<Assignment> = company.0.assignments.iter().cloned().collect();
        let granted: BTreeSet<Assignment> = changes(&plan, Action::Create).difference(&in_place).cloned().collect();
        prop_assert!(granted.is_subset(&changes(&truth, Action::Create)));
    }

    /// Law 1, the other half. A gap somewhere does not stop the grants elsewhere.
    #[test]
    fn certain_grants_happen(company in organizations(), rules in rules_files(), name in select(&ACCOUNTS[..])) {
        let truth = decide(&rules, &company.0, now(), &Scope::everything());
        let seen = company.gap(Unread::Other("everything there".to_owned()), Some(name)).0;
        let plan = decide(&rules, &seen, now(), &Scope::everything());
        let elsewhere = |plan: &Plan| -> Vec<Change> {
            plan.changes.iter().filter(|change| change.account.id != account_id(name)).cloned().collect()
        };
        same(&elsewhere(&plan), &elsewhere(&truth))?;
    }

    /// Law 2. The plan for a scope is the full plan, cut down to it.
    #[test]
    fn a_scope_cuts_the_full_plan(company in organizations(), rules in rules_files(), scope in scopes()) {
        let full = decide(&rules, &company.0, now(), &Scope::everything());
        let scoped = decide(&rules, &company.0, now(), &scope);
        same(&scoped.changes.iter().collect::<Vec<_>>(), &cut(&full, &company.0, &scope))?;
    }

    /// Law 2. A plan carried out leaves nothing to plan.
    #[test]
    fn applying_a_plan_leaves_nothing_to_do(company in organizations(), rules in rules_files()) {
        let plan = decide(&rules, &company.0, now(), &Scope::everything());
        let again = decide(&rules, &applied(&company.0, &plan), now(), &Scope::everything());
        prop_assert!(again.changes.is_empty(), "{:?}", again.changes);
    }

    /// Law 2. The order of the rules does not matter.
    #[test]
    fn the_order_of_rules_does_not_matter(company in organizations(), rules in rules_files()) {
        let assignments = |rules: &Rules| -> Vec<(Action, Assignment)> {
            let plan = decide(rules, &company.0, now(), &Scope::everything());
            plan.changes.into_iter().map(|change| (change.action, change.assignment())).collect()
        };
        let mut reversed = rules.0.clone();
        reversed.rules.reverse();
        same(&assignments(&rules), &assignments(&reversed))?;
    }

    /// Law 3. Within a plan, all grants come before the first revocation, and are carried out so.
    #[test]
    fn grant_before_revoke(company in organizations(), rules in rules_files()) {
        let plan = decide(&rules, &company.0, now(), &Scope::everything());
        let aws = FakeAws::new(company.0).in_flight(2);
        let limits = Limits { in_flight: 2, ..Limits::default() };
        in_a_runtime(act(&aws, plan.changes.iter().rev().cloned().collect(), limits));
        for order in [plan.changes.iter().map(|change| change.action).collect::<Vec<_>>(),
                      aws.writes.borrow().iter().map(|(action, _)| *action).collect()] {
            prop_assert!(order.is_sorted());
        }
        prop_assert_eq!(aws.writes.borrow().len(), plan.changes.len());
    }

    /// What a plan says of the roles that permission sets are in accounts is so, once it is carried out.
    #[test]
    fn roles_go_and_stay_as_the_plan_says(company in organizations(), rules in rules_files()) {
        let plan = decide(&rules, &company.0, now(), &Scope::everything());
        let after = applied(&company.0, &plan);
        let is_there = |organization: &Organization, change: &Change| organization.assignments.iter().any(|one| {
            one.account_id == change.account.id && one.permission_set_arn == change.permission_set.arn
        });
        let mut stays = after.clone();
        stays.assignments.retain(|one| company.0.assignments.contains(one));
        for change in &plan.changes {
            let expected = match change.action {
                Action::Create if is_there(&company.0, change) => Role::Stays,
                Action::Create => Role::MayChange,
                Action::Delete if is_there(&stays, change) => Role::Stays,
                // One is made before, which a smaller scope may not make.
                Action::Delete if is_there(&after, change) => Role::MayChange,
                Action::Delete => Role::Goes,
            };
            prop_assert_eq!(change.role, expected, "{:?}", change);
            prop_assert_eq!(change.note().is_some(), expected == Role::Goes);
        }
    }

    /// What `never` forbids is not granted, and goes where it is managed: `never` wins over every rule.
    #[test]
    fn never_wins(company in organizations(), rules in rules_files()) {
        let plan = decide(&rules, &company.0, now(), &Scope::everything());
        let after = applied(&company.0, &plan);
        let without_rules = Rules { rules: Vec::new(), ..rules.0.clone() };
        let forbidden = rules.never.iter().filter(|entry| entry.what.accounts.is_none() && entry.window.holds(now()));
        for entry in forbidden {
            let granted: Vec<_> = decide(&without_rules, &after, now(), &Scope::everything()).changes;
            for change in granted.iter().filter(|_| rules.manage.unlisted == Unlisted::Revoke) {
                let principal = is_about(&entry.what, &change.principal.principal, &company.0);
                let set = entry.what.permission_sets.as_ref().is_none_or(|globs| matches(globs, &change.permission_set.name));
                prop_assert!(!(principal && set), "{change:?} is there in spite of {}", entry.name);
            }
        }
    }

    /// What is held goes by an approval of exactly that set; what is left of one, only when a run has begun with it.
    #[test]
    fn exactly_what_is_approved_goes(company in organizations(), rules in rules_files(), scope in scopes(), limit in 0_usize..3) {
        let mut rules = rules;
        rules.0.manage.max_revocations = MaxRevocations::Count(limit);
        let all = decide(&rules, &company.0, now(), &Scope::everything());
        let plan = decide(&rules, &company.0, now(), &scope);
        let (whole, part) = (all.revocations(), plan.revocations());
        prop_assert_eq!(plan.held().count(), if part.len() > limit { part.len() } else { 0 });

        let released = |approvals: &Approvals| plan.clone().approved_by(approvals);
        let of = |plan: &Plan| Approvals::of(plan.digest());
        let changes = |plan: &Plan| -> Vec<Assignment> { plan.changes.iter().map(Change::assignment).collect() };
        prop_assert_eq!(released(&of(&plan)).held().count(), 0);
        same(&changes(&released(&of(&plan))), &changes(&plan))?;
        prop_assert_eq!(all.digest() == plan.digest(), whole == part);
        if whole != part {
            prop_assert_eq!(&released(&of(&all)), &plan);
        }
        prop_assert_eq!(&released(&Approvals::default()), &plan);

        let Some(held) = HeldSet::of(&all, &Scope::everything(), &[], now()).unwrap() else { return Ok(()) };
        let approval = held.approved_by("bob".to_owned(), now());
        // Whoever approves may sit at a machine whose clock is behind.
        let years_behind = held.approved_by("bob".to_owned(), chrono::DateTime::UNIX_EPOCH);
        prop_assert_eq!(all.clone().approved_by(&years_behind.allows(now())).held().count(), 0);
        let begun = Approval { begun_at: Some(now()), ..approval.clone() };
        prop_assert_eq!(released(&begun.allows(now())).held().count(), 0);
        prop_assert_eq!(&released(&begun.allows(begun.expires_at)), &plan);
        if whole != part {
            prop_assert_eq!(&released(&approval.allows(now())), &plan);
        }
    }

    /// From a delegated administrator the plan is the same, but for what only the management account may change.
    #[test]
    fn a_delegated_administrator_plans_what_it_may_change(company in organizations(), rules in rules_files(), used in prop::sample::subsequence(&PERMISSION_SETS[..], 0..=3)) {
        let used: BTreeSet<_> = used.into_iter().map(permission_set_arn).collect();
        let whole = decide(&rules, &company.0, now(), &Scope::everything());
        let mut company = company;
        let (account_id, management) = (account_id("shop"), company.0.organization.management_account_id.clone());
        let permission_sets_of_management = used.clone();
        company.0.delegated_administrator = Some(DelegatedAdministrator { account_id, permission_sets_of_management });
        let plan = decide(&rules, &company.0, now(), &Scope::everything());
        let (not_ours, ours): (Vec<_>, Vec<_>) = whole.changes.into_iter().partition(|change| {
            change.account.id == management || used.contains(&change.permission_set.arn)
        });
        same(&plan.changes, &ours)?;
        same(&plan.not_ours, &not_ours)?;
    }

    /// Law 4. Nothing is created or deleted that the file does not manage.
    #[test]
    fn never_outside_manage(company in organizations(), rules in rules_files()) {
        let organization = &company.0;
        let plan = decide(&rules, organization, now(), &Scope::everything());
        for change in plan.changes.iter().chain(&plan.unlisted) {
            let account = organization.accounts.iter().find(|account| account.id == change.account.id).unwrap();
            let principal = &change.principal.principal;
            let set = organization.permission_sets.iter().find(|set| set.arn == change.permission_set.arn).unwrap();
            prop_assert_eq!(&account.state, &AccountState::Active);
            prop_assert!(rules.manage.management_account || account.name != "management");
            prop_assert!(matches(&rules.manage.permission_sets, &set.name));
            let view = view(organization, account);
            prop_assert_eq!(rules.manage.accounts.matches(&view), Truth::Yes);
            prop_assert!(is_managed(&rules, principal, organization));
            for entry in &rules.protect {
                let here = entry.accounts.as_ref().is_none_or(|accounts| accounts.matches(&view) == Truth::Yes);
                let by_set = entry.permission_sets.as_ref().is_none_or(|globs| matches(globs, &set.name));
                prop_assert!(!(here && by_set && is_about(entry, principal, organization)));
            }
        }
    }

    /// Whoever cannot sign in is granted nothing, and loses what rules gave.
    #[test]
    fn a_disabled_user_matches_no_rule(company in organizations(), rules in rules_files()) {
        let plan = decide(&rules, &company.0, now(), &Scope::everything());
        let mut without = company.0.clone();
        let disabled: BTreeSet<UserId> = without.users.iter().filter(|user| !user.enabled).map(|user| user.id.clone()).collect();
        let of_disabled = |assignment: &Assignment| matches!(&assignment.principal, Principal::User(id) if disabled.contains(id));
        prop_assert!(!changes(&plan, Action::Create).iter().any(of_disabled));
        // Of the others, nothing changes.
        without.assignments.retain(|assignment| !of_disabled(assignment));
        without.users.retain(|user| user.enabled);
        let others = decide(&rules, &without, now(), &Scope::everything());
        prop_assert_eq!(revocations(&others).len(), revocations(&plan).into_iter().filter(|assignment| !of_disabled(assignment)).count());
        prop_assert_eq!(changes(&others, Action::Create), changes(&plan, Action::Create));
    }
}

proptest! {
    #![proptest_config(other_cases_each_time(400))]

    /// Law 2, through the loop. Any scopes in any order, twice, each cut off anywhere, then one sweep: the assignments
    /// are those that a sweep alone would have made.
    #[test]
    fn same_place_however_you_come(
        company in organizations(),
        rules in rules_files(),
        visits in vec((scopes(), 0_usize..4), 0..5),
    ) {
        let alone = FakeAws::new(company.0.clone());
        reconciled(&alone, &rules, &errand(Scope::everything())).unwrap();

        let visited = FakeAws::new(company.0);
        for (scope, survives) in visits.iter().chain(&visits) {
            let plan = decide(&rules, &visited.organization.borrow(), now(), scope);
            let cut_off: Vec<Change> = plan.due().take(*survives).cloned().collect();
            in_a_runtime(act(&visited, cut_off, Limits::default()));
        }
        reconciled(&visited, &rules, &errand(Scope::everything())).unwrap();
        same(&visited.assignments(), &alone.assignments())?;
    }

    /// Law 2, in parts. However little time each run of a sweep has, the runs after it do the rest.
    #[test]
    fn same_place_in_parts(company in organizations(), rules in rules_files(), seconds in 0_u64..40) {
        let alone = FakeAws::new(company.0.clone());
        reconciled(&alone, &rules, &errand(Scope::everything())).unwrap();

        let aws = FakeAws::new(company.0).taking(Duration::from_secs(1));
        let sweep = LaneMessage { scope: Scope::everything(), ..LaneMessage::default() };
        let time = Time { look: Duration::from_secs(seconds), start: None };
        in_a_runtime(in_parts(&aws, &rules, sweep, time));
        same(&aws.assignments(), &alone.assignments())?;
    }

    /// Law 1, through the loop: whichever single read fails, nothing goes that would not have gone, and nothing comes.
    #[test]
    fn no_failed_read_revokes(
        company in organizations(),
        rules in rules_files(),
        scope in scopes(),
        number in 0_usize..45,
        page in 1_usize..6,
    ) {
        let truth = FakeAws::new(company.0.clone());
        reconciled(&truth, &rules, &errand(scope.clone())).unwrap();

        let denied = FakeAws::new(company.0.clone()).failing_read(number).groups_on_a_page(page);
        let result = reconciled(&denied, &rules, &errand(scope));
        let kept: BTreeSet<Assignment> = denied.assignments().into_iter().collect();
        for assignment in truth.assignments().iter().filter(|assignment| company.0.assignments.contains(assignment)) {
            prop_assert!(kept.contains(assignment), "{assignment:?} went");
        }
        let truth: BTreeSet<Assignment> = truth.assignments().into_iter().collect();
        for assignment in kept.iter().filter(|assignment| !company.0.assignments.contains(assignment)) {
            prop_assert!(truth.contains(assignment), "{assignment:?} came");
        }
        match result {
            // Nothing was known, so nothing was done.
            Err(_) => prop_assert!(denied.writes.borrow().is_empty()),
            // Nothing failed, or what did was found out in another way.
            Ok(reconciled) if reconciled.plan.gaps.is_empty() => prop_assert!(kept.iter().eq(&truth)),
            Ok(_) => prop_assert!(denied.reads.get() > number, "a gap where nothing failed"),
        }
    }

    /// Law 2: what is observed for single accounts leads to the plan that observing everything leads to.
    #[test]
    fn observing_less_plans_the_same(
        company in organizations(),
        rules in rules_files(),
        names in vec(select(&ACCOUNTS[..]), 1..3),
        page in 1_usize..6,
    ) {
        let aws = FakeAws::new(company.0).groups_on_a_page(page);
        let scope = names.into_iter().map(|name| Scope::account(account_id(name))).fold(Scope::default(), Scope::merge);
        let narrow = in_a_runtime(shared::observe::observe(&aws, &rules, &scope, now())).unwrap();
        let whole = in_a_runtime(shared::observe::observe(&aws, &rules, &Scope::everything(), now())).unwrap();
        let plan = decide(&rules, &narrow, now(), &scope);
        // The narrow observation leaves out the names of units that no rule asks for, and so the path in the text.
        let told = |plan: Plan| -> Vec<_> {
            plan.changes.into_iter().map(|change| (change.action, change.assignment(), change.reason)).collect()
        };
        let narrowly = told(plan);
        same(&narrowly, &told(decide(&rules, &whole, now(), &scope)))?;
        same(&narrowly, &told(decide(&rules, &aws.organization.borrow(), now(), &scope)))?;
    }

    /// Law 1, of words: what was not read because no rule asked for it is not said to be missing. Whoever knows all
    /// of the organization is told the same and, of what nobody asked for, more.
    #[test]
    fn no_warning_is_a_guess(company in organizations(), rules in rules_files(), by_management in any::<bool>()) {
        let aws = FakeAws::new(company.0).asked_by_management_if(by_management);
        let seen = in_a_runtime(shared::observe::observe(&aws, &rules, &Scope::everything(), now())).unwrap();
        // Of accounts that are left alone, no tags are read: so a rule that matches only those is told to match none,
        // under the same code and at the same place.
        let told = |organization: &Organization| -> BTreeSet<_> {
            let warnings = shared::decide::warnings(&rules, organization, now());
            warnings.iter().map(|warning| (warning.code, warning.primary.span)).collect()
        };
        let (read, known) = (told(&seen), told(&aws.organization.borrow()));
        // That a rule means no account is told of the unit, on the same line here, by who knows all units.
        let line = |span: Span| rules.source.position(span.start).line;
        let is_told_of_the_unit = |span: Span| known.iter().any(|(code, unit)| {
            *code == Code::UnmatchedOrganizationalUnit && line(*unit) == line(span)
        });
        let guessed: Vec<_> = read
            .difference(&known)
            .filter(|(code, span)| *code != Code::UnmatchedAccounts || !is_told_of_the_unit(*span))
            .collect();
        prop_assert!(guessed.is_empty(), "{guessed:?}");
    }

    /// Law 2, for every kind of scope, by whichever way is allowed, whatever is remembered: the plan is the full plan,
    /// cut to the scope.
    #[test]
    fn remembering_plans_the_same(
        company in organizations(),
        rules in rules_files(),
        scope in scopes(),
        is_management in any::<bool>(),
        remembers in any::<bool>(),
    ) {
        let aws = FakeAws::new(company.0).asked_by_management_if(is_management);
        let mut picture = Picture::default();
        if remembers {
            planned(&aws, &rules, &Scope::everything(), &mut picture);
        }
        let narrowly = planned(&aws, &rules, &scope, &mut picture);
        let told = decide(&rules, &aws.organization.borrow(), now(), &scope);
        prop_assert_eq!(visible(narrowly, is_management), visible(told, is_management));
    }

    /// Law 2, where nobody may list by principal: who looks where something was held and where something is granted
    /// sees as much as who looks everywhere, though groups, users and memberships are others by now.
    #[test]
    fn where_something_was_held_is_far_enough(
        company in organizations(),
        later in directories(),
        renamed in select(&GROUPS[..]),
        rules in rules_files(),
        scope in scopes_of_principals(),
        is_killed in any::<bool>(),
    ) {
        let aws = FakeAws::new(company.0);
        let mut picture = Picture::default();
        // A sweep looks, and another that is looked at is cut off in the end, before what it did is kept.
        planned(&aws, &rules, &Scope::everything(), &mut picture);
        let mut kept = picture.clone();
        let sweep = errand(Scope::everything());
        in_a_runtime(reconcile((&aws, &aws, &aws), &rules, Limits::default(), &sweep, &mut picture)).unwrap();
        if !is_killed {
            kept = picture;
        }
        kept.begin(is_killed);
        let organization = &mut *aws.organization.borrow_mut();
        organization.groups = later.0.groups;
        organization.users = later.0.users;
        organization.memberships = later.0.memberships;
        let group = organization.groups.iter_mut().find(|group| group.id == group_id(renamed));
        group.into_iter().for_each(|group| "team-renamed".clone_into(&mut group.display_name));
        let truth = decide(&rules, organization, now(), &scope);
        let organization = organization.clone();
        let aws = FakeAws::new(organization);
        let narrowly = planned(&aws, &rules, &scope, &mut kept);
        prop_assert_eq!(visible(narrowly, false), visible(truth, false));
    }

    /// Law 1: what is remembered of another time says where to look, and never what to do.
    #[test]
    fn what_is_remembered_changes_nothing(
        before in organizations(),
        company in organizations(),
        rules in rules_files(),
        scope in scopes(),
        is_management in any::<bool>(),
    ) {
        let mut picture = Picture::default();
        let aws = FakeAws::new(before.0).asked_by_management_if(is_management);
        planned(&aws, &rules, &Scope::everything(), &mut picture);
        let aws = FakeAws::new(company.0).asked_by_management_if(is_management);
        let plan = planned(&aws, &rules, &scope, &mut picture);
        let truth = decide(&rules, &aws.organization.borrow(), now(), &scope);
        let truth: BTreeSet<_> = visible(truth, false).into_iter().collect();
        for change in visible(plan, false) {
            prop_assert!(truth.contains(&change), "{:?}", change);
        }
    }
}

/// A grant that fails keeps what is there in the same account: it may have been meant to replace it. Other accounts go on.
#[test]
fn an_account_where_a_grant_fails_loses_nothing() {
    let company = company()
        .account("pay", "/")
        .account("shop", "/")
        .group("Engineering")
        .group("Auditors")
        .permission_set("Power")
        .permission_set("Admin")
        .assigned("Admin", "Auditors", "pay")
        .assigned("Admin", "Auditors", "shop");
    let rules = rules(
        "{version: 1, manage: {unlisted: revoke}, rules: [{name: a, permission_sets: Power, groups: Engineering, accounts: {all: true}}]}",
    );
    let aws = FakeAws::new(company.0)
        .refusing(assignment("Power", "Engineering", "pay"), "role quota reached");
    let done = reconciled(&aws, &rules, &errand(Scope::everything())).unwrap();
    let mut expected =
        [assignment("Admin", "Auditors", "pay"), assignment("Power", "Engineering", "shop")];
    expected.sort();
    assert_eq!(aws.assignments(), expected);
    let reasons: Vec<&str> = done.failures().map(|(_, reason)| reason).collect();
    assert_eq!(
        reasons,
        ["role quota reached", "not revoked, because a grant in the same account failed"]
    );
}

/// A look-up by name may find a group of other case. It is not the group that the rule names.
#[test]
fn a_group_found_by_name_goes_by_its_own_name() {
    let mut company = company().account("pay", "/").permission_set("Power");
    for number in 0..9 {
        company = company.group(&format!("other-{number}"));
    }
    let company = company.group("Engineering").assigned("Power", "Engineering", "pay");
    let rules = rules(
        "{version: 1, manage: {unlisted: revoke}, protect: [{groups: Engineering}], rules: [{name: a, permission_sets: Power, groups: engineering, accounts: {all: true}}]}",
    );
    let aws = FakeAws::new(company.0.clone()).groups_on_a_page(3);
    reconciled(&aws, &rules, &errand(Scope::account(account_id("pay")))).unwrap();
    assert_eq!(aws.assignments(), company.0.assignments);
    assert!(aws.writes.borrow().is_empty());
}

/// A directory without a single group is a directory that was not read right.
#[test]
fn an_empty_directory_revokes_nothing() {
    let company = company()
        .account("pay", "/")
        .permission_set("Power")
        .assigned("Power", "Engineering", "pay")
        .assigned("Power", "Auditors", "pay");
    let rules = rules("{version: 1, manage: {unlisted: revoke}, rules: []}");
    for scope in [Scope::everything(), Scope::account(account_id("pay"))] {
        let aws = FakeAws::new(company.0.clone());
        let errand = errand(scope);
        let done = reconciled(&aws, &rules, &errand).unwrap();
        assert_eq!(aws.assignments().len(), 2);
        assert_eq!(done.plan.gaps[0].what, Unread::Groups);
    }
}
