//! Small organizations and rules files with everything in them, made so that they often meet.
//!
//! Names, tags and globs come from small pools that collide on purpose: in case, in prefixes, in
//! characters that mean something in a glob, a path or a template.

use std::collections::BTreeSet;

use proptest::{collection::vec, prelude::*, sample::select};
use serde_json::{Map, Value, json};

use super::reading::filled;
use crate::support::random::by_lines;

const UNIT_NAMES: [&str; 6] = ["Workloads", "Workloads", "Prod", "Prod", "prod", "Prod-EU"];
/// How deep the tree may be below the root.
const MAX_DEPTH: usize = 4;
const ACCOUNT_NAMES: [&str; 9] =
    ["pay", "pay", "Pay", "pay-prod", "shop", "shop-é", "p*y", "{permission_set}", "team/a"];
const TAG_KEYS: [&str; 4] = ["team", "env", "Team", "cost_center"];
const TAG_VALUES: [&str; 7] = ["a", "A", "prod", "", "4711", "4711", "true"];
const GROUP_NAMES: [&str; 9] = [
    "Engineering",
    "engineering",
    "team-a",
    "team-A",
    "team-b",
    "team/a",
    "break-glass-1",
    "aws-pay-View",
    "AWS-PAY-view",
];
const USER_NAMES: [&str; 5] =
    ["mary@example.com", "bob@example.com", "Bob@example.com", "svc-1", "root-admin"];
const ATTRIBUTES: [&str; 3] = ["department", "title", "email"];
const ATTRIBUTE_VALUES: [&str; 5] = ["Platform", "platform", "Platform", "4711", ""];
const PERMISSION_SETS: [&str; 5] = ["View", "Admin", "ViewOnly", "Power", "admin"];
const TEMPLATES: [&str; 6] = [
    "aws-{account_id}-{permission_set}",
    "aws-{account}-{permission_set}",
    "aws-{account_id}-{permission_set}",
    "{tag.team}-{permission_set}",
    "aws-{tag.team}-{account}",
    "{account}/{tag.env}",
];
const TAG_TEMPLATES: [&str; 3] = ["access/{group}", "{group}", "{group}/{group}"];
/// What existed once, or nothing that we have heard of.
const GONE: usize = 99;
/// How many rules, or entries of `never` or `protect`, a file has at most.
const MAX_ENTRIES: usize = 6;

/// One organization, one rules file, and what a test does with them.
#[derive(Clone)]
pub(crate) struct Case {
    pub(crate) organization: Value,
    pub(crate) rules: Value,
    pub(crate) scope: Value,
    /// Says how to shuffle a list: these are the keys to sort by.
    pub(crate) shuffle: Vec<u8>,
}

/// As files to paste.
impl std::fmt::Debug for Case {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { organization, rules, scope, shuffle } = self;
        let (rules, organization) = (by_lines(rules), by_lines(organization));
        write!(
            f,
            "\nrules: {rules}\norganization: {organization}\nscope: {scope}\nshuffle: {shuffle:?}"
        )
    }
}

pub(crate) fn cases() -> impl Strategy<Value = Case> {
    // Groups and rules choose from the same few templates, so that they meet.
    let templates = [select(&TEMPLATES[..]), select(&TEMPLATES[..])];
    (templates, parts_of_organizations(), rules_files(), scopes(), vec(any::<u8>(), MAX_ENTRIES))
        .prop_map(|(templates, parts, mut rules, scope, shuffle)| {
            for rule in rules["rules"].as_array_mut().unwrap() {
                if let Some(pick) = rule.get_mut("group_name") {
                    *pick = json!(templates[usize::try_from(pick.as_u64().unwrap()).unwrap()]);
                }
            }
            Case { organization: parts.into_organization(&templates), rules, scope, shuffle }
        })
}

/// Twelve digits; the first account's begin with a zero.
fn account_id(number: usize) -> String {
    format!("{:012}", (12_345_678_901 + number * 123_456_789_019) % 1_000_000_000_000)
}

fn unit_id(number: usize) -> String {
    if number == 0 { "r-ab12".to_owned() } else { format!("ou-ab12-{number:08}") }
}

fn permission_set_arn(number: usize) -> String {
    format!("arn:aws:sso:::permissionSet/ssoins-6804aabbccddeeff/ps-{number:016}")
}

