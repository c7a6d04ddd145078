"""What the templates make of their parameters, and what they tell whoever deploys them."""

import itertools
import re
import shlex
from typing import Any

import pytest

from resolved import Template

MANAGEMENT = "111122223333"
DELEGATED = "222233334444"
KEY = f"arn:aws:kms:eu-west-1:{MANAGEMENT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
ROLES = {"AccountEventsRole", "AssignmentEventsRole", "GroupEventsRole", "ReconcilerRole", "RulesEventsRole", "TagEventsRole"}

# Where Usher is, where Identity Center is, and the Regions of the management account that events have to be brought from.
CASES = [
    pytest.param(MANAGEMENT, "us-east-1", [], id="management account, us-east-1"),
    pytest.param(MANAGEMENT, "eu-west-1", ["us-east-1"], id="management account, another Region"),
    pytest.param(DELEGATED, "us-east-1", ["us-east-1"], id="delegated administrator, us-east-1"),
    pytest.param(DELEGATED, "eu-west-1", ["us-east-1", "eu-west-1"], id="delegated administrator, another Region"),
]


def usher(account: str, region: str, **parameters: str) -> Template:
    """Usher's stack, told where the management account is when it has to be."""
    if account != MANAGEMENT:
        parameters["ManagementAccountId"] = MANAGEMENT
    return Template("template.yaml", parameters, region, account)


def forwarder(region: str, bus: str, **parameters: str) -> Template:
    """The forwarder, in the management account."""
    return Template("organization-events.yaml", {"EventBusArn": bus, **parameters}, region, MANAGEMENT)


def commands(text: str) -> list[dict[str, str]]:
    """The options of each deployment that an output names."""
    found = re.findall(r"aws cloudformation deploy .*?event-bus/default", text)
    words = [shlex.split(command)[3:] for command in found]
    return [dict(itertools.pairwise(["", *options])) for options in words]


def actions(role: dict[str, Any], policy: str) -> list[str]:
    """What a policy of a role allows, nothing when it has none of that name."""
    policies = [one for one in role["Properties"]["Policies"] if one["PolicyName"] == policy]
    statements = [statement for one in policies for statement in one["PolicyDocument"]["Statement"]]
    return [action for one in statements for action in ([one["Action"]] if isinstance(one["Action"], str) else one["Action"])]


@pytest.mark.parametrize(("account", "region", "regions"), CASES)
def test_each_case_is_told_the_forwarders_that_it_needs(account: str, region: str, regions: list[str]) -> None:
    told = commands(usher(account, region).outputs()["OrganizationsEvents"])
    assert [options["--region"] for options in told] == regions
    home = f"arn:aws:events:{region}:{account}:event-bus/default"
    for options in told:
        assert options["--parameter-overrides"] == f"EventBusArn={home}"
        assert options["--template-file"] == "infra/organization-events.yaml"
        assert options["--capabilities"] == "CAPABILITY_IAM"
        assert len(forwarder(options["--region"], home).resources("AWS::Events::Rule")) == 9


def statements(one: dict[str, Any]) -> list[dict[str, Any]]:
    """Of a policy that stands by itself, or of all that a role has."""
    policies = [one["Properties"], *one["Properties"].get("Policies", [])]
    return [statement for policy in policies for statement in policy.get("PolicyDocument", {}).get("Statement", [])]


