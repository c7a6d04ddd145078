//! The rules file while an admin edits it. As in AWS, what is written is checked first, and only what is right is
//! followed: until then, what was right before stays in force.

use std::{
    fs,
    path::{Path, PathBuf},
};

use shared::{
    rules::Rules,
    trial::{self, Verdict},
};
use tempfile::TempDir;

use crate::{clock, exit::Failure, output};

/// The file that is edited, and a copy of what is in force.
pub(super) struct RulesFile {
    path: PathBuf,
    folder: TempDir,
    seen: Vec<u8>,
    /// What was in the file at the last look, when that was something new.
    writing: Option<Vec<u8>>,
    /// The rules in force.
    pub(super) rules: Rules,
}

/// What came of an edit.
pub(super) enum Edit {
    /// The new rules are in force.
    Activated,
    /// The old rules stay in force, and why.
    Rejected(String),
}

impl RulesFile {
    /// The rules to begin with, which must be right.
    pub(super) fn open(path: &Path) -> Result<Self, Failure> {
        let seen =
            fs::read(path).map_err(|source| Failure::Read { path: path.to_owned(), source })?;
        let rules = Rules::from_bytes(path.display().to_string(), seen.clone())
            .map_err(|invalid| Failure::Rules(Box::new(invalid)))?;
        let folder = tempfile::tempdir().map_err(Failure::Write)?;
        let file = Self { path: path.to_owned(), folder, seen, writing: None, rules };
        file.promote()?;
        Ok(file)
    }

    /// The copy that the functions read.
    pub(super) fn active(&self) -> String {
        self.folder.path().join("rules.yaml").display().to_string()
    }

    /// Looks whether the file has been edited. An edit counts when two looks see the same: editors write in pieces.
    pub(super) fn look(&mut self) -> Result<Option<Edit>, Failure> {
        // Not there: saved by way of another file, or deleted, which is never a reason to revoke.
        let Ok(bytes) = fs::read(&self.path) else { return Ok(None) };
        if bytes == self.seen {
            self.writing = None;
            return Ok(None);
        }
        if self.writing.as_ref() != Some(&bytes) {
            self.writing = Some(bytes);
            return Ok(None);
        }
        self.writing = None;
        self.seen.clone_from(&bytes);
        self.check(bytes).map(Some)
    }

    fn check(&mut self, bytes: Vec<u8>) -> Result<Edit, Failure> {
        let rules = match Rules::from_bytes(self.path.display().to_string(), bytes) {
            Ok(rules) => rules,
            Err(invalid) => return Ok(Edit::Rejected(invalid.render(output::STYLED))),
        };
        let verdicts = trial::run(&rules, clock::now()).map_err(Failure::Test)?;
        let failed = verdicts.iter().filter_map(Verdict::diagnostic);
        let failed: Vec<String> =
            failed.map(|failed| failed.render(&rules.source, output::STYLED)).collect();
        if !failed.is_empty() {
            return Ok(Edit::Rejected(failed.join("\n")));
        }
        drop(verdicts);
        self.rules = rules;
        self.promote()?;
        Ok(Edit::Activated)
    }

    fn promote(&self) -> Result<(), Failure> {
        fs::write(self.active(), &self.seen).map_err(Failure::Write)
    }
}
