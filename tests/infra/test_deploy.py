"""`infra/deploy.py`, as an admin runs it: what it finds out, what it asks, what it keeps, and what it has SAM do."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from samtranslator.yaml_helper import yaml_parse

from fake import Programs, fails, says

ROOT = Path(__file__).resolve().parents[2]

MANAGEMENT = "111122223333"
DELEGATED = "222233334444"
SOMEBODY = "333344445555"
INSTANCE = "arn:aws:sso:::instance/ssoins-7223aaaabbbbcccc"
OUTPUTS = {
    "FirstPutTheRulesUp": "usher push infra/rules.yaml --bucket usher-rulesbucket-1a2b",
    "ThenAsk": "usher doctor --bucket usher-rulesbucket-1a2b --lane https://sqs.eu-west-1.amazonaws.com/111122223333/usher-Lane.fifo",
    "ReconcilerRoleArn": "arn:aws:iam::222233334444:role/usher-ReconcilerRole",
    "ReaderRoleArn": "arn:aws:iam::111122223333:role/usher-organization-events-ReaderRole",
}
PATIENCE_SECONDS = 60


@dataclass
class Ended:
    code: int
    said: str


class Admin:
    """Somebody with a clone of the repository, the tools, and credentials of an account."""

    def __init__(self, folder: Path, account: str = MANAGEMENT, home: str = "eu-west-1") -> None:
        self.clone = folder / "clone"
        shutil.copytree(ROOT / "infra", self.clone / "infra", ignore=shutil.ignore_patterns("__pycache__"))
        self.answers = self.clone / "samconfig.toml"
        self.programs = Programs(folder / "bin")
        self.environment = {"AWS_REGION": "eu-west-1"}
        self.programs.put("sam", [("--version", says("SAM CLI, version 1.170.0")), ("build", says("")), ("deploy", says(""))])
        for name in ("cargo", "cargo-lambda"):
            self.programs.put(name, [])
        self.programs.put("rustc", [("--print", says("/nowhere"))])
        self.programs.put("git", [("config user.email", says("bob@example.com"))])
        self.in_account(account, home)

    def in_account(self, account: str, home: str, *first: tuple[str, dict[str, Any]]) -> None:
        """What AWS answers to that account, with the organization's Identity Center in that Region."""
        instances = [
            # One of a member account is no concern of ours.
            {"InstanceArn": "arn:aws:sso:::instance/ssoins-0000000000000000", "OwnerAccountId": SOMEBODY},
            {"InstanceArn": INSTANCE, "OwnerAccountId": MANAGEMENT},
        ]
        self.programs.put(
            "aws",
            [
                *first,
                # Only in us-east-1 does the forwarder make the role.
                ("cloudformation describe-stacks --stack-name usher-organization-events --output json --region eu-west-1", says({"Stacks": [{}]})),
                ("cloudformation describe-stacks", says({"Stacks": [{"Outputs": described(OUTPUTS)}]})),
                ("--profile management", says({"Account": MANAGEMENT, "Arn": f"arn:aws:iam::{MANAGEMENT}:user/bob"})),
                ("--profile other", says({"Account": SOMEBODY, "Arn": f"arn:aws:iam::{SOMEBODY}:user/bob"})),
                ("--profile", fails("The config profile could not be found")),
                ("sts get-caller-identity", says({"Account": account, "Arn": f"arn:aws:sts::{account}:assumed-role/Admin/bob"})),
                ("organizations describe-organization", says({"Organization": {"MasterAccountId": MANAGEMENT}})),
                ("organizations list-delegated", says({"DelegatedAdministrators": [{"Id": DELEGATED}]})),
                (f"sso-admin list-instances --output json --region {home}", says({"Instances": instances})),
                ("sso-admin list-instances", says({"Instances": instances[:1]})),
                ("ec2 describe-regions", says({"Regions": [{"RegionName": name} for name in ("eu-west-1", "eu-north-1", home)]})),
                ("configure get region", fails("")),
            ],
        )

    def run(self, *words: str, typed: str = "") -> Ended:
        done = subprocess.run(
            self.command(*words), input=typed, env=self.variables(), capture_output=True, text=True, timeout=PATIENCE_SECONDS
        )
        return Ended(done.returncode, done.stderr)

    def command(self, *words: str) -> list[str]:
        return [sys.executable, str(self.clone / "infra" / "deploy.py"), *words]

    def variables(self) -> dict[str, str]:
        return self.programs.environment(**self.environment)

    def kept(self) -> Any:
        return tomllib.loads(self.answers.read_text())

    def parameters(self, environment: str = "default") -> dict[str, str]:
        parameters: dict[str, str] = self.kept()[environment]["deploy"]["parameters"]["parameter_overrides"]
        return parameters

    def sam(self) -> list[str]:
        """What SAM was told to do."""
        calls = [" ".join(words[1:]) for words in self.programs.calls("sam")]
        return [call for call in calls if call != "--version"]


