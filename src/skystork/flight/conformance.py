"""How far the aircraft is from where its plan lies: across the path and in height.

Limits after ASTM F3548-21: conforming 95 % of the time (OiMinConformancePercent), an excursion at most 10 s
(OiMaxDurationPerExcursion). The volume's half-width is ours. A wing that is held cannot stand still: it circles, and
until it is back on its path it is allowed the room of that circle.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from skystork.fleet.vehicle import VehicleState
from skystork.frames import LocalFrame
from skystork.planning.bezier_path import FLATTENING_M, flatten
from skystork.planning.fence_outline import FENCE_HALF_WIDTH_M, fence_half_width_m
from skystork.planning.flight_plan import FlightPlan, LegName

CROSS_TRACK_LIMIT_M = 40.0
"""Half-width of the conformance volume: position error, a turn's overshoot at 30 m/s, a gust; a third of the margin
the planner keeps from closed zones with the same aircraft."""
EXCURSION_S = 10.0
"""ASTM F3548-21, OiMaxDurationPerExcursion."""
BACK_ON_PATH_S = 60.0
"""From the end of a hold until a wing is on its path again: half a circle and as far back, at 15 m/s or faster."""


@dataclass(frozen=True, slots=True)
class Deviation:
    """Distance from the plan at one instant."""

    cross_track_m: float
    """From the nearest point of the planned path over ground [m]."""
    height_m: float
    """Above the highest planned height [m]; negative below."""
    allowed_m: float = CROSS_TRACK_LIMIT_M
    """Across, now [m]."""


class Conformance:
    """Compares states of one flight with its plan."""

    def __init__(self, plan: FlightPlan, frame: LocalFrame) -> None:
        paths = [flatten(plan.leg(name).segments, FLATTENING_M) for name in (LegName.OUTBOUND, LegName.INBOUND)]
        points = [*paths[0], *paths[1]]
        self._frame = frame
        self._starts: NDArray[np.float64] = np.asarray([a for a, _ in pairwise(points)] or [points[0]], dtype=float)
        ends = np.asarray([b for _, b in pairwise(points)] or [points[0]], dtype=float)
        self._steps = ends - self._starts
        self._squares = np.maximum((self._steps**2).sum(axis=1), 1e-9)
        self._ceiling_m = max(point.height_home_m for point in plan.track)
        self._circling_m = fence_half_width_m(plan.request.profile) - (FENCE_HALF_WIDTH_M - CROSS_TRACK_LIMIT_M)
        self._circles_until_s = -math.inf

    def deviation(self, vehicle: VehicleState, *, held: bool = False) -> Deviation | None:
        """None while the vehicle has not told where it is."""
        if vehicle.position is None or vehicle.height_home_m is None:
            return None
        here = np.asarray(self._frame.to_enu_m(vehicle.position)) - self._starts
        share = np.clip((here * self._steps).sum(axis=1) / self._squares, 0.0, 1.0)
        gaps = here - share[:, None] * self._steps
        cross_track_m = math.sqrt(float(np.min((gaps**2).sum(axis=1))))
        return Deviation(
            cross_track_m, vehicle.height_home_m - self._ceiling_m, self._allowed_m(vehicle.at_s, cross_track_m, held)
        )

    def _allowed_m(self, at_s: float, cross_track_m: float, held: bool) -> float:
        if held:
            self._circles_until_s = at_s + BACK_ON_PATH_S
        elif cross_track_m <= CROSS_TRACK_LIMIT_M:
            self._circles_until_s = -math.inf
        return self._circling_m if at_s < self._circles_until_s else CROSS_TRACK_LIMIT_M
