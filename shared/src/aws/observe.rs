//! Reading AWS, one method a call or a listing.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use aws_sdk_identitystore::{
    operation::{
        describe_group::DescribeGroupError, describe_user::DescribeUserError,
        get_group_id::GetGroupIdError, list_group_memberships::ListGroupMembershipsError,
    },
    types::{
        AlternateIdentifier, MemberId, ResourceType, UniqueAttribute,
        error::ResourceNotFoundException,
    },
};
use aws_sdk_organizations::operation::{
    describe_account::DescribeAccountError,
    describe_organizational_unit::{
        DescribeOrganizationalUnitError, DescribeOrganizationalUnitOutput,
    },
};
use aws_sdk_ssoadmin::operation::{
    describe_permission_set::{DescribePermissionSetError, DescribePermissionSetOutput},
    list_accounts_for_provisioned_permission_set::ListAccountsForProvisionedPermissionSetError,
};
use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::SdkError};
use aws_smithy_types::{Document, error::metadata::ProvideErrorMetadata};
use tokio::time::Instant;
use tracing::info;

use crate::{
    failure::CallFailure,
    ids::{AccountId, GroupId, OrganizationalUnitId, PermissionSetArn, UserId},
    observe::{Facts, GroupPage, Observe, SeenAccount},
    organization::{Assignment, Group, Principal, Tags, User},
};

use super::{
    clients::Clients,
    facts::KnownFacts,
    failure::{failed, read_id, unreadable},
    names::Names,
    pages::every_row,
    read::{
        read_account, read_assignment, read_assignment_of_principal, read_group,
        read_permission_sets,
    },
    users::{ENTERPRISE, read_described_user, read_user},
};

const DESCRIBE_ACCOUNT: &str = "organizations:DescribeAccount";
const DESCRIBE_GROUP: &str = "identitystore:DescribeGroup";
const DESCRIBE_ORGANIZATIONAL_UNIT: &str = "organizations:DescribeOrganizationalUnit";
const DESCRIBE_PERMISSION_SET: &str = "sso:DescribePermissionSet";
const DESCRIBE_USER: &str = "identitystore:DescribeUser";
const GET_GROUP_ID: &str = "identitystore:GetGroupId";
const LIST_ACCOUNTS: &str = "organizations:ListAccounts";
const LIST_ACCOUNT_ASSIGNMENTS: &str = "sso:ListAccountAssignments";
const LIST_ACCOUNT_ASSIGNMENTS_FOR_PRINCIPAL: &str = "sso:ListAccountAssignmentsForPrincipal";
const LIST_ACCOUNTS_FOR_PERMISSION_SET: &str = "sso:ListAccountsForProvisionedPermissionSet";
const LIST_GROUPS: &str = "identitystore:ListGroups";
const LIST_GROUP_MEMBERSHIPS: &str = "identitystore:ListGroupMemberships";
const LIST_MEMBERSHIPS_OF_MEMBER: &str = "identitystore:ListGroupMembershipsForMember";
const LIST_ORGANIZATIONAL_UNITS: &str = "organizations:ListOrganizationalUnitsForParent";
const LIST_PERMISSION_SETS: &str = "sso:ListPermissionSets";
const LIST_PROVISIONED: &str = "sso:ListPermissionSetsProvisionedToAccount";
const LIST_TAGS: &str = "organizations:ListTagsForResource";
const LIST_USERS: &str = "identitystore:ListUsers";

/// What Identity Center answers to whom it does not list by principal: another account than the
/// management account, or a role that may not ask.
///
/// The first is the Security Token Service's, which does not hand out the role for it.
const REFUSALS: &[&str] = &["AccessDenied", "AccessDeniedException", "ValidationException"];

/// How long a refusal of the listing by principal is believed. Permissions change, and a process may live for
/// hours: one that never asked again would read everything pair by pair for as long. To ask in vain costs two
/// calls, where the other way costs thousands.
const REFUSAL_BELIEVED_FOR: Duration = Duration::from_secs(10 * 60);

