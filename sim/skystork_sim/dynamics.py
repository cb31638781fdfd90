"""How a simulated aircraft moves: a point mass that follows legs, in wind, within its limits.

Rotor-borne it steers its velocity over the ground, speeds up and slows down by no more than its acceleration, and
stops where a leg ends in a stop. Wing-borne it keeps its air speed, solves the wind triangle for the course that
leads back to the leg, and turns no tighter than v²/a. A lift-and-cruise aircraft passes between the two by a
transition. The ground is flat.

Pure floats, no arrays: one step costs some microseconds, so a day of a fleet is simulated in seconds.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import IntEnum

CROSS_TRACK_GAIN_PER_S = 0.6  # chosen: closes a 3 m error in about 4 s without ringing at 0.1 s steps
CROSS_SPEED_LIMIT_M_S = 4.0  # chosen: a correction does not look like a leg
ARRIVAL_GAIN_PER_S = 0.8  # PX4 MPC_XY_P is 0.95; a little softer
BRAKING_SHARE = 0.8  # of the acceleration, so that a following wind does not carry past the stop
LOOK_AHEAD_S = 3.0  # wing: where on the leg it aims; PX4 NPFG_PERIOD is 10 s for a slower loop
GUST_SHARE = 0.1  # of a gust that gets past the position controller as ground speed
TRANSITION_SHARE = 0.8  # of the cruise speed at which the wing carries (PX4 VT_ARSP_TRANS 10 of 12.5 m/s stall margin)
ROTOR_SPEED_M_S = 5.0  # PX4 MPC_XY_CRUISE: slower than this the back transition is over
BACK_TRANSITION_S = 4.0  # PX4 VT_B_TRANS_DUR
VERTICAL_GAIN_PER_S = 1.0  # PX4 MPC_Z_P 1.0
VERTICAL_ACCELERATION_M_S2 = 3.0  # PX4 MPC_ACC_UP_MAX 4, MPC_ACC_DOWN_MAX 3
STEADY_M = 60.0  # no leg end nearer than this: the long step may be taken


class Borne(IntEnum):
    """MAV_VTOL_STATE."""

    UNDEFINED = 0
    """A plain multirotor."""
    TO_WING = 1
    TO_ROTOR = 2
    ROTOR = 3
    WING = 4


@dataclass(frozen=True, slots=True)
class FlightLimits:
    """What the airframe can do."""

    has_wing: bool
    cruise_m_s: float
    max_air_speed_m_s: float
    climb_m_s: float
    descent_m_s: float
    acceleration_m_s2: float
    back_transition_m_s2: float = 2.0
    """PX4 VT_B_DEC_MSS."""


@dataclass(frozen=True, slots=True)
class Leg:
    """A straight line to follow, at a speed, to an altitude."""

    end_east_m: float
    end_north_m: float
    altitude_m: float
    """AMSL, sought from the start of the leg."""
    speed_m_s: float
    end_speed_m_s: float
    along_east: float
    along_north: float
    length_m: float


def leg_between(
    start_m: tuple[float, float],
    end_m: tuple[float, float],
    *,
    altitude_m: float,
    speed_m_s: float,
    end_speed_m_s: float,
) -> Leg:
    """A leg from here to there; one without length holds the place."""
    east, north = end_m[0] - start_m[0], end_m[1] - start_m[1]
    length = math.hypot(east, north)
    if length < 0.5:
        return Leg(*end_m, altitude_m, speed_m_s, 0.0, 0.0, 0.0, 0.0)
    return Leg(*end_m, altitude_m, speed_m_s, end_speed_m_s, east / length, north / length, length)


class PointMass:
    """Position and velocity of one aircraft; mutable because it is physics in progress.

    East and north are metres in the site's frame, altitude is AMSL.
    """

    __slots__ = (
        "_transition_began_s",
        "air_speed_m_s", "altitude_m", "at_s", "borne", "down_m_s", "east_m", "ground_m", "leg", "limits", "north_m",
        "on_ground", "up_m_s", "velocity_east_m_s", "velocity_north_m_s", "vertical_m_s",
    )  # fmt: skip

    def __init__(self, limits: FlightLimits, *, east_m: float, north_m: float, ground_m: float) -> None:
        self.limits = limits
        self.east_m, self.north_m, self.altitude_m = east_m, north_m, ground_m
        self.ground_m = ground_m
        self.at_s = 0.0
        """The time it has been moved to, for those who watch it."""
        self.velocity_east_m_s = self.velocity_north_m_s = self.up_m_s = self.air_speed_m_s = 0.0
        self._transition_began_s = 0.0
        self.borne = Borne.ROTOR if limits.has_wing else Borne.UNDEFINED
        self.on_ground = True
        self.leg: Leg | None = None
        self.vertical_m_s: float | None = None
        """A fixed vertical speed (landing, falling) instead of the leg's altitude."""
        self.down_m_s = limits.descent_m_s

    @property
    def height_m(self) -> float:
        """Above the ground [m]."""
        return self.altitude_m - self.ground_m

    @property
    def ground_speed_m_s(self) -> float:
        """Horizontal speed over the ground [m/s]."""
        return math.hypot(self.velocity_east_m_s, self.velocity_north_m_s)

    def remaining_m(self) -> float:
        """Along the leg to its end; negative when past it [m]."""
        leg = self.leg
        if leg is None:
            return 0.0
        east, north = leg.end_east_m - self.east_m, leg.end_north_m - self.north_m
        return east * leg.along_east + north * leg.along_north if leg.length_m else math.hypot(east, north)

    def distance_to_end_m(self) -> float:
        """Straight to the end of the leg [m]."""
        leg = self.leg
        return 0.0 if leg is None else math.hypot(leg.end_east_m - self.east_m, leg.end_north_m - self.north_m)

    def steady(self) -> bool:
        """Whether a long step loses nothing: far from the leg's end, at its height and up to speed."""
        leg = self.leg
        if leg is None or self.on_ground or leg.length_m == 0.0 or self.vertical_m_s is not None:
            return False
        settled = self.borne in (Borne.UNDEFINED, Borne.WING) and abs(self.altitude_m - leg.altitude_m) < 0.5
        return settled and abs(self.up_m_s) < 0.5 and self.remaining_m() > STEADY_M + 0.5 * self.ground_speed_m_s**2

    def begin_wing_transition(self) -> None:
        """Start to accelerate onto the wing."""
        if self.borne is Borne.ROTOR:
            self.borne = Borne.TO_WING

    def begin_rotor_transition(self) -> None:
        """Start to slow down onto the rotors."""
        if self.borne in (Borne.WING, Borne.TO_WING):
            self.borne = Borne.TO_ROTOR
            self._transition_began_s = self.at_s

    def step(self, duration_s: float, wind_east_m_s: float, wind_north_m_s: float, gust: tuple[float, float]) -> None:
        """Move on by one step.

        Parameters
        ----------
        wind_east_m_s, wind_north_m_s
            Mean wind [m/s].
        gust
            What the wind has more than its mean now, east and north [m/s].
        """
        if self.on_ground and not self._lifting():
            self.velocity_east_m_s = self.velocity_north_m_s = self.up_m_s = self.air_speed_m_s = 0.0
            return
        if self.leg is not None:
            if self.borne == Borne.WING:
                self._steer_on_wing(self.leg, duration_s, wind_east_m_s, wind_north_m_s)
            else:
                self._steer_on_rotors(self.leg, duration_s, wind_east_m_s, wind_north_m_s)
        self._steer_vertically(duration_s)
        self.east_m += (self.velocity_east_m_s + GUST_SHARE * gust[0]) * duration_s
        self.north_m += (self.velocity_north_m_s + GUST_SHARE * gust[1]) * duration_s
        self.altitude_m += self.up_m_s * duration_s
        air_east = self.velocity_east_m_s - wind_east_m_s - gust[0]
        air_north = self.velocity_north_m_s - wind_north_m_s - gust[1]
        self.air_speed_m_s = math.sqrt(air_east * air_east + air_north * air_north)
        self._pass_transition()
        self.on_ground = self.altitude_m <= self.ground_m and self.up_m_s <= 0.0
        if self.on_ground:
            self.altitude_m = self.ground_m

    def _lifting(self) -> bool:
        if self.vertical_m_s is not None:
            return self.vertical_m_s > 0.0
        return self.leg is not None and self.leg.altitude_m > self.ground_m + 0.5

    def _steer_on_rotors(self, leg: Leg, duration_s: float, wind_east: float, wind_north: float) -> None:
        limits = self.limits
        east, north = leg.end_east_m - self.east_m, leg.end_north_m - self.north_m
        braking = limits.back_transition_m_s2 if self.borne == Borne.TO_ROTOR else limits.acceleration_m_s2
        along = east * leg.along_east + north * leg.along_north
        cross_east = (east - along * leg.along_east) * CROSS_TRACK_GAIN_PER_S
        cross_north = (north - along * leg.along_north) * CROSS_TRACK_GAIN_PER_S
        cross = math.sqrt(cross_east * cross_east + cross_north * cross_north)
        if cross > CROSS_SPEED_LIMIT_M_S:
            cross_east *= CROSS_SPEED_LIMIT_M_S / cross
            cross_north *= CROSS_SPEED_LIMIT_M_S / cross
        end = leg.end_speed_m_s
        speed = leg.speed_m_s
        if along > 0.0:
            speed = min(speed, math.sqrt(end * end + 2.0 * BRAKING_SHARE * braking * along))
            if end == 0.0:
                speed = min(speed, ARRIVAL_GAIN_PER_S * along)
        elif end == 0.0:
            speed = max(-CROSS_SPEED_LIMIT_M_S, ARRIVAL_GAIN_PER_S * along)
        head_wind = -(wind_east * leg.along_east + wind_north * leg.along_north)
        speed = min(speed, max(0.5, limits.max_air_speed_m_s - head_wind))
        change_east = speed * leg.along_east + cross_east - self.velocity_east_m_s
        change_north = speed * leg.along_north + cross_north - self.velocity_north_m_s
        change = math.sqrt(change_east * change_east + change_north * change_north)
        most = braking * duration_s
        share = 1.0 if change <= most else most / change
        self.velocity_east_m_s += change_east * share
        self.velocity_north_m_s += change_north * share

    def _steer_on_wing(self, leg: Leg, duration_s: float, wind_east: float, wind_north: float) -> None:
        limits = self.limits
        east, north = leg.end_east_m - self.east_m, leg.end_north_m - self.north_m
        air_speed = min(leg.speed_m_s, limits.max_air_speed_m_s)
        if leg.length_m:
            along = east * leg.along_east + north * leg.along_north
            ahead = max(LOOK_AHEAD_S * air_speed, 20.0)
            aim_east = east - along * leg.along_east + ahead * leg.along_east
            aim_north = north - along * leg.along_north + ahead * leg.along_north
        else:
            aim_east, aim_north = _circling(east, north, air_speed * air_speed / limits.acceleration_m_s2)
        size = math.sqrt(aim_east * aim_east + aim_north * aim_north) or 1.0
        aim_east, aim_north = aim_east / size, aim_north / size
        wind_along = wind_east * aim_east + wind_north * aim_north
        wind_across = wind_east * aim_north - wind_north * aim_east
        ground_speed = wind_along + math.sqrt(max(air_speed * air_speed - wind_across * wind_across, 1.0))
        self._turn_towards(aim_east, aim_north, max(ground_speed, 1.0), duration_s)

    def _turn_towards(self, aim_east: float, aim_north: float, aim_speed: float, duration_s: float) -> None:
        """Turn no tighter than v²/a and change speed by no more than a."""
        speed = max(self.ground_speed_m_s, 0.1)
        most = self.limits.acceleration_m_s2 * duration_s
        velocity_east, velocity_north = self.velocity_east_m_s, self.velocity_north_m_s
        across = velocity_east * aim_north - velocity_north * aim_east
        angle = math.atan2(across, velocity_east * aim_east + velocity_north * aim_north)
        angle = max(-most / speed, min(most / speed, angle))
        scale = (speed + max(-most, min(most, aim_speed - speed))) / speed
        cosine, sine = math.cos(angle) * scale, math.sin(angle) * scale
        self.velocity_east_m_s = velocity_east * cosine - velocity_north * sine
        self.velocity_north_m_s = velocity_east * sine + velocity_north * cosine

    def _steer_vertically(self, duration_s: float) -> None:
        limits = self.limits
        if self.vertical_m_s is not None:
            wanted = self.vertical_m_s
        elif self.leg is None:
            wanted = 0.0
        else:
            wanted = VERTICAL_GAIN_PER_S * (self.leg.altitude_m - self.altitude_m)
            wanted = max(-self.down_m_s, min(limits.climb_m_s, wanted))
        most = VERTICAL_ACCELERATION_M_S2 * duration_s
        self.up_m_s += max(-most, min(most, wanted - self.up_m_s))

    def _pass_transition(self) -> None:
        if self.borne == Borne.TO_WING and self.air_speed_m_s >= TRANSITION_SHARE * self.limits.cruise_m_s:
            self.borne = Borne.WING
        elif self.borne == Borne.TO_ROTOR:
            slow = self.ground_speed_m_s < ROTOR_SPEED_M_S
            if slow or self.at_s >= self._transition_began_s + BACK_TRANSITION_S:
                self.borne = Borne.ROTOR


def _circling(east: float, north: float, radius: float) -> tuple[float, float]:
    """Where to aim to fly left-hand circles about a point ``(east, north)`` away."""
    distance = math.hypot(east, north) or 1.0
    inward = max(-1.0, min(1.0, (distance - 1.5 * radius) / radius))
    tangent_east, tangent_north = north / distance, -east / distance
    return tangent_east + inward * east / distance, tangent_north + inward * north / distance
