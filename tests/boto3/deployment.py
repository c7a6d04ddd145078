"""All of Usher as its template deploys it: the real binaries behind real queues, and Bob's organization beside them.

The organization's events reach the functions by the template's own patterns. EventBridge lets nobody send events in the
name of AWS, ministack neither: so it is asked which patterns match, and the functions are invoked here.
"""

import json
import os
import re
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from server import ROOT, USHER, Server

sys.path.insert(0, str(ROOT / "tests" / "bed"))

from clients import client, pages  # noqa: E402
from emulator import Ministack  # noqa: E402
from stack import NAME, Deployment, Stack  # noqa: E402

RULES_WRITTEN = "rules.yaml"

FUNCTIONS = ["account-events", "assignment-events", "group-events", "reconciler", "rules-events", "tag-events"]


class Usher:
    """The deployed functions, with the organization's events on their way to them."""

    def __init__(self, assignment_seconds: float) -> None:
        self.assignment_seconds = assignment_seconds
        self._ministack = Ministack()
        self._ministack.wait_until_ready()
        self.stack = Stack(self._ministack.endpoint)
        self._invocations: list[Future[Any]] = []
        self._pool = ThreadPoolExecutor(max_workers=8)
        self._sink = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self._take))
        threading.Thread(target=self._sink.serve_forever, daemon=True).start()
        self.arrived: list[tuple[float, str, list[str]]] = []
        self.local = Server(
            "--assignment-time",
            f"{round(assignment_seconds * 1000)}ms",
            "--events",
            f"http://127.0.0.1:{self._sink.server_port}",
        )
        self._deploy()

    def stop(self) -> None:
        """Ends everything that was started."""
        self.local.stop()
        self._sink.shutdown()
        self._pool.shutdown(cancel_futures=True)
        self._ministack.stop()

    def check_invocations(self) -> None:
        """No function may have failed on an event."""
        for invocation in self._invocations:
            answer = invocation.result(timeout=60)
            assert answer["error"] is None, answer
        self._invocations.clear()

    def write_rules(self, text: str) -> None:
        """Writes the rules as an admin does."""
        self.stack.put_object(RULES_WRITTEN, text)

    def rules_in_force(self) -> str:
        """What is in `active/`, and only rules-events may write there."""
        answer = client("s3", self._ministack.endpoint).get_object(Bucket=self.stack.bucket, Key="active/rules.yaml")
        text: str = answer["Body"].read().decode()
        return text

    def seconds_in_functions(self, since: float) -> dict[str, float]:
        """How long each function ran since then, by Lambda's own report."""
        logs = client("logs", self._ministack.endpoint)
        return {name: _reported(logs, name, since) for name in FUNCTIONS}

    def _deploy(self) -> None:
        identity = self.local.endpoint
        self.stack.deploy(
            Deployment(
                binaries={name: str(_binary(name)) for name in FUNCTIONS},
                environment={
                    "AWS_ENDPOINT_URL_ORGANIZATIONS": identity,
                    "AWS_ENDPOINT_URL_SSO_ADMIN": identity,
                    "AWS_ENDPOINT_URL_IDENTITYSTORE": identity,
                    "USHER_CALLS_PER_SECOND": "1000",
                    "USHER_POLL_MILLISECONDS": "100",
                    "USHER_RETRY_SECONDS": "2",
                },
                visibility_timeout=60,
            )
        )

    def _take(self, event: dict[str, Any]) -> None:
        now = time.time()
        matching = self.stack.woken_by(event)
        name = event["detail"].get("eventName", event["detail-type"])
        self.arrived.append((now, name, matching))
        for function in matching:
            self._invocations.append(self._pool.submit(self.stack.invoke, function, event))


def _binary(function: str) -> Path:
    """As the build made it, or as `sam build` did, when the environment names the folder where it puts them."""
    if built := os.environ.get("USHER_BUILT_BY_SAM"):
        return Path(built, function.title().replace("-", ""), "bootstrap")
    return USHER.with_name(function)


def _handler(take: Callable[[dict[str, Any]], None]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # noqa: N802
            body = self.rfile.read(int(self.headers["Content-Length"]))
            take(json.loads(body))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    return Handler


def _reported(logs: Any, function: str, since: float) -> float:
    group = f"/aws/lambda/{NAME}-{function}"
    try:
        lines = pages(logs, "filter_log_events", "events", logGroupName=group, startTime=round(since * 1000))
    except logs.exceptions.ResourceNotFoundException:
        return 0.0
    durations = [re.search(r"^REPORT .*?\tDuration: ([0-9.]+) ms", line["message"]) for line in lines]
    return sum(float(found[1]) for found in durations if found) / 1000
