//! What is set from outside: environment variables, read here and nowhere else.

use std::{env, num::NonZeroU32, str::FromStr, time::Duration};

use crate::{
    aws::{management_role::ManagementRole, store::Location},
    ids::{AccountId, InstanceArn},
};

/// The event bus that every account has.
const DEFAULT_BUS: &str = "default";

/// Calls to Identity Center a second, so that people in the console still get through: AWS allows
/// 20.
const DEFAULT_CALLS_PER_SECOND: NonZeroU32 = positive(18);

/// Assignment requests in flight at once. AWS's page says 15, and said 10 for years.
const DEFAULT_WRITES_IN_FLIGHT: NonZeroU32 = positive(10);

/// One look a second at all requests in flight: a request takes one to three seconds.
const DEFAULT_POLL: Duration = Duration::from_secs(1);

/// Long enough for a throttle or a conflict to pass, short enough for those who wait behind: the
/// lane's one message group goes on only after the message has come again.
const DEFAULT_RETRY: Duration = Duration::from_secs(30);

const fn positive(number: u32) -> NonZeroU32 {
    match NonZeroU32::new(number) {
        Some(number) => number,
        None => NonZeroU32::MIN,
    }
}

/// What is set from outside. A variable that is empty counts as not set.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// `USHER_RULES`: where the rules are: `s3://bucket/key` or a path. Not set: the function does
    /// not read rules.
    pub rules: Option<Location>,
    /// `USHER_RULES_WRITTEN`: where people write the rules, in the bucket of `USHER_RULES`:
    /// `s3://bucket/key`, or a path where that is one. Not set: the function does not put rules in force.
    pub rules_written: Option<Location>,
    /// `USHER_LANE`: the URL of the lane's queue. Not set: the function does not send to it.
    pub lane: Option<String>,
    /// `USHER_BUS`: name or ARN of the event bus for announcements. Default: `default`.
    pub bus: String,
    /// `USHER_CACHE`: where caches are kept: `s3://bucket/prefix` or a folder. Not set: in memory
    /// only.
    pub cache: Option<Cache>,
    /// `USHER_INSTANCE_ARN`: the Identity Center instance. Not set: the only one there is.
    pub instance_arn: Option<InstanceArn>,
    /// `USHER_ACCOUNT_ID`: the account that this runs in. Not set: AWS is asked.
    pub account: Option<AccountId>,
    /// `USHER_ROLE_ARN`: the role that the reconciler runs as, whose own changes are no news. Not
    /// set: every change of an assignment is looked at.
    pub own_role: Option<String>,
    /// `USHER_MANAGEMENT_ROLE_ARN` and `USHER_EXTERNAL_ID`: a role in the management account, for the
    /// listing that AWS answers only there, and what its trust policy asks for. Not set: Usher asks
    /// as itself.
    pub management_role: Option<ManagementRole>,
    /// `USHER_CALLS_PER_SECOND`: calls to Identity Center. Unit: calls a second. Default: 18.
    pub calls_per_second: NonZeroU32,
    /// How many times the quotas of Organizations AWS's are: one, and no variable changes it; for an
    /// organization on localhost, in which time passes more quickly, more.
    pub organizations_speed: f64,
    /// `USHER_WRITES_IN_FLIGHT`: assignment requests at once. Unit: requests. Default: 10.
    pub writes_in_flight: NonZeroU32,
    /// `USHER_POLL_MILLISECONDS`: how long between two looks at requests in flight. Unit:
    /// milliseconds. Default: 1,000.
    pub poll_every: Duration,
    /// The metrics that go to standard output, for CloudWatch to find there. Not set: there are none.
    pub metrics: Option<Metrics>,
    /// `USHER_RETRY_SECONDS`: how long until a message of the lane comes again that could not be
    /// finished. Unit: seconds. Default: 30.
    pub retry_after: Duration,
}

