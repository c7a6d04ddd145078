//! That `cases` thinks of enough: each part of the language really decides something in some of
//! them.
//!
//! A part decides something in a case, when the naive reading changes as soon as that part is taken
//! out of the rules file, or out of the organization.

use std::collections::BTreeMap;

use proptest::{
    prelude::*,
    strategy::ValueTree,
    test_runner::{RngAlgorithm, RngSeed, TestRunner},
};
use serde_json::{Map, Value, json};

use super::{
    cases::{Case, cases},
    reading::{Reading, filled, list},
};

const CASES: usize = 400;

/// In so many of the cases, at least, must each of them decide something.
const FLOOR_PER_CENT: f64 = 0.5;

/// Takes something out of a case. `false`: it was not there.
type TakeOut = Box<dyn Fn(&mut Case) -> bool>;

struct Part {
    name: String,
    take_out: TakeOut,
}

#[test]
#[expect(clippy::print_stdout, reason = "the figures are worth a look")]
fn every_part_of_the_language_decides_something() {
    let mut runner = TestRunner::new(ProptestConfig {
        rng_seed: RngSeed::Fixed(2026),
        rng_algorithm: RngAlgorithm::XorShift,
        ..ProptestConfig::default()
    });
    let parts = parts();
    let mut has = vec![0; parts.len()];
    let mut decides = vec![0; parts.len()];
    let mut outcomes: BTreeMap<&str, usize> = BTreeMap::new();
    for _ in 0..CASES {
        let case = cases().new_tree(&mut runner).unwrap().current();
        let reading = case.world().read();
        for (outcome, is_there) in outcomes_of(&case, &reading) {
            *outcomes.entry(outcome).or_default() += usize::from(is_there);
        }
        for (number, Part { take_out, .. }) in parts.iter().enumerate() {
            let mut without = case.clone();
            if take_out(&mut without) {
                has[number] += 1;
                decides[number] += usize::from(without.world().read() != reading);
            }
        }
    }
    let per_cent = |number: usize| 100.0 * number as f64 / CASES as f64;
    println!("of {CASES} cases, so many per cent lead to");
    for (outcome, number) in &outcomes {
        println!("{:6.1}         {outcome}", per_cent(*number));
    }
    println!("so many per cent have this part, and in so many it decides something");
    for ((Part { name, .. }, has), decides) in parts.iter().zip(&has).zip(&decides) {
        println!("{:6.1}  {:6.1} {name}", per_cent(*has), per_cent(*decides));
    }
    let parts = parts.iter().map(|part| part.name.as_str()).zip(decides);
    let rare: Vec<&str> = parts
        .chain(outcomes)
        .filter(|(_, number)| per_cent(*number) < FLOOR_PER_CENT)
        .map(|(name, _)| name)
        .collect();
    assert!(rare.is_empty(), "too rare to prove anything: {rare:?}");
}

