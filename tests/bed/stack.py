"""The serverless half of Usher, as its template would deploy it: bucket, lane, functions and the rules between them."""

import io
import json
import shlex
import time
import zipfile
from dataclasses import dataclass, field
from typing import Any

from clients import ACCOUNT_ID, client, pages
from emulator import REGION

BUCKET = "usher-rules"
RULES_KEY = "active/rules.yaml"
LANE = "usher-lane.fifo"
DEAD_LETTERS = "usher-dead-letters.fifo"
ANNOUNCEMENTS = "usher-announcements"

# The lines that Lambda itself writes around what a function says.
PLATFORM_LINES = ("START RequestId: ", "END RequestId: ", "REPORT RequestId: ")


@dataclass(frozen=True)
class Function:
    """One Lambda function. With a `pattern`, events on the default bus that match it invoke the function."""

    binary: str
    environment: dict[str, str] = field(default_factory=dict)
    timeout: int = 30
    pattern: dict[str, Any] | None = None


@dataclass(frozen=True)
class Deployment:
    """What `deploy` may be told. The numbers are smaller than in production, so that a test need not wait."""

    functions: dict[str, Function]
    rules: str | None = None
    environment: dict[str, str] = field(default_factory=dict)
    lane_reader: str | None = "reconciler"
    batch_size: int = 10
    visibility_timeout: int = 2
    max_receive_count: int = 3

    @classmethod
    def from_json(cls, *, functions: dict[str, dict[str, Any]], **settings: Any) -> "Deployment":
        """Reads the arguments of the command; a name that is not one of ours is an error."""
        return cls(functions={name: Function(**one) for name, one in functions.items()}, **settings)


