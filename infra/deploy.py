#!/usr/bin/env python3
"""Deploys Usher: finds out where it belongs, asks what only you can know, builds, deploys, and remembers the answers.

    python3 infra/deploy.py              # asks five questions; from the second time on none
    python3 infra/deploy.py --dry-run    # the same, but only says what it would write and run
    python3 infra/deploy.py --ask        # asks again, and proposes the answers of the last time
    python3 infra/deploy.py --yes        # asks nothing: takes the flags below, and what it would propose

Needs the AWS CLI, the AWS SAM CLI and cargo-lambda, and credentials of the management account or of the delegated
administrator of Identity Center. The answers are in samconfig.toml: what this does is `sam build` and `sam deploy`, and
one more `sam deploy --config-env forwarder-us-east-1` where events have to be brought from another Region or account.

Ends with 0 when it is deployed, with 1 when something is missing or failed, and with 130 after Ctrl-C.
"""

import argparse
import json
import os
import platform
import re
import secrets
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
ANSWERS = ROOT / "samconfig.toml"

# Before 1.170 SAM looks for the binaries of a workspace in the wrong place, and does not find them.
OLDEST_SAM = (1, 170)

TOOLS = {
    "aws": "the AWS CLI: https://docs.aws.amazon.com/cli/latest/userguide/getting-started-install.html",
    "sam": "the AWS SAM CLI: pip install aws-sam-cli, or brew install aws-sam-cli",
    "cargo": "Rust: https://rustup.rs",
    "cargo-lambda": "cargo-lambda: pip install cargo-lambda, or brew install cargo-lambda/tap/cargo-lambda",
}

# AWS Organizations sends its events there alone:
# https://docs.aws.amazon.com/organizations/latest/userguide/orgs_cloudtrail-integration.html
EVENTS_REGION = "us-east-1"

IDENTITY_CENTER = "sso.amazonaws.com"

# Each divides a day, so that a sweep comes at the same hours every day.
SWEEP_HOURS = (1, 2, 3, 4, 6, 8, 12, 24)

PROCESSORS = ("arm64", "x86_64")

Document = dict[str, Any]


class Stop(Exception):
    """Why it cannot go on, and what to do."""

    def __init__(self, why: str, remedy: str = "") -> None:
        super().__init__(f"{why}\n  {remedy}" if remedy else why)


class Refused(Exception):
    """What AWS answered to a call that it did not carry out."""


# ---- What there is -------------------------------------------------------------------------------------------------------


def aws(*words: str, region: str | None = None, profile: str | None = None) -> Any:
    """What the AWS CLI answers."""
    command = [executable("aws"), *words, "--output", "json"]
    command += ["--region", region] if region else []
    command += ["--profile", profile] if profile else []
    # Version 2 shows what it answers in a pager, and version 1 does not know the flag against that.
    environment = os.environ | {"AWS_PAGER": ""}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Refused(" ".join(done.stderr.split()) or f"`{shlex.join(command)}` ended with {done.returncode}")
    return json.loads(done.stdout or "null")


def executable(tool: str) -> str:
    """Where it is. On Windows it is another name than what people type."""
    return shutil.which(tool) or tool


def check_tools() -> None:
    """Says all that is missing at once."""
    missing = [how for tool, how in TOOLS.items() if not shutil.which(tool)]
    if missing:
        raise Stop("not installed, or not on the PATH:", "\n  ".join(missing))
    told = subprocess.run([executable("sam"), "--version"], capture_output=True, text=True, check=False).stdout
    version = tuple(int(part) for part in re.findall(r"\d+", told)[:2])
    if version < OLDEST_SAM:
        raise Stop(f"{told.strip() or 'this AWS SAM CLI'} is too old", "1.170 or newer is needed: pip install --upgrade aws-sam-cli")


