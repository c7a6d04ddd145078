"""The Identity Store on localhost, as boto3 sees it."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from bob import ANA, AUDITORS, ENGINEERING, ENTERPRISE, MARY, OUTSIDE_ACCOUNT, SANDBOX_ACCOUNT, UNKNOWN_PRINCIPAL
from conftest import Refused
from server import Server


class Store:
    """The client, with the store's id filled in."""

    def __init__(self, client: Any, store_id: str) -> None:
        self._client = client
        self.id = store_id

    def __getattr__(self, operation: str) -> Any:
        call = getattr(self._client, operation)
        return lambda **parameters: call(IdentityStoreId=self.id, **parameters)

    def pages(self, operation: str, key: str, **parameters: Any) -> list[Any]:
        paginator = self._client.get_paginator(operation)
        return [item for page in paginator.paginate(IdentityStoreId=self.id, **parameters) for item in page[key]]

    def user_id(self, path: str, value: str) -> str:
        found: str = self.get_user_id(AlternateIdentifier=unique(path, value))["UserId"]
        return found

    def group_id(self, name: str) -> str:
        found: str = self.get_group_id(AlternateIdentifier=unique("displayName", name))["GroupId"]
        return found


@pytest.fixture
def store(identity_store: Any, store_id: str) -> Store:
    return Store(identity_store, store_id)


def unique(path: str, value: str) -> dict[str, Any]:
    return {"UniqueAttribute": {"AttributePath": path, "AttributeValue": value}}


def new_user(**more: Any) -> dict[str, Any]:
    return {
        "UserName": "zoe@example.com",
        "DisplayName": "Zoe Quinn",
        "Name": {"GivenName": "Zoe", "FamilyName": "Quinn"},
        **more,
    }


def operation(path: str, value: Any = None) -> dict[str, Any]:
    return {"AttributePath": path} | ({} if value is None else {"AttributeValue": value})


# Users


def test_a_user_is_kept_as_they_were_made(store: Store) -> None:
    wanted = new_user(
        Name={"GivenName": "Zoe", "FamilyName": "Quinn", "MiddleName": "B", "Formatted": "Zoe B Quinn"},
        NickName="Z",
        Emails=[{"Value": "zoe@example.com", "Type": "work", "Primary": True}],
        PhoneNumbers=[{"Value": "+1 555 0100", "Type": "work", "Primary": True}],
        Addresses=[{"Locality": "Seattle", "Country": "US", "Type": "work"}],
        Photos=[{"Value": "https://example.com/zoe.png", "Type": "photo"}],
        Roles=[{"Value": "lead", "Primary": True}],
        Title="Lead",
        UserType="employee",
        Locale="en_US",
        Timezone="America/Los_Angeles",
        PreferredLanguage="en",
        ProfileUrl="https://example.com/zoe",
        Website="https://zoe.example.com",
        Birthdate="1990-01-01",
        Extensions={ENTERPRISE: {"department": "Platform", "costCenter": "4711", "employeeNumber": "7"}},
    )
    made = store.create_user(**wanted)
    assert made["UserArn"] == f"arn:aws:identitystore:::user/{made['UserId']}"
    assert (made["IdentityStoreId"], made["Revision"]) == (store.id, "1")

    user = store.describe_user(UserId=made["UserId"], Extensions=[ENTERPRISE])
    assert {field: user[field] for field in wanted} == wanted
    assert (user["UserStatus"], user["Revision"]) == ("ENABLED", "1")
    assert user["CreatedAt"] == user["UpdatedAt"]
    assert "Extensions" not in store.describe_user(UserId=made["UserId"])
    listed = store.pages("list_users", "Users", Extensions=[ENTERPRISE])
    assert [one for one in listed if one["UserId"] == made["UserId"]] == [
        {field: value for field, value in user.items() if field != "ResponseMetadata"}
    ]


def test_a_user_is_changed_attribute_by_attribute(store: Store) -> None:
    user_id = store.create_user(**new_user(Title="Lead"))["UserId"]
    updated = store.update_user(
        UserId=user_id,
        Operations=[
            operation("title"),
            operation("displayName", "Zoe Smith"),
            operation("name.familyName", "Smith"),
            operation("emails", [{"value": "zoe@example.org", "type": "work", "primary": True}]),
            operation(f"{ENTERPRISE}.department", "Data"),
        ],
    )
    assert updated["Revision"] == "2"
    user = store.describe_user(UserId=user_id, Extensions=[ENTERPRISE])
    assert "Title" not in user
    assert (user["DisplayName"], user["Name"]) == ("Zoe Smith", {"GivenName": "Zoe", "FamilyName": "Smith"})
    assert user["Emails"] == [{"Value": "zoe@example.org", "Type": "work", "Primary": True}]
    assert user["Extensions"] == {ENTERPRISE: {"department": "Data"}}
    assert user["UpdatedAt"] > user["CreatedAt"]
    assert store.user_id("emails.value", "ZOE@example.org") == user_id


