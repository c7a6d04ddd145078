//! SSO Admin.

use std::time::Duration;

use aws_sdk_ssoadmin::{
    Client,
    types::{
        AccessControlAttribute, AccessControlAttributeValue, CustomerManagedPolicyReference,
        InstanceAccessControlAttributeConfiguration, PermissionsBoundary, PrincipalType,
        ProvisionTargetType, Tag, TargetType,
    },
};

use tokio::time::{sleep, timeout};

use super::{Table, row};
use crate::support::{PATIENCE, Server};

const WEB_TEST: &str = "220000000002";
const ENGINEERING: &str = "b0b00000-0001-70a1-8c11-6e6769766501";
const READ_ONLY: &str = "arn:aws:iam::aws:policy/ReadOnlyAccess";
const DEPARTMENT: &str = "${path:enterprise.department}";

const NO_INSTANCE: &str = "arn:aws:sso:::instance/ssoins-0000000000000000";
const NO_SET: &str = "arn:aws:sso:::permissionSet/ssoins-6508b0b5c0ffee01/ps-0000000000000000";
const NO_REQUEST: &str = "00000000-0000-4000-8000-000000000000";
const NO_ACCOUNT: &str = "999999999999";
const NO_TOKEN: &str = "nothing";

/// What the rows are about.
struct Stage<'a> {
    server: &'a Server,
    client: &'a Client,
    instance: &'a str,
    set: &'a str,
}

pub(crate) async fn rows(server: &Server, table: &mut Table) {
    let (client, instance) = (&server.sso_admin, server.instance_arn());
    instances(client, &instance, table).await;
    let set = created_set(client, &instance, table).await;
    let stage = Stage { server, client, instance: &instance, set: &set };
    permission_sets(&stage, table).await;
    policies(&stage, table).await;
    inline_policy_and_boundary(&stage, table).await;
    tags(&stage, table).await;
    access_control_attributes(&stage, table).await;
    let created = assignments(&stage, table).await;
    wait(&stage, &created).await;
    provisioned(&stage, table).await;
    deletion(&stage, table).await;
}

async fn instances(client: &Client, instance: &str, table: &mut Table) {
    let list = client.list_instances();
    row!(table, "sso-admin:ListInstances", list.clone(), list.next_token(NO_TOKEN));
    let describe = |arn: &str| client.describe_instance().instance_arn(arn);
    row!(table, "sso-admin:DescribeInstance", describe(instance), describe(NO_INSTANCE));
}

async fn created_set(client: &Client, instance: &str, table: &mut Table) -> String {
    let create = client
        .create_permission_set()
        .instance_arn(instance)
        .description("On trial")
        .session_duration("PT2H")
        .relay_state("https://console.aws.amazon.com/");
    let created = row!(
        table,
        "sso-admin:CreatePermissionSet",
        create.clone().name("TrialAccess"),
        create.name("PowerUserAccess"),
    );
    created.permission_set.unwrap().permission_set_arn.unwrap()
}

async fn permission_sets(stage: &Stage<'_>, table: &mut Table) {
    let Stage { client, instance, set, .. } = *stage;
    let describe = client.describe_permission_set().instance_arn(instance);
    row!(
        table,
        "sso-admin:DescribePermissionSet",
        describe.clone().permission_set_arn(set),
        describe.permission_set_arn(NO_SET),
    );
    let update = client.update_permission_set().instance_arn(instance).description("Still");
    row!(
        table,
        "sso-admin:UpdatePermissionSet",
        update.clone().permission_set_arn(set),
        update.permission_set_arn(NO_SET),
    );
    let list = |arn: &str| client.list_permission_sets().instance_arn(arn);
    row!(table, "sso-admin:ListPermissionSets", list(instance), list(NO_INSTANCE));
}

