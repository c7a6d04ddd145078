"""SSO Admin as boto3 sees it: permission sets, what they hold, and where they are provisioned."""

import json
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import ClientError

MANAGEMENT = "111111111111"
PAYMENTS_PROD = "210000000001"
DATA_PROD = "210000000003"
WEB_TEST = "220000000002"
AUDIT = "240000000001"
OLD_SHOP = "250000000001"  # suspended
ENGINEERING = "b0b00000-0001-70a1-8c11-6e6769766501"
AUDITORS = "b0b00000-0002-70a1-8c11-6e6769766502"
MARY = "b0b00000-1000-70e1-9d22-656e67696e65"

READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
BILLING = "arn:aws:iam::aws:policy/job-function/Billing"

LONG = "60000ms"


class Admin:
    """The client, with the instance filled in."""

    def __init__(self, server):
        self.client = server.client("sso-admin")
        (instance,) = self.client.list_instances()["Instances"]
        self.instance = instance["InstanceArn"]

    def __getattr__(self, operation):
        call = getattr(self.client, operation)
        return lambda **arguments: call(InstanceArn=self.instance, **arguments)

    def create_set(self, name, **arguments):
        answer = self.create_permission_set(Name=name, **arguments)
        return answer["PermissionSet"]["PermissionSetArn"]

    def set_named(self, name):
        for arn in self.list_permission_sets()["PermissionSets"]:
            described = self.describe_permission_set(PermissionSetArn=arn)["PermissionSet"]
            if described["Name"] == name:
                return arn
        raise LookupError(name)

    def ask(self, operation, permission_set, account, principal=ENGINEERING, kind="GROUP"):
        """Asks for an assignment, and does not wait."""
        answer = getattr(self, operation)(
            PermissionSetArn=permission_set,
            TargetId=account,
            TargetType="AWS_ACCOUNT",
            PrincipalId=principal,
            PrincipalType=kind,
        )
        (status,) = (answer[key] for key in answer if key.startswith("AccountAssignment"))
        return status

    def assign(self, *assignment):
        status = self.ask("create_account_assignment", *assignment)
        return self.ended(status["RequestId"], "creation")

    def unassign(self, *assignment):
        status = self.ask("delete_account_assignment", *assignment)
        return self.ended(status["RequestId"], "deletion")

    def ended(self, request_id, direction):
        describe = getattr(self, f"describe_account_assignment_{direction}_status")
        request = {f"AccountAssignment{direction.title()}RequestId": request_id}
        key = f"AccountAssignment{direction.title()}Status"
        return until(lambda: describe(**request)[key])

    def provision(self, permission_set, **target):
        started = self.provision_permission_set(PermissionSetArn=permission_set, **target)
        started = started["PermissionSetProvisioningStatus"]
        assert started["Status"] == "IN_PROGRESS"
        request = {"ProvisionPermissionSetRequestId": started["RequestId"]}
        describe = self.describe_permission_set_provisioning_status
        return until(lambda: describe(**request)["PermissionSetProvisioningStatus"])

    def accounts(self, permission_set, **status):
        return self.list_accounts_for_provisioned_permission_set(
            PermissionSetArn=permission_set, **status
        )["AccountIds"]


