"""AWS Organizations on localhost, as boto3 sees it."""

import json
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest

from bob import (
    AUDIT_ACCOUNT,
    MANAGEMENT,
    OUTSIDE_ACCOUNT,
    PROD,
    ROOT,
    SANDBOX,
    SANDBOX_ACCOUNT,
    SECURITY,
    TEST,
    UNKNOWN_ACCOUNT,
    UNKNOWN_UNIT,
    WORKLOADS,
)
from conftest import Refused
from server import Server

IDENTITY_CENTER = "sso.amazonaws.com"


def pages(client: Any, operation: str, key: str, **parameters: Any) -> list[Any]:
    paginator = client.get_paginator(operation)
    return [item for page in paginator.paginate(**parameters) for item in page[key]]


def ids(items: list[dict[str, Any]]) -> list[str]:
    return [item["Id"] for item in items]


# The tree


def test_an_account_says_its_state_and_its_path(organizations: Any) -> None:
    account = organizations.describe_account(AccountId=SANDBOX_ACCOUNT)["Account"]
    assert account["State"] == "ACTIVE"
    assert account["Paths"] == [f"o-bob0000001/{ROOT}/{SANDBOX}/{SANDBOX_ACCOUNT}/"]
    assert account["Arn"] == f"arn:aws:organizations::{MANAGEMENT}:account/o-bob0000001/{SANDBOX_ACCOUNT}"
    assert "Status" not in account, "retired on 2026-09-09"


def test_children_are_those_right_below(organizations: Any) -> None:
    units = pages(organizations, "list_children", "Children", ParentId=WORKLOADS, ChildType="ORGANIZATIONAL_UNIT")
    assert units == [{"Id": PROD, "Type": "ORGANIZATIONAL_UNIT"}, {"Id": TEST, "Type": "ORGANIZATIONAL_UNIT"}]
    assert not pages(organizations, "list_children", "Children", ParentId=WORKLOADS, ChildType="ACCOUNT")
    accounts = pages(organizations, "list_children", "Children", ParentId=SANDBOX, ChildType="ACCOUNT")
    assert accounts == [{"Id": SANDBOX_ACCOUNT, "Type": "ACCOUNT"}]


def test_both_ways_to_list_accounts_agree(organizations: Any) -> None:
    everywhere = pages(organizations, "list_accounts", "Accounts")
    parents = [ROOT, WORKLOADS, PROD, TEST, SANDBOX, SECURITY, "ou-bob1-suspende"]
    by_parent = [
        account
        for parent in parents
        for account in pages(organizations, "list_accounts_for_parent", "Accounts", ParentId=parent)
    ]
    assert sorted(by_parent, key=lambda account: account["Id"]) == everywhere


def test_a_unit_is_made_renamed_tagged_and_deleted(organizations: Any) -> None:
    tag = {"Key": "team", "Value": "web"}
    made = organizations.create_organizational_unit(ParentId=SANDBOX, Name="Playground", Tags=[tag])
    unit = made["OrganizationalUnit"]
    assert unit["Path"] == f"o-bob0000001/{ROOT}/{SANDBOX}/{unit['Id']}/"
    assert organizations.list_tags_for_resource(ResourceId=unit["Id"])["Tags"] == [tag]
    assert organizations.list_parents(ChildId=unit["Id"])["Parents"] == [{"Id": SANDBOX, "Type": "ORGANIZATIONAL_UNIT"}]

    renamed = organizations.update_organizational_unit(OrganizationalUnitId=unit["Id"], Name="Lab")
    assert renamed["OrganizationalUnit"] == unit | {"Name": "Lab"}
    described = organizations.describe_organizational_unit(OrganizationalUnitId=unit["Id"])
    assert described["OrganizationalUnit"] == unit | {"Name": "Lab"}

    organizations.delete_organizational_unit(OrganizationalUnitId=unit["Id"])
    assert unit["Id"] not in ids(
        pages(organizations, "list_organizational_units_for_parent", "OrganizationalUnits", ParentId=SANDBOX)
    )


def test_a_name_is_unique_within_its_parent_only(organizations: Any, refused: Refused) -> None:
    with refused("DuplicateOrganizationalUnitException"):
        organizations.create_organizational_unit(ParentId=WORKLOADS, Name="Prod")
    with refused("DuplicateOrganizationalUnitException"):
        organizations.update_organizational_unit(OrganizationalUnitId=TEST, Name="Prod")
    organizations.create_organizational_unit(ParentId=SANDBOX, Name="Prod")
    organizations.update_organizational_unit(OrganizationalUnitId=PROD, Name="Prod")