fn group_id(number: usize) -> String {
    format!("a7c3e1f0-0000-4000-8000-{number:012}")
}

fn user_id(number: usize) -> String {
    format!("a7c3e1f0-1111-4000-8000-{number:012}")
}

/// What an organization is made of. Who belongs to what is said by numbers.
#[derive(Clone, Debug)]
struct Parts {
    units: Vec<Value>,
    accounts: Vec<Value>,
    management_account: usize,
    permission_sets: Vec<&'static str>,
    groups: Vec<GroupName>,
    users: Vec<(&'static str, bool, Map<String, Value>)>,
    memberships: Vec<(usize, usize)>,
    assignments: Vec<(usize, usize, usize, bool)>,
}

/// A group's name, or how to make one for a template.
#[derive(Clone, Debug)]
enum GroupName {
    Is(&'static str),
    Fills { template: usize, account: usize, permission_set: usize, upper_case: bool },
}

fn parts_of_organizations() -> impl Strategy<Value = Parts> {
    let fills = (0..2_usize, any::<usize>(), any::<usize>(), prop::bool::weighted(0.25));
    let group = prop_oneof![
        2 => select(&GROUP_NAMES[..5]).prop_map(GroupName::Is),
        1 => select(&GROUP_NAMES[5..]).prop_map(GroupName::Is),
        2 => fills.prop_map(|(template, account, permission_set, upper_case)| {
            GroupName::Fills { template, account, permission_set, upper_case }
        }),
    ];
    let attributes = some_of(&ATTRIBUTES, &ATTRIBUTE_VALUES, 0.7);
    let user = (select(&USER_NAMES[..]), prop::bool::weighted(0.7), attributes);
    // An account, a permission set and a principal, and whether that is a user.
    let assignment = (mostly_there(), mostly_there(), mostly_there(), prop::bool::weighted(0.3));
    (
        units(),
        accounts(),
        any::<usize>(),
        prop::sample::subsequence(&PERMISSION_SETS[..], 1..=4),
        prop_oneof![1 => vec(group.clone(), 1..4), 2 => vec(group, 4..8)],
        prop_oneof![1 => vec(user.clone(), 0..2), 4 => vec(user, 2..6)],
        vec((mostly_there(), mostly_there()), 0..14),
        vec(assignment, 0..14),
    )
        .prop_map(
            |(
                units,
                accounts,
                management_account,
                permission_sets,
                groups,
                users,
                memberships,
                assignments,
            )| {
                Parts {
                    units,
                    accounts,
                    management_account,
                    permission_sets,
                    groups,
                    users,
                    memberships,
                    assignments,
                }
            },
        )
}

impl Parts {
    fn into_organization(self, templates: &[&str]) -> Value {
        let Self { units, mut accounts, permission_sets, users, .. } = self;
        for account in &mut accounts {
            let unit = usize::try_from(account["parent_id"].as_u64().unwrap()).unwrap();
            account["parent_id"] = units[unit % units.len()]["id"].clone();
        }
        let number = |name| PERMISSION_SETS.iter().position(|set| *set == name).unwrap();
        let permission_sets: Vec<Value> = permission_sets
            .into_iter()
            .map(|name| json!({"arn": permission_set_arn(number(name)), "name": name}))
            .collect();
        let names =
            self.groups.iter().map(|name| name.made(templates, &accounts, &permission_sets));
        let groups: Vec<Value> = numbered(unique(names))
            .map(|(number, name)| json!({"id": group_id(number), "display_name": name}))
            .collect();
        let mut names = BTreeSet::new();
        let users: Vec<Value> = numbered(users)
            .filter(|(_, (name, ..))| names.insert(*name))
            .map(|(number, (name, enabled, attributes))| {
                json!({
                    "id": user_id(number),
                    "user_name": name,
                    "enabled": enabled,
                    "attributes": attributes,
                })
            })
            .collect();
        let group = |pick| pick_id(&groups, "id", pick, group_id);
        let user = |pick| pick_id(&users, "id", pick, user_id);
        let memberships = self.memberships.into_iter();
        let memberships =
            memberships.map(|(of, who)| json!({"group_id": group(of), "user_id": user(who)}));
        let assignments = self.assignments.into_iter().map(|(place, what, whom, is_user)| {
            let (kind, id) = if is_user { ("USER", user(whom)) } else { ("GROUP", group(whom)) };
            json!({
                "account_id": pick_id(&accounts, "id", place, account_id),
                "permission_set_arn": pick_id(&permission_sets, "arn", what, permission_set_arn),
                "principal_type": kind,
                "principal_id": id,
            })
        });
        json!({
            "observed_at": "2026-03-02T15:42:00Z",
            "instance": {
                "instance_arn": "arn:aws:sso:::instance/ssoins-6804aabbccddeeff",
                "identity_store_id": "d-9a67123456",
                "region": "eu-central-1",
            },
            "organization": {
                "id": "o-bobscompany",
                "management_account_id": accounts[self.management_account % accounts.len()]["id"],
                "root_id": unit_id(0),
            },
            "memberships": unique(memberships),
            "assignments": unique(assignments),
            "organizational_units": units,
            "accounts": accounts,
            "permission_sets": permission_sets,
            "groups": groups,
            "users": users,
        })
    }
}

impl GroupName {
    fn made(&self, templates: &[&str], accounts: &[Value], permission_sets: &[Value]) -> String {
        match *self {
            Self::Is(name) => name.to_owned(),
            Self::Fills { template, account, permission_set, upper_case } => {
                let account = &accounts[account % accounts.len()];
                let permission_set = &permission_sets[permission_set % permission_sets.len()];
                let name = filled(templates[template], account, permission_set);
                let name = name.unwrap_or_else(|| "team-b".to_owned());
                if upper_case { name.to_uppercase() } else { name }
            }
        }
    }
}

/// The root and the units below it. A name is there once below each parent.
fn units() -> impl Strategy<Value = Vec<Value>> {
    let unit = (any::<usize>(), select(&UNIT_NAMES[..]), unit_tags());
    (unit_tags(), prop_oneof![1 => vec(unit.clone(), 0..3), 3 => vec(unit, 3..9)]).prop_map(
        |(root_tags, wanted)| {
            let mut units = vec![
                json!({"id": unit_id(0), "name": "Root", "parent_id": null, "tags": root_tags}),
            ];
            let mut depths = vec![0];
            for (parent, name, tags) in wanted {
                let parent = parent % units.len();
                let parent_id = units[parent]["id"].clone();
                let is_there =
                    units.iter().any(|unit| unit["parent_id"] == parent_id && unit["name"] == name);
                if depths[parent] < MAX_DEPTH && !is_there {
                    let id = unit_id(units.len());
                    units.push(
                        json!({"id": id, "name": name, "parent_id": parent_id, "tags": tags}),
                    );
                    depths.push(depths[parent] + 1);
                }
            }
            units
        },
    )
}

fn unit_tags() -> impl Strategy<Value = Map<String, Value>> + Clone {
    some_of(&TAG_KEYS[..2], &TAG_VALUES, 0.35)
}

/// With any number for the parent.
fn accounts() -> impl Strategy<Value = Vec<Value>> {
    let state = prop_oneof![
        8 => Just("ACTIVE"),
        1 => select(&["SUSPENDED", "PENDING_ACTIVATION", "PENDING_CLOSURE", "CLOSED", "SOMETHING_NEW"][..]),
    ];
    let account = (select(&ACCOUNT_NAMES[..]), any::<u16>(), state, account_tags());
    let accounts = prop_oneof![3 => vec(account.clone(), 1..5), 1 => vec(account, 5..=8)];
    accounts.prop_map(|accounts| {
        numbered(accounts)
            .map(|(number, (name, parent, state, tags))| {
                json!({
                    "id": account_id(number),
                    "name": name,
                    "email": format!("aws+{number}@example.{}", if number % 2 == 0 { "com" } else { "org" }),
                    "state": state,
                    "parent_id": parent,
                    "tags": tags,
                })
            })
            .collect()
    })
}

fn account_tags() -> impl Strategy<Value = Map<String, Value>> + Clone {
    let often = some_of(&TAG_KEYS[..2], &TAG_VALUES, 0.75);
    let seldom = some_of(&TAG_KEYS[2..], &TAG_VALUES, 0.15);
    let word =
        prop_oneof![5 => select(&PERMISSION_SETS[..]), 1 => select(&["view", "Nothing", ""][..])];
    let access = (tag_template(), select(&GROUP_NAMES[..5]), vec(word, 1..4))
        .prop_map(|(template, group, words)| (template.replace("{group}", group), words.join(" ")));
    (often, seldom, vec(access, 0..5)).prop_map(|(often, seldom, access)| {
        let access = access.into_iter().map(|(key, value)| (key, Value::from(value)));
        often.into_iter().chain(seldom).chain(access).collect()
    })
}

/// Mostly the first, so that tags and rules meet.
fn tag_template() -> impl Strategy<Value = &'static str> + Clone {
    prop_oneof![4 => Just(TAG_TEMPLATES[0]), 1 => select(&TAG_TEMPLATES[..])]
}

/// Each key by chance.
fn some_of(
    keys: &'static [&'static str],
    values: &'static [&'static str],
    probability: f64,
) -> impl Strategy<Value = Map<String, Value>> + Clone {
    vec(prop::option::weighted(probability, select(values)), keys.len()).prop_map(|values| {
        let keys = keys.iter().zip(values);
        keys.filter_map(|(key, value)| Some(((*key).to_owned(), Value::from(value?)))).collect()
    })
}

