//! Identity Center's quota, kept from this side.
//!
//! The quota is one bucket for the whole instance, shared with people in the console, Control Tower
//! and Terraform. Being throttled would throttle them too, so Usher waits before it asks.

use std::{
    num::NonZeroU32,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::{
        interceptors::{Intercept, context::BeforeTransmitInterceptorContextRef},
        retries::RequestAttempts,
        runtime_components::RuntimeComponents,
    },
};
use aws_smithy_types::config_bag::ConfigBag;
use tokio::time::Instant;

/// Calls that may follow each other at once after a pause.
///
/// Unit: calls. With the default of 18 calls a second, no second ever sees more than the 20 that
/// AWS allows.
const BURST: u32 = 2;

/// A token bucket over all calls to Identity Center (`sso-admin`) of the process.
///
/// Clones share the bucket. Tokens are handed out in the order in which they were asked for.
#[derive(Clone, Debug)]
pub struct Pace {
    interval: Duration,
    /// When the bucket is full again if nobody asks.
    full_at: Arc<Mutex<Instant>>,
}

impl Pace {
    /// A full bucket that refills at that many calls a second.
    ///
    /// Source of the quota: <https://docs.aws.amazon.com/singlesignon/latest/userguide/limits.html>
    #[must_use]
    pub fn per_second(calls: NonZeroU32) -> Self {
        Self {
            interval: Duration::from_secs(1) / calls.get(),
            full_at: Arc::new(Mutex::new(Instant::now())),
        }
    }

    /// Takes a token, and waits until it is due.
    ///
    /// A caller that stops waiting has still used its token: that errs on the slow side.
    pub async fn take(&self) {
        let due = self.reserve();
        tokio::time::sleep_until(due).await;
    }

    /// Takes a token now, in debt if need be: whoever asks next waits for it too.
    fn charge(&self) {
        self.reserve();
    }

    /// The moment at which the next token is due.
    fn reserve(&self) -> Instant {
        let now = Instant::now();
        // A panic elsewhere leaves a moment behind that is as good as any.
        let mut full_at = self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        let from = (*full_at).max(now);
        *full_at = from + self.interval;
        let head_start = self.interval * (BURST - 1);
        now.max(from.checked_sub(head_start).unwrap_or(now))
    }
}

/// Charges the SDK's own retries to the bucket: the SDK sends them after its back-off without
/// asking anybody.
#[derive(Debug)]
pub(super) struct ChargeRetries(pub(super) Pace);

impl Intercept for ChargeRetries {
    fn name(&self) -> &'static str {
        "ChargeRetries"
    }

    fn read_before_attempt(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        settings: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let is_retry =
            settings.load::<RequestAttempts>().is_some_and(|attempts| attempts.attempts() > 1);
        if is_retry {
            self.0.charge();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pace(calls: u32) -> Pace {
        Pace::per_second(NonZeroU32::new(calls).unwrap())
    }

    #[tokio::test(start_paused = true)]
    async fn a_burst_goes_at_once_and_the_rest_in_step() {
        let pace = pace(10);
        let start = Instant::now();
        let mut waited = Vec::new();
        for _ in 0..5 {
            pace.take().await;
            waited.push(start.elapsed().as_millis());
        }
        assert_eq!(waited, [0, 0, 100, 200, 300]);
    }

    #[tokio::test(start_paused = true)]
    async fn no_second_sees_more_than_the_quota() {
        let pace = pace(18);
        let mut taken = Vec::new();
        for _ in 0..200 {
            pace.take().await;
            taken.push(Instant::now());
        }
        for from in &taken {
            let second = *from..*from + Duration::from_secs(1);
            assert!(taken.iter().filter(|at| second.contains(at)).count() <= 20);
        }
        assert!(taken[199] - taken[0] <= Duration::from_secs(12), "200 calls at 18 a second");
    }

    #[tokio::test(start_paused = true)]
    async fn clones_share_one_bucket() {
        let pace = pace(10);
        let start = Instant::now();
        tokio::join!(pace.take(), async { pace.clone().take().await }, pace.take());
        assert_eq!(start.elapsed().as_millis(), 100);
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_saves_up_no_more_than_a_burst() {
        let pace = pace(10);
        tokio::time::sleep(Duration::from_secs(60)).await;
        let start = Instant::now();
        for _ in 0..3 {
            pace.take().await;
        }
        assert_eq!(start.elapsed().as_millis(), 100);
    }

    #[tokio::test(start_paused = true)]
    async fn a_retry_is_charged_to_whoever_asks_next() {
        let pace = pace(10);
        for _ in 0..4 {
            pace.charge();
        }
        let start = Instant::now();
        pace.take().await;
        assert_eq!(start.elapsed().as_millis(), 300);
    }
}
