//! Bob's hands: what he does in AWS, with the real SDK.

use aws_config::SdkConfig;
use aws_sdk_identitystore::types::MemberId;
use aws_sdk_organizations::types::Tag;
use aws_sdk_ssoadmin::types::{PrincipalType, TargetType};
use shared::organization::{Account, Organization};

use crate::exit::Failure;

/// Bob, with all clients that he needs.
pub(super) struct Bob {
    organizations: aws_sdk_organizations::Client,
    identity_store: aws_sdk_identitystore::Client,
    identity_center: aws_sdk_ssoadmin::Client,
}

impl Bob {
    pub(super) fn new(configuration: &SdkConfig) -> Self {
        Self {
            organizations: aws_sdk_organizations::Client::new(configuration),
            identity_store: aws_sdk_identitystore::Client::new(configuration),
            identity_center: aws_sdk_ssoadmin::Client::new(configuration),
        }
    }

    pub(super) async fn create_account(
        &self,
        name: &str,
        tags: &[(&str, &str)],
    ) -> Result<(), Failure> {
        let tags = tags.iter().map(|(key, value)| Tag::builder().key(*key).value(*value).build());
        let tags = tags.collect::<Result<Vec<Tag>, _>>().map_err(failed("tag"))?;
        let email = format!("aws+{name}@example.com");
        let request = self.organizations.create_account().account_name(name).email(email);
        let request = request.set_tags(Some(tags)).send();
        request.await.map(drop).map_err(failed("create an account"))
    }

    pub(super) async fn move_account(
        &self,
        organization: &Organization,
        name: &str,
        path: &str,
    ) -> Result<(), Failure> {
        let account = account(organization, name);
        let unit = path.rsplit('/').next().unwrap_or_default();
        let unit = organization.organizational_units.iter().find(|other| other.name == unit);
        let request = self
            .organizations
            .move_account()
            .set_account_id(account.map(|account| account.id.to_string()))
            .set_source_parent_id(account.map(|account| account.parent_id.to_string()))
            .set_destination_parent_id(unit.map(|unit| unit.id.to_string()));
        request.send().await.map(drop).map_err(failed("move an account"))
    }

    pub(super) async fn untag_account(
        &self,
        organization: &Organization,
        name: &str,
        key: &str,
    ) -> Result<(), Failure> {
        let id = account(organization, name).map(|account| account.id.to_string());
        let request = self.organizations.untag_resource().set_resource_id(id).tag_keys(key);
        request.send().await.map(drop).map_err(failed("untag an account"))
    }

    pub(super) async fn close_account(
        &self,
        organization: &Organization,
        name: &str,
    ) -> Result<(), Failure> {
        let id = account(organization, name).map(|account| account.id.to_string());
        let request = self.organizations.close_account().set_account_id(id).send();
        request.await.map(drop).map_err(failed("close an account"))
    }

    pub(super) async fn create_group(
        &self,
        organization: &Organization,
        name: &str,
    ) -> Result<(), Failure> {
        let store = organization.instance.identity_store_id.as_str();
        let request = self.identity_store.create_group().identity_store_id(store);
        request.display_name(name).send().await.map(drop).map_err(failed("create a group"))
    }

    /// Puts a user into a group.
    pub(super) async fn join(
        &self,
        organization: &Organization,
        user: &str,
        group: &str,
    ) -> Result<(), Failure> {
        let request = self
            .identity_store
            .create_group_membership()
            .identity_store_id(organization.instance.identity_store_id.as_str())
            .set_group_id(group_id(organization, group))
            .member_id(member(organization, user));
        request.send().await.map(drop).map_err(failed("put somebody into a group"))
    }

    /// Takes a user out of a group.
    pub(super) async fn leave(
        &self,
        organization: &Organization,
        user: &str,
        group: &str,
    ) -> Result<(), Failure> {
        let store = organization.instance.identity_store_id.as_str();
        let request = self
            .identity_store
            .get_group_membership_id()
            .identity_store_id(store)
            .set_group_id(group_id(organization, group))
            .member_id(member(organization, user));
        let membership = request.send().await.map_err(failed("find a membership"))?.membership_id;
        let request = self.identity_store.delete_group_membership().identity_store_id(store);
        let request = request.membership_id(membership).send();
        request.await.map(drop).map_err(failed("take somebody out of a group"))
    }

    /// Grants something without asking the rules.
    pub(super) async fn grant(
        &self,
        organization: &Organization,
        permission_set: &str,
        group: &str,
        account: &str,
    ) -> Result<(), Failure> {
        let mut sets = organization.permission_sets.iter();
        let set = sets.find(|set| set.name == permission_set);
        let account = self::account(organization, account);
        let request = self
            .identity_center
            .create_account_assignment()
            .instance_arn(organization.instance.instance_arn.as_str())
            .target_type(TargetType::AwsAccount)
            .set_target_id(account.map(|account| account.id.to_string()))
            .set_permission_set_arn(set.map(|set| set.arn.to_string()))
            .principal_type(PrincipalType::Group)
            .set_principal_id(group_id(organization, group));
        request.send().await.map(drop).map_err(failed("grant something"))
    }
}

fn account<'o>(organization: &'o Organization, name: &str) -> Option<&'o Account> {
    organization.accounts.iter().find(|account| account.name == name)
}

fn group_id(organization: &Organization, name: &str) -> Option<String> {
    let group = organization.groups.iter().find(|group| group.display_name == name);
    group.map(|group| group.id.to_string())
}

/// AWS refuses a member that is nobody.
fn member(organization: &Organization, user_name: &str) -> MemberId {
    let user = organization.users.iter().find(|user| user.user_name == user_name);
    MemberId::UserId(user.map(|user| user.id.to_string()).unwrap_or_default())
}

fn failed<E: std::error::Error + 'static>(what: &str) -> impl FnOnce(E) -> Failure {
    move |error| Failure::Bob { what: what.to_owned(), source: Box::new(error) }
}
