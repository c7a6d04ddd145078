//! One file, in S3 or on disk: read again only when it changed, and written whole.

mod disk;
mod location;
mod object;

use std::{collections::HashMap, io, sync::Arc};

use crate::failure::CallFailure;

use super::clients::Clients;

use disk::digest;
use object::Which;

pub use location::{InvalidLocation, Location};

/// The largest file that is read, where nothing else is said: a rules file for thousands of accounts stays far below, and a
/// wrong key (a log, a backup) must not fill the function's memory.
///
/// Unit: bytes.
pub const MAX_BYTES: usize = 2 * 1024 * 1024;

/// What came of reading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Read {
    /// It is what it was when it had that entity tag.
    NotModified,
    /// Its contents.
    Found {
        /// The contents.
        bytes: Vec<u8>,
        /// What to ask with the next time, if the place knows entity tags.
        etag: Option<String>,
    },
    /// There is no such file.
    Absent,
}

/// A file as it is before it is replaced, without its contents.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// What tells it from what it may become.
    pub etag: Option<String>,
    /// What was kept with it. A disk keeps nothing.
    pub fields: HashMap<String, String>,
}

/// What came of replacing a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replaced {
    /// It is what was written.
    Yes,
    /// It was not what it was taken for any more.
    Overtaken,
}

/// A file as it was when it was written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Version {
    /// What tells it from what it may become.
    pub etag: Option<String>,
    /// Its id, where versions are kept.
    pub id: Option<String>,
}

/// What can go wrong with a file.
#[derive(Debug, thiserror::Error)]
pub enum StoreFailure {
    /// In S3.
    #[error("failed to reach {location}")]
    Call {
        /// The file.
        location: Location,
        /// What S3 said.
        #[source]
        source: CallFailure,
    },
    /// On disk.
    #[error("failed to reach {location}")]
    Disk {
        /// The file.
        location: Location,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// It is larger than any file that belongs there.
    #[error("{location} is larger than {most} bytes")]
    TooLarge {
        /// The file.
        location: Location,
        /// How large it may be. Unit: bytes.
        most: usize,
    },
}

impl StoreFailure {
    /// Whether the same may work in a moment.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        matches!(self, Self::Call { source, .. } if source.may_pass())
    }
}

/// One file and the means to reach it.
#[derive(Clone, Debug)]
pub struct Store {
    location: Location,
    clients: Arc<Clients>,
    most: usize,
}

impl Store {
    /// That file.
    #[must_use]
    pub fn new(location: Location, clients: Arc<Clients>) -> Self {
        Self { location, clients, most: MAX_BYTES }
    }

    /// That file, which may be so large.
    ///
    /// Unit: bytes.
    #[must_use]
    pub fn with_room_for(self, most: usize) -> Self {
        Self { most, ..self }
    }

    /// Where it is.
    #[must_use]
    pub fn location(&self) -> &Location {
        &self.location
    }

    /// Reads the file, unless it still has that entity tag.
    ///
    /// # Errors
    /// It could not be reached, or it is larger than it may be. A file that is not there is not
    /// an error.
    pub async fn read_if_changed(&self, etag: Option<&str>) -> Result<Read, StoreFailure> {
        match &self.location {
            Location::S3 { bucket, key } => {
                self.read_object(bucket, key, Which::Unless(etag)).await
            }
            Location::File(path) => self.read_file(path, etag),
        }
    }

    /// Reads one version of the file, whatever came after it. Only S3 keeps versions: of any other
    /// file, and without a version's id, there is only the newest.
    ///
    /// # Errors
    /// As [`Store::read_if_changed`].
    pub async fn read_version(&self, version_id: Option<&str>) -> Result<Read, StoreFailure> {
        match (&self.location, version_id) {
            (Location::S3 { bucket, key }, Some(id)) => {
                self.read_object(bucket, key, Which::Version(id)).await
            }
            _ => self.read_if_changed(None).await,
        }
    }

    /// Writes the file, all or nothing.
    ///
    /// # Errors
    /// It could not be reached.
    pub async fn write(&self, bytes: Vec<u8>) -> Result<(), StoreFailure> {
        self.write_with(bytes, HashMap::new()).await
    }

    /// The same, and keeps these fields with it. A disk keeps none.
    ///
    /// # Errors
    /// As [`Store::write`].
    pub async fn write_with(
        &self,
        bytes: Vec<u8>,
        fields: HashMap<String, String>,
    ) -> Result<(), StoreFailure> {
        match &self.location {
            Location::S3 { bucket, key } => {
                self.put(self.put_object(bucket, key, bytes, fields)).await
            }
            Location::File(path) => self.write_file(path, &bytes),
        }
    }

    /// Deletes the file. That it is not there is no error.
    ///
    /// # Errors
    /// It could not be reached.
    pub async fn delete(&self) -> Result<(), StoreFailure> {
        match &self.location {
            Location::S3 { bucket, key } => self.delete_object(bucket, key).await,
            Location::File(path) => self.delete_file(path),
        }
    }

    /// Looks at a file without reading it; nothing, when there is none.
    ///
    /// # Errors
    /// It could not be reached.
    pub async fn look(&self) -> Result<Option<Seen>, StoreFailure> {
        match &self.location {
            Location::S3 { bucket, key } => self.look_at_object(bucket, key).await,
            Location::File(path) => Ok(match self.read_file(path, None)? {
                Read::Found { etag, .. } => Some(Seen { etag, fields: HashMap::new() }),
                Read::Absent | Read::NotModified => None,
            }),
        }
    }