async fn policies(stage: &Stage<'_>, table: &mut Table) {
    let Stage { client, instance, set, .. } = *stage;
    let attach = client.attach_managed_policy_to_permission_set().instance_arn(instance);
    let attach = attach.managed_policy_arn(READ_ONLY);
    row!(
        table,
        "sso-admin:AttachManagedPolicyToPermissionSet",
        attach.clone().permission_set_arn(set),
        attach.permission_set_arn(NO_SET),
    );
    let list = client.list_managed_policies_in_permission_set().instance_arn(instance);
    row!(
        table,
        "sso-admin:ListManagedPoliciesInPermissionSet",
        list.clone().permission_set_arn(set),
        list.permission_set_arn(NO_SET),
    );
    let detach = client.detach_managed_policy_from_permission_set().instance_arn(instance);
    let detach = detach.managed_policy_arn(READ_ONLY);
    row!(
        table,
        "sso-admin:DetachManagedPolicyFromPermissionSet",
        detach.clone().permission_set_arn(set),
        detach.permission_set_arn(NO_SET),
    );

    let policy = CustomerManagedPolicyReference::builder().name("Trial").path("/").build().unwrap();
    let attach = client.attach_customer_managed_policy_reference_to_permission_set();
    let attach = attach.instance_arn(instance).customer_managed_policy_reference(policy.clone());
    row!(
        table,
        "sso-admin:AttachCustomerManagedPolicyReferenceToPermissionSet",
        attach.clone().permission_set_arn(set),
        attach.permission_set_arn(NO_SET),
    );
    let list = client.list_customer_managed_policy_references_in_permission_set();
    let list = list.instance_arn(instance);
    row!(
        table,
        "sso-admin:ListCustomerManagedPolicyReferencesInPermissionSet",
        list.clone().permission_set_arn(set),
        list.permission_set_arn(NO_SET),
    );
    let detach = client.detach_customer_managed_policy_reference_from_permission_set();
    let detach = detach.instance_arn(instance).customer_managed_policy_reference(policy);
    row!(
        table,
        "sso-admin:DetachCustomerManagedPolicyReferenceFromPermissionSet",
        detach.clone().permission_set_arn(set),
        detach.permission_set_arn(NO_SET),
    );
}

async fn inline_policy_and_boundary(stage: &Stage<'_>, table: &mut Table) {
    let Stage { client, instance, set, .. } = *stage;
    let put = client.put_inline_policy_to_permission_set().instance_arn(instance);
    let put = put.inline_policy("{\"Version\":\"2012-10-17\",\"Statement\":[]}");
    row!(
        table,
        "sso-admin:PutInlinePolicyToPermissionSet",
        put.clone().permission_set_arn(set),
        put.permission_set_arn(NO_SET),
    );
    let get = client.get_inline_policy_for_permission_set().instance_arn(instance);
    row!(
        table,
        "sso-admin:GetInlinePolicyForPermissionSet",
        get.clone().permission_set_arn(set),
        get.permission_set_arn(NO_SET),
    );
    let delete = client.delete_inline_policy_from_permission_set().instance_arn(instance);
    row!(
        table,
        "sso-admin:DeleteInlinePolicyFromPermissionSet",
        delete.clone().permission_set_arn(set),
        delete.permission_set_arn(NO_SET),
    );

    let boundary = PermissionsBoundary::builder().managed_policy_arn(READ_ONLY).build();
    let put = client.put_permissions_boundary_to_permission_set().instance_arn(instance);
    let put = put.permissions_boundary(boundary);
    row!(
        table,
        "sso-admin:PutPermissionsBoundaryToPermissionSet",
        put.clone().permission_set_arn(set),
        put.permission_set_arn(NO_SET),
    );
    let get = client.get_permissions_boundary_for_permission_set().instance_arn(instance);
    row!(
        table,
        "sso-admin:GetPermissionsBoundaryForPermissionSet",
        get.clone().permission_set_arn(set),
        get.permission_set_arn(NO_SET),
    );
    let delete = client.delete_permissions_boundary_from_permission_set().instance_arn(instance);
    row!(
        table,
        "sso-admin:DeletePermissionsBoundaryFromPermissionSet",
        delete.clone().permission_set_arn(set),
        delete.permission_set_arn(NO_SET),
    );
}

