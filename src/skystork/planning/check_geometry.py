"""Plane geometry for the independent check alone: projection, distances, Bézier halving. Only numpy, nothing of ours.

It repeats on purpose what the planner has from elsewhere, so that one mistake cannot hide in both.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_SEMI_MAJOR_M = 6_378_137.0  # WGS 84
_ECCENTRICITY_SQUARED = 6.694379990141e-3  # WGS 84
DECIDED_M = 1e-3
"""A piece this flat is not halved again; its distance less this is what counts [m]."""


@dataclass(frozen=True, slots=True)
class TangentPlane:
    """East and north on the plane touching the ellipsoid; 2 cm short at 16 km, 0.3 m at 40 km."""

    latitude_deg: float
    longitude_deg: float

    def project(self, positions_deg: Array) -> Array:
        """(n, 2) longitude, latitude to (n, 2) east, north [m]."""
        difference = _earth_centred(positions_deg) - _earth_centred(np.array([[self.longitude_deg, self.latitude_deg]]))
        lat, lon = math.radians(self.latitude_deg), math.radians(self.longitude_deg)
        east = np.array([-math.sin(lon), math.cos(lon), 0.0])
        north = np.array([-math.sin(lat) * math.cos(lon), -math.sin(lat) * math.sin(lon), math.cos(lat)])
        return np.stack([difference @ east, difference @ north], axis=1)


def halves(points: Array) -> tuple[Array, Array]:
    """A Bézier piece as two (de Casteljau)."""
    left, right, level = [points[0]], [points[-1]], points
    while len(level) > 1:
        level = (level[:-1] + level[1:]) / 2
        left.append(level[0])
        right.append(level[-1])
    return np.array(left), np.array(right[::-1])


def distance_to_polygon_m(start: Array, end: Array, edges: Array) -> float:
    """Distance of a segment from a filled polygon given by the edges of all its rings (n, 2, 2); 0 inside [m]."""
    if is_inside(start, edges) or _crosses_any(start, end, edges):
        return 0.0
    first, second = edges[:, 0], edges[:, 1]
    candidates = [_to_segments(start, first, second), _to_segments(end, first, second)]
    for corner in (first, second):
        candidates.append(_to_segments(corner, start, end))
    return float(min(np.min(values) for values in candidates))


def distance_to_point_m(start: Array, end: Array, point: Array) -> float:
    """Distance of a segment from a point [m]."""
    return float(_to_segments(point[None], start, end)[0])


def deviation_m(points: Array) -> float:
    """Farthest control point from the chord of a piece [m]."""
    return float(np.max(_to_segments(points, points[0], points[-1])))


def is_inside(point: Array, edges: Array) -> bool:
    """Even-odd rule over all rings, so that holes are outside."""
    y0, y1 = edges[:, 0, 1], edges[:, 1, 1]
    spans = (y0 > point[1]) != (y1 > point[1])
    rows = edges[spans]
    share = (point[1] - rows[:, 0, 1]) / (rows[:, 1, 1] - rows[:, 0, 1])
    crossing = rows[:, 0, 0] + share * (rows[:, 1, 0] - rows[:, 0, 0])
    return int(np.count_nonzero(crossing > point[0])) % 2 == 1


def _crosses_any(start: Array, end: Array, edges: Array) -> bool:
    along, step = end - start, edges[:, 1] - edges[:, 0]
    side_first = _cross(along, edges[:, 0] - start)
    side_second = _cross(along, edges[:, 1] - start)
    side_start, side_end = _cross(step, start - edges[:, 0]), _cross(step, end - edges[:, 0])
    return bool(np.any((side_first * side_second <= 0) & (side_start * side_end <= 0) & (np.hypot(*along) > 0)
                       & ((side_first != 0) | (side_second != 0))))  # fmt: skip


def _to_segments(points: Array, start: Array, end: Array) -> Array:
    along = end - start
    squared = np.maximum(np.sum(along * along, axis=-1), 1e-30)
    share = np.clip(np.sum((points - start) * along, axis=-1) / squared, 0.0, 1.0)
    gap = points - (start + share[..., None] * along)
    return np.asarray(np.hypot(gap[..., 0], gap[..., 1]))


def _cross(first: Array, second: Array) -> Array:
    return np.asarray(first[..., 0] * second[..., 1] - first[..., 1] * second[..., 0])


def _earth_centred(positions_deg: Array) -> Array:
    lon, lat = np.radians(positions_deg[:, 0]), np.radians(positions_deg[:, 1])
    radius = _SEMI_MAJOR_M / np.sqrt(1 - _ECCENTRICITY_SQUARED * np.sin(lat) ** 2)
    return np.stack(
        [
            radius * np.cos(lat) * np.cos(lon),
            radius * np.cos(lat) * np.sin(lon),
            radius * (1 - _ECCENTRICITY_SQUARED) * np.sin(lat),
        ],
        axis=1,
    )
