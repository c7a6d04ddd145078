//! The bucket with the rules: what people write to it, and what is in force. On one's own machine two files stand for
//! the two objects.
//!
//! **Flow.** People write one object; the version of it that an event names is read, and, when it is
//! right, copied to another, which all functions read. With the copy goes which version it is of, and
//! when in the order of all versions that was written.
//!
//! **Guarantees.** The rules in force are replaced only as they were when they were looked at: of two
//! promotions at the same time, one has to look again.
//!
//! **Caveats.** A disk keeps no versions: what is read there is always the newest, so there is no order to keep.

use std::{collections::HashMap, sync::Arc};

use crate::scope::RulesObject;

use super::{
    clients::Clients,
    store::{Location, Read, Replaced, Store, StoreFailure},
};

/// Where the copy says which version it is of. S3 keeps such fields in small letters.
const VERSION_ID: &str = "usher-version-id";
const SEQUENCER: &str = "usher-sequencer";

/// What an event names as the bucket of a file on one's own machine.
pub const DISK: &str = "localhost";

/// The bucket with the rules.
#[derive(Debug)]
pub struct RulesBucket {
    written: Store,
    active: Store,
}

/// The rules in force, as they are before a promotion.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InForce {
    etag: Option<String>,
    /// When the version that they are a copy of was written, in the order of S3's sequencers.
    pub sequencer: Option<String>,
}

impl RulesBucket {
    /// What people write, and what is in force: two objects of one bucket, or two files. Nothing, when
    /// they are not.
    #[must_use]
    pub fn new(clients: Arc<Clients>, written: &Location, active: &Location) -> Option<Self> {
        let are_together = bucket(written) == bucket(active);
        are_together.then(|| Self {
            written: Store::new(written.clone(), Arc::clone(&clients)),
            active: Store::new(active.clone(), clients),
        })
    }

    /// Whether an object is the one that people write.
    #[must_use]
    pub fn is_written_by_people(&self, object: &RulesObject) -> bool {
        let written = self.written.location();
        object.bucket == bucket(written) && object.key == key(written)
    }

    /// That version of the file; nothing, when it is gone.
    ///
    /// # Errors
    /// It could not be read, or is too large to be a rules file.
    pub async fn version(&self, object: &RulesObject) -> Result<Option<Vec<u8>>, StoreFailure> {
        match self.written.read_version(object.version_id.as_deref()).await? {
            Read::Found { bytes, .. } => Ok(Some(bytes)),
            Read::Absent | Read::NotModified => Ok(None),
        }
    }

    /// What is in force now.
    ///
    /// # Errors
    /// The place could not be reached. That nothing is in force yet is not an error.
    pub async fn in_force(&self) -> Result<InForce, StoreFailure> {
        let seen = self.active.look().await?.unwrap_or_default();
        Ok(InForce { sequencer: seen.fields.get(SEQUENCER).cloned(), etag: seen.etag })
    }

    /// Puts a version in force, in place of what was seen to be.
    ///
    /// # Errors
    /// The place could not be reached.
    pub async fn promote(
        &self,
        object: &RulesObject,
        bytes: Vec<u8>,
        over: &InForce,
    ) -> Result<Replaced, StoreFailure> {
        let fields = [(VERSION_ID, &object.version_id), (SEQUENCER, &object.sequencer)];
        let known =
            fields.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value.clone()?)));
        let known = known.collect::<HashMap<_, _>>();
        self.active.replace(bytes, known, over.etag.as_deref()).await
    }
}

fn bucket(location: &Location) -> &str {
    match location {
        Location::S3 { bucket, .. } => bucket,
        Location::File(_) => DISK,
    }
}

fn key(location: &Location) -> String {
    match location {
        Location::S3 { key, .. } => key.clone(),
        Location::File(path) => path.display().to_string(),
    }
}