async fn tags(stage: &Stage<'_>, table: &mut Table) {
    let Stage { client, instance, set, .. } = *stage;
    let tag = Tag::builder().key("purpose").value("trial").build().unwrap();
    let add = client.tag_resource().instance_arn(instance).tags(tag);
    row!(table, "sso-admin:TagResource", add.clone().resource_arn(set), add.resource_arn(NO_SET),);
    let list = client.list_tags_for_resource().instance_arn(instance);
    row!(
        table,
        "sso-admin:ListTagsForResource",
        list.clone().resource_arn(set),
        list.resource_arn(NO_SET),
    );
    let remove = client.untag_resource().instance_arn(instance).tag_keys("purpose");
    row!(
        table,
        "sso-admin:UntagResource",
        remove.clone().resource_arn(set),
        remove.resource_arn(NO_SET),
    );
}

async fn access_control_attributes(stage: &Stage<'_>, table: &mut Table) {
    let Stage { client, instance, .. } = *stage;
    let source = AccessControlAttributeValue::builder().source(DEPARTMENT).build().unwrap();
    let attribute = AccessControlAttribute::builder().key("department").value(source);
    let configuration = InstanceAccessControlAttributeConfiguration::builder()
        .access_control_attributes(attribute.build().unwrap())
        .build()
        .unwrap();
    let create = client
        .create_instance_access_control_attribute_configuration()
        .instance_access_control_attribute_configuration(configuration.clone());
    row!(
        table,
        "sso-admin:CreateInstanceAccessControlAttributeConfiguration",
        create.clone().instance_arn(instance),
        create.instance_arn(NO_INSTANCE),
    );
    let describe = client.describe_instance_access_control_attribute_configuration();
    row!(
        table,
        "sso-admin:DescribeInstanceAccessControlAttributeConfiguration",
        describe.clone().instance_arn(instance),
        describe.instance_arn(NO_INSTANCE),
    );
    let update = client
        .update_instance_access_control_attribute_configuration()
        .instance_access_control_attribute_configuration(configuration);
    row!(
        table,
        "sso-admin:UpdateInstanceAccessControlAttributeConfiguration",
        update.clone().instance_arn(instance),
        update.instance_arn(NO_INSTANCE),
    );
    let delete = client.delete_instance_access_control_attribute_configuration();
    row!(
        table,
        "sso-admin:DeleteInstanceAccessControlAttributeConfiguration",
        delete.clone().instance_arn(instance),
        delete.instance_arn(NO_INSTANCE),
    );
}

/// The creation of an assignment; by which request.
async fn assignments(stage: &Stage<'_>, table: &mut Table) -> String {
    let Stage { client, instance, set, .. } = *stage;
    let create = client
        .create_account_assignment()
        .instance_arn(instance)
        .permission_set_arn(set)
        .target_type(TargetType::AwsAccount)
        .principal_type(PrincipalType::Group)
        .principal_id(ENGINEERING);
    let created = row!(
        table,
        "sso-admin:CreateAccountAssignment",
        create.clone().target_id(WEB_TEST),
        create.target_id(NO_ACCOUNT),
    );
    let request = created.account_assignment_creation_status.unwrap().request_id.unwrap();
    let describe = client.describe_account_assignment_creation_status().instance_arn(instance);
    row!(
        table,
        "sso-admin:DescribeAccountAssignmentCreationStatus",
        describe.clone().account_assignment_creation_request_id(&request),
        describe.account_assignment_creation_request_id(NO_REQUEST),
    );
    let list = |arn: &str| client.list_account_assignment_creation_status().instance_arn(arn);
    row!(table, "sso-admin:ListAccountAssignmentCreationStatus", list(instance), list(NO_INSTANCE),);
    request
}

