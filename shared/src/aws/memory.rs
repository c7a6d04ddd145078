//! The picture of the organization, kept from one run to the next, and from one process to the next.
//!
//! **Guarantees.** It is a cache: it may be deleted, cut short or out of reach, and then costs calls,
//! never an error. Only one run at a time has it, as only one run at a time has the lane.

use tokio::sync::{Mutex, MutexGuard};
use tracing::warn;

use crate::observe::Picture;

use super::{
    failure::chain,
    store::{Read, Store},
};

/// How large a picture may be: ten thousand accounts with ten tags each, and a million assignments,
/// take less.
///
/// Unit: bytes.
const MAX_BYTES: usize = 32 * 1024 * 1024;

/// What is remembered of the organization.
#[derive(Debug)]
pub struct Memory {
    store: Option<Store>,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    is_loaded: bool,
    picture: Picture,
}

/// The picture, for as long as a run needs it.
#[derive(Debug)]
pub struct Open<'a> {
    store: Option<&'a Store>,
    kept: MutexGuard<'a, Kept>,
}

impl Memory {
    /// Remembers in that file; without one, as long as the process lives.
    #[must_use]
    pub fn new(store: Option<Store>) -> Self {
        let store = store.map(|store| store.with_room_for(MAX_BYTES));
        Self { store, kept: Mutex::default() }
    }

    /// What is remembered: the first time, what an earlier process left.
    pub async fn open(&self) -> Open<'_> {
        let mut kept = self.kept.lock().await;
        if !kept.is_loaded {
            kept.picture = self.load().await;
            kept.is_loaded = true;
        }
        Open { store: self.store.as_ref(), kept }
    }

    async fn load(&self) -> Picture {
        let Some(store) = &self.store else { return Picture::default() };
        read(store).await.unwrap_or_else(|why| {
            warn!(error = why, "nothing is remembered of the organization: it will be read");
            Picture::default()
        })
    }
}

impl Open<'_> {
    /// The picture.
    pub fn picture(&mut self) -> &mut Picture {
        &mut self.kept.picture
    }

    /// Writes it back, if there is anything new in it.
    pub async fn keep(mut self) {
        let Some(store) = self.store.filter(|_| self.kept.picture.take_changed()) else { return };
        let written = match serde_json::to_vec(&self.kept.picture) {
            Ok(bytes) => store.write(bytes).await.map_err(|failure| chain(&failure)),
            Err(error) => Err(error.to_string()),
        };
        if let Err(why) = written {
            warn!(
                error = why,
                "what was read of the organization is not kept: it will be read again"
            );
        }
    }
}

async fn read(store: &Store) -> Result<Picture, String> {
    match store.read_if_changed(None).await {
        Ok(Read::Found { bytes, .. }) => {
            serde_json::from_slice(&bytes).map_err(|error| error.to_string())
        }
        Ok(Read::Absent | Read::NotModified) => Ok(Picture::default()),
        Err(failure) => Err(chain(&failure)),
    }
}
