//! Commands as users type them: exit code, stdout and stderr together.

use std::collections::BTreeSet;

use insta::{assert_snapshot, with_settings};
use local::{Local, Settings, bobs_organization};
use serde_json::{Value, json};
use shared::organization::{DelegatedAdministrator, Organization, Unread};

use crate::support::{
    events::api_call,
    organization::{Company, account_id, company, permission_set_arn, unit_id},
    usher::{Ended, Usher},
};

const RULES: &str = "version: 1
manage: {unlisted: revoke}
rules:
  - name: engineers-build
    permission_sets: [PowerUserAccess]
    groups: [Engineering]
    accounts: {tags: {environment: test}}
";

fn bobs_company() -> Company {
    company()
        .unit("/Workloads")
        .account("shop-test", "/Workloads")
        .tagged("environment", "test")
        .group("Engineering")
        .permission_set("PowerUserAccess")
        .permission_set("ViewOnlyAccess")
}

fn snapshot_of(organization: &Organization) -> String {
    serde_json::to_string_pretty(organization).unwrap()
}

fn usher(rules: &str, Company(organization): &Company) -> Usher {
    Usher::new().file("rules.yaml", rules).file("org.json", snapshot_of(organization))
}

#[test]
fn check_of_a_file_without_mistakes() {
    assert_snapshot!(usher(RULES, &bobs_company()).run(&["check", "rules.yaml"]));
}

#[test]
fn a_snapshot_with_slips_is_doubted() {
    let mut snapshot = json!(bobs_company().0);
    snapshot["accounts"][0]["state"] = json!("active");
    snapshot["accounts"][0]["parent_id"] = json!("ou-ab12-zzzzzzzz");
    snapshot["users"] = json!([{
        "id": "22222222-2222-2222-2222-222222222222",
        "user_name": "mary",
        "attributes": {"costCenter": "7", "shoe_size": "38"},
    }]);
    snapshot["organization"]["management_account_id"] = json!("999999999999");
    snapshot["gaps"] = json!([{"what": "group", "reason": "by hand"}]);
    let usher = Usher::new().file("rules.yaml", RULES).file("org.json", snapshot.to_string());
    assert_snapshot!(usher.run(&["check", "rules.yaml", "--org", "org.json"]));
}

#[test]
fn a_snapshot_that_contradicts_itself_is_refused() {
    let mut snapshot = json!(bobs_company().0);
    let accounts = snapshot["accounts"].as_array_mut().unwrap();
    accounts.push(accounts[0].clone());
    let units = snapshot["organizational_units"].as_array_mut().unwrap();
    let unit = units.iter_mut().find(|unit| !unit["parent_id"].is_null()).unwrap();
    unit["parent_id"] = unit["id"].clone();
    let usher = Usher::new().file("rules.yaml", RULES).file("org.json", snapshot.to_string());
    assert_snapshot!(usher.run(&["check", "rules.yaml", "--org", "org.json"]));
}

/// An assignment's keys are known too: a misspelt one would otherwise make it another's.
#[test]
fn a_snapshot_with_an_unknown_key_is_refused() {
    let mut snapshot = json!(bobs_company().0);
    snapshot["assignments"] = json!([{
        "account_id": "111111111111",
        "permission_set_arn": "arn:aws:sso:::permissionSet/ssoins-1111111111111111/ps-1111111111111111",
        "principal_type": "GROUP",
        "principal_id": "11111111-1111-1111-1111-111111111111",
        "permission_set": "ViewOnlyAccess",
    }]);
    let usher = Usher::new().file("rules.yaml", RULES).file("org.json", snapshot.to_string());
    assert_snapshot!(usher.run(&["check", "rules.yaml", "--org", "org.json"]));
}

#[test]
fn check_says_every_mistake_and_exits_with_3() {
    let rules = RULES.replace("groups:", "group:").replace("revoke", "remove");
    assert_snapshot!(usher(&rules, &bobs_company()).run(&["check", "rules.yaml"]));
}

#[test]
fn check_as_json() {
    let rules = RULES.replace("groups:", "group:");
    assert_snapshot!(usher(&rules, &bobs_company()).run(&[
        "check",
        "rules.yaml",
        "--format",
        "json"
    ]));
}

/// For GitHub code scanning: relative to the repository, with every place that explains a mistake.
#[test]
fn check_as_sarif() {
    let rules = format!("{RULES}    groups: [Auditors]\n").replace("unlisted", "unlsted");
    let usher = Usher::new().file("Zürich 1.yaml", rules);
    let ended = usher.run(&["check", "./Zürich 1.yaml", "--format", "sarif"]);
    with_settings!({filters => vec![(env!("CARGO_PKG_VERSION"), "[version]")]}, {
        assert_snapshot!(ended);
    });
}

