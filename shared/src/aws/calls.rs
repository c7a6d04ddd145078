//! Every request to AWS counted: retries and pages too, because quotas count them.

use std::{
    collections::BTreeMap,
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::{
        interceptors::{Intercept, context::BeforeTransmitInterceptorContextRef},
        orchestrator::Metadata,
        runtime_components::RuntimeComponents,
    },
};
use aws_smithy_types::config_bag::ConfigBag;

/// Requests by `service:Operation`, such as `sso-admin:ListAccountAssignments`. Clones share the
/// count.
#[derive(Clone, Debug, Default)]
pub struct Calls {
    counts: Arc<Mutex<BTreeMap<String, u64>>>,
}

impl Calls {
    /// All requests.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.lock().values().sum()
    }

    /// The requests of each operation, by name.
    #[must_use]
    pub fn by_operation(&self) -> BTreeMap<String, u64> {
        self.lock().clone()
    }

    /// The requests of each operation since the last time; the count begins anew.
    #[must_use]
    pub fn take(&self) -> BTreeMap<String, u64> {
        mem::take(&mut self.lock())
    }

    fn count(&self, service: &str, operation: &str) {
        let name = format!("{}:{operation}", command_line_name(service));
        *self.lock().entry(name).or_default() += 1;
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, u64>> {
        // A count is whole at every moment, so a panic elsewhere does not spoil it.
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
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
            self.count(metadata.service(), metadata.name());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_are_called_as_on_the_command_line() {
        let calls = Calls::default();
        for service in ["SSO Admin", "Organizations", "identitystore", "SQS", "EventBridge", "S3"] {
            calls.count(service, "X");
        }
        let counted = calls.by_operation();
        let names: Vec<&str> = counted.keys().map(String::as_str).collect();
        assert_eq!(
            names,
            ["events:X", "identitystore:X", "organizations:X", "s3:X", "sqs:X", "sso-admin:X"]
        );
    }

    #[test]
    fn taking_the_count_begins_anew() {
        let calls = Calls::default();
        calls.clone().count("S3", "GetObject");
        calls.count("S3", "GetObject");
        assert_eq!((calls.total(), calls.take()["s3:GetObject"], calls.total()), (2, 2, 0));
    }
}