def test_units_nest_five_levels_deep(organizations: Any, refused: Refused) -> None:
    parent = ROOT
    for level in range(5):
        made = organizations.create_organizational_unit(ParentId=parent, Name=f"Level {level}")
        parent = made["OrganizationalUnit"]["Id"]
    with refused("ConstraintViolationException", Reason="OU_DEPTH_LIMIT_EXCEEDED"):
        organizations.create_organizational_unit(ParentId=parent, Name="Level 5")


def test_only_an_empty_unit_goes(organizations: Any, refused: Refused) -> None:
    for unit in [WORKLOADS, SANDBOX]:  # one holds units, the other an account
        with refused("OrganizationalUnitNotEmptyException"):
            organizations.delete_organizational_unit(OrganizationalUnitId=unit)
    organizations.move_account(AccountId=SANDBOX_ACCOUNT, SourceParentId=SANDBOX, DestinationParentId=ROOT)
    organizations.delete_organizational_unit(OrganizationalUnitId=SANDBOX)


def test_the_root_is_not_a_unit(organizations: Any, refused: Refused) -> None:
    assert ids(organizations.list_roots()["Roots"]) == [ROOT]
    for operation in ["describe_organizational_unit", "update_organizational_unit", "delete_organizational_unit"]:
        with refused("InvalidInputException", Reason="INVALID_PATTERN"):
            getattr(organizations, operation)(OrganizationalUnitId=ROOT)


@pytest.mark.parametrize(
    ("operation", "parameters", "code"),
    [
        ("create_organizational_unit", {"ParentId": UNKNOWN_UNIT, "Name": "A"}, "ParentNotFoundException"),
        ("delete_organizational_unit", {"OrganizationalUnitId": UNKNOWN_UNIT}, "OrganizationalUnitNotFoundException"),
        ("describe_account", {"AccountId": UNKNOWN_ACCOUNT}, "AccountNotFoundException"),
        (
            "describe_create_account_status",
            {"CreateAccountRequestId": "car-00000000"},
            "CreateAccountStatusNotFoundException",
        ),
        ("describe_handshake", {"HandshakeId": "h-00000000"}, "HandshakeNotFoundException"),
        ("describe_organizational_unit", {"OrganizationalUnitId": UNKNOWN_UNIT}, "OrganizationalUnitNotFoundException"),
        ("list_accounts_for_parent", {"ParentId": UNKNOWN_UNIT}, "ParentNotFoundException"),
        ("list_children", {"ParentId": UNKNOWN_UNIT, "ChildType": "ACCOUNT"}, "ParentNotFoundException"),
        ("list_delegated_services_for_account", {"AccountId": UNKNOWN_ACCOUNT}, "AccountNotFoundException"),
        ("list_parents", {"ChildId": UNKNOWN_ACCOUNT}, "ChildNotFoundException"),
        ("list_tags_for_resource", {"ResourceId": UNKNOWN_ACCOUNT}, "TargetNotFoundException"),
        ("remove_account_from_organization", {"AccountId": UNKNOWN_ACCOUNT}, "AccountNotFoundException"),
        ("update_organizational_unit", {"OrganizationalUnitId": UNKNOWN_UNIT}, "OrganizationalUnitNotFoundException"),
    ],
)
def test_what_is_not_there_is_said_to_be_missing(
    organizations: Any, refused: Refused, operation: str, parameters: dict[str, Any], code: str
) -> None:
    with refused(code):
        getattr(organizations, operation)(**parameters)


@pytest.mark.parametrize(
    ("parameters", "reason"),
    [
        ({"ParentId": "root", "ChildType": "ACCOUNT"}, "INVALID_PATTERN"),
        ({"ParentId": ROOT, "ChildType": "USER"}, "INVALID_ENUM"),
    ],
)
def test_what_is_wrong_with_a_value_is_said(
    organizations: Any, refused: Refused, parameters: dict[str, Any], reason: str
) -> None:
    with refused("InvalidInputException", Reason=reason):
        organizations.list_children(**parameters)


# Moving


