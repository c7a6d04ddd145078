//! The quotas of the real services: how many calls a second, and how many writes at once.

use std::{collections::BTreeMap, time::Duration};

use crate::{api_error::ApiError, service::Service};

/// Whether the quotas of the real services apply.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Quotas {
    /// As many calls as you like.
    #[default]
    Off,
    /// The documented rates; what exceeds them is throttled.
    Strict,
}

/// Assignment requests that may be outstanding. AWS names creations only; deletions are counted
/// with them here, since whoever keeps to that is safe either way.
///
/// Unit: requests. Source: <https://docs.aws.amazon.com/singlesignon/latest/userguide/limits.html>
pub(crate) const OUTSTANDING_ASSIGNMENTS: usize = 15;

/// `ProvisionPermissionSet` requests for all accounts that may be outstanding.
///
/// Unit: requests. Source: <https://docs.aws.amazon.com/singlesignon/latest/userguide/limits.html>
pub(crate) const OUTSTANDING_PROVISIONINGS: usize = 3;

/// Accounts that one `ProvisionPermissionSet` request can reach.
///
/// Unit: accounts. Source: <https://docs.aws.amazon.com/singlesignon/latest/userguide/limits.html>
pub(crate) const ACCOUNTS_PER_PROVISIONING: usize = 3_500;

/// Permission sets of an instance.
///
/// Unit: permission sets. Source: <https://docs.aws.amazon.com/singlesignon/latest/userguide/limits.html>
pub(crate) const PERMISSION_SETS: usize = 3_500;

/// Permission sets that are provisioned to one account.
///
/// Unit: permission sets. Source: <https://docs.aws.amazon.com/singlesignon/latest/userguide/limits.html>
pub(crate) const PERMISSION_SETS_PER_ACCOUNT: usize = 500;

/// Policies of AWS and of the customer that are attached to one permission set.
///
/// Unit: policies. Source: <https://docs.aws.amazon.com/singlesignon/latest/userguide/limits.html>
pub(crate) const POLICIES_PER_PERMISSION_SET: usize = 25;

/// Groups that can be assigned to one permission set in one account. Not adjustable, so it always
/// applies.
///
/// Unit: groups. Source: <https://docs.aws.amazon.com/singlesignon/latest/userguide/limits.html>
pub(crate) const GROUPS_PER_PERMISSION_SET_AND_ACCOUNT: usize = 100;

/// A quota in calls: so many a second, and so many at once after a pause.
#[derive(Clone, Copy, Debug)]
struct Rate {
    per_second: f64,
    burst: f64,
}

/// All of SSO Admin together, and each API of the Identity Store.
///
/// Source: <https://docs.aws.amazon.com/singlesignon/latest/userguide/limits.html>
const IDENTITY_CENTER: Rate = Rate { per_second: 20.0, burst: 20.0 };

/// Each API of Organizations, for one calling account. The rates for the whole organization are
/// higher, so with one caller they never bind.
///
/// Source: <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html>
fn organizations_rate(operation: &str) -> Option<Rate> {
    let (per_second, burst) = match operation {
        "DescribeAccount" => (20.0, 30.0),
        "ListAccounts" => (8.0, 12.0),
        "ListParents" | "ListAccountsForParent" | "ListOrganizationalUnitsForParent" => (5.0, 8.0),
        "ListChildren" => (6.0, 10.0),
        "ListRoots" | "DescribeOrganization" => (1.0, 2.0),
        "ListTagsForResource" => (10.0, 15.0),
        "DescribeOrganizationalUnit"
        | "DescribeCreateAccountStatus"
        | "RemoveAccountFromOrganization" => (2.0, 2.0),
        "MoveAccount" | "UpdateOrganizationalUnit" | "DeleteOrganizationalUnit" => (2.0, 3.0),
        "TagResource" | "UntagResource" => (4.0, 6.0),
        "InviteAccountToOrganization" => (3.0, 5.0),
        "CreateAccount" => (0.1, 3.0),
        "CloseAccount" => (0.05, 1.0),
        _ => return None,
    };
    Some(Rate { per_second, burst })
}

/// What is left of each quota.
#[derive(Debug, Default)]
pub(crate) struct Meter(BTreeMap<(Service, String), Bucket>);

#[derive(Debug)]
struct Bucket {
    tokens: f64,
    /// The server's uptime then.
    filled: Duration,
}

impl Meter {
    /// Counts a call, or refuses it. `now` is the server's uptime.
    pub(crate) fn count(
        &mut self,
        service: Service,
        operation: &str,
        now: Duration,
    ) -> Result<(), ApiError> {
        let (bucket, rate, code) = match service {
            Service::SsoAdmin => ("", Some(IDENTITY_CENTER), "ThrottlingException"),
            Service::IdentityStore => (operation, Some(IDENTITY_CENTER), "ThrottlingException"),
            Service::Organizations => {
                (operation, organizations_rate(operation), "TooManyRequestsException")
            }
            Service::Sqs | Service::EventBridge => return Ok(()),
        };
        let Some(rate) = rate else { return Ok(()) };
        let bucket = self
            .0
            .entry((service, bucket.to_owned()))
            .or_insert_with(|| Bucket { tokens: rate.burst, filled: now });
        if bucket.take(rate, now) { Ok(()) } else { Err(ApiError::new(code, "Rate exceeded")) }
    }
}

impl Bucket {
    fn take(&mut self, rate: Rate, now: Duration) -> bool {
        let waited = now.saturating_sub(self.filled);
        self.tokens = (self.tokens + waited.as_secs_f64() * rate.per_second).min(rate.burst);
        self.filled = now;
        let allowed = self.tokens >= 1.0;
        if allowed {
            self.tokens -= 1.0;
        }
        allowed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_of_sso_admin_shares_twenty_calls_a_second() {
        let mut meter = Meter::default();
        let start = Duration::from_secs(1);
        let names = ["ListInstances", "DescribePermissionSet"];
        for name in names.iter().cycle().take(20) {
            meter.count(Service::SsoAdmin, name, start).unwrap();
        }
        let refused = meter.count(Service::SsoAdmin, "ListInstances", start).unwrap_err();
        assert_eq!(refused.code, "ThrottlingException");
        let later = start + Duration::from_millis(51);
        meter.count(Service::SsoAdmin, "ListInstances", later).unwrap();
        meter.count(Service::SsoAdmin, "ListInstances", later).unwrap_err();
    }

    #[test]
    fn each_call_of_organizations_has_its_own_rate() {
        let mut meter = Meter::default();
        let start = Duration::from_secs(1);
        for _ in 0..12 {
            meter.count(Service::Organizations, "ListAccounts", start).unwrap();
        }
        let refused = meter.count(Service::Organizations, "ListAccounts", start).unwrap_err();
        assert_eq!(refused.code, "TooManyRequestsException");
        meter.count(Service::Organizations, "DescribeAccount", start).unwrap();
    }
}
