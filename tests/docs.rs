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
    root,
    usher::Usher,
    validate::python,
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

/// Where commands are shown.
const PAGES_WITH_COMMANDS: [&str; 10] = [
    "README.md",
    "docs/announcements.md",
    "docs/coexistence.md",
    "docs/deploy.md",
    "docs/examples/plan-on-pull-request.yaml",
    "docs/mistakes.md",
    "docs/pull-requests.md",
    "docs/rules.md",
    "docs/threat-model.md",
    "infra/rules.yaml",
];

/// Every `usher …` that the documentation tells somebody to type is one that `usher` understands: asked for its help, it has read
/// what stands before that.
#[test]
fn every_command_of_the_documentation_exists() {
    let usher = Usher::new();
    let mut seen = BTreeSet::new();
    for page in PAGES_WITH_COMMANDS {
        for command in commands_of(&read(page)) {
            let arguments: Vec<&str> = command.iter().map(String::as_str).collect();
            let ended = usher.run(&[&arguments[..], &["--help"]].concat());
            assert_eq!(ended.code, 0, "{page}: usher {}\n{ended}", command.join(" "));
            seen.extend(command.into_iter().next());
        }
    }
    let expected = [
        "apply", "approve", "check", "demo", "doctor", "explain", "local", "plan", "push",
        "schema", "simulate", "test",
    ];
    let unseen: Vec<&str> = expected.into_iter().filter(|name| !seen.contains(*name)).collect();
    assert!(unseen.is_empty(), "no page shows {unseen:?}");
}

/// The arguments of each `usher …` on a page: on a line of its own, in a shell's `$(…)`, between backticks, or behind `cargo run`.
fn commands_of(page: &str) -> Vec<Vec<String>> {
    let mut commands = Vec::new();
    for line in page.lines() {
        let line = line.trim().trim_start_matches("$ ").trim_start_matches("# ");
        let line = line.replace("cargo run -p cli --", "usher");
        if let Some(command) = line.strip_prefix("usher ").filter(|_| !line.ends_with('.')) {
            commands.extend(arguments(command));
        }
        for opening in ["`usher ", "$(usher "] {
            let rests = line.split(opening).skip(1);
            commands.extend(rests.filter_map(|rest| arguments(rest.split(['`', ')']).next()?)));
        }
    }
    commands
}

/// A command line as a shell takes it apart; nothing, where it is only a name, or not written out.
fn arguments(command: &str) -> Option<Vec<String>> {
    let command = command.split([';', '|', '>', '#', '…']).next()?.trim();
    let command = command.split(" 2").next()?;
    // "With `usher check --org`": the option is meant, and what it takes is said elsewhere.
    let command = command.strip_suffix(" --org").unwrap_or(command);
    let words: Vec<String> = command
        .split_whitespace()
        .map(|word| word.trim_matches(['"', '\'']).replace("DIGEST", "22e34c3e65de991287b0"))
        .filter(|word| !word.is_empty())
        .collect();
    (!words.is_empty()).then_some(words)
}

/// What each page says that another page says, that page is there.
#[test]
fn every_link_leads_somewhere() {
    for page in PAGES_WITH_COMMANDS.into_iter().filter(|page| page.ends_with(".md")) {
        let folder = root().join(page).parent().unwrap().to_owned();
        for link in read(page).split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let (path, heading) = link.split_once('#').unwrap_or((link, ""));
            if path.starts_with("https://") {
                continue;
            }
            let target = if path.is_empty() { root().join(page) } else { folder.join(path) };
            let text = std::fs::read_to_string(&target);
            let text = text.unwrap_or_else(|error| panic!("{page}: {link}: {error}"));
            let is_there = heading.is_empty() || text.lines().any(|line| anchor(line) == heading);
            assert!(is_there, "{page}: {link}: there is no such heading");
        }
    }
}

/// What GitHub calls a heading in links.
fn anchor(line: &str) -> String {
    let heading = line.strip_prefix('#').unwrap_or_default().trim_start_matches('#').trim();
    let kept =
        heading.chars().filter(|sign| sign.is_alphanumeric() || [' ', '-', '_'].contains(sign));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}