@pytest.mark.parametrize(
    ("account", "source", "destination", "code"),
    [
        (SANDBOX_ACCOUNT, UNKNOWN_UNIT, ROOT, "SourceParentNotFoundException"),
        (SANDBOX_ACCOUNT, SANDBOX, UNKNOWN_UNIT, "DestinationParentNotFoundException"),
        (SANDBOX_ACCOUNT, SANDBOX, SANDBOX, "DuplicateAccountException"),
        (SANDBOX_ACCOUNT, SECURITY, ROOT, "AccountNotFoundException"),
        (UNKNOWN_ACCOUNT, SANDBOX, ROOT, "AccountNotFoundException"),
    ],
)
def test_a_move_that_cannot_be_is_refused(
    organizations: Any, refused: Refused, account: str, source: str, destination: str, code: str
) -> None:
    with refused(code):
        organizations.move_account(AccountId=account, SourceParentId=source, DestinationParentId=destination)


def test_a_moved_account_is_listed_where_it_is_now(organizations: Any) -> None:
    organizations.move_account(AccountId=SANDBOX_ACCOUNT, SourceParentId=SANDBOX, DestinationParentId=PROD)
    assert not pages(organizations, "list_accounts_for_parent", "Accounts", ParentId=SANDBOX)
    assert SANDBOX_ACCOUNT in ids(pages(organizations, "list_accounts_for_parent", "Accounts", ParentId=PROD))
    account = organizations.describe_account(AccountId=SANDBOX_ACCOUNT)["Account"]
    assert account["Paths"] == [f"o-bob0000001/{ROOT}/{WORKLOADS}/{PROD}/{SANDBOX_ACCOUNT}/"]


# Coming and going


def test_an_account_is_made_a_while_later(organizations: Any, eventually: Any) -> None:
    asked = organizations.create_account(AccountName="web-dev", Email="web-dev@example.com")["CreateAccountStatus"]
    assert asked["State"] == "IN_PROGRESS"
    assert "AccountId" not in asked

    def status() -> dict[str, Any]:
        answer = organizations.describe_create_account_status(CreateAccountRequestId=asked["Id"])
        found: dict[str, Any] = answer["CreateAccountStatus"]
        return found

    eventually(lambda: status()["State"] == "SUCCEEDED")
    account = organizations.describe_account(AccountId=status()["AccountId"])["Account"]
    assert (account["Name"], account["JoinedMethod"]) == ("web-dev", "CREATED")
    assert account["Paths"] == [f"o-bob0000001/{ROOT}/{account['Id']}/"]
    assert organizations.list_create_account_status(States=["SUCCEEDED"])["CreateAccountStatuses"] == [status()]
    assert not organizations.list_create_account_status(States=["FAILED"])["CreateAccountStatuses"]


def test_an_account_is_closed_a_while_later(organizations: Any, eventually: Any, refused: Refused) -> None:
    def state() -> str:
        answer = organizations.describe_account(AccountId=SANDBOX_ACCOUNT)
        found: str = answer["Account"]["State"]
        return found

    organizations.close_account(AccountId=SANDBOX_ACCOUNT)
    assert state() == "PENDING_CLOSURE"
    eventually(lambda: state() == "CLOSED")
    with refused("AccountAlreadyClosedException"):
        organizations.close_account(AccountId=SANDBOX_ACCOUNT)
    with refused("ConstraintViolationException", Reason="CANNOT_CLOSE_MANAGEMENT_ACCOUNT"):
        organizations.close_account(AccountId=MANAGEMENT)


def test_a_removed_account_is_forgotten(organizations: Any, refused: Refused) -> None:
    organizations.remove_account_from_organization(AccountId=SANDBOX_ACCOUNT)
    with refused("AccountNotFoundException"):
        organizations.describe_account(AccountId=SANDBOX_ACCOUNT)
    with refused("TargetNotFoundException"):
        organizations.list_tags_for_resource(ResourceId=SANDBOX_ACCOUNT)
    organizations.delete_organizational_unit(OrganizationalUnitId=SANDBOX)
    with refused("MasterCannotLeaveOrganizationException"):
        organizations.remove_account_from_organization(AccountId=MANAGEMENT)


def test_a_member_account_leaves_by_itself(server: Server, organizations: Any, refused: Refused) -> None:
    server.client("organizations", SANDBOX_ACCOUNT).leave_organization()
    assert SANDBOX_ACCOUNT not in ids(pages(organizations, "list_accounts", "Accounts"))
    with refused("MasterCannotLeaveOrganizationException"):
        organizations.leave_organization()


