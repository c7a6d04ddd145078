//! The files that commands read.

use std::{fs, path::Path};

use serde_json::{Deserializer, Value};
use shared::{
    organization::Organization,
    rules::Rules,
    shown::Shown,
    snapshot::{Oddities, oddities},
};

use crate::{
    exit::Failure,
    output::{self, YELLOW, painted},
};

/// A rules file without a mistake.
pub(crate) fn rules(path: &Path) -> Result<Rules, Failure> {
    let name = path.display().to_string();
    Rules::from_bytes(name, bytes(path)?).map_err(|invalid| Failure::Rules(Box::new(invalid)))
}

/// An organization snapshot. What is odd about it is said on stderr, or, where it contradicts itself,
/// is a failure.
pub(crate) fn organization(path: &Path) -> Result<Organization, Failure> {
    let bytes = bytes(path)?;
    let organization = serde_json::from_slice(&bytes)
        .map_err(|source| Failure::NotASnapshot { path: path.to_owned(), source })?;
    let Oddities { contradictions, doubts } = oddities(&organization);
    if !contradictions.is_empty() {
        let what = contradictions.join("; ");
        return Err(Failure::ContradictorySnapshot { path: path.to_owned(), what });
    }
    for doubt in doubts {
        let doubt = Shown(&doubt);
        output::error(&format!("{}: {}: {doubt}", painted(YELLOW, "warning"), path.display()));
    }
    Ok(organization)
}

/// The values of a file that holds one in JSON, a list of them, or one after the other, as JSON lines do. There is at
/// least one.
pub(crate) fn json_values(path: &Path) -> Result<Vec<Value>, Failure> {
    let not_json = |source| Failure::NotJson { path: path.to_owned(), source };
    let bytes = bytes(path)?;
    let values: Vec<Value> =
        Deserializer::from_slice(&bytes).into_iter().collect::<Result<_, _>>().map_err(not_json)?;
    match <[Value; 1]>::try_from(values) {
        Ok([Value::Array(items)]) if !items.is_empty() => Ok(items),
        Ok(one) => Ok(one.into()),
        // Of nothing, JSON says best what is missing.
        Err(none) if none.is_empty() => serde_json::from_slice(&bytes).map_err(not_json),
        Err(several) => Ok(several),
    }
}

/// A file's contents.
pub(crate) fn bytes(path: &Path) -> Result<Vec<u8>, Failure> {
    fs::read(path).map_err(|source| Failure::Read { path: path.to_owned(), source })
}
