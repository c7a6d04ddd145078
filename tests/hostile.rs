//! Files that are made to take long: each is done with in time, and with little memory. Whoever may write
//! the rules, name a group or send a snapshot could otherwise stop the reconciler.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::support::{
    organization::{company, unit_id},
    usher::{Ended, Limits, Usher},
};

/// Far more than any of it takes, for slow machines and programs that are not optimized; far less than
/// what grows with the square of its input takes.
const LIMITS: Limits = Limits { seconds: 60, megabytes: 1024 };

const HEAD: &str = "version: 1\nmanage: {unlisted: revoke}\n";

fn within(usher: &Usher, arguments: &[&str]) -> Ended {
    usher.run_within(LIMITS, arguments)
}

/// What `usher check` says of a file that it refuses.
#[track_caller]
fn refused(text: &str, why: &str) {
    let usher = Usher::new().file("rules.yaml", text);
    let ended = within(&usher, &["check", "rules.yaml"]);
    assert_eq!(ended.code, 3, "{ended}");
    assert!(ended.stdout.contains(why), "{ended}");
    assert!(ended.stdout.len() < 200_000, "{} bytes are said", ended.stdout.len());
}

/// What a command says of a file that is right.
fn told(text: &str, organization: &Value, command: &[&str]) -> Ended {
    let usher = Usher::new().file("rules.yaml", text).file("org.json", organization.to_string());
    within(&usher, command)
}

const PLAN: &[&str] = &["plan", "--rules", "rules.yaml", "--org", "org.json"];
const CHECK: &[&str] = &["check", "rules.yaml", "--org", "org.json"];

fn rule(fields: &str) -> String {
    format!("{HEAD}rules:\n  - name: a\n    permission_sets: [P]\n{fields}")
}

fn rule_in(accounts: &str) -> String {
    rule(&format!("    groups: [G]\n    accounts: {accounts}\n"))
}

fn test_in(account: &str) -> String {
    let rule = rule_in("{all: true}");
    format!("{rule}tests:\n  - {{name: t, account: {account}, group: G, expect: [P]}}\n")
}

fn small() -> Value {
    let company = company().account("pay-prod", "/").group("G").permission_set("P");
    serde_json::to_value(company.0).unwrap()
}

#[test]
fn paths_of_many_stars_are_refused() {
    for number in [60, 1_000, 200_000] {
        let path = format!("/{}x", "**/".repeat(number));
        refused(&rule_in(&format!("{{organizational_unit: {path}}}")), "invalid-glob");
        refused(&rule_in(&format!("{{directly_in: {path}}}")), "invalid-glob");
    }
    let ten = rule_in("{organizational_unit: /**/a/**/**/a/**/**/a/**/x}");
    assert_eq!(told(&ten, &deep(8), PLAN).code, 0);
}

#[test]
fn paths_of_many_segments_are_refused() {
    let path = "/a".repeat(200_000);
    refused(&rule_in(&format!("{{organizational_unit: {path}}}")), "invalid-glob");
    refused(&test_in(&format!("{{organizational_unit: {path}}}")), "invalid-value");
}

/// The longest globs that there can be, against the longest names.
#[test]
fn globs_of_many_stars_are_matched_in_time() {
    let glob = format!("{}b", "*a".repeat(511));
    let mut organization = small();
    organization["accounts"][1]["name"] = json!("a".repeat(1024));
    let ended = told(&rule_in(&format!("{{name: \"{glob}\"}}")), &organization, PLAN);
    assert_eq!(ended.code, 0, "{ended}");
    refused(&rule_in(&format!("{{name: \"{}b\"}}", "*a".repeat(200_000))), "invalid-glob");
    refused(&test_in(&format!("{{tags: {{a: {}}}}}", "a".repeat(500_000))), "invalid-value");
}

