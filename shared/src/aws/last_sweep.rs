//! When everything was looked at last, and what came of it: one small file beside the rules, `status/last-sweep.json`,
//! for whoever asks whether Usher lives.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{lane::Tally, plan::Summary};

use super::store::{Read, Store, StoreFailure};

/// What came of a sweep.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sweep {
    /// When it ended.
    pub finished_at: DateTime<Utc>,
    /// What it found.
    pub summary: Summary,
    /// How many changes were tried and did not succeed.
    pub failed: usize,
    /// How many things could not be read.
    pub gaps: usize,
}

/// The file.
#[derive(Debug)]
pub struct LastSweep(Store);

impl LastSweep {
    /// That file.
    #[must_use]
    pub fn new(store: Store) -> Self {
        Self(store)
    }

    /// The last sweep; nothing, when there was none, or what is there is of another version of Usher.
    ///
    /// # Errors
    /// It could not be reached.
    pub async fn read(&self) -> Result<Option<Sweep>, StoreFailure> {
        match self.0.read_if_changed(None).await? {
            Read::Found { bytes, .. } => Ok(serde_json::from_slice(&bytes).ok()),
            Read::Absent | Read::NotModified => Ok(None),
        }
    }

    /// Writes down that a sweep has ended, with what all its parts found.
    ///
    /// # Errors
    /// It could not be written.
    pub async fn write(&self, tally: &Tally, now: DateTime<Utc>) -> Result<(), StoreFailure> {
        let sweep = Sweep {
            finished_at: now,
            summary: tally.whole(),
            failed: tally.failed,
            gaps: tally.gaps.len(),
        };
        // Numbers and a time: JSON has them all.
        let bytes = serde_json::to_vec_pretty(&sweep).unwrap_or_default();
        self.0.write(bytes).await
    }
}
