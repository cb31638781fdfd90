"""The drop over the doorstep as a table: arrive, look, release, see the confirmation.

Theory of operation: the vehicle holds at the drop height until moved on. When it has come to rest the downward range
finder is compared with the height above ground: something tall under the vehicle blocks the drop. A clear view for
`LOOK_S` leads to one, and only one, request to release; the request is written to the ledger before it is sent. The
gripper's own report ends it: confirmed, failed, or silent. Silent means unknown; it is never asked again and never
taken for a delivery.
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


class DropState(StrEnum):
    """How far the drop is."""

    APPROACHING = "approaching"
    """Descending to the drop height."""
    LOOKING = "looking"
    """At rest; is the doorstep clear?"""
    BLOCKED = "blocked"
    """Something stands there; waiting for it to move."""
    RELEASING = "releasing"
    """The gripper was told to open."""
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
    S.RELEASING: {GripperOpened: S.CONFIRMED, GripperStuck: S.FAILED, GripperSilent: S.UNKNOWN},
    S.CONFIRMED: {},
    S.GIVEN_UP: {},
    S.FAILED: {},
    S.UNKNOWN: {},
}
TERMINAL = frozenset({S.CONFIRMED, S.GIVEN_UP, S.FAILED, S.UNKNOWN})


class Drop:
    """One drop; not frozen because it is the machine itself."""

    def __init__(self, drop_off: Geodetic, drop_height_m: float, now_s: float) -> None:
        self.state = DropState.APPROACHING
        self.obstacle_m = 0.0
        """Height of the last thing seen under the vehicle [m]."""
        self._drop_off, self._drop_height_m = drop_off, drop_height_m
        self._began_s = self._since_s = now_s

    def observe(self, vehicle: VehicleState) -> bool:
        """Take a vehicle state; True exactly once, when the gripper is to be told to open."""
        now_s = vehicle.at_s
        if vehicle.link is not LinkState.UP:  # what is known is old: the look begins anew when it is heard again
            self._since_s = now_s
            return False
        if self.state is S.APPROACHING and self._at_rest(vehicle):
            self._step(Arrived(), now_s)
        elif self.state in {S.LOOKING, S.BLOCKED}:
            self._look(vehicle)
        patience_s = ARRIVAL_PATIENCE_S if self.state is S.APPROACHING else BLOCKED_PATIENCE_S
        if self.state is S.LOOKING and self._clear(vehicle) and now_s - self._since_s >= LOOK_S:
            self._step(ReleaseAsked(), now_s)
            return True
        if self.state not in TERMINAL | {S.RELEASING} and now_s - self._began_s > patience_s:
            self._step(PatienceEnded(), now_s)
        return False

    def settle(self, event: GripperOpened | GripperStuck | GripperSilent, now_s: float) -> None:
        """The gripper's report came, or did not come in time."""
        self._step(event, now_s)

    def _look(self, vehicle: VehicleState) -> None:
        if self._clear(vehicle):
            if self.state is S.BLOCKED:
                self._step(ViewClear(), vehicle.at_s)
        elif self.state is S.LOOKING:
            self._step(ViewBlocked(self.obstacle_m), vehicle.at_s)

    def _clear(self, vehicle: VehicleState) -> bool:
        """Whether the range finder sees the ground; without a reading the view is not clear."""
        if vehicle.ground_clearance_m is None or vehicle.height_home_m is None:
            self.obstacle_m = math.nan
            return False
        self.obstacle_m = vehicle.height_home_m - vehicle.ground_clearance_m
        return -HEIGHT_TOLERANCE_M < self.obstacle_m < OBSTACLE_M  # far below the ground is a reading of another height

    def _at_rest(self, vehicle: VehicleState) -> bool:
        if vehicle.position is None or vehicle.velocity_enu_m_s is None or vehicle.height_home_m is None:
            return False
        return (
            distance_m(self._drop_off, vehicle.position) < ARRIVED_M
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