#[test]
fn templates_of_many_placeholders_are_refused() {
    let fields = |template: &str| format!("    account_tag: \"{template}\"\n    groups: [\"*\"]\n");
    refused(&rule(&fields(&"{group}".repeat(80_000))), "invalid-template");
    let name = format!("    group_name: \"{}\"\n", "{account}".repeat(80_000));
    refused(&rule(&name), "invalid-template");
    // As long as it may be, for names as long as they may be.
    let mut organization = small();
    let group = |number: usize| {
        let id = format!("00000000-0000-4000-8000-{number:012}");
        json!({"id": id, "display_name": format!("{}{number}", "g".repeat(1_000))})
    };
    organization["groups"] = (0..2_000).map(group).collect();
    let ended = told(&rule(&fields(&"{group}".repeat(128))), &organization, PLAN);
    assert_eq!(ended.code, 0, "{ended}");
}

#[test]
fn texts_of_a_megabyte_are_refused_in_few_words() {
    let long = "x".repeat(400_000);
    refused(&rule_in(&format!("{{name: {long}}}")), "invalid-glob");
    refused(&rule_in(&format!("{{id: {long}}}")), "invalid-id");
    refused(&rule_in(&format!("{{? {long} : x}}")), "unknown-field");
    let mut fields = format!("{HEAD}rules:\n  - name: {long}\n");
    for number in 0..20_000 {
        writeln!(fields, "    field-{number}: x").unwrap();
    }
    refused(&fields, "too-many-mistakes");
}

#[test]
fn very_many_mistakes_are_told_in_time() {
    let of = |entry: &dyn Fn(usize) -> String| {
        let entries: String = (0..10_000).map(entry).collect();
        format!("{HEAD}rules:\n{entries}")
    };
    refused(&of(&|number| format!("  - nam: x{number}\n")), "too-many-mistakes");
    refused(&of(&|_| "  - name: the-same\n".to_owned()), "too-many-mistakes");
    refused(&of(&|number| format!("  - !tag{number} x\n")), "too-many-mistakes");
    // On one line.
    let entries = "{nam: x}, ".repeat(10_000);
    refused(&format!("{HEAD}rules: [{entries}]\n"), "too-many-mistakes");
}

#[test]
fn yaml_that_grows_is_refused() {
    let mut bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n".to_owned();
    for level in 1..9 {
        let aliases = vec![format!("*a{}", level - 1); 9].join(",");
        writeln!(bomb, "a{level}: &a{level} [{aliases}]").unwrap();
    }
    refused(&bomb, "invalid-yaml");
    for nested in ["[", "- ", "{a: ", "!a [", "? "] {
        refused(&nested.repeat(200_000), "invalid-yaml");
    }
}

fn rules_and_tests(rules: usize, tests: usize, expected: &str) -> String {
    let mut text = format!("{HEAD}rules:\n");
    for number in 0..rules {
        write!(text, "  - name: rule-{number}\n    description: {}\n", "x".repeat(120)).unwrap();
        writeln!(text, "    permission_sets: [P{number}]\n    groups: [g{number}]").unwrap();
        writeln!(text, "    accounts: {{all: true}}").unwrap();
    }
    writeln!(text, "tests:").unwrap();
    for number in 0..tests {
        let expect = format!("{expected}{number}");
        writeln!(
            text,
            "  - {{name: t{number}, account: {{}}, group: g{number}, expect: {expect}}}"
        )
        .unwrap();
    }
    text
}

#[test]
fn many_tests_of_many_rules_are_run_in_time() {
    let usher = Usher::new()
        .file("passing.yaml", rules_and_tests(1_000, 50, "P"))
        .file("failing.yaml", rules_and_tests(1_000, 50, "Q"));
    let passing = within(&usher, &["test", "passing.yaml"]);
    assert!(passing.stdout.contains("50 passed, 0 failed"), "{passing}");
    let failing = within(&usher, &["test", "failing.yaml"]);
    assert!(failing.stdout.contains("0 passed, 50 failed"), "{failing}");
}

#[test]
fn names_that_match_nothing_are_told_in_time() {
    let mut organization = small();
    let group = |number: usize| {
        let id = format!("00000000-0000-4000-8000-{number:012}");
        json!({"id": id, "display_name": format!("team-with-a-name-{number:05}")})
    };
    organization["groups"] = (0..2_000).map(group).collect();
    let unknown = |number: usize| format!("team-with-no-name-{number:05}");
    let names: Vec<String> = (0..5_000).map(unknown).collect();
    for names in [names.join(","), format!("\n      - {}\n      -", names.join("\n      - "))] {
        let names = names.trim_end_matches("\n      -");
        let groups = if names.starts_with('\n') { names.to_owned() } else { format!("[{names}]") };
        let text = rule(&format!("    groups: {groups}\n    accounts: {{all: true}}\n"));
        let ended = told(&text, &organization, CHECK);
        assert_eq!(ended.code, 0, "{}", ended.code);
        assert!(ended.stdout.contains("4900 more warnings are not shown"), "{ended}");
        assert!(ended.stdout.contains("a group with a similar name exists"), "{ended}");
    }
}

