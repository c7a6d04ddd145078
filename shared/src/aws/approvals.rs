//! Held sets of revocations, and approvals of them: one file each, beside the rules.
//!
//! `held/DIGEST.json` is what a run holds back, for whoever is to approve it; `approved/DIGEST.json` is an approval. Both
//! are named by what they are about, so to write one twice is to write it once.
//!
//! **Guarantees.** An approval is begun with by one run, and gone when a run has tried all of it.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    approval::{Approval, HeldSet},
    ids::Digest,
};

use super::{
    clients::Clients,
    store::{Location, Read, Store, StoreFailure},
};

/// How large a set may be: a hundred thousand revocations take less.
///
/// Unit: bytes.
const MAX_BYTES: usize = 64 * 1024 * 1024;

/// Where held sets and approvals are.
#[derive(Debug)]
pub struct ApprovalsFolder {
    clients: Arc<Clients>,
    /// The rules in force.
    rules: Location,
}

/// Why a set or an approval could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ApprovalsFailure {
    /// It could not be reached.
    #[error(transparent)]
    Store(#[from] StoreFailure),
    /// It is not what it should be.
    #[error("{location} cannot be read")]
    Unreadable {
        /// The file.
        location: Location,
        /// What is wrong with it.
        #[source]
        source: serde_json::Error,
    },
}

impl ApprovalsFailure {
    /// Whether the same may work in a moment.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        matches!(self, Self::Store(failure) if failure.may_pass())
    }
}

impl ApprovalsFolder {
    /// In the bucket of those rules, or in their folder.
    #[must_use]
    pub fn new(rules: Location, clients: Arc<Clients>) -> Self {
        Self { clients, rules }
    }

    /// Keeps a set for whoever is to approve it.
    ///
    /// # Errors
    /// It could not be written.
    pub async fn hold(&self, set: &HeldSet) -> Result<(), ApprovalsFailure> {
        write(&self.held(&set.digest), set).await
    }

    /// The set of that digest, if it is held.
    ///
    /// # Errors
    /// It could not be read.
    pub async fn held_set(&self, digest: &Digest) -> Result<Option<HeldSet>, ApprovalsFailure> {
        read(&self.held(digest)).await
    }

    /// Writes an approval down.
    ///
    /// # Errors
    /// It could not be written.
    pub async fn approve(&self, approval: &Approval) -> Result<(), ApprovalsFailure> {
        write(&self.approved(&approval.digest), approval).await
    }

    /// The approval of that set, if there is one.
    ///
    /// # Errors
    /// It could not be read.
    pub async fn approval(&self, digest: &Digest) -> Result<Option<Approval>, ApprovalsFailure> {
        read(&self.approved(digest)).await
    }

    /// Writes down that a run begins to use an approval.
    ///
    /// # Errors
    /// It could not be written. Nothing may be revoked then: what a run that is cut off leaves of the set would not be
    /// known to be approved.
    pub async fn begin(
        &self,
        approval: &Approval,
        now: DateTime<Utc>,
    ) -> Result<(), ApprovalsFailure> {
        self.approve(&Approval { begun_at: Some(now), ..approval.clone() }).await
    }

    /// Forgets an approval, and the set that it was for: all of it was tried.
    ///
    /// # Errors
    /// One of them could not be deleted.
    pub async fn use_up(&self, digest: &Digest) -> Result<(), ApprovalsFailure> {
        self.approved(digest).delete().await?;
        Ok(self.held(digest).delete().await?)
    }

    fn held(&self, digest: &Digest) -> Store {
        self.file("held", digest)
    }

    fn approved(&self, digest: &Digest) -> Store {
        self.file("approved", digest)
    }

    fn file(&self, folder: &str, digest: &Digest) -> Store {
        let location = self.rules.beside(&format!("{folder}/{digest}.json"));
        Store::new(location, Arc::clone(&self.clients)).with_room_for(MAX_BYTES)
    }
}

async fn write(store: &Store, value: &impl Serialize) -> Result<(), ApprovalsFailure> {
    let bytes = serde_json::to_vec_pretty(value).map_err(|source| unreadable(store, source))?;
    Ok(store.write(bytes).await?)
}

async fn read<T: DeserializeOwned>(store: &Store) -> Result<Option<T>, ApprovalsFailure> {
    match store.read_if_changed(None).await? {
        Read::Found { bytes, .. } => {
            serde_json::from_slice(&bytes).map(Some).map_err(|source| unreadable(store, source))
        }
        Read::Absent | Read::NotModified => Ok(None),
    }
}

fn unreadable(store: &Store, source: serde_json::Error) -> ApprovalsFailure {
    ApprovalsFailure::Unreadable { location: store.location().clone(), source }
}
