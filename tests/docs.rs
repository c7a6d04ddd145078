//! What the documentation says is so: its examples are run, and its commands print what it shows.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use shared::{
    diagnostic::Diagnostic,
    lint::lint,
    rules::Rules,
    source::SourceFile,
    trial::{self, Verdict},
};

use crate::support::{
    organization::company,
    page::{Block, blocks, read},
    usher::Usher,
};

const PAGE: &str = "docs/rules.md";

/// Every example proves itself, by tests that say what it grants and what it does not; and nothing in it is odd.
#[test]
fn every_example_passes_its_own_tests() {
    let examples: Vec<Block> = blocks(PAGE).into_iter().filter(Block::is_rules).collect();
    assert!(examples.len() > 10, "{} examples were found", examples.len());
    for example in examples {
        let rules = parsed(&example);
        assert_eq!(told(&rules, lint(&rules, now())), "");
        let verdicts = trial::run(&rules, now()).unwrap();
        let expects = |verdict: &Verdict<'_>| !verdict.test.expect.is_empty();
        assert!(verdicts.iter().any(expects), "{}: no test shows what it grants", example.place);
        assert!(
            !verdicts.iter().all(expects),
            "{}: no test shows what it does not grant",
            example.place
        );
        assert_eq!(told(&rules, verdicts.iter().filter_map(Verdict::diagnostic)), "");
    }
}

/// The example that people see first keeps its promises too.
#[test]
fn the_example_of_the_readme_passes_its_own_tests() {
    for example in blocks("README.md").into_iter().filter(Block::is_rules) {
        let rules = parsed(&example);
        let verdicts = trial::run(&rules, now()).unwrap();
        assert!(!verdicts.is_empty(), "{}: no test", example.place);
        assert_eq!(told(&rules, verdicts.iter().filter_map(Verdict::diagnostic)), "");
    }
}

/// Every entry of an example is proven: without any one of them, its tests fail.
#[test]
fn the_tests_of_every_example_need_all_of_it() {
    for example in blocks(PAGE).into_iter().filter(Block::is_rules) {
        let rules = parsed(&example);
        let without = |what: &str, change: &dyn Fn(&mut Rules)| {
            let mut rules = rules.clone();
            change(&mut rules);
            let verdicts = trial::run(&rules, now()).unwrap();
            let failed = verdicts.iter().any(|verdict| !verdict.is_passed());
            assert!(failed, "{}: its tests pass without {what}", example.place);
        };
        for (number, rule) in rules.rules.iter().enumerate() {
            without(&format!("rule {}", rule.name), &|rules| drop(rules.rules.remove(number)));
        }
        for (number, entry) in rules.never.iter().enumerate() {
            without(&format!("never {}", entry.name), &|rules| drop(rules.never.remove(number)));
        }
        for number in 0..rules.protect.len() {
            without(&format!("protect[{number}]"), &|rules| drop(rules.protect.remove(number)));
        }
    }
}

/// The page is the whole language: each key of the schema stands in its text or in an example.
#[test]
fn the_page_says_every_key() {
    let schema = Usher::new().run(&["schema"]).stdout;
    let mut keys = BTreeSet::new();
    collect_keys(&serde_json::from_str(&schema).unwrap(), &mut keys);
    assert!(keys.len() > 50, "{keys:?}");
    let code = code_of(&read(PAGE));
    let said: BTreeSet<&str> = code
        .split(|character: char| !character.is_ascii_alphanumeric() && character != '_')
        .collect();
    let unsaid: Vec<&String> = keys.iter().filter(|key| !said.contains(key.as_str())).collect();
    assert!(unsaid.is_empty(), "{PAGE} does not say {unsaid:?}");
}

/// Each `$ usher …` on the page prints what the page shows.
#[test]
fn commands_print_what_the_page_shows() {
    let blocks = blocks(PAGE);
    let first = blocks.iter().find(|block| block.is_rules()).unwrap();
    let organization = company()
        .unit("/Workloads")
        .account("shop-test", "/Workloads")
        .tagged("environment", "test")
        .account("shop-prod", "/Workloads")
        .tagged("environment", "production")
        .group("Engineering")
        .permission_set("PowerUserAccess")
        .permission_set("ViewOnlyAccess")
        .assigned("ViewOnlyAccess", "Engineering", "shop-prod")
        .0;
    let usher = Usher::new()
        .file("rules.yaml", first.as_file())
        .file("org.json", serde_json::to_string(&organization).unwrap());
    let mut shown = BTreeSet::new();
    for block in blocks.iter().filter(|block| block.text.starts_with("$ ")) {
        let (command, output) = block.text.split_once('\n').unwrap();
        let arguments = command.strip_prefix("$ usher ").unwrap().split(' ').collect::<Vec<_>>();
        let ended = usher.run(&arguments);
        assert_eq!(
            ended.stdout.trim_end(),
            output.trim_end(),
            "{}: `{command}` printed the first of these, and the page shows the second",
            block.place
        );
        assert_eq!(ended.stderr, "", "{}", block.place);
        shown.insert(arguments[0].to_owned());
    }
    for command in ["test", "explain"] {
        assert!(shown.contains(command), "{PAGE} shows no output of `usher {command}`");
    }
}

#[track_caller]
fn parsed(example: &Block) -> Rules {
    let source = SourceFile { name: example.place.clone(), text: example.as_file() };
    Rules::parse(source).unwrap_or_else(|invalid| panic!("{invalid}"))
}

/// What is wrong, as people read it.
fn told(rules: &Rules, diagnostics: impl IntoIterator<Item = Diagnostic>) -> String {
    let diagnostics = diagnostics.into_iter();
    diagnostics.map(|diagnostic| diagnostic.render(&rules.source, false)).collect()
}

/// The tests of the page that are about a time say so.
fn now() -> chrono::DateTime<chrono::Utc> {
    "2026-03-02T15:42:00Z".parse().unwrap()
}

fn collect_keys(schema: &Value, keys: &mut BTreeSet<String>) {
    if let Some(Value::Object(properties)) = schema.get("properties") {
        let allowed = properties.iter().filter(|(_, property)| **property != json!(false));
        keys.extend(allowed.map(|(key, _)| key.clone()));
    }
    match schema {
        Value::Object(entries) => entries.values().for_each(|child| collect_keys(child, keys)),
        Value::Array(items) => items.iter().for_each(|child| collect_keys(child, keys)),
        _ => {}
    }
}

/// All that is set as code: fenced blocks, and what stands between backticks.
fn code_of(page: &str) -> String {
    let mut code = String::new();
    for (number, part) in page.split("```").enumerate() {
        if number % 2 == 1 {
            code.push_str(part);
            continue;
        }
        for span in part.split('`').skip(1).step_by(2) {
            code.extend([span, "\n"]);
        }
    }
    code
}