#[test]
fn rules_that_never_covers_are_told_in_time() {
    let names: Vec<String> = (0..15_000).map(|number| format!("team-{number}")).collect();
    let names = names.join(", ");
    let text = rule(&format!("    groups: [{names}]\n    accounts: {{all: true}}\n"));
    let text = format!("{text}never:\n  - name: n\n    groups: [{names}]\n");
    assert_eq!(told(&text, &small(), CHECK).code, 0);
}

/// Organizational units, each in the one before it, and an account in the last.
fn deep(number: usize) -> Value {
    let mut organization = small();
    let id = |number: usize| format!("ou-b0b5-{number:08}");
    let mut parent = unit_id("/").to_string();
    let mut units = organization["organizational_units"].as_array().unwrap().clone();
    for number in 0..number {
        units.push(json!({"id": id(number), "name": "a", "parent_id": parent, "tags": {}}));
        parent = id(number);
    }
    organization["accounts"][1]["parent_id"] = json!(parent);
    organization["organizational_units"] = json!(units);
    organization
}

#[test]
fn units_deeper_than_any_are_as_good_as_not_read() {
    let ended = told(&rule_in("{organizational_unit: /x}"), &deep(30_000), PLAN);
    assert_eq!(ended.code, 0, "{ended}");
    assert!(ended.stderr.contains("29990 organizational units are deeper"), "{ended}");
    assert!(ended.stdout.contains("Not read: organizational_units of account"), "{ended}");
    let ended = told(&rule_in("{organizational_unit: /x}"), &deep(10), PLAN);
    assert!(!ended.stderr.contains("deeper") && !ended.stdout.contains("Not read"), "{ended}");
}

#[test]
fn units_in_a_circle_are_refused() {
    let mut organization = deep(5_000);
    organization["organizational_units"][1]["parent_id"] = json!("ou-b0b5-00004999");
    let ended = told(&rule_in("{organizational_unit: /x}"), &organization, PLAN);
    assert_eq!(ended.code, 1, "{ended}");
    assert!(ended.stderr.contains("is above itself"), "{ended}");
}

/// Whoever may name a group writes no line of a plan.
#[test]
fn foreign_names_stay_on_their_lines() {
    let mut organization = small();
    let name = "G\n    + AdministratorAccess  group Harmless\u{1b}[8m\u{202e}";
    organization["groups"][0]["display_name"] = json!(name);
    organization["accounts"][1]["name"] = json!("pay\rprod");
    let account = organization["accounts"][1]["id"].as_str().unwrap().to_owned();
    let text = rule("    groups: [\"G*\"]\n    accounts: {all: true}\n");
    let shown = r"G\n    + AdministratorAccess  group Harmless\u{1b}[8m\u{202e}";
    let plan = told(&text, &organization, PLAN);
    assert!(plan.stdout.contains(shown) && plan.stdout.contains(r"/pay\rprod"), "{plan}");
    let explain = ["explain", "--rules", "rules.yaml", "--org", "org.json", "--account", &account];
    let text = text.replace("G*", "X*");
    let explained = told(&text, &organization, &[&explain[..], &["--group", name]].concat());
    assert!(explained.stdout.contains(shown), "{explained}");
    let unknown = told(&text, &organization, &[&explain[..], &["--group", "x\ny"]].concat());
    assert!(unknown.stderr.contains(r"`x\ny`"), "{unknown}");
    for ended in [plan, explained, unknown] {
        assert!(!ended.to_string().contains(['\u{1b}', '\u{202e}', '\r']), "{ended:?}");
        assert!(!ended.stdout.contains("\n    + AdministratorAccess"), "{ended}");
    }
}
