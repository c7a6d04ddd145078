"""The serverless half of Usher: `infra/template.yaml` as it is, deployed by CloudFormation into ministack."""

import io
import json
import shlex
import time
import zipfile
from dataclasses import dataclass, field
from typing import Any

import package
from clients import ACCOUNT_ID, client, pages
from emulator import REGION
from ministack.services import eventbridge

NAME = "usher"
RULES_KEY = "active/rules.yaml"
ANNOUNCEMENTS = "usher-announcements"

# Where `sam deploy` puts what it uploads: the packages, and the template, which is too large to be sent by itself.
UPLOADS = "uploads"

DEPLOY_TIMEOUT_SECONDS = 60.0

# The lines that Lambda itself writes around what a function says.
PLATFORM_LINES = ("START RequestId: ", "END RequestId: ", "REPORT RequestId: ")


@dataclass(frozen=True)
class Deployment:
    """What `deploy` may be told.

    Variables are set on the functions after they are deployed, not in the template: for all of them, and for one by its
    name. The numbers are smaller than in production, so that a test need not wait.
    """

    binaries: dict[str, str]
    parameters: dict[str, str] = field(default_factory=dict)
    rules: str | None = None
    environment: dict[str, str] = field(default_factory=dict)
    environment_of: dict[str, dict[str, str]] = field(default_factory=dict)
    visibility_timeout: int = 2
    max_receive_count: int = 3


