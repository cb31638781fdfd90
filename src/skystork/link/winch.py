"""One order to the winch, confirmed by what its status shows and not by an acknowledgement.

Theory of operation
-------------------
PX4 has no handler for DO_WINCH and acknowledges nothing (measured on 1.17.0 SITL); another autopilot acknowledges that
the winch began, not that the parcel is down. So WINCH_STATUS alone tells. MAVLink's WINCH_DELIVER is a sequence of the
winch's own: drop, arrest, feel for the ground, reel in, lock (common.xml, WINCH_ACTIONS). It is followed by its flags:
the line goes out, the ground is felt for, and the line comes in again. Coming in, the load is off when the tension is
no more than a hook's, or, where the winch measures none, when the ground was felt for before. REDELIVER says that the
load still hangs and is lowered again; ABANDON_LINE that the winch let everything go.

Only a line that is fully in ends a delivery well: until then the vehicle hangs on it. A line that is in again without
any proof of where the load went settles as UNKNOWN; a line that never left as STILL_LOADED. The order is sent once,
since a second one would lower an empty hook onto whoever picks the parcel up.

An order to retract ends when the line is in.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from skystork.link.messages import MavResult
from skystork.link.request_id import RequestId
from skystork.link.service_contract import WinchOutcome, WinchSettled
from skystork.link.service_messages import WinchStatus
from skystork.link.transitions import expects, follow

# MAV_WINCH_STATUS_FLAG, common.xml
FULLY_RETRACTED, MOVING, DROPPING, ARRESTING = 2, 4, 32, 64
GROUND_SENSE, RETRACTING, REDELIVER, ABANDON_LINE = 128, 256, 512, 1024

SILENCE_S = 5.0
"""Without a status for so long nobody knows what the winch does (mavlink.io, heartbeat: lost after 4 to 5 missed)."""
START_PATIENCE_S = 10.0
"""A winch that has not let go of any line by then did not get the order; unlocking takes seconds."""
WORK_PATIENCE_S = 180.0
"""Chosen: 60 m of line down and up at 1 m/s, with one delivery anew."""
SLACK_M = 0.3
"""A line not longer than this has not begun to go out: the hook swings below the box."""
HOOK_KG = 0.15
"""Tension of an empty line and hook [kg]; chosen, below the lightest parcel worth a winch."""


class WinchState(StrEnum):
    """Where an order to the winch stands."""

    ASKED = "asked"
    """DO_WINCH, deliver, was sent; the line is still in."""
    RETRACT_ASKED = "retract_asked"
    """DO_WINCH, retract, was sent; the line is not known to be in."""
    LOWERING = "lowering"
    """The line goes out."""
    FEELING = "feeling"
    """The winch feels for the ground."""
    EMPTY_COMING_IN = "empty_coming_in"
    """The line comes in without the load."""
    LOADED_COMING_IN = "loaded_coming_in"
    """The line comes in, and the load still hangs on it."""
    DELIVERED = "delivered"
    STILL_LOADED = "still_loaded"
    """The parcel is on board."""
    RETRACTED = "retracted"
    """The line is in."""
    REFUSED = "refused"
    """The winch will not."""
    ABANDONED = "abandoned"
    """The winch let go of everything."""
    UNKNOWN = "unknown"
    """Nothing proves where the parcel is."""


@dataclass(frozen=True, slots=True)
class LineOut:
    """Line was let go of."""


@dataclass(frozen=True, slots=True)
class GroundFelt:
    """The winch feels for the ground."""


@dataclass(frozen=True, slots=True)
class CameEmpty:
    """The line comes in, and nothing hangs on it."""


@dataclass(frozen=True, slots=True)
class CameLoaded:
    """The line comes in, or is let out anew, with the load on it."""


@dataclass(frozen=True, slots=True)
class LineIn:
    """The line is fully retracted."""


@dataclass(frozen=True, slots=True)
class LineAbandoned:
    """The winch lets go of its whole line."""


@dataclass(frozen=True, slots=True)
class OrderRefused:
    """An acknowledgement that says no."""


@dataclass(frozen=True, slots=True)
class NeverMoved:
    """The winch reports, and has not moved for the starting time."""


@dataclass(frozen=True, slots=True)
class WentSilent:
    """No status for the silence time, or no end within the working time."""


WinchEvent = (
    LineOut | GroundFelt | CameEmpty | CameLoaded | LineIn | LineAbandoned | OrderRefused | NeverMoved | WentSilent
)

_S = WinchState
TRANSITIONS: Mapping[WinchState, Mapping[type, WinchState]] = MappingProxyType(
    {
        _S.ASKED: {
            LineOut: _S.LOWERING,
            GroundFelt: _S.FEELING,
            LineAbandoned: _S.ABANDONED,
            OrderRefused: _S.REFUSED,
            NeverMoved: _S.STILL_LOADED,
            WentSilent: _S.UNKNOWN,
        },
        _S.RETRACT_ASKED: {
            LineIn: _S.RETRACTED,
            LineAbandoned: _S.ABANDONED,
            OrderRefused: _S.REFUSED,
            WentSilent: _S.UNKNOWN,
        },
        _S.LOWERING: {
            GroundFelt: _S.FEELING,
            CameEmpty: _S.EMPTY_COMING_IN,
            CameLoaded: _S.LOADED_COMING_IN,
            LineIn: _S.UNKNOWN,
            LineAbandoned: _S.ABANDONED,
            WentSilent: _S.UNKNOWN,
        },
        _S.FEELING: {
            CameEmpty: _S.EMPTY_COMING_IN,
            CameLoaded: _S.LOADED_COMING_IN,
            LineIn: _S.UNKNOWN,
            LineAbandoned: _S.ABANDONED,
            WentSilent: _S.UNKNOWN,
        },
        _S.EMPTY_COMING_IN: {
            CameLoaded: _S.LOADED_COMING_IN,
            LineIn: _S.DELIVERED,
            LineAbandoned: _S.ABANDONED,
            WentSilent: _S.UNKNOWN,
        },
        _S.LOADED_COMING_IN: {
            GroundFelt: _S.FEELING,
            LineIn: _S.STILL_LOADED,
            LineAbandoned: _S.ABANDONED,
            WentSilent: _S.UNKNOWN,
        },
        _S.DELIVERED: {},
        _S.STILL_LOADED: {},
        _S.RETRACTED: {},
        _S.REFUSED: {},
        _S.ABANDONED: {},
        _S.UNKNOWN: {},
    }
)

INITIAL = frozenset({WinchState.ASKED, WinchState.RETRACT_ASKED})

TERMINAL = frozenset(
    {_S.DELIVERED, _S.STILL_LOADED, _S.RETRACTED, _S.REFUSED, _S.ABANDONED, _S.UNKNOWN},
)

_NO = frozenset({MavResult.TEMPORARILY_REJECTED, MavResult.DENIED, MavResult.UNSUPPORTED, MavResult.FAILED})


class WinchOrder:
    """One order from its sending to its end.

    Parameters
    ----------
    request_id
        Under which it settles.
    now_s
        When it was sent.
    retract
        Bring the line in, instead of delivering.
    """

    def __init__(self, request_id: RequestId, now_s: float, *, retract: bool = False) -> None:
        self.request_id = request_id
        self.state = WinchState.RETRACT_ASKED if retract else WinchState.ASKED
        self._began_s = self._heard_s = now_s
        self._felt = False
        self._last: WinchStatus | None = None

    def next_timer_s(self) -> float | None:
        """When :meth:`handle_timer` must be called; None once ended."""
        if self.state in TERMINAL:
            return None
        deadlines_s = [self._heard_s + SILENCE_S, self._began_s + WORK_PATIENCE_S]
        if self.state is WinchState.ASKED and self._last is not None:
            deadlines_s.append(self._began_s + START_PATIENCE_S)
        return min(deadlines_s)

    def receive(self, status: WinchStatus, now_s: float) -> None:
        """Take a status of the winch."""
        self._heard_s, self._last = now_s, status
        for event in self._read(status):
            if self.state not in TERMINAL and expects(TRANSITIONS, self.state, event):
                self._follow(event)

    def receive_answer(self, result: int) -> None:
        """Take an acknowledgement: only a no counts, and only while nothing has moved."""
        if result in _NO and self.state in INITIAL:
            self._follow(OrderRefused())

    def handle_timer(self, now_s: float) -> None:
        """Act on a passed deadline."""
        if self.state in TERMINAL:
            return
        if now_s >= self._heard_s + SILENCE_S or now_s >= self._began_s + WORK_PATIENCE_S:
            self._follow(WentSilent())
        elif self.state is WinchState.ASKED and self._last and now_s >= self._began_s + START_PATIENCE_S:
            self._follow(NeverMoved())

    def abandon(self) -> None:
        """The vehicle rebooted: what the winch does is not known any more."""
        if self.state not in TERMINAL:
            self._follow(WentSilent())

    def settled(self, now_s: float) -> WinchSettled:
        """What is told of an order that has ended."""
        length_m = self._last.line_length if self._last else math.nan
        line_in = self._last is not None and bool(self._last.status & FULLY_RETRACTED)
        known_m = None if math.isnan(length_m) else length_m
        return WinchSettled(
            now_s, self.request_id, WinchOutcome(self.state.value), line_in, known_m, _detail(self.state, self._last)
        )

    def _read(self, status: WinchStatus) -> list[WinchEvent]:
        """What a status may tell, the graver first."""
        flags = status.status
        if flags & ABANDON_LINE:
            return [LineAbandoned()]
        if flags & FULLY_RETRACTED:
            return [LineIn()]
        moving = flags & (MOVING | DROPPING | ARRESTING)
        told: list[WinchEvent] = [LineOut()] if moving or status.line_length > SLACK_M else []
        if flags & REDELIVER:
            self._felt = False
            return [*told, CameLoaded()]
        if flags & GROUND_SENSE:
            self._felt = True
            told.append(GroundFelt())
        if flags & RETRACTING:
            told.extend(self._read_load(status.tension))
        return told

    def _read_load(self, tension_kg: float) -> list[WinchEvent]:
        if math.isnan(tension_kg):
            return [CameEmpty()] if self._felt else []
        return [CameEmpty()] if tension_kg <= HOOK_KG else [CameLoaded()]

    def _follow(self, event: WinchEvent) -> None:
        self.state = follow(TRANSITIONS, self.state, event)


def _detail(state: WinchState, last: WinchStatus | None) -> str:
    if last is None:
        return "no WINCH_STATUS came; check that the vehicle has a winch and streams its status"
    seen = f"last status 0x{last.status:x}, line out {last.line_length:.1f} m, tension {last.tension:.2f} kg"
    return seen if state is not WinchState.STILL_LOADED else f"the parcel is still on board; {seen}"
