//! Random tests whose failures can be read, and seen again.

use std::{
    collections::BTreeSet,
    fmt::{self, Debug, Formatter},
    hash::{BuildHasher, RandomState},
    ops::Deref,
};

use proptest::{prelude::*, test_runner::RngSeed};
use serde_json::Value;
use shared::rules::Rules;

/// So many cases, other ones in every run. What is printed is seen when a test fails.
#[expect(clippy::print_stderr, reason = "whoever sees a failure wants to see it again")]
pub(crate) fn other_cases_each_time(cases: u32) -> ProptestConfig {
    let seed = seed();
    eprintln!("to see this again, set PROPTEST_RNG_SEED={seed}");
    ProptestConfig {
        cases,
        rng_seed: RngSeed::Fixed(seed),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// The seed of `PROPTEST_RNG_SEED`, or another one in every run.
pub(crate) fn seed() -> u64 {
    match ProptestConfig::default().rng_seed {
        RngSeed::Fixed(seed) => seed,
        RngSeed::Random => RandomState::new().hash_one("seed"),
    }
}

/// A value with each entry of its lists on a line of its own: to read, and to paste into a file. It is
/// JSON, and so YAML too.
pub(crate) fn by_lines(value: &Value) -> String {
    let Value::Object(entries) = value else { return value.to_string() };
    let told = |value: &Value| match value.as_array().filter(|items| !items.is_empty()) {
        None => value.to_string(),
        Some(items) => {
            let items: Vec<String> = items.iter().map(|item| format!("    {item}")).collect();
            format!("[\n{}\n  ]", items.join(",\n"))
        }
    };
    let entries: Vec<String> =
        entries.iter().map(|(key, value)| format!("  \"{key}\": {}", told(value))).collect();
    format!("{{\n{}\n}}", entries.join(",\n"))
}

/// Rules, shown as they are written.
#[derive(Clone)]
pub(crate) struct Written(pub(crate) Rules);

impl Written {
    pub(crate) fn new(rules: &Value) -> Self {
        Self(super::rules(&by_lines(rules)))
    }
}

impl Deref for Written {
    type Target = Rules;

    fn deref(&self) -> &Rules {
        &self.0
    }
}

impl Debug for Written {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "\n{}\n", self.0.source.text)
    }
}

/// That two lists are the same; else what is in one of them only.
pub(crate) fn same<T: Debug + PartialEq>(left: &[T], right: &[T]) -> Result<(), TestCaseError> {
    if left == right {
        return Ok(());
    }
    let lines = |list: &[T]| list.iter().map(|item| format!("{item:?}")).collect::<BTreeSet<_>>();
    let (left, right) = (lines(left), lines(right));
    let only = |here: &BTreeSet<String>, there| -> String {
        here.difference(there).map(|line| format!("\n  {line}")).collect()
    };
    Err(TestCaseError::fail(format!(
        "not the same, or not in the same order\nonly in the first:{}\nonly in the second:{}\n",
        only(&left, &right),
        only(&right, &left)
    )))
}

#[cfg(test)]
mod tests {
    use proptest::test_runner::{TestError, TestRunner};
    use serde_json::json;

    use super::*;

    #[test]
    fn a_value_by_lines_is_the_same_value() {
        let value = json!({"version": 1, "none": [], "rules": [{"name": "a"}, {"name": "b"}]});
        let text = by_lines(&value);
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
        assert_eq!(text.lines().count(), 8, "{text}");
    }

    /// What is shown is what a person would write, and nothing of how we hold it.
    #[test]
    fn rules_that_fail_are_shown_as_they_are_written() {
        let file = json!({"version": 1, "manage": {"unlisted": "report"}, "rules": []});
        let files = Just(()).prop_map(move |()| Written::new(&file));
        let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
        let failed = TestRunner::new(config).run(&files, |_| Err(TestCaseError::fail("no")));
        let Err(TestError::Fail(_, written)) = failed else { panic!("{failed:?}") };
        let shown = format!("{written:?}");
        assert_eq!(shown.lines().count(), 6, "{shown}");
        assert!(shown.contains(r#""manage": {"unlisted":"report"}"#), "{shown}");
    }

    #[test]
    fn lists_that_differ_show_the_difference_only() {
        assert!(same(&[1, 2], &[1, 2]).is_ok());
        let shown = same(&[1, 2, 3], &[1, 3, 4]).unwrap_err().to_string();
        assert!(shown.contains("first:\n  2\n") && shown.contains("second:\n  4\n"), "{shown}");
        assert!(same(&[1, 2], &[2, 1]).is_err());
    }
}
