"""Proof, for every instant, that a Bézier curve keeps its distance from the obstacles as published, and its bounds.

A piece lies in the convex hull of its control points. Where the hull is far enough from every obstacle and from the
boundary, the piece is proven; where it is not, the piece is halved by de Casteljau's rule. A piece as short as
:data:`SHORTEST_M` that is still too close is a violation. No inflated obstacle, no corridor and no code of the planner
is used. Speed, acceleration and jerk are bounded by their own control points, halved in the same way.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

Array = NDArray[np.float64]

TOUCH_M = 1e-3
SHORTEST_M = 0.02
_HALVINGS = 24


@dataclass(frozen=True)
class Certificate:
    """What was proven."""

    proven: bool
    worst_breach_m: float
    """How much nearer than the margin the curve comes, where it is not proven; 0 where it is [m]."""
    excess: float
    """By what share speed, acceleration or jerk is over its bound, at most."""


class Checker:
    """Obstacles of one scene."""

    def __init__(self, boundary: shapely.Polygon, obstacles: tuple[shapely.Polygon, ...], margin_m: float) -> None:
        walls = [*obstacles, shapely.LinearRing(boundary.exterior.coords)]
        self._tree = shapely.STRtree(walls)
        self._boundary, self._margin_m = boundary, margin_m

    def check(self, pieces: Array, durations_s: Array, limits: tuple[float, float, float]) -> Certificate:
        """Pieces (n, 6, 2) [m] and durations (n,) [s] against the scene and |v|, |a|, |j|."""
        inside = shapely.contains_xy(self._boundary, *pieces[0, 0])
        breach = self._breach_m(pieces) if inside else np.inf
        excess = self._excess(pieces, durations_s, limits)
        return Certificate(bool(breach <= 0 and excess <= 1e-6), max(breach, 0.0), excess)

    def _breach_m(self, pieces: Array) -> float:
        for _ in range(_HALVINGS):
            hulls = shapely.convex_hull(shapely.multipoints(list(pieces)))
            near, _ = self._tree.query(hulls, predicate="dwithin", distance=self._margin_m - TOUCH_M)
            pieces = pieces[np.unique(near)]
            if not len(pieces):
                return 0.0
            sizes = np.ptp(pieces, axis=1).max(axis=1)
            if sizes.max() <= SHORTEST_M:
                break
            pieces = halves(pieces)
        _, gaps = self._tree.query_nearest(shapely.linestrings(pieces), return_distance=True)
        return float(self._margin_m - gaps.min())

    @staticmethod
    def _excess(pieces: Array, durations_s: Array, limits: tuple[float, float, float]) -> float:
        times = durations_s[:, None, None]
        worst, curve = -1.0, pieces
        for limit in limits:
            curve = (curve.shape[1] - 1) * np.diff(curve, axis=1) / times
            worst = max(worst, float(np.hypot(curve[..., 0], curve[..., 1]).max()) / limit - 1.0)
        return worst


def halves(pieces: Array) -> Array:
    """Both halves of each piece."""
    left, right, row = [pieces[:, 0]], [pieces[:, -1]], pieces
    while row.shape[1] > 1:
        row = (row[:, 1:] + row[:, :-1]) / 2
        left.append(row[:, 0])
        right.append(row[:, -1])
    return np.concatenate([np.stack(left, axis=1), np.stack(right[::-1], axis=1)])