def test_a_renamed_user_is_found_by_the_new_name_only(store: Store, refused: Refused) -> None:
    store.update_user(UserId=MARY, Operations=[operation("userName", "mary@example.com")])
    assert store.user_id("userName", "mary@example.com") == MARY
    with refused("ResourceNotFoundException", ResourceType="USER"):
        store.user_id("userName", "mary.adams@example.com")


def test_all_changes_of_a_user_are_made_or_none(store: Store, refused: Refused) -> None:
    before = store.describe_user(UserId=MARY)
    with refused("ValidationException"):
        store.update_user(UserId=MARY, Operations=[operation("title", "CEO"), operation("salary", "7")])
    with refused("ValidationException"):
        store.update_user(UserId=MARY, Operations=[operation("title", "CEO"), operation("name.givenName")])
    after = store.describe_user(UserId=MARY)
    assert (after["Title"], after["Revision"]) == (before["Title"], "1")


@pytest.mark.parametrize(("kind", "key"), [("user", {"UserId": ANA}), ("group", {"GroupId": AUDITORS})])
def test_who_changes_what_has_changed_since_is_told(
    store: Store, refused: Refused, kind: str, key: dict[str, str]
) -> None:
    update, delete = getattr(store, f"update_{kind}"), getattr(store, f"delete_{kind}")
    rename = [operation("displayName", "Renamed")]
    assert update(**key, Operations=rename, Revision="1")["Revision"] == "2"
    with refused("ConflictException", Reason="CONCURRENT_MODIFICATION"):
        update(**key, Operations=rename, Revision="1")
    with refused("ConflictException", Reason="CONCURRENT_MODIFICATION"):
        delete(**key, Revision="1")
    delete(**key, Revision="2")


def test_names_and_addresses_are_unique_whatever_their_case(store: Store, refused: Refused) -> None:
    store.create_user(**new_user(Emails=[{"Value": "zoe@example.com"}]))
    for same in [
        new_user(UserName="ZOE@example.com"),
        new_user(UserName="other", Emails=[{"Value": "Zoe@Example.com"}]),
        new_user(UserName="other", Emails=[{"Value": "mary.adams@example.com"}]),
    ]:
        with refused("ConflictException", Reason="UNIQUENESS_CONSTRAINT_VIOLATION"):
            store.create_user(**same)
    with refused("ConflictException", Reason="UNIQUENESS_CONSTRAINT_VIOLATION"):
        store.update_user(UserId=MARY, Operations=[operation("userName", "zoe@example.com")])
    with refused("ConflictException", Reason="UNIQUENESS_CONSTRAINT_VIOLATION"):
        store.create_group(DisplayName="engineering")
    with refused("ConflictException", Reason="UNIQUENESS_CONSTRAINT_VIOLATION"):
        store.update_group(GroupId=AUDITORS, Operations=[operation("displayName", "ENGINEERING")])
    store.update_group(GroupId=ENGINEERING, Operations=[operation("displayName", "ENGINEERING")])


@pytest.mark.parametrize("missing", ["UserName", "DisplayName", "Name"])
def test_a_user_has_names(store: Store, refused: Refused, missing: str) -> None:
    user = new_user()
    del user[missing]
    with refused("ValidationException"):
        store.create_user(**user)


@pytest.mark.parametrize("name", ["Administrator", "two words", "n" * 129])
def test_some_user_names_are_not_allowed(store: Store, refused: Refused, name: str) -> None:
    with refused("ValidationException"):
        store.create_user(**new_user(UserName=name))


# Groups


def test_a_group_is_made_changed_and_deleted(store: Store, refused: Refused) -> None:
    made = store.create_group(DisplayName="Builders", Description="They build")
    group_id = made["GroupId"]
    assert made["GroupArn"] == f"arn:aws:identitystore:::group/{group_id}"
    store.update_group(GroupId=group_id, Operations=[operation("displayName", "Makers"), operation("description")])
    group = store.describe_group(GroupId=made["GroupArn"])
    assert (group["DisplayName"], group["Revision"]) == ("Makers", "2")
    assert "Description" not in group
    assert store.group_id("makers") == group_id
    assert group_id in [one["GroupId"] for one in store.pages("list_groups", "Groups")]
    with refused("ResourceNotFoundException", ResourceType="GROUP"):
        store.group_id("Builders")

    store.delete_group(GroupId=group_id)
    with refused("ResourceNotFoundException", ResourceType="GROUP", ResourceId=group_id):
        store.describe_group(GroupId=group_id)
    with refused("ResourceNotFoundException", ResourceType="GROUP", ResourceId=group_id):
        store.delete_group(GroupId=group_id)


