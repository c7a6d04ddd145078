"""`--fail` takes the errors that AWS's own model has for an operation, and refuses what never comes."""

import shlex
import subprocess

import pytest

from operations import SERVICES
from server import COMMAND, client


def models(service: str) -> dict[str, set[str]]:
    """The errors of each operation that is served, as the model has them."""
    model = client(service, "http://127.0.0.1:1", "test").meta.service_model
    operations = {row.operation for row in SERVICES[service]}
    return {
        operation: {shape.name for shape in model.operation_model(operation).error_shapes}
        for operation in sorted(operations)
    }


def with_faults(faults: list[str]) -> subprocess.CompletedProcess[str]:
    """Reads the command line, and serves nothing."""
    flags = [flag for fault in faults for flag in ("--fail", fault)]
    command = [*shlex.split(COMMAND), "--exports", "sh", *flags]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("service", ["organizations", "sso-admin", "identitystore"])
def test_the_errors_of_an_operation_are_those_of_the_model(service: str) -> None:
    errors = models(service)
    of_model = [f"{service}:{operation}:{error}:0.1" for operation, own in errors.items() for error in own]
    taken = with_faults(of_model)
    assert taken.returncode == 0, taken.stderr

    # Of each error that some operations have, those that have it not. Throttling, any call may meet.
    checked = 0
    for error in sorted(set.union(*errors.values()) - {"ThrottlingException"}):
        for operation in [one for one, own in errors.items() if error not in own][:2]:
            refused = with_faults([f"{service}:{operation}:{error}:0.1"])
            assert refused.returncode == 1, f"{service}:{operation}:{error} is taken"
            assert f"{service}:{operation} has no error `{error}`" in refused.stderr
            checked += 1
    assert checked > 0