def test_whoever_does_not_belong_to_the_organization_is_told_nothing_of_it(
    server: Server, organizations: Any, refused: Refused
) -> None:
    organizations.remove_account_from_organization(AccountId=SANDBOX_ACCOUNT)
    for account in [OUTSIDE_ACCOUNT, SANDBOX_ACCOUNT]:
        stranger = server.client("organizations", account)
        for operation in ["describe_organization", "list_accounts", "leave_organization", "list_roots"]:
            with refused("AWSOrganizationsNotInUseException"):
                getattr(stranger, operation)()
        with refused("AWSOrganizationsNotInUseException"):
            stranger.close_account(AccountId=AUDIT_ACCOUNT)
    assert AUDIT_ACCOUNT in ids(pages(organizations, "list_accounts", "Accounts"))


@pytest.mark.parametrize("seed", range(4))
def test_any_page_may_be_empty_and_paginators_lose_nothing(start: Callable[..., Server], seed: int) -> None:
    server = start("--page-size", "2", "--uneven-pages", str(seed))
    with urllib.request.urlopen(f"{server.endpoint}/organization") as answer:
        organization = json.load(answer)
    found = ids(pages(server.client("organizations"), "list_accounts", "Accounts"))
    assert found == [account["id"] for account in organization["accounts"]]
    store = organization["instance"]["identity_store_id"]
    listing = server.client("identitystore").get_paginator("list_users").paginate(IdentityStoreId=store)
    users = [user["UserId"] for page in listing for user in page["Users"]]
    assert users == [user["id"] for user in organization["users"]]


def test_an_account_can_be_made_to_fail(start: Callable[..., Server], eventually: Any) -> None:
    fail = ["organizations:CreateAccount:FAILED=ACCOUNT_LIMIT_EXCEEDED:1", "organizations:CloseAccount:FAILED:1"]
    server = start("--account-time", "20ms", "--fail", fail[0], "--fail", fail[1])
    organizations = server.client("organizations")
    asked = organizations.create_account(AccountName="shop", Email="shop@example.com")["CreateAccountStatus"]
    organizations.close_account(AccountId=SANDBOX_ACCOUNT)

    def ended() -> Any:
        status = organizations.describe_create_account_status(CreateAccountRequestId=asked["Id"])["CreateAccountStatus"]
        return status["State"] != "IN_PROGRESS" and status

    status = eventually(ended)
    assert (status["State"], status["FailureReason"]) == ("FAILED", "ACCOUNT_LIMIT_EXCEEDED")

    def state() -> str:
        found: str = organizations.describe_account(AccountId=SANDBOX_ACCOUNT)["Account"]["State"]
        return found

    assert eventually(lambda: state() == "ACTIVE")


def test_an_account_takes_as_long_as_it_is_told_to(start: Callable[..., Server]) -> None:
    organizations = start("--account-time", "1h").client("organizations")
    asked = organizations.create_account(AccountName="shop", Email="shop@example.com")["CreateAccountStatus"]
    organizations.close_account(AccountId=SANDBOX_ACCOUNT)
    status = organizations.describe_create_account_status(CreateAccountRequestId=asked["Id"])
    assert status["CreateAccountStatus"]["State"] == "IN_PROGRESS"
    assert organizations.describe_account(AccountId=SANDBOX_ACCOUNT)["Account"]["State"] == "PENDING_CLOSURE"


@pytest.mark.parametrize(
    "target",
    [{"Type": "ACCOUNT", "Id": OUTSIDE_ACCOUNT}, {"Type": "EMAIL", "Id": "shop@example.com"}],
    ids=["by account id", "by e-mail address"],
)
def test_an_invited_account_joins(server: Server, organizations: Any, refused: Refused, target: dict[str, str]) -> None:
    tag = {"Key": "team", "Value": "shop"}
    invited = organizations.invite_account_to_organization(Target=target, Notes="Join us", Tags=[tag])["Handshake"]
    assert (invited["State"], invited["Action"]) == ("OPEN", "INVITE")
    assert invited["Parties"] == [{"Id": "o-bob0000001", "Type": "ORGANIZATION"}, target]
    assert {resource["Type"] for resource in invited["Resources"]} == {"ORGANIZATION", target["Type"], "NOTES"}
    waits = invited["ExpirationTimestamp"] - invited["RequestedTimestamp"]
    assert waits.days == 15
    with refused("DuplicateHandshakeException"):
        organizations.invite_account_to_organization(Target=target)
    with refused("AccessDeniedException"):
        organizations.accept_handshake(HandshakeId=invited["Id"])

    outside = server.client("organizations", OUTSIDE_ACCOUNT)
    assert ids(outside.list_handshakes_for_account()["Handshakes"]) == [invited["Id"]]
    accepted = outside.accept_handshake(HandshakeId=invited["Id"])["Handshake"]
    assert accepted == invited | {"State": "ACCEPTED"}
    account = organizations.describe_account(AccountId=OUTSIDE_ACCOUNT)["Account"]
    assert (account["JoinedMethod"], account["State"]) == ("INVITED", "ACTIVE")
    assert organizations.list_tags_for_resource(ResourceId=OUTSIDE_ACCOUNT)["Tags"] == [tag]
    assert organizations.list_handshakes_for_organization()["Handshakes"] == [accepted]
    assert not organizations.list_handshakes_for_organization(Filter={"ActionType": "ENABLE_ALL_FEATURES"})[
        "Handshakes"
    ]

    with refused("HandshakeAlreadyInStateException"):
        outside.accept_handshake(HandshakeId=invited["Id"])
    with refused("InvalidHandshakeTransitionException"):
        organizations.cancel_handshake(HandshakeId=invited["Id"])
    with refused("HandshakeConstraintViolationException", Reason="ALREADY_IN_AN_ORGANIZATION"):
        organizations.invite_account_to_organization(Target=target)


