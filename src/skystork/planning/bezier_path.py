"""A planned curve as points: where it is when, and as a polyline near enough to it."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from shapely import LineString

from skystork.planning.flight_plan import BezierSegment

FLATTENING_M = 0.5
"""A polyline leaves the planned curve by no more than this."""
SAMPLES_A_SEGMENT = 33
"""A segment turns by 90 degrees at most; between 33 samples of such a bend the chord is off by 1e-4 of its radius."""


def flatten(segments: tuple[BezierSegment, ...], tolerance_m: float) -> list[tuple[float, float]]:
    """Points on the curve whose polyline stays within the tolerance of it, both ends included [m].

    Douglas-Peucker over :data:`SAMPLES_A_SEGMENT` points of each segment.
    """
    line = LineString(bezier_points(segments)[0])
    return [(float(x), float(y)) for x, y in line.simplify(tolerance_m).coords]


def bezier_points(segments: tuple[BezierSegment, ...]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Points on the curve (n, 2) [m], and when the plan is there (n,) [s since the leg's beginning]."""
    weights = _bernstein(len(segments[0].control_points_enu_m) - 1)
    share = np.linspace(0.0, 1.0, SAMPLES_A_SEGMENT)
    points, times_s, began_s = [], [], 0.0
    for index, segment in enumerate(segments):
        first = 1 if index else 0  # the joint is there already
        points.append((weights @ np.asarray(segment.control_points_enu_m, dtype=float))[first:])
        times_s.append((began_s + share * segment.duration_s)[first:])
        began_s += segment.duration_s
    return np.vstack(points), np.concatenate(times_s)


@lru_cache(maxsize=8)
def _bernstein(degree: int) -> NDArray[np.float64]:
    """Bernstein polynomials at the sample parameters, (samples, degree + 1)."""
    parameter = np.linspace(0.0, 1.0, SAMPLES_A_SEGMENT)[:, None]
    index = np.arange(degree + 1)[None, :]
    choose = np.asarray([math.comb(degree, k) for k in range(degree + 1)], dtype=float)[None, :]
    return np.asarray(choose * parameter**index * (1 - parameter) ** (degree - index), dtype=float)