@pytest.mark.parametrize(("account", "region", "regions"), CASES)
def test_what_a_forwarder_sends_is_let_in_where_it_is_sent(account: str, region: str, regions: list[str]) -> None:
    """No emulator carries events to another account or Region: each part of the way has to name the next one."""
    home = f"arn:aws:events:{region}:{account}:event-bus/default"
    policies = usher(account, region).resources("AWS::Events::EventBusPolicy").values()
    let_in = [(one["Properties"]["EventBusName"], one["Properties"]["Statement"]) for one in policies]
    from_management = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{MANAGEMENT}:root"},
        "Action": "events:PutEvents",
        "Resource": home,
    }
    # Within an account the sender's role is enough, in whichever Region the bus is.
    assert let_in == ([] if account == MANAGEMENT else [("default", from_management)])
    for elsewhere in regions:
        there = forwarder(elsewhere, home)
        role = there.resources("AWS::IAM::Role")["ForwarderRole"]
        assert statements(role) == [{"Effect": "Allow", "Action": "events:PutEvents", "Resource": home}]
        (trust,) = role["Properties"]["AssumeRolePolicyDocument"]["Statement"]
        assert trust["Principal"] == {"Service": "events.amazonaws.com"}
        assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": MANAGEMENT}}
        rules = there.resources("AWS::Events::Rule")
        targets = [target for rule in rules.values() for target in rule["Properties"]["Targets"]]
        lost = f"arn:aws:sqs:{elsewhere}:{MANAGEMENT}:usher-LostEvents"
        sent = {(target["Arn"], target["RoleArn"], target["DeadLetterConfig"]["Arn"]) for target in targets}
        assert sent == {(home, f"arn:aws:iam::{MANAGEMENT}:role/usher-ForwarderRole", lost)}
        # What cannot be sent is kept, whichever rule it was that could not.
        (keep,) = statements(there.resources("AWS::SQS::QueuePolicy")["LostEventsPolicy"])
        assert (keep["Action"], keep["Resource"]) == ("sqs:SendMessage", lost)
        senders = [f"arn:aws:events:{elsewhere}:{MANAGEMENT}:rule/usher-{name}" for name in rules]
        assert sorted(keep["Condition"]["ArnEquals"]["aws:SourceArn"]) == sorted(senders)


