//! The instance and the organization: they do not change while a process runs, so each is asked for
//! once.

use std::sync::Arc;

use aws_sdk_ssoadmin::types::InstanceMetadata;
use tokio::sync::OnceCell;
use tracing::warn;

use crate::{
    failure::{CallFailure, FailureKind},
    ids::{AccountId, InstanceArn, OrganizationalUnitId},
    observe::Facts,
    organization::{Instance, OrganizationFacts},
};

use super::{
    caller::caller,
    clients::Clients,
    failure::{failed, read_id, unreadable},
    pages::every_row,
};

const LIST_INSTANCES: &str = "sso:ListInstances";
const DESCRIBE_ORGANIZATION: &str = "organizations:DescribeOrganization";
const LIST_ROOTS: &str = "organizations:ListRoots";

/// The instance and the organization, remembered once they were read. A failure is not remembered.
#[derive(Debug)]
pub struct KnownFacts {
    clients: Arc<Clients>,
    wanted: Option<InstanceArn>,
    instance: OnceCell<Instance>,
    organization: OnceCell<OrganizationFacts>,
    caller: OnceCell<AccountId>,
}

impl KnownFacts {
    /// Nothing known yet but, where somebody said so, the account that calls. Without a wanted
    /// instance there has to be exactly one.
    #[must_use]
    pub fn new(
        clients: Arc<Clients>,
        wanted: Option<InstanceArn>,
        caller: Option<AccountId>,
    ) -> Self {
        let caller = OnceCell::new_with(caller);
        Self { clients, wanted, instance: OnceCell::new(), organization: OnceCell::new(), caller }
    }

    /// All of it.
    ///
    /// # Errors
    /// What AWS said, or that there is not exactly one instance.
    pub async fn facts(&self) -> Result<Facts, CallFailure> {
        Ok(Facts {
            instance: self.instance().await?.clone(),
            organization: self.organization().await?.clone(),
            caller: self.caller().await,
        })
    }

    /// The account that calls. What is allowed to whom is AWS's matter in the end, so not to know it
    /// is no reason to do nothing.
    async fn caller(&self) -> Option<AccountId> {
        let ask = async || Ok(caller(&self.clients).await?.account_id);
        match self.caller.get_or_try_init(ask).await {
            Ok(account) => Some(account.clone()),
            Err::<_, CallFailure>(failure) => {
                warn!(%failure, "not known from which account Identity Center is administered");
                None
            }
        }
    }

    /// The instance.
    ///
    /// # Errors
    /// What AWS said, or that there is not exactly one.
    pub async fn instance(&self) -> Result<&Instance, CallFailure> {
        self.instance.get_or_try_init(async || self.read_instance().await).await
    }

    async fn organization(&self) -> Result<&OrganizationFacts, CallFailure> {
        self.organization.get_or_try_init(async || self.read_organization().await).await
    }

    async fn read_instance(&self) -> Result<Instance, CallFailure> {
        let instances = every_row(LIST_INSTANCES, async |token| {
            let client = self.clients.sso_admin().await;
            let page = client
                .list_instances()
                .set_next_token(token)
                .send()
                .await
                .map_err(failed(LIST_INSTANCES))?;
            Ok((page.instances.unwrap_or_default(), page.next_token))
        })
        .await?;
        let here = self.clients.region().unwrap_or_default();
        pick_instance(instances, self.wanted.as_ref(), here)
    }

    async fn read_organization(&self) -> Result<OrganizationFacts, CallFailure> {
        let client = self.clients.organizations(DESCRIBE_ORGANIZATION).await;
        let answer =
            client.describe_organization().send().await.map_err(failed(DESCRIBE_ORGANIZATION))?;
        let organization = answer
            .organization
            .ok_or_else(|| unreadable(DESCRIBE_ORGANIZATION, "no organization in it"))?;
        Ok(OrganizationFacts {
            id: read_id(DESCRIBE_ORGANIZATION, organization.id())?,
            management_account_id: read_id(
                DESCRIBE_ORGANIZATION,
                organization.master_account_id(),
            )?,
            root_id: self.read_root().await?,
        })
    }

