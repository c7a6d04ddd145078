"""What moto and the organization on localhost answer to the same requests: the same shapes, or a reason why not."""

import time
from collections.abc import Iterator
from typing import Any

import pytest

from bob import UNKNOWN_ACCOUNT, UNKNOWN_PRINCIPAL, UNKNOWN_UNIT
from both import Case, World, both, compare

STORE = "d-b0b0000001"

# One that moto lets others administer: it does not know Identity Center as such a service.
SERVICE = "ssm.amazonaws.com"


# How the answers differ, and why ours is right


def ours(reason: str, *lines: str) -> dict[str, str]:
    return {f"+ {line}": reason for line in lines}


def motos(reason: str, *lines: str) -> dict[str, str]:
    return {f"- {line}": reason for line in lines}


def account_fields(path: str) -> dict[str, str]:
    told = ours("the paths of an account are told since 2026-03-30", f"{path}.Paths: list", f"{path}.Paths[]: str")
    return told | motos("Status was retired on 2026-09-09", f"{path}.Status: str")


def unit_fields(path: str) -> dict[str, str]:
    return ours("botocore's model has the path of a unit", f"{path}.Path: str")


def arn(line: str) -> dict[str, str]:
    return ours("botocore's model requires the ARN", f"{line}: str")


def revision(line: str) -> dict[str, str]:
    return ours("botocore's model requires the revision", f"{line}: str")


def times(path: str) -> dict[str, str]:
    return ours("botocore's model has when it was made and changed", f"{path}CreatedAt: time", f"{path}UpdatedAt: time")


def group_fields(path: str) -> dict[str, str]:
    empty = motos("AWS's list of external ids has at least one, or is left out", f"{path}ExternalIds: list")
    return arn(f"{path}GroupArn") | revision(f"{path}Revision") | times(path) | empty


def user_fields(path: str) -> dict[str, str]:
    status = ours("a user is enabled or disabled", f"{path}UserStatus: str")
    return arn(f"{path}UserArn") | revision(f"{path}Revision") | times(path) | status


def membership_fields(path: str) -> dict[str, str]:
    return arn(f"{path}MembershipArn") | times(path)


def refusal(code: str, reason: str, *moto_answers: str) -> dict[str, str]:
    return ours(reason, f"error: {code}") | motos(reason, *moto_answers)


def gone() -> dict[str, str]:
    reason = "AWS says that it is not there; moto finds nothing to do"
    return refusal("ResourceNotFoundException", reason, ": nothing")


