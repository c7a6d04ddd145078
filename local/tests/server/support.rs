//! A running server, with a client of each service pointed at it.

use std::time::Duration;

use aws_config::{BehaviorVersion, Region, SdkConfig, retry::RetryConfig};
use aws_sdk_ssoadmin::{
    config::{Credentials, SharedCredentialsProvider},
    types::{AccountAssignmentOperationStatus, PrincipalType, StatusValues, TargetType},
};
use local::{Local, Settings, bobs_organization};
use serde_json::Value;
use shared::organization::{Assignment, Organization, Principal};
use tokio::{sync::mpsc::UnboundedReceiver, time::timeout};

/// Long enough for anything here, short enough to notice.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) struct Server {
    pub(crate) local: Local,
    pub(crate) organizations: aws_sdk_organizations::Client,
    pub(crate) sso_admin: aws_sdk_ssoadmin::Client,
    pub(crate) identity_store: aws_sdk_identitystore::Client,
    pub(crate) sqs: aws_sdk_sqs::Client,
    pub(crate) event_bridge: aws_sdk_eventbridge::Client,
    events: UnboundedReceiver<Value>,
}

/// Quick, so that tests are.
pub(crate) fn quick() -> Settings {
    Settings {
        assignment_time: Duration::from_millis(20),
        account_time: Duration::from_millis(20),
        usher_access_key_id: Some("AKIAUSHER".to_owned()),
        ..Settings::default()
    }
}

impl Server {
    pub(crate) async fn start() -> Self {
        Self::with(quick()).await
    }

    pub(crate) async fn with(settings: Settings) -> Self {
        Self::of(bobs_organization(), settings).await
    }

    pub(crate) async fn of(organization: Organization, settings: Settings) -> Self {
        let mut local = Local::start(organization, settings).await.unwrap();
        let sdk = sdk(&local, "AKIAADMIN");
        Self {
            organizations: aws_sdk_organizations::Client::new(&sdk),
            sso_admin: aws_sdk_ssoadmin::Client::new(&sdk),
            identity_store: aws_sdk_identitystore::Client::new(&sdk),
            sqs: aws_sdk_sqs::Client::new(&sdk),
            event_bridge: aws_sdk_eventbridge::Client::new(&sdk),
            events: local.take_events().unwrap(),
            local,
        }
    }

    /// The next event of this name; others are passed over.
    pub(crate) async fn event(&mut self, name: &str) -> Value {
        let next = async {
            loop {
                let event = self.events.recv().await.unwrap();
                if event["detail"]["eventName"] == name {
                    return event;
                }
            }
        };
        timeout(PATIENCE, next).await.unwrap()
    }

    /// The next event of this detail type; others are passed over.
    pub(crate) async fn event_of_type(&mut self, detail_type: &str) -> Value {
        let next = async {
            loop {
                let event = self.events.recv().await.unwrap();
                if event["detail-type"] == detail_type {
                    return event;
                }
            }
        };
        timeout(PATIENCE, next).await.unwrap()
    }

    /// The names of all events that have come by now.
    pub(crate) fn names_of_events(&mut self) -> Vec<String> {
        let events = std::iter::from_fn(|| self.events.try_recv().ok());
        let name = |event: Value| event["detail"]["eventName"].as_str().map(str::to_owned);
        events.filter_map(name).collect()
    }

    pub(crate) fn instance_arn(&self) -> String {
        self.local.organization().instance.instance_arn.to_string()
    }

    pub(crate) fn identity_store_id(&self) -> String {
        self.local.organization().instance.identity_store_id.to_string()
    }

    /// This permission set, in this account, for this group, by their names.
    pub(crate) fn assignment(
        &self,
        permission_set: &str,
        account: &str,
        group: &str,
    ) -> Assignment {
        let organization = self.local.organization();
        let set =
            organization.permission_sets.iter().find(|set| set.name == permission_set).unwrap();
        let account = organization.accounts.iter().find(|known| known.name == account).unwrap();
        let group = organization.groups.iter().find(|known| known.display_name == group).unwrap();
        Assignment {
            account_id: account.id.clone(),
            permission_set_arn: set.arn.clone(),
            principal: Principal::Group(group.id.clone()),
        }
    }

    /// Asks for an assignment, without waiting for it.
    pub(crate) async fn create(
        &self,
        assignment: &Assignment,
    ) -> Result<AccountAssignmentOperationStatus, aws_sdk_ssoadmin::Error> {
        let request = self.sso_admin.create_account_assignment().instance_arn(self.instance_arn());
        let request =
            request.target_id(assignment.account_id.as_str()).target_type(TargetType::AwsAccount);
        let request = request.permission_set_arn(assignment.permission_set_arn.as_str());
        let request = request.principal_type(PrincipalType::from(assignment.principal.kind()));
        let answer = request.principal_id(assignment.principal.id()).send().await?;
        Ok(answer.account_assignment_creation_status.unwrap())
    }

    /// Asks for an assignment to be taken away, without waiting for it.
    pub(crate) async fn delete(
        &self,
        assignment: &Assignment,
    ) -> Result<AccountAssignmentOperationStatus, aws_sdk_ssoadmin::Error> {
        let request = self.sso_admin.delete_account_assignment().instance_arn(self.instance_arn());
        let request =
            request.target_id(assignment.account_id.as_str()).target_type(TargetType::AwsAccount);
        let request = request.permission_set_arn(assignment.permission_set_arn.as_str());
        let request = request.principal_type(PrincipalType::from(assignment.principal.kind()));
        let answer = request.principal_id(assignment.principal.id()).send().await?;
        Ok(answer.account_assignment_deletion_status.unwrap())
    }

    /// What became of a creation, or of a deletion.
    pub(crate) async fn ended(
        &self,
        started: &AccountAssignmentOperationStatus,
    ) -> AccountAssignmentOperationStatus {
        let poll = async {
            loop {
                let status = self.status(started.request_id().unwrap()).await;
                if status.status() != Some(&StatusValues::InProgress) {
                    return status;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(PATIENCE, poll).await.unwrap()
    }

    async fn status(&self, request_id: &str) -> AccountAssignmentOperationStatus {
        let creation = self.sso_admin.describe_account_assignment_creation_status();
        let creation = creation.instance_arn(self.instance_arn());
        if let Ok(answer) = creation.account_assignment_creation_request_id(request_id).send().await
        {
            return answer.account_assignment_creation_status.unwrap();
        }
        let deletion = self.sso_admin.describe_account_assignment_deletion_status();
        let deletion = deletion.instance_arn(self.instance_arn());
        let answer =
            deletion.account_assignment_deletion_request_id(request_id).send().await.unwrap();
        answer.account_assignment_deletion_status.unwrap()
    }
}

/// How an SDK is pointed at the server. It does not try again, so that a test sees each answer.
pub(crate) fn sdk(local: &Local, access_key_id: &str) -> SdkConfig {
    let credentials = Credentials::new(access_key_id, "secret", None, None, "test");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-1"))
        .endpoint_url(local.endpoint())
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .retry_config(RetryConfig::disabled())
        .build()
}
