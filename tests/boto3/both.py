"""The same requests to moto and to the organization on localhost, and how their answers differ.

moto keeps a model of AWS by other people. Where it is right, ours must answer in the same shape: the same fields of the
same types, the same error codes. A case is one request; where the answers differ on purpose, it says how and why.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError
from moto import mock_aws
from moto.core.config import DefaultConfig

from server import Server, client

# Names of what each side calls by an id of its own: "account", "group", "root".
Ids = dict[str, str]


@dataclass
class World:
    """One of the two sides."""

    client: Callable[[str], Any]
    ids: Ids = field(default_factory=dict)


@dataclass
class Case:
    """One request, made of the ids of a side, and how the answers may differ."""

    service: str
    operation: str
    parameters: Callable[[Ids], dict[str, Any]]
    label: str = ""
    # What only one side has, and why ours is right: "+ Path: type" is ours alone, "- Path: type" moto's.
    differences: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return " ".join(filter(None, [self.service, self.operation, self.label]))

    def ask(self, world: World) -> set[str]:
        """The shape of the answer: a line for each field, or the error's code."""
        call = getattr(world.client(self.service), self.operation)
        try:
            answer = call(**self.parameters(world.ids))
        except ClientError as error:
            return {f"error: {error.response['Error']['Code']}"}
        del answer["ResponseMetadata"]
        return set(shape("", answer))


def shape(path: str, value: Any) -> Iterator[str]:
    """A line for each field: its path and its type. Of a list, what its items have between them."""
    match value:
        case dict():
            if not value:
                yield f"{path}: nothing"
            for name, inner in value.items():
                yield from shape(f"{path}.{name}".lstrip("."), inner)
        case list():
            yield f"{path}: list"
            for item in value:
                yield from shape(f"{path}[]", item)
        case datetime():
            yield f"{path}: time"
        case _:
            yield f"{path}: {type(value).__name__}"


def compare(case: Case, ours: World, theirs: World) -> None:
    """Fails on any difference that the case does not explain, and on any that it explains in vain."""
    mine, other = case.ask(ours), case.ask(theirs)
    found = {f"+ {line}" for line in mine - other} | {f"- {line}" for line in other - mine}
    unexplained, in_vain = sorted(found - set(case.differences)), sorted(set(case.differences) - found)
    assert (unexplained, in_vain) == ([], []), "differences without a reason, reasons without a difference"


@contextmanager
def both() -> Iterator[tuple[World, World]]:
    """Ours over HTTP, and moto within this process; both still without what the cases look at."""
    server = Server()
    try:
        ours = World(server.client)
        # moto answers what botocore would send to AWS, and leaves other addresses alone once they are passed through.
        config: DefaultConfig = {
            "core": {"mock_credentials": False, "passthrough": {"urls": [r"http://127\.0\.0\.1.*"]}}
        }
        with mock_aws(config=config):
            theirs = World(lambda service: client(service, None, "AKIAMOTO"))
            yield ours, theirs
    finally:
        server.stop()