@pytest.mark.parametrize("change", [operation("displayName"), operation("members", "x"), operation("displayName", 7)])
def test_a_group_keeps_its_name(store: Store, refused: Refused, change: dict[str, Any]) -> None:
    with refused("ValidationException"):
        store.update_group(GroupId=ENGINEERING, Operations=[change])


# Memberships


def test_a_membership_is_found_from_every_side(store: Store, refused: Refused) -> None:
    made = store.create_group_membership(GroupId=AUDITORS, MemberId={"UserId": MARY})
    assert made["MembershipArn"] == f"arn:aws:identitystore:::membership/{made['MembershipId']}"
    same = store.get_group_membership_id(GroupId=AUDITORS, MemberId={"UserId": MARY})
    assert same["MembershipId"] == made["MembershipId"]
    membership = store.describe_group_membership(MembershipId=made["MembershipArn"])
    del membership["ResponseMetadata"]
    assert (membership["GroupId"], membership["MemberId"]) == (AUDITORS, {"UserId": MARY})
    assert membership in store.pages("list_group_memberships", "GroupMemberships", GroupId=AUDITORS)
    of_mary = store.pages("list_group_memberships_for_member", "GroupMemberships", MemberId={"UserId": MARY})
    assert of_mary == [membership]
    results = store.is_member_in_groups(MemberId={"UserId": MARY}, GroupIds=[AUDITORS, ENGINEERING])["Results"]
    assert [result["MembershipExists"] for result in results] == [True, False]

    with refused("ConflictException", Reason="UNIQUENESS_CONSTRAINT_VIOLATION"):
        store.create_group_membership(GroupId=AUDITORS, MemberId={"UserId": MARY})
    store.delete_group_membership(MembershipId=made["MembershipId"])
    with refused("ResourceNotFoundException", ResourceType="GROUP_MEMBERSHIP"):
        store.delete_group_membership(MembershipId=made["MembershipId"])
    with refused("ResourceNotFoundException", ResourceType="GROUP_MEMBERSHIP"):
        store.describe_group_membership(MembershipId=made["MembershipId"])
    with refused("ResourceNotFoundException", ResourceType="GROUP_MEMBERSHIP"):
        store.get_group_membership_id(GroupId=AUDITORS, MemberId={"UserId": MARY})
    again = store.create_group_membership(GroupId=AUDITORS, MemberId={"UserId": MARY})
    assert again["MembershipId"] != made["MembershipId"]


def test_memberships_go_with_either_side_and_assignments_stay(server: Server, store: Store) -> None:
    sso_admin = server.client("sso-admin")
    instance = sso_admin.list_instances()["Instances"][0]["InstanceArn"]
    before = sso_admin.list_account_assignments_for_principal(
        InstanceArn=instance, PrincipalType="GROUP", PrincipalId=AUDITORS
    )["AccountAssignments"]
    assert before
    of_ana = store.pages("list_group_memberships_for_member", "GroupMemberships", MemberId={"UserId": ANA})
    assert [membership["GroupId"] for membership in of_ana] == [ENGINEERING]

    members = store.pages("list_group_memberships", "GroupMemberships", GroupId=AUDITORS)
    store.delete_group(GroupId=AUDITORS)
    for member in members:
        of_user = store.pages("list_group_memberships_for_member", "GroupMemberships", MemberId=member["MemberId"])
        assert AUDITORS not in [membership["GroupId"] for membership in of_user]
    store.delete_user(UserId=ANA)
    of_group = store.pages("list_group_memberships", "GroupMemberships", GroupId=ENGINEERING)
    assert {"UserId": ANA} not in [membership["MemberId"] for membership in of_group]

    orphans = sso_admin.list_account_assignments(
        InstanceArn=instance, AccountId=before[0]["AccountId"], PermissionSetArn=before[0]["PermissionSetArn"]
    )["AccountAssignments"]
    assert AUDITORS in [orphan["PrincipalId"] for orphan in orphans]