@dataclass(frozen=True)
class Surroundings:
    """Where Usher will be, as AWS says it."""

    partition: str
    account: str
    management_account: str
    region: str
    instance_arn: str

    @property
    def is_management(self) -> bool:
        """Whether it is the management account that Usher will be in."""
        return self.account == self.management_account

    @property
    def bus_arn(self) -> str:
        """The default event bus there: where events of AWS go."""
        return f"arn:{self.partition}:events:{self.region}:{self.account}:event-bus/default"

    @property
    def forwarders(self) -> list[str]:
        """The Regions of the management account from which events have to be brought."""
        elsewhere = [] if self.is_management else [self.region]
        return sorted({region for region in [EVENTS_REGION, *elsewhere] if not (self.is_management and region == self.region)})

    @classmethod
    def look(cls, region: str | None, usual_region: str | None) -> "Surroundings":
        """Asks AWS. A Region that is given is the only one that is looked at."""
        try:
            caller = aws("sts", "get-caller-identity", region=region or usual_region or EVENTS_REGION)
        except Refused as refused:
            raise Stop(f"no credentials: {refused}", "sign in: `aws sso login`, and say which profile: export AWS_PROFILE=...") from refused
        account = caller["Account"]
        management = management_account(account)
        regions = [region] if region else [usual_region] if usual_region else []
        home, arn = find_instance(regions, management, may_be_elsewhere=not region)
        return cls(caller["Arn"].split(":")[1], account, management, home, arn)


def management_account(account: str) -> str:
    """The management account, if this one is it or its delegated administrator of Identity Center."""
    try:
        management: str = aws("organizations", "describe-organization", region=EVENTS_REGION)["Organization"]["MasterAccountId"]
    except Refused as refused:
        raise Stop(f"cannot see the organization: {refused}", "Usher goes into the management account, or a delegated administrator's") from refused
    if account == management:
        return management
    try:
        listed = aws(
            "organizations", "list-delegated-administrators", "--service-principal", IDENTITY_CENTER, region=EVENTS_REGION
        )["DelegatedAdministrators"]
        if account in {each["Id"] for each in listed}:
            return management
        why = f"Identity Center is delegated to {', '.join(each['Id'] for each in listed) or 'nobody'}"
    except Refused as refused:  # as it is of every account that is not a delegated administrator of anything
        why = str(refused)
    raise Stop(
        f"account {account} is neither the management account {management} nor its delegated administrator of Identity Center ({why})",
        "use the credentials of one of the two: export AWS_PROFILE=...",
    )


def find_instance(regions: list[str], management: str, *, may_be_elsewhere: bool) -> tuple[str, str]:
    """The Region and the ARN of the organization's instance of Identity Center, wherever it is."""
    unseen: dict[str, Refused] = {}

    def look(region: str) -> tuple[str, str] | None:
        try:
            instances = aws("sso-admin", "list-instances", region=region)["Instances"]
        except Refused as refused:
            unseen[region] = refused
            return None
        # A member account may have an instance of its own, which assigns nothing in accounts.
        of_organization = [each for each in instances if each.get("OwnerAccountId") == management]
        return next(((each.get("PrimaryRegion") or region, each["InstanceArn"]) for each in of_organization), None)

    found = [place for place in map(look, regions) if place]
    if not found and may_be_elsewhere:
        say(f"Identity Center is not in {regions[0]}. Looking in the other Regions..." if regions else "Looking for Identity Center...")
        try:
            listed = aws("ec2", "describe-regions", region=next(iter(regions), EVENTS_REGION))["Regions"]
        except Refused as refused:
            raise Stop(f"cannot list the Regions: {refused}", "say where Identity Center is: --region") from refused
        others = [each["RegionName"] for each in listed if each["RegionName"] not in regions]
        with ThreadPoolExecutor(max_workers=6) as pool:
            found = [place for place in pool.map(look, others) if place]
    if found:
        return found[0]
    why = "".join(f"; not seen in {region}: {refused}" for region, refused in list(unseen.items())[:1])
    raise Stop(f"found no instance of Identity Center that belongs to the organization{why}", "say where it is: --region")