/// Any of what is there, or something that is gone.
fn mostly_there() -> impl Strategy<Value = usize> {
    prop_oneof![12 => 0..GONE, 1 => Just(GONE)]
}

fn pick_id(all: &[Value], key: &str, pick: usize, id: impl Fn(usize) -> String) -> String {
    if pick == GONE || all.is_empty() {
        return id(GONE);
    }
    all[pick % all.len()][key].as_str().unwrap().to_owned()
}

fn rules_files() -> impl Strategy<Value = Value> {
    let rules = prop_oneof![1 => vec(rule(), 0..3), 4 => vec(rule(), 3..=MAX_ENTRIES)];
    let never = (entry(true), windows()).prop_map(|(entry, window)| joined([entry, window]));
    let definitions =
        maybe(0.1, Just(json!({"View": {"description": "Look", "session_duration": "PT8H"}})));
    let tests = maybe(
        0.1,
        Just(
            json!([{"name": "nothing", "account": {"name": "pay"}, "group": "Nobody", "expect": []}]),
        ),
    );
    (
        manage(),
        maybe(0.5, vec(entry(false), 0..3)),
        rules,
        maybe(0.7, vec(never, 0..4)),
        definitions,
        tests,
    )
        .prop_map(|(manage, protect, rules, never, definitions, tests)| {
            with(
                json!({"version": 1, "manage": manage, "rules": named("rule", rules)}),
                [
                    ("protect", protect.map(Value::from)),
                    ("never", never.map(|entries| named("never", entries))),
                    ("permission_sets", definitions),
                    ("tests", tests),
                ],
            )
        })
}

