//! The loop: observe, decide, act, announce.

use crate::announcement::Announcement;

/// Telling the world.
#[expect(async_fn_in_trait, reason = "one task drives them: nobody needs the futures to be Send")]
pub trait Announce {
    /// Puts the events on the bus, in order.
    ///
    /// # Errors
    /// Those that the bus did not take, with its reason.
    async fn announce(&self, announcements: Vec<Announcement>) -> Result<(), crate::failure::CallFailure>;
}
