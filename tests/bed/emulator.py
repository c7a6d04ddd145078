"""A ministack of our own: started on a free port, reachable from this machine only, gone when the bed is."""

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

REGION = "eu-west-1"

START_TIMEOUT_SECONDS = 30.0

# What the functions may inherit. Not the rest: a developer's AWS_PROFILE or AWS_ENDPOINT_URL would reach them, and
# ministack would even prefer the latter to what we set on a function.
INHERITED = ("PATH", "LANG", "LD_LIBRARY_PATH", "LLVM_PROFILE_FILE", "SSL_CERT_FILE", "SSL_CERT_DIR")


class Ministack:
    """The running emulator. Everything it writes is in one temporary directory, its log included."""

    def __init__(self) -> None:
        self._directory = tempfile.TemporaryDirectory(prefix="usher-bed-")
        self._log = Path(self._directory.name, "ministack.log")
        port = _free_port()
        self.endpoint = f"http://127.0.0.1:{port}"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, str(Path(__file__).with_name("serve_ministack.py"))],
                cwd=self._directory.name,
                env=self._environment(port),
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait_until_ready(self) -> None:
        """Returns once ministack answers. Separate from the start, so that the SDK can be loaded meanwhile."""
        deadline = time.monotonic() + START_TIMEOUT_SECONDS
        while not self._answers():
            if self._process.poll() is not None:
                raise RuntimeError(f"ministack ended with {self._process.returncode}:\n{self.log()}")
            if time.monotonic() > deadline:
                raise RuntimeError(f"ministack is not ready after {START_TIMEOUT_SECONDS} s:\n{self.log()}")
            time.sleep(0.02)

    def reset(self) -> None:
        """Forgets everything that was deployed, and ends the functions."""
        request = urllib.request.Request(f"{self.endpoint}/_ministack/reset", method="POST")
        with urllib.request.urlopen(request, timeout=START_TIMEOUT_SECONDS):
            pass

    def log(self) -> str:
        """What ministack itself said so far."""
        return self._log.read_text(errors="replace")

    def stop(self) -> None:
        """Ends ministack and the functions at once: nothing that they hold is worth keeping."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()
        self._directory.cleanup()

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.endpoint}/_ministack/ready", timeout=1):
                return True
        except (urllib.error.URLError, OSError):
            return False

    def _environment(self, port: int) -> dict[str, str]:
        inherited = {name: os.environ[name] for name in INHERITED if name in os.environ}
        return inherited | {
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(port),
            "HOME": self._directory.name,
            "IOT_MTLS_ENABLED": "0",
            # An address, not a name: the SDKs then put the S3 bucket into the path, not into the host.
            "MINISTACK_HOST": "127.0.0.1",
            "MINISTACK_REGION": REGION,
            "PYTHONDONTWRITEBYTECODE": "1",
            "STATE_DIR": str(Path(self._directory.name, "state")),
            "TMPDIR": self._directory.name,
        }


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
