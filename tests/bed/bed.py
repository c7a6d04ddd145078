"""The test bed: a local AWS that runs the real binaries, driven through standard input and output.

Each line in is one command, each line out its answer, both JSON:

    {"command": "invoke", "function": "account-events", "event": {}}
    {"ok": {"error": null, "payload": null, "logs": [], "seconds": 0.021}}

or `{"error": "..."}` when the command failed, after which the next one is served all the same. The first line out is
unasked for: `{"ok": {"endpoint": "http://127.0.0.1:..."}}`, or an error if there is no bed. When standard input ends,
or on SIGTERM, everything that was started is gone before this process is.

One process for many commands, because loading the SDK takes half a second. What is not a command here is a `call`:
any operation of any service, at ministack or at another endpoint.
"""

import json
import signal
import sys
import traceback
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from emulator import REGION, Ministack

if TYPE_CHECKING:
    from stack import Stack


class Bed:
    """The commands. What their arguments are called here is what they are called in JSON."""

    def __init__(self, ministack: Ministack, stack: "Stack") -> None:
        self._ministack = ministack
        self._stack = stack
        self._commands: dict[str, Callable[..., Any]] = {
            "announcements": stack.announcements,
            "assignments": self.assignments,
            "call": self.call,
            "dead_letters": stack.dead_letters,
            "deliver": stack.deliver,
            "deploy": self.deploy,
            "deploy_forwarder": stack.deploy_forwarder,
            "invoke": stack.invoke,
            "logs": stack.logs,
            "matching": stack.matching,
            "ministack_log": ministack.log,
            "policies": stack.policies,
            "put_object": stack.put_object,
            "queues": stack.queues,
            "run_schedule": stack.run_schedule,
            "send": stack.send,
            "settle": stack.settle,
        }

    def answer(self, line: str) -> dict[str, Any]:
        """Carries out one line. No mistake in it, or in what it asks for, ends the bed."""
        try:
            arguments = json.loads(line)
            command = arguments.pop("command")
            if command not in self._commands:
                raise ValueError(f"no command is named {command!r}, but {', '.join(self._commands)} are")
            return {"ok": self._commands[command](**arguments)}
        except Exception as error:
            traceback.print_exc()
            return {"error": f"{type(error).__name__}: {error}"}

    def deploy(self, **arguments: Any) -> dict[str, Any]:
        """Deploys afresh: what an earlier `deploy` made is forgotten, its messages and logs too."""
        from stack import Deployment

        deployment = Deployment(**arguments)
        self._ministack.reset()
        return self._stack.deploy(deployment) | {"endpoint": self._ministack.endpoint, "region": REGION}

    def assignments(self, endpoint: str, account: str | None = None) -> list[dict[str, Any]]:
        """The account assignments that the organization at `endpoint` has."""
        from identity import assignments

        return assignments(endpoint, account)

    def call(
        self, service: str, operation: str, parameters: dict[str, Any] | None = None, endpoint: str | None = None
    ) -> Any:
        """Calls any operation, named as in boto3, and returns its answer as it came."""
        from clients import client

        answer = getattr(client(service, endpoint or self._ministack.endpoint), operation)(**(parameters or {}))
        answer.pop("ResponseMetadata", None)
        return answer


def main() -> None:
    """Starts the bed and serves commands until standard input ends."""
    signal.signal(signal.SIGTERM, _end_as_if_input_had_ended)
    ministack = Ministack()
    try:
        bed = _ready_bed(ministack)
        _say({"ok": {"endpoint": ministack.endpoint}})
        for line in sys.stdin:
            _say(bed.answer(line))
    except Exception as error:
        traceback.print_exc()
        _say({"error": f"{type(error).__name__}: {error}"})
        sys.exit(1)
    finally:
        ministack.stop()


def _ready_bed(ministack: Ministack) -> Bed:
    from stack import Stack  # loads the SDK, while ministack starts

    ministack.wait_until_ready()
    return Bed(ministack, Stack(ministack.endpoint))


def _end_as_if_input_had_ended(*_: object) -> None:
    sys.exit(0)


def _say(answer: dict[str, Any]) -> None:
    print(json.dumps(answer, default=_json_of), flush=True)


def _json_of(value: Any) -> Any:
    """What an SDK's answer holds beyond JSON: streamed bodies, bytes and times."""
    if hasattr(value, "read"):
        value = value.read()
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


if __name__ == "__main__":
    main()
