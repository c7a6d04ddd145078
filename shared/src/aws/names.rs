//! Permission sets' names. Listings give ARNs only, and a name never changes: each is asked for
//! once, ever.
//!
//! **Flow.** The names known from earlier are read with the first question; new ones are kept in
//! memory, and written back at the end of a run. The file holds `{"PERMISSION SET ARN": "NAME"}`.
//! The ARN holds the instance's id, so two instances may share a file.
//!
//! **Guarantees.** It is a cache: it may be deleted, cut short or out of reach, and then costs
//! calls, never an error.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use tokio::sync::OnceCell;
use tracing::warn;

use crate::ids::PermissionSetArn;

use super::{
    failure::chain,
    store::{Read, Store},
};

/// The names known so far.
#[derive(Debug)]
pub struct Names {
    store: Option<Store>,
    loaded: OnceCell<()>,
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    names: BTreeMap<PermissionSetArn, String>,
    has_new: bool,
}

impl Names {
    /// Remembers in that file; without one, as long as the process lives.
    #[must_use]
    pub fn new(store: Option<Store>) -> Self {
        Self { store, loaded: OnceCell::new(), known: Mutex::default() }
    }

    /// The name, if it is known.
    pub async fn get(&self, arn: &PermissionSetArn) -> Option<String> {
        self.loaded.get_or_init(async || self.load().await).await;
        self.lock().names.get(arn).cloned()
    }

    /// Remembers a name.
    pub fn learn(&self, arn: PermissionSetArn, name: String) {
        let mut known = self.lock();
        known.names.insert(arn, name);
        known.has_new = true;
    }

    /// Writes the names back, if there are new ones.
    pub async fn flush(&self) {
        let Some((store, text)) = self.store.as_ref().zip(self.unwritten()) else {
            return;
        };
        match store.write(text.into_bytes()).await {
            Ok(()) => self.lock().has_new = false,
            Err(failure) => warn!(
                error = chain(&failure),
                "permission sets' names not kept: they will be asked for again"
            ),
        }
    }

    fn unwritten(&self) -> Option<String> {
        let known = self.lock();
        known.has_new.then(|| serde_json::to_string(&known.names).ok()).flatten()
    }

    async fn load(&self) {
        let Some(store) = &self.store else { return };
        match read_names(store).await {
            Ok(mut names) => {
                let mut known = self.lock();
                // What was learned in the meantime is newer.
                names.append(&mut known.names);
                known.names = names;
            }
            Err(why) => {
                warn!(error = why, "permission sets' names not read: they will be asked for again");
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        // Each change is one step, so a panic elsewhere leaves nothing half done.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn read_names(store: &Store) -> Result<BTreeMap<PermissionSetArn, String>, String> {
    match store.read_if_changed(None).await {
        Ok(Read::Found { bytes, .. }) => {
            serde_json::from_slice(&bytes).map_err(|error| error.to_string())
        }
        Ok(Read::Absent | Read::NotModified) => Ok(BTreeMap::new()),
        Err(failure) => Err(chain(&failure)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::store::tests::local;

    fn arn(set: u32) -> PermissionSetArn {
        format!("arn:aws:sso:::permissionSet/ssoins-7223aaaabbbbcccc/ps-{set}").parse().unwrap()
    }

    fn names(file: &std::path::Path) -> Names {
        Names::new(Some(local(file)))
    }

    #[tokio::test]
    async fn a_name_outlives_the_process() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("cache/permission-sets.json");
        let first = names(&file);
        assert_eq!(first.get(&arn(1)).await, None);
        first.learn(arn(1), "Billing".to_owned());
        first.flush().await;

        let second = names(&file);
        assert_eq!(second.get(&arn(1)).await.as_deref(), Some("Billing"));
        assert_eq!(second.get(&arn(2)).await, None);
    }

    #[tokio::test]
    async fn nothing_is_written_when_nothing_was_learned() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("permission-sets.json");
        let known = names(&file);
        known.get(&arn(1)).await;
        known.flush().await;
        assert!(!file.exists());
    }

    #[tokio::test]
    async fn a_spoilt_file_costs_calls_and_is_written_anew() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("permission-sets.json");
        for text in ["", "{", "[]", r#"{"not an arn": "Billing"}"#, r#"{"a": 1}"#] {
            std::fs::write(&file, text).unwrap();
            let known = names(&file);
            assert_eq!(known.get(&arn(1)).await, None, "`{text}`");
            known.learn(arn(1), "Billing".to_owned());
            known.flush().await;
            assert_eq!(names(&file).get(&arn(1)).await.as_deref(), Some("Billing"));
        }
    }

    #[tokio::test]
    async fn without_a_file_names_live_as_long_as_the_process() {
        let known = Names::new(None);
        known.learn(arn(1), "Billing".to_owned());
        known.flush().await;
        assert_eq!(known.get(&arn(1)).await.as_deref(), Some("Billing"));
    }
}
