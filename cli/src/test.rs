//! `usher test`: the tests in a rules file.

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use shared::{
    rules::Rules,
    shown::Shown,
    trial::{self, Verdict},
};

use crate::{
    clock,
    exit::{Exit, Failure},
    files,
    output::{self, Format, GREEN, RED, painted},
};

/// Run the tests in a rules file
///
/// Exit code 1 says that one of them failed. A test without a time of its own (`at`) is run as of now.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// The rules file
    rules: PathBuf,
    /// What to print
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let rules = files::rules(&arguments.rules)?;
    let verdicts = trial::run(&rules, clock::now()).map_err(Failure::Test)?;
    match arguments.format {
        Format::Text => print(&rules, &verdicts)?,
        Format::Json => output::json(&in_json(&verdicts))?,
    }
    let passed = verdicts.iter().all(Verdict::is_passed);
    Ok(if passed { Exit::Done } else { Exit::Failed })
}

/// What a file without tests could say: whoever runs them wants to know how.
const NO_TESTS: &str = "no tests. One looks like this; docs/rules.md has more, under \"Tests\":

tests:
  - name: engineers build in test accounts
    account: {tags: {environment: test}}
    group: Engineering
    expect: [PowerUserAccess]";

fn print(rules: &Rules, verdicts: &[Verdict<'_>]) -> Result<(), Failure> {
    if verdicts.is_empty() {
        return output::data(&format!("{}: {NO_TESTS}", rules.source.name));
    }
    for verdict in verdicts {
        let name = Shown(&verdict.test.name);
        match verdict.diagnostic() {
            None => output::data(&format!("{} {name}", painted(GREEN, "passed")))?,
            Some(diagnostic) => {
                output::data(&format!("{} {name}", painted(RED, "FAILED")))?;
                output::data(&format!("{}\n", diagnostic.render(&rules.source, output::STYLED)))?;
            }
        }
    }
    let Summary { passed, failed } = summary(verdicts);
    output::data(&format!("{}: {passed} passed, {failed} failed", rules.source.name))
}

#[derive(Serialize)]
struct TestsJson<'v> {
    tests: Vec<TestJson<'v>>,
    summary: Summary,
}

#[derive(Serialize)]
struct TestJson<'v> {
    name: &'v str,
    passed: bool,
    expected: Vec<&'v str>,
    actual: &'v [String],
    missing: Vec<&'v str>,
    unexpected: Vec<&'v str>,
    why: Option<&'v str>,
}

#[derive(Clone, Copy, Serialize)]
struct Summary {
    passed: usize,
    failed: usize,
}

fn in_json<'v>(verdicts: &'v [Verdict<'_>]) -> TestsJson<'v> {
    let test = |verdict: &'v Verdict<'_>| TestJson {
        name: &verdict.test.name,
        passed: verdict.is_passed(),
        expected: verdict.test.expect.iter().map(|name| name.value.as_str()).collect(),
        actual: &verdict.actual,
        missing: verdict.missing().collect(),
        unexpected: verdict.unexpected().collect(),
        why: verdict.reason(),
    };
    TestsJson { tests: verdicts.iter().map(test).collect(), summary: summary(verdicts) }
}

fn summary(verdicts: &[Verdict<'_>]) -> Summary {
    let passed = verdicts.iter().filter(|verdict| verdict.is_passed()).count();
    Summary { passed, failed: verdicts.len() - passed }
}
