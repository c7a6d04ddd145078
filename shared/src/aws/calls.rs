//! Every request to AWS counted: retries and pages too, because quotas count them.

use std::{
    collections::BTreeMap,
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::{
        interceptors::{
            Intercept,
            context::{BeforeTransmitInterceptorContextRef, FinalizerInterceptorContextRef},
        },
        orchestrator::Metadata,
        runtime_components::RuntimeComponents,
    },
};
use aws_smithy_types::config_bag::ConfigBag;

use super::pace::is_throttle;

/// How many, by `service:Operation`, such as `sso-admin:ListAccountAssignments`.
pub type ByOperation = BTreeMap<String, u64>;

/// Requests by operation. Clones share the count.
#[derive(Clone, Debug, Default)]
pub struct Calls {
    counts: Arc<Mutex<Counts>>,
}

#[derive(Debug, Default)]
struct Counts {
    requests: ByOperation,
    /// Of these, how many AWS answered by saying that it was asked too often.
    throttled: ByOperation,
}

impl Calls {
    /// All requests.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.lock().requests.values().sum()
    }

    /// The requests of each operation, by name.
    #[must_use]
    pub fn by_operation(&self) -> ByOperation {
        self.lock().requests.clone()
    }

    /// Of these, how many AWS answered by saying that it was asked too often.
    #[must_use]
    pub fn throttled(&self) -> ByOperation {
        self.lock().throttled.clone()
    }

    /// The requests of each operation since the last time; the count begins anew.
    #[must_use]
    pub fn take(&self) -> ByOperation {
        mem::take(&mut self.lock().requests)
    }

    fn count(&self, operation: String) {
        *self.lock().requests.entry(operation).or_default() += 1;
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        // A count is whole at every moment, so a panic elsewhere does not spoil it.
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn name(metadata: &Metadata) -> String {
    format!("{}:{}", command_line_name(metadata.service()), metadata.name())
}

/// The service as the AWS CLI calls it, from the service id that its SDK carries.
fn command_line_name(service_id: &str) -> String {
    match service_id {
        "EventBridge" => "events".to_owned(),
        _ => service_id.to_ascii_lowercase().replace(' ', "-"),
    }
}

impl Intercept for Calls {
    fn name(&self) -> &'static str {
        "Calls"
    }

    fn read_before_attempt(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        settings: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(metadata) = settings.load::<Metadata>() {
            self.count(name(metadata));
        }
        Ok(())
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        settings: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(metadata) = settings.load::<Metadata>()
            && context.response().is_some_and(is_throttle)
        {
            *self.lock().throttled.entry(name(metadata)).or_default() += 1;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_are_called_as_on_the_command_line() {
        let services = ["SSO Admin", "Organizations", "identitystore", "SQS", "EventBridge", "S3"];
        assert_eq!(
            services.map(|service| name(&Metadata::new("X", service))),
            ["sso-admin:X", "organizations:X", "identitystore:X", "sqs:X", "events:X", "s3:X"]
        );
    }

    #[test]
    fn taking_the_count_begins_anew() {
        let calls = Calls::default();
        calls.clone().count("s3:GetObject".to_owned());
        calls.count("s3:GetObject".to_owned());
        assert_eq!((calls.total(), calls.take()["s3:GetObject"], calls.total()), (2, 2, 0));
    }
}
