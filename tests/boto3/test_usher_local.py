"""`usher local` as somebody in another terminal sees it: what they change is followed by what the rules say."""

import json
import shlex
import signal
import subprocess
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bob import ENGINEERING, MANAGEMENT, SANDBOX_ACCOUNT
from server import COMMAND, ROOT, Server, client

RULES = ROOT / "cli" / "src" / "demo" / "rules.yaml"

Eventually = Callable[[Callable[[], Any]], Any]


@pytest.fixture
def usher(start: Callable[..., Server], tmp_path: Path) -> Iterator[tuple[Server, Path]]:
    """Bob's organization with Usher's functions on its events, and the file that the events go to."""
    events = tmp_path / "events.jsonl"
    yield start("--functions", "--rules", str(RULES), "--events", str(events), "--speed", "5"), events


def snapshot(server: Server) -> Any:
    with urllib.request.urlopen(f"{server.endpoint}/organization") as answer:
        return json.load(answer)


def access(server: Server, account: str) -> set[tuple[str, str]]:
    """Permission sets and groups of an account, read as boto3 reads them."""
    admin = server.client("sso-admin")
    instance = admin.list_instances()["Instances"][0]["InstanceArn"]
    sets = admin.list_permission_sets_provisioned_to_account(InstanceArn=instance, AccountId=account)
    found = set()
    for arn in sets.get("PermissionSets", []):
        name = admin.describe_permission_set(InstanceArn=instance, PermissionSetArn=arn)["PermissionSet"]["Name"]
        assignments = admin.list_account_assignments(InstanceArn=instance, AccountId=account, PermissionSetArn=arn)
        found |= {(name, assignment["PrincipalId"]) for assignment in assignments.get("AccountAssignments", [])}
    return found


def test_a_new_account_gets_what_the_rules_grant(usher: tuple[Server, Path], eventually: Eventually) -> None:
    server, events = usher
    organizations = server.client("organizations")
    created = organizations.create_account(
        AccountName="lambda-test",
        Email="aws+lambda-test@example.com",
        Tags=[{"Key": "environment", "Value": "test"}],
    )["CreateAccountStatus"]

    def account_id() -> str | None:
        status = organizations.describe_create_account_status(CreateAccountRequestId=created["Id"])
        account: str | None = status["CreateAccountStatus"].get("AccountId")
        return account

    account = eventually(account_id)
    eventually(lambda: access(server, account) == {("PowerUserAccess", ENGINEERING)})

    told = [json.loads(line) for line in events.read_text().splitlines()]
    names = [event["detail"].get("eventName", event["detail-type"]) for event in told]
    assert {"CreateAccount", "CreateAccountResult", "AccountJoinedOrganization"} <= set(names)
    by_usher = [
        event["detail"]["requestParameters"]["targetId"]
        for event in told
        if event["detail"].get("eventName") == "CreateAccountAssignment"
        and event["detail"]["userIdentity"]["sessionContext"]["sessionIssuer"]["userName"] == "usher-reconciler"
    ]
    assert account in by_usher


def test_a_moved_account_is_looked_at_again(usher: tuple[Server, Path], eventually: Eventually) -> None:
    server, _ = usher
    eventually(lambda: access(server, SANDBOX_ACCOUNT) == {("PowerUserAccess", ENGINEERING)})
    organizations = server.client("organizations")
    organizations.untag_resource(ResourceId=SANDBOX_ACCOUNT, TagKeys=["environment"])
    organizations.move_account(
        AccountId=SANDBOX_ACCOUNT, SourceParentId="ou-bob1-sandbox1", DestinationParentId="ou-bob1-security"
    )
    auditors = next(group["id"] for group in snapshot(server)["groups"] if group["display_name"] == "Auditors")
    eventually(lambda: access(server, SANDBOX_ACCOUNT) == {("SecurityAudit", auditors)})


def test_the_exports_are_all_that_a_shell_needs(tmp_path: Path) -> None:
    with subprocess.Popen(
        [*shlex.split(COMMAND), "--port", "0", "--dump", str(tmp_path / "org.json")],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        exports = iter(process.stdout.readline, "unset AWS_PROFILE AWS_SESSION_TOKEN\n")
        script = "".join(exports) + "env -0"
        shell = subprocess.run(["sh", "-euc", script], capture_output=True, check=True, text=True)
        variables = dict(variable.split("=", 1) for variable in shell.stdout.split("\0") if variable)
        organizations = client(
            "organizations", variables["AWS_ENDPOINT_URL_ORGANIZATIONS"], variables["AWS_ACCESS_KEY_ID"]
        )
        assert organizations.describe_organization()["Organization"]["MasterAccountId"] == MANAGEMENT
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=10) == 0
    assert len(json.loads((tmp_path / "org.json").read_text())["accounts"]) == 11