/// Rows on a page of Identity Center and of the Identity Store: the most that AWS gives.
const PAGE_SIZE: i32 = 100;

/// [`Observe`], over the SDK.
#[derive(Debug)]
pub struct AwsObserve {
    clients: Arc<Clients>,
    facts: Arc<KnownFacts>,
    names: Names,
    /// Until when listing by principal need not be tried, since it was refused.
    refused_until: Mutex<Option<Instant>>,
}

impl AwsObserve {
    /// Reads with those clients, and remembers permission sets' names there.
    #[must_use]
    pub fn new(clients: Arc<Clients>, facts: Arc<KnownFacts>, names: Names) -> Self {
        Self { clients, facts, names, refused_until: Mutex::default() }
    }

    /// Keeps the permission sets' names that were learned, for the next process. To be called at
    /// the end of a run.
    pub async fn flush(&self) {
        self.names.flush().await;
    }

    async fn instance_arn(&self) -> Result<&str, CallFailure> {
        Ok(self.facts.instance().await?.instance_arn.as_str())
    }

    async fn identity_store_id(&self) -> Result<&str, CallFailure> {
        Ok(self.facts.instance().await?.identity_store_id.as_str())
    }

    fn refused_until(&self) -> MutexGuard<'_, Option<Instant>> {
        // A panic elsewhere leaves a time behind that is as good as any.
        self.refused_until.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn tags_of(&self, resource_id: &str) -> Result<Tags, CallFailure> {
        let tags = every_row(LIST_TAGS, async |token| {
            let client = self.clients.organizations(LIST_TAGS).await;
            let ask = client.list_tags_for_resource().resource_id(resource_id);
            let page = ask.set_next_token(token).send().await.map_err(failed(LIST_TAGS))?;
            Ok((page.tags.unwrap_or_default(), page.next_token))
        })
        .await?;
        Ok(tags.into_iter().map(|tag| (tag.key, tag.value)).collect())
    }

    async fn list_assignments_of(
        &self,
        principal: &Principal,
    ) -> Result<Vec<Assignment>, CallFailure> {
        let instance = self.instance_arn().await?;
        let rows = every_row(LIST_ACCOUNT_ASSIGNMENTS_FOR_PRINCIPAL, async |token| {
            let client = self.clients.sso_admin_of_management().await;
            let ask = client
                .list_account_assignments_for_principal()
                .instance_arn(instance)
                .principal_id(principal.id())
                .principal_type(principal.kind().into())
                .max_results(PAGE_SIZE);
            let answer = ask.set_next_token(token).send().await;
            let page = answer.map_err(failed(LIST_ACCOUNT_ASSIGNMENTS_FOR_PRINCIPAL))?;
            Ok((page.account_assignments.unwrap_or_default(), page.next_token))
        })
        .await?;
        let rows = rows
            .iter()
            .map(|row| read_assignment_of_principal(LIST_ACCOUNT_ASSIGNMENTS_FOR_PRINCIPAL, row));
        let all: Vec<Assignment> = rows.collect::<Result<_, _>>()?;
        // A user's listing also shows what comes through groups.
        Ok(all.into_iter().filter(|assignment| assignment.principal == *principal).collect())
    }

    async fn ask_permission_set_name(
        &self,
        arn: &PermissionSetArn,
    ) -> Result<Option<String>, CallFailure> {
        let instance = self.instance_arn().await?;
        let client = self.clients.sso_admin().await;
        let ask = client
            .describe_permission_set()
            .instance_arn(instance)
            .permission_set_arn(arn.as_str());
        let answer = if_there(DESCRIBE_PERMISSION_SET, ask.send().await, is_permission_set_gone)?;
        let name = |answer: DescribePermissionSetOutput| answer.permission_set?.name;
        answer
            .map(|answer| {
                name(answer)
                    .ok_or_else(|| unreadable(DESCRIBE_PERMISSION_SET, format!("no name of {arn}")))
            })
            .transpose()
    }
}

impl Observe for AwsObserve {
    async fn facts(&self) -> Result<Facts, CallFailure> {
        self.facts.facts().await
    }

