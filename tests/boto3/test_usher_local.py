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