CASES = [
    # Organizations: looking
    Case("organizations", "describe_organization", lambda ids: {}),
    Case("organizations", "list_roots", lambda ids: {}),
    Case("organizations", "list_accounts", lambda ids: {}, differences=account_fields("Accounts[]")),
    Case(
        "organizations",
        "describe_account",
        lambda ids: {"AccountId": ids["account"]},
        differences=account_fields("Account"),
    ),
    Case("organizations", "describe_account", lambda ids: {"AccountId": UNKNOWN_ACCOUNT}, "of nobody"),
    Case(
        "organizations",
        "list_accounts_for_parent",
        lambda ids: {"ParentId": ids["root"]},
        differences=account_fields("Accounts[]"),
    ),
    Case("organizations", "list_accounts_for_parent", lambda ids: {"ParentId": ids["empty unit"]}, "without any"),
    Case("organizations", "list_parents", lambda ids: {"ChildId": ids["account"]}, "of an account"),
    Case("organizations", "list_parents", lambda ids: {"ChildId": ids["unit"]}, "of a unit"),
    Case(
        "organizations",
        "list_children",
        lambda ids: {"ParentId": ids["root"], "ChildType": "ORGANIZATIONAL_UNIT"},
        "that are units",
    ),
    Case(
        "organizations",
        "list_children",
        lambda ids: {"ParentId": ids["root"], "ChildType": "ACCOUNT"},
        "that are accounts",
    ),
    Case("organizations", "list_children", lambda ids: {"ParentId": ids["root"], "ChildType": "USER"}, "of no type"),
    Case(
        "organizations",
        "list_organizational_units_for_parent",
        lambda ids: {"ParentId": ids["root"]},
        differences=unit_fields("OrganizationalUnits[]"),
    ),
    Case(
        "organizations",
        "describe_organizational_unit",
        lambda ids: {"OrganizationalUnitId": ids["unit"]},
        differences=unit_fields("OrganizationalUnit"),
    ),
    Case(
        "organizations",
        "describe_organizational_unit",
        lambda ids: {"OrganizationalUnitId": UNKNOWN_UNIT},
        "of nothing",
    ),
    Case("organizations", "list_tags_for_resource", lambda ids: {"ResourceId": ids["account"]}, "of an account"),
    Case("organizations", "list_tags_for_resource", lambda ids: {"ResourceId": ids["unit"]}, "of a unit"),
    Case("organizations", "list_tags_for_resource", lambda ids: {"ResourceId": ids["root"]}, "of the root"),
    Case("organizations", "list_tags_for_resource", lambda ids: {"ResourceId": UNKNOWN_ACCOUNT}, "of nobody"),
    Case(
        "organizations",
        "list_delegated_administrators",
        lambda ids: {},
        differences=motos("Status was retired on 2026-09-09", "DelegatedAdministrators[].Status: str"),
    ),
    Case("organizations", "list_delegated_services_for_account", lambda ids: {"AccountId": ids["administrator"]}),
    Case("organizations", "list_delegated_services_for_account", lambda ids: {"AccountId": ids["account"]}, "of none"),
    Case("organizations", "describe_create_account_status", lambda ids: {"CreateAccountRequestId": ids["creation"]}),
    Case("organizations", "list_create_account_status", lambda ids: {"States": ["SUCCEEDED"]}),
    # Organizations: changing
    Case(
        "organizations",
        "create_account",
        lambda ids: {"AccountName": "new", "Email": "new@example.com"},
        differences=motos(
            "an account is IN_PROGRESS at first",
            "CreateAccountStatus.AccountId: str",
            "CreateAccountStatus.CompletedTimestamp: time",
        ),
    ),
    Case(
        "organizations",
        "create_organizational_unit",
        lambda ids: {"ParentId": ids["unit"], "Name": "Below"},
        differences=unit_fields("OrganizationalUnit"),
    ),
    Case(
        "organizations",
        "update_organizational_unit",
        lambda ids: {"OrganizationalUnitId": ids["empty unit"], "Name": "Renamed"},
        differences=unit_fields("OrganizationalUnit"),
    ),
    Case(
        "organizations",
        "update_organizational_unit",
        lambda ids: {"OrganizationalUnitId": ids["empty unit"], "Name": "Apps"},
        "to a name that is taken",
    ),
    Case(
        "organizations", "tag_resource", lambda ids: {"ResourceId": ids["unit"], "Tags": [{"Key": "a", "Value": "b"}]}
    ),
    Case("organizations", "tag_resource", lambda ids: {"ResourceId": UNKNOWN_ACCOUNT, "Tags": []}, "of nobody"),
    Case("organizations", "untag_resource", lambda ids: {"ResourceId": ids["unit"], "TagKeys": ["a"]}),
    Case(
        "organizations",
        "move_account",
        lambda ids: {
            "AccountId": ids["account"],
            "SourceParentId": ids["root"],
            "DestinationParentId": ids["unit"],
        },
    ),
    Case("organizations", "close_account", lambda ids: {"AccountId": ids["account"]}),
    Case("organizations", "close_account", lambda ids: {"AccountId": ids["account"]}, "twice"),
    Case("organizations", "close_account", lambda ids: {"AccountId": UNKNOWN_ACCOUNT}, "of nobody"),
    Case(
        "organizations",
        "register_delegated_administrator",
        lambda ids: {"AccountId": ids["administrator"], "ServicePrincipal": SERVICE},
        "twice",
    ),
    Case(
        "organizations",
        "deregister_delegated_administrator",
        lambda ids: {"AccountId": ids["administrator"], "ServicePrincipal": SERVICE},
    ),
    Case(
        "organizations",
        "deregister_delegated_administrator",
        lambda ids: {"AccountId": ids["administrator"], "ServicePrincipal": SERVICE},
        "twice",
    ),
    Case("organizations", "delete_organizational_unit", lambda ids: {"OrganizationalUnitId": ids["empty unit"]}),
    Case(
        "organizations", "delete_organizational_unit", lambda ids: {"OrganizationalUnitId": ids["empty unit"]}, "twice"
    ),
    Case(
        "organizations",
        "delete_organizational_unit",
        lambda ids: {"OrganizationalUnitId": ids["unit"]},
        "not empty",
        differences=refusal(
            "OrganizationalUnitNotEmptyException", "AWS keeps a unit that holds something", ": nothing"
        ),
    ),
    Case("organizations", "remove_account_from_organization", lambda ids: {"AccountId": ids["administrator"]}),
    # Identity Store: looking
    Case(
        "identitystore",
        "describe_group",
        lambda ids: {"IdentityStoreId": STORE, "GroupId": ids["group"]},
        differences=group_fields(""),
    ),
    Case(
        "identitystore", "describe_group", lambda ids: {"IdentityStoreId": STORE, "GroupId": UNKNOWN_PRINCIPAL}, "none"
    ),
    Case("identitystore", "list_groups", lambda ids: {"IdentityStoreId": STORE}, differences=group_fields("Groups[].")),
    Case(
        "identitystore",
        "list_groups",
        lambda ids: {"IdentityStoreId": STORE, "Filters": [{"AttributePath": "DisplayName", "AttributeValue": "x"}]},
        "filtered",
        differences=refusal("ValidationException", "filters are refused since December 2024", "Groups: list"),
    ),
    Case(
        "identitystore",
        "describe_user",
        lambda ids: {"IdentityStoreId": STORE, "UserId": ids["user"]},
        differences=user_fields(""),
    ),
    Case(
        "identitystore", "describe_user", lambda ids: {"IdentityStoreId": STORE, "UserId": UNKNOWN_PRINCIPAL}, "nobody"
    ),
    Case("identitystore", "list_users", lambda ids: {"IdentityStoreId": STORE}, differences=user_fields("Users[].")),
    Case("identitystore", "get_group_id", lambda ids: named("displayName", "Shared"), differences=arn("GroupArn")),
    Case("identitystore", "get_group_id", lambda ids: named("displayName", "Nobody"), "of nobody"),
    Case(
        "identitystore", "get_user_id", lambda ids: named("userName", "shared@example.com"), differences=arn("UserArn")
    ),
    Case(
        "identitystore",
        "get_user_id",
        lambda ids: named("emails.value", "shared@example.com"),
        "by address",
        differences=arn("UserArn"),
    ),
    Case("identitystore", "get_user_id", lambda ids: named("userName", "nobody"), "of nobody"),
    Case("identitystore", "get_user_id", lambda ids: named("title", "Lead"), "by title"),
    Case(
        "identitystore",
        "list_group_memberships",
        lambda ids: {"IdentityStoreId": STORE, "GroupId": ids["group"]},
        differences=membership_fields("GroupMemberships[]."),
    ),
    Case(
        "identitystore",
        "list_group_memberships_for_member",
        lambda ids: {"IdentityStoreId": STORE, **member(ids)},
        differences=membership_fields("GroupMemberships[]."),
    ),
    Case(
        "identitystore",
        "is_member_in_groups",
        lambda ids: {"IdentityStoreId": STORE, **member(ids), "GroupIds": [ids["group"], UNKNOWN_PRINCIPAL]},
    ),
    Case(
        "identitystore",
        "get_group_membership_id",
        lambda ids: {"IdentityStoreId": STORE, "GroupId": ids["group"], **member(ids)},
        differences=arn("MembershipArn"),
    ),
    Case(
        "identitystore",
        "get_group_membership_id",
        lambda ids: {"IdentityStoreId": STORE, "GroupId": UNKNOWN_PRINCIPAL, **member(ids)},
        "of none",
    ),
    Case(
        "identitystore",
        "describe_group_membership",
        lambda ids: {"IdentityStoreId": STORE, "MembershipId": ids["membership"]},
        differences=membership_fields(""),
    ),
    # Identity Store: changing
    Case(
        "identitystore",
        "create_group",
        lambda ids: {"IdentityStoreId": STORE, "DisplayName": "New"},
        differences=arn("GroupArn") | revision("Revision"),
    ),
    Case("identitystore", "create_group", lambda ids: {"IdentityStoreId": STORE, "DisplayName": "Shared"}, "twice"),
    Case(
        "identitystore",
        "create_user",
        lambda ids: {"IdentityStoreId": STORE, **user("new@example.com")},
        differences=arn("UserArn") | revision("Revision"),
    ),
    Case("identitystore", "create_user", lambda ids: {"IdentityStoreId": STORE, **user("shared@example.com")}, "twice"),
    Case("identitystore", "create_user", lambda ids: {"IdentityStoreId": STORE, "UserName": "x"}, "without a name"),
    Case(
        "identitystore",
        "create_group_membership",
        lambda ids: {"IdentityStoreId": STORE, "GroupId": ids["other group"], **member(ids)},
        differences=arn("MembershipArn"),
    ),
    Case(
        "identitystore",
        "create_group_membership",
        lambda ids: {"IdentityStoreId": STORE, "GroupId": ids["group"], "MemberId": {"UserId": UNKNOWN_PRINCIPAL}},
        "of nobody",
    ),
    Case(
        "identitystore",
        "create_group_membership",
        lambda ids: {"IdentityStoreId": STORE, "GroupId": ids["group"], **member(ids)},
        "twice",
        differences=refusal(
            "ConflictException", "a user is in a group once", "IdentityStoreId: str", "MembershipId: str"
        ),
    ),
    Case(
        "identitystore",
        "delete_group_membership",
        lambda ids: {"IdentityStoreId": STORE, "MembershipId": ids["membership"]},
    ),
    Case(
        "identitystore",
        "describe_group_membership",
        lambda ids: {"IdentityStoreId": STORE, "MembershipId": ids["membership"]},
        "that is gone",
    ),
    Case(
        "identitystore",
        "delete_group_membership",
        lambda ids: {"IdentityStoreId": STORE, "MembershipId": ids["membership"]},
        "twice",
        differences=gone(),
    ),
    Case("identitystore", "delete_user", lambda ids: {"IdentityStoreId": STORE, "UserId": ids["user"]}),
    Case(
        "identitystore",
        "delete_user",
        lambda ids: {"IdentityStoreId": STORE, "UserId": ids["user"]},
        "twice",
        differences=gone(),
    ),
    Case("identitystore", "delete_group", lambda ids: {"IdentityStoreId": STORE, "GroupId": ids["group"]}),
    Case(
        "identitystore",
        "delete_group",
        lambda ids: {"IdentityStoreId": STORE, "GroupId": ids["group"]},
        "twice",
        differences=gone(),
    ),
]