def described(outputs: dict[str, str]) -> list[dict[str, str]]:
    return [{"OutputKey": key, "OutputValue": value} for key, value in outputs.items()]


@pytest.fixture
def admin(tmp_path: Path) -> Admin:
    return Admin(tmp_path)


@pytest.fixture
def delegate(tmp_path: Path) -> Admin:
    return Admin(tmp_path, DELEGATED)


@pytest.fixture
def template_parameters() -> Any:
    return lambda name: yaml_parse((ROOT / "infra" / name).read_text())["Parameters"]


def test_enter_five_times_deploys_what_it_proposes(admin: Admin) -> None:
    ended = admin.run(typed="\n\n\n\n\n")
    assert ended.code == 0, ended.said
    assert ended.said.count("]: ") == 5
    assert admin.parameters() == {
        "AlarmEmail": "bob@example.com",
        "Architecture": "x86_64",
        "InstanceArn": INSTANCE,
        "ManagementAccountId": "",
        "ManageManagementAccount": "false",
        "SweepSchedule": "cron(17 */6 * * ? *)",
        "SweepOverdueHours": "13",
    }
    assert admin.sam() == ["build", "deploy", "deploy --config-env forwarder-us-east-1"]
    forwarder = admin.kept()["forwarder-us-east-1"]["deploy"]["parameters"]
    assert forwarder["region"] == "us-east-1"
    assert forwarder["parameter_overrides"]["EventBusArn"] == f"arn:aws:events:eu-west-1:{MANAGEMENT}:event-bus/default"
    assert OUTPUTS["FirstPutTheRulesUp"] in ended.said
    assert OUTPUTS["ThenAsk"] in ended.said


def test_answers_become_parameters_that_the_template_has(admin: Admin, template_parameters: Any) -> None:
    ended = admin.run(typed="cloud-team@example.com\n2\nyes\narm64\ny\n")
    assert ended.code == 0, ended.said
    kept = admin.parameters()
    assert (kept["AlarmEmail"], kept["Architecture"], kept["ManageManagementAccount"]) == ("cloud-team@example.com", "arm64", "true")
    assert (kept["SweepSchedule"], kept["SweepOverdueHours"]) == ("cron(17 */2 * * ? *)", "5")
    check(kept, template_parameters("template.yaml"))
    check(admin.parameters("forwarder-us-east-1"), template_parameters("organization-events.yaml"))


@pytest.mark.parametrize("hours", ["1", "2", "3", "4", "6", "8", "12", "24"])
def test_every_interval_is_one_that_the_template_takes(admin: Admin, template_parameters: Any, hours: str) -> None:
    assert admin.run("--yes", "--sweep-hours", hours).code == 0
    check(admin.parameters(), template_parameters("template.yaml"))
    assert int(admin.parameters()["SweepOverdueHours"]) > 2 * int(hours)


def check(parameters: dict[str, str], described: dict[str, Any]) -> None:
    """Each is there, and takes that value."""
    for name, value in parameters.items():
        taken = described[name]
        if "AllowedValues" in taken:
            assert value in taken["AllowedValues"], name
        if "AllowedPattern" in taken:
            assert re.search(taken["AllowedPattern"], value), name
        if taken["Type"] == "Number":
            assert taken["MinValue"] <= int(value) <= taken["MaxValue"], name


def test_a_wrong_answer_is_asked_for_again(admin: Admin) -> None:
    ended = admin.run(typed="nonsense\nnobody\n5\n12\nmaybe\nno\nsparc\nx86_64\ny\n")
    assert ended.code == 0, ended.said
    for wrong in ("`nonsense` is no address", "`5` hours do not divide", "`maybe` is neither yes nor no", "`sparc` is neither"):
        assert wrong in ended.said
    assert admin.parameters()["AlarmEmail"] == ""
    assert admin.parameters()["SweepOverdueHours"] == "25"


def test_the_second_time_asks_nothing_and_keeps_what_was_added_by_hand(admin: Admin) -> None:
    assert admin.run(typed="cloud-team@example.com\n\n\n\n\n").code == 0
    by_hand = admin.answers.read_text().replace("[default.deploy.parameters.parameter_overrides]", '[default.deploy.parameters.parameter_overrides]\nCallsPerSecond = "5"')
    admin.answers.write_text(by_hand)
    ended = admin.run()
    assert ended.code == 0, ended.said
    assert "]: " not in ended.said
    assert admin.parameters()["CallsPerSecond"] == "5"
    assert admin.parameters()["AlarmEmail"] == "cloud-team@example.com"
    again = admin.run("--ask", typed="\n\n\n\n\n")
    assert "[cloud-team@example.com]" in again.said
    assert admin.parameters()["CallsPerSecond"] == "5"


