//! The JSON Schema of the rules file, in the hands of a validator that we did not write.

use std::{collections::BTreeSet, fs, path::Path};

use serde_json::{Value, json};

use crate::support::{
    examples, root,
    usher::Usher,
    validate::{Validated, validate},
};

/// Mistakes that a schema cannot see: two of one name, two values that do not fit each other, globs
/// that only their reader knows.
const UNSEEN: &[&str] = &[
    "account-tag-too-long.yaml",
    "definition-inline-policy-duplicate-in-text.yaml",
    "definition-inline-policy-duplicate.yaml",
    "duplicate-field.yaml",
    "duplicate-rule.yaml",
    "never-duplicate.yaml",
    "numbers-with-a-sign.yaml",
    "permission-set-by-arn.yaml",
    "permission-set-too-long.yaml",
    "permission-set-with-space.yaml",
    "permission-sets-in-one-text.yaml",
    "test-duplicate.yaml",
    "test-expects-one-text.yaml",
    "test-glob-expected.yaml",
    "unit-stars-in-a-segment.yaml",
    "until-before-from.yaml",
];

/// Mistakes that the YAML reader sees before the schema does.
const NOT_YAML: &[&str] = &[
    "at-sign.yaml",
    "backslash.yaml",
    "bracket-not-closed-before-a-key.yaml",
    "bracket-not-closed-before-an-entry.yaml",
    "bracket-not-closed-in-a-long-list.yaml",
    "bracket-of-another-kind.yaml",
    "bracket-too-many.yaml",
    "colon-in-text.yaml",
    "colon-without-space-before-a-bracket.yaml",
    "colon-without-space-in-a-name.yaml",
    "colon-without-space.yaml",
    "comma-missing.yaml",
    "dash-without-space-before-a-name.yaml",
    "dash-without-space.yaml",
    "hidden-character.yaml",
    "indented-wrong.yaml",
    "key-without-colon.yaml",
    "mapping-not-closed.yaml",
    "star-unquoted.yaml",
    "tab.yaml",
    "tags-of-yaml.yaml",
    "text-behind-a-bracket.yaml",
    "text-not-closed.yaml",
    "two-documents.yaml",
    "two-keys-on-a-line.yaml",
    "unknown-alias.yaml",
    "yaml-not-closed.yaml",
];

/// Mappings whose keys are the user's own.
const OPEN: [&str; 3] = ["tags", "organizational_unit_tags", "inline_policy"];

/// As users get it.
fn schema() -> String {
    let ended = Usher::new().run(&["schema"]);
    assert_eq!((ended.code, ended.stderr.as_str()), (0, ""));
    ended.stdout
}

fn files(folder: &str) -> Vec<(String, String)> {
    let folder = root().join("tests/rules").join(folder);
    let read = |path: &Path| {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        (name, fs::read_to_string(path).unwrap())
    };
    fs::read_dir(folder).unwrap().map(|entry| read(&entry.unwrap().path())).collect()
}

fn every_key() -> String {
    fs::read_to_string(root().join("tests/rules/good/every-key.yaml")).unwrap()
}

fn validate_one(text: String) -> Validated {
    validate(&schema(), [("it".to_owned(), text)]).remove("it").unwrap()
}

#[test]
fn what_we_show_and_ship_fits_the_schema() {
    let documents = examples().into_iter().chain(files("good"));
    for (name, validated) in validate(&schema(), documents) {
        assert!(validated.mistakes.is_empty(), "{name}: {:?}", validated.mistakes);
    }
}

#[test]
fn mistakes_of_shape_are_seen() {
    let (mut unseen, mut not_yaml) = (BTreeSet::new(), BTreeSet::new());
    for (name, Validated { mistakes, .. }) in validate(&schema(), files("bad")) {
        if mistakes.iter().any(|mistake| mistake.starts_with("not YAML")) {
            not_yaml.insert(name);
        } else if mistakes.is_empty() {
            unseen.insert(name);
        }
    }
    let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    assert_eq!((unseen, not_yaml), (set(UNSEEN), set(NOT_YAML)));
}

/// The file with every key has every key, and each says in an editor what it is for.
#[test]
fn every_key_is_known_and_described() {
    let schema = serde_json::from_str(&schema()).unwrap();
    let mut keys = BTreeSet::new();
    described(&schema, &mut keys);
    let mut used = BTreeSet::new();
    used_keys(&validate_one(every_key()).value, &mut used);
    let unused: Vec<_> = keys.difference(&used).collect();
    assert!(unused.is_empty(), "{unused:?}");
    assert!(keys.len() > 50, "{keys:?}");
}

fn described(schema: &Value, keys: &mut BTreeSet<String>) {
    if let Some(Value::Object(properties)) = schema.get("properties") {
        for (key, property) in properties.iter().filter(|(_, property)| **property != json!(false))
        {
            assert!(property["description"].is_string(), "`{key}` has no description");
            keys.insert(key.clone());
        }
    }
    each_child(schema, &mut |_, child| described(child, keys));
}

fn used_keys(value: &Value, keys: &mut BTreeSet<String>) {
    if let Value::Object(entries) = value {
        keys.extend(entries.keys().cloned());
    }
    each_child(value, &mut |_, child| used_keys(child, keys));
}

