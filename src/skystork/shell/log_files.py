"""A vehicle's log into a file: in stretches, so that a link that breaks costs one of them and the next try goes on.

What has come lies in a ``.part`` file beside the wanted one. It is gone on with only if its first bytes are the log's:
a vehicle counts its logs anew when one is erased.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from skystork.errors import Unavailable
from skystork.link.service_contract import LogFile, LogOutcome
from skystork.shell.vehicle_port import VehiclePort

STRETCH_BYTES = 256_000
"""Of one request: 3 s at PX4's 100 kB/s over Wi-Fi, 2 minutes over a 57,600 baud radio."""
HEAD_BYTES = 90
"""Compared before a file is gone on with; an ULog's head has its start time (docs.px4.io, ULog)."""
EMPTY_STRETCHES = 3
"""In a row, before the link is called broken."""


async def fetch_log(
    port: VehiclePort,
    log: LogFile,
    to: Path,
    *,
    armed: Callable[[], bool],
    progress: Callable[[int], None] = lambda _: None,
) -> None:
    """Fetch a log that was listed before.

    Parameters
    ----------
    to
        Where it shall lie; an existing file is replaced when all has come.
    armed
        Asked before each stretch: an armed vehicle needs its link and its card for flying.
    progress
        Given the number of bytes that are here.

    Raises
    ------
    Unavailable
        The vehicle is armed, the link broke, or the file cannot be written. What came is kept.
    """
    part = to.with_name(to.name + ".part")
    try:
        offset = await _begin(port, log, part, armed)
        with part.open("ab") as file:
            while offset < log.size_bytes:
                data, ended = await _stretch(port, log, offset, armed)
                file.write(data)
                file.flush()
                offset += len(data)
                progress(offset)
                if ended:
                    break
        part.replace(to)
    except OSError as error:
        raise Unavailable(f"cannot write {part}: {error.strerror}; free some space or give another place") from error
    finally:
        port.end_logs()


async def _begin(port: VehiclePort, log: LogFile, part: Path, armed: Callable[[], bool]) -> int:
    """How many bytes are here from an earlier try; a file that is of another log is emptied."""
    size, head = _here(part)
    if 0 < size <= log.size_bytes:
        theirs, _ = await _stretch(port, log, 0, armed, count=len(head))
        if theirs == head:
            return size
    _empty(part)
    return 0


def _here(part: Path) -> tuple[int, bytes]:
    """Size and first bytes of what has come."""
    if not part.exists():
        return 0, b""
    with part.open("rb") as file:
        return part.stat().st_size, file.read(HEAD_BYTES)


def _empty(part: Path) -> None:
    part.write_bytes(b"")


async def _stretch(
    port: VehiclePort, log: LogFile, offset: int, armed: Callable[[], bool], *, count: int = STRETCH_BYTES
) -> tuple[bytes, bool]:
    """The next bytes, and whether the log ends behind them."""
    for _ in range(EMPTY_STRETCHES):
        if armed():
            raise Unavailable("the vehicle is armed: logs are fetched on the ground, disarmed; what came is kept")
        wanted = min(count, log.size_bytes - offset)
        read = await port.read_log(log.log_id, offset=offset, count=wanted)
        if read.data or read.outcome is not LogOutcome.NO_ANSWER:
            return read.data, read.outcome is LogOutcome.ENDED
    raise Unavailable(
        f"the link broke after {offset} of {log.size_bytes} bytes of log {log.log_id}; "
        "the same command goes on from there"
    )
