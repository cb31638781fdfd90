"""Plane geometry for the independent check alone: projection, distances, Bézier halving. Only numpy, nothing of ours.

It repeats on purpose what the planner has from elsewhere, so that one mistake cannot hide in both. All of it works on
many pieces at once: a row of an array is a curve, a segment or an edge.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Indices = NDArray[np.int64]

_SEMI_MAJOR_M = 6_378_137.0  # WGS 84
_E2 = 6.694379990141e-3  # WGS 84, first eccentricity squared
FARTHEST_LATITUDE_DEG = 84.0
"""Beyond, the series of the plane lose millimetres; no plan is checked there."""


@dataclass(frozen=True, slots=True)
class MeridianPlane:
    """East and north by Redfearn's series of the transverse Mercator projection, its central meridian at the origin.

    Source: Redfearn, Empire Survey Review 69 (1948); as in the Geocentric Datum of Australia technical manual 2.4,
    section 5. It meets the planner's Krüger series to 0.1 mm within 100 km (tests/planning/test_check_geometry.py).
    """

    latitude_deg: float
    longitude_deg: float

    def project(self, positions_deg: Array) -> Array:
        """(n, 2) longitude, latitude to (n, 2) east, north [m]."""
        phi = np.radians(positions_deg[:, 1])
        omega = np.radians((positions_deg[:, 0] - self.longitude_deg + 180.0) % 360.0 - 180.0)
        sine, cosine = np.sin(phi), np.cos(phi)
        nu = _SEMI_MAJOR_M / np.sqrt(1 - _E2 * sine**2)
        psi = (1 - _E2 * sine**2) / (1 - _E2)
        t2, w2 = np.tan(phi) ** 2, (omega * cosine) ** 2
        east = nu * omega * cosine * (1 + w2 / 6 * (psi - t2) + w2**2 / 120 * _east_4(psi, t2) + w2**3 / 5040 * (
            61 - 479 * t2 + 179 * t2**2 - t2**3))  # fmt: skip
        lift = 1 + w2 / 12 * (4 * psi**2 + psi - t2) + w2**2 / 360 * _north_4(psi, t2) + w2**3 / 20160 * (
            1385 - 3111 * t2 + 543 * t2**2 - t2**3)  # fmt: skip
        north = _meridian_m(phi) - _meridian_m(np.radians(np.array([self.latitude_deg])))
        return np.stack([east, north + nu * sine * cosine * omega**2 / 2 * lift], axis=1)


def _east_4(psi: Array, t2: Array) -> Array:
    return np.asarray(4 * psi**3 * (1 - 6 * t2) + psi**2 * (1 + 8 * t2) - 2 * psi * t2 + t2**2)


def _north_4(psi: Array, t2: Array) -> Array:
    return np.asarray(
        8 * psi**4 * (11 - 24 * t2) - 28 * psi**3 * (1 - 6 * t2) + psi**2 * (1 - 32 * t2) - 2 * psi * t2 + t2**2
    )


def _meridian_m(phi: Array) -> Array:
    """Arc of the meridian from the equator [m]."""
    e4, e6 = _E2**2, _E2**3
    series = (
        (1 - _E2 / 4 - 3 * e4 / 64 - 5 * e6 / 256) * phi
        - 3 / 8 * (_E2 + e4 / 4 + 15 * e6 / 128) * np.sin(2 * phi)
        + 15 / 256 * (e4 + 3 * e6 / 4) * np.sin(4 * phi)
        - 35 * e6 / 3072 * np.sin(6 * phi)
    )
    return np.asarray(_SEMI_MAJOR_M * series)


def halves(curves: Array) -> tuple[Array, Array]:
    """Bézier curves (n, degree + 1, 2) as two each (de Casteljau)."""
    left, right = _halving(curves.shape[1] - 1)
    return left @ curves, right @ curves


@lru_cache(maxsize=16)
def _halving(degree: int) -> tuple[Array, Array]:
    """De Casteljau's construction in the middle, as weights of the control points."""
    left, right, level = [], [], np.eye(degree + 1)
    while len(level):
        left.append(level[0])
        right.append(level[-1])
        level = (level[:-1] + level[1:]) / 2
    return np.array(left), np.array(right[::-1])


