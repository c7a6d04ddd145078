//! Each mistake a rules file can have, and what is said of it.

use insta::{assert_snapshot, glob};
use proptest::{collection::vec, prelude::*, sample::Index};
use serde_json::Value;
use shared::{
    diagnostic::{Code, Diagnostic},
    rules::{
        Principals, Rules,
        selector::{AccountSelector, Condition, TagCondition, Test},
    },
    source::SourceFile,
};

use crate::support::validate::validate;

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

/// What is written in JSON means what the same YAML means: the file with every key, as another reader
/// of YAML has it, in three ways of writing JSON.
#[test]
fn rules_may_be_written_in_json() {
    let yaml = crate::support::page::read("tests/rules/good/every-key.yaml")
        .replace("Asked for by the auditors", "Asked for by Zürich 😀");
    let value = value_of(&yaml);
    let expected = canonical(&crate::support::rules(&yaml));
    let pretty = serde_json::to_string_pretty(&value).unwrap();
    let ascii: String = pretty.encode_utf16().map(escaped).collect();
    assert!(ascii.is_ascii() && ascii.contains("\\ud83d\\ude00"));
    let with_tabs = pretty.replace("  ", "\t");
    for json in [value.to_string(), pretty, ascii, with_tabs] {
        assert_eq!(canonical(&crate::support::rules(&json)), expected, "{json}");
    }
}

fn value_of(yaml: &str) -> Value {
    validate("{}", [("it".to_owned(), yaml.to_owned())]).remove("it").unwrap().value
}

fn escaped(unit: u16) -> String {
    match char::from_u32(unit.into()).filter(char::is_ascii) {
        Some(character) => character.to_string(),
        None => format!("\\u{unit:04x}"),
    }
}

/// All that rules say, but not where it stands. Keys of mappings stand in any order.
fn canonical(rules: &Rules) -> String {
    let mut rules = rules.clone();
    rules.permission_sets.sort_by(|a, b| a.name.cmp(&b.name));
    sort_selector(&mut rules.manage.accounts);
    let never = rules.never.iter_mut().map(|entry| &mut entry.what);
    for fence in rules.protect.iter_mut().chain(never) {
        fence.accounts.iter_mut().for_each(sort_selector);
        fence.users.iter_mut().flatten().for_each(|user| sort_tags(&mut user.attributes));
    }
    for rule in &mut rules.rules {
        sort_selector(&mut rule.accounts);
        if let Principals::Named { users, .. } = &mut rule.principals {
            users.iter_mut().for_each(|user| sort_tags(&mut user.attributes));
        }
    }
    let Rules { manage, protect, rules, never, permission_sets, tests, .. } = rules;
    without_spans(&format!(
        "{manage:?}\n{protect:?}\n{rules:?}\n{never:?}\n{permission_sets:?}\n{tests:?}"
    ))
}

fn sort_selector(selector: &mut AccountSelector) {
    for conditions in &mut selector.any_of {
        for condition in &mut *conditions {
            match &mut condition.test {
                Test::Tags(tags) | Test::OrganizationalUnitTags(tags) => sort_tags(tags),
                Test::Not(selector) => sort_selector(selector),
                _ => {}
            }
        }
        conditions.sort_by_key(|condition| without_spans(&format!("{condition:?}")));
    }
}

fn sort_tags(tags: &mut [TagCondition]) {
    tags.sort_by(|a, b| a.key.cmp(&b.key));
}

fn without_spans(debug: &str) -> String {
    let mut pieces = debug.split("Span {");
    let first = pieces.next().unwrap().to_owned();
    pieces.fold(first, |text, piece| text + piece.split_once('}').unwrap().1)
}

/// An account id does not need quotes, whatever YAML thinks of leading zeros.
#[test]
fn account_ids_keep_their_leading_zeros() {
    let text = "version: 1\nmanage: {unlisted: report}\nrules:\n  - name: a\n    permission_sets: P\n    groups: G\n    accounts: {id: [012345678901, 001234567890]}\n";
    let rules = crate::support::rules(text);
    let [conditions] = rules.rules[0].accounts.any_of.as_slice() else { panic!("{rules:?}") };
    let [Condition { test: Test::Id(ids), .. }] = conditions.as_slice() else {
        panic!("{conditions:?}")
    };
    let ids: Vec<&str> = ids.iter().map(|id| id.value.as_str()).collect();
    assert_eq!(ids, ["012345678901", "001234567890"]);
}