def test_each_of_two_stacks_lets_the_role_of_the_other_do_its_part() -> None:
    """The same external id for both, and nobody else is let in."""
    bus = f"arn:aws:events:eu-west-1:{DELEGATED}:event-bus/default"
    reconciler = usher(DELEGATED, "eu-west-1").outputs()["ReconcilerRoleArn"]
    there = forwarder("us-east-1", bus, ReconcilerRoleArn=reconciler, ExternalId="usher-1f0c")
    reader = there.outputs()["ReaderRoleArn"]
    here = usher(DELEGATED, "eu-west-1", ManagementRoleArn=reader, ExternalId="usher-1f0c")

    (trust,) = there.resources("AWS::IAM::Role")["ReaderRole"]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"AWS": reconciler}
    assert trust["Condition"] == {"StringEquals": {"sts:ExternalId": "usher-1f0c"}}
    policy = here.resources("AWS::IAM::Policy")["ManagementRolePolicy"]
    assert policy["Properties"]["Roles"] == [reconciler.split("/")[-1]]
    assert statements(policy) == [{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": reader}]
    variables = here.resources("AWS::Serverless::Function")["Reconciler"]["Properties"]["Environment"]["Variables"]
    assert (variables["USHER_MANAGEMENT_ROLE_ARN"], variables["USHER_EXTERNAL_ID"]) == (reader, "usher-1f0c")
    # Without the role the id says nothing, and of two forwarders one makes the role, which is there for all Regions.
    without = usher(DELEGATED, "eu-west-1", ExternalId="usher-1f0c")
    assert "ManagementRolePolicy" not in without.resources()
    second = forwarder("eu-west-1", bus, ReconcilerRoleArn=reconciler, ExternalId="usher-1f0c")
    assert "ReaderRole" not in second.resources() and "ReaderRoleArn" not in second.outputs()


def test_the_management_account_is_not_elsewhere_for_being_named() -> None:
    named = Template("template.yaml", {"ManagementAccountId": MANAGEMENT}, "us-east-1", MANAGEMENT)
    assert "by themselves" in named.outputs()["OrganizationsEvents"]
    assert not named.resources("AWS::Events::EventBusPolicy")


def test_no_bus_is_forwarded_to_itself() -> None:
    itself = forwarder("eu-west-1", f"arn:aws:events:eu-west-1:{MANAGEMENT}:event-bus/default")
    assert not itself.resources("AWS::Events::Rule")
    assert not itself.resources("AWS::IAM::Role")
    assert "delete this stack" in itself.outputs()["ThenTry"]


def test_whatever_is_chosen_nothing_refers_to_what_is_not_made() -> None:
    choices = {
        "AlarmEmail": ["", "somebody@example.com"],
        "Dashboard": ["true", "false"],
        "IdentityCenterKeyArn": ["", KEY],
        "ManageManagementAccount": ["true", "false"],
        "ManagementRoleArn": ["", f"arn:aws:iam::{MANAGEMENT}:role/usher-reader"],
        "Tracing": ["Active", "PassThrough"],
    }
    for account, region in itertools.product([MANAGEMENT, DELEGATED], ["us-east-1", "eu-west-1"]):
        for chosen in itertools.product(*choices.values()):
            template = usher(account, region, **dict(zip(choices, chosen, strict=True)))
            assert template.resources() and template.outputs()
    bus = f"arn:aws:events:eu-west-1:{DELEGATED}:event-bus/default"
    role = f"arn:aws:iam::{DELEGATED}:role/usher-reconciler"
    buses = [bus, bus.replace(DELEGATED, MANAGEMENT)]
    for region, to, reader, key in itertools.product(["us-east-1", "eu-west-1"], buses, ["", role], ["", KEY]):
        template = forwarder(region, to, ReconcilerRoleArn=reader, ExternalId="usher-1f0c", IdentityCenterKeyArn=key)
        assert template.resources() and template.outputs()


def test_a_stack_is_not_in_the_way_of_the_next_one_of_its_name() -> None:
    def kept(uuid: str) -> dict[str, Any]:
        stack = Template("template.yaml", stack="my-usher", stack_uuid=uuid)
        return {name: one for name, one in stack.resources().items() if one.get("DeletionPolicy", "Delete") != "Delete"}

    first, second = kept("51af3dc0-da77-11e4-872e-1234567db123"), kept("7c2e4d10-da78-11e4-9f3a-00aa11bb22cc")
    assert first.keys() == {"ChangeLog", "RulesBucket"}
    # A first deployment that fails takes both with it.
    assert {one["DeletionPolicy"] for one in first.values()} == {"RetainExceptOnCreate"}
    names = [one["ChangeLog"]["Properties"]["LogGroupName"] for one in (first, second)]
    assert names == ["/aws/events/my-usher-changes-1234567db123", "/aws/events/my-usher-changes-00aa11bb22cc"]
    assert "BucketName" not in first["RulesBucket"]["Properties"], "S3's names are taken for all accounts"


def test_the_mail_of_held_revocations_names_the_change_log_that_there_is() -> None:
    template = Template("template.yaml")
    mail = template.resources("AWS::Events::Rule")["HeldMail"]["Properties"]["Targets"][0]["InputTransformer"]["InputTemplate"]
    assert template.resources()["ChangeLog"]["Properties"]["LogGroupName"] in mail


def test_each_function_may_send_traces_when_it_is_made_and_only_then() -> None:
    for tracing, allowed in [("Active", ["xray:PutTelemetryRecords", "xray:PutTraceSegments"]), ("PassThrough", [])]:
        roles = Template("template.yaml", {"Tracing": tracing}).resources("AWS::IAM::Role")
        assert {name: actions(roles[name], "trace") for name in ROLES} == dict.fromkeys(ROLES, allowed)


def test_only_who_reads_identity_center_may_decrypt_and_with_that_key_alone() -> None:
    reconciler = f"arn:aws:iam::{DELEGATED}:role/usher-reconciler"
    bus = f"arn:aws:events:eu-west-1:{DELEGATED}:event-bus/default"
    who = {"ReconcilerRole", "ReaderRole"}
    for key in ["", KEY]:
        roles = usher(DELEGATED, "eu-west-1", IdentityCenterKeyArn=key).resources("AWS::IAM::Role")
        there = forwarder("us-east-1", bus, ReconcilerRoleArn=reconciler, ExternalId="usher-1f0c", IdentityCenterKeyArn=key)
        roles |= there.resources("AWS::IAM::Role")
        may = {name: [one for one in role["Properties"]["Policies"] if one["PolicyName"] == "decrypt"] for name, role in roles.items()}
        assert {name for name, policies in may.items() if policies} == (who if key else set())
    for name in who:
        (statement,) = may[name][0]["PolicyDocument"]["Statement"]
        assert (statement["Action"], statement["Resource"]) == ("kms:Decrypt", KEY)
        services = statement["Condition"]["StringLike"]["kms:ViaService"]
        assert services == ["sso.*.amazonaws.com", "identitystore.*.amazonaws.com"]