/// Which metrics are told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metrics {
    /// `USHER_METRICS`: the namespace that they are in.
    pub namespace: String,
    /// `USHER_METRICS_BY_OPERATION`: whether calls and throttles are told by operation, too, each of which is a
    /// metric that CloudWatch charges for. Default: false.
    pub by_operation: bool,
}

/// Where caches are kept, one file each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cache {
    /// Names of permission sets.
    pub permission_sets: Location,
    /// The picture of the organization.
    pub organization: Location,
}

/// A setting that is missing, or that is not what it should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSetting {
    /// The function cannot do without it.
    #[error("the environment variable `{0}` is not set")]
    Missing(&'static str),
    /// It is set to something else than it should be.
    #[error("the environment variable `{variable}` is `{value}`: {why}")]
    Wrong {
        /// Which one.
        variable: &'static str,
        /// What it is set to.
        value: String,
        /// What it should be.
        why: String,
    },
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            rules: None,
            rules_written: None,
            lane: None,
            bus: DEFAULT_BUS.to_owned(),
            cache: None,
            instance_arn: None,
            account: None,
            own_role: None,
            management_role: None,
            calls_per_second: DEFAULT_CALLS_PER_SECOND,
            organizations_speed: 1.0,
            writes_in_flight: DEFAULT_WRITES_IN_FLIGHT,
            poll_every: DEFAULT_POLL,
            metrics: None,
            retry_after: DEFAULT_RETRY,
        }
    }
}

impl Settings {
    /// The settings of this process.
    ///
    /// # Errors
    /// The first variable that is not what it should be.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
    pub fn from_env() -> Result<Self, InvalidSetting> {
        Self::read(|variable| env::var(variable).ok())
    }

    fn read(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, InvalidSetting> {
        let text = |variable| lookup(variable).filter(|value| !value.is_empty());
        Ok(Self {
            rules: parsed("USHER_RULES", text("USHER_RULES"))?,
            rules_written: parsed("USHER_RULES_WRITTEN", text("USHER_RULES_WRITTEN"))?,
            lane: text("USHER_LANE"),
            bus: text("USHER_BUS").unwrap_or_else(|| DEFAULT_BUS.to_owned()),
            cache: parsed("USHER_CACHE", text("USHER_CACHE"))?,
            instance_arn: parsed("USHER_INSTANCE_ARN", text("USHER_INSTANCE_ARN"))?,
            account: parsed("USHER_ACCOUNT_ID", text("USHER_ACCOUNT_ID"))?,
            own_role: text("USHER_ROLE_ARN"),
            management_role: parsed(
                "USHER_MANAGEMENT_ROLE_ARN",
                text("USHER_MANAGEMENT_ROLE_ARN"),
            )?
            .map(|arn| ManagementRole { arn, external_id: text("USHER_EXTERNAL_ID") }),
            calls_per_second: parsed("USHER_CALLS_PER_SECOND", text("USHER_CALLS_PER_SECOND"))?
                .unwrap_or(DEFAULT_CALLS_PER_SECOND),
            organizations_speed: 1.0,
            writes_in_flight: parsed("USHER_WRITES_IN_FLIGHT", text("USHER_WRITES_IN_FLIGHT"))?
                .unwrap_or(DEFAULT_WRITES_IN_FLIGHT),
            poll_every: parsed("USHER_POLL_MILLISECONDS", text("USHER_POLL_MILLISECONDS"))?
                .map_or(DEFAULT_POLL, |number: NonZeroU32| {
                    Duration::from_millis(number.get().into())
                }),
            metrics: metrics(
                text("USHER_METRICS"),
                parsed("USHER_METRICS_BY_OPERATION", text("USHER_METRICS_BY_OPERATION"))?,
            ),
            retry_after: parsed("USHER_RETRY_SECONDS", text("USHER_RETRY_SECONDS"))?
                .map_or(DEFAULT_RETRY, Duration::from_secs),
        })
    }
}

/// How a function logs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logging {
    /// `AWS_LAMBDA_LOG_FORMAT`: whether each line is a JSON object.
    pub is_json: bool,
    /// What is logged, in the words of `tracing`: our own lines from the level on that `AWS_LAMBDA_LOG_LEVEL`
    /// says, or `RUST_LOG`. Default: `INFO`.
    pub filter: String,
}

