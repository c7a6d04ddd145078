"""What the tests share: a server of its own for each test that asks, and how errors are looked at."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest
from botocore.exceptions import ClientError

from server import Server

PATIENCE_SECONDS = 10.0


@pytest.fixture
def server() -> Iterator[Server]:
    """Bob's organization, called by its management account."""
    running = Server()
    yield running
    running.stop()


@pytest.fixture
def start() -> Iterator[Callable[..., Server]]:
    """`start("--quotas", "strict")`: one that is told how to behave."""
    running: list[Server] = []

    def begin(*flags: str) -> Server:
        running.append(Server(*flags))
        return running[-1]

    yield begin
    for server in running:
        server.stop()


@pytest.fixture
def organizations(server: Server) -> Any:
    return server.client("organizations")


@pytest.fixture
def identity_store(server: Server) -> Any:
    return server.client("identitystore")


@pytest.fixture
def store_id(server: Server) -> str:
    store: str = server.client("sso-admin").list_instances()["Instances"][0]["IdentityStoreId"]
    return store


Refused = Callable[..., AbstractContextManager[None]]


@pytest.fixture
def refused() -> Refused:
    """`with refused("ConflictException", Reason="…"):` what is inside must end in just this error."""

    @contextmanager
    def context(code: str, **fields: str) -> Iterator[None]:
        with pytest.raises(ClientError) as caught:
            yield
        response = caught.value.response
        assert response["Error"]["Code"] == code, response
        assert response["Error"]["Message"], "a person must be able to read why"
        assert {name: response.get(name) for name in fields} == fields

    return context


@pytest.fixture
def eventually() -> Callable[[Callable[[], Any]], Any]:
    """Asks again until the answer is true, or something else that is not nothing."""

    def ask(question: Callable[[], Any]) -> Any:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not (answer := question()):
            assert time.monotonic() < deadline, "it never happened"
            time.sleep(0.02)
        return answer

    return ask