    /// Writes the file, all or nothing, if it still has that entity tag; without one, if there is none
    /// yet. A disk asks first and writes then: whoever writes to it is alone.
    ///
    /// # Errors
    /// It could not be reached.
    pub async fn replace(
        &self,
        bytes: Vec<u8>,
        fields: HashMap<String, String>,
        etag: Option<&str>,
    ) -> Result<Replaced, StoreFailure> {
        let written = self.write_over(bytes, fields, etag).await?;
        Ok(written.map_or(Replaced::Overtaken, |_| Replaced::Yes))
    }

    /// The same, and tells what was written; nothing, when the file is not what it was taken for any more, nor what was to
    /// be written.
    ///
    /// # Errors
    /// As [`Store::replace`].
    pub async fn write_over(
        &self,
        bytes: Vec<u8>,
        fields: HashMap<String, String>,
        etag: Option<&str>,
    ) -> Result<Option<Version>, StoreFailure> {
        match &self.location {
            Location::S3 { bucket, key } => {
                self.put_over((bucket, key), &bytes, &fields, etag).await
            }
            Location::File(path) => {
                let seen = self.look().await?.and_then(|seen| seen.etag);
                if seen.as_deref() != etag {
                    return Ok(None);
                }
                self.write_file(path, &bytes)?;
                Ok(Some(Version { etag: Some(digest(&bytes)), id: None }))
            }
        }
    }

    fn too_large(&self) -> StoreFailure {
        StoreFailure::TooLarge { location: self.location.clone(), most: self.most }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::path::Path;

    use super::*;
    use crate::aws::pace::Pace;

    /// A store for a local file: its clients are never made.
    pub(in crate::aws) fn local(path: &Path) -> Store {
        let config = aws_config::SdkConfig::builder().build();
        let pace = Pace::per_second(std::num::NonZeroU32::MIN);
        Store::new(Location::File(path.to_owned()), Arc::new(Clients::new(config, pace)))
    }

    fn found(read: Read) -> (Vec<u8>, String) {
        match read {
            Read::Found { bytes, etag: Some(etag) } => (bytes, etag),
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn what_is_deleted_is_gone_however_often() {
        let folder = tempfile::tempdir().unwrap();
        let store = local(&folder.path().join("approved/1.json"));
        store.write(b"one".to_vec()).await.unwrap();
        for _ in 0..2 {
            store.delete().await.unwrap();
            assert_eq!(store.read_if_changed(None).await.unwrap(), Read::Absent);
        }
    }

    #[tokio::test]
    async fn a_file_is_read_again_only_when_it_changed() {
        let folder = tempfile::tempdir().unwrap();
        let store = local(&folder.path().join("below/rules.yaml"));
        assert_eq!(store.read_if_changed(None).await.unwrap(), Read::Absent);

        store.write(b"one".to_vec()).await.unwrap();
        let (bytes, etag) = found(store.read_if_changed(None).await.unwrap());
        assert_eq!(bytes, b"one");
        assert_eq!(store.read_if_changed(Some(&etag)).await.unwrap(), Read::NotModified);

        store.write(b"two".to_vec()).await.unwrap();
        let (bytes, changed) = found(store.read_if_changed(Some(&etag)).await.unwrap());
        assert_eq!(bytes, b"two");
        assert_ne!(changed, etag);
    }

    #[tokio::test]
    async fn a_file_that_went_away_is_absent_whatever_was_known() {
        let folder = tempfile::tempdir().unwrap();
        let store = local(&folder.path().join("rules.yaml"));
        assert_eq!(store.read_if_changed(Some("x")).await.unwrap(), Read::Absent);
    }

    #[tokio::test]
    async fn a_file_is_replaced_only_as_it_was_seen() {
        let folder = tempfile::tempdir().unwrap();
        let store = local(&folder.path().join("below/rules.yaml"));
        let replace = async |text: &str, etag: Option<&str>| {
            store.replace(text.into(), HashMap::new(), etag).await.unwrap()
        };
        assert_eq!(store.look().await.unwrap(), None);
        assert_eq!(replace("one", Some("x")).await, Replaced::Overtaken);
        assert_eq!(store.look().await.unwrap(), None);

        assert_eq!(replace("one", None).await, Replaced::Yes);
        let seen = store.look().await.unwrap().unwrap();
        assert_eq!(replace("two", None).await, Replaced::Overtaken);
        assert_eq!(replace("two", seen.etag.as_deref()).await, Replaced::Yes);
        assert_eq!(replace("three", seen.etag.as_deref()).await, Replaced::Overtaken);
        assert_eq!(found(store.read_if_changed(None).await.unwrap()).0, b"two");
    }

    #[tokio::test]
    async fn what_is_too_large_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let store = local(&folder.path().join("rules.yaml"));
        store.write(vec![b'x'; MAX_BYTES]).await.unwrap();
        assert!(store.read_if_changed(None).await.is_ok());
        store.write(vec![b'x'; MAX_BYTES + 1]).await.unwrap();
        assert!(matches!(store.read_if_changed(None).await, Err(StoreFailure::TooLarge { .. })));
    }

    #[tokio::test]
    async fn a_folder_is_no_file() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(
            local(folder.path()).read_if_changed(None).await,
            Err(StoreFailure::Disk { .. })
        ));
    }
}
