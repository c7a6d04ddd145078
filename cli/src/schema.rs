//! `usher schema`: what a rules file looks like, for editors.

use crate::{
    exit::{Exit, Failure},
    output,
};

/// Written by hand: its descriptions are what people read while they write rules.
///
/// Draft 7 of JSON Schema, the one that editors' language servers for YAML know best.
const SCHEMA: &str = include_str!("schema.json");

pub(crate) fn run() -> Result<Exit, Failure> {
    output::data(SCHEMA.trim_end())?;
    Ok(Exit::Done)
}