#[test]
fn check_as_json_has_every_place_of_a_mistake() {
    let rules = format!("{RULES}    groups: [Auditors]\n");
    assert_snapshot!(usher(&rules, &bobs_company()).run(&[
        "check",
        "rules.yaml",
        "--format",
        "json"
    ]));
}

/// A file in another encoding is a mistake like any other, and has a place.
#[test]
fn check_of_a_file_that_is_not_utf_8() {
    let latin_1: Vec<u8> = b"# caf\xe9\n".iter().chain(RULES.as_bytes()).copied().collect();
    let utf_16 = RULES.encode_utf16().flat_map(u16::to_le_bytes);
    let utf_16: Vec<u8> = [0xFF, 0xFE].into_iter().chain(utf_16).collect();
    let usher = Usher::new().file("latin-1.yaml", latin_1).file("utf-16.yaml", utf_16);
    let ends = [
        usher.run(&["check", "latin-1.yaml"]),
        usher.run(&["check", "utf-16.yaml"]),
        usher.run(&["check", "latin-1.yaml", "--format", "json"]),
        usher.run(&["check", "latin-1.yaml", "--format", "sarif"]),
    ];
    with_settings!({filters => vec![(env!("CARGO_PKG_VERSION"), "[version]")]}, {
        assert_snapshot!(ends.map(|end| end.to_string()).join("\n"));
    });
}

#[test]
fn check_with_an_organization_says_what_matches_nothing() {
    let rules = RULES.replace("Engineering", "Enginering");
    assert_snapshot!(usher(&rules, &bobs_company()).run(&[
        "check",
        "rules.yaml",
        "--org",
        "org.json"
    ]));
}

#[test]
fn plan_with_changes_exits_with_2() {
    let company = bobs_company().assigned("ViewOnlyAccess", "Engineering", "shop-test");
    assert_snapshot!(usher(RULES, &company).run(&[
        "plan",
        "--rules",
        "rules.yaml",
        "--org",
        "org.json"
    ]));
}

#[test]
fn plan_without_changes_exits_with_0() {
    let company = bobs_company().assigned("PowerUserAccess", "Engineering", "shop-test");
    assert_snapshot!(usher(RULES, &company).run(&[
        "plan",
        "--rules",
        "rules.yaml",
        "--org",
        "org.json"
    ]));
}

#[test]
fn plan_as_json_keeps_stdout_for_the_plan() {
    let rules = RULES.replace("[Engineering]", "[Engineering, Nobody]");
    let arguments = ["plan", "--rules", "rules.yaml", "--org", "org.json", "--format", "json"];
    assert_snapshot!(usher(&rules, &bobs_company()).run(&arguments));
}

#[test]
fn plan_with_invalid_rules_exits_with_3_and_prints_no_plan() {
    let rules = RULES.replace("version: 1", "version: one");
    assert_snapshot!(usher(&rules, &bobs_company()).run(&[
        "plan",
        "--rules",
        "rules.yaml",
        "--org",
        "org.json"
    ]));
}

#[test]
fn files_that_cannot_be_read_are_named() {
    let usher = usher(RULES, &bobs_company())
        .file("binary.yaml", b"version: 1\n\xff")
        .file("bad.json", "{\"a\": 1}");
    let ends = [
        usher.run(&["check", "nothing.yaml"]),
        usher.run(&["check", "binary.yaml"]),
        usher.run(&["plan", "--rules", "rules.yaml", "--org", "bad.json"]),
    ];
    assert_snapshot!(ends.map(|end| end.to_string()).join("\n"));
}

#[test]
fn a_command_line_that_is_not_understood_fails() {
    assert_snapshot!(usher(RULES, &bobs_company()).run(&["plan", "--rulez", "rules.yaml"]));
}

