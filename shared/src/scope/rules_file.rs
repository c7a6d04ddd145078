//! S3's events about the rules file.
//!
//! That it was written means: read exactly that version. That it is gone means nothing: no rules are
//! never the rule to revoke everything.

use super::{About, Lead, Scope, event::Event};

/// An object that was written where rules files are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RulesObject {
    /// The bucket.
    pub bucket: String,
    /// The object's key.
    pub key: String,
    /// The version; nothing in a bucket without versions.
    pub version_id: Option<String>,
    /// Of two events of one key the later has the greater one, in the order of text of equal length.
    pub sequencer: Option<String>,
}

impl RulesObject {
    /// The object that an event says was written, if it is one.
    #[must_use]
    pub fn written(event: Event<'_>) -> Option<Self> {
        let is_written = event.source() == "aws.s3" && event.detail_type() == "Object Created";
        let text = |pointer| event.text(pointer).map(str::to_owned);
        Some(Self {
            bucket: text("/detail/bucket/name").filter(|_| is_written)?,
            key: text("/detail/object/key")?,
            version_id: text("/detail/object/version-id"),
            sequencer: text("/detail/object/sequencer"),
        })
    }
}

pub(super) fn lead(event: Event<'_>) -> Lead {
    match event.detail_type() {
        "Object Created" => match RulesObject::written(event) {
            Some(object) if may_be_rules(&object.key) => {
                Lead::look(Scope::rules_changed(), About::Rules)
            }
            Some(object) => Lead::ignore(format!("`{}` is not a rules file", object.key)),
            None => Lead::ignore("Object Created names no object"),
        },
        "Object Deleted" => {
            Lead::ignore("the rules in force stay: no rules file never means to revoke everything")
        }
        other => Lead::ignore(format!("`{other}` does not change a file")),
    }
}

/// Whether a key may be that of a rules file as people write it. What Usher itself writes is not:
/// `active/rules.yaml` is a file that was already found right.
fn may_be_rules(key: &str) -> bool {
    let is_yaml = key.ends_with(".yaml") || key.ends_with(".yml");
    is_yaml && !key.starts_with("active/")
}
