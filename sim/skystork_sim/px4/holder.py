"""Whether an instance is free: a PX4 that was left behind would hand the next flight the old vehicle."""

from __future__ import annotations

import fcntl
import socket
import struct
import sys
from collections.abc import Iterable
from pathlib import Path

from skystork_sim.px4.vehicle import LAST_INSTANCE, Ports

LOCK_FOLDER = Path("/tmp")  # not the temporary folder of this machine: PX4 has it in its source (px4/common/main.cpp)
_FLOCK = struct.Struct("hhqqi4x")  # struct flock of 64-bit Linux: type, whence, start, length, pid


class InstanceTakenError(Exception):
    """Another process holds the instance; the message names it."""


def complain_if_taken(instance: int) -> None:
    """Raise when an instance cannot be started here.

    Raises
    ------
    InstanceTakenError
        With the process that holds it, where the system tells.
    """
    holder = holder_of(instance)
    if holder is not None:
        raise InstanceTakenError(
            f"PX4 instance {instance} is already running as process {holder} ({_command_of(holder)}); it would be the "
            f"old vehicle with the old mission. End it (kill {holder}) or use another instance."
        )
    ports = Ports(instance)
    for port in (ports.ground, ports.onboard, ports.camera):
        if not _is_free(port):
            raise InstanceTakenError(
                f"UDP port {port} of PX4 instance {instance} is taken by another process (a PX4 in a container?). "
                "End it or use another instance."
            )


def holder_of(instance: int) -> int | None:
    """Process id of the PX4 that runs as this instance, by the lock it holds on a file; None when there is none."""
    path = LOCK_FOLDER / f"px4_lock-{instance}"
    if not path.exists() or not sys.platform.startswith("linux"):
        return None
    with path.open("r+b") as file:
        asked = _FLOCK.pack(fcntl.F_WRLCK, 0, 0, 0, 0)
        kind, _, _, _, holder = _FLOCK.unpack(fcntl.fcntl(file, fcntl.F_GETLK, asked))
    return None if kind == fcntl.F_UNLCK else int(holder)


def free_instances(count: int, among: Iterable[int] = range(LAST_INSTANCE + 1)) -> list[int]:
    """The first instances that nobody holds.

    Raises
    ------
    InstanceTakenError
        When there are too few.
    """
    found: list[int] = []
    for instance in among:
        if len(found) == count:
            break
        try:
            complain_if_taken(instance)
        except InstanceTakenError:
            continue
        found.append(instance)
    if len(found) < count:
        raise InstanceTakenError(f"{count} free PX4 instances wanted, {len(found)} found: end those that run")
    return found


def _command_of(process: int) -> str:
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    except OSError:
        return "of another user"


def _is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind(("", port))
        except OSError:
            return False
    return True
