"""One call of every operation that the organization on localhost serves, and one that it refuses.

The rows run one after another on one server: what a row made, `learn` keeps for those that follow.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bob import (
    AUDIT_ACCOUNT,
    AUDITORS,
    ENGINEERING,
    MANAGEMENT,
    PROD,
    ROOT,
    SANDBOX,
    SANDBOX_ACCOUNT,
    SECURITY,
    UNKNOWN_ACCOUNT,
    UNKNOWN_PRINCIPAL,
    UNKNOWN_UNIT,
    WORKLOADS,
)

Ids = dict[str, Any]
Parameters = dict[str, Any]

NO_TOKEN = {"NextToken": "nothing"}
NO_INSTANCE = "arn:aws:sso:::instance/ssoins-0000000000000000"
NO_SET = "arn:aws:sso:::permissionSet/ssoins-6508b0b5c0ffee01/ps-0000000000000000"
NO_HANDSHAKE = {"HandshakeId": "h-0000000000"}
READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
WEB_TEST = "220000000002"
TAGS = [{"Key": "purpose", "Value": "trial"}]
IDENTITY_CENTER = "sso.amazonaws.com"


# What answers could have and have not: what nobody set, and what only comes with a failure.
ABSENT = {
    "events:PutEvents": "Entries.ErrorCode Entries.ErrorMessage",
    "identitystore:DescribeGroup": "CreatedBy ExternalIds UpdatedBy",
    "identitystore:DescribeGroupMembership": "CreatedBy UpdatedBy",
    "identitystore:DescribeUser": (
        "Addresses Birthdate CreatedBy Extensions ExternalIds Locale Name.Formatted Name.HonorificPrefix "
        "Name.HonorificSuffix Name.MiddleName NickName PhoneNumbers Photos PreferredLanguage ProfileUrl "
        "Roles Timezone UpdatedBy UserType Website"
    ),
    "identitystore:ListGroupMemberships": "GroupMemberships.CreatedBy GroupMemberships.UpdatedBy",
    "identitystore:ListGroupMembershipsForMember": "GroupMemberships.CreatedBy GroupMemberships.UpdatedBy",
    "identitystore:ListGroups": "Groups.CreatedBy Groups.ExternalIds Groups.UpdatedBy",
    "identitystore:ListUsers": (
        "Users.Addresses Users.Birthdate Users.CreatedBy Users.Extensions Users.ExternalIds Users.Locale "
        "Users.Name.Formatted Users.Name.HonorificPrefix Users.Name.HonorificSuffix "
        "Users.Name.MiddleName Users.NickName Users.PhoneNumbers Users.Photos Users.PreferredLanguage "
        "Users.ProfileUrl Users.Roles Users.Timezone Users.UpdatedBy Users.UserType Users.Website"
    ),
    "organizations:CreateAccount": (
        "CreateAccountStatus.AccountId CreateAccountStatus.CompletedTimestamp "
        "CreateAccountStatus.FailureReason CreateAccountStatus.GovCloudAccountId"
    ),
    # AWS has retired it: `State` says more.
    "organizations:DescribeAccount": "Account.Status",
    "organizations:DescribeCreateAccountStatus": (
        "CreateAccountStatus.FailureReason CreateAccountStatus.GovCloudAccountId"
    ),
    "organizations:ListAccounts": "Accounts.Status",
    "organizations:ListAccountsForParent": "Accounts.Status",
    "organizations:ListCreateAccountStatus": (
        "CreateAccountStatuses.FailureReason CreateAccountStatuses.GovCloudAccountId"
    ),
    "organizations:ListDelegatedAdministrators": "DelegatedAdministrators.Status",
    "organizations:ListRoots": "Roots.PolicyTypes",
    "sqs:SendMessage": "MD5OfMessageAttributes MD5OfMessageSystemAttributes",
    "sso-admin:CreateAccountAssignment": (
        "AccountAssignmentCreationStatus.CreatedDate AccountAssignmentCreationStatus.FailureReason"
    ),
    "sso-admin:DeleteAccountAssignment": (
        "AccountAssignmentDeletionStatus.CreatedDate AccountAssignmentDeletionStatus.FailureReason"
    ),
    "sso-admin:DescribeAccountAssignmentCreationStatus": "AccountAssignmentCreationStatus.FailureReason",
    "sso-admin:DescribeAccountAssignmentDeletionStatus": "AccountAssignmentDeletionStatus.FailureReason",
    "sso-admin:DescribeInstance": (
        "EncryptionConfigurationDetails Name PermissionSetsEnabled Regions StatusReason"
    ),
    "sso-admin:DescribeInstanceAccessControlAttributeConfiguration": "StatusReason",
    "sso-admin:DescribePermissionSetProvisioningStatus": "PermissionSetProvisioningStatus.FailureReason",
    "sso-admin:GetPermissionsBoundaryForPermissionSet": "PermissionsBoundary.CustomerManagedPolicyReference",
    "sso-admin:ListInstances": "Instances.Name Instances.Regions Instances.StatusReason",
    "sso-admin:ProvisionPermissionSet": (
        "PermissionSetProvisioningStatus.CreatedDate PermissionSetProvisioningStatus.FailureReason"
    ),
}


@dataclass
class Row:
    """A call that is answered, and one of the same operation that is refused."""

    operation: str
    asked: Callable[[Ids], Parameters] | Parameters
    refused: Callable[[Ids], Parameters] | Parameters
    error: str
    # Of an answer, what the rows that follow need.
    learn: Callable[[dict[str, Any]], Ids] = lambda answer: {}
    # Who calls.
    caller: str | None = None
    # Another who is refused.
    refused_caller: str | None = None
    # Nothing about the request could be wrong: the server has to be told to refuse.
    is_injected: bool = False
    # SQS and EventBridge have errors that their models do not name.
    is_modelled: bool = True


def of_instance(**parameters: Any) -> tuple[Callable[[Ids], Parameters], Callable[[Ids], Parameters]]:
    """With the instance, and with one that is not there."""
    return (
        lambda ids: {"InstanceArn": ids["instance"], **parameters},
        lambda ids: {"InstanceArn": NO_INSTANCE, **parameters},
    )


def of_set(**parameters: Any) -> tuple[Callable[[Ids], Parameters], Callable[[Ids], Parameters]]:
    """With the permission set, and with one that is not there."""
    return (
        lambda ids: {"InstanceArn": ids["instance"], "PermissionSetArn": ids["set"], **parameters},
        lambda ids: {"InstanceArn": ids["instance"], "PermissionSetArn": NO_SET, **parameters},
    )


def of_request(field: str) -> tuple[Callable[[Ids], Parameters], Callable[[Ids], Parameters]]:
    """With the request that was made last, and with one that was never made."""
    return (
        lambda ids: {"InstanceArn": ids["instance"], field: ids["request"]},
        lambda ids: {"InstanceArn": ids["instance"], field: UNKNOWN_PRINCIPAL},
    )


def of_store(field: str, known: str, unknown: Any, **parameters: Any) -> Any:
    """With what an earlier row made, and with what is not there."""
    return (
        lambda ids: {"IdentityStoreId": ids["store"], field: ids[known], **parameters},
        lambda ids: {"IdentityStoreId": ids["store"], field: unknown, **parameters},
    )


def invitation(account: str) -> Parameters:
    return {"Target": {"Id": account, "Type": "ACCOUNT"}}


def handshake(ids: Ids) -> Parameters:
    return {"HandshakeId": ids["handshake"]}


def learn_handshake(answer: dict[str, Any]) -> Ids:
    return {"handshake": answer["Handshake"]["Id"]}


def unit(field: str, known: str, unknown: str = UNKNOWN_UNIT, **parameters: Any) -> Any:
    return {field: known, **parameters}, {field: unknown, **parameters}


LEAVING, REMOVED, UNWILLING = "777788889991", "777788889992", "777788889993"
MEMBER = {"UserId": UNKNOWN_PRINCIPAL}
ATTRIBUTES = {
    "InstanceAccessControlAttributeConfiguration": {
        "AccessControlAttributes": [
            {"Key": "department", "Value": {"Source": ["${path:enterprise.department}"]}}
        ]
    }
}
ASSIGNMENT = {
    "TargetType": "AWS_ACCOUNT",
    "TargetId": WEB_TEST,
    "PrincipalType": "GROUP",
    "PrincipalId": ENGINEERING,
}
POLICY = {"CustomerManagedPolicyReference": {"Name": "Trial", "Path": "/"}}
TILDA = {
    "UserName": "tilda",
    "DisplayName": "Tilda Trial",
    "Name": {"GivenName": "Tilda", "FamilyName": "Trial"},
    "Title": "Engineer",
    "Emails": [{"Value": "tilda@example.com", "Type": "work", "Primary": True}],
}
NOT_FOUND = "ResourceNotFoundException"


def unique(path: str, value: str) -> Parameters:
    return {"AlternateIdentifier": {"UniqueAttribute": {"AttributePath": path, "AttributeValue": value}}}


def updated(path: str, value: str) -> Parameters:
    return {"Operations": [{"AttributePath": path, "AttributeValue": value}]}


def learn_request(answer: dict[str, Any]) -> Ids:
    (status,) = (value for name, value in answer.items() if name.endswith("Status"))
    return {"request": status["RequestId"]}


ORGANIZATIONS = [
    Row("DescribeOrganization", {}, {}, "AWSOrganizationsNotInUseException", is_injected=True),
    Row("ListRoots", {}, NO_TOKEN, "InvalidInputException"),
    Row(
        "CreateOrganizationalUnit",
        {"ParentId": SANDBOX, "Name": "Trials", "Tags": TAGS},
        {"ParentId": SANDBOX, "Name": "Trials"},
        "DuplicateOrganizationalUnitException",
        learn=lambda answer: {"unit": answer["OrganizationalUnit"]["Id"]},
    ),
    Row(
        "DescribeOrganizationalUnit",
        *unit("OrganizationalUnitId", PROD),
        "OrganizationalUnitNotFoundException",
    ),
    Row("ListOrganizationalUnitsForParent", *unit("ParentId", SANDBOX), "ParentNotFoundException"),
    Row(
        "ListChildren",
        *unit("ParentId", SANDBOX, ChildType="ORGANIZATIONAL_UNIT"),
        "ParentNotFoundException",
    ),
    Row("ListParents", *unit("ChildId", PROD, UNKNOWN_ACCOUNT), "ChildNotFoundException"),
    Row(
        "UpdateOrganizationalUnit",
        lambda ids: {"OrganizationalUnitId": ids["unit"], "Name": "Experiments"},
        {"OrganizationalUnitId": UNKNOWN_UNIT, "Name": "Experiments"},
        "OrganizationalUnitNotFoundException",
    ),
    Row(
        "DeleteOrganizationalUnit",
        lambda ids: {"OrganizationalUnitId": ids["unit"]},
        {"OrganizationalUnitId": WORKLOADS},
        "OrganizationalUnitNotEmptyException",
    ),
    Row(
        "CreateAccount",
        {"AccountName": "trial", "Email": "trial@example.com"},
        {"AccountName": "trial", "Email": "trial.example.com"},
        "InvalidInputException",
        learn=lambda answer: {"creation": answer["CreateAccountStatus"]["Id"]},
    ),
    Row(
        "DescribeCreateAccountStatus",
        lambda ids: {"CreateAccountRequestId": ids["creation"]},
        {"CreateAccountRequestId": "car-00000000000000000000000000000000"},
        "CreateAccountStatusNotFoundException",
        learn=lambda answer: {"account": answer["CreateAccountStatus"].get("AccountId")},
    ),
    Row("ListCreateAccountStatus", {}, NO_TOKEN, "InvalidInputException"),
    Row("ListAccounts", {}, NO_TOKEN, "InvalidInputException"),
    Row("ListAccountsForParent", *unit("ParentId", SANDBOX), "ParentNotFoundException"),
    Row("DescribeAccount", *unit("AccountId", AUDIT_ACCOUNT, UNKNOWN_ACCOUNT), "AccountNotFoundException"),
    Row(
        "MoveAccount",
        lambda ids: {"AccountId": ids["account"], "SourceParentId": ROOT, "DestinationParentId": SANDBOX},
        {"AccountId": UNKNOWN_ACCOUNT, "SourceParentId": ROOT, "DestinationParentId": SANDBOX},
        "AccountNotFoundException",
    ),
    Row(
        "CloseAccount",
        lambda ids: {"AccountId": ids["account"]},
        {"AccountId": UNKNOWN_ACCOUNT},
        "AccountNotFoundException",
    ),
    Row(
        "TagResource",
        *unit("ResourceId", AUDIT_ACCOUNT, UNKNOWN_ACCOUNT, Tags=TAGS),
        "TargetNotFoundException",
    ),
    Row(
        "ListTagsForResource",
        *unit("ResourceId", AUDIT_ACCOUNT, UNKNOWN_ACCOUNT),
        "TargetNotFoundException",
    ),
    Row(
        "UntagResource",
        *unit("ResourceId", SECURITY, UNKNOWN_ACCOUNT, TagKeys=["purpose"]),
        "TargetNotFoundException",
    ),
    Row(
        "RegisterDelegatedAdministrator",
        *unit("AccountId", AUDIT_ACCOUNT, UNKNOWN_ACCOUNT, ServicePrincipal=IDENTITY_CENTER),
        "AccountNotFoundException",
    ),
    Row("ListDelegatedAdministrators", {}, NO_TOKEN, "InvalidInputException"),
    Row(
        "ListDelegatedServicesForAccount",
        *unit("AccountId", AUDIT_ACCOUNT, SANDBOX_ACCOUNT),
        "AccountNotRegisteredException",
    ),
    Row(
        "DeregisterDelegatedAdministrator",
        *unit("AccountId", AUDIT_ACCOUNT, SANDBOX_ACCOUNT, ServicePrincipal=IDENTITY_CENTER),
        "AccountNotRegisteredException",
    ),
    # Three accounts are invited: one comes and leaves, one comes and is removed, and one does not want to.
    Row(
        "InviteAccountToOrganization",
        invitation(LEAVING),
        invitation(AUDIT_ACCOUNT),
        "HandshakeConstraintViolationException",
        learn=learn_handshake,
    ),
    Row("DescribeHandshake", handshake, NO_HANDSHAKE, "HandshakeNotFoundException"),
    Row("ListHandshakesForOrganization", {}, NO_TOKEN, "InvalidInputException"),
    Row("ListHandshakesForAccount", {}, NO_TOKEN, "InvalidInputException", caller=LEAVING),
    Row("AcceptHandshake", handshake, NO_HANDSHAKE, "HandshakeNotFoundException", caller=LEAVING),
    Row(
        "LeaveOrganization",
        {},
        {},
        "MasterCannotLeaveOrganizationException",
        caller=LEAVING,
        refused_caller=MANAGEMENT,
    ),
    Row(
        "InviteAccountToOrganization",
        invitation(REMOVED),
        invitation(REMOVED),
        "DuplicateHandshakeException",
        learn=learn_handshake,
    ),
    Row("AcceptHandshake", handshake, NO_HANDSHAKE, "HandshakeNotFoundException", caller=REMOVED),
    Row(
        "RemoveAccountFromOrganization",
        *unit("AccountId", REMOVED, UNKNOWN_ACCOUNT),
        "AccountNotFoundException",
    ),
    Row(
        "InviteAccountToOrganization",
        invitation(UNWILLING),
        invitation(UNWILLING),
        "DuplicateHandshakeException",
        learn=learn_handshake,
    ),
    Row("DeclineHandshake", handshake, NO_HANDSHAKE, "HandshakeNotFoundException", caller=UNWILLING),
    Row(
        "InviteAccountToOrganization",
        invitation(UNWILLING),
        invitation(UNWILLING),
        "DuplicateHandshakeException",
        learn=learn_handshake,
    ),
    Row("CancelHandshake", handshake, NO_HANDSHAKE, "HandshakeNotFoundException"),
]

SSO_ADMIN = [
    Row("ListInstances", {}, NO_TOKEN, "ValidationException"),
    # It has no error for an instance that is not there.
    Row("DescribeInstance", *of_instance(), "AccessDeniedException"),
    Row(
        "CreatePermissionSet",
        lambda ids: {
            "InstanceArn": ids["instance"],
            "Name": "TrialAccess",
            "Description": "On trial",
            "SessionDuration": "PT2H",
            "RelayState": "https://console.aws.amazon.com/",
        },
        lambda ids: {"InstanceArn": ids["instance"], "Name": "PowerUserAccess"},
        "ConflictException",
        learn=lambda answer: {"set": answer["PermissionSet"]["PermissionSetArn"]},
    ),
    Row("DescribePermissionSet", *of_set(), NOT_FOUND),
    Row("UpdatePermissionSet", *of_set(Description="Still"), NOT_FOUND),
    Row("ListPermissionSets", *of_instance(), NOT_FOUND),
    Row("AttachManagedPolicyToPermissionSet", *of_set(ManagedPolicyArn=READ_ONLY), NOT_FOUND),
    Row("ListManagedPoliciesInPermissionSet", *of_set(), NOT_FOUND),
    Row("DetachManagedPolicyFromPermissionSet", *of_set(ManagedPolicyArn=READ_ONLY), NOT_FOUND),
    Row("AttachCustomerManagedPolicyReferenceToPermissionSet", *of_set(**POLICY), NOT_FOUND),
    Row("ListCustomerManagedPolicyReferencesInPermissionSet", *of_set(), NOT_FOUND),
    Row("DetachCustomerManagedPolicyReferenceFromPermissionSet", *of_set(**POLICY), NOT_FOUND),
    Row(
        "PutInlinePolicyToPermissionSet",
        *of_set(InlinePolicy='{"Version":"2012-10-17","Statement":[]}'),
        NOT_FOUND,
    ),
    Row("GetInlinePolicyForPermissionSet", *of_set(), NOT_FOUND),
    Row("DeleteInlinePolicyFromPermissionSet", *of_set(), NOT_FOUND),
    Row(
        "PutPermissionsBoundaryToPermissionSet",
        *of_set(PermissionsBoundary={"ManagedPolicyArn": READ_ONLY}),
        NOT_FOUND,
    ),
    Row("GetPermissionsBoundaryForPermissionSet", *of_set(), NOT_FOUND),
    Row("DeletePermissionsBoundaryFromPermissionSet", *of_set(), NOT_FOUND),
    Row(
        "TagResource",
        lambda ids: {"InstanceArn": ids["instance"], "ResourceArn": ids["set"], "Tags": TAGS},
        lambda ids: {"InstanceArn": ids["instance"], "ResourceArn": NO_SET, "Tags": TAGS},
        NOT_FOUND,
    ),
    Row(
        "ListTagsForResource",
        lambda ids: {"InstanceArn": ids["instance"], "ResourceArn": ids["set"]},
        lambda ids: {"InstanceArn": ids["instance"], "ResourceArn": NO_SET},
        NOT_FOUND,
    ),
    Row(
        "UntagResource",
        lambda ids: {"InstanceArn": ids["instance"], "ResourceArn": ids["set"], "TagKeys": ["purpose"]},
        lambda ids: {"InstanceArn": ids["instance"], "ResourceArn": NO_SET, "TagKeys": ["purpose"]},
        NOT_FOUND,
    ),
    Row("CreateInstanceAccessControlAttributeConfiguration", *of_instance(**ATTRIBUTES), NOT_FOUND),
    Row("DescribeInstanceAccessControlAttributeConfiguration", *of_instance(), NOT_FOUND),
    Row("UpdateInstanceAccessControlAttributeConfiguration", *of_instance(**ATTRIBUTES), NOT_FOUND),
    Row("DeleteInstanceAccessControlAttributeConfiguration", *of_instance(), NOT_FOUND),
    Row("CreateAccountAssignment", *of_set(**ASSIGNMENT), NOT_FOUND, learn=learn_request),
    Row(
        "DescribeAccountAssignmentCreationStatus",
        *of_request("AccountAssignmentCreationRequestId"),
        NOT_FOUND),
    Row("ListAccountAssignmentCreationStatus", *of_instance(), NOT_FOUND),
    Row("ListAccountAssignments", *of_set(AccountId=WEB_TEST), NOT_FOUND),
    Row(
        "ListAccountAssignmentsForPrincipal",
        *of_instance(PrincipalId=ENGINEERING, PrincipalType="GROUP"),
        NOT_FOUND),
    Row("ListAccountsForProvisionedPermissionSet", *of_set(), NOT_FOUND),
    Row("ListPermissionSetsProvisionedToAccount", *of_instance(AccountId=WEB_TEST), NOT_FOUND),
    Row(
        "ProvisionPermissionSet",
        *of_set(TargetType="AWS_ACCOUNT", TargetId=WEB_TEST),
        NOT_FOUND,
        learn=learn_request),
    Row(
        "DescribePermissionSetProvisioningStatus",
        *of_request("ProvisionPermissionSetRequestId"),
        NOT_FOUND),
    Row("ListPermissionSetProvisioningStatus", *of_instance(), NOT_FOUND),
    Row("DeleteAccountAssignment", *of_set(**ASSIGNMENT), NOT_FOUND, learn=learn_request),
    Row(
        "DescribeAccountAssignmentDeletionStatus",
        *of_request("AccountAssignmentDeletionRequestId"),
        NOT_FOUND),
    Row("ListAccountAssignmentDeletionStatus", *of_instance(), NOT_FOUND),
    Row("DeletePermissionSet", *of_set(), NOT_FOUND),
]

IDENTITY_STORE = [
    Row(
        "CreateGroup",
        lambda ids: {"IdentityStoreId": ids["store"], "DisplayName": "Trial", "Description": "On trial"},
        lambda ids: {"IdentityStoreId": ids["store"], "DisplayName": "Trial"},
        "ConflictException",
        learn=lambda answer: {"group": answer["GroupId"]},
    ),
    Row("DescribeGroup", *of_store("GroupId", "group", UNKNOWN_PRINCIPAL), NOT_FOUND),
    Row(
        "UpdateGroup",
        *of_store("GroupId", "group", UNKNOWN_PRINCIPAL, **updated("displayName", "Experiment")),
        NOT_FOUND,
    ),
    Row(
        "ListGroups",
        lambda ids: {"IdentityStoreId": ids["store"]},
        lambda ids: {"IdentityStoreId": ids["store"], **NO_TOKEN},
        "ValidationException"),
    Row(
        "GetGroupId",
        lambda ids: {"IdentityStoreId": ids["store"], **unique("displayName", "Experiment")},
        lambda ids: {"IdentityStoreId": ids["store"], **unique("displayName", "Nobody")},
        NOT_FOUND,
    ),
    Row(
        "CreateUser",
        lambda ids: {"IdentityStoreId": ids["store"], **TILDA},
        lambda ids: {"IdentityStoreId": ids["store"], **TILDA},
        "ConflictException",
        learn=lambda answer: {"user": answer["UserId"], "member": {"UserId": answer["UserId"]}},
    ),
    Row("DescribeUser", *of_store("UserId", "user", UNKNOWN_PRINCIPAL), NOT_FOUND),
    Row("UpdateUser", *of_store("UserId", "user", UNKNOWN_PRINCIPAL, **updated("title", "Lead")), NOT_FOUND),
    Row(
        "ListUsers",
        lambda ids: {"IdentityStoreId": ids["store"]},
        lambda ids: {"IdentityStoreId": ids["store"], **NO_TOKEN},
        "ValidationException"),
    Row(
        "GetUserId",
        lambda ids: {"IdentityStoreId": ids["store"], **unique("userName", "tilda")},
        lambda ids: {"IdentityStoreId": ids["store"], **unique("userName", "nobody")},
        NOT_FOUND,
    ),
    Row(
        "CreateGroupMembership",
        *of_store("MemberId", "member", MEMBER, GroupId=AUDITORS),
        NOT_FOUND,
        learn=lambda answer: {"membership": answer["MembershipId"]},
    ),
    Row(
        "DescribeGroupMembership",
        *of_store("MembershipId", "membership", UNKNOWN_PRINCIPAL),
        NOT_FOUND),
    Row(
        "GetGroupMembershipId",
        *of_store("MemberId", "member", MEMBER, GroupId=AUDITORS),
        NOT_FOUND,
    ),
    Row(
        "ListGroupMemberships",
        lambda ids: {"IdentityStoreId": ids["store"], "GroupId": AUDITORS},
        lambda ids: {"IdentityStoreId": ids["store"], "GroupId": UNKNOWN_PRINCIPAL},
        NOT_FOUND),
    Row("ListGroupMembershipsForMember", *of_store("MemberId", "member", MEMBER), NOT_FOUND),
    Row("IsMemberInGroups", *of_store("MemberId", "member", MEMBER, GroupIds=[AUDITORS]), NOT_FOUND),
    Row(
        "DeleteGroupMembership",
        *of_store("MembershipId", "membership", UNKNOWN_PRINCIPAL),
        NOT_FOUND,
    ),
    Row("DeleteUser", *of_store("UserId", "user", UNKNOWN_PRINCIPAL), NOT_FOUND),
    Row("DeleteGroup", *of_store("GroupId", "group", UNKNOWN_PRINCIPAL), NOT_FOUND),
]

QUEUE = {"QueueUrl": "http://127.0.0.1/1/lane.fifo", "MessageBody": "{}"}
ENTRY = {"Source": "usher", "DetailType": "Told", "Detail": "{}"}

SQS = [Row("SendMessage", {**QUEUE, "MessageGroupId": "lane"}, QUEUE, "MissingParameter", is_modelled=False)]
EVENTS = [
    Row("PutEvents", {"Entries": [ENTRY]}, {"Entries": [ENTRY] * 11}, "ValidationException", is_modelled=False)
]

SERVICES = {
    "organizations": ORGANIZATIONS,
    "sso-admin": SSO_ADMIN,
    "identitystore": IDENTITY_STORE,
    "sqs": SQS,
    "events": EVENTS,
}