fn outcomes_of(case: &Case, reading: &Reading) -> [(&'static str, bool); 12] {
    let Reading { create, delete, unlisted, held } = reading;
    let rule = |name: &String| {
        let all = list(&case.rules["rules"]);
        all.into_iter().find(|rule| rule["name"] == **name).unwrap().clone()
    };
    let created_by =
        |key: &str| create.values().flatten().any(|name| rule(name).get(key).is_some());
    let is_there = |kind: &str, id: &str| {
        case.organization[kind].as_array().unwrap().iter().any(|one| one["id"] == id)
    };
    let differs_in_case = || {
        create.iter().any(|(triple, rules)| {
            let world = case.world();
            let find = |kind: &str, key: &str, id: &str| {
                world.all(kind).iter().find(|one| one[key] == id).unwrap()
            };
            rules
                .iter()
                .map(rule)
                .filter_map(|rule| Some(rule["group_name"].as_str()?.to_owned()))
                .any(|template| {
                    let account = find("accounts", "id", &triple.account);
                    let set = find("permission_sets", "arn", &triple.permission_set);
                    let group = find("groups", "id", &triple.principal);
                    filled(&template, account, set).unwrap() != group["display_name"]
                })
        })
    };
    [
        ("a create", !create.is_empty()),
        ("a create for a user", create.keys().any(|triple| triple.kind == "USER")),
        ("a create by group_name", created_by("group_name")),
        ("a create by group_name in other case", differs_in_case()),
        ("a create by account_tag", created_by("account_tag")),
        ("a create by several rules", create.values().any(|rules| rules.len() > 1)),
        ("a delete", !delete.is_empty()),
        (
            "a delete for a user",
            delete.iter().any(|one| one.kind == "USER" && is_there("users", &one.principal)),
        ),
        (
            "a delete of a group that is gone",
            delete.iter().any(|one| one.kind == "GROUP" && !is_there("groups", &one.principal)),
        ),
        (
            "a delete of a user who is gone",
            delete.iter().any(|one| one.kind == "USER" && !is_there("users", &one.principal)),
        ),
        ("an unlisted one", !unlisted.is_empty()),
        ("held deletes", *held && !delete.is_empty()),
    ]
}

fn parts() -> Vec<Part> {
    let mut parts = Vec::new();
    let mut part = |name: String, take_out: TakeOut| parts.push(Part { name, take_out });
    for key in
        ["accounts", "groups", "users", "permission_sets", "management_account", "max_revocations"]
    {
        let take_out = move |case: &mut Case| remove(&mut case.rules["manage"], key);
        part(format!("manage: {key}"), Box::new(take_out));
    }
    for (kind, keys) in [
        ("protect", &["groups", "users", "permission_sets", "accounts"][..]),
        ("never", &["groups", "users", "permission_sets", "accounts", "from", "until"]),
        ("rules", &["groups", "users", "members", "group_name", "account_tag", "from", "until"]),
    ] {
        part(kind.to_owned(), Box::new(move |case| remove(&mut case.rules, kind)));
        for key in keys {
            part(format!("{kind}: {key}"), in_entries(kind, move |entry| remove(entry, key)));
        }
    }
    for (key, everything) in [("permission_sets", json!("*")), ("accounts", json!({"all": true}))] {
        part(
            format!("rules: {key}"),
            in_entries("rules", move |rule| {
                rule.get_mut(key).is_some_and(|value| put(value, everything.clone()))
            }),
        );
    }
    for hole in ["{account}", "{account_id}", "{permission_set}", "{tag.team}", "{tag.env}"] {
        part(
            format!("rules: group_name with {hole}"),
            in_entries("rules", move |rule| {
                let template = rule.get_mut("group_name");
                template.is_some_and(|template| {
                    let without = template.as_str().unwrap().replace(hole, "");
                    put(template, json!(without))
                })
            }),
        );
    }
    for key in ["user_name", "in_group", "attributes"] {
        part(format!("users: {key}"), everywhere(move |object| object.remove(key).is_some()));
    }
    for key in [
        "id",
        "name",
        "email",
        "organizational_unit",
        "directly_in",
        "tags",
        "organizational_unit_tags",
        "not",
    ] {
        part(format!("accounts: {key}"), in_selectors(move |object| object.remove(key).is_some()));
    }
    for value in [json!(true), json!(false), json!(4711), json!("")] {
        part(
            format!("tags and attributes: {value}"),
            everywhere(move |object| {
                let opposite = match value {
                    Value::Bool(present) => json!(!present),
                    _ => json!("nothing has this value"),
                };
                any_of(["tags", "organizational_unit_tags", "attributes"], |key| {
                    let tags = object.get_mut(key).and_then(Value::as_object_mut);
                    let wanted = tags.into_iter().flat_map(Map::values_mut);
                    any_of(wanted.filter(|wanted| **wanted == value), |wanted| {
                        put(wanted, opposite.clone())
                    })
                })
            }),
        );
    }
    for (kind, keys) in [
        ("accounts", &["accounts", "not"][..]),
        (
            "accounts' keys",
            &["id", "name", "email", "organizational_unit", "directly_in", "team", "env"],
        ),
        ("groups", &["groups"]),
        ("users", &["users"]),
        ("users' keys", &["user_name", "in_group", "department", "title", "email"]),
        ("permission sets", &["permission_sets"]),
    ] {
        part(
            format!("{kind}: more than one"),
            everywhere(move |object| {
                any_of(keys, |key| {
                    let values = object.get_mut(*key).and_then(Value::as_array_mut);
                    values
                        .filter(|values| values.len() > 1)
                        .map(|values| values.truncate(1))
                        .is_some()
                })
            }),
        );
    }
    for glob in ["*", "?", "[", "[!", "/**", "/**/"] {
        part(format!("globs: {glob}"), texts(move |text| text.contains(glob)));
    }
    part("organizational units: /".to_owned(), texts(|text| text == "/"));
    part(
        "organizational units: ids".to_owned(),
        texts(|text| text.starts_with("ou-") || text.starts_with("r-")),
    );
    for (kind, key, usual) in [
        ("accounts", "state", json!("ACTIVE")),
        ("users", "enabled", json!(true)),
        ("organizational_units", "tags", json!({})),
    ] {
        part(
            format!("organization: {key} of {kind}"),
            Box::new(move |case| {
                let all = case.organization[kind].as_array_mut().unwrap();
                any_of(all, |one| put(&mut one[key], usual.clone()))
            }),
        );
    }
    part(
        "organization: management_account_id".to_owned(),
        Box::new(|case| {
            put(&mut case.organization["organization"]["management_account_id"], json!("none"))
        }),
    );
    part(
        "organization: memberships".to_owned(),
        Box::new(|case| put(&mut case.organization["memberships"], json!([]))),
    );
    part(
        "organization: memberships of who cannot sign in".to_owned(),
        Box::new(|case| {
            let users = case.organization["users"].as_array().unwrap().clone();
            let enabled =
                |id: &Value| users.iter().any(|user| user["id"] == *id && user["enabled"] == true);
            let memberships = case.organization["memberships"].as_array_mut().unwrap();
            let before = memberships.len();
            memberships.retain(|membership| enabled(&membership["user_id"]));
            memberships.len() != before
        }),
    );
    parts
}

fn remove(object: &mut Value, key: &str) -> bool {
    object.as_object_mut().unwrap().remove(key).is_some()
}

fn put(place: &mut Value, value: Value) -> bool {
    let changes = *place != value;
    *place = value;
    changes
}

/// Takes something out of all of them, not only out of the first that has it.
fn any_of<T>(all: impl IntoIterator<Item = T>, mut take_out: impl FnMut(T) -> bool) -> bool {
    let mut any = false;
    for one in all {
        any |= take_out(one);
    }
    any
}

/// Out of each entry of `rules`, `never` or `protect`.
fn in_entries(kind: &'static str, take_out: impl Fn(&mut Value) -> bool + 'static) -> TakeOut {
    Box::new(move |case| {
        let entries = case.rules.get_mut(kind).and_then(Value::as_array_mut);
        any_of(entries.into_iter().flatten(), &take_out)
    })
}

/// Out of each mapping of the rules file, however deep.
fn everywhere(take_out: impl Fn(&mut Map<String, Value>) -> bool + 'static) -> TakeOut {
    fn visit(value: &mut Value, take_out: &dyn Fn(&mut Map<String, Value>) -> bool) -> bool {
        match value {
            Value::Object(object) => {
                let here = take_out(object);
                any_of(object.values_mut(), |value| visit(value, take_out)) || here
            }
            Value::Array(values) => any_of(values, |value| visit(value, take_out)),
            _ => false,
        }
    }
    Box::new(move |case| visit(&mut case.rules, &take_out))
}

/// Out of each account selector. One that has nothing left is for all accounts.
fn in_selectors(take_out: impl Fn(&mut Map<String, Value>) -> bool + 'static) -> TakeOut {
    let take_out = move |selector: &mut Value| {
        let object = selector.as_object_mut().unwrap();
        let there = take_out(object);
        if object.is_empty() {
            object.insert("all".to_owned(), json!(true));
        }
        there
    };
    everywhere(move |object| {
        any_of(["accounts", "not"], |key| match object.get_mut(key) {
            Some(Value::Array(selectors)) => any_of(selectors, &take_out),
            Some(selector) => take_out(selector),
            None => false,
        })
    })
}

/// Texts that stand at a key, alone or in a list: these then match nothing.
fn texts(is_meant: impl Fn(&str) -> bool + 'static) -> TakeOut {
    let take_out = move |value: &mut Value| {
        let is_meant = value.as_str().is_some_and(&is_meant);
        is_meant && put(value, json!("/nothing/has/this/name"))
    };
    everywhere(move |object| {
        any_of(object.values_mut(), |value| match value {
            Value::Array(values) => any_of(values, &take_out),
            value => take_out(value),
        })
    })
}
