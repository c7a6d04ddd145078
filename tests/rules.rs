//! Each mistake a rules file can have, and what is said of it.

use insta::{assert_snapshot, glob};
use shared::{rules::Rules, source::SourceFile};

/// Every file in `rules/bad` is refused, with the text beside it in `snapshots`.
#[test]
fn every_mistake_is_explained() {
    glob!("rules/bad/*.yaml", |path| {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let text = std::fs::read_to_string(path).unwrap();
        let invalid = Rules::parse(SourceFile { name, text }).expect_err("a mistake");
        assert_snapshot!(invalid.render(false));
    });
}

/// What is written in JSON means what the same YAML means.
#[test]
fn rules_may_be_written_in_json() {
    let json = r#"{"version": 1, "manage": {"unlisted": "report"}, "rules": [
        {"name": "a", "permission_sets": ["P"], "groups": "G", "accounts": {"id": "012345678901"}}]}"#;
    let rules = crate::support::rules(json);
    assert_eq!(rules.rules[0].name, "a");
    assert_eq!(rules.source.position(rules.rules[0].span.start).line, 2);
}

/// An account id does not need quotes, whatever YAML thinks of leading zeros.
#[test]
fn account_ids_keep_their_leading_zeros() {
    let text = "version: 1\nmanage: {unlisted: report}\nrules:\n  - name: a\n    permission_sets: P\n    groups: G\n    accounts: {id: [012345678901, 001234567890]}\n";
    let rules = crate::support::rules(text);
    let ids = format!("{:?}", rules.rules[0].accounts);
    assert!(ids.contains("012345678901") && ids.contains("001234567890"), "{ids}");
}