def named(path: str, value: str) -> dict[str, Any]:
    unique = {"UniqueAttribute": {"AttributePath": path, "AttributeValue": value}}
    return {"IdentityStoreId": STORE, "AlternateIdentifier": unique}


def member(ids: dict[str, str]) -> dict[str, Any]:
    return {"MemberId": {"UserId": ids["user"]}}


def user(user_name: str) -> dict[str, Any]:
    return {
        "UserName": user_name,
        "DisplayName": "Somebody",
        "Name": {"GivenName": "Some", "FamilyName": "Body"},
        "Emails": [{"Value": user_name, "Type": "work", "Primary": True}],
        "Title": "Lead",
    }


@pytest.fixture(scope="module")
def worlds() -> Iterator[tuple[World, World]]:
    """Both sides, with the same things in them. The cases run in the order of their table."""
    with both() as (ours, theirs):
        theirs.client("organizations").create_organization(FeatureSet="ALL")
        theirs.client("organizations").enable_aws_service_access(ServicePrincipal=SERVICE)
        for world in [ours, theirs]:
            fill(world)
        yield ours, theirs


def fill(world: World) -> None:
    organizations, store = world.client("organizations"), world.client("identitystore")
    root = organizations.list_roots()["Roots"][0]["Id"]
    tags = [{"Key": "team", "Value": "web"}]
    world.ids["root"] = root
    organizations.tag_resource(ResourceId=root, Tags=tags)
    for name, key in [("Apps", "unit"), ("Nothing", "empty unit")]:
        made = organizations.create_organizational_unit(ParentId=root, Name=name, Tags=tags)
        world.ids[key] = made["OrganizationalUnit"]["Id"]
    for key in ["administrator", "account"]:
        world.ids["creation"], world.ids[key] = account(organizations, key, tags)
    organizations.register_delegated_administrator(AccountId=world.ids["administrator"], ServicePrincipal=SERVICE)
    world.ids["group"] = store.create_group(IdentityStoreId=STORE, DisplayName="Shared", Description="All")["GroupId"]
    world.ids["other group"] = store.create_group(IdentityStoreId=STORE, DisplayName="Other")["GroupId"]
    world.ids["user"] = store.create_user(IdentityStoreId=STORE, **user("shared@example.com"))["UserId"]
    joined = store.create_group_membership(IdentityStoreId=STORE, GroupId=world.ids["group"], **member(world.ids))
    world.ids["membership"] = joined["MembershipId"]


def account(organizations: Any, name: str, tags: list[dict[str, str]]) -> tuple[str, str]:
    """The id of the request, and that of the account, once it is there."""
    status = organizations.create_account(AccountName=name, Email=f"{name}@example.com", Tags=tags)
    request = status["CreateAccountStatus"]["Id"]
    while True:
        status = organizations.describe_create_account_status(CreateAccountRequestId=request)["CreateAccountStatus"]
        if status["State"] == "SUCCEEDED":
            return request, status["AccountId"]
        time.sleep(0.05)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_answers_have_the_same_shape(worlds: tuple[World, World], case: Case) -> None:
    compare(case, *worlds)
