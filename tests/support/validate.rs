//! JSON Schema, as a validator sees it that we did not write: `tests/validate.py`.

use std::{
    collections::BTreeMap,
    io::Write,
    path::PathBuf,
    process::{Command, Stdio},
};

use serde::Deserialize;
use serde_json::{Value, json};

use super::root;

/// What a document holds, and what is wrong with it.
#[derive(Debug, Deserialize)]
pub(crate) struct Validated {
    pub(crate) value: Value,
    pub(crate) mistakes: Vec<String>,
}

/// Validates documents, YAML or JSON by name. A schema that is itself wrong is a panic.
pub(crate) fn validate(
    schema: &str,
    documents: impl IntoIterator<Item = (String, String)>,
) -> BTreeMap<String, Validated> {
    let documents: BTreeMap<String, String> = documents.into_iter().collect();
    let mut process = Command::new(python())
        .arg(root().join("tests/validate.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let question = json!({"schema": schema, "documents": documents}).to_string();
    process.stdin.take().unwrap().write_all(question.as_bytes()).unwrap();
    let ended = process.wait_with_output().unwrap();
    assert!(ended.status.success(), "see above what Python says");
    serde_json::from_slice(&ended.stdout).unwrap()
}

/// The Python that has what `requirements.txt` asks for.
pub(crate) fn python() -> PathBuf {
    let python = root().join(".venv/bin/python");
    assert!(
        python.exists(),
        "there is no test bed in {}: run tests/setup_bed.sh",
        root().join(".venv").display()
    );
    python
}