class Stack:
    """What is deployed on one emulator, and how a test talks to it."""

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint

    def deploy(self, deployment: Deployment) -> dict[str, Any]:
        """Creates everything on an empty emulator, and tells the addresses."""
        self._create_bucket()
        if deployment.rules is not None:
            self.put_object(RULES_KEY, deployment.rules)
        dead_letters = self._create_queue(DEAD_LETTERS, FifoQueue="true")
        lane = self._create_queue(
            LANE,
            FifoQueue="true",
            VisibilityTimeout=str(deployment.visibility_timeout),
            RedrivePolicy=json.dumps(
                {"deadLetterTargetArn": _queue_arn(DEAD_LETTERS), "maxReceiveCount": deployment.max_receive_count}
            ),
        )
        announcements = self._create_queue(ANNOUNCEMENTS)
        self._route("usher-announcements", {"source": ["usher"]}, _queue_arn(ANNOUNCEMENTS))
        given = {
            "AWS_ENDPOINT_URL": self._endpoint,
            "USHER_LANE": lane,
            "USHER_RULES": f"s3://{BUCKET}/{RULES_KEY}",
        }
        for name, function in deployment.functions.items():
            self._create_function(name, function, given | deployment.environment | function.environment)
        if deployment.lane_reader is not None:
            self._read_lane_with(deployment.lane_reader, deployment.batch_size)
        return {
            "announcements": announcements,
            "bucket": BUCKET,
            "dead_letters": dead_letters,
            "lane": lane,
            "rules": given["USHER_RULES"],
        }

    def put_object(self, key: str, text: str) -> dict[str, Any]:
        """Writes an object of the rules bucket, as an admin or a pipeline does."""
        answer = self._client("s3").put_object(Bucket=BUCKET, Key=key, Body=text.encode())
        return {"etag": answer["ETag"], "version_id": answer["VersionId"]}

    def invoke(self, function: str, event: Any) -> dict[str, Any]:
        """Invokes a function and waits. `error` is null, or Lambda's word for what went wrong (see `payload`)."""
        before = len(self.logs(function))
        started = time.monotonic()
        answer = self._client("lambda").invoke(FunctionName=function, Payload=json.dumps(event))
        return {
            "error": answer.get("FunctionError"),
            "logs": self.logs(function)[before:],
            "payload": json.loads(answer["Payload"].read() or "null"),
            "seconds": round(time.monotonic() - started, 3),
        }

    def send(self, body: Any, group: str, deduplication: str) -> str:
        """Puts a message on the lane: text as it is, anything else as JSON. Returns its id."""
        answer = self._client("sqs").send_message(
            QueueUrl=self._queue_url(LANE),
            MessageBody=body if isinstance(body, str) else json.dumps(body),
            MessageGroupId=group,
            MessageDeduplicationId=deduplication,
        )
        message_id: str = answer["MessageId"]
        return message_id

    def queues(self) -> dict[str, dict[str, int]]:
        """How many messages each queue holds."""
        queues = {"announcements": ANNOUNCEMENTS, "dead_letters": DEAD_LETTERS, "lane": LANE}
        return {name: self._count(queue) for name, queue in queues.items()}

    def settle(self, timeout: float) -> dict[str, dict[str, int]]:
        """Waits until the lane is empty: each message was handled, or is a dead letter. Returns `queues`."""
        deadline = time.monotonic() + timeout
        while any(self._count(LANE).values()):
            if time.monotonic() > deadline:
                raise TimeoutError(f"the lane is not empty after {timeout} s: {self._count(LANE)}")
            time.sleep(0.02)
        return self.queues()

    def dead_letters(self) -> list[dict[str, Any]]:
        """Takes all messages off the dead-letter queue."""
        return [
            {"attributes": message["Attributes"], "body": _json_or_text(message["Body"]), "id": message["MessageId"]}
            for message in self._drain(DEAD_LETTERS)
        ]

    def announcements(self) -> list[Any]:
        """The events announced since the last call, oldest first."""
        return [json.loads(message["Body"]) for message in self._drain(ANNOUNCEMENTS)]

    def logs(self, function: str) -> list[str]:
        """All that a function printed, oldest first, without the lines Lambda adds."""
        logs = self._client("logs")
        try:
            events = pages(logs, "filter_log_events", "events", logGroupName=f"/aws/lambda/{function}")
        except logs.exceptions.ResourceNotFoundException:
            return []  # it was never invoked
        events.sort(key=lambda event: event["timestamp"])
        return [event["message"] for event in events if not event["message"].startswith(PLATFORM_LINES)]

    def _client(self, service: str) -> Any:
        return client(service, self._endpoint)

    def _create_bucket(self) -> None:
        s3 = self._client("s3")
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        s3.put_bucket_notification_configuration(
            Bucket=BUCKET, NotificationConfiguration={"EventBridgeConfiguration": {}}
        )

    def _create_queue(self, name: str, **attributes: str) -> str:
        url: str = self._client("sqs").create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
        return url

    def _create_function(self, name: str, function: Function, environment: dict[str, str]) -> None:
        self._client("lambda").create_function(
            FunctionName=name,
            Runtime="provided.al2023",
            Handler="bootstrap",
            Role=f"arn:aws:iam::{ACCOUNT_ID}:role/usher",
            Code={"ZipFile": _zip_starting(function.binary)},
            Timeout=function.timeout,
            Environment={"Variables": environment},
        )
        if function.pattern is not None:
            self._route(f"usher-{name}", function.pattern, _function_arn(name))

    def _read_lane_with(self, function: str, batch_size: int) -> None:
        self._client("lambda").create_event_source_mapping(
            EventSourceArn=_queue_arn(LANE),
            FunctionName=function,
            BatchSize=batch_size,
            FunctionResponseTypes=["ReportBatchItemFailures"],
        )

    def _route(self, rule: str, pattern: dict[str, Any], target_arn: str) -> None:
        events = self._client("events")
        events.put_rule(Name=rule, EventPattern=json.dumps(pattern))
        answer = events.put_targets(Rule=rule, Targets=[{"Id": "target", "Arn": target_arn}])
        if answer["FailedEntryCount"]:
            raise RuntimeError(f"rule {rule} did not take its target: {answer['FailedEntries']}")

    def _queue_url(self, name: str) -> str:
        url: str = self._client("sqs").get_queue_url(QueueName=name)["QueueUrl"]
        return url

    def _count(self, queue: str) -> dict[str, int]:
        names = {
            "delayed": "ApproximateNumberOfMessagesDelayed",
            "in_flight": "ApproximateNumberOfMessagesNotVisible",
            "visible": "ApproximateNumberOfMessages",
        }
        answer = self._client("sqs").get_queue_attributes(
            QueueUrl=self._queue_url(queue), AttributeNames=list(names.values())
        )
        return {ours: int(answer["Attributes"][theirs]) for ours, theirs in names.items()}

    def _drain(self, queue: str) -> list[Any]:
        sqs, url, drained = self._client("sqs"), self._queue_url(queue), []
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


def _function_arn(name: str) -> str:
    return f"arn:aws:lambda:{REGION}:{ACCOUNT_ID}:function:{name}"