def ended(*flags: str, signals: int = 0) -> subprocess.CompletedProcess[str]:
    """`usher local` with these flags: it ends by itself, or by this signal as soon as it has said its first word."""
    command = [*shlex.split(COMMAND), "--port", "0", *flags]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        if signals:
            assert process.stdout is not None
            process.stdout.readline()
            process.send_signal(signals)
        output, told = process.communicate(timeout=30)
    return subprocess.CompletedProcess(command, process.returncode, output, told)


def test_a_dump_is_tried_before_anything_can_be_lost(tmp_path: Path) -> None:
    nowhere = tmp_path / "no-such-folder" / "org.json"
    failed = ended("--dump", str(nowhere))
    assert failed.returncode == 1
    assert str(nowhere) in failed.stderr
    # What was there stays until there is something better.
    kept = tmp_path / "org.json"
    kept.write_text("kept")
    assert ended("--dump", str(kept), "--events", str(nowhere)).returncode == 1
    assert kept.read_text() == "kept"


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_whoever_ends_it_at_once_has_the_dump(tmp_path: Path, how: int) -> None:
    file = tmp_path / "org.json"
    assert ended("--dump", str(file), signals=how).returncode == 0
    assert len(json.loads(file.read_text())["accounts"]) == 11


def test_what_a_permission_set_holds_comes_through_a_dump(start: Callable[..., Server], tmp_path: Path) -> None:
    file = tmp_path / "org.json"
    server = start()
    admin = server.client("sso-admin")
    instance = {"InstanceArn": admin.list_instances()["Instances"][0]["InstanceArn"]}
    held = {"Description": "Builders", "SessionDuration": "PT8H", "RelayState": "https://example.com/"}
    created = admin.create_permission_set(**instance, Name="Builders", **held, Tags=[{"Key": "team", "Value": "web"}])
    named = {**instance, "PermissionSetArn": created["PermissionSet"]["PermissionSetArn"]}
    policy = {"Version": "2012-10-17", "Statement": []}
    admin.put_inline_policy_to_permission_set(**named, InlinePolicy=json.dumps(policy))
    arn = "arn:aws:iam::aws:policy/job-function/Billing"
    admin.attach_managed_policy_to_permission_set(**named, ManagedPolicyArn=arn)
    reference = {"Name": "builders", "Path": "/team/"}
    attach = admin.attach_customer_managed_policy_reference_to_permission_set
    attach(**named, CustomerManagedPolicyReference=reference)
    boundary = {"CustomerManagedPolicyReference": {"Name": "bound", "Path": "/"}}
    admin.put_permissions_boundary_to_permission_set(**named, PermissionsBoundary=boundary)
    file.write_text(json.dumps(snapshot(server)))

    admin = start("--seed", str(file)).client("sso-admin")
    described = admin.describe_permission_set(**named)["PermissionSet"]
    assert {field: described[field] for field in held} == held
    resource = {**instance, "ResourceArn": named["PermissionSetArn"]}
    assert admin.list_tags_for_resource(**resource)["Tags"] == [{"Key": "team", "Value": "web"}]
    assert json.loads(admin.get_inline_policy_for_permission_set(**named)["InlinePolicy"]) == policy
    managed = admin.list_managed_policies_in_permission_set(**named)["AttachedManagedPolicies"]
    assert managed == [{"Name": "Billing", "Arn": arn}]
    listed = admin.list_customer_managed_policy_references_in_permission_set(**named)
    assert listed["CustomerManagedPolicyReferences"] == [reference]
    assert admin.get_permissions_boundary_for_permission_set(**named)["PermissionsBoundary"] == boundary


@pytest.mark.parametrize("flags", [["--notifications"], ["--identity-source", "native"]])
def test_the_identity_store_notifies_besides(
    start: Callable[..., Server], tmp_path: Path, eventually: Eventually, flags: list[str]
) -> None:
    file = tmp_path / "events.jsonl"
    server = start("--events", str(file), *flags)
    store = snapshot(server)["instance"]["identity_store_id"]
    server.client("identitystore").create_group(IdentityStoreId=store, DisplayName="Interns")

    def told() -> list[str]:
        events = [json.loads(line) for line in file.read_text().splitlines()]
        return [event["detail"].get("eventName", event["detail-type"]) for event in events]

    eventually(lambda: len(told()) == 2)
    assert told() == ["Group Created", "CreateGroup"]


@pytest.mark.parametrize("buses", ["home", "all"])
def test_what_a_member_account_does_is_heard_where_its_bus_is(
    start: Callable[..., Server], tmp_path: Path, eventually: Eventually, buses: str
) -> None:
    file = tmp_path / "events.jsonl"
    server = start("--events", str(file), "--buses", buses)
    server.client("organizations", SANDBOX_ACCOUNT).leave_organization()
    server.client("organizations").tag_resource(ResourceId="ou-bob1-sandbox1", Tags=[{"Key": "a", "Value": "b"}])
    eventually(lambda: "TagResource" in file.read_text())
    names = [json.loads(line)["detail"].get("eventName") for line in file.read_text().splitlines()]
    assert "AccountDepartedOrganization" in names
    assert ("LeaveOrganization" in names) == (buses == "all")
