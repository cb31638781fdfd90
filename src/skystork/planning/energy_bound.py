"""What a curve costs at most, proven for every instant, and what is wanted of it.

The control points of the velocity hold it in their hull, and so bound the air speed from both sides. Each piece is cut
in parts; over a part counts the most that any speed between its bounds takes. Power falls with air speed to its least
and rises from there, so that is at one of the bounds. Where a part may be flown on rotors or on the wing, the dearer
counts.

Source: Farin, Curves and Surfaces for CAGD, 5th edition (2002), chapter 5, for the hull and for cutting a piece.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from skystork.planning.bezier import segment_points
from skystork.planning.flight_plan import BezierSegment
from skystork.planning.power_curve import PowerCurve

Array = NDArray[np.float64]

_PARTS = 32


class EnergyBudgetError(ValueError):
    """No flight along the path was found that keeps the energy allowed."""

    def __init__(self, least_j: float, budget_j: float) -> None:
        self.least_j = least_j
        """The least that was found [J]."""
        self.budget_j = budget_j
        super().__init__(
            f"the level flight needs {least_j:.0f} J at the least found, the budget is {budget_j:.0f} J: "
            "allow more, carry less, or take a nearer place"
        )


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


def energy_bound_j(segments: tuple[BezierSegment, ...], power: PowerCurve, wind_enu_m_s: tuple[float, float]) -> float:
    """Energy that the curve, flown as timed at one level, does not exceed [J]."""
    points = np.array([segment_points(segment) for segment in segments])
    durations = np.array([segment.duration_s for segment in segments])
    velocity = 5 * np.diff(points, axis=1) / durations[:, None, None] - np.array(wind_enu_m_s)
    parts = np.einsum("pkj,njx->npkx", _CUTS, velocity)
    fastest = np.hypot(parts[..., 0], parts[..., 1]).max(axis=2)
    mean = parts.mean(axis=2, keepdims=True)
    along = (parts * mean).sum(axis=3) / np.maximum(np.hypot(mean[..., 0], mean[..., 1]), 1e-12)
    slowest = np.clip(along.min(axis=2), 0.0, fastest)
    watts = power.most_between(slowest, fastest)
    return float((watts.mean(axis=1) * durations).sum())


def _cuts() -> Array:
    """Control points of equal parts of a piece of degree 4 from its own (parts, 5, 5)."""
    nodes, exponents = np.linspace(0, 1, 5), np.arange(5)
    begins = np.arange(_PARTS)[:, None] / _PARTS

    def basis(shares: Array) -> Array:
        rising = shares[..., None] ** exponents * (1 - shares[..., None]) ** (4 - exponents)
        return np.asarray(np.array([1.0, 4.0, 6.0, 4.0, 1.0]) * rising)

    return np.asarray(np.linalg.inv(basis(nodes)) @ basis(begins + nodes / _PARTS))


_CUTS = _cuts()
