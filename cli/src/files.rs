//! The files that commands read.

use std::{fs, path::Path};

use shared::{organization::Organization, rules::Rules};

use crate::exit::Failure;

/// A rules file without a mistake.
pub(crate) fn rules(path: &Path) -> Result<Rules, Failure> {
    let name = path.display().to_string();
    Rules::from_bytes(name, bytes(path)?).map_err(|invalid| Failure::Rules(Box::new(invalid)))
}

/// An organization snapshot.
pub(crate) fn organization(path: &Path) -> Result<Organization, Failure> {
    let bytes = bytes(path)?;
    serde_json::from_slice(&bytes)
        .map_err(|source| Failure::NotASnapshot { path: path.to_owned(), source })
}

/// Any JSON.
pub(crate) fn json(path: &Path) -> Result<serde_json::Value, Failure> {
    serde_json::from_slice(&bytes(path)?)
        .map_err(|source| Failure::NotJson { path: path.to_owned(), source })
}

fn bytes(path: &Path) -> Result<Vec<u8>, Failure> {
    fs::read(path).map_err(|source| Failure::Read { path: path.to_owned(), source })
}
