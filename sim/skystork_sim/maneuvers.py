"""What an autopilot makes the airframe do, one thing after another: take off, fly to, hold, wait, change wing, land.

A maneuver sets the leg that the point mass follows and says when it is done. Modes and missions are lists of them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from skystork_sim.dynamics import Borne, FlightLimits, Leg, PointMass, leg_between

SPOOL_UP_S = 1.6  # from arming to lift-off in the recorded reference flight
CONTACT_S = 1.0  # PX4's land detector: on the ground for a second (LNDMC_* hysteresis)
WING_ALTITUDE_M = 10.0  # PX4 NAV_FW_ALT_RAD
SLOWEST_CORNER_M_S = 0.5
LEAST_WING_RADIUS_M = 10.0  # PX4 NAV_ACC_RAD for a wing

Point = tuple[float, float]


class Maneuver(Protocol):
    """One thing to do."""

    def begin(self, mass: PointMass, /) -> None:
        """Set the airframe on it."""

    def step(self, mass: PointMass, /) -> bool:
        """Look where it stands; True when done."""


@dataclass(slots=True)
class TakeOff:
    """Climb straight up; a lift-and-cruise aircraft told to goes on to its wing."""

    altitude_m: float
    climb_m_s: float
    tolerance_m: float
    onward: Leg | None = None
    """Where to accelerate along once up; None to stay on the rotors."""
    _lift_at_s: float = 0.0
    _place: Point = (0.0, 0.0)

    def begin(self, mass: PointMass, /) -> None:
        """Spool up when standing."""
        self._lift_at_s = mass.at_s + (SPOOL_UP_S if mass.on_ground else 0.0)
        self._place = (mass.east_m, mass.north_m)
        mass.leg = None

    def step(self, mass: PointMass, /) -> bool:
        """Done at the altitude, on the wing where asked for."""
        if mass.at_s < self._lift_at_s:
            return False
        if mass.borne in (Borne.TO_WING, Borne.WING):
            return mass.borne is Borne.WING
        missing = self.altitude_m - mass.altitude_m
        if missing > self.tolerance_m:
            mass.leg = leg_between(
                self._place, self._place, altitude_m=self.altitude_m, speed_m_s=1.0, end_speed_m_s=0.0
            )
            mass.vertical_m_s = self.climb_m_s if missing > self.climb_m_s else None
            return False
        mass.vertical_m_s = None
        if self.onward is None:
            return True
        mass.leg = self.onward
        mass.begin_wing_transition()
        return False


@dataclass(slots=True)
class FlyTo:
    """Follow a line to a point, passing it or stopping there."""

    start: Point | None
    """Where the line begins; None: where the vehicle is."""
    points: Sequence[Point]
    """The point, and those after it that are passed without a stop."""
    altitude_m: float
    speed_m_s: float
    acceptance_m: float
    tolerance_m: float
    """Vertical [m]."""

    def begin(self, mass: PointMass, /) -> None:
        """Lay the leg with the speed at its end."""
        here = (mass.east_m, mass.north_m)
        start = here if self.start is None else self.start
        end_speed = speed_at_end(
            start, self.points, speed_m_s=self.speed_m_s, acceptance_m=self.acceptance_m, limits=mass.limits
        )
        mass.vertical_m_s = None
        mass.leg = leg_between(
            start, self.points[0], altitude_m=self.altitude_m, speed_m_s=self.speed_m_s, end_speed_m_s=end_speed
        )

    def step(self, mass: PointMass, /) -> bool:
        """Done inside the acceptance radius and at the altitude."""
        on_wing = mass.borne in (Borne.WING, Borne.TO_WING)
        level = abs(mass.altitude_m - self.altitude_m) <= (WING_ALTITUDE_M if on_wing else self.tolerance_m)
        distance = mass.distance_to_end_m()
        if on_wing:
            return level and (distance <= self._wing_radius_m(mass) or mass.remaining_m() <= 0.0)
        leg = mass.leg
        if leg is not None and leg.end_speed_m_s and not level:
            self._stop_at_end_if_late(mass, leg)
        reached = distance <= self.acceptance_m or (len(self.points) > 1 and mass.remaining_m() <= 0.0)
        return level and reached

    def _wing_radius_m(self, mass: PointMass) -> float:
        """Where to turn early, so that the turn of v²/a ends on the next leg [m]."""
        speed = mass.ground_speed_m_s
        leg = mass.leg
        if len(self.points) < 2 or leg is None or not leg.length_m:
            return max(self.acceptance_m, LEAST_WING_RADIUS_M)
        half = 0.5 * _turn(self.points[0], self.points[1], leg.along_east, leg.along_north)
        turn_radius = speed * speed / mass.limits.acceleration_m_s2
        return max(self.acceptance_m, LEAST_WING_RADIUS_M, min(turn_radius * math.tan(half), 2.0 * turn_radius))

    def _stop_at_end_if_late(self, mass: PointMass, leg: Leg) -> None:
        """A point is not passed before its altitude is reached: stop there rather than fly past."""
        rate = mass.limits.climb_m_s if self.altitude_m > mass.altitude_m else mass.down_m_s
        climb_s = abs(self.altitude_m - mass.altitude_m) / rate
        if mass.remaining_m() < climb_s * max(mass.ground_speed_m_s, 1.0):
            mass.leg = replace(leg, end_speed_m_s=0.0)


@dataclass(slots=True)
class Hold:
    """Stop and stay, on a wing in circles; never done by itself."""

    altitude_m: float | None = None
    place: Point | None = None
    """None: where braking ends."""

    def begin(self, mass: PointMass, /) -> None:
        """Stop at the place, or where braking ends."""
        mass.vertical_m_s = None
        if mass.on_ground:
            mass.leg = None
            return
        braking_s = mass.ground_speed_m_s / (2.0 * mass.limits.acceleration_m_s2)
        ahead = (mass.east_m + mass.velocity_east_m_s * braking_s, mass.north_m + mass.velocity_north_m_s * braking_s)
        place = self.place or ahead
        altitude = mass.altitude_m if self.altitude_m is None else self.altitude_m
        speed = mass.limits.cruise_m_s if mass.borne in (Borne.WING, Borne.TO_WING) else 5.0
        mass.leg = leg_between(place, place, altitude_m=altitude, speed_m_s=speed, end_speed_m_s=0.0)

    def step(self, _mass: PointMass, /) -> bool:
        """Stay."""
        return False


@dataclass(slots=True)
class Wait:
    """Keep what is, for a time."""

    duration_s: float
    _until_s: float = 0.0

    def begin(self, mass: PointMass, /) -> None:
        """Start the clock."""
        self._until_s = mass.at_s + self.duration_s

    def step(self, mass: PointMass, /) -> bool:
        """Done when the time is over."""
        return mass.at_s >= self._until_s


@dataclass(slots=True)
class ChangeWing:
    """Transition onto the wing, or back onto the rotors, along the way ahead."""

    onward: Leg
    to_wing: bool

    def begin(self, mass: PointMass, /) -> None:
        """Start the transition."""
        if mass.borne is self._goal():
            return
        mass.leg = self.onward
        mass.vertical_m_s = None
        if self.to_wing:
            mass.begin_wing_transition()
        else:
            mass.begin_rotor_transition()

    def step(self, mass: PointMass, /) -> bool:
        """Done when borne as asked."""
        return mass.borne is self._goal()

    def _goal(self) -> Borne:
        return Borne.WING if self.to_wing else Borne.ROTOR


@dataclass(slots=True)
class Land:
    """Come over the place, slow down onto the rotors, go straight down."""

    place: Point | None
    """None: where the vehicle stops."""
    speed_m_s: float
    slow_m_s: float
    """PX4 MPC_LAND_SPEED."""
    slow_from_m: float
    """PX4 MPC_LAND_ALT1: from here it slows down [m above ground]."""
    slow_at_m: float
    """PX4 MPC_LAND_ALT2: here it has slowed down."""
    descending: bool = False
    _contact_s: float | None = None

    def begin(self, mass: PointMass, /) -> None:
        """Approach at the present altitude."""
        here = (mass.east_m, mass.north_m)
        if self.place is None:
            braking_s = mass.ground_speed_m_s / (2.0 * mass.limits.acceleration_m_s2)
            self.place = (here[0] + mass.velocity_east_m_s * braking_s, here[1] + mass.velocity_north_m_s * braking_s)
        mass.vertical_m_s = None
        mass.leg = leg_between(
            here, self.place, altitude_m=mass.altitude_m, speed_m_s=self.speed_m_s, end_speed_m_s=0.0
        )

    def step(self, mass: PointMass, /) -> bool:
        """Done a second after touching the ground."""
        distance, speed = mass.distance_to_end_m(), mass.ground_speed_m_s
        if mass.borne in (Borne.WING, Borne.TO_WING):
            if distance <= speed * speed / (2.0 * mass.limits.back_transition_m_s2) + 5.0:
                mass.begin_rotor_transition()
            return False
        if not self.descending:
            self.descending = distance < 1.0 and speed < 1.0 and mass.borne is not Borne.TO_ROTOR
            return False
        share = (mass.height_m - self.slow_at_m) / max(self.slow_from_m - self.slow_at_m, 0.1)
        share = max(0.0, min(1.0, share))
        mass.vertical_m_s = -(self.slow_m_s + share * max(0.0, mass.down_m_s - self.slow_m_s))
        if not mass.on_ground:
            self._contact_s = None
            return False
        if self._contact_s is None:
            self._contact_s = mass.at_s
        return mass.at_s >= self._contact_s + CONTACT_S


def speed_at_end(
    start: Point, points: Sequence[Point], *, speed_m_s: float, acceptance_m: float, limits: FlightLimits
) -> float:
    """How fast the first point may be passed, looking back from the stop at the last one.

    A corner of angle θ cut inside the acceptance radius r at constant acceleration a is a parabola tangent to both
    legs: v² = a·r / sin(θ/2). That speed belongs to where the cut begins, r before the corner that braking aims at.
    """
    line = [start, *points]
    speed = 0.0
    for index in range(len(line) - 2, 0, -1):
        length = math.dist(line[index], line[index + 1])
        speed = math.sqrt(speed * speed + 2.0 * 0.8 * limits.acceleration_m_s2 * length)
        before = math.dist(line[index - 1], line[index]) or 1.0
        along = ((line[index][0] - line[index - 1][0]) / before, (line[index][1] - line[index - 1][1]) / before)
        half = math.sin(0.5 * _turn(line[index], line[index + 1], *along))
        if half > 1e-6:
            radius = max(acceptance_m, 0.5)
            cut = limits.acceleration_m_s2 * radius / half - 2.0 * 0.8 * limits.acceleration_m_s2 * radius
            speed = min(speed, math.sqrt(max(cut, SLOWEST_CORNER_M_S**2)))
        speed = min(speed, speed_m_s)
    return speed


def _turn(corner: Point, following: Point, along_east: float, along_north: float) -> float:
    """Angle between the direction flown and the next leg, 0..π [rad]."""
    east, north = following[0] - corner[0], following[1] - corner[1]
    across = along_east * north - along_north * east
    return abs(math.atan2(across, east * along_east + north * along_north))
