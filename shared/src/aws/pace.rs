//! Identity Center's quota, kept from this side, by a token bucket that serves other quotas too.
//!
//! The quota is one for the whole instance, and shared with people in the console, Control Tower and
//! Terraform. Being throttled would throttle them too, so Usher waits before it asks.

use std::{
    fmt,
    num::NonZeroU32,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::{
        interceptors::{
            Intercept,
            context::{BeforeTransmitInterceptorContextRef, FinalizerInterceptorContextRef},
        },
        orchestrator::HttpResponse,
        retries::RequestAttempts,
        runtime_components::RuntimeComponents,
    },
};
use aws_smithy_types::config_bag::ConfigBag;
use serde_json::Value;
use tokio::time::Instant;

use crate::failure::FailureKind;

/// Calls that may follow each other at once after a pause.
///
/// Unit: calls. With the default of 18 calls a second, no second ever sees more than the 20 that
/// AWS allows.
const BURST: u32 = 2;

/// How many calls it takes to come from a standstill to the full pace again.
///
/// Unit: calls. After one throttle, which halves the pace, it takes half of them: three seconds or
/// four at 18 calls a second. Counted in calls, so that it is as long for an organization on localhost
/// in which time passes more quickly.
const CALLS_TO_RECOVER: f64 = 100.0;

/// The slowest pace, as a part of the full one.
const SLOWEST: f64 = 1.0 / 16.0;

/// A token bucket: of all calls of the process to Identity Center (`sso-admin`), or of others that have a quota
/// of their own.
///
/// Clones share the bucket. Tokens are handed out in the order in which they were asked for. When AWS
/// throttles all the same, because others ask too, the pace is halved; it comes back little by little,
/// with every call.
#[derive(Clone, Debug)]
pub struct Pace {
    /// Unit: calls a second.
    full: f64,
    /// Unit: calls.
    burst: u32,
    /// Unit: calls.
    calls_to_recover: f64,
    bucket: Arc<Mutex<Bucket>>,
}

#[derive(Debug)]
struct Bucket {
    /// When the bucket is full again if nobody asks.
    full_at: Instant,
    /// Unit: calls a second.
    pace: f64,
    /// Calls since the pace was halved. The answers to those that were under way then say nothing
    /// new.
    calls: u32,
}

impl Pace {
    /// A full bucket that refills at that many calls a second.
    ///
    /// Source of the quota: <https://docs.aws.amazon.com/singlesignon/latest/userguide/limits.html>
    #[must_use]
    pub fn per_second(calls: NonZeroU32) -> Self {
        Self::new(f64::from(calls.get()), BURST, CALLS_TO_RECOVER)
    }

    /// A full bucket: calls a second, calls at once after a pause, and calls to recover from a standstill.
    pub(super) fn new(full: f64, burst: u32, calls_to_recover: f64) -> Self {
        let bucket = Bucket { full_at: Instant::now(), pace: full, calls: u32::MAX };
        Self { full, burst, calls_to_recover, bucket: Arc::new(Mutex::new(bucket)) }
    }

    /// Takes a token, and waits until it is due.
    ///
    /// A caller that stops waiting has still used its token: that errs on the slow side.
    pub async fn take(&self) {
        let due = self.reserve();
        tokio::time::sleep_until(due).await;
    }

    /// AWS throttled a call: from now on calls come half as often, for a while.
    pub fn throttled(&self) {
        let mut bucket = self.lock();
        // As many as are asked in a second, which is longer than they are under way.
        if f64::from(bucket.calls) >= bucket.pace {
            bucket.pace = (bucket.pace / 2.0).max(self.full * SLOWEST);
            bucket.calls = 0;
        }
    }

    /// Takes a token now, in debt if need be: whoever asks next waits for it too.
    fn charge(&self) {
        self.reserve();
    }

    /// Charges an attempt that is not the first: nobody has taken a token for it.
    fn charge_retry(&self, settings: &ConfigBag) {
        let attempts = settings.load::<RequestAttempts>();
        if attempts.is_some_and(|attempts| attempts.attempts() > 1) {
            self.charge();
        }
    }

    /// Hears what AWS answered to an attempt.
    fn hear(&self, context: &FinalizerInterceptorContextRef<'_>) {
        if context.response().is_some_and(is_throttle) {
            self.throttled();
        }
    }

    /// The moment at which the next token is due.
    fn reserve(&self) -> Instant {
        let now = Instant::now();
        let mut bucket = self.lock();
        bucket.calls = bucket.calls.saturating_add(1);
        bucket.pace = (bucket.pace + self.full / self.calls_to_recover).min(self.full);
        let interval = Duration::from_secs_f64(bucket.pace.recip());
        let from = bucket.full_at.max(now);
        bucket.full_at = from + interval;
        let head_start = interval * self.burst.saturating_sub(1);
        now.max(from.checked_sub(head_start).unwrap_or(now))
    }