fn rule() -> impl Strategy<Value = Value> {
    let rule = prop_oneof![5 => plain_rule(), 2 => by_group_name(), 3 => by_account_tag()];
    (rule, windows()).prop_map(|(rule, window)| joined([rule, window]))
}

fn manage() -> impl Strategy<Value = Value> {
    let unlisted = prop_oneof![4 => Just("revoke"), 1 => Just("report")];
    let users = prop_oneof![
        4 => Just(json!(true)),
        1 => Just(json!(false)),
        2 => globs(&["*", "*@example.com", "[a-m]*", "svc-?", "*"]),
    ];
    let max_revocations = prop_oneof![
        3 => Just(json!("100%")),
        1 => select(vec![json!("0%"), json!("10%"), json!("50%"), json!(0), json!(2), json!(100)]),
    ];
    (
        unlisted,
        maybe(0.8, max_revocations),
        maybe(0.15, selectors()),
        maybe(0.8, prop::bool::weighted(0.8)),
        maybe(0.4, globs(&["*", "*", "*", "team*", "[!t]*", "*a*"])),
        maybe(0.85, users),
        maybe(0.2, globs(&["*", "View*", "[!A]*", "[!V]*"])),
    )
        .prop_map(|(unlisted, max, accounts, management, groups, users, sets)| {
            with(
                json!({"unlisted": unlisted}),
                [
                    ("max_revocations", max),
                    ("accounts", accounts),
                    ("management_account", management.map(Value::from)),
                    ("groups", groups),
                    ("users", users),
                    ("permission_sets", sets),
                ],
            )
        })
}

