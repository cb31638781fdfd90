"""The phases of a delivery flight as a table.

Theory of operation: a flight is made when a vehicle is chosen and ends when the vehicle is turned round or known to
be down elsewhere. On the ground each step needs the one before. In the air three things move it on: the mission's
own progress, the drop, and an order to go home, from us or from the autopilot's failsafe. Whatever happens in the
air leads to the ground; no phase in the air waits for somebody who may never come.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from skystork.errors import IllegalTransition


class FlightPhase(StrEnum):
    """Where a flight stands."""

    PLANNING = "planning"
    """Corridor, trajectory, independent check, clearance."""
    LOADING = "loading"
    """The depot crew puts the parcel in."""
    UPLOADING = "uploading"
    """Mission, fence and rally go on board and are read back."""
    STARTING = "starting"
    """Armed, mission started, not yet seen to leave the ground."""
    OUTBOUND = "outbound"
    DROPPING = "dropping"
    """Over the doorstep: descending, looking, releasing."""
    INBOUND = "inbound"
    """On the mission's way home."""
    HOLDING = "holding"
    """Stopped in the air by a person."""
    RETURNING = "returning"
    """Sent home before its time, by us or by the autopilot's own failsafe."""
    LANDED = "landed"
    """On the ground, disarmed."""
    TURNAROUND = "turnaround"
    """Unloaded, battery swapped, inspected."""
    ENDED = "ended"
    """The vehicle is free."""
    REFUSED = "refused"
    """Never left the ground."""


@dataclass(frozen=True, slots=True)
class PlanCleared:
    """Planned, checked, separated from the others."""


@dataclass(frozen=True, slots=True)
class ParcelSecured:
    """The crew reported the parcel in the box."""


@dataclass(frozen=True, slots=True)
class UploadVerified:
    """What is on board equals what was cleared."""


@dataclass(frozen=True, slots=True)
class TookOff:
    """Armed and seen in the air."""


@dataclass(frozen=True, slots=True)
class DropReached:
    """The hold item over the doorstep is current."""


@dataclass(frozen=True, slots=True)
class HomewardSeen:
    """A mission by hand is past the item from which a return turns back: from here on it leads to its landing."""


@dataclass(frozen=True, slots=True)
class DropEnded:
    """Released, or given up; the vehicle was moved on."""


@dataclass(frozen=True, slots=True)
class ReturnOrdered:
    """We sent it home."""


@dataclass(frozen=True, slots=True)
class FailsafeSeen:
    """The autopilot took over: it holds, returns or lands by itself."""


@dataclass(frozen=True, slots=True)
class HoldSeen:
    """Somebody stopped it: it holds in the air without a failsafe."""


@dataclass(frozen=True, slots=True)
class Resumed:
    """The mission goes on outbound."""


@dataclass(frozen=True, slots=True)
class ResumedHome:
    """The mission goes on inbound."""


@dataclass(frozen=True, slots=True)
class Landed:
    """On the ground and disarmed."""


@dataclass(frozen=True, slots=True)
class CrewTookOver:
    """The depot crew has the vehicle."""


@dataclass(frozen=True, slots=True)
class MadeReady:
    """The crew gave it back; or it is down elsewhere and the flight is over."""


@dataclass(frozen=True, slots=True)
class LaunchRefused:
    """A check, the crew or the vehicle said no before it left the ground."""


P = FlightPhase
_IN_AIR: Mapping[type, FlightPhase] = {
    ReturnOrdered: P.RETURNING,
    FailsafeSeen: P.RETURNING,
    HoldSeen: P.HOLDING,
    Landed: P.LANDED,
}
TRANSITIONS: Mapping[FlightPhase, Mapping[type, FlightPhase]] = {
    P.PLANNING: {PlanCleared: P.LOADING, LaunchRefused: P.REFUSED},
    P.LOADING: {ParcelSecured: P.UPLOADING, LaunchRefused: P.REFUSED},
    P.UPLOADING: {UploadVerified: P.STARTING, LaunchRefused: P.REFUSED},
    P.STARTING: {TookOff: P.OUTBOUND, LaunchRefused: P.REFUSED},
    P.OUTBOUND: {DropReached: P.DROPPING, HomewardSeen: P.INBOUND, **_IN_AIR},
    P.DROPPING: {DropEnded: P.INBOUND, **_IN_AIR},
    P.INBOUND: {**_IN_AIR},
    P.HOLDING: {
        Resumed: P.OUTBOUND,
        ResumedHome: P.INBOUND,
        ReturnOrdered: P.RETURNING,
        FailsafeSeen: P.RETURNING,
        Landed: P.LANDED,
    },
    P.RETURNING: {Landed: P.LANDED},
    P.LANDED: {CrewTookOver: P.TURNAROUND, MadeReady: P.ENDED},
    P.TURNAROUND: {MadeReady: P.ENDED},
    P.ENDED: {},
    P.REFUSED: {},
}
TERMINAL = frozenset({P.ENDED, P.REFUSED})
AIRBORNE = frozenset({P.OUTBOUND, P.DROPPING, P.INBOUND, P.HOLDING, P.RETURNING})


def next_phase(phase: FlightPhase, event: object) -> FlightPhase:
    """The phase after an event; raises :class:`IllegalTransition`."""
    try:
        return TRANSITIONS[phase][type(event)]
    except KeyError:
        raise IllegalTransition("flight", phase, type(event).__name__) from None