    async fn read_root(&self) -> Result<OrganizationalUnitId, CallFailure> {
        let roots = every_row(LIST_ROOTS, async |token| {
            let client = self.clients.organizations(LIST_ROOTS).await;
            let ask = client.list_roots().set_next_token(token);
            let page = ask.send().await.map_err(failed(LIST_ROOTS))?;
            Ok((page.roots.unwrap_or_default(), page.next_token))
        })
        .await?;
        let [root] = roots.as_slice() else {
            return Err(unreadable(LIST_ROOTS, format!("{} roots in place of one", roots.len())));
        };
        read_id(LIST_ROOTS, root.id())
    }
}

/// The wanted one, or the only one. To guess between several would be to revoke in the wrong one.
fn pick_instance(
    instances: Vec<InstanceMetadata>,
    wanted: Option<&InstanceArn>,
    here: &str,
) -> Result<Instance, CallFailure> {
    let seen = instances.len();
    let is_wanted = |instance: &InstanceMetadata| {
        wanted.is_none_or(|wanted| instance.instance_arn() == Some(wanted.as_str()))
    };
    let mut candidates = instances.into_iter().filter(is_wanted);
    match (candidates.next(), candidates.next(), wanted) {
        (Some(only), None, _) => read_metadata(&only, here),
        (Some(_), Some(_), _) => Err(not_one(
            "SeveralInstances",
            format!("{seen} Identity Center instances in {here}: say which one by its ARN"),
        )),
        (None, _, Some(wanted)) => {
            Err(not_one("NoInstance", format!("{wanted} is not among {seen} in {here}")))
        }
        (None, _, None) => {
            Err(not_one("NoInstance", format!("no Identity Center instance in {here}")))
        }
    }
}

fn not_one(code: &str, message: String) -> CallFailure {
    CallFailure {
        operation: LIST_INSTANCES,
        code: code.to_owned(),
        message,
        kind: FailureKind::Permanent,
    }
}

fn read_metadata(instance: &InstanceMetadata, here: &str) -> Result<Instance, CallFailure> {
    Ok(Instance {
        instance_arn: read_id(LIST_INSTANCES, instance.instance_arn())?,
        identity_store_id: read_id(LIST_INSTANCES, instance.identity_store_id())?,
        region: instance.primary_region().unwrap_or(here).to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instance(id: &str) -> InstanceMetadata {
        InstanceMetadata::builder()
            .instance_arn(format!("arn:aws:sso:::instance/ssoins-{id}"))
            .identity_store_id("d-1234567890")
            .build()
    }

    #[track_caller]
    fn check(instances: &[&str], wanted: Option<&str>, expected: Result<&str, &str>) {
        let wanted =
            wanted.map(|id| format!("arn:aws:sso:::instance/ssoins-{id}").parse().unwrap());
        let instances = instances.iter().map(|id| instance(id)).collect();
        let picked = pick_instance(instances, wanted.as_ref(), "eu-west-1");
        let picked = picked
            .map(|instance| instance.instance_arn.to_string())
            .map_err(|failure| failure.code);
        let expected =
            expected.map(|id| format!("arn:aws:sso:::instance/ssoins-{id}")).map_err(str::to_owned);
        assert_eq!(picked, expected);
    }

    #[test]
    fn one_instance_is_taken_and_several_are_not_guessed_between() {
        check(&["a"], None, Ok("a"));
        check(&[], None, Err("NoInstance"));
        check(&["a", "b"], None, Err("SeveralInstances"));
        check(&["a", "b"], Some("b"), Ok("b"));
        check(&["a", "b"], Some("c"), Err("NoInstance"));
    }

    #[test]
    fn the_region_is_the_one_that_was_asked_unless_aws_says_otherwise() {
        assert_eq!(
            pick_instance(vec![instance("a")], None, "eu-west-1").unwrap().region,
            "eu-west-1"
        );
        let mut elsewhere = instance("a");
        elsewhere.primary_region = Some("us-east-1".to_owned());
        assert_eq!(pick_instance(vec![elsewhere], None, "eu-west-1").unwrap().region, "us-east-1");
    }
}
