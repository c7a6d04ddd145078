//! Whether a rules file that somebody wrote may take force: it has no mistake, and its own tests
//! pass.

use chrono::{DateTime, Utc};

use crate::{
    diagnostic::{Code, Diagnostic},
    rules::{InvalidRules, Rules},
    source::Span,
    trial,
};

/// Reads a rules file as it was written, and runs its tests.
///
/// # Errors
/// Every mistake, or every test that fails: the rules in force stay as they are then.
pub fn examine(name: String, bytes: Vec<u8>, now: DateTime<Utc>) -> Result<Rules, InvalidRules> {
    let rules = Rules::from_bytes(name, bytes)?;
    let diagnostics: Vec<Diagnostic> = match trial::run(&rules, now) {
        Ok(verdicts) => verdicts.iter().filter_map(trial::Verdict::diagnostic).collect(),
        Err(error) => {
            let message = format!("the tests cannot be run: {error}");
            vec![Diagnostic::new(Code::FailedTest, message, Span::default())]
        }
    };
    if diagnostics.is_empty() {
        return Ok(rules);
    }
    Err(InvalidRules { source: rules.source, diagnostics })
}

/// Whether what S3 wrote with the first sequencer came before what it wrote with the second.
///
/// They are hexadecimal; the shorter one is to be filled up with zeros behind it. Source:
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html>
#[must_use]
pub fn is_before(first: &str, second: &str) -> bool {
    let length = first.len().max(second.len());
    let filled = |text: &str| format!("{text:0<length$}").to_ascii_lowercase();
    filled(first) < filled(second)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: &str = "version: 1
manage: {unlisted: report}
rules:
  - name: engineers
    permission_sets: [ViewOnlyAccess]
    groups: [Engineering]
    accounts: {all: true}
tests:
  - name: engineers look everywhere
    account: {name: pay-prod}
    group: Engineering
    expect: [ViewOnlyAccess]
";

    fn codes(text: &str) -> Vec<&'static str> {
        let now = DateTime::UNIX_EPOCH;
        let invalid = examine("rules.yaml".to_owned(), text.into(), now).unwrap_err();
        invalid.diagnostics.iter().map(|diagnostic| diagnostic.code.as_str()).collect()
    }

    #[test]
    fn only_a_file_that_is_right_and_passes_its_tests_may_take_force() {
        let now = DateTime::UNIX_EPOCH;
        assert!(examine("rules.yaml".to_owned(), RULES.into(), now).is_ok());
        assert_eq!(codes(&RULES.replace("expect: [View", "expect: [Power")), ["failed-test"]);
        assert_eq!(codes(""), ["empty"]);
        // Cut off in the middle of a line, and between two.
        assert_eq!(codes(&RULES[..70]), ["invalid-yaml"]);
        assert_eq!(codes("version: 1\nmanage: {unlisted: revoke}\n"), ["missing-field"]);
    }

    #[test]
    fn sequencers_are_compared_from_the_front() {
        assert!(is_before("0055AED6DCD90281E5", "0055AED6DCD90281E6"));
        assert!(is_before("0055aed6dcd90281e5", "0055AED6DCD90281E6"));
        assert!(!is_before("617f08299329d18a", "617f08299329d180"));
        assert!(!is_before("617f", "617f00"));
        assert!(is_before("617f", "617f01"));
        assert!(!is_before("", ""));
    }
}
