"""Every operation that is served, judged by botocore's models of the services: answers and errors, byte by byte.

The SDKs read leniently: what they do not know they leave out, and what is not there is nothing. So the answers are looked
at as they come over the wire: they hold nothing that the model has not, all that it requires, and nothing of another type;
and what else they could hold and do not, a row of the table has to say.
"""

import json
import time
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any
from urllib.error import HTTPError

import pytest
from botocore.exceptions import ClientError
from botocore.model import Shape
from botocore.validate import ParamValidator

from bob import MANAGEMENT
from conftest import PATIENCE_SECONDS
from operations import ABSENT, SERVICES, Ids, Parameters, Row
from server import ROOT, Server

SERVED = (ROOT / "local" / "tests" / "operations.txt").read_text().split()


class Wire:
    """A client, and the last answer as it came over the wire."""

    def __init__(self, server: Server, service: str, account: str | None) -> None:
        self.client = server.client(service, account)
        self.client.meta.events.register("before-parse", self._keep)
        self._body = b""

    def _keep(self, response_dict: dict[str, Any], **_: Any) -> None:
        self._body = response_dict["body"]

    def call(self, operation: str, parameters: Parameters) -> tuple[dict[str, Any], Any]:
        """What boto3 makes of the answer, and the answer."""
        try:
            answer = self._method(operation)(**parameters)
        finally:
            body = json.loads(self._body or b"{}")
        if operation.startswith("Describe") and is_in_progress(answer):
            raise InProgress
        return answer, body

    def _method(self, operation: str) -> Callable[..., dict[str, Any]]:
        names = self.client.meta.method_to_api_mapping
        (method,) = (method for method, name in names.items() if name == operation)
        call: Callable[..., dict[str, Any]] = getattr(self.client, method)
        return call

    def refused(self, operation: str, parameters: Parameters) -> tuple[str, Any]:
        """The error's code, and the error as it came over the wire."""
        with pytest.raises(ClientError) as caught:
            self._method(operation)(**parameters)
        return caught.value.response["Error"]["Code"], json.loads(self._body)


class InProgress(Exception):
    """AWS has not done yet what the call asks for."""


def is_in_progress(answer: dict[str, Any]) -> bool:
    statuses = [value for value in answer.values() if isinstance(value, dict)]
    return any("IN_PROGRESS" in (status.get("Status"), status.get("State")) for status in statuses)


def mistakes(body: Any, shape: Shape | None) -> list[str]:
    """What an answer holds that the model has not, or in another way."""
    if shape is None:
        return [] if body == {} else [f"{body} where nothing belongs"]
    report = ParamValidator().validate(body, shape)
    return report.generate_report().splitlines() if report.has_errors() else []


def absent(body: Any, shape: Shape | None, path: str = "") -> Iterator[str]:
    """What the model has and an answer has not. Of a list, what none of its items has."""
    if shape is None:
        return
    match shape.type_name:
        case "structure":
            for name, member in shape.members.items():
                inner = f"{path}.{name}".lstrip(".")
                # The lists are short: there is no next page.
                if name == "NextToken":
                    continue
                if body.get(name) in (None, [], {}, ""):
                    yield inner
                else:
                    yield from absent(body[name], member, inner)
        case "list" if shape.member.type_name == "structure":
            found = [set(absent(item, shape.member, path)) for item in body]
            yield from set.intersection(*found)


def filled(parameters: Callable[[Ids], Parameters] | Parameters, ids: Ids) -> Parameters:
    return parameters(ids) if callable(parameters) else parameters


def answered(wire: Wire, row: Row, ids: Ids) -> tuple[dict[str, Any], Any]:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return wire.call(row.operation, filled(row.asked, ids))
        except InProgress:
            assert time.monotonic() < deadline, f"{row.operation}: still in progress"
            time.sleep(0.02)


@pytest.mark.parametrize("service", SERVICES)
def test_answers_and_errors_are_as_the_model_has_them(service: str, start: Callable[..., Server]) -> None:
    server = start("--speed", "10")
    refusing = start(
        *(
            flag
            for row in SERVICES[service]
            if row.is_injected
            for flag in ("--fail", f"{service}:{row.operation}:{row.error}:1")
        )
    )
    wires: dict[tuple[Server, str], Wire] = {}

    def wire(server: Server, account: str | None) -> Wire:
        key = (server, account or MANAGEMENT)
        return wires.setdefault(key, Wire(server, service, account))

    instance = server.client("sso-admin").list_instances()["Instances"][0]
    ids: Ids = {"instance": instance["InstanceArn"], "store": instance["IdentityStoreId"]}
    found = []
    for row in SERVICES[service]:
        caller = wire(server, row.caller)
        model = caller.client.meta.service_model.operation_model(row.operation)
        answer, body = answered(caller, row, ids)
        ids |= row.learn(answer)
        found += [f"{row.operation}: {mistake}" for mistake in mistakes(body, model.output_shape)]
        missing = " ".join(sorted(absent(body, model.output_shape)))
        known = ABSENT.get(f"{service}:{row.operation}", "")
        if missing != known:
            found.append(f"{row.operation}: absent is `{missing}`, not `{known}`")

        other = wire(refusing if row.is_injected else server, row.refused_caller or row.caller)
        code, error = other.refused(row.operation, filled(row.refused, ids))
        if code != row.error:
            found.append(f"{row.operation}: refused with {code}, not {row.error}")
        shapes = {shape.error_code: shape for shape in model.error_shapes}
        if row.is_modelled != (code in shapes):
            found.append(f"{row.operation}: {code} is{'' if code in shapes else ' not'} in the model")
        elif row.is_modelled:
            # Two spellings of one field: `Message` and `message`. The SDKs read either.
            known = {"__type", "message", "Message"} | set(shapes[code].members)
            found += [f"{row.operation}: {code} has no {name}" for name in set(error) - known]
            if not error.get("message"):
                found.append(f"{row.operation}: {code} does not say why")
            # The other services tell a reason only where a key of KMS is to blame.
            if service == "organizations" and "Reason" in shapes[code].members and not error.get("Reason"):
                found.append(f"{row.operation}: {code} has no Reason")
    assert not found, "\n".join(found)


def test_the_table_has_every_operation_that_is_served(server: Server) -> None:
    """Asks for every operation that AWS has: what is not served says so."""
    served = []
    for service in SERVICES:
        model = server.client(service).meta.service_model
        target = model.metadata["targetPrefix"]
        for operation in model.operation_names:
            if is_served(server, f"{target}.{operation}"):
                served.append(f"{service}:{operation}")
    in_the_table = {f"{service}:{row.operation}" for service, rows in SERVICES.items() for row in rows}
    assert sorted(served) == SERVED
    assert sorted(in_the_table) == SERVED


def is_served(server: Server, target: str) -> bool:
    headers = {"X-Amz-Target": target, "Content-Type": "application/x-amz-json-1.1"}
    request = urllib.request.Request(server.endpoint, data=b"[]", headers=headers)
    try:
        with urllib.request.urlopen(request):
            return True
    except HTTPError as error:
        return error.status != 501
