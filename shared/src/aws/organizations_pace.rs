//! The quotas of Organizations, kept from this side: one for each operation, and shared with all who ask from
//! the same account.

use std::{collections::BTreeMap, sync::Arc};

use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_types::config_bag::ConfigBag;

use super::pace::{Buckets, Pace};

/// How long it takes an operation to come from a standstill to the full pace again.
///
/// Unit: seconds at the full pace.
const SECONDS_TO_RECOVER: f64 = 5.0;

/// The operations of Organizations that Usher calls: how often AWS allows each of them to one account, in
/// calls a second, and how many at once after a pause.
///
/// Source: <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html>
const OF_ORGANIZATIONS: [(&str, f64, u32); 7] = [
    ("DescribeAccount", 20.0, 30),
    ("DescribeOrganization", 1.0, 2),
    ("DescribeOrganizationalUnit", 2.0, 2),
    ("ListAccounts", 8.0, 12),
    ("ListOrganizationalUnitsForParent", 5.0, 8),
    ("ListRoots", 1.0, 2),
    ("ListTagsForResource", 10.0, 15),
];

/// How much of what Organizations allows an account is used, as of Identity Center's quota: some is left to
/// others.
const PART_OF_ORGANIZATIONS: f64 = 0.9;

/// A token bucket for each operation of Organizations. Clones share the buckets.
#[derive(Clone, Debug)]
pub struct OrganizationsPace {
    by_operation: Arc<BTreeMap<&'static str, Pace>>,
}

impl OrganizationsPace {
    /// Full buckets, that refill so many times as quickly as AWS allows it: one, but for an organization on
    /// localhost.
    #[must_use]
    pub fn times(speed: f64) -> Self {
        let by_operation = OF_ORGANIZATIONS.into_iter().map(|(operation, per_second, burst)| {
            let full = per_second * PART_OF_ORGANIZATIONS;
            // A quota of two a second is too small for others to find anything left after two at once.
            let pace = Pace::new(full * speed, burst / 2, full * SECONDS_TO_RECOVER);
            (operation, pace)
        });
        Self { by_operation: Arc::new(by_operation.collect()) }
    }

    /// Takes a token for a call of an operation, such as `DescribeAccount`, and waits until it is due. For one
    /// of which no quota is known, there is nothing to wait for.
    pub async fn take(&self, operation: &str) {
        if let Some(pace) = self.by_operation.get(operation) {
            pace.take().await;
        }
    }
}

impl Default for OrganizationsPace {
    fn default() -> Self {
        Self::times(1.0)
    }
}

impl Buckets for OrganizationsPace {
    fn of(&self, call: &ConfigBag) -> Option<&Pace> {
        self.by_operation.get(call.load::<Metadata>()?.name())
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;

    /// AWS's own bucket of each operation, filled by the calls that ours lets through, never runs empty.
    #[tokio::test(start_paused = true)]
    async fn organizations_is_asked_no_more_than_it_allows() {
        let pace = OrganizationsPace::default();
        for (operation, per_second, burst) in OF_ORGANIZATIONS {
            let (start, mut last) = (Instant::now(), Instant::now());
            let mut left = f64::from(burst);
            for _ in 0..100 {
                pace.take(operation).await;
                let refilled = last.elapsed().as_secs_f64() * per_second;
                left = (left + refilled).min(f64::from(burst)) - 1.0;
                last = Instant::now();
                assert!(left >= 0.0, "{operation}: throttled");
            }
            let at_least = 100.0 / per_second;
            let took = start.elapsed().as_secs_f64();
            assert!(took <= at_least * 1.15, "{operation}: {took} s, and {at_least} s are allowed");
        }
    }
}
