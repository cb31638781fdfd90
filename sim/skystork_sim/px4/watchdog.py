"""A small process that ends PX4s when whoever started them is gone, even by SIGKILL.

Theory of operation. It reads lines from its standard input: ``group <pid>`` for a process group to end,
``command <words>`` for a command to run at the end (removing a container). The starter holds the other end of the
pipe; when the starter ends in whatever way, the pipe closes and everything named is ended. ``done`` ends the watch
without doing anything: the starter has stopped everything itself.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import subprocess
import sys
import time

PATIENCE_S = 3.0  # PX4 ends in less than 1 s after SIGTERM (measured on 1.17.0)


def main() -> int:
    """Watch until told or until the pipe closes."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # Ctrl-C reaches the whole terminal; the starter ends, then we
    groups: list[int] = []
    commands: list[list[str]] = []
    for line in sys.stdin:
        word, _, rest = line.strip().partition(" ")
        if word == "done":
            return 0
        if word == "group":
            groups.append(int(rest))
        elif word == "command":
            commands.append(shlex.split(rest))
    end_groups(groups)
    for command in commands:
        subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    return 0


def end_groups(groups: list[int], patience_s: float = PATIENCE_S) -> None:
    """SIGTERM to all, and SIGKILL to what is left after a while."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        for group in groups:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(group, number)
        deadline_s = time.monotonic() + patience_s
        while time.monotonic() < deadline_s and any(_lives(group) for group in groups):
            time.sleep(0.05)


def _lives(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except (ProcessLookupError, PermissionError):
        return False
    return True


if __name__ == "__main__":
    sys.exit(main())
