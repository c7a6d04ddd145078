//! What time it is, for the decision, which reads no clock.

use std::time::SystemTime;

use chrono::{DateTime, Utc};

/// Now.
#[expect(clippy::disallowed_methods, reason = "this is where now comes from on the command line")]
pub(crate) fn now() -> DateTime<Utc> {
    SystemTime::now().into()
}