    async fn accounts(&self) -> Result<Vec<SeenAccount>, CallFailure> {
        every_row(LIST_ACCOUNTS, async |token| {
            let client = self.clients.organizations(LIST_ACCOUNTS).await;
            let ask = client.list_accounts().set_next_token(token);
            let page = ask.send().await.map_err(failed(LIST_ACCOUNTS))?;
            let accounts =
                page.accounts().iter().map(|account| read_account(LIST_ACCOUNTS, account));
            Ok((accounts.collect::<Result<_, _>>()?, page.next_token))
        })
        .await
    }

    async fn account(&self, id: &AccountId) -> Result<Option<SeenAccount>, CallFailure> {
        let client = self.clients.organizations(DESCRIBE_ACCOUNT).await;
        let ask = client.describe_account().account_id(id.as_str());
        let answer = if_there(
            DESCRIBE_ACCOUNT,
            ask.send().await,
            DescribeAccountError::is_account_not_found_exception,
        )?;
        answer
            .map(|answer| match answer.account() {
                Some(account) => read_account(DESCRIBE_ACCOUNT, account),
                None => Err(unreadable(DESCRIBE_ACCOUNT, format!("no account {id} in it"))),
            })
            .transpose()
    }

    async fn account_tags(&self, id: &AccountId) -> Result<Tags, CallFailure> {
        self.tags_of(id.as_str()).await
    }

    async fn organizational_unit_tags(
        &self,
        id: &OrganizationalUnitId,
    ) -> Result<Tags, CallFailure> {
        self.tags_of(id.as_str()).await
    }

    async fn organizational_unit_name(
        &self,
        id: &OrganizationalUnitId,
    ) -> Result<Option<String>, CallFailure> {
        let client = self.clients.organizations(DESCRIBE_ORGANIZATIONAL_UNIT).await;
        let ask = client.describe_organizational_unit().organizational_unit_id(id.as_str());
        let answer = if_there(
            DESCRIBE_ORGANIZATIONAL_UNIT,
            ask.send().await,
            DescribeOrganizationalUnitError::is_organizational_unit_not_found_exception,
        )?;
        let name = |answer: DescribeOrganizationalUnitOutput| answer.organizational_unit?.name;
        answer
            .map(|answer| {
                name(answer).ok_or_else(|| {
                    unreadable(DESCRIBE_ORGANIZATIONAL_UNIT, format!("no name of {id}"))
                })
            })
            .transpose()
    }

    async fn organizational_units_below(
        &self,
        parent: &OrganizationalUnitId,
    ) -> Result<BTreeMap<OrganizationalUnitId, String>, CallFailure> {
        let units = every_row(LIST_ORGANIZATIONAL_UNITS, async |token| {
            let client = self.clients.organizations(LIST_ORGANIZATIONAL_UNITS).await;
            let ask = client.list_organizational_units_for_parent().parent_id(parent.as_str());
            let page = ask
                .set_next_token(token)
                .send()
                .await
                .map_err(failed(LIST_ORGANIZATIONAL_UNITS))?;
            Ok((page.organizational_units.unwrap_or_default(), page.next_token))
        })
        .await?;
        units
            .into_iter()
            .map(|unit| {
                let id: OrganizationalUnitId = read_id(LIST_ORGANIZATIONAL_UNITS, unit.id())?;
                let name = unit.name.ok_or_else(|| {
                    unreadable(LIST_ORGANIZATIONAL_UNITS, format!("no name of {id}"))
                })?;
                Ok((id, name))
            })
            .collect()
    }

    async fn permission_sets(&self) -> Result<Vec<PermissionSetArn>, CallFailure> {
        let instance = self.instance_arn().await?;
        every_row(LIST_PERMISSION_SETS, async |token| {
            let client = self.clients.sso_admin().await;
            let ask = client.list_permission_sets().instance_arn(instance).max_results(PAGE_SIZE);
            let page =
                ask.set_next_token(token).send().await.map_err(failed(LIST_PERMISSION_SETS))?;
            Ok((
                read_permission_sets(LIST_PERMISSION_SETS, page.permission_sets())?,
                page.next_token,
            ))
        })
        .await
    }

