"""The AWS SDK, pointed at an emulator and never at AWS."""

import functools
import os
from typing import Any

import boto3
from botocore.config import Config
from emulator import REGION

# An access key of twelve digits is how one tells ministack which account is calling, and the organization on localhost
# too: Bob's management account, unless the bed is started for another one.
ACCOUNT_ID = os.environ.get("BED_ACCOUNT_ID", "111111111111")


@functools.cache
def client(service: str, endpoint: str) -> Any:
    """A client for `service` at `endpoint`, one for each, since building one takes tens of milliseconds.

    It never retries: a fault that a test did not ask for should be seen, not papered over.
    """
    return boto3.client(
        service,
        endpoint_url=endpoint,
        region_name=REGION,
        aws_access_key_id=ACCOUNT_ID,
        aws_secret_access_key="not-a-secret",
        config=Config(
            read_timeout=900,  # the longest that a Lambda function may run
            retries={"total_max_attempts": 1},
            s3={"addressing_style": "path"},
        ),
    )


def pages(service_client: Any, operation: str, key: str, **parameters: Any) -> list[Any]:
    """All items under `key` of a paged operation."""
    paginator = service_client.get_paginator(operation)
    return [item for page in paginator.paginate(**parameters) for item in page[key]]
