//! How the server behaves.

use std::time::Duration;

use shared::ids::AccountId;

use crate::{clock::Clock, quotas::Quotas};

/// How the server behaves. The defaults suit tests: quick, and without quotas.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The port to listen on; 0 takes any that is free.
    pub port: u16,
    /// How long every answer takes.
    pub latency: Duration,
    /// How long an assignment stays `IN_PROGRESS`. Seconds, in the real service.
    pub assignment_time: Duration,
    /// How long an account stays `IN_PROGRESS` while it is created, or `PENDING_CLOSURE` while it
    /// is closed.
    pub account_time: Duration,
    /// The account that calls: a delegated administrator may do less. Without one, the management
    /// account.
    pub caller: Option<AccountId>,
    /// Whether the quotas of the real services apply.
    pub quotas: Quotas,
    /// The most items of a page, where that is less than the service's own page size.
    pub page_size: Option<usize>,
    /// Whether every list begins with an empty page, as AWS reserves the right to.
    pub empty_pages: bool,
    /// With a seed, any page of a list may be empty or short and go on, and the last may be empty;
    /// the same for the same seed.
    pub uneven_pages: Option<u64>,
    /// The access key id of Usher's own credentials. Its calls come from the role
    /// `usher-reconciler` in events, those with any other key from the role `Admin`.
    pub usher_access_key_id: Option<String>,
    /// What time it is, and how quickly it passes: a hundred times as fast makes every delay a hundredth, and every
    /// quota a hundredfold, so that their ratios stay.
    pub clock: Clock,
    /// As whose doing groups, users and memberships change, for CloudTrail's events.
    pub identity_source: IdentitySource,
    /// Whether the Identity Store notifies of the same changes by itself too. Both come then: the
    /// notifications need no trail, and take no notice of one.
    ///
    /// Source: <https://docs.aws.amazon.com/singlesignon/latest/userguide/setup-event-notifications.html>
    pub native_notifications: bool,
    /// On which accounts' event buses the events are heard.
    pub buses: Buses,
    /// Whether Control Tower makes the accounts: it then tells of each one that it has made.
    pub control_tower: bool,
}

/// Who changes groups, users and memberships. Each leaves other events behind.
///
/// Source: <https://docs.aws.amazon.com/singlesignon/latest/userguide/sso-cloudtrail-use-cases.html>
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IdentitySource {
    /// The Identity Store's own API: `identitystore.amazonaws.com`.
    #[default]
    Api,
    /// The console of Identity Center: `sso-directory.amazonaws.com`, under names of its own.
    Console,
    /// An identity provider that synchronizes: `identitystore-scim.amazonaws.com`.
    Scim,
}

/// On which accounts' event buses the events are heard. A call is recorded in the account that
/// makes it, and in no other: an account that accepts an invitation or leaves tells it to itself.
///
/// Source: <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_cloudtrail-integration.html>
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Buses {
    /// Where Usher is deployed: the management account, and the one that calls.
    #[default]
    Home,
    /// Every account's, as if each forwarded its events.
    All,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            port: 0,
            latency: Duration::ZERO,
            assignment_time: Duration::from_millis(300),
            account_time: Duration::from_millis(200),
            caller: None,
            quotas: Quotas::Off,
            page_size: None,
            empty_pages: false,
            uneven_pages: None,
            usher_access_key_id: None,
            clock: Clock::default(),
            identity_source: IdentitySource::default(),
            native_notifications: false,
            buses: Buses::default(),
            control_tower: false,
        }
    }
}