/// An entry of `protect`, whose users are names, or of `never`.
fn entry(with_user_mappings: bool) -> impl Strategy<Value = Value> {
    let users = if with_user_mappings { users().boxed() } else { user_names().boxed() };
    let groups = globs(&["*", "team*", "team-[a-b]", "[Ee]ngineering", "*a*", "aws-*", "[!t]*"]);
    let sets = globs(&["*", "View*", "?dmin", "Admin", "Power", "[!V]*"]);
    let keys = (maybe(0.6, groups), maybe(0.35, users), maybe(0.6, sets), maybe(0.6, selectors()));
    keys.prop_map(|(groups, users, sets, accounts)| {
        let nothing_is_said =
            groups.is_none() && users.is_none() && sets.is_none() && accounts.is_none();
        with(
            json!({}),
            [
                ("groups", if nothing_is_said { Some(json!("team-*")) } else { groups }),
                ("users", users),
                ("permission_sets", sets),
                ("accounts", accounts),
            ],
        )
    })
}

fn plain_rule() -> impl Strategy<Value = Value> {
    let principals = prop_oneof![
        3 => (group_globs(), members()).prop_map(|(groups, members)| {
            with(json!({"groups": groups}), [("members", members)])
        }),
        3 => users().prop_map(|users| json!({"users": users})),
        1 => (group_globs(), users(), members()).prop_map(|(groups, users, members)| {
            with(json!({"groups": groups, "users": users}), [("members", members)])
        }),
    ];
    let description = maybe(0.1, Just(json!("why")));
    (set_globs(), principals, broad_selectors(), description).prop_map(
        |(sets, principals, accounts, description)| {
            let rule = json!({"permission_sets": sets, "accounts": accounts});
            with(joined([rule, principals]), [("description", description)])
        },
    )
}

fn by_group_name() -> impl Strategy<Value = Value> {
    // Which of the case's two templates.
    (0..2_u8, set_globs(), maybe(0.5, selectors()), members()).prop_map(
        |(template, sets, accounts, members)| {
            with(
                json!({"group_name": template, "permission_sets": sets}),
                [("accounts", accounts), ("members", members)],
            )
        },
    )
}

fn by_account_tag() -> impl Strategy<Value = Value> {
    let template = tag_template();
    (template, group_globs(), set_globs(), maybe(0.4, selectors()), members()).prop_map(
        |(template, groups, sets, accounts, members)| {
            with(
                json!({"account_tag": template, "groups": groups, "permission_sets": sets}),
                [("accounts", accounts), ("members", members)],
            )
        },
    )
}

fn members() -> impl Strategy<Value = Option<Value>> {
    maybe(0.35, (1..4_u8).prop_map(|number| json!({"at_least": number})))
}

fn users() -> impl Strategy<Value = Value> {
    let mapping = (
        maybe(0.35, user_names()),
        maybe(0.45, globs(&["*", "*", "team-*", "[Ee]ngineering", "*a*"])),
        maybe(0.5, wanted_attributes()),
    )
        .prop_map(|(names, in_group, attributes)| {
            let nothing_is_said = names.is_none() && in_group.is_none() && attributes.is_none();
            with(
                json!({}),
                [
                    ("user_name", if nothing_is_said { Some(json!("*")) } else { names }),
                    ("in_group", in_group),
                    ("attributes", attributes),
                ],
            )
        });
    let name = select(USER_GLOBS.map(Value::from).to_vec());
    one_or_more(prop_oneof![1 => name, 2 => mapping])
}

const USER_GLOBS: [&str; 6] =
    ["*@example.com", "mary@example.com", "[bB]ob@*", "svc-?", "root-admin", "*"];

fn user_names() -> impl Strategy<Value = Value> {
    globs(&USER_GLOBS)
}

fn group_globs() -> impl Strategy<Value = Value> {
    globs(&[
        "*",
        "*",
        "*",
        "*",
        "team*",
        "team-[a-b]",
        "team?a",
        "[Ee]ngineering",
        "Engineering",
        "[!t]*",
        "*a*",
        "Nobody",
    ])
}

