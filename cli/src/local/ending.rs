//! The end: what is kept of the organization then.

use std::{
    fs::{self, OpenOptions},
    io,
    path::{Path, PathBuf},
};

use local::Local;

use crate::exit::Failure;

/// The file that the organization is written to in the end.
pub(super) struct Dump(PathBuf);

impl Dump {
    /// Tries in the beginning whether it can be written, since in the end it would be too late. What is in it stays until
    /// then.
    pub(super) fn try_out(file: &Path) -> Result<Self, Failure> {
        OpenOptions::new().create(true).append(true).open(file).map_err(failed(file))?;
        Ok(Self(file.to_owned()))
    }

    pub(super) fn write(&self, local: &Local) -> Result<(), Failure> {
        let json = serde_json::to_vec_pretty(&local.organization());
        let mut json = json.map_err(|error| failed(&self.0)(error.into()))?;
        json.push(b'\n');
        fs::write(&self.0, json).map_err(failed(&self.0))
    }

    pub(super) fn file(&self) -> &Path {
        &self.0
    }
}

fn failed(file: &Path) -> impl FnOnce(io::Error) -> Failure {
    let file = file.to_owned();
    |source| Failure::Dump { file, source }
}
