"""What differs between autopilots, behind one seam.

The link, and everything above it, says *hold* or *fly the mission*, counts the items of its own mission, and knows
modes by PX4's names; what an autopilot calls them, and how its lists are counted, stands in one value for each
firmware, without state and shared by all vehicles. PX4 is the one that is flown; the others are ``ardupilot.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from skystork.errors import LinkUsageError
from skystork.link.messages import Heartbeat
from skystork.link.px4_modes import MODES, mode_name


class ParameterEncoding(StrEnum):
    """How an integer travels in PARAM_VALUE's float (mavlink.io, parameter protocol)."""

    BYTEWISE = "bytewise"
    """Its four bytes, unchanged."""
    C_CAST = "c_cast"
    """As the float of the same value; integers above 2^24 are rounded."""


@dataclass(frozen=True, slots=True)
class Autopilot:
    """One firmware's dialect of MAVLink."""

    name: str
    """As the site file has it."""
    firmware: str
    """As a person says it."""
    number: int
    """MAV_AUTOPILOT: what its heartbeat must say."""
    vehicle_types: frozenset[int]
    """MAV_TYPE: what its heartbeat must say; empty where all types share their modes."""
    modes: Mapping[str, tuple[int, int]]
    """param2 and param3 of DO_SET_MODE for each name."""
    mode_name: Callable[[int], str]
    """From HEARTBEAT.custom_mode to the name."""
    hold_mode: str
    """Stops and stays, in the air and without sticks; disarmed, it can be armed in."""
    mission_offset: int
    """Items of the list on board before our first one."""
    rounds_items: bool
    """Whether an item comes back rounded, so that equal means equal to a centimetre."""
    parameters: ParameterEncoding

    def accepts(self, heartbeat: Heartbeat) -> bool:
        """Whether a heartbeat is of the kind this autopilot sends."""
        return heartbeat.autopilot == self.number and (not self.vehicle_types or heartbeat.type in self.vehicle_types)

    def mode_parameters(self, name: str) -> tuple[int, int]:
        """Return param2 and param3 of DO_SET_MODE.

        Raises
        ------
        LinkUsageError
            The autopilot has no such mode.
        """
        if name not in self.modes:
            known = ", ".join(sorted(self.modes))
            raise LinkUsageError(f"no {self.firmware} mode is called {name!r}; there are {known}")
        return self.modes[name]


PX4 = Autopilot(
    name="px4",
    firmware="PX4",
    number=12,  # MAV_AUTOPILOT_PX4
    vehicle_types=frozenset(),
    modes=MODES,
    mode_name=mode_name,
    hold_mode="AUTO.LOITER",
    mission_offset=0,
    rounds_items=False,
    parameters=ParameterEncoding.BYTEWISE,
)