fn set_globs() -> impl Strategy<Value = Value> {
    globs(&[
        "*", "*", "*", "*", "*", "View", "View*", "Admin", "?dmin", "[PV]*", "[!V]*", "Unknown",
    ])
}

fn globs(pool: &[&'static str]) -> impl Strategy<Value = Value> + Clone + use<> {
    one_or_more(select(pool.iter().map(|glob| json!(glob)).collect::<Vec<Value>>()))
}

fn wanted_attributes() -> impl Strategy<Value = Value> {
    one_or_two(&ATTRIBUTES, wanted(&["Platform", "*", "[Pp]latform", "Plat*", "47??", ""]))
}

fn wanted_tags(keys: &'static [&'static str]) -> impl Strategy<Value = Value> + Clone {
    one_or_two(keys, wanted(&["a", "[aA]", "*", "prod", "pr*", "", "", "?*", "true"]))
}

fn one_or_two(
    keys: &'static [&'static str],
    wanted: impl Strategy<Value = Value> + Clone,
) -> impl Strategy<Value = Value> + Clone {
    let length = prop_oneof![3 => Just(1_usize), 1 => Just(2)];
    (length, vec((select(keys), wanted), 2)).prop_map(|(length, keys)| {
        let keys = keys.into_iter().take(length);
        Value::from(keys.map(|(key, value)| (key.to_owned(), value)).collect::<Map<_, _>>())
    })
}

