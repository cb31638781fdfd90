"""Time and energy of the legs, by the power model of the fleet and the speed through the air."""

from __future__ import annotations

import math

import numpy as np

from skystork.fleet.energy import Regime, power_w
from skystork.fleet.profile import Airframe, DroneProfile
from skystork.planning.bezier import Array, derivative_points, evaluate, segment_points
from skystork.planning.flight_plan import BezierSegment

TRANSITION_FRACTION = 0.7
"""Below this share of cruise air speed the rotors of a lift-and-cruise vehicle carry it: stall speed is about 1/1.4 of
cruise (PX4: VT_ARSP_TRANS against FW_AIRSPD_TRIM, defaults 10 and 15 m/s)."""

_PARTS_IN_TRANSITION = 64
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(8)


def horizontal_energy_j(
    profile: DroneProfile,
    segments: tuple[BezierSegment, ...],
    *,
    payload_kg: float,
    wind_enu_m_s: tuple[float, float],
) -> float:
    """Energy of a curve flown as timed, by Gauss's quadrature with eight points a part [J]."""
    return sum(
        _piece_energy_j(profile, segment, payload_kg=payload_kg, wind_enu_m_s=wind_enu_m_s) for segment in segments
    )


def _piece_energy_j(
    profile: DroneProfile, segment: BezierSegment, *, payload_kg: float, wind_enu_m_s: tuple[float, float]
) -> float:
    """One piece; where the wing takes over within it, power jumps, and the piece is cut fine."""
    velocity = derivative_points(segment_points(segment), segment.duration_s)
    speeds = _air_speeds(velocity, 1, wind_enu_m_s)
    threshold = TRANSITION_FRACTION * profile.cruise_air_speed_m_s
    parts = 1
    if profile.airframe is Airframe.LIFT_AND_CRUISE and float(np.min(speeds)) < threshold * 1.1:
        parts = _PARTS_IN_TRANSITION
        speeds = _air_speeds(velocity, parts, wind_enu_m_s)
    watts = [en_route_power_w(profile, float(speed), payload_kg=payload_kg) for speed in speeds]
    return segment.duration_s / (2 * parts) * float(np.tile(_WEIGHTS, parts) @ np.array(watts))


def _air_speeds(velocity: Array, parts: int, wind_enu_m_s: tuple[float, float]) -> Array:
    """Air speed at Gauss's points of equal parts of a piece, in order of time (8 x parts,) [m/s]."""
    shares = ((np.arange(parts)[:, None] + (np.asarray(_NODES) + 1) / 2) / parts).ravel()
    ground = evaluate(velocity, shares)
    return np.asarray(np.hypot(ground[:, 0] - wind_enu_m_s[0], ground[:, 1] - wind_enu_m_s[1]))


def en_route_power_w(profile: DroneProfile, air_speed_m_s: float, *, payload_kg: float) -> float:
    """Power in level flight at an air speed: on the wing only where it carries [W]."""
    on_wing = air_speed_m_s >= TRANSITION_FRACTION * profile.cruise_air_speed_m_s
    winged = profile.airframe is Airframe.LIFT_AND_CRUISE and on_wing
    regime = Regime.CRUISE if winged else Regime.ROTOR
    return power_w(profile, regime, payload_kg=payload_kg, air_speed_m_s=air_speed_m_s)


def vertical_duration_s(profile: DroneProfile, rise_m: float) -> float:
    """Time to climb, or with a negative rise to descend [s]."""
    return rise_m / profile.climb_speed_m_s if rise_m >= 0 else -rise_m / profile.descent_speed_m_s


def vertical_energy_j(
    profile: DroneProfile, rise_m: float, *, payload_kg: float, wind_enu_m_s: tuple[float, float]
) -> float:
    """Energy to climb or descend on the spot, against the wind [J]."""
    speed_m_s = profile.climb_speed_m_s if rise_m >= 0 else -profile.descent_speed_m_s
    air_speed_m_s = math.hypot(*wind_enu_m_s, speed_m_s)
    watts = power_w(profile, Regime.ROTOR, payload_kg=payload_kg, air_speed_m_s=air_speed_m_s, climb_m_s=speed_m_s)
    return watts * vertical_duration_s(profile, rise_m)


def hover_energy_j(
    profile: DroneProfile, duration_s: float, *, payload_kg: float, wind_enu_m_s: tuple[float, float]
) -> float:
    """Energy to stand over a place against the wind [J]."""
    air_speed_m_s = math.hypot(*wind_enu_m_s)
    return power_w(profile, Regime.ROTOR, payload_kg=payload_kg, air_speed_m_s=air_speed_m_s) * duration_s
