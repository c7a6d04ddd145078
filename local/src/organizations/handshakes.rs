//! The invitations that are kept: those that wait for an answer, and for thirty days those that no
//! longer do.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::handshake::Handshake;

/// The most ended handshakes that are kept: those of thirty days, if a new organization sends as many
/// as AWS lets it, which is twenty a day, and then some.
///
/// Unit: handshakes. Source: <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html>
const ENDED: usize = 1_000;

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

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use shared::organization::Tags;

    use super::*;
    use crate::organizations::handshake::{Answer, Target};

    /// An invitation of the minute of this number.
    fn handshake(number: usize, answer: Option<Answer>) -> Handshake {
        let requested = DateTime::UNIX_EPOCH + TimeDelta::minutes(i64::try_from(number).unwrap());
        let target = Target::Email(format!("{number}@example.com"));
        let [expires, forgotten] = [15, 45].map(|days| requested + TimeDelta::days(days));
        let (id, tags) = (format!("h-{number:08}"), Tags::new());
        Handshake { id, target, notes: None, tags, requested, expires, answer, forgotten }
    }

    #[test]
    fn the_oldest_of_too_many_that_ended_goes_and_those_that_are_open_stay() {
        let (mut handshakes, now) = (Handshakes::default(), DateTime::UNIX_EPOCH);
        handshakes.insert(handshake(0, None), now);
        for number in 1..=ENDED + 1 {
            handshakes.insert(handshake(number, Some(Answer::Declined)), now);
        }
        assert_eq!(handshakes.iter(now).count(), ENDED + 1);
        let found = |id| handshakes.get(id, now).is_some();
        assert!(found("h-00000000") && !found("h-00000001") && found("h-00000002"));
    }

    #[test]
    fn what_ended_long_ago_is_not_found_and_soon_not_kept() {
        let mut handshakes = Handshakes::default();
        handshakes.insert(handshake(0, None), DateTime::UNIX_EPOCH);
        let later = DateTime::UNIX_EPOCH + TimeDelta::days(45);
        assert!(handshakes.get("h-00000000", later).is_none());
        handshakes.insert(handshake(1, None), later);
        assert_eq!(handshakes.0.len(), 1);
    }
}
