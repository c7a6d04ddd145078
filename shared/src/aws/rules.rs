//! The rules file, read and checked, and kept for the next invocation as long as it does not
//! change.
//!
//! **Guarantees.** A file that is not there, cannot be read or has a mistake is an error, never an
//! empty set of rules: an empty set would revoke everything.

use std::sync::Arc;

use tokio::sync::Mutex;

use crate::rules::{InvalidRules, Rules};

use super::store::{Read, Store, StoreFailure};

/// Why there are no rules to follow.
#[derive(Debug, thiserror::Error)]
pub enum RulesFailure {
    /// The file could not be read.
    #[error("failed to read the rules")]
    Unreadable(#[source] StoreFailure),
    /// There is no file. It never means "revoke everything".
    #[error("there are no rules at {0}")]
    Absent(String),
    /// It has mistakes.
    #[error("the rules at {} are not valid", .0.source.name)]
    Invalid(#[source] Box<InvalidRules>),
}

impl RulesFailure {
    /// Whether the same may work in a moment.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        matches!(self, Self::Unreadable(failure) if failure.may_pass())
    }
}

/// Where the rules are, and those that were read last.
#[derive(Debug)]
pub struct RulesSource {
    store: Store,
    last: Mutex<Option<Kept>>,
}

#[derive(Debug)]
struct Kept {
    etag: Option<String>,
    rules: Arc<Rules>,
}

impl RulesSource {
    /// The rules in that file.
    #[must_use]
    pub fn new(store: Store) -> Self {
        Self { store, last: Mutex::default() }
    }

    /// The rules as they are now: one conditional read.
    ///
    /// # Errors
    /// There are none to follow.
    pub async fn read(&self) -> Result<Arc<Rules>, RulesFailure> {
        // Held while reading, so that readers at the same time share one answer.
        let mut last = self.last.lock().await;
        let etag = last.as_ref().and_then(|kept| kept.etag.as_deref());
        let read = self.store.read_if_changed(etag).await.map_err(RulesFailure::Unreadable)?;
        match (read, &*last) {
            (Read::NotModified, Some(kept)) => Ok(Arc::clone(&kept.rules)),
            (Read::Found { bytes, etag }, _) => {
                let rules = Arc::new(self.parse(bytes)?);
                *last = Some(Kept { etag, rules: Arc::clone(&rules) });
                Ok(rules)
            }
            (Read::Absent | Read::NotModified, _) => Err(RulesFailure::Absent(self.name())),
        }
    }

    fn parse(&self, bytes: Vec<u8>) -> Result<Rules, RulesFailure> {
        Rules::from_bytes(self.name(), bytes)
            .map_err(|invalid| RulesFailure::Invalid(Box::new(invalid)))
    }

    fn name(&self) -> String {
        self.store.location().to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::store::tests::local;

    const RULES: &str = "version: 1\nmanage:\n  unlisted: report\nrules: []\n";

    #[tokio::test]
    async fn rules_are_parsed_once_as_long_as_they_stay() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("rules.yaml");
        let source = RulesSource::new(local(&file));
        std::fs::write(&file, RULES).unwrap();
        let first = source.read().await.unwrap();
        assert!(Arc::ptr_eq(&first, &source.read().await.unwrap()));

        std::fs::write(&file, format!("{RULES}# changed\n")).unwrap();
        assert!(!Arc::ptr_eq(&first, &source.read().await.unwrap()));
    }

    #[tokio::test]
    async fn without_rules_there_is_nothing_to_follow() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("rules.yaml");
        let source = RulesSource::new(local(&file));
        std::fs::write(&file, RULES).unwrap();
        source.read().await.unwrap();

        std::fs::remove_file(&file).unwrap();
        assert!(matches!(source.read().await, Err(RulesFailure::Absent(_))));
        for bytes in [b"".as_slice(), b"version: 1", b"a: [", b"\xff\xfe"] {
            std::fs::write(&file, bytes).unwrap();
            assert!(matches!(source.read().await, Err(RulesFailure::Invalid(_))), "{bytes:?}");
        }
        std::fs::write(&file, RULES).unwrap();
        assert!(source.read().await.is_ok());
    }
}