/// The rules for living beside other tools do what the page says.
#[test]
fn the_examples_beside_other_tools_pass_their_own_tests() {
    let examples: Vec<Block> =
        blocks("docs/coexistence.md").into_iter().filter(Block::is_rules).collect();
    assert!(examples.len() > 2, "{} examples were found", examples.len());
    for example in examples {
        let rules = parsed(&example);
        assert_eq!(told(&rules, lint(&rules, now())), "");
        let verdicts = trial::run(&rules, now()).unwrap();
        assert!(verdicts.len() > 1, "{}: no tests", example.place);
        assert_eq!(told(&rules, verdicts.iter().filter_map(Verdict::diagnostic)), "");
    }
}

/// The first file that anybody pushes: right, silent, and without harm whatever is there.
#[test]
fn the_starter_file_does_no_harm() {
    let starter = read("infra/rules.yaml");
    let organization = company()
        .unit("/Workloads")
        .account("shop-test", "/Workloads")
        .group("Engineering")
        .permission_set("PowerUserAccess")
        .assigned("PowerUserAccess", "Engineering", "shop-test")
        .0;
    let usher = Usher::new()
        .file("rules.yaml", &starter)
        .file("org.json", serde_json::to_string(&organization).unwrap());
    let checked = usher.run(&["check", "rules.yaml"]);
    assert_eq!((checked.code, checked.stderr.as_str()), (0, ""), "{checked}");
    assert!(checked.stdout.contains("0 errors, 0 warnings"), "{checked}");
    let plan =
        usher.run(&["plan", "--rules", "rules.yaml", "--org", "org.json", "--format", "json"]);
    let plan: Value = serde_json::from_str(&plan.stdout).unwrap();
    assert_eq!(plan["changes"], json!([]), "{plan}");
    assert_eq!(plan["summary"]["unlisted"], 1, "{plan}");
}

/// Where it is tried first, it warns of what an admin has to see to, and of nothing that is as it should be: without AWS
/// Control Tower, none of what that makes is there.
#[test]
fn the_starter_file_is_quiet_about_what_control_tower_would_make() {
    let usher = Usher::new()
        .file("rules.yaml", read("infra/rules.yaml"))
        .file("org.json", serde_json::to_string(&local::bobs_organization()).unwrap());
    let plan = ["plan", "--rules", "rules.yaml", "--org", "org.json"];
    for arguments in [&["check", "rules.yaml", "--org", "org.json"][..], &plan] {
        let ended = usher.run(arguments);
        let told = format!("{}{}", ended.stdout, ended.stderr);
        assert_eq!(told.matches("warning[").count(), 1, "{ended}");
        assert!(told.contains("`*breakglass*` and `*emergency*` match no group"), "{ended}");
    }
}

/// The workflow is YAML with the parts that GitHub asks for, each step says what it runs, and it signs in to read before it plans.
#[test]
fn the_workflow_is_one() {
    let file = "docs/examples/plan-on-pull-request.yaml";
    let workflow = yaml(file);
    assert_eq!(workflow["on"]["pull_request"]["paths"], json!(["rules.yaml"]), "{workflow}");
    let permissions = json!({"contents": "read", "id-token": "write", "pull-requests": "write"});
    assert_eq!(workflow["permissions"], permissions);
    let steps = workflow["jobs"]["plan"]["steps"].as_array().unwrap();
    let position = |what: &str| {
        let said = |step: &Value| {
            step["uses"].as_str().or_else(|| step["run"].as_str()).unwrap().contains(what)
        };
        steps.iter().position(said).unwrap_or_else(|| panic!("no step has {what}"))
    };
    for step in steps {
        assert!(step["uses"].is_string() != step["run"].is_string(), "{step}");
    }
    let order = [
        "actions/checkout@",
        "usher check",
        "configure-aws-credentials@",
        "usher plan",
        "gh pr comment",
    ];
    assert!(order.map(position).is_sorted(), "{:?}", order.map(position));
    for script in steps.iter().filter_map(|step| step["run"].as_str()) {
        let checked =
            std::process::Command::new("bash").args(["-n", "-c", script]).output().unwrap();
        assert!(checked.status.success(), "{script}\n{}", String::from_utf8_lossy(&checked.stderr));
    }
}

/// A YAML file as JSON, read by a parser that we did not write.
fn yaml(path: &str) -> Value {
    // YAML 1.1 takes the key `on` for true.
    let script =
        "import json, sys, yaml; print(json.dumps(yaml.load(open(sys.argv[1]), yaml.BaseLoader)))";
    let output =
        std::process::Command::new(python()).args(["-c", script]).arg(root().join(path)).output();
    let output = output.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}
