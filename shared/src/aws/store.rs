//! One file, in S3 or on disk: read again only when it changed, and written whole.

use std::{
    collections::HashMap,
    fmt, fs,
    io::{self, ErrorKind, Read as _},
    path::{Path, PathBuf},
    str::FromStr,
    sync::Arc,
};

use aws_sdk_s3::{
    operation::{
        get_object::{GetObjectError, GetObjectOutput},
        head_object::HeadObjectError,
        put_object::PutObjectError,
    },
    primitives::ByteStream,
};
use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::SdkError};
use sha2::{Digest, Sha256};

use crate::failure::{CallFailure, FailureKind};

use super::{clients::Clients, failure::failed};

const GET_OBJECT: &str = "s3:GetObject";
const HEAD_OBJECT: &str = "s3:HeadObject";
const PUT_OBJECT: &str = "s3:PutObject";
const DELETE_OBJECT: &str = "s3:DeleteObject";

/// Where the rules in force are in their bucket. All else that Usher keeps there stands beside this folder.
const ACTIVE: &str = "active";

/// The largest file that is read, where nothing else is said: a rules file for thousands of accounts stays far below, and a
/// wrong key (a log, a backup) must not fill the function's memory.
///
/// Unit: bytes.
pub const MAX_BYTES: usize = 2 * 1024 * 1024;

/// Where a file is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// `s3://bucket/key`.
    S3 {
        /// The bucket.
        bucket: String,
        /// The object's key.
        key: String,
    },
    /// A path on this machine.
    File(PathBuf),
}

impl Location {
    /// Another file of the same bucket or folder. Of rules in `active/`, that is what that folder stands in.
    #[must_use]
    pub fn beside(&self, name: &str) -> Self {
        match self {
            Self::S3 { bucket, key } => {
                let mut folders: Vec<&str> = key.split('/').collect();
                folders.pop();
                folders.pop_if(|last| *last == ACTIVE);
                folders.push(name);
                Self::S3 { bucket: bucket.clone(), key: folders.join("/") }
            }
            Self::File(path) => {
                let folder = path.parent().unwrap_or_else(|| Path::new(""));
                let is_active = folder.file_name().is_some_and(|folder| folder == ACTIVE);
                let above = if is_active { folder.parent() } else { Some(folder) };
                Self::File(above.unwrap_or_else(|| Path::new("")).join(name))
            }
        }
    }
}

/// Text that is no location.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is neither `s3://bucket/key` nor a path")]
pub struct InvalidLocation(pub String);

impl FromStr for Location {
    type Err = InvalidLocation;

