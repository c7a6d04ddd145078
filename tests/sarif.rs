//! SARIF, held against the schema that OASIS publishes.

use serde_json::Value;

use crate::support::{
    organization::company,
    root,
    usher::{Ended, Usher},
    validate::validate,
};

fn sarif(name: &str, text: &str) -> Ended {
    let organization = serde_json::to_string(&company().0).unwrap();
    let usher = Usher::new().file(name, text).file("org.json", organization);
    usher.run(&["check", name, "--org", "org.json", "--format", "sarif"])
}

/// Each mistake that the tests know, a warning, and nothing at all.
#[test]
fn whatever_is_found_is_sarif() {
    let bad = std::fs::read_dir(root().join("tests/rules/bad")).unwrap().map(|entry| {
        let path = entry.unwrap().path();
        let ended = sarif("bad.yaml", &std::fs::read_to_string(&path).unwrap());
        assert_eq!(ended.code, 3, "{}: {ended}", path.display());
        (path.display().to_string(), ended.stdout)
    });
    let good = [
        ("nothing", "[]"),
        ("a warning", "[{name: a, permission_sets: P, groups: G, accounts: {all: true}}]"),
    ];
    let good = good.map(|(name, rules)| {
        let text = format!("version: 1\nmanage: {{unlisted: report}}\nrules: {rules}\n");
        let ended = sarif("good.yaml", &text);
        assert_eq!(ended.code, 0, "{name}: {ended}");
        (name.to_owned(), ended.stdout)
    });
    let validated = validate("sarif-2.1.0", bad.chain(good));
    for (name, validated) in &validated {
        assert!(validated.mistakes.is_empty(), "{name}: {:?}", validated.mistakes);
    }
    let results = |name: &str| validated[name].value["runs"][0]["results"].clone();
    assert_eq!(results("nothing"), Value::Array(Vec::new()));
    assert_eq!(results("a warning")[0]["level"], "warning");
}
