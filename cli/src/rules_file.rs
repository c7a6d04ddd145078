//! The rules file while an admin edits it. As in AWS, what is written is told as an event: the function that hears it checks
//! the file, and until it has found it right, what was right before stays in force.

use std::{
    fs, mem,
    path::{Path, PathBuf},
};

use chrono::SecondsFormat;
use local::Clock;
use serde_json::{Value, json};
use shared::{aws::rules_bucket::DISK, promotion::examine, rules::Rules};
use tempfile::TempDir;

use crate::exit::Failure;

/// How often Lambda hands an event over that it did not get done: once, and twice more.
///
/// Source: <https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html>
const ATTEMPTS: u32 = 3;

/// The file that is edited, and a copy of what is in force.
pub(crate) struct RulesFile {
    clock: Clock,
    path: PathBuf,
    folder: TempDir,
    /// What was found at the last look: what is in the file, or why it cannot be read.
    found: Result<Vec<u8>, String>,
    /// What was last told as written, and how often.
    told: Vec<u8>,
    attempts: u32,
    is_missing: bool,
    events: u64,
    /// The rules in force.
    pub(crate) rules: Rules,
}

/// What is new about the file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum News {
    /// Somebody has written it.
    Written,
    /// It cannot be read any more, and why. The rules in force stay: no file is never a reason to revoke.
    Gone(String),
    /// It can be read again.
    Back,
}

impl RulesFile {
    /// The rules to begin with, which must be right, and by which clock events tell of them.
    pub(crate) fn open(path: &Path, clock: Clock) -> Result<Self, Failure> {
        let bytes =
            fs::read(path).map_err(|source| Failure::Read { path: path.to_owned(), source })?;
        let rules = examine(path.display().to_string(), bytes.clone(), clock.now())
            .map_err(|invalid| Failure::Rules(Box::new(invalid)))?;
        let folder = tempfile::tempdir().map_err(Failure::Write)?;
        Ok(Self {
            clock,
            path: path.to_owned(),
            folder,
            found: Ok(bytes),
            told: Vec::new(),
            attempts: 0,
            is_missing: false,
            events: 0,
            rules,
        })
    }

    /// The file as it was named.
    pub(crate) fn name(&self) -> String {
        self.path.display().to_string()
    }

    /// The copy that the functions read.
    pub(crate) fn active(&self) -> String {
        self.folder.path().join("rules.yaml").display().to_string()
    }

    /// Text in which the file in force is called as the one that is edited: of the copy that the functions read, nobody knows.
    pub(crate) fn as_edited(&self, text: &str) -> String {
        text.replace(&self.active(), &self.name())
    }

    /// Looks whether there is news. Only what two looks have found counts: editors write in pieces, or save by way of
    /// another file.
    pub(crate) fn look(&mut self) -> Option<News> {
        let now = fs::read(&self.path).map_err(|error| error.to_string());
        let is_settled = self.found == now;
        self.found = now;
        match &self.found {
            _ if !is_settled => None,
            Err(why) if !self.is_missing => {
                self.is_missing = true;
                Some(News::Gone(why.clone()))
            }
            Ok(_) if self.is_missing => {
                self.is_missing = false;
                Some(News::Back)
            }
            Ok(bytes) if *bytes != self.told => Some(News::Written),
            _ => None,
        }
    }

    /// The event that S3 sends when somebody has written the file.
    ///
    /// Source: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html>
    pub(crate) fn written(&mut self) -> Value {
        if let Ok(bytes) = &self.found
            && *bytes != self.told
        {
            self.told.clone_from(bytes);
            self.attempts = 0;
        }
        self.attempts += 1;
        self.events += 1;
        json!({
            "version": "0",
            "id": format!("usher-local-rules-{}", self.events),
            "detail-type": "Object Created",
            "source": "aws.s3",
            "time": self.clock.now().to_rfc3339_opts(SecondsFormat::Secs, true),
            "resources": [format!("arn:aws:s3:::{DISK}")],
            "detail": {
                "version": "0",
                "bucket": { "name": DISK },
                "object": {
                    "key": self.name(),
                    "size": self.told.len(),
                    "sequencer": format!("{:016X}", self.events),
                },
                "reason": "PutObject",
            },
        })
    }

    /// Whether an event that the function did not get done is to be told again.
    pub(crate) fn is_to_be_told_again(&self) -> bool {
        self.attempts < ATTEMPTS
    }

    /// The rules that have come into force, in place of these.
    pub(crate) fn activated(&mut self) -> Result<Rules, Failure> {
        let bytes = fs::read(self.active())
            .map_err(|source| Failure::Read { path: self.active().into(), source })?;
        let rules = Rules::from_bytes(self.name(), bytes)
            .map_err(|invalid| Failure::Rules(Box::new(invalid)))?;
        Ok(mem::replace(&mut self.rules, rules))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: &str = "version: 1\nmanage: {unlisted: report}\nrules: []\n";

    fn opened() -> (TempDir, RulesFile) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rules.yaml");
        fs::write(&path, RULES).unwrap();
        let mut file = RulesFile::open(&path, Clock::default()).unwrap();
        file.written();
        (folder, file)
    }

    #[test]
    fn an_edit_counts_once_it_has_settled() {
        let (folder, mut file) = opened();
        let path = folder.path().join("rules.yaml");
        assert_eq!(file.look(), None);
        fs::write(&path, "version: 1").unwrap();
        assert_eq!(file.look(), None);
        fs::write(&path, format!("{RULES}# and more\n")).unwrap();
        assert_eq!((file.look(), file.look()), (None, Some(News::Written)));
        let first = file.written();
        assert_eq!(file.look(), None);
        fs::write(&path, RULES).unwrap();
        assert_eq!((file.look(), file.look()), (None, Some(News::Written)));
        assert_ne!(first["id"], file.written()["id"]);
    }

    #[test]
    fn a_file_that_goes_away_is_told_once_and_again_when_it_is_back() {
        let (folder, mut file) = opened();
        let path = folder.path().join("rules.yaml");
        fs::remove_file(&path).unwrap();
        assert_eq!(file.look(), None, "it may be being saved by way of another");
        assert!(matches!(file.look(), Some(News::Gone(_))));
        assert_eq!(file.look(), None);
        fs::create_dir(&path).unwrap();
        assert_eq!((file.look(), file.look()), (None, None), "it still cannot be read");
        fs::remove_dir(&path).unwrap();
        fs::write(&path, RULES.replace("report", "revoke")).unwrap();
        assert_eq!(
            (file.look(), file.look(), file.look()),
            (None, Some(News::Back), Some(News::Written))
        );
    }

    #[test]
    fn what_fails_is_told_twice_more() {
        let (folder, mut file) = opened();
        assert!(file.is_to_be_told_again());
        file.written();
        assert!(file.is_to_be_told_again());
        file.written();
        assert!(!file.is_to_be_told_again());
        let path = folder.path().join("rules.yaml");
        fs::write(path, RULES.replace("report", "revoke")).unwrap();
        file.look();
        file.written();
        assert!(file.is_to_be_told_again());
    }
}
