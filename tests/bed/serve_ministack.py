"""Runs ministack for as long as somebody holds the other end of standard input.

ministack starts the Lambda functions as its own child processes, and a killed parent leaves children behind.
So this process leads a process group of its own, watches a pipe that only the bed holds open, and takes the whole
group with it when that pipe closes: on an orderly stop, and just as well when the bed was killed.
"""

import os
import signal
import sys
import threading
from typing import Any


def die_with_the_bed() -> None:
    """Waits for the end of standard input, then kills this process and every function it runs."""
    sys.stdin.buffer.read()
    os.killpg(os.getpgrp(), signal.SIGKILL)


def take_the_template_as_it_is() -> None:
    """Lets CloudFormation take what this ministack does not know and would refuse the whole template for.

    Policies of buses, saved queries and alarms on an expression are then there, and do nothing.
    """
    from ministack.services.cloudformation import provisioners

    handlers = provisioners._RESOURCE_HANDLERS
    create_alarm = handlers["AWS::CloudWatch::Alarm"]["create"]

    def create_nothing(logical_id: str, properties: dict[str, Any], stack: str) -> tuple[str, dict[str, Any]]:
        return logical_id, {"Arn": f"arn:aws:cloudwatch:::alarm:{logical_id}"}

    def create_alarm_or_nothing(logical_id: str, properties: dict[str, Any], stack: str) -> tuple[str, dict[str, Any]]:
        create = create_nothing if "Metrics" in properties else create_alarm
        return create(logical_id, properties, stack)

    handlers["AWS::CloudWatch::Alarm"]["create"] = create_alarm_or_nothing
    for kind in ("AWS::Events::EventBusPolicy", "AWS::Logs::QueryDefinition"):
        handlers.setdefault(kind, {"create": create_nothing, "delete": lambda physical_id, properties: None})


if __name__ == "__main__":
    if os.getpgrp() != os.getpid():
        sys.exit("serve_ministack must lead its own process group: start it with start_new_session")
    threading.Thread(target=die_with_the_bed, daemon=True).start()

    from ministack.app import main

    take_the_template_as_it_is()
    main()
