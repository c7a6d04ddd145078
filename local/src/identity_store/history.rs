//! When something was made and changed, and how often.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::errors;
use crate::{api_error::ApiError, clock};

/// When a group or a user was made and changed, and how often: the revision.
#[derive(Clone, Debug)]
pub(crate) struct History {
    revision: u64,
    created: DateTime<Utc>,
    updated: DateTime<Utc>,
}

/// The revision that a request expects, in digits.
#[derive(Debug, Deserialize)]
pub(super) struct ExpectedRevision(String);

impl History {
    pub(super) fn new(created: DateTime<Utc>) -> Self {
        Self { revision: 1, created, updated: created }
    }

    pub(super) fn update(&mut self, now: DateTime<Utc>) {
        self.revision += 1;
        self.updated = now;
    }

    /// The revision as AWS writes it.
    pub(super) fn revision(&self) -> String {
        self.revision.to_string()
    }

    /// The error that somebody else has changed it since, if so.
    ///
    /// Source: <https://docs.aws.amazon.com/singlesignon/latest/IdentityStoreAPIReference/API_UpdateGroup.html>
    pub(super) fn check(&self, expected: Option<&ExpectedRevision>) -> Result<(), ApiError> {
        match expected {
            Some(ExpectedRevision(expected)) if *expected != self.revision() => {
                Err(errors::conflict("CONCURRENT_MODIFICATION", "The revision does not match"))
            }
            _ => Ok(()),
        }
    }

    /// `Revision`, `CreatedAt` and `UpdatedAt`
    pub(super) fn write(&self, view: &mut Map<String, Value>) {
        view.insert("Revision".to_owned(), self.revision().into());
        view.insert("CreatedAt".to_owned(), clock::seconds(self.created));
        view.insert("UpdatedAt".to_owned(), clock::seconds(self.updated));
    }
}