/// Without `--org`, AWS itself is read: what is planned is what is planned for its snapshot.
#[tokio::test(flavor = "multi_thread")]
async fn plan_reads_aws() {
    let rules = RULES.replace("test}", "[test, production]}");
    let settings = Settings { page_size: Some(3), empty_pages: true, ..Settings::default() };
    let local = Local::start(bobs_organization(), settings).await.unwrap();
    let usher = Usher::new()
        .file("rules.yaml", &rules)
        .file("org.json", snapshot_of(&local.organization()))
        .aws_at(local.endpoint());
    let changes = |arguments: &[&str]| -> serde_json::Value {
        let ended = usher.run(arguments);
        assert_eq!(ended.code, 2, "{ended}");
        let mut plan: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
        plan["changes"].take()
    };
    let live = changes(&["plan", "--rules", "rules.yaml", "--format", "json"]);
    let offline =
        changes(&["plan", "--rules", "rules.yaml", "--org", "org.json", "--format", "json"]);
    assert_eq!(live, offline);
    assert_eq!(live.as_array().map(Vec::len), Some(8));
}

/// `usher check rules.yaml | head -1`: the exit code is an answer too.
#[test]
fn an_exit_code_does_not_depend_on_somebody_listening() {
    let rules = RULES.replace("groups:", "group:");
    assert_eq!(usher(&rules, &bobs_company()).run_unheard(&["check", "rules.yaml"]), 3);
    let arguments = ["plan", "--rules", "rules.yaml", "--org", "org.json"];
    assert_eq!(usher(RULES, &bobs_company()).run_unheard(&arguments), 2);
}

/// A company's laptop sends everything through a proxy. The demo stays on localhost all the same.
#[test]
fn the_demo_asks_no_proxy() {
    let nowhere = "http://127.0.0.1:9".to_owned();
    let ended =
        Usher::new().with("HTTP_PROXY", nowhere.clone()).with("http_proxy", nowhere).run(&["demo"]);
    assert_eq!(ended.code, 0, "{ended}");
}

/// Bob's day from the first line to the last; only ids, times and counts of milliseconds differ from run to run.
#[test]
fn demo() {
    let ended = Usher::new().run(&["demo"]);
    with_settings!({filters => vec![
        (r"group [0-9a-f-]{36}", "group [id]"),
        (r"\b\d{12}\b", "[account]"),
        (r"observed \d\d:\d\d UTC", "observed [time] UTC"),
        (r"\d+ calls? to AWS, \d+ ms", "[cost]"),
    ]}, { assert_snapshot!(ended) });
}

const TESTED: &str = "
tests:
  - name: engineers build in test accounts
    account: {name: shop-test, tags: {environment: test}}
    group: Engineering
    expect: [PowerUserAccess]
";

/// What the file promises, and does not keep.
const BROKEN_PROMISES: &str = "  - name: engineers build in production too
    account: {name: shop-prod, tags: {environment: production}}
    group: Engineering
    expect: [PowerUserAccess]
  - name: nobody who is in Engineering may build
    account: {name: shop-test, tags: {environment: test}}
    user: {user_name: bob@example.com, groups: [Engineering]}
    expect: []
";

#[test]
fn a_file_without_tests_is_told_how_to_write_one() {
    let ended = usher(RULES, &bobs_company()).run(&["test", "rules.yaml"]);
    assert_snapshot!(ended);
    // What is shown is a test of the very language.
    let (_, shown) = ended.stdout.split_once("tests:").unwrap();
    let with_it = format!("{RULES}tests:{shown}");
    let ended = usher(&with_it, &bobs_company()).run(&["test", "rules.yaml"]);
    assert!(ended.code == 0 && ended.stdout.contains("1 passed"), "{ended}");
}

#[test]
fn tests_that_pass_exit_with_0() {
    let rules = format!("{RULES}{TESTED}");
    assert_snapshot!(usher(&rules, &bobs_company()).run(&["test", "rules.yaml"]));
}

#[test]
fn tests_that_fail_say_why_and_exit_with_1() {
    let rules = format!("{RULES}{TESTED}{BROKEN_PROMISES}");
    assert_snapshot!(usher(&rules, &bobs_company()).run(&["test", "rules.yaml"]));
}

/// Why a test failed is said by a rule for the principal, if there is one; what `protect` holds is said so.
#[test]
fn tests_that_fail_name_the_rule_that_is_meant() {
    let rules = "version: 1
manage: {unlisted: revoke, users: true}
protect: [{groups: break-glass}]
rules:
  - {name: auditors, permission_sets: View, groups: Auditors, accounts: {name: pay-*}}
  - {name: engineers, permission_sets: View, groups: [Engineering, break-glass], accounts: {name: shop-*}}
  - {name: leads, permission_sets: Lead, groups: Leads, users: [{attributes: {title: Lead *}}], accounts: {name: shop-*}}
tests:
  - {name: an engineer, account: {name: pay-prod}, group: Engineering, expect: View}
  - {name: an auditor, account: {name: shop-prod}, group: Auditors, expect: View}
  - {name: a seller, account: {name: shop-prod}, group: Sales, expect: View}
  - {name: an administrator, account: {name: shop-prod}, group: Engineering, expect: [View, Admin]}
  - {name: an emergency, account: {name: shop-prod}, group: break-glass, expect: View}
  - {name: a lead, account: {name: shop-prod}, user: {user_name: mary, attributes: {title: Chef}}, expect: Lead}
";
    let ended = usher(rules, &bobs_company()).run(&["test", "rules.yaml", "--format", "json"]);
    let told: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    let why: Vec<&str> = told["tests"]
        .as_array()
        .unwrap()
        .iter()
        .map(|test| test["why"].as_str().unwrap())
        .collect();
    assert_snapshot!(why.join("\n"));
}

