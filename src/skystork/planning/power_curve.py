"""Power in level flight over air speed, as numbers that a whole curve is reckoned with at once.

The power of a vehicle is tabled once for a profile and a load; between the entries it is a straight line. For the cone
problem there is besides c0 + c3 v³ without negative coefficients, convex and not falling, that touches the power at a
given speed: a flight that is best by it near that speed is best by the table to first order. The dip below, at low
speed, is no cone; what a flight costs is always taken from the table.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from skystork.fleet.energy import airframe_of, level_power_w, wing_from_m_s
from skystork.fleet.energy_rotor import WingAirframe, rotor_power_w
from skystork.fleet.profile import DroneProfile

Array = NDArray[np.float64]

STEP_M_S = 0.25
"""Between entries; a line errs by an eighth of its square times the curvature, 0.2 W of 1,200 W at most."""
BEYOND = 1.3
"""The table ends at this times the greatest air speed."""


@dataclass(frozen=True, slots=True, eq=False)
class PowerCurve:
    """Power in level flight."""

    speeds_m_s: Array
    """Air speeds of the tables, from 0, even steps [m/s]."""
    rotor_w: Array
    """On the rotors [W]."""
    wing_w: Array
    """On the wing [W]; the same as ``rotor_w`` without one."""
    wing_from_m_s: float
    """Air speed from which the wing carries; infinite without one."""

    def at(self, speeds_m_s: Array) -> Array:
        """Power at each of these air speeds [W]."""
        rotor_w = np.interp(speeds_m_s, self.speeds_m_s, self.rotor_w)
        wing_w = np.interp(speeds_m_s, self.speeds_m_s, self.wing_w)
        return np.where(speeds_m_s >= self.wing_from_m_s, wing_w, rotor_w)

    def watts(self, air_speed_m_s: float) -> float:
        """Power at an air speed [W]."""
        return float(self.at(np.array(air_speed_m_s)))

    def touching(self, air_speed_m_s: float, *, on_wing: bool) -> tuple[float, float]:
        """Constant [W] and cubic [W/(m/s)³] share of what touches the power at a speed."""
        watts = self.wing_w if on_wing else self.rotor_w
        speed_m_s = max(air_speed_m_s, self.wing_from_m_s) if on_wing else air_speed_m_s
        below, here, above = np.interp(speed_m_s + np.array([-STEP_M_S, 0.0, STEP_M_S]), self.speeds_m_s, watts)
        slope = max(0.0, float(above - below) / (2 * STEP_M_S))
        rising_w = min(slope * speed_m_s / 3, float(here))
        return float(here) - rising_w, rising_w / max(speed_m_s, STEP_M_S) ** 3

    def most_between(self, slowest_m_s: Array, fastest_m_s: Array) -> Array:
        """The most at any speed from one to the other: each branch falls to its least and rises from there [W]."""
        wing_from_m_s = self.wing_from_m_s
        on_rotors = self._ends(self.rotor_w, slowest_m_s, np.minimum(fastest_m_s, wing_from_m_s))
        on_wing = self._ends(self.wing_w, np.maximum(slowest_m_s, min(wing_from_m_s, 1e9)), fastest_m_s)
        both = np.maximum(on_rotors, on_wing)
        alone = np.where(slowest_m_s >= wing_from_m_s, on_wing, both)
        return np.asarray(np.where(fastest_m_s < wing_from_m_s, on_rotors, alone))

    def _ends(self, watts: Array, slowest_m_s: Array, fastest_m_s: Array) -> Array:
        ends = (np.interp(each, self.speeds_m_s, watts) for each in (slowest_m_s, fastest_m_s))
        return np.asarray(np.maximum(*ends))


@lru_cache(maxsize=256)
def power_curve(profile: DroneProfile, *, payload_kg: float) -> PowerCurve:
    """The power of a profile in level flight, with a parcel of ``payload_kg``."""
    airframe = airframe_of(profile)
    top_m_s = BEYOND * (profile.max_air_speed_m_s + profile.wind_limit_m_s)
    speeds = np.arange(0.0, top_m_s + 2 * STEP_M_S, STEP_M_S)
    rotor = airframe.rotor if isinstance(airframe, WingAirframe) else airframe
    rotor_w = np.array([rotor_power_w(rotor, payload_kg=payload_kg, air_speed_m_s=float(v)) for v in speeds])
    wing_from = wing_from_m_s(profile, payload_kg=payload_kg)
    if not isinstance(airframe, WingAirframe):
        return PowerCurve(speeds, rotor_w, rotor_w, wing_from)
    flown = np.maximum(speeds, wing_from)
    wing_w = np.array([level_power_w(profile, payload_kg=payload_kg, air_speed_m_s=float(v)) for v in flown])
    return PowerCurve(speeds, rotor_w, wing_w, wing_from)
