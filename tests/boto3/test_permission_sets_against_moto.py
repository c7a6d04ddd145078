"""The same calls to us and to moto, and the same shape of answers.

moto is somebody else's reading of the same documentation. It knows nothing of quotas, time or
provisioning, so only the ways of permission sets themselves are compared; where the two differ,
KNOWN says why ours is right.
"""

from datetime import datetime

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
OWN = {"Name": "Own", "Path": "/team/"}
POLICY = '{"Version": "2012-10-17", "Statement": []}'

# Operation and arguments; "SET" stands for the permission set that the first call made.
STORY = [
    ("create", "create_permission_set", {"Name": "Story", "Description": "Once", "SessionDuration": "PT2H"}),
    ("create again", "create_permission_set", {"Name": "Story", "SessionDuration": "PT2H"}),
    ("create without a duration", "create_permission_set", {"Name": "Hour"}),
    ("describe", "describe_permission_set", {"SET": True}),
    ("list", "list_permission_sets", {}),
    ("update", "update_permission_set", {"SET": True, "Description": "Upon a time"}),
    ("attach", "attach_managed_policy_to_permission_set", {"SET": True, "ManagedPolicyArn": READ_ONLY}),
    ("attach again", "attach_managed_policy_to_permission_set", {"SET": True, "ManagedPolicyArn": READ_ONLY}),
    ("list attached", "list_managed_policies_in_permission_set", {"SET": True}),
    ("detach", "detach_managed_policy_from_permission_set", {"SET": True, "ManagedPolicyArn": READ_ONLY}),
    ("detach again", "detach_managed_policy_from_permission_set", {"SET": True, "ManagedPolicyArn": READ_ONLY}),
    ("list none attached", "list_managed_policies_in_permission_set", {"SET": True}),
    ("attach own", "attach_customer_managed_policy_reference_to_permission_set", {"SET": True, "CustomerManagedPolicyReference": OWN}),
    ("attach own again", "attach_customer_managed_policy_reference_to_permission_set", {"SET": True, "CustomerManagedPolicyReference": OWN}),
    ("list own", "list_customer_managed_policy_references_in_permission_set", {"SET": True}),
    ("detach own", "detach_customer_managed_policy_reference_from_permission_set", {"SET": True, "CustomerManagedPolicyReference": OWN}),
    ("detach own again", "detach_customer_managed_policy_reference_from_permission_set", {"SET": True, "CustomerManagedPolicyReference": OWN}),
    ("no inline policy", "get_inline_policy_for_permission_set", {"SET": True}),
    ("inline policy", "put_inline_policy_to_permission_set", {"SET": True, "InlinePolicy": POLICY}),
    ("get inline policy", "get_inline_policy_for_permission_set", {"SET": True}),
    ("delete inline policy", "delete_inline_policy_from_permission_set", {"SET": True}),
    ("delete", "delete_permission_set", {"SET": True}),
    ("describe none", "describe_permission_set", {"SET": True}),
]  # fmt: skip

KNOWN = {
    # A name is taken once: https://github.com/avlcloudtechnologies/terraform-aws-sso/issues/6
    "create again": "moto makes a second permission set of the same name; AWS refuses it",
    # botocore's own model says that it is text.
    "create without a duration": "moto answers the number 3600; AWS the duration PT1H",
}


def tell(client):
    """What each call of the story led to: the shape of its answer, or the error's code."""
    instance = client.list_instances()["Instances"][0]["InstanceArn"]
    made, told = None, {}
    for step, operation, arguments in STORY:
        arguments = {**arguments, "InstanceArn": instance}
        if arguments.pop("SET", False):
            arguments["PermissionSetArn"] = made
        try:
            answer = getattr(client, operation)(**arguments)
        except ClientError as error:
            told[step] = error.response["Error"]["Code"]
            continue
        del answer["ResponseMetadata"]
        made = made or answer["PermissionSet"]["PermissionSetArn"]
        told[step] = shape(answer)
    return told


def shape(value):
    """The fields and their types; of a list those of its first item."""
    if isinstance(value, dict):
        return {name: shape(field) for name, field in sorted(value.items())}
    if isinstance(value, list):
        return [shape(item) for item in value[:1]]
    return "time" if isinstance(value, datetime) else type(value).__name__


@pytest.fixture(scope="module")
def motos():
    with mock_aws():
        keys = {"aws_access_key_id": "AKIAADMIN", "aws_secret_access_key": "secret"}
        yield tell(boto3.client("sso-admin", region_name="eu-west-1", **keys))


@pytest.fixture(scope="module")
def ours(start_for_module):
    return tell(start_for_module().client("sso-admin"))


@pytest.mark.parametrize("step", [step for step, _, _ in STORY])
def test_the_answers_have_the_same_shape(step, ours, motos):
    if step in KNOWN:
        assert ours[step] != motos[step], "no longer a difference: take it off the list"
    else:
        assert ours[step] == motos[step]
