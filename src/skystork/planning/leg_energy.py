"""Time and energy of the legs, by the power model of the fleet and the speed through the air."""

from __future__ import annotations

import math

import numpy as np

from skystork.fleet.energy import upright_power_w
from skystork.fleet.profile import DroneProfile
from skystork.planning.bezier import Array, derivative_points, evaluate, segment_points
from skystork.planning.flight_plan import BezierSegment
from skystork.planning.power_curve import PowerCurve, power_curve

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
    power = power_curve(profile, payload_kg=payload_kg)
    return sum(_piece_energy_j(power, segment, wind_enu_m_s) for segment in segments)


def _piece_energy_j(power: PowerCurve, segment: BezierSegment, wind_enu_m_s: tuple[float, float]) -> float:
    """One piece; where the wing takes over within it, power jumps, and the piece is cut fine."""
    velocity = derivative_points(segment_points(segment), segment.duration_s)
    speeds, parts = _air_speeds(velocity, 1, wind_enu_m_s), 1
    if float(np.min(speeds)) < power.wing_from_m_s * 1.1 < math.inf:
        parts = _PARTS_IN_TRANSITION
        speeds = _air_speeds(velocity, parts, wind_enu_m_s)
    return segment.duration_s / (2 * parts) * float(np.tile(_WEIGHTS, parts) @ power.at(speeds))


def _air_speeds(velocity: Array, parts: int, wind_enu_m_s: tuple[float, float]) -> Array:
    """Air speed at Gauss's points of equal parts of a piece, in order of time (8 x parts,) [m/s]."""
    shares = ((np.arange(parts)[:, None] + (np.asarray(_NODES) + 1) / 2) / parts).ravel()
    ground = evaluate(velocity, shares)
    return np.asarray(np.hypot(ground[:, 0] - wind_enu_m_s[0], ground[:, 1] - wind_enu_m_s[1]))


def vertical_duration_s(profile: DroneProfile, rise_m: float) -> float:
    """Time to climb, or with a negative rise to descend [s]."""
    return rise_m / profile.climb_speed_m_s if rise_m >= 0 else -rise_m / profile.descent_speed_m_s


def vertical_energy_j(
    profile: DroneProfile, rise_m: float, *, payload_kg: float, wind_enu_m_s: tuple[float, float]
) -> float:
    """Energy to climb or descend on the spot, against the wind [J]."""
    speed_m_s = profile.climb_speed_m_s if rise_m >= 0 else -profile.descent_speed_m_s
    wind_m_s = math.hypot(*wind_enu_m_s)
    watts = upright_power_w(profile, payload_kg=payload_kg, air_speed_m_s=wind_m_s, climb_m_s=speed_m_s)
    return watts * vertical_duration_s(profile, rise_m)


def hover_energy_j(
    profile: DroneProfile, duration_s: float, *, payload_kg: float, wind_enu_m_s: tuple[float, float]
) -> float:
    """Energy to stand over a place against the wind [J]."""
    air_speed_m_s = math.hypot(*wind_enu_m_s)
    return upright_power_w(profile, payload_kg=payload_kg, air_speed_m_s=air_speed_m_s) * duration_s
