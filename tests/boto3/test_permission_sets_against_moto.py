"""Permission sets, asked of moto and of the organization on localhost: the same shapes, or a reason why not.

moto knows nothing of boundaries, tags or provisioning here, so those are left to `test_sso_admin.py`.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from both import Case, Ids, World, both, compare

READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
OWN = {"Name": "Own", "Path": "/team/"}
POLICY = '{"Version": "2012-10-17", "Statement": []}'

# Reasons
ONCE = "a name is taken once: github.com/avlcloudtechnologies/terraform-aws-sso/issues/6"
DURATION = "a duration is text, PT1H, as botocore's model says; moto answers the number 3600"


def case(operation: str, label: str = "", differences: dict[str, str] | None = None, **arguments: Any) -> Case:
    """A request for the permission set that both sides have."""

    def parameters(ids: Ids) -> dict[str, Any]:
        return {"InstanceArn": ids["instance"], "PermissionSetArn": ids["set"], **arguments}

    return Case("sso-admin", operation, parameters, label, differences or {})


def create(label: str, differences: dict[str, str], **arguments: Any) -> Case:
    def parameters(ids: Ids) -> dict[str, Any]:
        return {"InstanceArn": ids["instance"], **arguments}

    return Case("sso-admin", "create_permission_set", parameters, label, differences)


CREATED = [
    "PermissionSet.CreatedDate: time",
    "PermissionSet.Name: str",
    "PermissionSet.PermissionSetArn: str",
    "PermissionSet.SessionDuration: str",
]

CASES = [
    create(
        "of a name that is taken",
        {"+ error: ConflictException": ONCE} | {f"- {line}": ONCE for line in CREATED},
        Name="Story",
        SessionDuration="PT2H",
    ),
    create(
        "without a duration",
        {
            "+ PermissionSet.SessionDuration: str": DURATION,
            "- PermissionSet.SessionDuration: int": DURATION,
        },
        Name="Hour",
    ),
    case("describe_permission_set"),
    Case("sso-admin", "list_permission_sets", lambda ids: {"InstanceArn": ids["instance"]}),
    case("update_permission_set", Description="Upon a time"),
    case("list_managed_policies_in_permission_set", "that are none"),
    case("attach_managed_policy_to_permission_set", ManagedPolicyArn=READ_ONLY),
    case("attach_managed_policy_to_permission_set", "again", ManagedPolicyArn=READ_ONLY),
    case("list_managed_policies_in_permission_set"),
    case("detach_managed_policy_from_permission_set", ManagedPolicyArn=READ_ONLY),
    case("detach_managed_policy_from_permission_set", "again", ManagedPolicyArn=READ_ONLY),
    case("list_customer_managed_policy_references_in_permission_set", "that are none"),
    case("attach_customer_managed_policy_reference_to_permission_set", CustomerManagedPolicyReference=OWN),
    case("attach_customer_managed_policy_reference_to_permission_set", "again", CustomerManagedPolicyReference=OWN),
    case("list_customer_managed_policy_references_in_permission_set"),
    case("detach_customer_managed_policy_reference_from_permission_set", CustomerManagedPolicyReference=OWN),
    case("detach_customer_managed_policy_reference_from_permission_set", "again", CustomerManagedPolicyReference=OWN),
    case("get_inline_policy_for_permission_set", "that is none"),
    case("put_inline_policy_to_permission_set", InlinePolicy=POLICY),
    case("get_inline_policy_for_permission_set"),
    case("delete_inline_policy_from_permission_set"),
    case("delete_permission_set"),
    case("delete_permission_set", "again"),
    case("describe_permission_set", "that is none"),
]


@pytest.fixture(scope="module")
def worlds() -> Iterator[tuple[World, World]]:
    """Both sides, with the same permission set in them. The cases run in the order of their table."""
    with both() as (ours, theirs):
        for world in [ours, theirs]:
            admin = world.client("sso-admin")
            world.ids["instance"] = admin.list_instances()["Instances"][0]["InstanceArn"]
            made = admin.create_permission_set(
                InstanceArn=world.ids["instance"], Name="Story", Description="Once", SessionDuration="PT2H"
            )
            world.ids["set"] = made["PermissionSet"]["PermissionSetArn"]
        yield ours, theirs


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_answers_have_the_same_shape(worlds: tuple[World, World], case: Case) -> None:
    compare(case, *worlds)
