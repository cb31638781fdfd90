"""The drop over the doorstep as a table: arrive, look, release, see the confirmation.

Theory of operation: the vehicle holds at the drop height until moved on, or until its hold ends by itself. When it has
come to rest the downward range finder is compared with the height above ground: something tall under the vehicle blocks
the drop. A clear view for `LOOK_S` leads to a request to release, which is written to the ledger, looked at once more
and then sent; what is no longer true withholds it. The device's own report ends the drop: confirmed, failed, or silent.
Silent means unknown and is never taken for a delivery.

The hold's time runs on the vehicle, from when it comes within its acceptance of the item. That is not told, so it is
counted from the last word that showed the vehicle elsewhere: never later than the vehicle counts. Where nobody saw it
come, as after a take-over, the time is unknown, and nothing is released.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from skystork.errors import IllegalTransition
from skystork.fleet.vehicle import LinkState, VehicleState
from skystork.frames import Geodetic, distance_m

ARRIVED_M = 3.0
"""Horizontal distance that counts as over the doorstep: PX4's hover keeps well inside 2 m (NAV_MC_ALT_RAD 0.8 m)."""
HEIGHT_TOLERANCE_M = 2.5
"""The vehicle holds by its own home altitude, corrected in flight by up to 1.75 m (PX4 1.17.0 SITL)."""
SETTLED_M_S = 0.6
"""Speed that counts as at rest."""
LOOK_S = 2.0
"""The view must be clear this long: two range-finder readings at 1 Hz."""
OBSTACLE_M = 1.2
"""Something this tall under the vehicle blocks the drop: a seated person, a child, a car bonnet."""
BLOCKED_PATIENCE_S = 30.0
"""A person or a car moves on within this; hovering longer costs the reserve and the neighbours' patience."""
ARRIVAL_PATIENCE_S = 90.0
"""From 80 m at 1.5 m/s the descent takes 53 s."""
HOLD_NEAR_M = 15.0
"""Farther from the doorstep the vehicle does not count its hold yet: NAV_ACC_RAD's default of 10 m, and half of it."""
HOLD_BAND_M = 4.0
"""Nor higher above the drop height: PX4 accepts 0.8 m (NAV_MC_ALT_RAD), its home altitude wanders by 1.75 m, and it
sinks 1.5 m in a second."""
ASK_BEFORE_END_S = 15.0
"""No request later than this before the hold ends: two tries of 2 s, PX4's gripper takes 1.1 s, the rest is margin."""
SEND_BEFORE_END_S = 6.0
"""Nothing is sent later than this before the hold ends: what answers within 1.1 s is done over the doorstep."""
POSITION_AGE_S = 1.5
"""Of the newest position: three intervals of its stream at 2 Hz (skystork.app.telemetry_plan)."""
READING_AGE_S = 2.5
"""Of range, mode and mission item: two intervals of their streams at 1 Hz, and half of one for the way here."""


class DropState(StrEnum):
    """How far the drop is."""

    APPROACHING = "approaching"
    """Descending to the drop height."""
    LOOKING = "looking"
    """At rest; is the doorstep clear?"""
    BLOCKED = "blocked"
    """Something stands there; waiting for it to move."""
    RELEASING = "releasing"
    """A request to release was written; its report is awaited."""
    CONFIRMED = "confirmed"
    """It reported open."""
    GIVEN_UP = "given_up"
    """Blocked or not reached for too long."""
    FAILED = "failed"
    """It reported that it did not open."""
    UNKNOWN = "unknown"
    """It did not report."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """At rest at the drop height."""


@dataclass(frozen=True, slots=True)
class ViewBlocked:
    """Something tall is under the vehicle."""

    height_m: float


@dataclass(frozen=True, slots=True)
class ViewClear:
    """Nothing is under the vehicle any more."""


@dataclass(frozen=True, slots=True)
class ReleaseAsked:
    """The view was clear long enough."""


@dataclass(frozen=True, slots=True)
class PatienceEnded:
    """Too long blocked or under way."""


@dataclass(frozen=True, slots=True)
class SendWithheld:
    """Right before the request was to be sent something was no longer true; nothing was sent."""


@dataclass(frozen=True, slots=True)
class GripperOpened:
    """The gripper's report."""


