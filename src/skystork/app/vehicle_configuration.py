"""A vehicle's parameters beside what a file requires: compared, and written where they differ.

Writing goes one by one, each seen on board before the next. A refusal does not end it: what could be written is, and
what could not is told. Silence, arming and a reboot end it, and the rest is told as not tried. Then all of them are to
be compared again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from skystork.app.vehicle_session import VehicleSession
from skystork.errors import LinkUsageError, Unavailable
from skystork.link.autopilot import Autopilot, ParameterEncoding
from skystork.link.contract import ParameterOutcome, ParametersSettled
from skystork.link.parameter_file import ParameterDifference, RequiredParameter, differences
from skystork.link.writable_parameters import WRITABLE
from skystork.shell.parameter_cache import ParameterCache

_THE_END = frozenset({ParameterOutcome.NO_ANSWER, ParameterOutcome.INTERRUPTED})
"""After these the next write would fare no better, or nobody knows the vehicle's state."""


class WriteResult(StrEnum):
    """What became of one difference."""

    WRITTEN = "written"
    WRITTEN_AFTER_REBOOT = "written, takes effect at the next start"
    NOT_WRITTEN = "not written"
    NOT_TRIED = "not tried"


@dataclass(frozen=True, slots=True)
class WrittenParameter:
    """One difference and what became of it."""

    difference: ParameterDifference
    result: WriteResult
    detail: str = ""


async def compare(session: VehicleSession, required: Sequence[RequiredParameter]) -> tuple[ParameterDifference, ...]:
    """Read what a file requires and return what is not so.

    Raises
    ------
    Unavailable
        The vehicle does not answer.
    """
    settled = await session.port.read_parameters([each.name for each in required])
    _check_answered(settled)
    return differences(required, settled.values)


async def configure(
    session: VehicleSession,
    found: Sequence[ParameterDifference],
    autopilot: Autopilot,
    tell: Callable[[WrittenParameter], None],
) -> tuple[WrittenParameter, ...]:
    """Write what differs; returns what became of each, told as it came.

    Parameters
    ----------
    session
        The vehicle; it must be disarmed.
    found
        What :func:`compare` returned.
    autopilot
        Whose parameters they are.
    tell
        Called after each.
    """
    written: list[WrittenParameter] = []
    stopped = ""
    for each in found:
        done = WrittenParameter(each, WriteResult.NOT_TRIED, stopped)
        if not stopped:
            done, ends = await _write(session, each, autopilot)
            stopped = f"after {each.required.name}: {done.detail}" if ends else ""
        written.append(done)
        tell(done)
    return tuple(written)


async def read_all(session: VehicleSession, autopilot: Autopilot, cache_folder: Path | None) -> ParametersSettled:
    """Read every parameter, or take those read earlier where the vehicle's hash is still theirs.

    Parameters
    ----------
    session
        The vehicle.
    autopilot
        Only PX4 has a hash.
    cache_folder
        Where proven sets are kept, one for each system id; None keeps none.

    Raises
    ------
    Unavailable
        The vehicle does not answer, or the folder cannot be written to.
    """
    if cache_folder is None or autopilot.parameters is not ParameterEncoding.BYTEWISE:
        settled = await session.port.read_parameters()
        _check_answered(settled)
        return settled
    cache = ParameterCache(cache_folder)
    key = f"system-{session.port.system_id}"
    settled = await session.port.read_parameters(known=cache.read(key))
    _check_answered(settled)
    if settled.hash is not None:
        cache.write(key, settled.values, settled.hash)
    return settled


async def _write(
    session: VehicleSession, difference: ParameterDifference, autopilot: Autopilot
) -> tuple[WrittenParameter, bool]:
    """Write one; the second value says whether this is the end."""
    required = difference.required
    if difference.on_board is None:
        return WrittenParameter(difference, WriteResult.NOT_WRITTEN, "the vehicle has no such parameter"), False
    try:
        settled = await session.port.write_parameter(required.name, required.value)
    except LinkUsageError as error:  # armed meanwhile
        return WrittenParameter(difference, WriteResult.NOT_WRITTEN, str(error)), True
    if settled.outcome is not ParameterOutcome.COMPLETE:
        detail = settled.detail or settled.outcome
        return WrittenParameter(difference, WriteResult.NOT_WRITTEN, detail), settled.outcome in _THE_END
    later = WRITABLE[autopilot.name][required.name].needs_reboot
    return WrittenParameter(difference, WriteResult.WRITTEN_AFTER_REBOOT if later else WriteResult.WRITTEN), False


def _check_answered(settled: ParametersSettled) -> None:
    if settled.outcome in _THE_END:
        raise Unavailable(f"{settled.detail}; try again, nearer to the vehicle or by cable")
