//! What the tests are told in: organizations as sentences, rules as text, AWS as a value.

pub(crate) mod bed;
pub(crate) mod events;
pub(crate) mod fake_aws;
pub(crate) mod local_aws;
pub(crate) mod organization;
pub(crate) mod runtime_api;
pub(crate) mod usher;
pub(crate) mod wire;

use shared::{rules::Rules, source::SourceFile};

/// Rules that must be right.
#[track_caller]
pub(crate) fn rules(text: &str) -> Rules {
    let source = SourceFile { name: "rules.yaml".to_owned(), text: text.to_owned() };
    Rules::parse(source).unwrap_or_else(|invalid| panic!("{invalid}"))
}
