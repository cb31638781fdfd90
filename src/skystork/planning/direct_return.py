"""The straight way out of a leg, proven clear from every point of it at once.

PX4 with RTL_TYPE 0 climbs to RTL_RETURN_ALT where it is, flies straight to the nearest of home and the rally points,
and comes down. All segments from the points of a Bézier piece to a safe point lie in the convex hull of the piece's
control points and that point. Where the hull keeps the margin from everything closed, every way is clear; where it
does not, the piece is halved, until it is short enough to say that its way is blocked.
Source: PX4 v1.17, src/modules/navigator/rtl.cpp (findClosestSafePoint, MIN_DIST_THRESHOLD).
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import MultiPoint, Point, Polygon, STRtree
from shapely.geometry.base import BaseGeometry

from skystork.planning.bezier import segment_points
from skystork.planning.flight_plan import BezierSegment, Place

Array = NDArray[np.float64]

CLEARLY_NEARER_M = 2.0
"""A rally point must be nearer than home by this [m] (rtl.cpp MIN_DIST_THRESHOLD), and positions have errors of it."""
SHORTEST_M = 1.0
"""A piece of this length whose hull is not clear is told as blocked [m]."""
TOUCH_M = 0.04
"""A way from a curve that touches its corridor's wall may cut the margin by this [m]: the sagitta of a short piece."""
MOST_RALLY_POINTS = 3
"""Chosen at once; every one more multiplies the sets to try."""


@dataclass(frozen=True, slots=True)
class StraightWay:
    """From a part of a leg to one safe point."""

    from_s: float
    to_s: float
    safe_point: int
    swept: Polygon


@dataclass(frozen=True, slots=True)
class Blocked:
    """A straight way that is not clear."""

    at_s: float
    safe_point: int
    closed: int
    """Index of what is in the way."""
    gap_m: float


class Walls:
    """What is closed at the height of the way, indexed.

    Parameters
    ----------
    closed
        Outlines [m].
    margin_m
        Kept from each.
    """

    def __init__(self, closed: Sequence[Polygon], margin_m: float) -> None:
        self._closed, self._margin_m = list(closed), margin_m - TOUCH_M
        self._tree = STRtree(self._closed)

    def first_near(self, hull: BaseGeometry) -> tuple[int, float] | None:
        """Something nearer than the margin, and how near; None where all is clear."""
        if not self._closed:
            return None
        found = self._tree.query(hull, predicate="dwithin", distance=self._margin_m)
        gaps = [(float(self._closed[index].distance(hull)), int(index)) for index in np.atleast_1d(found)]
        if not gaps:
            return None
        gap_m, index = min(gaps)
        return index, gap_m

    def nearest_to(self, lines: NDArray[np.object_]) -> tuple[int, float]:
        """What is nearest to any of some lines, and how near; 0 where one goes through it."""
        (_, found), gaps = self._tree.query_nearest(lines, return_distance=True, all_matches=False)
        least = int(gaps.argmin())
        return int(found[least]), float(gaps[least])


def straight_ways(
    segments: Sequence[BezierSegment], safe_points: Sequence[Place], walls: Walls
) -> list[StraightWay] | Blocked:
    """Ways from every point of a leg to every safe point that may be the nearest there, or one that is blocked."""
    found: list[StraightWay] = []
    began_s = 0.0
    for segment in segments:
        pending = [(segment_points(segment), began_s, began_s + segment.duration_s)]
        began_s += segment.duration_s
        while pending:
            points, from_s, to_s = pending.pop()
            ways, blocked = _of_piece(points, (from_s, to_s), safe_points, walls)
            if blocked is None:
                found += ways
            elif float(np.ptp(points, axis=0).max()) <= SHORTEST_M:
                return blocked
            else:
                middle_s = (from_s + to_s) / 2
                first, second = _halves(points)
                pending += [(second, middle_s, to_s), (first, from_s, middle_s)]
    return found


def choose_safe_points(
    segments: Sequence[Sequence[BezierSegment]], pad: Place, others: Sequence[Place], walls: Walls
) -> tuple[tuple[int, ...], list[list[StraightWay]]] | Blocked:
    """The smallest set of safe points with which every way is clear: which of the others, and the ways of each leg.

    The pad is home, and always among them. What blocks it alone is told where no set helps.
    """
    first_blocked: Blocked | None = None
    for count in range(min(len(others), MOST_RALLY_POINTS) + 1):
        for chosen in itertools.combinations(range(len(others)), count):
            places = [pad, *(others[index] for index in chosen)]
            ways: list[list[StraightWay]] = []
            for leg in segments:
                found = straight_ways(leg, places, walls)
                if isinstance(found, Blocked):
                    first_blocked = first_blocked or found
                    break
                ways.append(found)
            else:
                return chosen, ways
    assert first_blocked is not None, "the set of the pad alone was tried"
    return _at_its_worst(first_blocked, segments, pad, walls)


def _at_its_worst(blocked: Blocked, segments: Sequence[Sequence[BezierSegment]], pad: Place, walls: Walls) -> Blocked:
    """The same, with what the ways from all control points to the pad come nearest to, or go through."""
    places = [point for leg in segments for segment in leg for point in segment.control_points_enu_m]
    closed, gap_m = walls.nearest_to(shapely.linestrings([[each, pad] for each in places]))
    return blocked if gap_m > blocked.gap_m else replace(blocked, closed=closed, gap_m=gap_m)


def _of_piece(
    points: Array, span_s: tuple[float, float], safe_points: Sequence[Place], walls: Walls
) -> tuple[list[StraightWay], Blocked | None]:
    ways = []
    for index in _nearest(points, safe_points):
        swept = MultiPoint([*map(tuple, points), safe_points[index]]).convex_hull
        near = walls.first_near(swept)
        if near is not None:
            return [], Blocked(span_s[0], index, *near)
        ways.append(StraightWay(*span_s, index, _as_polygon(swept)))
    return ways, None


def _nearest(points: Array, safe_points: Sequence[Place]) -> list[int]:
    """Safe points that may be the nearest from some point of the piece."""
    hull = MultiPoint(points).convex_hull
    least = [float(hull.distance(Point(place))) for place in safe_points]
    most = [float(np.hypot(*(points - np.array(place)).T).max()) for place in safe_points]
    limit_m = min(most) + CLEARLY_NEARER_M
    return [index for index, near_m in enumerate(least) if near_m <= limit_m]


def _as_polygon(hull: BaseGeometry) -> Polygon:
    """A hull that is a line or a point, a hair wide."""
    return hull if isinstance(hull, Polygon) else shapely.buffer(hull, 0.01, quad_segs=1)


def _halves(points: Array) -> tuple[Array, Array]:
    """A Bézier piece as two (de Casteljau)."""
    left, right, level = [points[0]], [points[-1]], points
    while len(level) > 1:
        level = (level[:-1] + level[1:]) / 2
        left.append(level[0])
        right.append(level[-1])
    return np.array(left), np.array(right[::-1])
