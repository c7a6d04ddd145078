//! Commands as users type them: exit code, stdout and stderr together.

use insta::{assert_snapshot, with_settings};
use local::{Local, Settings, bobs_organization};
use shared::organization::Organization;

use crate::support::{
    organization::{Company, company},
    usher::Usher,
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
        (r"\b\d{12}\b", "[account]"),
        (r"observed \d\d:\d\d UTC", "observed [time] UTC"),
        (r"\d+ calls? to AWS, \d+ ms", "[cost]"),
    ]}, { assert_snapshot!(ended) });
}
