//! A file on this machine.

use std::{
    fs,
    io::{self, ErrorKind, Read as _},
    path::Path,
};

use sha2::{Digest, Sha256};

use super::{Read, Store, StoreFailure};

impl Store {
    /// Local files are the command line's and the demo's: small and near, so the contents
    /// themselves tell a change.
    pub(super) fn read_file(&self, path: &Path, etag: Option<&str>) -> Result<Read, StoreFailure> {
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

    pub(super) fn write_file(&self, path: &Path, bytes: &[u8]) -> Result<(), StoreFailure> {
        write(path, bytes).map_err(|source| self.on_disk(source))
    }

    pub(super) fn delete_file(&self, path: &Path) -> Result<(), StoreFailure> {
        match fs::remove_file(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            deleted => deleted.map_err(|source| self.on_disk(source)),
        }
    }

    fn on_disk(&self, source: io::Error) -> StoreFailure {
        StoreFailure::Disk { location: self.location.clone(), source }
    }
}

/// What tells a file on disk from what it may become.
pub(super) fn digest(bytes: &[u8]) -> String {
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
fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut beside = path.as_os_str().to_owned();
    beside.push(format!(".{}.new", std::process::id()));
    fs::write(&beside, bytes)?;
    fs::rename(&beside, path)
}
