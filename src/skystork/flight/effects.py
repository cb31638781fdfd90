"""What a flight wants done: values, performed in order by the runner, each before the next."""

from __future__ import annotations

from dataclasses import dataclass

from skystork.orders.events import Event


@dataclass(frozen=True, slots=True)
class Note:
    """Write the events to the ledger, in one commit, before anything after this is done."""

    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class Release:
    """Look once more, then tell the gripper to open, or the winch to deliver."""

    confirmation: int
    """How often it was sent before in this drop (COMMAND_LONG's field of that name)."""


@dataclass(frozen=True, slots=True)
class Hold:
    """AUTO.LOITER, and the winch's line in."""


@dataclass(frozen=True, slots=True)
class StayHere:
    """AUTO.LOITER, by order of a person."""


@dataclass(frozen=True, slots=True)
class Resume:
    """On with the mission, by order of a person."""


@dataclass(frozen=True, slots=True)
class FlyMission:
    """The mission that was put on board in the air, to its landing."""


@dataclass(frozen=True, slots=True)
class MoveOn:
    """Make a mission item current."""

    sequence: int


@dataclass(frozen=True, slots=True)
class ReturnHome:
    """Home along the mission path: NAV_RETURN_TO_LAUNCH (RTL_TYPE 4), over the doorstep MISSION_SET_CURRENT."""


@dataclass(frozen=True, slots=True)
class TakeBack:
    """Hold, upload the cleared mission anew (rerouted: its fence and rally point too), make this item current, home."""

    sequence: int


@dataclass(frozen=True, slots=True)
class PutBack:
    """Upload the cleared mission, fence and rally point anew, make this item current, and hold on."""

    sequence: int


@dataclass(frozen=True, slots=True)
class LandNow:
    """NAV_LAND where it is."""


Effect = Note | Release | Hold | StayHere | Resume | FlyMission | MoveOn | ReturnHome | TakeBack | PutBack | LandNow
