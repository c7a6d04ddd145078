//! Each mistake a rules file can have, and what is said of it.

use insta::{assert_snapshot, glob};
use proptest::{collection::vec, prelude::*, sample::Index};
use shared::{rules::Rules, source::SourceFile};

use crate::support::random::other_cases_each_time;

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

/// The rules that we show and ship are right.
#[test]
fn our_own_examples_have_no_mistake() {
    for (_, text) in crate::support::examples() {
        crate::support::rules(&text);
    }
}

/// A byte-order mark and Windows line ends are not mistakes.
#[test]
fn editors_of_all_systems_are_welcome() {
    let text = "\u{feff}version: 1\r\nmanage: {unlisted: report}\r\nrules:\r\n  - name: a\r\n    permission_sets: P\r\n    groups: G\r\n    accounts: {all: true}\r\n";
    let rules = crate::support::rules(text);
    assert_eq!(rules.source.position(rules.rules[0].span.start).line, 4);
    let broken = text.replace("groups", "group");
    let source = SourceFile { name: "rules.yaml".to_owned(), text: broken };
    let invalid = Rules::parse(source).expect_err("a mistake");
    assert!(invalid.to_string().contains("rules.yaml:6:5"), "{invalid}");
}

/// A file too large to be a rules file is refused before it is read as YAML.
#[test]
fn a_file_of_ten_megabytes_is_refused() {
    let source = SourceFile { name: "rules.yaml".to_owned(), text: "# x\n".repeat(2_500_000) };
    let invalid = Rules::parse(source).expect_err("a mistake");
    assert_snapshot!(invalid.diagnostics[0].message);
    assert!(invalid.to_string().len() < 1_000);
}

/// Of very many mistakes the first are told, and how many more there are.
#[test]
fn of_very_many_mistakes_the_first_hundred_are_told() {
    let nameless = "  - permission_sets: P\n    groups: G\n    accounts: {all: true}\n";
    let rules = nameless.repeat(5_000);
    let text = format!("version: 1\nmanage: {{unlisted: report}}\nrules:\n{rules}");
    let source = SourceFile { name: "rules.yaml".to_owned(), text };
    let invalid = Rules::parse(source).expect_err("mistakes");
    assert_eq!(invalid.diagnostics.len(), 101);
    assert_snapshot!(invalid.diagnostics[100].message);
}

const WELL_FORMED: &str = "version: 1
manage: {unlisted: revoke, max_revocations: 10%, accounts: [{all: true}, {name: \"ü*\"}]}
protect:
  - groups: [break-glass-*]
rules:
  - &first
    name: engineering # é
    permission_sets: [PowerUserAccess, 'View*']
    groups: Engineering
    accounts: {organizational_unit: [/Workloads, ou-ab12-c3d4e5f6], not: {id: 012345678901}}
  - {name: copy, <<: *first}
";

proptest! {
    #![proptest_config(other_cases_each_time(5_000))]

    /// Whatever is done to a file, it is read or its mistakes are told; nothing panics.
    #[test]
    fn no_text_panics(
        cuts in vec((any::<Index>(), 0_usize..4), 0..4),
        puts in vec((any::<Index>(), "[\\-\\[\\]{}:,&*!|>'\"%@`#?\t\r\n \u{feff}é😀a0]{1,4}"), 0..4),
    ) {
        let mut text: Vec<char> = WELL_FORMED.chars().collect();
        for (at, length) in cuts {
            let at = at.index(text.len());
            text.drain(at..(at + length).min(text.len()));
        }
        for (at, put) in puts {
            let at = at.index(text.len());
            text.splice(at..at, put.chars());
        }
        told(text.into_iter().collect());
    }

    /// Not even text that was never a rules file.
    #[test]
    fn no_bytes_panic(bytes in vec(any::<u8>(), 0..200)) {
        told(String::from_utf8_lossy(&bytes).into_owned());
    }
}

fn told(text: String) {
    if let Err(invalid) = Rules::parse(SourceFile { name: "rules.yaml".to_owned(), text }) {
        assert!(!invalid.diagnostics.is_empty());
        let _ = (invalid.render(true), invalid.render(false));
        for diagnostic in &invalid.diagnostics {
            let _ = diagnostic.to_json(&invalid.source);
        }
    }
}