def test_a_flag_answers_and_changes_what_was_answered(admin: Admin) -> None:
    assert admin.run("--yes", "--mail", "nobody").code == 0
    assert admin.run("--sweep-hours", "24").code == 0
    assert admin.parameters()["AlarmEmail"] == ""
    assert admin.parameters()["SweepSchedule"] == "cron(17 0 * * ? *)"
    wrong = admin.run("--sweep-hours", "7")
    assert wrong.code == 1
    assert "--sweep-hours: `7` hours do not divide a day" in wrong.said


def test_what_sam_asked_itself_is_proposed(admin: Admin) -> None:
    admin.answers.write_text(
        "version = 0.1\n[default.deploy.parameters]\nstack_name = 'usher'\n"
        """parameter_overrides = "AlarmEmail=\\"ops@example.com\\" SweepSchedule=\\"cron(17 */3 * * ? *)\\" LogLevel=\\"WARN\\""\n"""
    )
    ended = admin.run(typed="\n\n\n\n\n")
    assert ended.code == 0, ended.said
    assert "[ops@example.com]" in ended.said
    assert "hours? [3]" in ended.said
    assert admin.parameters()["LogLevel"] == "WARN"


def test_a_dry_run_writes_and_runs_nothing(admin: Admin) -> None:
    ended = admin.run("--dry-run", typed="\n\n\n\n")
    assert ended.code == 0, ended.said
    assert "sam deploy --config-env forwarder-us-east-1" in ended.said
    assert 'SweepSchedule = "cron(17 */6 * * ? *)"' in ended.said
    assert not admin.answers.exists()
    assert admin.sam() == []


def test_no_ends_it_and_changes_nothing(admin: Admin) -> None:
    ended = admin.run(typed="\n\n\n\nno\n")
    assert ended.code == 1
    assert "nothing was changed" in ended.said
    assert not admin.answers.exists()
    assert admin.sam() == []


def test_where_nobody_answers_it_says_how_to_do_without(admin: Admin) -> None:
    ended = admin.run()
    assert ended.code == 1
    assert "--yes" in ended.said
    assert not admin.answers.exists()


@pytest.fixture
def at_the_question(admin: Admin) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        admin.command(),
        env=admin.variables(),
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        # As in a terminal: whoever runs the tests in the background ignores Ctrl-C, and so would what is started here.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    yield process
    process.kill()
    process.communicate()


def test_ctrl_c_changes_nothing(admin: Admin, at_the_question: subprocess.Popen[str]) -> None:
    assert at_the_question.stderr is not None
    said = ""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while "]: " not in said:
        assert time.monotonic() < deadline
        said += at_the_question.stderr.read(1)
    at_the_question.send_signal(signal.SIGINT)
    assert at_the_question.wait(PATIENCE_SECONDS) == 130
    assert "stopped" in at_the_question.stderr.read()
    assert not admin.answers.exists()
    assert admin.sam() == []


def test_all_that_is_missing_is_said_at_once(admin: Admin) -> None:
    admin.programs.remove("sam")
    admin.programs.remove("cargo-lambda")
    ended = admin.run()
    assert ended.code == 1
    assert "pip install aws-sam-cli" in ended.said
    assert "pip install cargo-lambda" in ended.said
    assert "AWS CLI" not in ended.said


def test_an_old_sam_is_refused(admin: Admin) -> None:
    admin.programs.put("sam", [("--version", says("SAM CLI, version 1.169.9"))])
    ended = admin.run()
    assert ended.code == 1
    assert "1.169.9 is too old" in ended.said


def test_without_credentials_it_says_how_to_get_them(admin: Admin) -> None:
    admin.in_account(MANAGEMENT, "eu-west-1", ("sts get-caller-identity", fails("Unable to locate credentials")))
    ended = admin.run()
    assert ended.code == 1
    assert "Unable to locate credentials" in ended.said
    assert "aws sso login" in ended.said


def test_in_any_other_account_it_goes_no_further(tmp_path: Path) -> None:
    somebody = Admin(tmp_path, SOMEBODY)
    ended = somebody.run("--yes")
    assert ended.code == 1
    assert f"Identity Center is delegated to {DELEGATED}" in ended.said
    somebody.in_account(SOMEBODY, "eu-west-1", ("organizations list-delegated", fails("AccessDeniedException")))
    ended = somebody.run("--yes")
    assert ended.code == 1
    assert "AccessDeniedException" in ended.said
    assert somebody.sam() == []