    async fn permission_set_name(
        &self,
        arn: &PermissionSetArn,
    ) -> Result<Option<String>, CallFailure> {
        if let Some(name) = self.names.get(arn).await {
            return Ok(Some(name));
        }
        let name = self.ask_permission_set_name(arn).await?;
        if let Some(name) = &name {
            self.names.learn(arn.clone(), name.clone());
        }
        Ok(name)
    }

    async fn group_page(&self, token: Option<String>) -> Result<GroupPage, CallFailure> {
        let ask = self
            .clients
            .identity_store()
            .list_groups()
            .identity_store_id(self.identity_store_id().await?)
            .max_results(PAGE_SIZE)
            .set_next_token(token.clone());
        let page = ask.send().await.map_err(failed(LIST_GROUPS))?;
        if page.next_token.is_some() && page.next_token == token {
            return Err(unreadable(LIST_GROUPS, "a page that names itself as the next one"));
        }
        let groups = page
            .groups
            .iter()
            .map(|group| read_group(LIST_GROUPS, &group.group_id, group.display_name()));
        Ok(GroupPage {
            groups: groups.collect::<Result<_, _>>()?,
            next: page.next_token.filter(|token| !token.is_empty()),
        })
    }

    async fn group_id(&self, display_name: &str) -> Result<Option<GroupId>, CallFailure> {
        let store = self.identity_store_id().await?;
        let ask = self.clients.identity_store().get_group_id().identity_store_id(store);
        let ask = ask.alternate_identifier(named(display_name)?);
        let is_gone = |error: &GetGroupIdError| matches!(error, GetGroupIdError::ResourceNotFoundException(what) if is_gone(what, &ResourceType::Group));
        let answer = if_there(GET_GROUP_ID, ask.send().await, is_gone)?;
        answer.map(|answer| read_id(GET_GROUP_ID, Some(answer.group_id()))).transpose()
    }

    async fn group(&self, id: &GroupId) -> Result<Option<Group>, CallFailure> {
        let store = self.identity_store_id().await?;
        let ask = self
            .clients
            .identity_store()
            .describe_group()
            .identity_store_id(store)
            .group_id(id.as_str());
        let is_gone = |error: &DescribeGroupError| matches!(error, DescribeGroupError::ResourceNotFoundException(what) if is_gone(what, &ResourceType::Group));
        let answer = if_there(DESCRIBE_GROUP, ask.send().await, is_gone)?;
        answer
            .map(|answer| read_group(DESCRIBE_GROUP, answer.group_id(), answer.display_name()))
            .transpose()
    }

    async fn users(&self) -> Result<Vec<User>, CallFailure> {
        let store = self.identity_store_id().await?;
        every_row(LIST_USERS, async |token| {
            let ask = self
                .clients
                .identity_store()
                .list_users()
                .identity_store_id(store)
                .extensions(ENTERPRISE)
                .max_results(PAGE_SIZE);
            let page = ask.set_next_token(token).send().await.map_err(failed(LIST_USERS))?;
            let users = page.users.iter().map(|user| read_user(LIST_USERS, user));
            Ok((users.collect::<Result<_, _>>()?, page.next_token))
        })
        .await
    }

    async fn user(&self, id: &UserId) -> Result<Option<User>, CallFailure> {
        let store = self.identity_store_id().await?;
        let ask = self.clients.identity_store().describe_user().identity_store_id(store);
        let ask = ask.user_id(id.as_str()).extensions(ENTERPRISE);
        let is_gone = |error: &DescribeUserError| matches!(error, DescribeUserError::ResourceNotFoundException(what) if is_gone(what, &ResourceType::User));
        let answer = if_there(DESCRIBE_USER, ask.send().await, is_gone)?;
        answer.map(|answer| read_described_user(DESCRIBE_USER, &answer)).transpose()
    }

