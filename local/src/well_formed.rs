//! Ids that this crate writes down itself.

use std::str::FromStr;

use shared::ids::InvalidId;

/// An id of an organization that comes with this crate.
#[expect(
    clippy::expect_used,
    reason = "every id is a constant or made of hexadecimal digits, and tests read them all"
)]
pub(crate) fn id<Id: FromStr<Err = InvalidId>>(text: &str) -> Id {
    text.parse().expect("our own ids are well-formed")
}
