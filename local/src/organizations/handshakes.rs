//! The invitations that are kept: those that wait for an answer, and for thirty days those that no
//! longer do.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::handshake::Handshake;

/// The most ended handshakes that are kept. AWS keeps them all for their thirty days, and lets far
/// fewer be made.
///
/// Unit: handshakes.
const ENDED: usize = 10_000;

/// The handshakes, by their ids.
#[derive(Debug, Default)]
pub(crate) struct Handshakes(BTreeMap<String, Handshake>);

impl Handshakes {
    pub(super) fn get(&self, id: &str, now: DateTime<Utc>) -> Option<&Handshake> {
        self.0.get(id).filter(|handshake| !handshake.is_forgotten(now))
    }

    /// All, by their ids.
    pub(super) fn iter(&self, now: DateTime<Utc>) -> impl Iterator<Item = &Handshake> {
        self.0.values().filter(move |handshake| !handshake.is_forgotten(now))
    }

    /// Adds a handshake, or puts it in the place of the one with its id.
    pub(super) fn insert(&mut self, handshake: Handshake, now: DateTime<Utc>) {
        self.0.insert(handshake.id.clone(), handshake);
        self.0.retain(|_, other| !other.is_forgotten(now));
        let ended = || self.0.values().filter(|other| !other.is_open(now));
        if ended().count() > ENDED {
            let oldest = ended().min_by_key(|other| other.requested).map(|other| other.id.clone());
            oldest.map(|id| self.0.remove(&id));
        }
    }
}