impl Logging {
    /// The settings of this process.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
    #[must_use]
    pub fn from_env() -> Self {
        Self::read(|variable| env::var(variable).ok())
    }

    fn read(lookup: impl Fn(&str) -> Option<String>) -> Self {
        let text = |variable| lookup(variable).filter(|value: &String| !value.is_empty());
        let format = text("AWS_LAMBDA_LOG_FORMAT").unwrap_or_default();
        let filter = match text("AWS_LAMBDA_LOG_LEVEL") {
            Some(level) => of_level(&level.to_ascii_lowercase()),
            None => text("RUST_LOG").unwrap_or_else(|| of_level("info")),
        };
        Self { is_json: format.eq_ignore_ascii_case("json"), filter }
    }
}

/// The SDK shows whole requests, tokens and all, to whoever asks for more than `info`; so nobody does who
/// only wants to know more of Usher. The span of an invocation, which has its id, is there in any case.
fn of_level(level: &str) -> String {
    let of_others = if ["debug", "trace"].contains(&level) { "info" } else { level };
    format!("{of_others},shared={level},lambda_runtime::layers::trace=info")
}

fn metrics(namespace: Option<String>, by_operation: Option<bool>) -> Option<Metrics> {
    let by_operation = by_operation.unwrap_or_default();
    namespace.map(|namespace| Metrics { namespace, by_operation })
}

