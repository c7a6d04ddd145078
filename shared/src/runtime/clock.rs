//! What time it is, for the decision, which reads no clock.

use std::{
    fmt::{self, Debug, Formatter},
    sync::Arc,
    time::SystemTime,
};

use chrono::{DateTime, Utc};

/// Tells what time it is: the system does, unless somebody else is named, such as an organization on localhost whose
/// days take minutes. A rule begins and ends by this clock, and all that is remembered ages by it.
#[derive(Clone, Default)]
pub struct Clock(Option<Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>>);

impl Clock {
    /// A clock that shows what this says.
    pub fn of(now: impl Fn() -> DateTime<Utc> + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(now)))
    }

    /// The time now.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        self.0.as_ref().map_or_else(system_now, |now| now())
    }
}

impl Debug for Clock {
    fn fmt(&self, to: &mut Formatter<'_>) -> fmt::Result {
        write!(to, "Clock({})", self.now())
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place that asks the clock")]
fn system_now() -> DateTime<Utc> {
    SystemTime::now().into()
}