    fn from_str(text: &str) -> Result<Self, InvalidLocation> {
        let invalid = || InvalidLocation(text.to_owned());
        let Some(rest) = text.strip_prefix("s3://") else {
            let is_path = !text.is_empty() && !text.contains("://");
            return is_path.then(|| Self::File(text.into())).ok_or_else(invalid);
        };
        let (bucket, key) = rest.split_once('/').ok_or_else(invalid)?;
        if bucket.is_empty() || key.is_empty() {
            return Err(invalid());
        }
        Ok(Self::S3 { bucket: bucket.to_owned(), key: key.to_owned() })
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::S3 { bucket, key } => write!(f, "s3://{bucket}/{key}"),
            Self::File(path) => write!(f, "{}", path.display()),
        }
    }
}

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
                let put = self.clients.s3().put_object().bucket(bucket).key(key);
                let put = put.set_metadata(Some(fields)).body(ByteStream::from(bytes));
                put.send()
                    .await
                    .map(drop)
                    .map_err(failed(PUT_OBJECT))
                    .map_err(|source| self.in_s3(source))
            }
            Location::File(path) => write_file(path, &bytes).map_err(|source| self.on_disk(source)),
        }
    }

    /// Deletes the file. That it is not there is no error.
    ///
    /// # Errors
    /// It could not be reached.
    pub async fn delete(&self) -> Result<(), StoreFailure> {
        match &self.location {
            Location::S3 { bucket, key } => {
                let delete = self.clients.s3().delete_object().bucket(bucket).key(key);
                let deleted = delete.send().await.map_err(failed(DELETE_OBJECT));
                deleted.map(drop).map_err(|source| self.in_s3(source))
            }
            Location::File(path) => match fs::remove_file(path) {
                Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
                deleted => deleted.map_err(|source| self.on_disk(source)),
            },
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

    /// The same, and tells what was written; nothing, when the file is not what it was taken for any more.
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
                let put = self.clients.s3().put_object().bucket(bucket).key(key);
                let put = put.set_metadata(Some(fields)).body(ByteStream::from(bytes));
                let put = match etag {
                    Some(etag) => put.if_match(etag),
                    None => put.if_none_match("*"),
                };
                match put.send().await {
                    Ok(put) => Ok(Some(Version { etag: put.e_tag, id: put.version_id })),
                    Err(error) if is_overtaken(&error) => Ok(None),
                    Err(error) => Err(self.in_s3(failed(PUT_OBJECT)(error))),
                }
            }
            Location::File(path) => {
                let seen = self.look().await?.and_then(|seen| seen.etag);
                if seen.as_deref() != etag {
                    return Ok(None);
                }
                write_file(path, &bytes).map_err(|source| self.on_disk(source))?;
                Ok(Some(Version { etag: Some(digest(&bytes)), id: None }))
            }
        }
    }

    async fn look_at_object(&self, bucket: &str, key: &str) -> Result<Option<Seen>, StoreFailure> {
        let head = self.clients.s3().head_object().bucket(bucket).key(key);
        match head.send().await {
            Ok(object) => {
                let fields = object.metadata().cloned().unwrap_or_default();
                Ok(Some(Seen { etag: object.e_tag, fields }))
            }
            Err(error) if error.as_service_error().is_some_and(HeadObjectError::is_not_found) => {
                Ok(None)
            }
            Err(error) => Err(self.in_s3(failed(HEAD_OBJECT)(error))),
        }
    }

    async fn read_object(
        &self,
        bucket: &str,
        key: &str,
        which: Which<'_>,
    ) -> Result<Read, StoreFailure> {
        let get = self.clients.s3().get_object().bucket(bucket).key(key);
        let get = match which {
            Which::Unless(etag) => get.set_if_none_match(etag.map(str::to_owned)),
            Which::Version(id) => get.version_id(id),
        };
        match get.send().await {
            Ok(object) => self.read_body(object).await,
            Err(error) if is_not_modified(&error) => Ok(Read::NotModified),
            Err(error) if error.as_service_error().is_some_and(is_absent) => Ok(Read::Absent),
            Err(error) => Err(self.in_s3(failed(GET_OBJECT)(error))),
        }
    }

    /// Reads an object a piece at a time, so that one that is too large is dropped before it fills
    /// the memory.
    async fn read_body(&self, mut object: GetObjectOutput) -> Result<Read, StoreFailure> {
        let announced = object.content_length().and_then(|length| usize::try_from(length).ok());
        if announced.is_some_and(|length| length > self.most) {
            return Err(self.too_large());
        }
        let mut bytes = Vec::new();
        while let Some(piece) =
            object.body.try_next().await.map_err(|error| self.in_s3(cut_off(&error)))?
        {
            bytes.extend_from_slice(&piece);
            if bytes.len() > self.most {
                return Err(self.too_large());
            }
        }
        Ok(Read::Found { bytes, etag: object.e_tag })
    }

    /// Local files are the command line's and the demo's: small and near, so the contents
    /// themselves tell a change.
    fn read_file(&self, path: &Path, etag: Option<&str>) -> Result<Read, StoreFailure> {
        let bytes = match read_bounded(path, self.most) {
            Ok(Some(bytes)) => bytes,
            Ok(None) => return Err(self.too_large()),
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Read::Absent),
            Err(source) => return Err(self.on_disk(source)),
        };
        let seen = digest(&bytes);
        if etag == Some(seen.as_str()) {
            return Ok(Read::NotModified);
        }
        Ok(Read::Found { bytes, etag: Some(seen) })
    }

    fn in_s3(&self, source: CallFailure) -> StoreFailure {
        StoreFailure::Call { location: self.location.clone(), source }
    }

    fn on_disk(&self, source: io::Error) -> StoreFailure {
        StoreFailure::Disk { location: self.location.clone(), source }
    }

    fn too_large(&self) -> StoreFailure {
        StoreFailure::TooLarge { location: self.location.clone(), most: self.most }
    }
}