async fn provisioned(stage: &Stage<'_>, table: &mut Table) {
    let Stage { client, instance, set, .. } = *stage;
    let list = client.list_account_assignments().instance_arn(instance).account_id(WEB_TEST);
    row!(
        table,
        "sso-admin:ListAccountAssignments",
        list.clone().permission_set_arn(set),
        list.permission_set_arn(NO_SET),
    );
    let list = |arn: &str| {
        client
            .list_account_assignments_for_principal()
            .instance_arn(arn)
            .principal_id(ENGINEERING)
            .principal_type(PrincipalType::Group)
    };
    row!(table, "sso-admin:ListAccountAssignmentsForPrincipal", list(instance), list(NO_INSTANCE),);
    let list = client.list_accounts_for_provisioned_permission_set().instance_arn(instance);
    row!(
        table,
        "sso-admin:ListAccountsForProvisionedPermissionSet",
        list.clone().permission_set_arn(set),
        list.permission_set_arn(NO_SET),
    );
    let list = |arn: &str| {
        client.list_permission_sets_provisioned_to_account().instance_arn(arn).account_id(WEB_TEST)
    };
    row!(
        table,
        "sso-admin:ListPermissionSetsProvisionedToAccount",
        list(instance),
        list(NO_INSTANCE),
    );

    let provision = client.provision_permission_set().instance_arn(instance);
    let provision = provision.target_type(ProvisionTargetType::AwsAccount).target_id(WEB_TEST);
    let provisioned = row!(
        table,
        "sso-admin:ProvisionPermissionSet",
        provision.clone().permission_set_arn(set),
        provision.permission_set_arn(NO_SET),
    );
    let request = provisioned.permission_set_provisioning_status.unwrap().request_id.unwrap();
    let describe = client.describe_permission_set_provisioning_status().instance_arn(instance);
    row!(
        table,
        "sso-admin:DescribePermissionSetProvisioningStatus",
        describe.clone().provision_permission_set_request_id(&request),
        describe.provision_permission_set_request_id(NO_REQUEST),
    );
    let list = |arn: &str| client.list_permission_set_provisioning_status().instance_arn(arn);
    row!(table, "sso-admin:ListPermissionSetProvisioningStatus", list(instance), list(NO_INSTANCE),);
    wait(stage, &request).await;
}

async fn deletion(stage: &Stage<'_>, table: &mut Table) {
    let Stage { client, instance, set, .. } = *stage;
    let delete = client
        .delete_account_assignment()
        .instance_arn(instance)
        .target_id(WEB_TEST)
        .target_type(TargetType::AwsAccount)
        .principal_type(PrincipalType::Group)
        .principal_id(ENGINEERING);
    let deleted = row!(
        table,
        "sso-admin:DeleteAccountAssignment",
        delete.clone().permission_set_arn(set),
        delete.permission_set_arn(NO_SET),
    );
    let request = deleted.account_assignment_deletion_status.unwrap().request_id.unwrap();
    let describe = client.describe_account_assignment_deletion_status().instance_arn(instance);
    row!(
        table,
        "sso-admin:DescribeAccountAssignmentDeletionStatus",
        describe.clone().account_assignment_deletion_request_id(&request),
        describe.account_assignment_deletion_request_id(NO_REQUEST),
    );
    let list = |arn: &str| client.list_account_assignment_deletion_status().instance_arn(arn);
    row!(table, "sso-admin:ListAccountAssignmentDeletionStatus", list(instance), list(NO_INSTANCE),);
    wait(stage, &request).await;
    let delete = client.delete_permission_set().instance_arn(instance);
    row!(
        table,
        "sso-admin:DeletePermissionSet",
        delete.clone().permission_set_arn(set),
        delete.permission_set_arn(NO_SET),
    );
}

/// Until AWS has done what it accepted under this id.
async fn wait(stage: &Stage<'_>, request: &str) {
    let done = async {
        loop {
            match stage.server.local.ended(request) {
                Some(ended) => return ended,
                None => sleep(Duration::from_millis(5)).await,
            }
        }
    };
    assert_eq!(timeout(PATIENCE, done).await.unwrap(), Ok(()));
}