class Stack:
    """What is deployed on one emulator, and how a test talks to it."""

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint
        # Physical ids by logical ids.
        self._resources: dict[str, str] = {}
        # Patterns of the deployed rules, and the functions that they wake.
        self._routes: list[tuple[str, str]] = []

    def deploy(self, deployment: Deployment) -> dict[str, Any]:
        """Deploys the template on an empty emulator, and tells the addresses."""
        s3 = self._client("s3")
        s3.create_bucket(Bucket=UPLOADS, CreateBucketConfiguration={"LocationConstraint": REGION})
        for name, binary in deployment.binaries.items():
            s3.put_object(Bucket=UPLOADS, Key=f"{name}.zip", Body=_zip_starting(binary))
        self._resources = self.create(NAME, package.packaged(UPLOADS), deployment.parameters)
        self._hurry(deployment)
        self._create_queue(ANNOUNCEMENTS)
        self._route("announcements", {"source": ["usher"]}, _queue_arn(ANNOUNCEMENTS))
        for name in deployment.binaries:
            self._set_environment(name, deployment.environment | deployment.environment_of.get(name, {}))
        if deployment.rules is not None:
            self.put_object(RULES_KEY, deployment.rules)
        self._routes = self._read_routes()
        return {"bucket": self.bucket, "resources": self._resources, "outputs": self.outputs(NAME)}

    def create(self, name: str, template: dict[str, Any], parameters: dict[str, str]) -> dict[str, str]:
        """Creates a stack and waits for its end. Returns the physical ids by the logical ones."""
        self._client("s3").put_object(Bucket=UPLOADS, Key=f"{name}.json", Body=json.dumps(template, default=str).encode())
        cloudformation = self._client("cloudformation")
        cloudformation.create_stack(
            StackName=name,
            TemplateURL=f"{self._endpoint}/{UPLOADS}/{name}.json",
            Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
            Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
        )
        deadline = time.monotonic() + DEPLOY_TIMEOUT_SECONDS
        while (status := self._stack(name)["StackStatus"]) == "CREATE_IN_PROGRESS":
            if time.monotonic() > deadline:
                raise TimeoutError(f"stack {name} is not there after {DEPLOY_TIMEOUT_SECONDS} s")
            time.sleep(0.02)
        if status != "CREATE_COMPLETE":
            raise RuntimeError(f"stack {name}: {status}: {self._failures(name)}")
        resources = cloudformation.describe_stack_resources(StackName=name)["StackResources"]
        return {one["LogicalResourceId"]: one["PhysicalResourceId"] for one in resources}

    def outputs(self, name: str) -> dict[str, str]:
        """What the stack says to whoever deployed it."""
        return {one["OutputKey"]: one["OutputValue"] for one in self._stack(name).get("Outputs", [])}

    def deploy_forwarder(self, parameters: dict[str, str]) -> dict[str, str]:
        """Deploys `infra/organization-events.yaml` beside the other. Returns its outputs."""
        self.create("forwarder", package.plain("organization-events.yaml"), parameters)
        return self.outputs("forwarder")

    def matching(self, events: list[dict[str, Any]]) -> list[list[str]]:
        """For each event the rules of the default bus whose pattern it meets, as EventBridge itself sees it.

        A rule goes by the name of its stack and its logical id.
        """
        rules = self._rules()
        return [[name for name, rule in rules.items() if self._meets(rule["EventPattern"], event)] for event in events]

    def deliver(self, event: dict[str, Any]) -> list[dict[str, Any]]:
        """Hands an event to the functions that the deployed rules name, as EventBridge does. Returns what came of it.

        EventBridge itself takes no event of AWS from us, and this one neither.
        """
        return [{"function": function} | self.invoke(function, event) for function in self.woken_by(event)]

    def woken_by(self, event: dict[str, Any]) -> list[str]:
        """The functions whose rules an event meets, each as often as it does."""
        return [function for pattern, function in self._routes if self._meets(pattern, event)]

    @property
    def bucket(self) -> str:
        """The rules bucket."""
        return self._resources["RulesBucket"]

    def policies(self, function: str) -> list[dict[str, Any]]:
        """The statements of the policies of a function's role, as IAM has them."""
        iam = self._client("iam")
        configuration = self._client("lambda").get_function_configuration(FunctionName=f"{NAME}-{function}")
        role = configuration["Role"].rsplit("/", 1)[-1]
        return [
            statement | {"Policy": policy}
            for policy in iam.list_role_policies(RoleName=role)["PolicyNames"]
            for statement in iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]["Statement"]
        ]

    def run_schedule(self, schedule: str) -> None:
        """Does now what a schedule will do: the call that its target describes, with the scheduled time filled in."""
        scheduler = self._client("scheduler")
        target = scheduler.get_schedule(Name=self._resources[schedule])["Target"]
        if target["Arn"] != "arn:aws:scheduler:::aws-sdk:sqs:sendMessage":
            raise RuntimeError(f"schedule {schedule} does not send a message, but {target['Arn']}")
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        self._client("sqs").send_message(**json.loads(target["Input"].replace("<aws.scheduler.scheduled-time>", now)))

    def put_object(self, key: str, text: str) -> dict[str, Any]:
        """Writes an object of the rules bucket, as an admin or a pipeline does."""
        answer = self._client("s3").put_object(Bucket=self.bucket, Key=key, Body=text.encode())
        return {"etag": answer["ETag"], "version_id": answer["VersionId"]}

    def invoke(self, function: str, event: Any) -> dict[str, Any]:
        """Invokes a function and waits. `error` is null, or Lambda's word for what went wrong (see `payload`)."""
        before = len(self.logs(function))
        started = time.monotonic()
        answer = self._client("lambda").invoke(FunctionName=f"{NAME}-{function}", Payload=json.dumps(event))
        return {
            "error": answer.get("FunctionError"),
            "logs": self.logs(function)[before:],
            "payload": json.loads(answer["Payload"].read() or "null"),
            "seconds": round(time.monotonic() - started, 3),
        }

    def send(self, body: Any, group: str, deduplication: str) -> str:
        """Puts a message on the lane: text as it is, anything else as JSON. Returns its id."""
        answer = self._client("sqs").send_message(
            QueueUrl=self._resources["Lane"],
            MessageBody=body if isinstance(body, str) else json.dumps(body),
            MessageGroupId=group,
            MessageDeduplicationId=deduplication,
        )
        message_id: str = answer["MessageId"]
        return message_id

    def queues(self) -> dict[str, dict[str, int]]:
        """How many messages each queue holds."""
        queues = {"dead_letters": "LaneDeadLetters", "lane": "Lane", "lost_events": "LostEvents"}
        return {name: self._count(self._resources[queue]) for name, queue in queues.items()}

    def settle(self, timeout: float) -> dict[str, dict[str, int]]:
        """Waits until the lane is empty: each message was handled, or is a dead letter. Returns `queues`."""
        lane, deadline = self._resources["Lane"], time.monotonic() + timeout
        while any(self._count(lane).values()):
            if time.monotonic() > deadline:
                raise TimeoutError(f"the lane is not empty after {timeout} s: {self._count(lane)}")
            time.sleep(0.02)
        return self.queues()

    def dead_letters(self, queue: str = "LaneDeadLetters") -> list[dict[str, Any]]:
        """Takes all messages off a queue of those that were given up."""
        return [
            {"attributes": message["Attributes"], "body": _json_or_text(message["Body"]), "id": message["MessageId"]}
            for message in self._drain(self._resources[queue])
        ]

    def announcements(self) -> list[Any]:
        """The events announced since the last call, oldest first."""
        return [json.loads(message["Body"]) for message in self._drain(self._queue_url(ANNOUNCEMENTS))]

    def logs(self, function: str) -> list[str]:
        """All that a function printed, oldest first, without the lines Lambda adds."""
        logs = self._client("logs")
        try:
            events = pages(logs, "filter_log_events", "events", logGroupName=f"/aws/lambda/{NAME}-{function}")
        except logs.exceptions.ResourceNotFoundException:
            return []  # it was never invoked
        events.sort(key=lambda event: event["timestamp"])
        return [event["message"] for event in events if not event["message"].startswith(PLATFORM_LINES)]

    def _client(self, service: str) -> Any:
        return client(service, self._endpoint)

    def _stack(self, name: str) -> dict[str, Any]:
        stack: dict[str, Any] = self._client("cloudformation").describe_stacks(StackName=name)["Stacks"][0]
        return stack

    def _failures(self, name: str) -> list[str]:
        events = self._client("cloudformation").describe_stack_events(StackName=name)["StackEvents"]
        failed = (one for one in events if one["ResourceStatus"].endswith("_FAILED"))
        return [f"{one['LogicalResourceId']}: {one.get('ResourceStatusReason')}" for one in failed]

    def _hurry(self, deployment: Deployment) -> None:
        redrive = {"deadLetterTargetArn": self._arn("LaneDeadLetters"), "maxReceiveCount": deployment.max_receive_count}
        self._client("sqs").set_queue_attributes(
            QueueUrl=self._resources["Lane"],
            Attributes={
                "VisibilityTimeout": str(deployment.visibility_timeout),
                "RedrivePolicy": json.dumps(redrive),
            },
        )

    def _set_environment(self, function: str, variables: dict[str, str]) -> None:
        functions, name = self._client("lambda"), f"{NAME}-{function}"
        deployed = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
        variables = deployed | {"AWS_ENDPOINT_URL": self._endpoint} | variables
        functions.update_function_configuration(FunctionName=name, Environment={"Variables": variables})

    def _rules(self) -> dict[str, dict[str, Any]]:
        rules = self._client("events").list_rules()["Rules"]
        return {_stack_and_logical_id(rule["Name"]): rule for rule in rules if rule["Name"] != "announcements"}

    def _read_routes(self) -> list[tuple[str, str]]:
        events, functions = self._client("events"), f":function:{NAME}-"
        return [
            (rule["EventPattern"], target["Arn"].split(functions)[1])
            for rule in self._rules().values()
            for target in events.list_targets_by_rule(Rule=rule["Name"])["Targets"]
            if functions in target["Arn"]
        ]

    def _meets(self, pattern: str, event: dict[str, Any]) -> bool:
        """TestEventPattern, by a call and not over HTTP: thousands of pairs are asked for, at 30 ms a request."""
        _, _, answer = eventbridge._test_event_pattern({"EventPattern": pattern, "Event": json.dumps(event)})
        result: bool = json.loads(answer)["Result"]
        return result

    def _arn(self, queue: str) -> str:
        return _queue_arn(self._resources[queue].rsplit("/", 1)[-1])

    def _create_queue(self, name: str, **attributes: str) -> str:
        url: str = self._client("sqs").create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
        return url

    def _route(self, rule: str, pattern: dict[str, Any], target_arn: str) -> None:
        events = self._client("events")
        events.put_rule(Name=rule, EventPattern=json.dumps(pattern))
        answer = events.put_targets(Rule=rule, Targets=[{"Id": "target", "Arn": target_arn}])
        if answer["FailedEntryCount"]:
            raise RuntimeError(f"rule {rule} did not take its target: {answer['FailedEntries']}")

    def _queue_url(self, name: str) -> str:
        url: str = self._client("sqs").get_queue_url(QueueName=name)["QueueUrl"]
        return url

    def _count(self, url: str) -> dict[str, int]:
        names = {
            "delayed": "ApproximateNumberOfMessagesDelayed",
            "in_flight": "ApproximateNumberOfMessagesNotVisible",
            "visible": "ApproximateNumberOfMessages",
        }
        answer = self._client("sqs").get_queue_attributes(
            QueueUrl=url, AttributeNames=list(names.values())
        )
        return {ours: int(answer["Attributes"][theirs]) for ours, theirs in names.items()}

    def _drain(self, url: str) -> list[Any]:
        sqs, drained = self._client("sqs"), []
        while messages := sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, MessageSystemAttributeNames=["All"]
        ).get("Messages"):
            for message in messages:
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            drained += messages
        return drained


def _zip_starting(binary: str) -> bytes:
    """A deployment package whose bootstrap becomes `binary`.

    Functions run on this machine, so the package need not carry a debug build of a hundred megabytes.
    """
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("bootstrap", f"#!/bin/sh\nexec {shlex.quote(binary)}\n")
    return package.getvalue()


def _json_or_text(body: str) -> Any:
    try:
        return json.loads(body)
    except json.JSONDecodeError:
        return body


def _queue_arn(name: str) -> str:
    return f"arn:aws:sqs:{REGION}:{ACCOUNT_ID}:{name}"


def _stack_and_logical_id(rule: str) -> str:
    """CloudFormation's name of a rule, without the random end."""
    return rule.rsplit("-", 1)[0]