@pytest.mark.parametrize(
    ("name", "parameters", "kind"),
    [
        ("create_group_membership", {"GroupId": UNKNOWN_PRINCIPAL, "MemberId": {"UserId": MARY}}, "GROUP"),
        ("create_group_membership", {"GroupId": ENGINEERING, "MemberId": {"UserId": UNKNOWN_PRINCIPAL}}, "USER"),
        ("delete_user", {"UserId": UNKNOWN_PRINCIPAL}, "USER"),
        ("describe_user", {"UserId": UNKNOWN_PRINCIPAL}, "USER"),
        ("is_member_in_groups", {"MemberId": {"UserId": UNKNOWN_PRINCIPAL}, "GroupIds": [ENGINEERING]}, "USER"),
        ("list_group_memberships", {"GroupId": UNKNOWN_PRINCIPAL}, "GROUP"),
        ("list_group_memberships_for_member", {"MemberId": {"UserId": UNKNOWN_PRINCIPAL}}, "USER"),
        ("update_group", {"GroupId": UNKNOWN_PRINCIPAL, "Operations": [operation("displayName", "A")]}, "GROUP"),
        ("update_user", {"UserId": UNKNOWN_PRINCIPAL, "Operations": [operation("title", "A")]}, "USER"),
    ],
)
def test_what_is_not_there_is_named(
    store: Store, refused: Refused, name: str, parameters: dict[str, Any], kind: str
) -> None:
    with refused("ResourceNotFoundException", ResourceType=kind, ResourceId=UNKNOWN_PRINCIPAL):
        getattr(store, name)(**parameters)


# Looking


def test_lists_are_not_filtered(store: Store, refused: Refused) -> None:
    for listing, path in [(store.list_users, "UserName"), (store.list_groups, "DisplayName")]:
        with refused("ValidationException"):
            listing(Filters=[{"AttributePath": path, "AttributeValue": "x"}])


def test_only_some_attributes_name_somebody(store: Store, refused: Refused) -> None:
    with refused("ValidationException"):
        store.user_id("title", "Software Engineer")
    with refused("ValidationException"):
        store.get_group_id(AlternateIdentifier=unique("description", "x"))
    external = {"ExternalId": {"Issuer": "https://idp.example.com", "Id": "7"}}
    with refused("ResourceNotFoundException", ResourceType="USER", ResourceId="7"):
        store.get_user_id(AlternateIdentifier=external)


def test_the_store_is_named_by_id_or_arn(identity_store: Any, store: Store, refused: Refused) -> None:
    arn = f"arn:aws:identitystore::{SANDBOX_ACCOUNT}:identitystore/{store.id}"
    assert identity_store.describe_group(IdentityStoreId=arn, GroupId=ENGINEERING)["IdentityStoreId"] == store.id
    with refused("ResourceNotFoundException", ResourceType="IDENTITY_STORE", ResourceId="d-0000000000"):
        identity_store.list_groups(IdentityStoreId="d-0000000000")


def test_an_error_names_its_request(identity_store: Any, store: Store) -> None:
    with pytest.raises(identity_store.exceptions.ResourceNotFoundException) as caught:
        store.describe_group(GroupId=UNKNOWN_PRINCIPAL)
    response = caught.value.response
    assert response["RequestId"] == response["ResponseMetadata"]["RequestId"]


def test_a_list_goes_on_where_its_page_ended(store: Store) -> None:
    first = store.list_users(MaxResults=5)
    store.delete_user(UserId=first["Users"][0]["UserId"])
    rest = store.pages("list_users", "Users")
    second = store.list_users(MaxResults=100, NextToken=first["NextToken"])["Users"]
    assert second == rest[4:], "none is missed because another one went"


# Callers and quotas


def test_who_is_throttled_is_told_when_to_come_again(start: Callable[..., Server], store_id: str) -> None:
    store = start("--quotas", "strict", "--speed", "0.01").client("identitystore")
    errors = []
    for _ in range(40):
        try:
            store.list_groups(IdentityStoreId=store_id)
        except ClientError as error:
            errors.append(error.response)
    assert {error["Error"]["Code"] for error in errors} == {"ThrottlingException"}
    assert all(1 <= error["RetryAfterSeconds"] <= 5 for error in errors)
    assert all(error["RequestId"] for error in errors)


def test_a_member_account_has_no_business_with_the_store(server: Server, store_id: str, refused: Refused) -> None:
    for account in [SANDBOX_ACCOUNT, OUTSIDE_ACCOUNT]:
        with refused("AccessDeniedException"):
            server.client("identitystore", account).list_groups(IdentityStoreId=store_id)
