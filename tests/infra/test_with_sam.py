"""`infra/deploy.py` with the real AWS CLI and the real SAM, against a local AWS: that both read what it hands them.

Only `sam build` is another here: it takes minutes, and makes packages that nobody starts.
"""

import os
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / "bed"), str(ROOT / "tests" / "boto3")]

from bob import MANAGEMENT  # noqa: E402
from emulator import Ministack  # noqa: E402
from server import Server  # noqa: E402

SAM = ROOT / ".venv-infra" / "bin" / "sam"
PATIENCE_SECONDS = 300

# What `sam build` leaves behind: the template, and the folder of each function.
BUILD = """
import sys
from pathlib import Path
from samtranslator.yaml_helper import yaml_parse
import json

template = yaml_parse(Path("infra/template.yaml").read_text())
built = Path(".aws-sam/build")
for name, resource in template["Resources"].items():
    if resource["Type"] == "AWS::Serverless::Function":
        (built / name).mkdir(parents=True)
        (built / name / "bootstrap").write_text("#!/bin/sh\\nsleep 600\\n")
        resource["Properties"]["CodeUri"] = name
(built / "template.yaml").write_text(json.dumps(template, default=str))
"""


@pytest.fixture
def ministack() -> Iterator[Ministack]:
    running = Ministack()
    running.wait_until_ready()
    yield running
    running.stop()


@pytest.fixture
def organization() -> Iterator[Server]:
    running = Server()
    yield running
    running.stop()


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    folder = tmp_path / "clone"
    shutil.copytree(ROOT / "infra", folder / "infra", ignore=shutil.ignore_patterns("__pycache__"))
    return folder


@pytest.fixture
def environment(tmp_path: Path, ministack: Ministack, organization: Server) -> dict[str, str]:
    """A machine with the tools on the path, and the credentials of Bob's management account."""
    tools = tmp_path / "bin"
    tools.mkdir()
    (tmp_path / "build.py").write_text(BUILD)
    python, build = shlex.quote(sys.executable), shlex.quote(str(tmp_path / "build.py"))
    scripts = {
        "sam": f'[ "$1" = build ] && exec {python} {build}\nexec {shlex.quote(str(SAM))} "$@"',
        "aws": f'exec {python} {shlex.quote(str(Path(sys.executable).with_name("aws")))} "$@"',
        "cargo": "exit 1",
        "cargo-lambda": "exit 1",
        "rustc": "echo /nowhere",
    }
    for name, script in scripts.items():
        (tools / name).write_text(f"#!/bin/sh\n{script}\n")
        (tools / name).chmod(0o755)
    (tools / "python3").symlink_to(sys.executable)
    identity = {f"AWS_ENDPOINT_URL_{service}": organization.endpoint for service in ("ORGANIZATIONS", "SSO_ADMIN")}
    return {
        "PATH": os.pathsep.join([str(tools), os.defpath]),
        "HOME": str(tmp_path),
        "LANG": "C.UTF-8",
        "SAM_CLI_TELEMETRY": "0",
        "AWS_REGION": "eu-west-1",
        "AWS_DEFAULT_REGION": "eu-west-1",
        # ministack takes it for the account's id.
        "AWS_ACCESS_KEY_ID": MANAGEMENT,
        "AWS_SECRET_ACCESS_KEY": "not-a-secret",
        "AWS_ENDPOINT_URL": ministack.endpoint,
        **identity,
    }


def parameters(ministack: Ministack, stack: str, region: str) -> dict[str, str]:
    """What the stack was made with."""
    cloudformation = boto3.client(
        "cloudformation",
        region_name=region,
        endpoint_url=ministack.endpoint,
        aws_access_key_id=MANAGEMENT,
        aws_secret_access_key="not-a-secret",
    )
    [described] = cloudformation.describe_stacks(StackName=stack)["Stacks"]
    assert described["StackStatus"] == "CREATE_COMPLETE"
    return {each["ParameterKey"]: each["ParameterValue"] for each in described["Parameters"]}


def test_what_it_keeps_is_what_sam_deploys(clone: Path, environment: dict[str, str], ministack: Ministack) -> None:
    command = [sys.executable, str(clone / "infra" / "deploy.py"), "--yes", "--mail", "bob@example.com", "--sweep-hours", "4"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "usher push infra/rules.yaml --bucket usher-rulesbucket-" in done.stderr
    kept: Any = tomllib.loads((clone / "samconfig.toml").read_text())
    stacks = {"default": ("usher", "eu-west-1"), "forwarder-us-east-1": ("usher-organization-events", "us-east-1")}
    for environment_name, (stack, region) in stacks.items():
        wanted = kept[environment_name]["deploy"]["parameters"]["parameter_overrides"]
        there = parameters(ministack, stack, region)
        assert {name: there[name] for name in wanted} == wanted
    assert parameters(ministack, *stacks["default"])["SweepSchedule"] == "cron(17 */4 * * ? *)"