/// Nobody has to be made up for it: a group of a test is as large as it has to be.
#[test]
fn tests_have_enough_members_for_any_rule() {
    let rules =
        RULES.replace("    accounts", "    members: {at_least: 9000000000000}\n    accounts");
    let few = "  - name: a few engineers do not
    account: {name: shop-test, tags: {environment: test}}
    group: Engineering
    members: 8999999999999
    expect: []
  - name: whoever is in such a group does
    account: {name: shop-test, tags: {environment: test}}
    user: {user_name: bob@example.com, groups: [Engineering]}
    expect: [PowerUserAccess]
";
    let usher = usher(&format!("{rules}{TESTED}{few}"), &bobs_company());
    let ended = usher.run(&["test", "rules.yaml"]);
    assert_eq!(ended.code, 0, "{ended}");
    assert!(ended.stdout.contains("3 passed"), "{ended}");
}

#[test]
fn tests_as_json() {
    let rules = format!("{RULES}{TESTED}{BROKEN_PROMISES}");
    let usher = usher(&rules, &bobs_company());
    assert_snapshot!(usher.run(&["test", "rules.yaml", "--format", "json"]));
}

#[test]
fn tests_of_invalid_rules_are_not_run() {
    let rules = format!("{RULES}{TESTED}").replace("expect:", "expects:");
    assert_snapshot!(usher(&rules, &bobs_company()).run(&["test", "rules.yaml"]));
}

/// Rules that refuse by every kind of key.
const MANY_RULES: &str = "version: 1
manage: {unlisted: revoke}
protect:
  - groups: [break-glass-*]
