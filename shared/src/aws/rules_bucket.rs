//! The bucket with the rules: what people write to it, and what is in force. On one's own machine two files stand for
//! the two objects.
//!
//! **Flow.** People write one object; the version of it that an event names is read, and, when it is
//! right, copied to another, which all functions read. With the copy goes which version it is of, and
//! when in the order of all versions that was written. When it is not right, what is wrong with it is kept in a third
//! object, so that whoever wrote it can read that where they wrote.
//!
//! **Guarantees.** The rules in force are replaced only as they were when they were looked at: of two
//! promotions at the same time, one has to look again.
//!
//! **Caveats.** A disk keeps no versions: what is read there is always the newest, so there is no order to keep.

use std::{collections::HashMap, sync::Arc};

use crate::scope::RulesObject;

use super::{
    clients::Clients,
    store::{Location, Read, Replaced, Seen, Store, StoreFailure, Version},
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
    /// On one's own machine whoever edits the file is told on the spot.
    rejected: Option<Store>,
}

/// What became of a version that was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is in force.
    InForce,
    /// It has mistakes, as people read them.
    Rejected(String),
    /// Another one was written after it.
    Superseded,
    /// Nobody has looked at it yet.
    Waiting,
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
            rejected: rejected(written).map(|location| Store::new(location, Arc::clone(&clients))),
            active: Store::new(active.clone(), clients),
        })
    }

    /// Where people write.
    #[must_use]
    pub fn location(&self) -> &Location {
        self.written.location()
    }

    /// What people wrote last.
    ///
    /// # Errors
    /// It could not be read, or is too large to be a rules file.
    pub async fn written(&self) -> Result<Read, StoreFailure> {
        self.written.read_if_changed(None).await
    }

    /// What is in force, with its contents.
    ///
    /// # Errors
    /// As [`RulesBucket::written`].
    pub async fn active(&self) -> Result<Read, StoreFailure> {
        self.active.read_if_changed(None).await
    }

    /// Writes as people do, over what has that entity tag, or over nothing. Tells what was written;
    /// nothing, when somebody else has written since.
    ///
    /// # Errors
    /// The place could not be reached.
    pub async fn write(
        &self,
        bytes: Vec<u8>,
        over: Option<&str>,
    ) -> Result<Option<Version>, StoreFailure> {
        self.written.write_over(bytes, HashMap::new(), over).await
    }

    /// What became of a version that was written.
    ///
    /// # Errors
    /// The place could not be reached.
    pub async fn verdict(&self, version: &Version) -> Result<Verdict, StoreFailure> {
        let of = |fields: &HashMap<String, String>| {
            version.id.is_some() && fields.get(VERSION_ID) == version.id.as_ref()
        };
        // The very same bytes may be in force as an earlier version, too.
        let is_it = |seen: &Seen| of(&seen.fields) || seen.etag == version.etag;
        if self.active.look().await?.as_ref().is_some_and(is_it) {
            return Ok(Verdict::InForce);
        }
        if let Some(rejected) = &self.rejected
            && let Some(seen) = rejected.look().await?
            && of(&seen.fields)
            // What was kept since is about another version.
            && let Read::Found { bytes, etag } = rejected.read_if_changed(None).await?
            && etag == seen.etag
        {
            return Ok(Verdict::Rejected(String::from_utf8_lossy(&bytes).into_owned()));
        }
        let last = self.written.look().await?;
        let is_last = last.is_some_and(|seen| seen.etag == version.etag);
        Ok(if is_last { Verdict::Waiting } else { Verdict::Superseded })
    }

    /// Keeps what is wrong with a version, for whoever wrote it.
    ///
    /// # Errors
    /// The place could not be reached.
    pub async fn reject(&self, object: &RulesObject, why: String) -> Result<(), StoreFailure> {
        let Some(rejected) = &self.rejected else { return Ok(()) };
        rejected.write_with(why.into_bytes(), fields(object)).await
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
        self.active.replace(bytes, fields(object), over.etag.as_deref()).await
    }
}

/// Which version a copy, or a list of mistakes, is of.
fn fields(object: &RulesObject) -> HashMap<String, String> {
    let fields = [(VERSION_ID, &object.version_id), (SEQUENCER, &object.sequencer)];
    fields.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value.clone()?))).collect()
}

/// Where what is wrong with the version that was rejected last is kept: `rejected/rules.yaml.txt` beside `rules.yaml`.
fn rejected(written: &Location) -> Option<Location> {
    let Location::S3 { bucket, key } = written else { return None };
    let key = match key.rsplit_once('/') {
        Some((folder, name)) => format!("{folder}/rejected/{name}.txt"),
        None => format!("rejected/{key}.txt"),
    };
    Some(Location::S3 { bucket: bucket.clone(), key })
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