/// Which state of an object is wanted.
#[derive(Clone, Copy)]
enum Which<'a> {
    /// The newest, unless it has that entity tag.
    Unless(Option<&'a str>),
    /// The version of that id.
    Version(&'a str),
}

/// The object is not there, or that version of it is not. S3's model has no name for the latter.
fn is_absent(error: &GetObjectError) -> bool {
    error.is_no_such_key() || error.meta().code() == Some("NoSuchVersion")
}

/// S3's model does not know the answer "not modified", so the SDK takes it for an error.
fn is_not_modified(error: &SdkError<GetObjectError, HttpResponse>) -> bool {
    error.raw_response().is_some_and(|response| response.status().as_u16() == 304)
}

/// S3's answers to a condition that does not hold, or did not while it looked.
///
/// Source: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html>
fn is_overtaken(error: &SdkError<PutObjectError, HttpResponse>) -> bool {
    let status = error.raw_response().map(|response| response.status().as_u16());
    matches!(status, Some(409 | 412))
}

/// The connection broke in the middle of an object.
fn cut_off(error: &dyn std::error::Error) -> CallFailure {
    CallFailure {
        operation: GET_OBJECT,
        code: "CutOff".to_owned(),
        message: error.to_string(),
        kind: FailureKind::Transient,
    }
}

/// What tells a file on disk from what it may become.
fn digest(bytes: &[u8]) -> String {
    format!("{:x}", Sha256::digest(bytes))
}

/// The file's contents, or nothing if there are too many.
fn read_bounded(path: &Path, most: usize) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    // One more than allowed, to tell "exactly as large" from "larger".
    let limit = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
    fs::File::open(path)?.take(limit).read_to_end(&mut bytes)?;
    Ok((bytes.len() <= most).then_some(bytes))
}

/// Writes beside the file and renames, so that a reader never sees half of it.
fn write_file(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut beside = path.as_os_str().to_owned();
    beside.push(format!(".{}.new", std::process::id()));
    fs::write(&beside, bytes)?;
    fs::rename(&beside, path)
}

#[cfg(test)]
pub(super) mod tests {
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

    #[test]
    fn locations_are_buckets_or_paths() {
        let s3 = Location::S3 { bucket: "b".to_owned(), key: "active/rules.yaml".to_owned() };
        assert_eq!("s3://b/active/rules.yaml".parse(), Ok(s3.clone()));
        assert_eq!(s3.to_string(), "s3://b/active/rules.yaml");
        assert_eq!("rules.yaml".parse(), Ok(Location::File("rules.yaml".into())));
        for text in
            ["", "s3://", "s3://b", "s3://b/", "s3:///k", "https://b/k", "file:///rules.yaml"]
        {
            assert!(text.parse::<Location>().is_err(), "`{text}`");
        }
    }

    #[test]
    fn what_stands_beside_the_rules() {
        for (rules, expected) in [
            ("s3://b/active/rules.yaml", "s3://b/held/1.json"),
            ("s3://b/rules.yaml", "s3://b/held/1.json"),
            ("s3://b/usher/active/rules.yaml", "s3://b/usher/held/1.json"),
            ("s3://b/inactive/rules.yaml", "s3://b/inactive/held/1.json"),
            ("folder/active/rules.yaml", "folder/held/1.json"),
            ("/folder/rules.yaml", "/folder/held/1.json"),
            ("rules.yaml", "held/1.json"),
        ] {
            let rules: Location = rules.parse().unwrap();
            assert_eq!(rules.beside("held/1.json").to_string(), expected, "{rules}");
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
