"""Set points from outside: SET_POSITION_TARGET_LOCAL_NED and _GLOBAL_INT, and flying after them in OFFBOARD.

The stream is alive for COM_OF_LOSS_T after each message that PX4 takes; what it does not take (another frame, nothing
set) is told by a status text and does not count. A position is approached with the parameters' speed, a velocity given
with it is followed besides.
Source: PX4 v1.17 mavlink_receiver.cpp; recorded on SITL.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from skystork.frames import Geodetic
from skystork_sim.aircraft import Aircraft
from skystork_sim.autopilot_modes import Status
from skystork_sim.autopilot_parameters import Parameters
from skystork_sim.dynamics import PointMass, leg_between

CRITICAL_SEVERITY = 2  # MAV_SEVERITY
LOCAL_NED, BODY_NED = 1, 8  # MAV_FRAME
GLOBAL_FRAMES = {5: 0.0, 6: 1.0, 11: 1.0}
"""MAV_FRAME_GLOBAL_INT, _RELATIVE_ALT_INT and _TERRAIN_ALT_INT: the share of home's altitude that is added."""
FORCE = 1 << 9  # POSITION_TARGET_TYPEMASK_FORCE_SET
POSITION_GAIN_PER_S = 0.95  # PX4 MPC_XY_P
HEIGHT_GAIN_PER_S = 1.0  # PX4 MPC_Z_P
LEAD_S = 100.0  # how far ahead the leg of a velocity ends

Three = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class SetPoint:
    """Where to be and how fast to go; NaN where nothing is asked. North, east, down about the place of power-on."""

    position_m: Three
    velocity_m_s: Three

    @property
    def empty(self) -> bool:
        """Whether it asks for nothing."""
        return all(math.isnan(value) for value in (*self.position_m, *self.velocity_m_s))


class Offboard:
    """The newest set point and how old it is; mutable because it is a stream.

    Parameters
    ----------
    say
        Sends a status text: severity and text.
    """

    def __init__(
        self, aircraft: Aircraft, status: Status, parameters: Parameters, say: Callable[[int, str], None]
    ) -> None:
        self._aircraft, self._status, self._parameters, self._say = aircraft, status, parameters, say
        mass = aircraft.mass
        self.origin_m = (mass.north_m, mass.east_m, mass.altitude_m)
        """Zero of the local frame: north and east in the site's frame, altitude AMSL."""
        self._heard_s = -math.inf
        self._set_point: SetPoint | None = None

    def alive(self, now_s: float) -> bool:
        """Whether the stream goes on."""
        return now_s - self._heard_s <= self._parameters["COM_OF_LOSS_T"]

    def receive(self, message: Any, _partner: tuple[int, int], now_s: float) -> Iterable[bytes]:
        """Take a set point."""
        name = message.get_type()
        if name == "SET_POSITION_TARGET_LOCAL_NED":
            if message.coordinate_frame not in (LOCAL_NED, BODY_NED):
                self._say(CRITICAL_SEVERITY, f"{name} coordinate frame {message.coordinate_frame} unsupported")
                return ()
            asked = self._local(message)
        else:
            if message.coordinate_frame not in GLOBAL_FRAMES:
                self._say(CRITICAL_SEVERITY, f"{name} invalid coordinate frame {message.coordinate_frame}")
                return ()
            asked = self._global(message)
        accelerates = not message.type_mask & 0b1_1100_0000
        if message.type_mask & FORCE and accelerates:
            self._say(CRITICAL_SEVERITY, f"{name} force not supported")
        elif asked.empty and not accelerates:
            self._say(CRITICAL_SEVERITY, f"{name} invalid")
        else:
            self._heard_s, self._set_point = now_s, asked
        return ()

    def begin(self, mass: PointMass, /) -> None:
        """Hold until the first set point is followed."""
        mass.vertical_m_s = None

    def step(self, mass: PointMass, /) -> bool:
        """Set the airframe on the way of the newest set point; never done by itself."""
        asked = self._set_point
        if asked is None:
            return False
        here = (mass.north_m - self.origin_m[0], mass.east_m - self.origin_m[1], self.origin_m[2] - mass.altitude_m)
        north, east, down = (
            _wanted(asked.position_m[axis], asked.velocity_m_s[axis], here[axis], gain)
            for axis, gain in enumerate((POSITION_GAIN_PER_S, POSITION_GAIN_PER_S, HEIGHT_GAIN_PER_S))
        )
        most = min(self._parameters["MPC_XY_VEL_MAX"], mass.limits.max_air_speed_m_s)
        speed = math.hypot(north, east)
        if speed > most:
            north, east, speed = north * most / speed, east * most / speed, most
        place = (mass.east_m, mass.north_m)
        end = (place[0] + east * LEAD_S, place[1] + north * LEAD_S)
        mass.leg = leg_between(place, end, altitude_m=mass.altitude_m, speed_m_s=speed, end_speed_m_s=speed)
        mass.vertical_m_s = max(-mass.down_m_s, min(mass.limits.climb_m_s, -down))
        return False

    def _local(self, message: Any) -> SetPoint:
        position, velocity = _axes(message, "x y z", 0), _axes(message, "vx vy vz", 3)
        if message.coordinate_frame == BODY_NED:
            mass = self._aircraft.mass
            yaw = math.atan2(mass.velocity_east_m_s, mass.velocity_north_m_s) if mass.ground_speed_m_s > 0.5 else 0.0
            north = math.cos(yaw) * velocity[0] - math.sin(yaw) * velocity[1]
            east = math.sin(yaw) * velocity[0] + math.cos(yaw) * velocity[1]
            return SetPoint((math.nan,) * 3, (north, east, velocity[2]))
        return SetPoint(position, velocity)

    def _global(self, message: Any) -> SetPoint:
        east, north = self._aircraft.frame.to_enu_m(Geodetic(message.lat_int / 1e7, message.lon_int / 1e7))
        above_sea = message.alt + GLOBAL_FRAMES[message.coordinate_frame] * self._status.home_amsl_m
        place = (north - self.origin_m[0], east - self.origin_m[1], self.origin_m[2] - above_sea)
        masked = [math.nan if message.type_mask & 1 << bit else value for bit, value in enumerate(place)]
        return SetPoint((masked[0], masked[1], masked[2]), _axes(message, "vx vy vz", 3))


def _axes(message: Any, names: str, first_bit: int) -> Three:
    values = [
        math.nan if message.type_mask & 1 << (first_bit + axis) else float(getattr(message, name))
        for axis, name in enumerate(names.split())
    ]
    return (values[0], values[1], values[2])


def _wanted(position_m: float, velocity_m_s: float, here_m: float, gain_per_s: float) -> float:
    """Velocity on one axis: towards the position, with the velocity given besides [m/s]."""
    towards = 0.0 if math.isnan(position_m) else gain_per_s * (position_m - here_m)
    return towards + (0.0 if math.isnan(velocity_m_s) else velocity_m_s)