    fn lock(&self) -> MutexGuard<'_, Bucket> {
        // A panic elsewhere leaves numbers behind that are as good as any.
        self.bucket.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Buckets, of which a call takes its token from one at most.
pub(super) trait Buckets: fmt::Debug + Send + Sync {
    /// The bucket of the call that is being made; nothing, where it waits for nobody.
    fn of(&self, call: &ConfigBag) -> Option<&Pace>;
}

impl Buckets for Pace {
    fn of(&self, _: &ConfigBag) -> Option<&Pace> {
        Some(self)
    }
}

/// Keeps buckets true to what really happens: charges the SDK's own retries, which it sends after
/// its back-off without asking anybody, and slows down when AWS throttles any of its attempts.
#[derive(Debug)]
pub(super) struct KeepPace<B>(pub(super) B);

impl<B: Buckets> Intercept for KeepPace<B> {
    fn name(&self) -> &'static str {
        "KeepPace"
    }

    fn read_before_attempt(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        settings: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(pace) = self.0.of(settings) {
            pace.charge_retry(settings);
        }
        Ok(())
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        settings: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(pace) = self.0.of(settings) {
            pace.hear(context);
        }
        Ok(())
    }
}

/// Whether AWS says in an answer that it was asked too often.
pub(super) fn is_throttle(answer: &HttpResponse) -> bool {
    let status = answer.status().as_u16();
    let code = (status >= 400).then(|| error_code(answer)).flatten().unwrap_or_default();
    status >= 400 && FailureKind::of_code(&code, Some(status)) == FailureKind::Throttled
}

/// The error's code, from the header or else from the body, without what may stand around it.
///
/// Source: <https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html#operation-error-serialization>
fn error_code(answer: &HttpResponse) -> Option<String> {
    let in_header = answer.headers().get("x-amzn-errortype").map(str::to_owned);
    let in_body = || {
        let body: Value = serde_json::from_slice(answer.body().bytes()?).ok()?;
        body.get("__type").or_else(|| body.get("code"))?.as_str().map(str::to_owned)
    };
    let code = in_header.or_else(in_body)?;
    let without_uri = code.split(':').next().unwrap_or_default();
    without_uri.rsplit('#').next().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_smithy_types::body::SdkBody;

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

    #[tokio::test(start_paused = true)]
    async fn a_throttle_halves_the_pace_and_calls_bring_it_back() {
        let pace = pace(10);
        let seconds = async |calls: u32| {
            let start = Instant::now();
            for _ in 0..calls {
                pace.take().await;
            }
            start.elapsed().as_secs_f64()
        };
        seconds(20).await;
        // What came of calls that were under way together counts once.
        (0..8).for_each(|_| pace.throttled());
        let slow = seconds(5).await;
        assert!((0.7..1.1).contains(&slow), "{slow} s for five calls at five a second");
        seconds(50).await;
        let again = seconds(10).await;
        assert!((0.99..1.02).contains(&again), "{again} s for ten calls at ten a second");
    }

    #[tokio::test(start_paused = true)]
    async fn however_often_aws_throttles_calls_go_on() {
        let pace = pace(16);
        let says_something_new = || {
            let bucket = pace.lock();
            f64::from(bucket.calls) >= bucket.pace
        };
        for _ in 0..50 {
            while !says_something_new() {
                pace.take().await;
            }
            pace.throttled();
        }
        pace.take().await;
        let start = Instant::now();
        pace.take().await;
        assert!(start.elapsed() <= Duration::from_millis(1_001), "{:?}", start.elapsed());
    }

    #[test]
    fn a_throttle_is_known_by_header_or_body() {
        let answer = |status: u16, header: Option<&str>, body: &str| {
            let body = SdkBody::from(body.to_owned());
            let mut answer = HttpResponse::new(status.try_into().unwrap(), body);
            if let Some(code) = header {
                answer.headers_mut().insert("x-amzn-errortype", code.to_owned());
            }
            is_throttle(&answer)
        };
        let in_body =
            r#"{"__type": "com.amazonaws.sso#ThrottlingException", "message": "Rate exceeded"}"#;
        assert!(answer(400, None, in_body));
        assert!(answer(400, Some("ThrottlingException:http://internal.amazon.com/"), "{}"));
        assert!(answer(429, None, "not JSON"));
        assert!(!answer(400, None, r#"{"__type": "ConflictException"}"#));
        assert!(!answer(500, None, ""));
        assert!(!answer(200, None, in_body));
    }
}