def usual_region() -> str | None:
    """The Region that the AWS CLI would take."""
    if region := os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION"):
        return region
    command = [executable("aws"), "configure", "get", "region"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip() or None


def usual_mail() -> str:
    """The address that the admin's commits bear."""
    if not shutil.which("git"):
        return ""
    told = subprocess.run(["git", "config", "user.email"], cwd=ROOT, capture_output=True, text=True, check=False)
    return told.stdout.strip()


def usual_processor() -> str:
    """The cheaper one, where Rust can build for it already."""
    if platform.machine() in ("aarch64", "arm64"):
        return "arm64"
    command = ["rustc", "--print", "target-libdir", "--target", "aarch64-unknown-linux-gnu"]
    try:
        folder = subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    except OSError:
        folder = ""
    return "arm64" if folder and Path(folder).is_dir() else "x86_64"


# ---- What to ask -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Question:
    """What only an admin can answer."""

    flag: str
    text: str
    help: str
    proposal: str
    read: Callable[[str], str]

    def ask(self) -> str:
        """Asks until the answer is one."""
        say(f"\n{self.help}")
        while True:
            try:
                return self.read(read_line(f"{self.text} [{self.proposal}]: ") or self.proposal)
            except ValueError as wrong:
                say(f"  {wrong}")


def read_line(prompt: str) -> str:
    """What was typed."""
    print(prompt, end="", file=sys.stderr, flush=True)
    line = sys.stdin.readline()
    if not line:
        raise Stop("\nnobody answers", "where nobody can be asked, give --yes, and what you want otherwise as flags: --help has them")
    return line.strip()


NOBODY = "nobody"


def mail(typed: str) -> str:
    """An address, or none."""
    if typed.lower() in ("", "-", NOBODY):
        return NOBODY
    if not re.fullmatch(r"[^@\s]+@[^@\s]+", typed):
        raise ValueError(f"`{typed}` is no address: such as cloud-team@example.com, or {NOBODY}")
    return typed


def hours(typed: str) -> str:
    """How often."""
    if typed not in map(str, SWEEP_HOURS):
        raise ValueError(f"`{typed}` hours do not divide a day: one of {', '.join(map(str, SWEEP_HOURS))}")
    return typed


def yes_or_no(typed: str) -> str:
    """Either of them, in full or its first letter."""
    for word in ("yes", "no"):
        if typed and word.startswith(typed.lower()):
            return word
    raise ValueError(f"`{typed}` is neither yes nor no")


def processor(typed: str) -> str:
    """What Lambda calls it."""
    if typed not in PROCESSORS:
        raise ValueError(f"`{typed}` is neither {PROCESSORS[0]} nor {PROCESSORS[1]}")
    return typed


def profile_of(management: str) -> Callable[[str], str]:
    """A profile whose credentials are the management account's, or none."""

    def read(typed: str) -> str:
        if typed in ("", "-", "none"):
            return "none"
        try:
            account = aws("sts", "get-caller-identity", region=EVENTS_REGION, profile=typed)["Account"]
        except Refused as refused:
            raise ValueError(str(refused)) from refused
        if account != management:
            raise ValueError(f"profile `{typed}` is of account {account}, and the management account is {management}")
        return typed

    return read


def questions(surroundings: Surroundings, saved: Document) -> list[Question]:
    """All but the last one, which is whether to go on. They propose what was answered the last time."""
    before = parameters_in(saved)
    schedule = before.get("SweepSchedule", "")
    every = next((str(each) for each in SWEEP_HOURS if schedule == cron(each)), "6")
    known = "AlarmEmail" in before
    asked = [
        Question(
            "mail",
            "Who gets mail?",
            "When something needs somebody (rules with a mistake, revocations that are held, a sweep that is overdue), an alarm\n"
            f"sends mail. AWS asks that address for confirmation first. `{NOBODY}` for none.",
            (before["AlarmEmail"] if known else usual_mail()) or NOBODY,
            mail,
        ),
        Question(
            "sweep-hours",
            "Look at everything every how many hours?",
            "Events bring changes to effect within seconds. What events there may be missing, the sweep finds.\n"
            f"One of {', '.join(map(str, SWEEP_HOURS))}.",
            every,
            hours,
        ),
    ]
    if surroundings.is_management:
        asked.append(
            Question(
                "manage-management-account",
                "May rules change access to the management account too?",
                "It is left alone unless you say so here and in the rules: Identity Center makes roles in this account with the\n"
                "permissions of whoever assigns, so Usher would need wide ones.",
                "yes" if before.get("ManageManagementAccount") == "true" else "no",
                yes_or_no,
            )
        )
    else:
        asked.append(
            Question(
                "management-profile",
                "Which profile of the AWS CLI is the management account's?",
                f"Events of new and moved accounts are in the management account {surroundings.management_account} alone. With a profile of it,\n"
                "what brings them here is deployed as well, with a role to read assignments; with `none` you are told what to run there.",
                next((forwarder["profile"] for forwarder in forwarders_in(saved).values() if "profile" in forwarder), "none"),
                profile_of(surroundings.management_account),
            )
        )
    asked.append(
        Question(
            "processor",
            "Which processor?",
            "arm64 costs a fifth less. To build for it elsewhere, Rust needs its library: rustup target add aarch64-unknown-linux-gnu",
            before.get("Architecture") or usual_processor(),
            processor,
        )
    )
    return asked


# ---- What is kept ----------------------------------------------------------------------------------------------------------


def overdue(every: int) -> int:
    """After how many hours somebody should look: two intervals, and some time to sweep in."""
    return 2 * every + 1


def cron(every: int) -> str:
    """The schedule of a sweep: not at the full hour, when everybody else's comes."""
    return {1: "cron(17 * * * ? *)", 24: "cron(17 0 * * ? *)"}.get(every, f"cron(17 */{every} * * ? *)")


def at(document: Document, *path: str) -> Document:
    """The table at that place, made if it is not there."""
    for name in path:
        document = document.setdefault(name, {})
    return document


def load() -> Document:
    """The answers of the last time, or none."""
    if not ANSWERS.exists():
        return {}
    try:
        return tomllib.loads(ANSWERS.read_text())
    except tomllib.TOMLDecodeError as wrong:
        raise Stop(f"{ANSWERS} cannot be read: {wrong}", "mend it, or move it away to be asked again") from wrong


def parameters_in(document: Document, environment: str = "default") -> dict[str, str]:
    """A stack's parameters. `sam deploy --guided` writes them as one text."""
    written = at(document, environment, "deploy", "parameters").get("parameter_overrides", {})
    if isinstance(written, dict):
        return dict(written)
    texts = [written] if isinstance(written, str) else written
    pairs = [word.partition("=") for text in texts for word in shlex.split(text)]
    return {name: value for name, _, value in pairs}


def forwarders_in(document: Document) -> dict[str, Document]:
    """What is said of each forwarder's stack, by the name that `--config-env` takes."""
    names = [name for name in document if name.startswith("forwarder-")]
    return {name: at(document, name, "deploy", "parameters") for name in names}


def document_of(saved: Document, surroundings: Surroundings, answers: dict[str, str], stack: str) -> Document:
    """What to keep. What was there and is not asked about stays."""
    document: Document = json.loads(json.dumps({"version": 0.1} | saved))
    every = int(answers["sweep-hours"])
    email = "" if answers["mail"] == NOBODY else answers["mail"]
    parameters = parameters_in(document) | {
        "AlarmEmail": email,
        "Architecture": answers["processor"],
        "InstanceArn": surroundings.instance_arn,
        "ManagementAccountId": "" if surroundings.is_management else surroundings.management_account,
        "ManageManagementAccount": "true" if answers.get("manage-management-account") == "yes" else "false",
        "SweepSchedule": cron(every),
        "SweepOverdueHours": str(overdue(every)),
    }
    if not surroundings.is_management:
        parameters.setdefault("ExternalId", f"usher-{secrets.token_hex(8)}")
    at(document, "default", "usher", "parameters")["account_id"] = surroundings.account
    everywhere = at(document, "default", "global", "parameters")
    everywhere |= {"stack_name": stack, "region": surroundings.region}
    if profile := os.environ.get("AWS_PROFILE"):
        everywhere["profile"] = profile
    at(document, "default", "build", "parameters")["template_file"] = "infra/template.yaml"
    deploy = at(document, "default", "deploy", "parameters")
    for name, value in {"confirm_changeset": False, "fail_on_empty_changeset": False, "resolve_s3": True}.items():
        deploy.setdefault(name, value)
    deploy |= {"capabilities": "CAPABILITY_IAM", "parameter_overrides": parameters}
    add_forwarders(document, surroundings, answers.get("management-profile"), stack)
    return document


def add_forwarders(document: Document, surroundings: Surroundings, profile: str | None, stack: str) -> None:
    """The stacks in the management account, as far as there are credentials for it."""
    before = {name: parameters_in(document, name) for name in forwarders_in(document)}
    for name in before:
        del document[name]
    parameters = parameters_in(document)
    for region in [] if profile == "none" else surroundings.forwarders:
        name = f"forwarder-{region}"
        forwarder = {
            "template_file": "infra/organization-events.yaml",
            "stack_name": f"{stack}-organization-events",
            "region": region,
            "capabilities": "CAPABILITY_IAM",
            "confirm_changeset": False,
            "fail_on_empty_changeset": False,
            "parameter_overrides": before.get(name, {})
            | {
                "EventBusArn": surroundings.bus_arn,
                "AlarmEmail": parameters["AlarmEmail"],
                "InstanceArn": surroundings.instance_arn,
            },
        }
        if not surroundings.is_management:
            forwarder["parameter_overrides"]["ExternalId"] = parameters["ExternalId"]
        if profile or os.environ.get("AWS_PROFILE"):
            forwarder["profile"] = profile or os.environ["AWS_PROFILE"]
        at(document, name, "deploy")["parameters"] = forwarder


def as_toml(document: Document, *path: str) -> str:
    """The document as people read it: each table with its values first."""
    key = lambda name: name if re.fullmatch(r"[\w-]+", name, re.ASCII) else json.dumps(name)  # noqa: E731
    values = [f"{key(name)} = {json.dumps(value, ensure_ascii=False)}" for name, value in document.items() if not isinstance(value, dict)]
    heading = [f"\n[{'.'.join(map(key, path))}]"] if path and values else []
    tables = [as_toml(value, *path, name) for name, value in document.items() if isinstance(value, dict)]
    return "\n".join([*heading, *values, *(table for table in tables if table)])


HEADING = "# Where Usher is deployed, and how: the answers to infra/deploy.py, as `sam build` and `sam deploy` read them.\n"


def save(document: Document) -> None:
    """Keeps the answers."""
    ANSWERS.write_text(f"{HEADING}{as_toml(document)}\n")


# ---- What to do ------------------------------------------------------------------------------------------------------------


def sam(*words: str) -> None:
    """Runs SAM, and lets it say what it says."""
    say(f"\n$ sam {shlex.join(words)}")
    done = subprocess.run([executable("sam"), *words], cwd=ROOT, check=False)
    if done.returncode != 0:
        raise Stop(f"`sam {shlex.join(words)}` ended with {done.returncode}", "what it says above is why; run this again when that is mended")


def outputs(stack: str, region: str, profile: str | None = None) -> dict[str, str]:
    """What a stack says about itself."""
    try:
        described = aws("cloudformation", "describe-stacks", "--stack-name", stack, region=region, profile=profile)
    except Refused as refused:
        raise Stop(f"cannot read the outputs of stack {stack}: {refused}") from refused
    return {each["OutputKey"]: each["OutputValue"] for each in described["Stacks"][0].get("Outputs", [])}


def commands(document: Document) -> list[tuple[str, ...]]:
    """What SAM is to do, in turn."""
    forwarders = [("deploy", "--config-env", name) for name in forwarders_in(document)]
    return [("build",), ("deploy",), *forwarders]


def deploy(document: Document, surroundings: Surroundings) -> dict[str, str]:
    """Builds, deploys, and brings the events. Returns the outputs of Usher's stack."""
    stack = document["default"]["global"]["parameters"]["stack_name"]
    say("Building takes ten to fifteen minutes the first time, and SAM says little meanwhile.")
    sam("build")
    sam("deploy")
    told = outputs(stack, surroundings.region)
    for name, forwarder in forwarders_in(document).items():
        if surroundings.is_management:
            sam("deploy", "--config-env", name)
            continue
        # In another account each of the two stacks has to know of the other's role.
        forwarder["parameter_overrides"]["ReconcilerRoleArn"] = told["ReconcilerRoleArn"]
        save(document)
        sam("deploy", "--config-env", name)
        there = outputs(forwarder["stack_name"], forwarder["region"], forwarder.get("profile"))
        let_read(document, there.get("ReaderRoleArn"))
    return told


def let_read(document: Document, role: str | None) -> None:
    """Tells Usher's stack of the role that lets it read in the management account."""
    parameters = document["default"]["deploy"]["parameters"]["parameter_overrides"]
    if role and parameters.get("ManagementRoleArn") != role:
        parameters["ManagementRoleArn"] = role
        save(document)
        sam("deploy")


def by_hand(document: Document, surroundings: Surroundings, role: str) -> list[str]:
    """What somebody has to run who has credentials for the management account."""
    if surroundings.is_management or forwarders_in(document):
        return []
    parameters = parameters_in(document)
    overrides = [f"EventBusArn={surroundings.bus_arn}", f"InstanceArn={surroundings.instance_arn}"]
    overrides += [f"ReconcilerRoleArn={role}", f"ExternalId={parameters['ExternalId']}"]
    stack = document["default"]["global"]["parameters"]["stack_name"]
    return [
        f"aws cloudformation deploy --region {region} --stack-name {stack}-organization-events "
        f"--template-file infra/organization-events.yaml --capabilities CAPABILITY_IAM --parameter-overrides {shlex.join(overrides)}"
        for region in surroundings.forwarders
    ]


# ---- The whole of it -------------------------------------------------------------------------------------------------------


def say(text: str) -> None:
    """Tells people. What could be read by a program, there is none."""
    print(text, file=sys.stderr, flush=True)


def answer(asked: list[Question], arguments: argparse.Namespace, *, may_ask: bool) -> dict[str, str]:
    """A flag, or what was typed, or what is proposed."""
    answers = {}
    for question in asked:
        given = getattr(arguments, question.flag.replace("-", "_"))
        if given is not None:
            try:
                answers[question.flag] = question.read(given)
            except ValueError as wrong:
                raise Stop(f"--{question.flag}: {wrong}") from wrong
        elif may_ask:
            answers[question.flag] = question.ask()
        else:
            answers[question.flag] = question.proposal
    return answers


def tell_plan(document: Document, surroundings: Surroundings, stack: str) -> None:
    """What is about to be."""
    which = "the management account" if surroundings.is_management else f"a delegated administrator of {surroundings.management_account}"
    say(f"\n  account   {surroundings.account}, {which}")
    say(f"  Region    {surroundings.region}, where Identity Center is ({surroundings.instance_arn})")
    say(f"  stack     {stack}")
    for forwarder in forwarders_in(document).values():
        say(f"  and then  {forwarder['stack_name']} in the management account in {forwarder['region']}, which brings events here")
    say(f"  answers   {ANSWERS.name}\n")


def tell_next(document: Document, surroundings: Surroundings, told: dict[str, str]) -> None:
    """What an admin does now."""
    if commands_there := by_hand(document, surroundings, told["ReconcilerRoleArn"]):
        say("\nStill missing are the events of new and moved accounts. With credentials of the management account, run:\n")
        for command in commands_there:
            say(f"    {command}\n")
        say("and then here, with the output ReaderRoleArn of the stack in us-east-1:\n\n    python3 infra/deploy.py --management-role ARN")
    say("\nNothing happens before there are rules. The starter file only reports; make it yours, and put it up:\n")
    say(f"    {told['FirstPutTheRulesUp']}")
    say("\nIs everything there that it needs?\n")
    say(f"    {told['ThenAsk']}")


def arguments_of(words: list[str] | None) -> argparse.Namespace:
    """What was typed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dry-run", action="store_true", help="say what it would write and run, and do neither")
    parser.add_argument("--ask", action="store_true", help="ask again, though there are answers")
    parser.add_argument("--yes", action="store_true", help="ask nothing: what is not given by a flag is as it would be proposed")
    parser.add_argument("--region", help="where Identity Center is, if it cannot be found")
    parser.add_argument("--stack-name", help="what the stack is called, and all that is in it (default: usher)")
    parser.add_argument("--management-role", metavar="ARN", help="the output ReaderRoleArn of the forwarder in the management account")
    flags = parser.add_argument_group("answers, each of which is not asked for then")
    flags.add_argument("--mail", metavar="ADDRESS", help=f"who gets mail of alarms, or {NOBODY}")
    flags.add_argument("--sweep-hours", metavar="HOURS", help="how often everything is looked at")
    flags.add_argument("--manage-management-account", metavar="yes|no", help="whether rules may change access to it")
    flags.add_argument("--management-profile", metavar="PROFILE", help="of the AWS CLI, for the management account, or none")
    flags.add_argument("--processor", metavar="|".join(PROCESSORS), help="what the functions run on")
    return parser.parse_args(words)


def run(arguments: argparse.Namespace) -> None:
    """Finds out, asks, and does it."""
    check_tools()
    saved = load()
    everywhere = at(json.loads(json.dumps(saved)), "default", "global", "parameters")
    account_before = saved.get("default", {}).get("usher", {}).get("parameters", {}).get("account_id")
    surroundings = Surroundings.look(arguments.region, everywhere.get("region") or usual_region())
    if account_before not in (None, surroundings.account) and not arguments.ask:
        raise Stop(
            f"{ANSWERS.name} is about account {account_before}, and these credentials are of {surroundings.account}",
            "use other credentials (export AWS_PROFILE=...), or answer anew: --ask",
        )
    may_ask = not arguments.yes and (arguments.ask or account_before is None)
    if may_ask:
        say(f"Account {surroundings.account}, Identity Center in {surroundings.region}. Five questions; Enter takes what stands in brackets.")
    stack = arguments.stack_name or everywhere.get("stack_name") or "usher"
    answers = answer(questions(surroundings, saved), arguments, may_ask=may_ask)
    document = document_of(saved, surroundings, answers, stack)
    if arguments.management_role:
        document["default"]["deploy"]["parameters"]["parameter_overrides"]["ManagementRoleArn"] = arguments.management_role

    tell_plan(document, surroundings, stack)
    if arguments.dry_run:
        say(f"This would be {ANSWERS.name}:\n\n{as_toml(document)}\n\nand these would be run:\n")
        for words in commands(document):
            say(f"    sam {shlex.join(words)}")
        return
    go = Question("go", "Build and deploy?", "All of it can be changed later: --ask.", "yes", yes_or_no)
    if may_ask and go.ask() == "no":
        raise Stop("nothing was changed")
    save(document)
    tell_next(document, surroundings, deploy(document, surroundings))


def main() -> int:
    """Returns the exit code."""
    try:
        run(arguments_of(None))
    except Stop as stop:
        say(str(stop))
        return 1
    except KeyboardInterrupt:
        say("\nstopped. What AWS has begun to deploy, it goes on with; before that nothing was changed.")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
