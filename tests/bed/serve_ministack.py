"""Runs ministack for as long as somebody holds the other end of standard input.

ministack starts the Lambda functions as its own child processes, and a killed parent leaves children behind.
So this process leads a process group of its own, watches a pipe that only the bed holds open, and takes the whole
group with it when that pipe closes: on an orderly stop, and just as well when the bed was killed.
"""

import os
import signal
import sys
import threading


def die_with_the_bed() -> None:
    """Waits for the end of standard input, then kills this process and every function it runs."""
    sys.stdin.buffer.read()
    os.killpg(os.getpgrp(), signal.SIGKILL)


if __name__ == "__main__":
    if os.getpgrp() != os.getpid():
        sys.exit("serve_ministack must lead its own process group: start it with start_new_session")
    threading.Thread(target=die_with_the_bed, daemon=True).start()

    from ministack.app import main

    main()