rules:
  - name: engineers-build
    permission_sets: [PowerUserAccess]
    groups: [Engineering]
    accounts: {tags: {environment: test}}
  - name: production-is-looked-at
    permission_sets: [ViewOnlyAccess]
    groups: [Engineering]
    accounts:
      organizational_unit: /Workloads/Prod
      not: {name: shop-*}
  - name: one-of-two
    permission_sets: [ViewOnlyAccess]
    groups: [Auditors]
    accounts:
      - tags: {team: audit}
      - not: {tags: {environment: test}}
  - name: auditors-look
    permission_sets: [ViewOnlyAccess]
    groups: [Auditors]
    members: {at_least: 2}
    accounts: {all: true}
  - name: platform-leads
    permission_sets: [ViewOnlyAccess]
    users: [{in_group: Auditors, attributes: {title: Lead *}}]
    accounts: {all: true}
  - name: by-name
    group_name: \"aws-{account}-{permission_set}\"
    permission_sets: [ViewOnlyAccess]
  - name: by-tag
    account_tag: access/{group}
    groups: [\"*\"]
    permission_sets: [ViewOnlyAccess]
  - name: later
    permission_sets: [ViewOnlyAccess]
    groups: [\"*\"]
    accounts: {all: true}
    from: 2999-01-01T00:00:00Z
never:
  - name: auditors-never-build
    permission_sets: [PowerUserAccess]
    groups: [Auditors]
";

fn many_people() -> Company {
    bobs_company()
        .group("Auditors")
        .group("break-glass-admins")
        .user("bob@example.com")
        .with("title", "Engineer")
        .member("bob@example.com", "Engineering")
        .member("bob@example.com", "Auditors")
        .user("eve@example.com")
        .assigned("PowerUserAccess", "Auditors", "shop-test")
        .assigned("ViewOnlyAccess", "Engineering", "shop-test")
        .assigned("PowerUserAccess", "break-glass-admins", "shop-test")
        .assigned_to("ViewOnlyAccess", "eve@example.com", "shop-test")
}

/// Only what time it is differs from run to run.
fn explain(company: &Company, whom: &[&str]) -> String {
    let arguments = ["explain", "--rules", "rules.yaml", "--org", "org.json"];
    let ended = usher(MANY_RULES, company).run(&[&arguments, whom].concat()).to_string();
    let lines = ended.lines().map(|line| match line.split_once("2999-01-01T00:00:00Z, met ") {
        Some((before, _)) => format!("{before}2999-01-01T00:00:00Z, met [now]"),
        None if line.contains("\"met\": \"20") => {
            line.split_once("20").unwrap().0.to_owned() + "[now]\","
        }
        None => line.to_owned(),
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn explain_a_group_that_is_granted() {
    let whom = ["--account", "shop-test", "--group", "Engineering"];
    assert_snapshot!(explain(&many_people(), &whom));
}

#[test]
fn explain_a_group_that_every_rule_refuses() {
    let whom = ["--account", "shop-test", "--group", "Auditors"];
    assert_snapshot!(explain(&many_people(), &whom));
}

#[test]
fn explain_a_user_who_has_access_through_groups() {
    let whom = ["--account", "shop-test", "--user", "bob@example.com"];
    assert_snapshot!(explain(&many_people(), &whom));
}

#[test]
fn explain_what_is_protected_and_what_is_not_managed() {
    let group = ["--account", "shop-test", "--group", "break-glass-admins"];
    let user = ["--account", "shop-test", "--user", "eve@example.com"];
    let ends = [explain(&many_people(), &group), explain(&many_people(), &user)];
    assert_snapshot!(ends.join("\n"));
}

#[test]
fn explain_the_management_account() {
    let Company(mut organization) = many_people();
    organization.accounts[0].tags.insert("environment".to_owned(), "test".to_owned());
    let whom = ["--account", "management", "--group", "Engineering"];
    assert_snapshot!(explain(&Company(organization), &whom));
}

#[test]
fn explain_names_what_is_near_and_accounts_of_one_name() {
    let company = many_people().account("shop-prod", "/Workloads");
    let Company(mut organization) = company.account("shop-prod-2", "/Workloads");
    organization.accounts.last_mut().unwrap().name = "shop-prod".to_owned();
    let company = Company(organization);
    let ends = [
        ["--account", "shop-tset", "--group", "Engineering"],
        ["--account", "shop-test", "--group", "Enginering"],
        ["--account", "shop-test", "--user", "bob@example.org"],
        ["--account", "shop-test", "--user", "zzz"],
        ["--account", "shop-test", "--user", "bob"],
        ["--account", "shop-tset", "--user", "bob"],
        ["--account", "shop-tset", "--group", "Engin"],
        ["--account", "shop-prod", "--group", "Engineering"],
    ]
    .map(|whom| explain(&company, &whom));
    assert_snapshot!(ends.join("\n"));
}

/// What a delegated administrator may not change is not said to be about to change.
#[test]
fn explain_what_only_the_management_account_may_change() {
    let whom = ["--account", "shop-test", "--group", "Engineering"];
    let Company(mut organization) = many_people();
    organization.delegated_administrator = Some(DelegatedAdministrator {
        account_id: account_id("shop-test"),
        permission_sets_of_management: ["PowerUserAccess", "ViewOnlyAccess"]
            .map(permission_set_arn)
            .into(),
    });
    assert_snapshot!(explain(&Company(organization), &whom));
}

/// Neither account alone is over the limit; the organization is, and so neither loses anything.
#[test]
fn explain_a_revocation_that_is_held() {
    let company = bobs_company()
        .account("shop-prod", "/Workloads")
        .assigned("ViewOnlyAccess", "Engineering", "shop-test")
        .assigned("ViewOnlyAccess", "Engineering", "shop-prod");
    let files = ["--rules", "rules.yaml", "--org", "org.json"];
    let whom = ["--account", "shop-test", "--group", "Engineering"];
    let ends = ["1", "10%", "2"].map(|limit| {
        let limit = format!("unlisted: revoke, max_revocations: {limit}");
        let usher = usher(&RULES.replace("unlisted: revoke", &limit), &company);
        let plan = usher.run(&[&["plan"], &files[..]].concat());
        let explanation = usher.run(&[&["explain"], &files[..], &whom].concat());
        assert_eq!(plan.stdout.contains("(held)"), explanation.stdout.contains("(held)"), "{plan}");
        explanation.to_string()
    });
    assert_snapshot!(ends.join("\n"));
}

/// What was not read is said before what follows from it.
#[test]
fn explain_what_was_not_read() {
    let company = many_people().gap(Unread::Assignments, Some("shop-test"));
    let Company(mut organization) = company;
    organization.assignments.clear();
    let company = Company(organization);
    let engineers = ["--account", "shop-test", "--group", "Engineering"];
    let auditors = ["--account", "shop-test", "--group", "Auditors"];
    let members = Company(Organization { memberships: Vec::new(), ..many_people().0 });
    let members = members.gap(Unread::Memberships, None);
    let bob = ["--account", "shop-test", "--user", "bob@example.com"];
    let ends =
        [explain(&company, &engineers), explain(&company, &auditors), explain(&members, &bob)];
    assert_snapshot!(ends.join("\n"));
}

/// Whether `protect` holds it hangs on a tag that was not read: so it stays, and not because it is protected.
#[test]
fn explain_what_may_be_protected() {
    let protect = "protect: [{groups: Auditors, accounts: {tags: {tier: core}}}]\nrules:";
    let company = many_people().gap(Unread::Tags, Some("shop-test"));
    let ended = usher(&RULES.replace("rules:", protect), &company).run(&[
        "explain",
        "--rules",
        "rules.yaml",
        "--org",
        "org.json",
        "--account",
        "shop-test",
        "--group",
        "Auditors",
    ]);
    assert_snapshot!(ended);
}

/// All that a `not` asks for has to hold, so all of it is told.
#[test]
fn explain_a_not_of_several_keys() {
    let excluding = |what: &str| RULES.replace("{tags: {environment: test}}", what);
    let usher = |what: &str| usher(&excluding(what), &bobs_company());
    let arguments = [
        "explain",
        "--rules",
        "rules.yaml",
        "--org",
        "org.json",
        "--account",
        "shop-test",
        "--group",
        "Engineering",
    ];
    let ends = [
        "{not: {name: shop-*, tags: {environment: [test, dev], owner: false}}}",
        "{not: [{name: pay-*}, {organizational_unit: /, not: {tags: {environment: prod}}}]}",
        "{not: {not: {tags: {environment: prod}}}}",
    ]
    .map(|what| usher(what).run(&arguments).to_string());
    assert_snapshot!(ends.join("\n"));
}

#[test]
fn explain_as_json() {
    let whom = ["--account", "shop-test", "--user", "bob@example.com", "--format", "json"];
    assert_snapshot!(explain(&many_people(), &whom));
}

#[test]
fn simulate_a_move_and_an_event_that_is_ignored() {
    let arguments =
        ["simulate", "--rules", "rules.yaml", "--org", "org.json", "move.json", "read.json"];
    assert_snapshot!(with_events().run(&arguments));
}

#[test]
fn simulate_as_json_is_a_line_an_event() {
    let arguments =
        ["simulate", "--rules", "rules.yaml", "--org", "org.json", "move.json", "read.json"];
    let ended = with_events().run(&[&arguments[..], &["--format", "json"]].concat());
    let lines = ended.stdout.lines().map(|line| serde_json::from_str(line).unwrap());
    let lines: Vec<serde_json::Value> = lines.collect();
    for line in &lines {
        let keys: BTreeSet<&str> = line.as_object().unwrap().keys().map(String::as_str).collect();
        let wanted = ["event", "file", "function", "ignored", "plan", "scope"];
        assert_eq!(keys, wanted.into());
    }
    assert_eq!(lines.len(), 2);
    assert_snapshot!(ended);
}

/// What `usher local --events` writes, or somebody has collected.
#[test]
fn simulate_takes_several_events_from_a_file() {
    let usher = with_events();
    let files = ["--rules", "rules.yaml", "--org", "org.json"];
    let run = |usher: &Usher, files_and_events: &[&str]| {
        usher.run(&[&["simulate"], &files[..], files_and_events].concat())
    };
    let apart = run(&usher, &["move.json", "read.json", "--format", "json"]);
    let [moved, read] = ["move.json", "read.json"].map(|name| usher.read(name));
    let usher =
        usher.file("events.jsonl", format!("{}\n{}\n", on_one_line(&moved), on_one_line(&read)));
    let usher = usher.file("events.json", format!("[{moved},{read}]")).file("none.jsonl", "");
    for file in ["events.jsonl", "events.json"] {
        let ended = run(&usher, &[file, "--format", "json"]);
        let lines = |ended: &Ended| -> Vec<Value> {
            ended.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
        };
        let (together, apart) = (lines(&ended), lines(&apart));
        assert_eq!(together.len(), 2, "{ended}");
        for (number, (mut one, mut alone)) in (1..).zip(together.into_iter().zip(apart)) {
            assert_eq!((&one["file"], &one["number"]), (&json!(file), &json!(number)));
            for line in [&mut one, &mut alone] {
                line.as_object_mut().unwrap().retain(|key, _| key != "file" && key != "number");
            }
            assert_eq!(one, alone);
        }
    }
    let text = run(&usher, &["events.jsonl"]);
    for title in ["events.jsonl, event 1: MoveAccount", "events.jsonl, event 2: ListAccounts"] {
        assert!(text.stdout.contains(title), "{text}");
    }
    let none = run(&usher, &["none.jsonl"]);
    assert_eq!((none.code, none.stdout.as_str()), (1, ""), "{none}");
    assert!(none.stderr.contains("`none.jsonl` is not JSON"), "{none}");
}

fn on_one_line(json: &str) -> String {
    serde_json::from_str::<Value>(json).unwrap().to_string()
}

/// As `explain --account` does.
#[test]
fn plan_only_for_accounts_by_name() {
    let usher = usher(RULES, &bobs_company());
    let plan = |only: &[&str]| {
        let only: Vec<&str> = only.iter().flat_map(|account| ["--only", *account]).collect();
        let arguments = ["plan", "--rules", "rules.yaml", "--org", "org.json"];
        usher.run(&[&arguments[..], &only].concat())
    };
    let id = account_id("shop-test");
    let by_name = plan(&["shop-test"]);
    assert_eq!(by_name.code, 2, "{by_name}");
    assert_eq!(by_name.stdout, plan(&[id.as_str()]).stdout);
    let unknown = plan(&["shop-test", "shop-tst"]);
    assert_eq!(unknown.code, 1, "{unknown}");
    assert!(
        unknown.stderr.contains("no account is called `shop-tst`; `shop-test` is near"),
        "{unknown}"
    );
}

/// What the schedules put on the lane are no events, and lead somewhere all the same.
#[test]
fn simulate_takes_what_the_schedules_send() {
    let sent = |scope: &str| format!("{{\"scope\": {scope}, \"cause\": {{\"event\": \"Tick\"}}}}");
    let usher = with_events().file("tick.json", sent("{\"tick\": true}"));
    let usher = usher.file("sweep.json", sent("{\"everything\": true}"));
    let arguments =
        ["simulate", "--rules", "rules.yaml", "--org", "org.json", "tick.json", "sweep.json"];
    let ended = usher.run(&[&arguments[..], &["--format", "json"]].concat());
    let lines = ended.stdout.lines().map(|line| serde_json::from_str(line).unwrap());
    let [tick, sweep]: [serde_json::Value; 2] = lines.collect::<Vec<_>>().try_into().unwrap();
    assert_eq!((&tick["function"], &tick["event"]["name"]), (&"reconciler".into(), &"Tick".into()));
    assert_eq!(tick["scope"]["tick"], true);
    // No rule of the file begins or ends, and few accounts have their turn in any one hour.
    let changes = |line: &serde_json::Value| line["plan"]["changes"].as_array().unwrap().len();
    assert!(changes(&tick) <= changes(&sweep) && changes(&sweep) > 0, "{tick} {sweep}");
}

/// As `plan` and `check` say it.
#[test]
fn simulate_says_what_is_odd_about_the_rules() {
    let rules = RULES.replace("[Engineering]", "[Engineering, Nobody]");
    let usher = with_events().file("rules.yaml", rules);
    let arguments = ["simulate", "--rules", "rules.yaml", "--org", "org.json", "move.json"];
    assert_snapshot!(usher.run(&arguments));
}

/// Where the rules do not come in, nothing is said of them.
#[test]
fn simulate_says_nothing_of_the_rules_where_an_event_is_ignored() {
    let rules = RULES.replace("[Engineering]", "[Engineering, Nobody]");
    let usher = with_events().file("rules.yaml", rules);
    let arguments = ["simulate", "--rules", "rules.yaml", "--org", "org.json", "read.json"];
    let ended = usher.run(&arguments);
    assert_eq!((ended.code, ended.stderr.as_str()), (0, ""), "{ended}");
    assert!(ended.stdout.contains("ignored: "), "{ended}");
}

/// Whoever asks for JSON gets what is wrong with the rules as JSON too: the same as from `check`, but beside
/// the data.
#[test]
fn mistakes_are_json_where_data_is() {
    let rules = RULES.replace("groups:", "group:");
    let usher = with_events().file("rules.yaml", rules);
    let checked = usher.run(&["check", "rules.yaml", "--format", "json"]);
    let files = ["--rules", "rules.yaml", "--org", "org.json"];
    let commands: [&[&str]; 4] = [
        &["test", "rules.yaml"],
        &[&["plan"], &files[..]].concat(),
        &[&["simulate"], &files[..], &["move.json"]].concat(),
        &[&["explain"], &files[..], &["--account", "shop-test", "--group", "Engineering"]].concat(),
    ];
    for command in commands {
        let ended = usher.run(&[command, &["--format", "json"]].concat());
        assert_eq!((ended.code, ended.stdout.as_str()), (3, ""), "{ended}");
        assert_eq!(ended.stderr, checked.stdout);
    }
    assert_eq!(checked.code, 3);
}

#[test]
fn simulate_names_a_file_that_is_not_json() {
    let arguments =
        ["simulate", "--rules", "rules.yaml", "--org", "org.json", "move.json", "rules.yaml"];
    assert_snapshot!(with_events().run(&arguments));
}

/// An account that was moved, and a call that only read.
fn with_events() -> Usher {
    let account = account_id("shop-test");
    let moved = json!({
        "accountId": account,
        "sourceParentId": unit_id("/"),
        "destinationParentId": unit_id("/Workloads"),
    });
    let moved = api_call("organizations", "MoveAccount", &moved);
    let mut read = api_call("organizations", "ListAccounts", &json!({}));
    read["detail"]["readOnly"] = json!(true);
    let company = bobs_company().assigned("ViewOnlyAccess", "Engineering", "shop-test");
    usher(RULES, &company).file("move.json", moved.to_string()).file("read.json", read.to_string())
}

#[test]
fn the_schema_is_json_and_nothing_else() {
    let ended = Usher::new().run(&["schema"]);
    assert_eq!((ended.code, ended.stderr.as_str()), (0, ""));
    let schema: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    assert!(schema["$schema"].is_string() && schema["properties"]["rules"].is_object());
}

#[test]
fn what_is_odd_about_a_file_stops_nothing() {
    let excluded = "environment: test}, name: \"shop-*\", not: {tags: {environment: test}}}";
    let rules = RULES.replace("environment: test}}", excluded);
    let rules = format!("{rules}    until: 2020-01-01T00:00:00Z\n");
    assert_snapshot!(usher(&rules, &bobs_company()).run(&["check", "rules.yaml"]));
}

/// Rules say whom to read. Whom an explanation is about is read all the same.
#[tokio::test(flavor = "multi_thread")]
async fn explain_reads_aws() {
    let rules = RULES.replace("{tags", "{organizational_unit: /Workloads, tags");
    let settings = Settings { page_size: Some(3), empty_pages: true, ..Settings::default() };
    let local = Local::start(bobs_organization(), settings).await.unwrap();
    let usher = Usher::new()
        .file("rules.yaml", rules)
        .file("org.json", snapshot_of(&local.organization()))
        .aws_at(local.endpoint());
    let whom = [
        ["--account", "payments-prod", "--group", "break-glass-admins"],
        ["--account", "web-test", "--user", "olga.nowak@example.com"],
        ["--account", "web-test", "--user", "mary.adams@example.com"],
    ];
    for whom in whom {
        let live = usher.run(&[&["explain", "--rules", "rules.yaml"], &whom[..]].concat());
        let offline = ["explain", "--rules", "rules.yaml", "--org", "org.json"];
        let offline = usher.run(&[&offline, &whom[..]].concat());
        assert_eq!(live.stdout, offline.stdout, "{live}");
        assert_eq!(live.code, 0, "{live}");
    }
    for (whom, said) in [
        (
            ["--account", "web-tset", "--user", "olga"],
            "no account is called `web-tset`; `web-test` is near; no user is called `olga`; like it: `olga.nowak@example.com`",
        ),
        (
            ["--account", "web-test", "--user", "Mary Adams"],
            "no user is called `Mary Adams`; like it: `mary.adams@example.com`",
        ),
        (
            ["--account", "web-test", "--group", "break-glass"],
            "no group is called `break-glass`; like it: `break-glass-admins`",
        ),
    ] {
        let ended = usher.run(&[&["explain", "--rules", "rules.yaml"], &whom[..]].concat());
        assert!(ended.code == 1 && ended.stderr.contains(said), "{ended}");
    }
    let whom = ["--account", "web-test", "--user", "olga.nowak@example.com"];
    assert_snapshot!(
        usher.run(&[&["explain", "--rules", "rules.yaml"], &whom[..]].concat()).stdout
    );
}
