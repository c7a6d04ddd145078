"""The organization on localhost as its own process, and AWS's own SDK for Python pointed at it."""

import functools
import os
import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

ROOT = Path(__file__).resolve().parents[2]
REGION = "eu-west-1"

# The binary that the build made, or whatever command the environment names instead.
USHER = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"), "debug", "usher")
COMMAND = os.environ.get("USHER_LOCAL") or f"{shlex.quote(str(USHER))} local"


class Server:
    """Bob's organization, on any port that is free, until `stop`."""

    def __init__(self, *flags: str) -> None:
        self._process = subprocess.Popen(
            [*shlex.split(COMMAND), "--port", "0", *flags],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.endpoint = self._endpoint()

    def client(self, service: str, account: str | None = None) -> Any:
        """A client of the management account, or of the one whose id is given. It never retries."""
        return client(service, self.endpoint, account or "AKIAADMIN")

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()

    def _endpoint(self) -> str:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if found := re.search(r"http://127\.0\.0\.1:\d+", line):
                return found.group()
        raise RuntimeError(f"`{COMMAND}` ended with {self._process.wait()} before it said where it listens")


@functools.cache
def _session() -> boto3.Session:
    """One for all: each would read the services' models again."""
    return boto3.Session(region_name=REGION)


def client(service: str, endpoint: str | None, access_key_id: str) -> Any:
    """A client that never retries, so that a test sees each answer."""
    return _session().client(
        service,
        endpoint_url=endpoint,
        aws_access_key_id=access_key_id,
        aws_secret_access_key="not-a-secret",
        config=Config(retries={"total_max_attempts": 1}),
    )
