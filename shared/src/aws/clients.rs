//! One SDK client a service, made when first needed: a function that only sends to a queue does not
//! pay, at its cold start, for five clients that it never uses.

use std::{sync::OnceLock, time::Duration};

use aws_config::{SdkConfig, retry::RetryConfig, timeout::TimeoutConfig};
use aws_types::service_config::ServiceConfigKey;
use tokio::sync::OnceCell;

use super::{
    calls::Calls,
    management_role::ManagementRole,
    organizations_pace::OrganizationsPace,
    pace::{KeepPace, Pace},
};

/// How often the SDK sends a request before it gives up, the first time included.
///
/// It waits about a second in between, and knows throttling and errors inside AWS by itself.
const ATTEMPTS: u32 = 3;

/// The same for Organizations, whose quotas are so low that a few new accounts exceed them: it allows
/// two `DescribeOrganizationalUnit` a second, and three attempts may all fall into one.
///
/// Source: <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html>
const ORGANIZATIONS_ATTEMPTS: u32 = 6;

/// How long a connection may take. Within a Region it takes milliseconds; a blocked route never
/// answers.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// How long one attempt may take until its answer is there. The slowest listings take a few
/// seconds.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(20);

/// The SDK's clients. All count their requests; those of Identity Center and of Organizations are handed
/// out only with a token of the quota.
#[derive(Debug)]
pub struct Clients {
    config: SdkConfig,
    calls: Calls,
    pace: Pace,
    organizations_pace: OrganizationsPace,
    management_role: Option<ManagementRole>,
    organizations: OnceLock<aws_sdk_organizations::Client>,
    sso_admin: OnceLock<aws_sdk_ssoadmin::Client>,
    sso_admin_of_management: OnceCell<aws_sdk_ssoadmin::Client>,
    identity_store: OnceLock<aws_sdk_identitystore::Client>,
    sqs: OnceLock<aws_sdk_sqs::Client>,
    event_bridge: OnceLock<aws_sdk_eventbridge::Client>,
    s3: OnceLock<aws_sdk_s3::Client>,
    sts: OnceLock<aws_sdk_sts::Client>,
}

