//! Delegated administrators: member accounts that may read the organization, and administer a
//! service in the management account's place.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use shared::ids::AccountId;

/// IAM Identity Center, as Organizations calls it.
///
/// Source: <https://docs.aws.amazon.com/organizations/latest/userguide/services-that-can-integrate-sso.html>
pub(super) const IDENTITY_CENTER: &str = "sso.amazonaws.com";

/// Which account administers which service, and since when.
#[derive(Debug, Default)]
pub(crate) struct Delegations(BTreeMap<AccountId, BTreeMap<String, DateTime<Utc>>>);

impl Delegations {
    /// Makes this account a delegated administrator of Identity Center.
    pub(crate) fn register_for_identity_center(
        &mut self,
        account: AccountId,
        enabled: DateTime<Utc>,
    ) {
        self.register(account, IDENTITY_CENTER.to_owned(), enabled);
    }

    pub(super) fn register(&mut self, account: AccountId, service: String, enabled: DateTime<Utc>) {
        self.0.entry(account).or_default().insert(service, enabled);
    }

    /// Whether there was anything to take away.
    pub(super) fn deregister(&mut self, account: &AccountId, service: &str) -> bool {
        let Some(services) = self.0.get_mut(account) else { return false };
        let was_registered = services.remove(service).is_some();
        if services.is_empty() {
            self.0.remove(account);
        }
        was_registered
    }

    /// Whether the account administers Identity Center in the management account's place.
    pub(crate) fn administers_identity_center(&self, account: &AccountId) -> bool {
        self.0.get(account).is_some_and(|services| services.contains_key(IDENTITY_CENTER))
    }

    /// Whatever the account administers, it does no longer.
    pub(super) fn remove(&mut self, account: &AccountId) {
        self.0.remove(account);
    }

    /// Whether the account administers any service.
    pub(crate) fn is_administrator(&self, account: &AccountId) -> bool {
        self.0.contains_key(account)
    }

    /// The services that the account administers.
    pub(super) fn services(
        &self,
        account: &AccountId,
    ) -> impl Iterator<Item = (&str, DateTime<Utc>)> {
        let services = self.0.get(account).into_iter().flatten();
        services.map(|(service, enabled)| (service.as_str(), *enabled))
    }

    /// The administrators of this service, or of any, and since when each has been one.
    pub(super) fn administrators(
        &self,
        service: Option<&str>,
    ) -> impl Iterator<Item = (&AccountId, DateTime<Utc>)> {
        self.0.iter().filter_map(move |(account, services)| {
            let enabled = match service {
                Some(service) => services.get(service),
                None => services.values().min(),
            };
            Some((account, *enabled?))
        })
    }
}
