"""Checks what the roles of the templates may do against AWS's own list of actions and of what each is for.

A permission on the wrong kind of resource allows nothing, and shows only when AWS refuses the call: an action that is for
accounts and instances needs both. The list is Policy Sentry's copy of AWS's Service Authorization Reference, offline:
https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

import re
import sys
from collections.abc import Iterator
from functools import cache
from itertools import chain
from typing import Any

from policy_sentry.querying.actions import get_action_data

from resolved import Template

MANAGEMENT = "111122223333"

# With all that may be chosen.
TEMPLATES = [
    Template(
        "template.yaml",
        {
            "IdentityCenterKeyArn": f"arn:aws:kms:eu-west-1:{MANAGEMENT}:key/1234abcd-12ab-34cd-56ef-1234567890ab",
            "InstanceArn": "arn:aws:sso:::instance/ssoins-7223aaaabbbbcccc",
            "ManageManagementAccount": "true",
            "ManagementAccountId": MANAGEMENT,
            "ManagementRoleArn": f"arn:aws:iam::{MANAGEMENT}:role/usher-reader",
            "Tracing": "Active",
        },
    ),
    Template(
        "organization-events.yaml",
        {
            "EventBusArn": "arn:aws:events:eu-west-1:222233334444:event-bus/default",
            "ExternalId": "usher-1f0c",
            "IdentityCenterKeyArn": f"arn:aws:kms:eu-west-1:{MANAGEMENT}:key/1234abcd-12ab-34cd-56ef-1234567890ab",
            "ReconcilerRoleArn": "arn:aws:iam::222233334444:role/usher-reconciler",
        },
        region="us-east-1",
        account=MANAGEMENT,
    ),
]

# What an action could be used on as well, and Usher does not use it on.
NOT_USED = {
    "organizations:ListTagsForResource": {
        "arn:${Partition}:organizations::${Account}:policy/o-${OrganizationId}/${PolicyType}/p-${PolicyId}",
        "arn:${Partition}:organizations::${Account}:resourcepolicy/o-${OrganizationId}/rp-${ResourcePolicyId}",
    },
}


def main() -> int:
    """Prints what is wrong. Returns the exit code: 0 if nothing is."""
    checked = [(template, *statement) for template in TEMPLATES for statement in statements(template)]
    wrong = [f"{template.name}: {role}: {what}" for template, role, actions, on in checked for what in mistakes(actions, on)]
    for line in wrong:
        print(line, file=sys.stderr)
    print(f"{len(checked)} statements, {len(wrong)} mistakes")
    return 1 if wrong or not checked else 0


def statements(template: Template) -> Iterator[tuple[str, list[str], list[str]]]:
    """Each role, with the actions and the resources of each statement of its policies."""
    for role, resource in template.resources("AWS::IAM::Role").items():
        own = (policy["PolicyDocument"] for policy in resource["Properties"]["Policies"])
        others = template.resources("AWS::IAM::Policy").values()
        attached = (one["Properties"]["PolicyDocument"] for one in others if f"{template.stack}-{role}" in one["Properties"]["Roles"])
        for statement in chain.from_iterable(document["Statement"] for document in chain(own, attached)):
            yield role, listed(statement["Action"]), listed(statement["Resource"])


def mistakes(actions: list[str], resources: list[str]) -> Iterator[str]:
    """What is wrong with a statement."""
    for action in actions:
        forms = forms_of(action)
        if not forms:
            yield f"{action} is no action of AWS"
        for form in forms - NOT_USED.get(action, set()):
            if not any(overlap(resource, form) for resource in resources):
                yield f"{action} needs {form}, and has {', '.join(resources)}"
    for resource in resources:
        if not any(overlap(resource, form) for action in actions for form in forms_of(action)):
            yield f"{', '.join(actions)}: none is ever used on {resource}"


@cache
def forms_of(action: str) -> set[str]:
    """How AWS writes the resources that an action is used on: "*" where there is no telling them apart."""
    service, name = action.split(":")
    forms = {row["resource_arn_format"] for rows in get_action_data(service, name).values() for row in rows}
    # Beside others it stands for the conditions that hold for all of them.
    return forms - {"*"} or forms


def overlap(resource: str, form: str) -> bool:
    """Whether a resource of a policy may be one of that form."""
    if "*" in (resource, form):
        return resource == "*"
    form = re.sub(r"\$\{\w+\}", "*", form.replace("${Partition}", "aws"))
    # No asterisk goes beyond a colon before the last part, which may have colons of its own.
    return all(map(have_common, resource.split(":", 5), form.split(":", 5)))


@cache
def have_common(one: str, other: str) -> bool:
    """Whether any text is meant by both of two patterns."""
    if not one or not other:
        return not (one + other).strip("*")
    if one[0] == "*":
        return have_common(one[1:], other) or have_common(one, other[1:])
    if other[0] == "*":
        return have_common(other, one)
    return one[0] == other[0] and have_common(one[1:], other[1:])


def listed(value: Any) -> list[str]:
    """One or many, as policies have both."""
    return [value] if isinstance(value, str) else list(value)


if __name__ == "__main__":
    sys.exit(main())