def test_identity_center_is_found_wherever_it_is(tmp_path: Path) -> None:
    admin = Admin(tmp_path, home="us-east-1")
    ended = admin.run("--yes")
    assert ended.code == 0, ended.said
    assert admin.kept()["default"]["global"]["parameters"]["region"] == "us-east-1"
    # Organizations' events are there already.
    assert admin.sam() == ["build", "deploy"]


def test_a_region_that_is_given_is_the_only_one_looked_at(admin: Admin) -> None:
    ended = admin.run("--yes", "--region", "eu-north-1")
    assert ended.code == 1
    assert "found no instance" in ended.said
    assert not [call for call in admin.programs.calls("aws") if "ec2" in call]


def test_in_an_additional_region_the_primary_one_is_taken(admin: Admin) -> None:
    instance = {"InstanceArn": INSTANCE, "OwnerAccountId": MANAGEMENT, "PrimaryRegion": "eu-north-1"}
    admin.in_account(MANAGEMENT, "eu-west-1", ("sso-admin list-instances", says({"Instances": [instance]})))
    assert admin.run("--yes").code == 0
    assert admin.kept()["default"]["global"]["parameters"]["region"] == "eu-north-1"


def test_a_delegated_administrator_has_both_stacks_know_of_each_other(delegate: Admin, template_parameters: Any) -> None:
    ended = delegate.run(typed="\n\nother\nnobodys\nmanagement\n\n\n")
    assert ended.code == 0, ended.said
    assert f"profile `other` is of account {SOMEBODY}" in ended.said
    assert "could not be found" in ended.said
    here = delegate.parameters()
    assert here["ManagementAccountId"] == MANAGEMENT
    assert here["ManagementRoleArn"] == OUTPUTS["ReaderRoleArn"]
    for region in ("eu-west-1", "us-east-1"):
        there = delegate.parameters(f"forwarder-{region}")
        assert there["ReconcilerRoleArn"] == OUTPUTS["ReconcilerRoleArn"]
        assert there["ExternalId"] == here["ExternalId"] != ""
        check(there, template_parameters("organization-events.yaml"))
    check(here, template_parameters("template.yaml"))
    assert {f["deploy"]["parameters"]["profile"] for name, f in delegate.kept().items() if name.startswith("forwarder-")} == {"management"}
    assert delegate.sam() == [
        "build",
        "deploy",
        "deploy --config-env forwarder-eu-west-1",
        "deploy --config-env forwarder-us-east-1",
        "deploy",
    ]
    # All is known by now.
    assert delegate.run().code == 0
    assert delegate.sam()[5:] == ["build", "deploy", "deploy --config-env forwarder-eu-west-1", "deploy --config-env forwarder-us-east-1"]
    assert delegate.parameters() == here


def test_without_the_management_account_it_says_what_to_run_there(delegate: Admin) -> None:
    ended = delegate.run(typed="\n\n\n\n\n")
    assert ended.code == 0, ended.said
    assert delegate.sam() == ["build", "deploy"]
    external_id = delegate.parameters()["ExternalId"]
    for region in ("us-east-1", "eu-west-1"):
        assert f"aws cloudformation deploy --region {region} --stack-name usher-organization-events" in ended.said
    assert f"ReconcilerRoleArn={OUTPUTS['ReconcilerRoleArn']} ExternalId={external_id}" in ended.said
    told = delegate.run("--management-role", OUTPUTS["ReaderRoleArn"])
    assert told.code == 0, told.said
    assert delegate.parameters()["ManagementRoleArn"] == OUTPUTS["ReaderRoleArn"]
    assert delegate.parameters()["ExternalId"] == external_id


def test_answers_about_another_account_are_not_taken(admin: Admin) -> None:
    assert admin.run("--yes").code == 0
    admin.in_account(DELEGATED, "eu-west-1")
    ended = admin.run()
    assert ended.code == 1
    assert f"about account {MANAGEMENT}" in ended.said
    assert len(admin.sam()) == 3


def test_the_profile_in_use_is_kept(admin: Admin) -> None:
    admin.environment["AWS_PROFILE"] = "organization-admin"
    assert admin.run("--yes").code == 0
    assert admin.kept()["default"]["global"]["parameters"]["profile"] == "organization-admin"


def test_when_sam_fails_nothing_follows(admin: Admin) -> None:
    version = ("--version", says("SAM CLI, version 1.170.0"))
    admin.programs.put("sam", [version, ("build", fails("no such crate"))])
    ended = admin.run("--yes")
    assert ended.code == 1
    assert "no such crate" in ended.said
    assert "`sam build` ended with 1" in ended.said
    assert admin.sam() == ["build"]
    assert os.path.exists(admin.answers)