/// What may stand at a tag: globs, whether it is there, or a number.
fn wanted(pool: &[&'static str]) -> impl Strategy<Value = Value> + Clone + use<> {
    prop_oneof![
        5 => globs(pool),
        3 => any::<bool>().prop_map(Value::from),
        2 => Just(json!(4711)),
        2 => Just(json!("")),
    ]
}

/// As rules have them: many hold for all.
fn broad_selectors() -> impl Strategy<Value = Value> {
    prop_oneof![1 => Just(json!({"all": true})), 1 => selectors()]
}

fn selectors() -> impl Strategy<Value = Value> {
    let paths = [
        "/",
        "/",
        "/*",
        "/**",
        "/Workloads",
        "/Workloads/*",
        "/Workloads/**",
        "/**/Prod",
        "/**/Prod",
        "/Workloads/**/Prod",
        "/**/[Pp]rod*",
        "/*/Prod",
        "/Workloads/**/prod",
        "/Prod-EU",
        "/?rod",
    ];
    let places = || {
        let path = select(paths.map(Value::from).to_vec());
        let id = (0..5_usize).prop_map(|number| json!(unit_id(number)));
        one_or_more(prop_oneof![4 => path, 1 => id])
    };
    let id = (0..8_usize).prop_map(account_id).prop_map(|id| {
        // As editors write it. With a zero in front it would be another number.
        if id.starts_with('0') { json!(id) } else { json!(id.parse::<u64>().unwrap()) }
    });
    let key = prop_oneof![
        1 => Just(json!({"all": true})),
        2 => one_or_more(id).prop_map(|ids| json!({"id": ids})),
        2 => globs(&["pay", "?ay", "pay*", "[a-p]*", "[!p]*", "*é", "team?a", "shop*", "*"])
            .prop_map(|globs| json!({"name": globs})),
        1 => globs(&["aws+0@*", "*@example.com", "*.org"]).prop_map(|globs| json!({"email": globs})),
        3 => places().prop_map(|places| json!({"organizational_unit": places})),
        2 => places().prop_map(|places| json!({"directly_in": places})),
        3 => wanted_tags(&["team", "team", "env", "env", "Team", "cost_center"]).prop_map(|tags| json!({"tags": tags})),
        3 => wanted_tags(&TAG_KEYS[..2]).prop_map(|tags| json!({"organizational_unit_tags": tags})),
    ];
    key.prop_recursive(3, 8, 3, |inner| {
        prop_oneof![
            2 => inner.clone().prop_map(|selector| json!({"not": selector})),
            1 => (inner.clone(), inner.clone()).prop_map(|(selector, not)| {
                if selector.is_object() { joined([selector, json!({"not": not})]) } else { selector }
            }),
            // All keys of both must hold; where both have a key, the second one's counts.
            2 => (inner.clone(), inner.clone()).prop_map(|(one, other)| {
                if one.is_object() && other.is_object() { joined([one, other]) } else { one }
            }),
            2 => vec(inner, 1..4).prop_map(|selectors| {
                // Inside a list, a list means the same as its elements.
                let flat = |selector| match selector {
                    Value::Array(selectors) => selectors,
                    selector => vec![selector],
                };
                selectors.into_iter().flat_map(flat).collect()
            }),
        ]
    })
}

/// A time that is not yet, over, or now (`2026-03-02T15:42:00Z`), or no time at all.
fn windows() -> impl Strategy<Value = Value> {
    let from = select(vec![
        "2026-03-02T15:42:00Z",
        "2026-03-02T16:42:00+01:00",
        "2026-03-02T15:42:00.5Z",
        "2026-03-02T17:00:00+01:00",
        "2026-04-01T00:00:00Z",
        "2020-01-01T00:00:00+01:00",
    ]);
    let until =
        select(vec!["2026-03-02T15:42:01Z", "2026-03-02T15:42:00.5Z", "2027-01-01T00:00:00+01:00"]);
    let over = select(vec!["2026-03-02T15:42:00Z", "2026-03-02T16:41:59+01:00"]);
    prop_oneof![
        6 => Just(json!({})),
        3 => from.prop_map(|from| json!({"from": from})),
        1 => until.clone().prop_map(|until| json!({"until": until})),
        2 => over.prop_map(|over| json!({"until": over})),
        1 => until.prop_map(|until| json!({"from": "2026-03-02T15:42:00Z", "until": until})),
    ]
}

fn scopes() -> impl Strategy<Value = Value> {
    let one = prop_oneof![
        3 => (0..8_usize).prop_map(|number| ("accounts", account_id(number))),
        2 => (0..5_usize).prop_map(|number| ("organizational_units", unit_id(number))),
        2 => gone_too(0..6).prop_map(|number| ("groups", group_id(number))),
        2 => gone_too(0..4).prop_map(|number| ("users", user_id(number))),
        2 => gone_too(0..5).prop_map(|number| ("permission_sets", permission_set_arn(number))),
    ];
    let everything = select(&["everything", "rules_changed"][..]);
    (vec(one, 0..4), maybe(0.05, everything)).prop_map(|(parts, everything)| {
        let mut scope = json!({});
        for (kind, id) in parts {
            let mut ids = scope[kind].as_array().cloned().unwrap_or_default();
            ids.push(json!(id));
            scope[kind] = Value::from(unique(ids.into_iter()));
        }
        if let Some(key) = everything {
            scope[key] = json!(true);
        }
        scope
    })
}

fn gone_too(there: std::ops::Range<usize>) -> impl Strategy<Value = usize> {
    prop_oneof![6 => there, 1 => Just(GONE)]
}

/// A single value, or a list.
fn one_or_more(
    value: impl Strategy<Value = Value> + Clone,
) -> impl Strategy<Value = Value> + Clone {
    prop_oneof![1 => value.clone(), 1 => vec(value, 1..3).prop_map(Value::from)]
}

fn maybe<T: std::fmt::Debug>(
    probability: f64,
    value: impl Strategy<Value = T>,
) -> impl Strategy<Value = Option<T>> {
    prop::option::weighted(probability, value)
}

fn with<const N: usize>(mut object: Value, keys: [(&str, Option<Value>); N]) -> Value {
    for (key, value) in keys {
        if let Some(value) = value {
            object[key] = value;
        }
    }
    object
}

fn joined(objects: [Value; 2]) -> Value {
    let keys = |object| match object {
        Value::Object(keys) => keys,
        other => panic!("{other}"),
    };
    objects.into_iter().flat_map(keys).collect::<Map<String, Value>>().into()
}

fn named(kind: &str, entries: Vec<Value>) -> Value {
    numbered(entries)
        .map(|(number, entry)| joined([entry, json!({"name": format!("{kind}-{number}")})]))
        .collect()
}

fn numbered<T>(all: Vec<T>) -> impl Iterator<Item = (usize, T)> {
    all.into_iter().enumerate()
}

fn unique<T: PartialEq>(all: impl Iterator<Item = T>) -> Vec<T> {
    let mut unique = Vec::new();
    for one in all {
        if !unique.contains(&one) {
            unique.push(one);
        }
    }
    unique
}