def derivatives(curves: Array, durations_s: Array) -> Array:
    """Control points (n, degree, 2) of the time derivatives of Bézier curves (n, degree + 1, 2)."""
    return np.asarray(np.diff(curves, axis=1) * ((curves.shape[1] - 1) / durations_s)[:, None, None])


def at_middles(curves: Array, count: int) -> Array:
    """Points (n, count, 2) of Bézier curves in the middle of equal shares of their duration (de Casteljau)."""
    shares = ((np.arange(count) + 0.5) / count)[None, :, None, None]
    level = np.broadcast_to(curves[:, None], (len(curves), count, *curves.shape[1:]))
    while level.shape[2] > 1:
        level = level[:, :, :-1] * (1 - shares) + level[:, :, 1:] * shares
    return np.asarray(level[:, :, 0])


def bends_m(curves: Array) -> Array:
    """Farthest control point of each curve from its chord (n,)."""
    return np.asarray(np.max(to_segments_m(curves, curves[:, :1], curves[:, -1:]), axis=1))


def between_segments_m(start: Array, end: Array, first: Array, second: Array) -> Array:
    """Distance of segments from segments, row by row; 0 where they cross."""
    gaps = np.minimum(
        np.minimum(to_segments_m(start, first, second), to_segments_m(end, first, second)),
        np.minimum(to_segments_m(first, start, end), to_segments_m(second, start, end)),
    )
    return np.where(_cross_over(start, end, first, second), 0.0, gaps)


def to_segments_m(points: Array, start: Array, end: Array) -> Array:
    """Distance of points from segments, by broadcasting."""
    along = end - start
    squared = np.maximum(np.sum(along * along, axis=-1), 1e-30)
    share = np.clip(np.sum((points - start) * along, axis=-1) / squared, 0.0, 1.0)
    gap = points - (start + share[..., None] * along)
    return np.asarray(np.hypot(gap[..., 0], gap[..., 1]))


def crossings(point: Array, edges: Array) -> NDArray[np.bool_]:
    """Which edges (n, 2, 2) a ray to the east of a point crosses; inside are odd numbers of them (even-odd rule)."""
    y0, y1 = edges[:, 0, 1], edges[:, 1, 1]
    spans = (y0 > point[1]) != (y1 > point[1])
    with np.errstate(divide="ignore", invalid="ignore"):
        east = edges[:, 0, 0] + (point[1] - y0) / (y1 - y0) * (edges[:, 1, 0] - edges[:, 0, 0])
    return np.asarray(spans & (east > point[0]))


def point(position_deg: tuple[float, float], plane: MeridianPlane) -> Array:
    """One longitude and latitude in the plane (2,) [m]."""
    return np.asarray(plane.project(np.array([position_deg]))[0])


def _cross_over(start: Array, end: Array, first: Array, second: Array) -> NDArray[np.bool_]:
    along, step = end - start, second - first
    sides = _cross(along, first - start) * _cross(along, second - start)
    others = _cross(step, start - first) * _cross(step, end - first)
    return np.asarray((sides < 0) & (others < 0))


def _cross(first: Array, second: Array) -> Array:
    return np.asarray(first[..., 0] * second[..., 1] - first[..., 1] * second[..., 0])


def finite_pairs(raw: object, where: str) -> Array:
    """(n, 2) from lists of two or three finite numbers; raises ValueError."""
    if not isinstance(raw, list | tuple):
        raise ValueError(f"{where} is a {type(raw).__name__}, not positions")
    for item in raw:
        if not isinstance(item, list | tuple) or len(item) not in {2, 3} or not all(map(_is_finite, item)):
            raise ValueError(f"{where} holds {item!r}, not two finite numbers")
    return np.array([item[:2] for item in raw], dtype=float).reshape(-1, 2)


def _is_finite(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