@dataclass(frozen=True, slots=True)
class GripperStuck:
    """The gripper's report that it did not open."""


@dataclass(frozen=True, slots=True)
class GripperSilent:
    """No report within the command's time."""


S = DropState
TRANSITIONS: Mapping[DropState, Mapping[type, DropState]] = {
    S.APPROACHING: {Arrived: S.LOOKING, PatienceEnded: S.GIVEN_UP},
    S.LOOKING: {ViewBlocked: S.BLOCKED, ReleaseAsked: S.RELEASING, PatienceEnded: S.GIVEN_UP},
    S.BLOCKED: {ViewClear: S.LOOKING, PatienceEnded: S.GIVEN_UP},
    S.RELEASING: {
        SendWithheld: S.APPROACHING,
        GripperOpened: S.CONFIRMED,
        GripperStuck: S.FAILED,
        GripperSilent: S.UNKNOWN,
    },
    S.CONFIRMED: {},
    S.GIVEN_UP: {},
    S.FAILED: {},
    S.UNKNOWN: {},
}
TERMINAL = frozenset({S.CONFIRMED, S.GIVEN_UP, S.FAILED, S.UNKNOWN})


class Drop:
    """One drop; not frozen because it is the machine itself.

    Parameters
    ----------
    hold_s
        How long the vehicle holds by itself [s].
    not_held_at_s
        When the vehicle was last known not to hold; None where nobody saw it come [s since the Unix epoch].
    """

    def __init__(
        self, drop_off: Geodetic, drop_height_m: float, *, hold_s: float, now_s: float, not_held_at_s: float | None
    ) -> None:
        self.state = DropState.APPROACHING
        self.obstacle_m = 0.0
        """Height of the last thing seen under the vehicle [m]."""
        self.why = ""
        """Why it was given up."""
        self._drop_off, self._drop_height_m, self._hold_s = drop_off, drop_height_m, hold_s
        self._not_held_at_s = not_held_at_s
        self._holds_since_s: float | None = None
        self._began_s = self._since_s = now_s

    def observe(self, vehicle: VehicleState) -> bool:
        """Take a vehicle state; True when a release is to be asked for."""
        now_s = vehicle.at_s
        if vehicle.link is not LinkState.UP:  # what is known is old: the look begins anew when it is heard again
            self._since_s = now_s
            return False
        self._follow_hold(vehicle)
        if self.state is S.APPROACHING and self._at_rest(vehicle, now_s):
            self._step(Arrived(), now_s)
        elif self.state in {S.LOOKING, S.BLOCKED}:
            self._look(vehicle)
        if self.state in TERMINAL | {S.RELEASING}:
            return False
        if why := self._impatience(now_s):
            self.why = why
            self._step(PatienceEnded(), now_s)
        elif self.state is S.LOOKING and self._clear(vehicle, now_s) and now_s - self._since_s >= LOOK_S:
            self._step(ReleaseAsked(), now_s)
            return True
        return False

    def obstacle(self, vehicle: VehicleState, now_s: float) -> str:
        """What stands against sending the request now, for a person; empty where nothing does."""
        if vehicle.link is not LinkState.UP:
            return "the vehicle is not heard"
        if _older(vehicle.mode_at_s, now_s, READING_AGE_S) or vehicle.mode != "AUTO.MISSION":
            return f"mode {vehicle.mode}, or no word of it for {READING_AGE_S} s"
        if not self._at_rest(vehicle, now_s):
            return f"not seen at rest over the doorstep within {POSITION_AGE_S} s"
        if not self._clear(vehicle, now_s):
            return f"{self.obstacle_m:.1f} m under the vehicle, or no range for {READING_AGE_S} s"
        if self._left_s(now_s) < SEND_BEFORE_END_S:
            return f"less than {SEND_BEFORE_END_S:.0f} s of the hold are left"
        return ""

    def withhold(self, now_s: float) -> None:
        """The request was not sent; arriving and looking begin anew."""
        self._step(SendWithheld(), now_s)

    def settle(self, event: GripperOpened | GripperStuck | GripperSilent, now_s: float) -> None:
        """The report came, or did not come in time."""
        self._step(event, now_s)

    def _follow_hold(self, vehicle: VehicleState) -> None:
        if self._holds_since_s is not None or vehicle.position is None or vehicle.height_home_m is None:
            return
        near = (
            distance_m(self._drop_off, vehicle.position) < HOLD_NEAR_M
            and vehicle.height_home_m - self._drop_height_m < HOLD_BAND_M
        )
        if near:
            self._holds_since_s = -math.inf if self._not_held_at_s is None else self._not_held_at_s
        else:
            self._not_held_at_s = vehicle.position_at_s

    def _left_s(self, now_s: float) -> float:
        """Of the hold, at least [s]."""
        return math.inf if self._holds_since_s is None else self._holds_since_s + self._hold_s - now_s

    def _impatience(self, now_s: float) -> str:
        """Why to wait no longer; empty to wait on."""
        if self._holds_since_s == -math.inf:
            return "since when it holds over the doorstep is not known"
        if self._left_s(now_s) < ASK_BEFORE_END_S:
            return f"the hold ends within {ASK_BEFORE_END_S:.0f} s"
        if self.state is S.APPROACHING:
            return "the doorstep was not reached in time" if now_s - self._began_s > ARRIVAL_PATIENCE_S else ""
        return "the doorstep stayed blocked" if now_s - self._began_s > BLOCKED_PATIENCE_S else ""

    def _look(self, vehicle: VehicleState) -> None:
        if self._clear(vehicle, vehicle.at_s):
            if self.state is S.BLOCKED:
                self._step(ViewClear(), vehicle.at_s)
        elif self.state is S.LOOKING:
            self._step(ViewBlocked(self.obstacle_m), vehicle.at_s)

    def _clear(self, vehicle: VehicleState, now_s: float) -> bool:
        """Whether the range finder sees the ground; without a fresh reading the view is not clear."""
        range_m, height_m = vehicle.ground_clearance_m, vehicle.height_home_m
        if range_m is None or height_m is None or _older(vehicle.ground_clearance_at_s, now_s, READING_AGE_S):
            self.obstacle_m = math.nan
            return False
        self.obstacle_m = height_m - range_m
        return -HEIGHT_TOLERANCE_M < self.obstacle_m < OBSTACLE_M  # far below the ground is a reading of another height

    def _at_rest(self, vehicle: VehicleState, now_s: float) -> bool:
        if vehicle.position is None or vehicle.velocity_enu_m_s is None or vehicle.height_home_m is None:
            return False
        return (
            not _older(vehicle.position_at_s, now_s, POSITION_AGE_S)
            and distance_m(self._drop_off, vehicle.position) < ARRIVED_M
            and abs(vehicle.height_home_m - self._drop_height_m) < HEIGHT_TOLERANCE_M
            and math.hypot(*vehicle.velocity_enu_m_s) < SETTLED_M_S
        )

    def _step(self, event: object, now_s: float) -> None:
        try:
            state = TRANSITIONS[self.state][type(event)]
        except KeyError:
            raise IllegalTransition("drop", self.state, type(event).__name__) from None
        if self.state is S.APPROACHING and state is S.LOOKING:
            self._began_s = now_s
        self.state, self._since_s = state, now_s


def _older(at_s: float | None, now_s: float, limit_s: float) -> bool:
    return at_s is None or now_s - at_s > limit_s