/// Beside `$ref` a validator of draft 7 looks at nothing: only what people read may stand there.
#[test]
fn nothing_is_lost_beside_a_reference() {
    fn check(schema: &Value) {
        if let Value::Object(entries) = schema
            && entries.contains_key("$ref")
        {
            for key in entries.keys() {
                let seen = ["$ref", "description", "default", "examples"].contains(&key.as_str());
                assert!(seen, "`{key}` beside `$ref`: {schema}");
            }
        }
        each_child(schema, &mut |_, child| check(child));
    }
    check(&serde_json::from_str(&schema()).unwrap());
}

#[test]
fn an_unknown_key_is_refused_in_every_mapping() {
    let good = validate_one(every_key()).value;
    let mut paths = Vec::new();
    closed_mappings(&good, String::new(), &mut paths);
    assert!(paths.len() > 50, "{paths:?}");
    let with_unknown_key = |path: &String| {
        let mut bad = good.clone();
        bad.pointer_mut(path).unwrap()["unknwon"] = json!("x");
        (path.clone(), bad.to_string())
    };
    for (path, validated) in validate(&schema(), paths.iter().map(with_unknown_key)) {
        assert!(!validated.mistakes.is_empty(), "an unknown key at `{path}` is not refused");
    }
}

fn closed_mappings(value: &Value, path: String, paths: &mut Vec<String>) {
    each_child(value, &mut |key, child| {
        if !OPEN.contains(&key) {
            closed_mappings(child, format!("{path}/{key}"), paths);
        }
    });
    if value.is_object() {
        paths.push(path);
    }
}

fn each_child(value: &Value, each: &mut impl FnMut(&str, &Value)) {
    match value {
        Value::Object(entries) => entries.iter().for_each(|(key, child)| each(key, child)),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, child)| each(&index.to_string(), child));
        }
        _ => {}
    }
}

/// Good text, and what of it no longer is.
const CHANGES: &[(&str, &str)] = &[
    ("max_revocations: 10%", "max_revocations: 100.5%"),
    ("users: [\"*@example.com\", \"svc-?\"]", "users: []"),
    ("    users: [root-admin@example.com]\n", "    users: [[root-admin@example.com]]\n"),
    ("  - name: engineers-build\n", "  - name: \" \"\n"),
    ("members: {at_least: 2}", "members: {at_least: 0}"),
    ("members: {at_least: 2}", "members: {}"),
    ("\"012345678901\", 210000000001", "\"01234567890\""),
    ("\"pay-[!x]\"", "\"pay-[!]\""),
    ("/Workloads/**/Prod", "/Workloads//Prod"),
    ("/Workloads/**/Prod", "/Workloads/Prod/"),
    ("owner: true", "owner: null"),
    ("environment: [test, sandbox]", "environment: []"),
    ("until: 2027-01-01T00:00:00+01:00", "until: 2027-13-01T00:00:00Z"),
    ("    groups: Leads\n", "    groups: Leads\n    group_name: \"x-{account}\"\n"),
    ("    accounts: {name: bobs-*}\n", ""),
    (
        "    accounts: {name: bobs-*}\n",
        "    accounts: {name: bobs-*}\n    members: {at_least: 1}\n",
    ),
    ("    users: bob@example.com\n", ""),
    ("{tag.team}", "{team}"),
    ("account_tag: access/{group}", "account_tag: access"),
    ("    groups: team-*\n", ""),
    ("    groups: team-*\n", "    groups: team-*\n    users: bob@example.com\n"),
    ("    users: [{attributes: {user_type: External}}]\n", ""),
    ("    users: [{attributes: {user_type: External}}]\n", "    users: [{attributes: {}}]\n"),
    ("department: Platform", "departement: Platform"),
    ("  PowerUserAccess:\n", "  \"Power User Access\":\n"),
    ("session_duration: PT8H", "session_duration: PT13H"),
    ("session_duration: PT8H", "session_duration: PT59M"),
    ("session_duration: PT8H", "session_duration: PT3600S"),
    (
        "managed_policies: [arn:aws:iam::aws:policy/PowerUserAccess]",
        "managed_policies: [PowerUserAccess]",
    ),
    ("customer_managed_policies: {name: shared}", "customer_managed_policies: {path: /}"),
    ("{managed_policy: \"arn:aws:iam::aws:policy/ReadOnlyAccess\"}", "{}"),
    (
        "{customer_managed_policy: {name: boundary, path: /}}",
        "{customer_managed_policy: {name: a}, managed_policy: \"arn:aws:iam::aws:policy/ReadOnlyAccess\"}",
    ),
    ("inline_policy: '{\"Version\"", "inline_policy: '\"Version\""),
    (
        "organizational_unit: /Workloads/Prod\n      tags",
        "organizational_unit: /Workloads/*\n      tags",
    ),
    ("    group: Engineering\n", ""),
    ("    group: Engineering\n", "    group: Engineering\n    user: {user_name: bob}\n"),
    ("    expect: []\n", ""),
    ("    members: 2\n", "    members: -1\n"),
    ("    members: 2\n", "    members: {at_least: 2}\n"),
    ("    expect: []\n", "    members: 2\n    expect: []\n"),
    ("at: 2026-06-01T00:00:00Z", "at: 2026-06-01"),
];

#[test]
fn small_mistakes_are_seen_too() {
    let good = every_key();
    let changed = CHANGES.iter().map(|(from, to)| {
        assert!(good.contains(from), "`{from}` is not in the file");
        (format!("`{from}` as `{to}`"), good.replacen(from, to, 1))
    });
    for (name, Validated { mistakes, .. }) in validate(&schema(), changed) {
        assert!(!mistakes.is_empty(), "{name} is not refused");
        assert!(!mistakes.iter().any(|m| m.starts_with("not YAML")), "{name}: {mistakes:?}");
    }
}