def until(look):
    """The status, once it is not in progress any more."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        status = look()
        if status["Status"] != "IN_PROGRESS":
            return status
        time.sleep(0.01)
    raise TimeoutError("still in progress")


def refused(code, call, *arguments, **named):
    """The message of the error that the call is refused with."""
    with pytest.raises(ClientError) as raised:
        call(*arguments, **named)
    error = raised.value.response["Error"]
    assert error["Code"] == code, error
    assert error["Message"]
    return error["Message"]


@pytest.fixture
def admin(start):
    return Admin(start("--assignment-time", "20ms"))


def test_a_permission_set_lives_and_goes(admin):
    arn = admin.create_set(
        "Billing",
        Description="Who pays",
        SessionDuration="PT8H",
        RelayState="https://console.aws.amazon.com/billing",
        Tags=[{"Key": "team", "Value": "finance"}],
    )
    described = admin.describe_permission_set(PermissionSetArn=arn)["PermissionSet"]
    assert described.pop("CreatedDate").year >= 2026
    assert described == {
        "PermissionSetArn": arn,
        "Name": "Billing",
        "Description": "Who pays",
        "SessionDuration": "PT8H",
        "RelayState": "https://console.aws.amazon.com/billing",
    }
    assert arn in admin.list_permission_sets()["PermissionSets"]
    # What is left out stays, but for the relay state.
    admin.update_permission_set(PermissionSetArn=arn, Description="Who paid")
    described = admin.describe_permission_set(PermissionSetArn=arn)["PermissionSet"]
    assert (described["Description"], described["SessionDuration"]) == ("Who paid", "PT8H")
    assert "RelayState" not in described
    admin.delete_permission_set(PermissionSetArn=arn)
    message = refused(
        "ResourceNotFoundException", admin.describe_permission_set, PermissionSetArn=arn
    )
    assert message == f"Could not find PermissionSet with id {arn.split('/')[-1]}"


@pytest.mark.parametrize(
    "wrong",
    [
        {"Name": "with space"},
        {"Name": "fine", "SessionDuration": "PT13H"},
        {"Name": "fine", "SessionDuration": "8 hours"},
        {"Name": "fine", "Description": "\u4e2d"},
        {"Name": "fine", "RelayState": "<script>"},
        {"Name": "fine", "Tags": [{"Key": "aws:mine", "Value": ""}]},
    ],
)
def test_what_cannot_be_is_refused(admin, wrong):
    refused("ValidationException", admin.create_permission_set, **wrong)


def test_a_name_is_taken_once(admin):
    message = refused("ConflictException", admin.create_permission_set, Name="PowerUserAccess")
    assert message == "PermissionSet with name PowerUserAccess already exists."


def test_managed_policies(admin):
    arn = admin.create_set("Readers")
    attach = admin.attach_managed_policy_to_permission_set
    for policy in (READ_ONLY, BILLING):
        attach(PermissionSetArn=arn, ManagedPolicyArn=policy)
    attached = admin.list_managed_policies_in_permission_set(PermissionSetArn=arn)
    assert attached["AttachedManagedPolicies"] == [
        {"Name": "ReadOnlyAccess", "Arn": READ_ONLY},
        {"Name": "Billing", "Arn": BILLING},
    ]
    again = refused("ConflictException", attach, PermissionSetArn=arn, ManagedPolicyArn=READ_ONLY)
    assert "already has a typed link attachment" in again
    own = "arn:aws:iam::111111111111:policy/Own"
    refused("ValidationException", attach, PermissionSetArn=arn, ManagedPolicyArn=own)
    detach = admin.detach_managed_policy_from_permission_set
    detach(PermissionSetArn=arn, ManagedPolicyArn=READ_ONLY)
    refused("ResourceNotFoundException", detach, PermissionSetArn=arn, ManagedPolicyArn=READ_ONLY)
    attached = admin.list_managed_policies_in_permission_set(PermissionSetArn=arn)
    assert [policy["Name"] for policy in attached["AttachedManagedPolicies"]] == ["Billing"]


def test_customer_managed_policies(admin):
    arn = admin.create_set("Own")
    reference = {"Name": "Own", "Path": "/team/"}
    named = {"PermissionSetArn": arn, "CustomerManagedPolicyReference": reference}
    attach = admin.attach_customer_managed_policy_reference_to_permission_set
    attach(**named)
    attach(PermissionSetArn=arn, CustomerManagedPolicyReference={"Name": "Own"})
    refused("ConflictException", attach, **named)
    wrong = {"Name": "Own", "Path": "//"}
    refused(
        "ValidationException", attach, PermissionSetArn=arn, CustomerManagedPolicyReference=wrong
    )
    listing = admin.list_customer_managed_policy_references_in_permission_set
    listed = listing(PermissionSetArn=arn)["CustomerManagedPolicyReferences"]
    assert listed == [{"Name": "Own", "Path": "/"}, reference]
    detach = admin.detach_customer_managed_policy_reference_from_permission_set
    detach(**named)
    refused("ResourceNotFoundException", detach, **named)
    assert listing(PermissionSetArn=arn)["CustomerManagedPolicyReferences"] == [listed[0]]


def test_an_inline_policy(admin):
    arn = admin.create_set("Inline")
    get = admin.get_inline_policy_for_permission_set
    assert get(PermissionSetArn=arn)["InlinePolicy"] == ""
    policy = json.dumps({"Version": "2012-10-17", "Statement": []})
    put = admin.put_inline_policy_to_permission_set
    put(PermissionSetArn=arn, InlinePolicy=policy)
    assert get(PermissionSetArn=arn)["InlinePolicy"] == policy
    refused("ValidationException", put, PermissionSetArn=arn, InlinePolicy="Allow all")
    too_long = json.dumps({"Version": " " * 32_768})
    refused(
        "ServiceQuotaExceededException", put, PermissionSetArn=arn, InlinePolicy=too_long
    )
    admin.delete_inline_policy_from_permission_set(PermissionSetArn=arn)
    assert get(PermissionSetArn=arn)["InlinePolicy"] == ""


@pytest.mark.parametrize(
    "boundary",
    [
        {"ManagedPolicyArn": READ_ONLY},
        {"CustomerManagedPolicyReference": {"Name": "Boundary", "Path": "/"}},
    ],
)
def test_a_permissions_boundary(admin, boundary):
    arn = admin.create_set("Bounded")
    get = admin.get_permissions_boundary_for_permission_set
    refused("ResourceNotFoundException", get, PermissionSetArn=arn)
    admin.put_permissions_boundary_to_permission_set(
        PermissionSetArn=arn, PermissionsBoundary=boundary
    )
    assert get(PermissionSetArn=arn)["PermissionsBoundary"] == boundary
    delete = admin.delete_permissions_boundary_from_permission_set
    delete(PermissionSetArn=arn)
    refused("ResourceNotFoundException", delete, PermissionSetArn=arn)


def test_tags(admin):
    arn = admin.create_set("Tagged", Tags=[{"Key": "team", "Value": "a"}])
    for resource in (arn, admin.instance):
        tags = [{"Key": "cost", "Value": "1"}, {"Key": "team", "Value": "b"}]
        admin.tag_resource(ResourceArn=resource, Tags=tags)
        assert admin.list_tags_for_resource(ResourceArn=resource)["Tags"] == tags
        admin.untag_resource(ResourceArn=resource, TagKeys=["team", "unknown"])
        assert admin.list_tags_for_resource(ResourceArn=resource)["Tags"] == tags[:1]
    # With the one that is there.
    fifty_more = [{"Key": f"key-{number}", "Value": ""} for number in range(50)]
    refused("ServiceQuotaExceededException", admin.tag_resource, ResourceArn=arn, Tags=fifty_more)
    admin.tag_resource(ResourceArn=arn, Tags=fifty_more[1:])
    missing = arn[:-16] + "0" * 16
    refused(
        "ResourceNotFoundException", admin.tag_resource, ResourceArn=missing, Tags=fifty_more[:1]
    )


def test_access_control_attributes(admin):
    def configuration(path):
        attribute = {"Key": "Department", "Value": {"Source": [f"${{path:{path}}}"]}}
        return {"AccessControlAttributes": [attribute]}

    def given(path):
        return {"InstanceAccessControlAttributeConfiguration": configuration(path)}

    describe = admin.describe_instance_access_control_attribute_configuration
    delete = admin.delete_instance_access_control_attribute_configuration
    update = admin.update_instance_access_control_attribute_configuration
    refused("ResourceNotFoundException", describe)
    refused("ResourceNotFoundException", update, **given("enterprise.division"))
    admin.create_instance_access_control_attribute_configuration(
        **given("enterprise.department")
    )
    refused(
        "ConflictException",
        admin.create_instance_access_control_attribute_configuration,
        **given("enterprise.department"),
    )
    update(**given("enterprise.division"))
    described = describe()
    assert described["Status"] == "ENABLED"
    found = described["InstanceAccessControlAttributeConfiguration"]
    assert found == configuration("enterprise.division")
    delete()
    refused("ResourceNotFoundException", delete)


def test_a_permission_set_in_use_stays(admin):
    arn = admin.create_set("InUse")
    assert admin.assign(arn, WEB_TEST)["Status"] == "SUCCEEDED"
    message = refused("ConflictException", admin.delete_permission_set, PermissionSetArn=arn)
    assert "has ApplicationProfile associated with it" in message
    assert admin.unassign(arn, WEB_TEST)["Status"] == "SUCCEEDED"
    admin.delete_permission_set(PermissionSetArn=arn)


def test_accounts_learn_of_a_change_when_they_are_provisioned(admin):
    old = {"ProvisioningStatus": "LATEST_PERMISSION_SET_NOT_PROVISIONED"}
    new = {"ProvisioningStatus": "LATEST_PERMISSION_SET_PROVISIONED"}
    arn = admin.create_set("Changing")
    for account in (DATA_PROD, WEB_TEST):
        admin.assign(arn, account)
    assert admin.accounts(arn, **new) == [DATA_PROD, WEB_TEST]
    assert admin.accounts(arn, **old) == []
    admin.attach_managed_policy_to_permission_set(PermissionSetArn=arn, ManagedPolicyArn=BILLING)
    assert admin.accounts(arn, **old) == [DATA_PROD, WEB_TEST]
    ended = admin.provision(arn, TargetType="AWS_ACCOUNT", TargetId=WEB_TEST)
    assert (ended["Status"], ended["AccountId"]) == ("SUCCEEDED", WEB_TEST)
    assert (admin.accounts(arn, **old), admin.accounts(arn, **new)) == ([DATA_PROD], [WEB_TEST])
    ended = admin.provision(arn, TargetType="ALL_PROVISIONED_ACCOUNTS")
    assert ended["Status"] == "SUCCEEDED" and "AccountId" not in ended
    assert admin.accounts(arn) == admin.accounts(arn, **new) == [DATA_PROD, WEB_TEST]
    listed = admin.list_permission_set_provisioning_status(Filter={"Status": "SUCCEEDED"})
    assert [one["RequestId"] for one in listed["PermissionSetsProvisioningStatus"]][0] == ended[
        "RequestId"
    ]
    sets = admin.list_permission_sets_provisioned_to_account(AccountId=WEB_TEST, **new)
    assert sets["PermissionSets"] == [arn]


def test_a_role_without_assignments_does_not_hold_its_permission_set(admin):
    arn = admin.create_set("Unassigned")
    admin.provision(arn, TargetType="AWS_ACCOUNT", TargetId=WEB_TEST)
    assert admin.accounts(arn) == [WEB_TEST]
    admin.delete_permission_set(PermissionSetArn=arn)


def test_where_nothing_is_provisioned_the_list_is_left_out(admin):
    answer = admin.list_permission_sets_provisioned_to_account(AccountId=WEB_TEST)
    assert "PermissionSets" not in answer


def test_a_target_is_needed_and_must_be_known(admin):
    arn = admin.set_named("ViewOnlyAccess")
    provision = admin.provision_permission_set
    refused("ValidationException", provision, PermissionSetArn=arn, TargetType="AWS_ACCOUNT")
    refused(
        "ResourceNotFoundException",
        provision,
        PermissionSetArn=arn,
        TargetType="AWS_ACCOUNT",
        TargetId="999999999999",
    )


def test_a_suspended_account_fails_late(start):
    admin = Admin(start("--assignment-time", "100ms"))
    arn = admin.set_named("ViewOnlyAccess")
    started = time.monotonic()
    ended = admin.provision(arn, TargetType="AWS_ACCOUNT", TargetId=OLD_SHOP)
    assert ended["Status"] == "FAILED" and OLD_SHOP in ended["FailureReason"]
    assert time.monotonic() - started >= 0.3
    assert admin.assign(arn, OLD_SHOP)["Status"] == "FAILED"


def test_one_role_of_an_account_is_updated_at_a_time(start):
    admin = Admin(start("--assignment-time", LONG))
    view, power = admin.set_named("ViewOnlyAccess"), admin.set_named("PowerUserAccess")
    admin.ask("create_account_assignment", view, WEB_TEST)
    provision = admin.provision_permission_set
    refused("ConflictException", admin.ask, "create_account_assignment", power, WEB_TEST)
    # The same role, for another group: it is being made.
    refused("ConflictException", admin.ask, "create_account_assignment", view, WEB_TEST, AUDITORS)
    target = {"TargetType": "AWS_ACCOUNT", "TargetId": WEB_TEST}
    refused("ConflictException", provision, PermissionSetArn=view, **target)
    refused("ConflictException", admin.delete_permission_set, PermissionSetArn=view)
    provision(PermissionSetArn=power, TargetType="AWS_ACCOUNT", TargetId=PAYMENTS_PROD)
    refused("ConflictException", admin.ask, "create_account_assignment", power, PAYMENTS_PROD)


def test_principals_of_a_role_that_stands_come_and_go_together(start):
    admin = Admin(start("--assignment-time", LONG))
    power, view = admin.set_named("PowerUserAccess"), admin.set_named("ViewOnlyAccess")
    # The auditors have it there already.
    admin.ask("create_account_assignment", power, DATA_PROD)
    admin.ask("create_account_assignment", power, DATA_PROD, MARY, "USER")
    admin.ask("delete_account_assignment", power, DATA_PROD, AUDITORS)
    admin.ask("create_account_assignment", view, DATA_PROD)
    everywhere = {"TargetType": "ALL_PROVISIONED_ACCOUNTS"}
    refused("ConflictException", admin.provision_permission_set, PermissionSetArn=power, **everywhere)


def test_only_the_delegated_administrator_of_identity_center_calls_for_the_management_account(start):
    server = start()
    organizations = server.client("organizations")
    audit, stranger = server.client("sso-admin", AUDIT), server.client("sso-admin", "777788889999")
    refused("AccessDeniedException", stranger.list_instances)
    refused("AccessDeniedException", audit.list_instances)
    delegation = {"AccountId": AUDIT, "ServicePrincipal": "guardduty.amazonaws.com"}
    organizations.register_delegated_administrator(**delegation)
    refused("AccessDeniedException", audit.list_instances)
    delegation["ServicePrincipal"] = "sso.amazonaws.com"
    organizations.register_delegated_administrator(**delegation)
    assert audit.list_instances()["Instances"]
    organizations.deregister_delegated_administrator(**delegation)
    refused("AccessDeniedException", audit.list_instances)


def test_creating_twice_succeeds_and_deleting_twice_does_not(admin):
    arn = admin.set_named("ViewOnlyAccess")
    assert [admin.assign(arn, WEB_TEST)["Status"] for _ in range(2)] == ["SUCCEEDED"] * 2
    assert admin.unassign(arn, WEB_TEST)["Status"] == "SUCCEEDED"
    ended = admin.unassign(arn, WEB_TEST)
    assert ended["Status"] == "FAILED"
    assert ended["FailureReason"] == "Received a 404 status error: Assignment not found."


def test_a_user_has_what_the_groups_have(start):
    server = start("--assignment-time", "20ms")
    admin = Admin(server)
    store = server.client("identitystore")
    (instance,) = admin.client.list_instances()["Instances"]
    members = store.list_group_memberships(
        IdentityStoreId=instance["IdentityStoreId"], GroupId=AUDITORS
    )["GroupMemberships"]
    user = members[0]["MemberId"]["UserId"]
    arn = admin.set_named("ViewOnlyAccess")
    admin.assign(arn, WEB_TEST, user, "USER")
    listing = admin.list_account_assignments_for_principal
    rows = listing(PrincipalId=user, PrincipalType="USER")["AccountAssignments"]
    found = [(row["PrincipalType"], row["PrincipalId"], row["AccountId"]) for row in rows]
    assert ("USER", user, WEB_TEST) in found and ("GROUP", AUDITORS, DATA_PROD) in found
    rows = listing(PrincipalId=user, PrincipalType="USER", Filter={"AccountId": WEB_TEST})
    assert [row["AccountId"] for row in rows["AccountAssignments"]] == [WEB_TEST]
    rows = listing(PrincipalId=AUDITORS, PrincipalType="GROUP")["AccountAssignments"]
    assert {row["PrincipalType"] for row in rows} == {"GROUP"}


def test_a_delegated_administrator_does_less(start):
    server = start("--assignment-time", "20ms", "--caller", AUDIT)
    admin = Admin(server)
    power = admin.set_named("PowerUserAccess")
    listing = admin.list_account_assignments_for_principal
    refused("AccessDeniedException", listing, PrincipalId=AUDITORS, PrincipalType="GROUP")
    refused("AccessDeniedException", admin.ask, "create_account_assignment", power, MANAGEMENT)
    target = {"TargetType": "AWS_ACCOUNT", "TargetId": MANAGEMENT}
    refused(
        "AccessDeniedException", admin.provision_permission_set, PermissionSetArn=power, **target
    )
    assert admin.assign(power, WEB_TEST)["Status"] == "SUCCEEDED"
    admin.update_permission_set(PermissionSetArn=power, Description="still mine")


def test_lists_come_in_pages_that_miss_nothing(start):
    admin = Admin(start("--page-size", "3"))
    made = {admin.create_set(f"set-{number}") for number in range(10)}
    pages = admin.client.get_paginator("list_permission_sets").paginate(
        InstanceArn=admin.instance
    )
    seen = []
    for page in pages:
        assert len(page["PermissionSets"]) <= 3
        if not seen:
            # Gone before the next page: nothing else is missed.
            admin.delete_permission_set(PermissionSetArn=page["PermissionSets"][0])
        seen += page["PermissionSets"]
    assert len(seen) == len(set(seen)) and made <= set(seen)
    token = admin.list_permission_sets()["NextToken"]
    refused(
        "ValidationException",
        admin.list_permission_set_provisioning_status,
        NextToken=token,
    )


def test_twenty_calls_a_second_for_all_of_the_service(start):
    # Slow, so that what is taken does not come back while a busy machine asks.
    admin = Admin(start("--quotas", "strict", "--speed", "0.1"))
    codes = []
    for number in range(40):
        call = admin.list_permission_sets if number % 2 else admin.describe_instance
        try:
            call()
        except ClientError as error:
            codes.append(error.response["Error"]["Code"])
    assert codes and set(codes) == {"ThrottlingException"}
    time.sleep(0.6)
    admin.list_permission_sets()


def test_speed_scales_quotas_and_delays_alike(start):
    admin = Admin(
        start("--quotas", "strict", "--speed", "100", "--assignment-time", "3000ms")
    )
    for _ in range(100):
        admin.describe_instance()
        time.sleep(0.001)
    started = time.monotonic()
    ended = admin.assign(admin.set_named("ViewOnlyAccess"), WEB_TEST)
    assert ended["Status"] == "SUCCEEDED"
    assert time.monotonic() - started < 2


def test_fifteen_writes_are_outstanding_at_most(start):
    shape = "accounts=20,groups=5,users=5,permission_sets=2,assignments=0,seed=7"
    quick = ("--speed", "1000", "--assignment-time", "900000ms")
    server = start("--quotas", "strict", "--generate", shape, *quick)
    admin = Admin(server)
    (arn, *_) = admin.list_permission_sets()["PermissionSets"]
    (instance,) = admin.client.list_instances()["Instances"]
    groups = server.client("identitystore").list_groups(IdentityStoreId=instance["IdentityStoreId"])
    group = groups["Groups"][0]["GroupId"]
    pages = server.client("organizations").get_paginator("list_accounts").paginate()
    accounts = [account["Id"] for page in pages for account in page["Accounts"]]
    # Each in an account of its own, where it makes a role.
    for account in accounts[:15]:
        admin.ask("create_account_assignment", arn, account, group)
    message = refused(
        "ThrottlingException", admin.ask, "create_account_assignment", arn, accounts[15], group
    )
    assert "15" in message
    listed = admin.list_account_assignment_creation_status(Filter={"Status": "IN_PROGRESS"})
    assert len(listed["AccountAssignmentsCreationStatus"]) == 15


def test_a_permission_set_holds_twenty_five_policies(start):
    admin = Admin(start("--quotas", "strict", "--speed", "100"))
    arn = admin.create_set("Many")
    for number in range(25):
        time.sleep(0.001)
        admin.attach_managed_policy_to_permission_set(
            PermissionSetArn=arn, ManagedPolicyArn=f"arn:aws:iam::aws:policy/Policy{number}"
        )
    refused(
        "ServiceQuotaExceededException",
        admin.attach_customer_managed_policy_reference_to_permission_set,
        PermissionSetArn=arn,
        CustomerManagedPolicyReference={"Name": "OneMore"},
    )


def failures(start):
    """Which of a hundred calls fail."""
    admin = Admin(start("--fail", "sso-admin:ListPermissionSets:InternalServerException:0.2"))
    failed = []
    for number in range(100):
        try:
            admin.list_permission_sets()
        except ClientError as error:
            assert error.response["Error"]["Code"] == "InternalServerException"
            assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 500
            failed.append(number)
    return failed


def test_faults_come_as_often_as_told_and_alike_in_each_run(start):
    first = failures(start)
    assert 5 <= len(first) <= 40
    assert failures(start) == first


def test_a_request_can_be_made_to_fail_late(start):
    fail = ["--fail", "sso-admin:CreateAccountAssignment:FAILED:1"]
    admin = Admin(start("--assignment-time", "20ms", *fail))
    ended = admin.assign(admin.set_named("ViewOnlyAccess"), WEB_TEST)
    assert ended["Status"] == "FAILED" and ended["FailureReason"]
    assert "PermissionSets" not in admin.list_permission_sets_provisioned_to_account(
        AccountId=WEB_TEST
    )


def test_a_provisioning_can_be_made_to_fail_with_a_reason_of_ones_choice(start):
    reason = "Received a 404 status error: Not supported policy: shop/reader."
    fail = ["--fail", f"sso-admin:ProvisionPermissionSet:FAILED={reason}:1"]
    admin = Admin(start("--assignment-time", "20ms", *fail))
    view = admin.set_named("ViewOnlyAccess")
    ended = admin.provision(view, TargetType="AWS_ACCOUNT", TargetId=WEB_TEST)
    assert (ended["Status"], ended["FailureReason"]) == ("FAILED", reason)


def test_parallel_callers_leave_one_truth(admin):
    """Many threads, one account each, in and out: nothing is left, nothing is lost."""
    arn = admin.set_named("ViewOnlyAccess")
    accounts = ["210000000001", "210000000002", "220000000001", "220000000002"]

    def in_and_out(account):
        for _ in range(5):
            assert admin.assign(arn, account)["Status"] == "SUCCEEDED"
            assert admin.unassign(arn, account)["Status"] == "SUCCEEDED"

    with ThreadPoolExecutor() as pool:
        list(pool.map(in_and_out, accounts))
    assert admin.accounts(arn) == []
