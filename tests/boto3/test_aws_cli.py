"""The organization on localhost as people reach it: with the AWS CLI, from another terminal, as the README says."""

import json
import os
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bob import ENGINEERING, MANAGEMENT, SANDBOX_ACCOUNT, UNKNOWN_ACCOUNT
from server import COMMAND, ROOT

Eventually = Callable[[Callable[[], Any]], Any]

HEADING = "## Play with it"


def readme() -> tuple[str, str]:
    """What the README says to type in the first terminal, and in the second."""
    _, section = (ROOT / "README.md").read_text().split(f"{HEADING}\n")
    section, _ = section.split("\n## ", 1)
    blocks: list[list[str]] = [[]]
    for line in section.splitlines():
        if line.startswith("    "):
            blocks[-1].append(line.strip())
        elif blocks[-1]:
            blocks.append([])
    first, second, *_ = blocks
    # What installs `usher` from the very sources takes minutes, and is what the build has done.
    install, *first = first
    assert install.startswith("cargo install --path cli"), install
    return "\n".join(first), "\n".join(second)


class Terminals:
    """Two terminals on one machine, with `usher` and `aws` on the path and nothing else of anybody's."""

    def __init__(self, folder: Path) -> None:
        (folder / "usher").write_text(
            # The README's port may be somebody else's just now.
            f'#!/bin/sh\nshift\nexec {COMMAND} --port {free_port()} "$@"\n'
        )
        (folder / "usher").chmod(0o755)
        self._environment = {
            "PATH": os.pathsep.join([str(folder), str(Path(sys.executable).parent), os.defpath]),
            "HOME": str(folder),
            "LANG": "C.UTF-8",
            "NO_PROXY": "intranet.example.com",
            "AWS_PROFILE": "somebody",
        }
        self._exports = ""
        self._processes: list[subprocess.Popen[str]] = []

    def first(self, script: str) -> subprocess.Popen[str]:
        """Types into the first terminal, and waits until there is something to paste into the second."""
        shell = subprocess.Popen(
            ["sh", "-c", f"exec {script}" if "\n" not in script else script],
            cwd=ROOT,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._processes.append(shell)
        assert shell.stdout is not None
        assert "AWS_ENDPOINT_URL_ORGANIZATIONS" in shell.stdout.readline()
        return shell

    def second(self, script: str) -> str:
        """Types into the second terminal, and reads what is printed there."""
        shell = subprocess.run(
            ["sh", "-euc", f"{self._exports}\n{script}"],
            cwd=ROOT,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert shell.returncode == 0, shell.stderr
        return shell.stdout

    def paste(self) -> None:
        """From now on the second terminal has what it needs to reach the first."""
        self._exports = 'eval "$(usher local --exports)"'

    def aws(self, *arguments: str) -> Any:
        """An answer of the AWS CLI, which prints nothing where there is nothing in it."""
        return json.loads(self.second(shlex.join(["aws", *arguments, "--output", "json"])) or "{}")

    def close(self) -> None:
        for process in self._processes:
            process.kill()
            process.communicate()


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


@pytest.fixture
def terminals(tmp_path: Path) -> Iterator[Terminals]:
    both = Terminals(tmp_path)
    yield both
    both.close()


@pytest.fixture
def aws(terminals: Terminals) -> Callable[..., Any]:
    """`aws("organizations", "list-roots")`, against an organization that has just been started."""
    terminals.first("usher local")
    terminals.paste()
    return terminals.aws


def test_the_lines_of_the_readme_do_what_it_says(terminals: Terminals, eventually: Eventually) -> None:
    first, second = readme()
    serving = terminals.first(first)
    created = json.loads(terminals.second(second))["CreateAccountStatus"]
    assert created["State"] == "IN_PROGRESS"

    terminals.paste()
    instance = terminals.aws("sso-admin", "list-instances")["Instances"][0]["InstanceArn"]
    of_instance = ["--instance-arn", instance]

    def account_id() -> str | None:
        status = terminals.aws(
            "organizations", "describe-create-account-status", "--create-account-request-id", created["Id"]
        )
        account: str | None = status["CreateAccountStatus"].get("AccountId")
        return account

    account = eventually(account_id)

    def assigned() -> list[dict[str, str]]:
        sets = terminals.aws(
            "sso-admin", "list-permission-sets-provisioned-to-account", *of_instance, "--account-id", account
        )
        return [
            assignment
            for arn in sets.get("PermissionSets", [])
            for assignment in terminals.aws(
                "sso-admin",
                "list-account-assignments",
                *of_instance,
                "--account-id",
                account,
                "--permission-set-arn",
                arn,
            )["AccountAssignments"]
        ]

    (assignment,) = eventually(assigned)
    described = terminals.aws(
        "sso-admin",
        "describe-permission-set",
        *of_instance,
        "--permission-set-arn",
        assignment["PermissionSetArn"],
    )
    name = described["PermissionSet"]["Name"]
    assert (assignment["PrincipalId"], name) == (ENGINEERING, "PowerUserAccess")

    serving.send_signal(signal.SIGINT)
    _, seen = serving.communicate(timeout=30)
    assert serving.returncode == 0, seen
    for line in ["CreateAccountResult", "+ PowerUserAccess  group Engineering", "1 granted, 0 revoked"]:
        assert line in seen, seen


def test_the_exports_keep_what_else_goes_past_the_proxy(terminals: Terminals) -> None:
    terminals.paste()
    told = terminals.second('echo "$NO_PROXY $no_proxy ${AWS_PROFILE-unset}"').split()
    assert told == ["127.0.0.1,intranet.example.com"] * 2 + ["unset"]


INSTANCE = "arn:aws:sso:::instance/ssoins-6508b0b5c0ffee01"


@pytest.mark.parametrize(
    ("call", "items", "at_once"),
    [
        ("organizations list-accounts", "Accounts", 7),
        ("identitystore list-users --identity-store-id d-b0b0000001", "Users", 13),
        (f"sso-admin list-permission-sets --instance-arn {INSTANCE}", "PermissionSets", 3),
    ],
)
def test_pages_of_any_size_make_the_same_list(aws: Callable[..., Any], call: str, items: str, at_once: int) -> None:
    """The CLI follows the tokens itself, and makes tokens of its own where it is told to stop."""
    whole = aws(*call.split())[items]
    assert at_once < len(whole) < 2 * at_once
    paged = [*call.split(), "--page-size", "2"]
    assert aws(*paged)[items] == whole
    first = aws(*paged, "--max-items", str(at_once))
    rest = aws(*paged, "--starting-token", first["NextToken"])
    assert len(first[items]) == at_once
    assert first[items] + rest[items] == whole


def test_changes_and_errors_are_shown_as_those_of_aws(terminals: Terminals) -> None:
    terminals.first("usher local")
    terminals.paste()
    terminals.second(
        "aws organizations tag-resource"
        f" --resource-id {SANDBOX_ACCOUNT} --tags Key=environment,Value=test\n"
        "aws sso-admin create-permission-set --name Trial"
        f" --instance-arn {INSTANCE}\n"
        "aws identitystore create-group --identity-store-id d-b0b0000001 --display-name Trial\n"
        # Of the endpoint for SQS alone, this CLI asks no variable.
        'aws sqs send-message --endpoint-url "$AWS_ENDPOINT_URL_SQS" --queue-url http://127.0.0.1/1/lane.fifo'
        " --message-body {} --message-group-id lane\n"
        "aws events put-events --entries "
        """'[{"Source": "usher", "DetailType": "Told", "Detail": "{}"}]'\n"""
    )
    tags = terminals.aws("organizations", "list-tags-for-resource", "--resource-id", SANDBOX_ACCOUNT)["Tags"]
    assert {"Key": "environment", "Value": "test"} in tags
    organization = terminals.aws("organizations", "describe-organization")["Organization"]
    assert organization["MasterAccountId"] == MANAGEMENT

    told = terminals.second(f"aws organizations describe-account --account-id {UNKNOWN_ACCOUNT} 2>&1 || true")
    assert "(AccountNotFoundException) when calling the DescribeAccount operation" in told
    told = terminals.second("aws organizations list-policies --filter TAG_POLICY 2>&1 || true")
    assert "(NotImplemented)" in told and "ListPolicies" in told