    async fn group_members(&self, id: &GroupId) -> Result<Vec<UserId>, CallFailure> {
        let store = self.identity_store_id().await?;
        let is_gone = |error: &ListGroupMembershipsError| matches!(error, ListGroupMembershipsError::ResourceNotFoundException(what) if is_gone(what, &ResourceType::Group));
        let members = every_row(LIST_GROUP_MEMBERSHIPS, async |token| {
            let ask = self
                .clients
                .identity_store()
                .list_group_memberships()
                .identity_store_id(store)
                .group_id(id.as_str())
                .max_results(PAGE_SIZE);
            let answer = ask.set_next_token(token).send().await;
            let Some(page) = if_there(LIST_GROUP_MEMBERSHIPS, answer, is_gone)? else {
                return Ok((Vec::new(), None));
            };
            Ok((page.group_memberships, page.next_token))
        })
        .await?;
        members
            .iter()
            .map(|membership| match &membership.member_id {
                Some(MemberId::UserId(id)) => read_id(LIST_GROUP_MEMBERSHIPS, Some(id)),
                other => Err(unreadable(
                    LIST_GROUP_MEMBERSHIPS,
                    format!("a member that is no user: {other:?}"),
                )),
            })
            .collect()
    }

    async fn groups_of_member(&self, id: &UserId) -> Result<Vec<GroupId>, CallFailure> {
        let store = self.identity_store_id().await?;
        let memberships = every_row(LIST_MEMBERSHIPS_OF_MEMBER, async |token| {
            let ask = self
                .clients
                .identity_store()
                .list_group_memberships_for_member()
                .identity_store_id(store)
                .member_id(MemberId::UserId(id.as_str().to_owned()))
                .max_results(PAGE_SIZE);
            let page = ask.set_next_token(token).send().await;
            let page = page.map_err(failed(LIST_MEMBERSHIPS_OF_MEMBER))?;
            Ok((page.group_memberships, page.next_token))
        })
        .await?;
        let groups = memberships.iter();
        groups
            .map(|membership| read_id(LIST_MEMBERSHIPS_OF_MEMBER, membership.group_id()))
            .collect()
    }

    async fn provisioned_permission_sets(
        &self,
        account: &AccountId,
    ) -> Result<Vec<PermissionSetArn>, CallFailure> {
        let instance = self.instance_arn().await?;
        every_row(LIST_PROVISIONED, async |token| {
            let client = self.clients.sso_admin().await;
            let ask = client
                .list_permission_sets_provisioned_to_account()
                .instance_arn(instance)
                .account_id(account.as_str())
                .max_results(PAGE_SIZE);
            let page = ask.set_next_token(token).send().await.map_err(failed(LIST_PROVISIONED))?;
            Ok((read_permission_sets(LIST_PROVISIONED, page.permission_sets())?, page.next_token))
        })
        .await
    }

    async fn lists_by_principal(&self) -> bool {
        self.refused_until().is_none_or(|until| until <= Instant::now())
    }

    async fn assignments_of(&self, principal: &Principal) -> Result<Vec<Assignment>, CallFailure> {
        let listed = self.list_assignments_of(principal).await;
        if !is_refusal(&listed) {
            return listed;
        }
        // One that was refused by chance, while permissions were changed or a session ended, would cost
        // thousands of calls.
        let listed = self.list_assignments_of(principal).await;
        if let Err(failure) = &listed
            && is_refusal(&listed)
        {
            // Said once: now each account is asked for, which takes many more calls.
            info!(%failure, "assignments are not listed by principal");
            *self.refused_until() = Some(Instant::now() + REFUSAL_BELIEVED_FOR);
        }
        listed
    }