impl Clients {
    /// Clients for that account, Region and (for a local organization) endpoint.
    ///
    /// The SDK itself reads `AWS_ENDPOINT_URL` and `AWS_ENDPOINT_URL_<SERVICE>` when `aws-config`
    /// made the configuration.
    #[must_use]
    pub fn new(config: SdkConfig, pace: Pace) -> Self {
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .operation_attempt_timeout(ATTEMPT_TIMEOUT)
            .build();
        let config = config
            .into_builder()
            .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS))
            .timeout_config(timeouts)
            .build();
        Self {
            config,
            calls: Calls::default(),
            pace,
            organizations_pace: OrganizationsPace::default(),
            management_role: None,
            organizations: OnceLock::new(),
            sso_admin: OnceLock::new(),
            sso_admin_of_management: OnceCell::new(),
            identity_store: OnceLock::new(),
            sqs: OnceLock::new(),
            event_bridge: OnceLock::new(),
            s3: OnceLock::new(),
            sts: OnceLock::new(),
        }
    }

    /// The same, with a role for what only the management account may ask.
    #[must_use]
    pub fn with_management_role(self, management_role: Option<ManagementRole>) -> Self {
        Self { management_role, ..self }
    }

    /// The same, with another pace for Organizations than AWS's quotas.
    #[must_use]
    pub fn with_organizations_pace(self, organizations_pace: OrganizationsPace) -> Self {
        Self { organizations_pace, ..self }
    }

    /// The count of requests.
    #[must_use]
    pub fn calls(&self) -> &Calls {
        &self.calls
    }

    /// The Region that the clients talk to.
    #[must_use]
    pub fn region(&self) -> Option<&str> {
        self.config.region().map(AsRef::as_ref)
    }

    /// Identity Center, for exactly one call (a page is a call): it waits for the quota first.
    pub async fn sso_admin(&self) -> &aws_sdk_ssoadmin::Client {
        self.pace.take().await;
        self.sso_admin.get_or_init(|| self.new_sso_admin(&self.config))
    }

    /// Identity Center, for exactly one call that only the management account may make: with the
    /// role that there is for it, or else as whoever Usher is.
    pub async fn sso_admin_of_management(&self) -> &aws_sdk_ssoadmin::Client {
        let Some(role) = &self.management_role else { return self.sso_admin().await };
        self.pace.take().await;
        let client = async || {
            let credentials = role.credentials(&self.config).await;
            let config = self.config.to_builder().credentials_provider(credentials).build();
            self.new_sso_admin(&config)
        };
        self.sso_admin_of_management.get_or_init(client).await
    }

    fn new_sso_admin(&self, config: &SdkConfig) -> aws_sdk_ssoadmin::Client {
        let config = aws_sdk_ssoadmin::config::Builder::from(config)
            .interceptor(self.calls.clone())
            .interceptor(KeepPace(self.pace.clone()))
            .build();
        aws_sdk_ssoadmin::Client::from_conf(config)
    }

    /// Organizations, for exactly one call of that operation (a page is a call), such as
    /// `organizations:ListAccounts`: it waits for the quota first.
    pub async fn organizations(&self, operation: &str) -> &aws_sdk_organizations::Client {
        let operation = operation.trim_start_matches("organizations:");
        self.organizations_pace.take(operation).await;
        self.organizations.get_or_init(|| {
            let retries = RetryConfig::standard().with_max_attempts(ORGANIZATIONS_ATTEMPTS);
            let config = aws_sdk_organizations::config::Builder::from(&self.config)
                .retry_config(retries)
                .interceptor(self.calls.clone())
                .interceptor(KeepPace(self.organizations_pace.clone()))
                .build();
            aws_sdk_organizations::Client::from_conf(config)
        })
    }

    /// The Identity Store: groups and users. Its quota is per API, and far from what Usher asks.
    pub fn identity_store(&self) -> &aws_sdk_identitystore::Client {
        self.identity_store.get_or_init(|| {
            let config = aws_sdk_identitystore::config::Builder::from(&self.config);
            aws_sdk_identitystore::Client::from_conf(config.interceptor(self.calls.clone()).build())
        })
    }

    /// Queues.
    pub fn sqs(&self) -> &aws_sdk_sqs::Client {
        self.sqs.get_or_init(|| {
            let config = aws_sdk_sqs::config::Builder::from(&self.config);
            aws_sdk_sqs::Client::from_conf(config.interceptor(self.calls.clone()).build())
        })
    }

    /// Event buses.
    pub fn event_bridge(&self) -> &aws_sdk_eventbridge::Client {
        self.event_bridge.get_or_init(|| {
            let config = aws_sdk_eventbridge::config::Builder::from(&self.config);
            aws_sdk_eventbridge::Client::from_conf(config.interceptor(self.calls.clone()).build())
        })
    }

    /// Who calls.
    pub fn sts(&self) -> &aws_sdk_sts::Client {
        self.sts.get_or_init(|| {
            let config = aws_sdk_sts::config::Builder::from(&self.config);
            aws_sdk_sts::Client::from_conf(config.interceptor(self.calls.clone()).build())
        })
    }

    /// Buckets.
    pub fn s3(&self) -> &aws_sdk_s3::Client {
        self.s3.get_or_init(|| {
            let config = aws_sdk_s3::config::Builder::from(&self.config)
                // `bucket.localhost` is not a host that everybody's resolver knows.
                .force_path_style(self.has_own_s3_endpoint())
                .interceptor(self.calls.clone())
                .build();
            aws_sdk_s3::Client::from_conf(config)
        })
    }

    /// Whether S3 is somewhere else than at AWS: looked up in the same places as the SDK does.
    fn has_own_s3_endpoint(&self) -> bool {
        let for_s3 = ServiceConfigKey::builder()
            .service_id("S3")
            .env("AWS_ENDPOINT_URL")
            .profile("endpoint_url")
            .build()
            .ok()
            .and_then(|key| self.config.service_config()?.load_config(key));
        for_s3.is_some() || self.config.endpoint_url().is_some()
    }
}