/// One entry may stand where a list of entries may.
#[test]
fn a_single_entry_needs_no_list() {
    let one = "version: 1
manage: {unlisted: report}
protect: {accounts: {name: vault}}
rules: {name: a, permission_sets: P, groups: G, accounts: {all: true}}
never: {name: b, groups: H}
tests: {name: c, account: {name: pay}, group: G, expect: P}
";
    let listed = one
        .lines()
        .map(|line| match line.split_once(": {") {
            Some((key, entry)) if key != "manage" => format!("{key}: [{{{entry}]\n"),
            _ => format!("{line}\n"),
        })
        .collect::<String>();
    assert_ne!(one, listed);
    let rules = crate::support::rules(one);
    assert_eq!(canonical(&rules), canonical(&crate::support::rules(&listed)));
    let value = value_of(one);
    let schema = include_str!("../cli/src/schema.json");
    let validated = validate(schema, [("it".to_owned(), value.to_string())]).remove("it").unwrap();
    assert_eq!(validated.mistakes, Vec::<String>::new());
}

/// A number that is none of arithmetic is text, as other numbers are.
#[test]
fn infinity_is_text() {
    let text = "version: 1\nmanage: {unlisted: report}\nrules:\n  - name: .nan\n    permission_sets: P\n    groups: [.inf, -.INF, 1e999]\n    accounts: {all: true}\n";
    let rules = crate::support::rules(text);
    let groups: Vec<&str> =
        rules.rules[0].principals.groups().iter().map(|glob| glob.value.as_str()).collect();
    assert_eq!((rules.rules[0].name.as_str(), groups), (".nan", vec![".inf", "-.INF", "1e999"]));
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

/// Many mistakes of one kind hide no other kind, and none in another section.
#[test]
fn many_mistakes_hide_no_other() {
    let rules = "  - {}\n".repeat(500);
    let text = format!(
        "version: 1\nmanage: {{unlisted: report}}\nrules:\n{rules}  - {{name: x, until: noon}}\nnever:\n  - nam: x\n"
    );
    let source = SourceFile { name: "rules.yaml".to_owned(), text };
    let invalid = Rules::parse(source).expect_err("mistakes");
    assert_eq!(invalid.diagnostics.len(), 101);
    assert!(invalid.diagnostics.is_sorted_by_key(|diagnostic| diagnostic.primary.span));
    let line =
        |diagnostic: &Diagnostic| invalid.source.position(diagnostic.primary.span.start).line;
    let told = |code, on| {
        invalid
            .diagnostics
            .iter()
            .any(|diagnostic| diagnostic.code == code && line(diagnostic) == on)
    };
    assert!(told(Code::MissingField, 4) && told(Code::InvalidValue, 504), "{invalid}");
    assert!(told(Code::UnknownField, 506), "{invalid}");
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
        told(text.into_iter().collect::<String>().into_bytes());
    }

    /// Not even bytes that were never a rules file,
    #[test]
    fn no_bytes_panic(bytes in vec(any::<u8>(), 0..200)) {
        told(bytes);
    }

    /// or such bytes in the midst of one.
    #[test]
    fn no_bytes_in_a_file_panic(at in any::<Index>(), put in vec(any::<u8>(), 1..4)) {
        let mut bytes = WELL_FORMED.as_bytes().to_vec();
        let at = at.index(bytes.len());
        bytes.splice(at..(at + put.len()).min(bytes.len()), put);
        told(bytes);
    }
}

fn told(bytes: Vec<u8>) {
    if let Err(invalid) = Rules::from_bytes("rules.yaml".to_owned(), bytes) {
        assert!(!invalid.diagnostics.is_empty());
        let _ = (invalid.render(true), invalid.render(false));
        for diagnostic in &invalid.diagnostics {
            let _ = diagnostic.to_json(&invalid.source);
        }
    }
}