def test_an_invitation_is_declined_or_cancelled(server: Server, organizations: Any, refused: Refused) -> None:
    outside = server.client("organizations", OUTSIDE_ACCOUNT)
    target = {"Type": "ACCOUNT", "Id": OUTSIDE_ACCOUNT}
    declined = organizations.invite_account_to_organization(Target=target)["Handshake"]["Id"]
    stranger = server.client("organizations", "888877776666")
    with refused("AccessDeniedException"):
        stranger.decline_handshake(HandshakeId=declined)
    assert outside.decline_handshake(HandshakeId=declined)["Handshake"]["State"] == "DECLINED"
    cancelled = organizations.invite_account_to_organization(Target=target)["Handshake"]["Id"]
    assert organizations.cancel_handshake(HandshakeId=cancelled)["Handshake"]["State"] == "CANCELED"
    for handshake in [declined, cancelled]:
        with refused("InvalidHandshakeTransitionException"):
            outside.accept_handshake(HandshakeId=handshake)
    with refused("AccountNotFoundException"):
        organizations.describe_account(AccountId=OUTSIDE_ACCOUNT)


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ({"Type": "ACCOUNT", "Id": "12"}, "INVALID_PATTERN_TARGET_ID"),
        ({"Type": "EMAIL", "Id": "shop"}, "INVALID_EMAIL_ADDRESS_TARGET"),
        ({"Type": "ORGANIZATION", "Id": "o-bob0000001"}, "INVALID_PARTY_TYPE_TARGET"),
    ],
)
def test_only_accounts_are_invited(organizations: Any, refused: Refused, target: dict[str, str], reason: str) -> None:
    with refused("InvalidInputException", Reason=reason):
        organizations.invite_account_to_organization(Target=target)


# Tags


@pytest.mark.parametrize("resource", [SANDBOX_ACCOUNT, SANDBOX, ROOT])
def test_accounts_units_and_the_root_have_tags(organizations: Any, resource: str) -> None:
    organizations.untag_resource(ResourceId=resource, TagKeys=["team", "environment"])
    organizations.tag_resource(ResourceId=resource, Tags=[{"Key": "team", "Value": ""}, {"Key": "a", "Value": "b"}])
    organizations.tag_resource(ResourceId=resource, Tags=[{"Key": "team", "Value": "web"}])
    tags = pages(organizations, "list_tags_for_resource", "Tags", ResourceId=resource)
    assert tags == [{"Key": "a", "Value": "b"}, {"Key": "team", "Value": "web"}]


@pytest.mark.parametrize(
    ("keys", "code", "reason"),
    [
        (["aws:name"], "InvalidInputException", "INVALID_SYSTEM_TAGS_PARAMETER"),
        (["team", "team"], "InvalidInputException", "DUPLICATE_TAG_KEY"),
        (["k" * 129], "InvalidInputException", "MAX_LENGTH_EXCEEDED"),
        ([f"key-{number}" for number in range(51)], "ConstraintViolationException", "MAX_TAG_LIMIT_EXCEEDED"),
    ],
    ids=["reserved", "twice", "too long", "too many"],
)
def test_wrong_tags_are_refused_and_none_is_kept(
    organizations: Any, refused: Refused, keys: list[str], code: str, reason: str
) -> None:
    before = organizations.list_tags_for_resource(ResourceId=SANDBOX_ACCOUNT)["Tags"]
    tags = [{"Key": "good", "Value": "x"}, *({"Key": key, "Value": "x"} for key in keys)]
    with refused(code, Reason=reason):
        organizations.tag_resource(ResourceId=SANDBOX_ACCOUNT, Tags=tags)
    assert organizations.list_tags_for_resource(ResourceId=SANDBOX_ACCOUNT)["Tags"] == before


