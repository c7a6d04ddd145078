//! The quotas of the real services: how many calls a second, and how many writes at once.

use std::{collections::BTreeMap, time::Duration};

use crate::{api_error::ApiError, call::Call, service::Service};

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

/// Each API of Organizations, for one calling account.
///
/// Source: <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html>
fn rate_of_account(operation: &str) -> Option<Rate> {
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

/// Those APIs of Organizations that have a quota for all accounts of the organization together,
/// too.
///
/// Source: <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html>
fn rate_of_organization(operation: &str) -> Option<Rate> {
    let (per_second, burst) = match operation {
        "DescribeAccount" => (24.0, 36.0),
        "ListAccounts" => (9.0, 15.0),
        "ListParents" | "ListAccountsForParent" | "ListOrganizationalUnitsForParent" => (6.0, 10.0),
        "ListChildren" => (7.0, 12.0),
        "ListRoots" => (1.0, 3.0),
        "ListTagsForResource" => (12.0, 18.0),
        "DescribeOrganizationalUnit" => (2.0, 3.0),
        _ => return None,
    };
    Some(Rate { per_second, burst })
}

/// Counts a call, or refuses it.
pub(crate) fn count(call: &mut Call<'_>) -> Result<(), ApiError> {
    let (service, operation) = (call.service, call.operation);
    let account = call.caller.account_id.as_str();
    let quotas = match service {
        Service::SsoAdmin => vec![(IDENTITY_CENTER, service, String::new())],
        Service::IdentityStore => vec![(IDENTITY_CENTER, service, operation.to_owned())],
        Service::Organizations => {
            let of_account = rate_of_account(operation);
            let of_account =
                of_account.map(|rate| (rate, service, format!("{operation}/{account}")));
            let of_all = rate_of_organization(operation);
            let of_all = of_all.map(|rate| (rate, service, operation.to_owned()));
            of_account.into_iter().chain(of_all).collect()
        }
        Service::Sqs | Service::EventBridge => return Ok(()),
    };
    let taken = call.state.meter.take(&quotas, call.world.uptime());
    taken.map_err(|wait| throttled(service, call.world.really(wait)))
}

/// The Identity Store says when to come again, in whole seconds of real time.
///
/// Source: <https://docs.aws.amazon.com/singlesignon/latest/IdentityStoreAPIReference/API_ListGroups.html#API_ListGroups_Errors>
pub(crate) fn throttled(service: Service, wait: Duration) -> ApiError {
    const MESSAGE: &str = "Rate exceeded";
    match service {
        Service::Organizations => ApiError::new("TooManyRequestsException", MESSAGE),
        Service::IdentityStore => ApiError::new("ThrottlingException", MESSAGE)
            .with("RetryAfterSeconds", (wait.as_secs_f64().ceil() as u64).max(1)),
        Service::SsoAdmin | Service::Sqs | Service::EventBridge => {
            ApiError::new("ThrottlingException", MESSAGE)
        }
    }
}

/// What is left of each quota, by its service and its name there.
#[derive(Debug, Default)]
pub(crate) struct Meter(BTreeMap<(Service, String), Bucket>);

#[derive(Debug)]
struct Bucket {
    tokens: f64,
    /// The server's uptime then.
    filled: Duration,
}

impl Meter {
    /// Takes one call from each of these quotas, or from none of them and says how long to wait.
    /// `now` is the server's uptime.
    fn take(&mut self, quotas: &[(Rate, Service, String)], now: Duration) -> Result<(), Duration> {
        let mut wait = Duration::ZERO;
        for (rate, service, name) in quotas {
            let bucket = self.0.entry((*service, name.clone()));
            let bucket = bucket.or_insert(Bucket { tokens: rate.burst, filled: now });
            wait = wait.max(bucket.fill(*rate, now));
        }
        if !wait.is_zero() {
            return Err(wait);
        }
        for (_, service, name) in quotas {
            if let Some(bucket) = self.0.get_mut(&(*service, name.clone())) {
                bucket.tokens -= 1.0;
            }
        }
        Ok(())
    }
}

impl Bucket {
    /// Fills it up to now, and says how long it takes until there is a token.
    fn fill(&mut self, rate: Rate, now: Duration) -> Duration {
        let waited = now.saturating_sub(self.filled);
        self.tokens = (self.tokens + waited.as_secs_f64() * rate.per_second).min(rate.burst);
        self.filled = now;
        Duration::from_secs_f64((1.0 - self.tokens).max(0.0) / rate.per_second)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Duration = Duration::from_secs(1);

    fn quota(name: &str, rate: Rate) -> (Rate, Service, String) {
        (rate, Service::Organizations, name.to_owned())
    }

    #[test]
    fn a_quota_is_as_many_at_once_and_then_so_many_a_second() {
        let mut meter = Meter::default();
        let quotas = [quota("all", IDENTITY_CENTER)];
        for _ in 0..20 {
            meter.take(&quotas, START).unwrap();
        }
        assert_eq!(meter.take(&quotas, START), Err(Duration::from_millis(50)));
        let later = START + Duration::from_millis(51);
        meter.take(&quotas, later).unwrap();
        meter.take(&quotas, later).unwrap_err();
    }

    #[test]
    fn what_one_quota_refuses_costs_the_other_nothing() {
        let [few, many] = [2.0, 3.0].map(|burst| Rate { per_second: 1.0, burst });
        let mut meter = Meter::default();
        let call = |account| [quota(account, few), quota("organization", many)];
        meter.take(&call("one"), START).unwrap();
        meter.take(&call("one"), START).unwrap();
        meter.take(&call("one"), START).unwrap_err();
        meter.take(&call("two"), START).unwrap();
        // This account has one left, but all together have none.
        meter.take(&call("two"), START).unwrap_err();
        meter.take(&[quota("two", few)], START).unwrap();
    }

    #[test]
    fn all_accounts_together_may_do_no_less_than_one() {
        for operation in ["DescribeAccount", "ListAccounts", "ListRoots", "ListTagsForResource"] {
            let (one, all) = (rate_of_account(operation), rate_of_organization(operation));
            let (one, all) = (one.unwrap(), all.unwrap());
            assert!(one.per_second <= all.per_second && one.burst <= all.burst, "{operation}");
        }
    }

    #[test]
    fn the_identity_store_says_when_to_come_again() {
        let told = throttled(Service::IdentityStore, Duration::from_millis(1_001));
        assert_eq!(told.details, [("RetryAfterSeconds", 2.into())]);
        assert!(throttled(Service::SsoAdmin, Duration::from_secs(1)).details.is_empty());
    }
}