fn parsed<T>(variable: &'static str, value: Option<String>) -> Result<Option<T>, InvalidSetting>
where
    T: FromStr,
    T::Err: ToString,
{
    let Some(value) = value else { return Ok(None) };
    match value.parse() {
        Ok(parsed) => Ok(Some(parsed)),
        Err(error) => Err(InvalidSetting::Wrong { variable, why: error.to_string(), value }),
    }
}

impl FromStr for Cache {
    type Err = crate::aws::store::InvalidLocation;

    fn from_str(prefix: &str) -> Result<Self, Self::Err> {
        let prefix = prefix.trim_end_matches('/');
        Ok(Self {
            permission_sets: format!("{prefix}/permission-sets.json").parse()?,
            organization: format!("{prefix}/organization.json").parse()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Settings, InvalidSetting> {
        Settings::read(|name| {
            variables
                .iter()
                .find(|(variable, _)| *variable == name)
                .map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn without_variables_there_are_defaults() {
        assert_eq!(read(&[]), Ok(Settings::default()));
        assert_eq!(
            read(&[("USHER_BUS", ""), ("USHER_RULES", ""), ("USHER_CALLS_PER_SECOND", "")]),
            read(&[])
        );
    }

    #[test]
    fn every_variable_is_heard() {
        let settings = read(&[
            ("USHER_RULES", "s3://b/active/rules.yaml"),
            ("USHER_RULES_WRITTEN", "s3://b/rules.yaml"),
            ("USHER_LANE", "https://sqs.eu-west-1.amazonaws.com/210987654321/usher.fifo"),
            ("USHER_BUS", "access"),
            ("USHER_CACHE", "s3://b/cache/"),
            ("USHER_INSTANCE_ARN", "arn:aws:sso:::instance/ssoins-7223aaaabbbbcccc"),
            ("USHER_ACCOUNT_ID", "210987654321"),
            ("USHER_ROLE_ARN", "arn:aws:iam::210987654321:role/usher-reconciler"),
            ("USHER_MANAGEMENT_ROLE_ARN", "arn:aws:iam::310000000001:role/usher-reader"),
            ("USHER_EXTERNAL_ID", "usher"),
            ("USHER_CALLS_PER_SECOND", "10"),
            ("USHER_WRITES_IN_FLIGHT", "5"),
            ("USHER_POLL_MILLISECONDS", "250"),
            ("USHER_METRICS", "Usher/usher"),
            ("USHER_METRICS_BY_OPERATION", "true"),
            ("USHER_RETRY_SECONDS", "7"),
        ])
        .unwrap();
        assert_eq!(settings.rules.unwrap().to_string(), "s3://b/active/rules.yaml");
        assert_eq!(settings.rules_written.unwrap().to_string(), "s3://b/rules.yaml");
        assert_eq!(
            settings.cache.clone().unwrap().permission_sets.to_string(),
            "s3://b/cache/permission-sets.json"
        );
        assert_eq!(
            settings.cache.unwrap().organization.to_string(),
            "s3://b/cache/organization.json"
        );
        assert_eq!((settings.calls_per_second.get(), settings.writes_in_flight.get()), (10, 5));
        assert_eq!(settings.poll_every, Duration::from_millis(250));
        assert_eq!(settings.retry_after, Duration::from_secs(7));
        let metrics = Metrics { namespace: "Usher/usher".to_owned(), by_operation: true };
        assert_eq!(settings.metrics, Some(metrics));
        assert_eq!(
            (settings.bus.as_str(), settings.lane.is_some(), settings.instance_arn.is_some()),
            ("access", true, true)
        );
        assert_eq!(settings.account.unwrap().as_str(), "210987654321");
        assert!(settings.own_role.unwrap().ends_with("role/usher-reconciler"));
        let role = settings.management_role.unwrap();
        assert!(role.arn.as_str().ends_with("role/usher-reader"));
        assert_eq!(role.external_id.as_deref(), Some("usher"));
    }

    #[test]
    fn the_sdk_never_says_more_than_info_for_a_level() {
        let logging = |variables: &[(&str, &str)]| {
            let variables: Vec<_> = variables.to_vec();
            Logging::read(|name| {
                let found = variables.iter().find(|(variable, _)| *variable == name);
                found.map(|(_, value)| (*value).to_owned())
            })
        };
        let span = "lambda_runtime::layers::trace=info";
        let by_default = Logging { is_json: false, filter: format!("info,shared=info,{span}") };
        assert_eq!(logging(&[]), by_default);
        let debug =
            logging(&[("AWS_LAMBDA_LOG_FORMAT", "JSON"), ("AWS_LAMBDA_LOG_LEVEL", "DEBUG")]);
        assert_eq!(debug, Logging { is_json: true, filter: format!("info,shared=debug,{span}") });
        let warn = logging(&[("AWS_LAMBDA_LOG_LEVEL", "WARN"), ("RUST_LOG", "trace")]);
        assert_eq!(warn.filter, format!("warn,shared=warn,{span}"));
        assert_eq!(logging(&[("RUST_LOG", "aws_runtime=trace")]).filter, "aws_runtime=trace");
    }

    #[test]
    fn a_wrong_value_is_named_with_its_variable() {
        for (variable, value) in [
            ("USHER_RULES", "s3://bucket-only"),
            ("USHER_RULES_WRITTEN", "s3://b"),
            ("USHER_CACHE", "https://b/k"),
            ("USHER_INSTANCE_ARN", "ssoins-7223aaaabbbbcccc"),
            ("USHER_ACCOUNT_ID", "21098765432"),
            ("USHER_MANAGEMENT_ROLE_ARN", "usher-reader"),
            ("USHER_CALLS_PER_SECOND", "0"),
            ("USHER_WRITES_IN_FLIGHT", "ten"),
            ("USHER_POLL_MILLISECONDS", "0"),
        ] {
            let error = read(&[(variable, value)]).unwrap_err().to_string();
            assert!(error.contains(variable) && error.contains(value), "{error}");
        }
    }
}
