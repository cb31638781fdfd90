"""What a curve costs at most, proven for every instant, and what is wanted of it.

Power is convex and does not fall with air speed: P(v) = c0 + c1 v + c3 v³. The control points of the velocity hold it
in their hull, so that by Jensen's inequality the mean of the power at the control points is never below the mean power
of the piece. Cut in parts, the bound comes close. Where a part may be flown on rotors or on the wing, the dearer
counts.

Source: Farin, Curves and Surfaces for CAGD, 5th edition (2002), chapter 5, for the hull and for cutting a piece.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from skystork.fleet.energy import Regime, power_w
from skystork.fleet.profile import Airframe, DroneProfile
from skystork.planning.bezier import segment_points
from skystork.planning.flight_plan import BezierSegment
from skystork.planning.leg_energy import TRANSITION_FRACTION

Array = NDArray[np.float64]

_PARTS = 16


class EnergyBudgetError(ValueError):
    """No flight along the path was found that keeps the energy allowed."""


@dataclass(frozen=True, slots=True)
class PowerCurve:
    """Power in level flight as polynomials of air speed: constant [W], linear [W/(m/s)], cubic [W/(m/s)³]."""

    rotor_w: tuple[float, float, float]
    wing_w: tuple[float, float, float]
    """The same as ``rotor_w`` without a wing."""
    wing_from_m_s: float
    """Air speed from which the wing carries; infinite without one."""

    def watts(self, air_speed_m_s: float) -> float:
        """Power at an air speed [W]."""
        constant, linear, cubic = self.wing_w if air_speed_m_s >= self.wing_from_m_s else self.rotor_w
        return constant + linear * air_speed_m_s + cubic * air_speed_m_s**3


@dataclass(frozen=True, slots=True)
class EnergyTerms:
    """What energy is worth, and how much may be used.

    Raises
    ------
    ValueError
        If the weight is negative or no number, or the budget is not positive.
    """

    power: PowerCurve
    weight_s_per_j: float = 0.0
    """Seconds of flight time that are given for a joule [s/J]."""
    budget_j: float = math.inf

    def __post_init__(self) -> None:
        if not 0 <= self.weight_s_per_j < math.inf:
            raise ValueError(f"weight of energy is {self.weight_s_per_j} s/J, must be a number from 0")
        if not self.budget_j > 0:
            raise ValueError(f"energy budget is {self.budget_j} J, must be above 0")

    def cost_s(self, duration_s: float, energy_j: float) -> float:
        """What is minimised: time, and energy at its weight [s]."""
        return duration_s + self.weight_s_per_j * energy_j


def power_curve(profile: DroneProfile, *, payload_kg: float) -> PowerCurve:
    """The power model of a profile, with a parcel of ``payload_kg``, in level flight."""
    cubic = profile.power.drag_w_per_m_s_3
    rotor = (power_w(profile, Regime.ROTOR, payload_kg=payload_kg), 0.0, cubic)
    if profile.airframe is not Airframe.LIFT_AND_CRUISE:
        return PowerCurve(rotor, rotor, math.inf)
    constant = power_w(profile, Regime.CRUISE, payload_kg=payload_kg)
    linear = power_w(profile, Regime.CRUISE, payload_kg=payload_kg, air_speed_m_s=1.0) - constant - cubic
    return PowerCurve(rotor, (constant, linear, cubic), TRANSITION_FRACTION * profile.cruise_air_speed_m_s)


def energy_bound_j(segments: tuple[BezierSegment, ...], power: PowerCurve, wind_enu_m_s: tuple[float, float]) -> float:
    """Energy that the curve, flown as timed at one level, does not exceed [J]."""
    points = np.array([segment_points(segment) for segment in segments])
    durations = np.array([segment.duration_s for segment in segments])
    velocity = 5 * np.diff(points, axis=1) / durations[:, None, None] - np.array(wind_enu_m_s)
    parts = np.einsum("pkj,njx->npkx", _CUTS, velocity)
    speeds = np.hypot(parts[..., 0], parts[..., 1])
    rotor, wing = (c[0] + c[1] * speeds + c[2] * speeds**3 for c in (power.rotor_w, power.wing_w))
    mean = parts.mean(axis=2, keepdims=True)
    along = (parts * mean).sum(axis=3) / np.maximum(np.hypot(mean[..., 0], mean[..., 1]), 1e-12)
    fast = (along.min(axis=2) >= power.wing_from_m_s)[..., None]
    slow = (speeds.max(axis=2) < power.wing_from_m_s)[..., None]
    watts = np.where(fast, wing, np.where(slow, rotor, np.maximum(rotor, wing)))
    return float((watts.mean(axis=(1, 2)) * durations).sum())


def _cuts() -> Array:
    """Control points of equal parts of a piece of degree 4 from its own (parts, 5, 5)."""
    nodes, exponents = np.linspace(0, 1, 5), np.arange(5)
    begins = np.arange(_PARTS)[:, None] / _PARTS

    def basis(shares: Array) -> Array:
        rising = shares[..., None] ** exponents * (1 - shares[..., None]) ** (4 - exponents)
        return np.asarray(np.array([1.0, 4.0, 6.0, 4.0, 1.0]) * rising)

    return np.asarray(np.linalg.inv(basis(nodes)) @ basis(begins + nodes / _PARTS))


_CUTS = _cuts()
