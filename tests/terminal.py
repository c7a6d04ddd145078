"""Runs a command on a terminal of its own, as somebody sits at it.

Arguments: the words to wait for, what to type then, and the command. Prints what was on the screen, and ends as the
command did.
"""

import os
import pty
import sys

PIECE = 65536


def main() -> None:
    """Reads the screen until the command ends."""
    words, typed, command = sys.argv[1], sys.argv[2], sys.argv[3:]
    process, terminal = pty.fork()
    if process == 0:
        os.execv(command[0], command)
    screen, is_typed = b"", False
    while piece := _read(terminal):
        screen += piece
        if not is_typed and words.encode() in screen:
            os.write(terminal, typed.encode() + b"\n")
            is_typed = True
    sys.stdout.write(screen.decode())
    sys.stdout.flush()
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]))


def _read(terminal: int) -> bytes:
    """A terminal that nobody writes to any more is an error on Linux, and the end elsewhere."""
    try:
        return os.read(terminal, PIECE)
    except OSError:
        return b""


if __name__ == "__main__":
    main()