    async fn accounts_with(
        &self,
        permission_set: &PermissionSetArn,
    ) -> Result<Vec<AccountId>, CallFailure> {
        let instance = self.instance_arn().await?;
        let accounts = every_row(LIST_ACCOUNTS_FOR_PERMISSION_SET, async |token| {
            let client = self.clients.sso_admin().await;
            let ask = client
                .list_accounts_for_provisioned_permission_set()
                .instance_arn(instance)
                .permission_set_arn(permission_set.as_str())
                .max_results(PAGE_SIZE);
            let answer = ask.set_next_token(token).send().await;
            // Made and deleted before anybody looked.
            let is_gone = |error: &ListAccountsForProvisionedPermissionSetError| matches!(error, ListAccountsForProvisionedPermissionSetError::ResourceNotFoundException(what) if what.reason().is_none());
            let page = if_there(LIST_ACCOUNTS_FOR_PERMISSION_SET, answer, is_gone)?;
            let Some(page) = page else { return Ok(Default::default()) };
            Ok((page.account_ids.unwrap_or_default(), page.next_token))
        })
        .await?;
        accounts.iter().map(|id| read_id(LIST_ACCOUNTS_FOR_PERMISSION_SET, Some(id))).collect()
    }

    async fn assignments(
        &self,
        account: &AccountId,
        permission_set: &PermissionSetArn,
    ) -> Result<Vec<Assignment>, CallFailure> {
        let instance = self.instance_arn().await?;
        every_row(LIST_ACCOUNT_ASSIGNMENTS, async |token| {
            let client = self.clients.sso_admin().await;
            let ask = client
                .list_account_assignments()
                .instance_arn(instance)
                .account_id(account.as_str())
                .permission_set_arn(permission_set.as_str())
                .max_results(PAGE_SIZE);
            let page =
                ask.set_next_token(token).send().await.map_err(failed(LIST_ACCOUNT_ASSIGNMENTS))?;
            let rows = page.account_assignments().iter();
            let rows = rows
                .map(|row| read_assignment(LIST_ACCOUNT_ASSIGNMENTS, account, permission_set, row));
            Ok((rows.collect::<Result<_, _>>()?, page.next_token))
        })
        .await
    }
}

fn is_refusal<T>(listed: &Result<T, CallFailure>) -> bool {
    listed.as_ref().is_err_and(|failure| REFUSALS.contains(&failure.code.as_str()))
}

/// The answer, or nothing where AWS says that the thing itself is gone.
fn if_there<Answer, E>(
    operation: &'static str,
    result: Result<Answer, SdkError<E, HttpResponse>>,
    is_gone: impl Fn(&E) -> bool,
) -> Result<Option<Answer>, CallFailure>
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    match result {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if error.as_service_error().is_some_and(is_gone) => Ok(None),
        Err(error) => Err(failed(operation)(error)),
    }
}

/// "Not found" may also be said of the key that encrypts the directory: then the permission set is
/// only out of reach.
fn is_permission_set_gone(error: &DescribePermissionSetError) -> bool {
    matches!(error, DescribePermissionSetError::ResourceNotFoundException(what) if what.reason().is_none())
}

/// "Not found" may also be said of the identity store or of the key that encrypts it: then the
/// group or the user is only out of reach.
fn is_gone(what: &ResourceNotFoundException, kind: &ResourceType) -> bool {
    what.reason().is_none() && what.resource_type().is_none_or(|of| of == kind)
}

/// How `GetGroupId` wants a display name. (`ListGroups` no longer takes a filter.)
fn named(display_name: &str) -> Result<AlternateIdentifier, CallFailure> {
    UniqueAttribute::builder()
        .attribute_path("displayName")
        .attribute_value(Document::String(display_name.to_owned()))
        .build()
        .map(AlternateIdentifier::UniqueAttribute)
        .map_err(|error| unreadable(GET_GROUP_ID, error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_is_gone_only_when_aws_says_so_of_the_group() {
        let not_found = ResourceNotFoundException::builder;
        for (what, gone) in [
            (not_found(), true),
            (not_found().resource_type(ResourceType::Group), true),
            (not_found().resource_type(ResourceType::IdentityStore), false),
            (not_found().reason("KMS_KEY_NOT_FOUND".into()), false),
        ] {
            let what = what.build();
            assert_eq!(is_gone(&what, &ResourceType::Group), gone, "{what:?}");
        }
    }
}