# Who may do what


def test_a_delegated_administrator_looks_and_changes_nothing(
    server: Server, organizations: Any, refused: Refused
) -> None:
    audit = server.client("organizations", AUDIT_ACCOUNT)
    for look in [audit.list_accounts, audit.list_roots, audit.list_delegated_administrators]:
        with refused("AccessDeniedException"):
            look()
    assert audit.describe_organization()["Organization"]["MasterAccountId"] == MANAGEMENT

    organizations.register_delegated_administrator(AccountId=AUDIT_ACCOUNT, ServicePrincipal=IDENTITY_CENTER)
    administrators = audit.list_delegated_administrators(ServicePrincipal=IDENTITY_CENTER)["DelegatedAdministrators"]
    assert ids(administrators) == [AUDIT_ACCOUNT]
    assert administrators[0]["State"] == "ACTIVE"
    services = audit.list_delegated_services_for_account(AccountId=AUDIT_ACCOUNT)["DelegatedServices"]
    assert [service["ServicePrincipal"] for service in services] == [IDENTITY_CENTER]
    assert len(pages(audit, "list_accounts", "Accounts")) == 11
    with refused("AccessDeniedException"):
        audit.tag_resource(ResourceId=SANDBOX_ACCOUNT, Tags=[{"Key": "a", "Value": "b"}])
    with refused("AccessDeniedException"):
        audit.move_account(AccountId=SANDBOX_ACCOUNT, SourceParentId=SANDBOX, DestinationParentId=ROOT)

    with refused("ConstraintViolationException", Reason="CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG"):
        organizations.remove_account_from_organization(AccountId=AUDIT_ACCOUNT)
    organizations.deregister_delegated_administrator(AccountId=AUDIT_ACCOUNT, ServicePrincipal=IDENTITY_CENTER)
    with refused("AccessDeniedException"):
        audit.list_accounts()
    with refused("AccountNotRegisteredException"):
        organizations.deregister_delegated_administrator(AccountId=AUDIT_ACCOUNT, ServicePrincipal=IDENTITY_CENTER)


def test_identity_center_has_one_delegated_administrator(organizations: Any, refused: Refused) -> None:
    def register(account: str) -> None:
        organizations.register_delegated_administrator(AccountId=account, ServicePrincipal=IDENTITY_CENTER)

    register(AUDIT_ACCOUNT)
    with refused("AccountAlreadyRegisteredException"):
        register(AUDIT_ACCOUNT)
    with refused("ConstraintViolationException", Reason="DELEGATED_ADMINISTRATOR_EXISTS_FOR_THIS_SERVICE"):
        register(SANDBOX_ACCOUNT)
    with refused("ConstraintViolationException", Reason="CANNOT_REGISTER_MASTER_AS_DELEGATED_ADMINISTRATOR"):
        register(MANAGEMENT)


def test_the_caller_of_the_command_line_is_the_delegated_administrator(refused: Refused) -> None:
    server = Server("--caller", AUDIT_ACCOUNT)
    try:
        audit = server.client("organizations")
        assert ids(audit.list_delegated_administrators()["DelegatedAdministrators"]) == [AUDIT_ACCOUNT]
        with refused("AccessDeniedException"):
            audit.create_organizational_unit(ParentId=ROOT, Name="New")
    finally:
        server.stop()


def test_organizations_has_rates_of_its_own(refused: Refused) -> None:
    server = Server("--quotas", "strict")
    try:
        organizations = server.client("organizations")
        for _ in range(2):
            organizations.describe_organizational_unit(OrganizationalUnitId=PROD)
        with refused("TooManyRequestsException"):
            organizations.describe_organizational_unit(OrganizationalUnitId=PROD)
        organizations.describe_account(AccountId=SANDBOX_ACCOUNT)
    finally:
        server.stop()


def test_what_is_not_known_is_said_to_be(organizations: Any, refused: Refused) -> None:
    with refused("NotImplemented"):
        organizations.list_policies(Filter="SERVICE_CONTROL_POLICY")
