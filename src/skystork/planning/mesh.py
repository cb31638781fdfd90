"""Free space cut into triangles whose corners are those of the space alone (constrained Delaunay).

Triangles that share an edge are neighbours; two that touch in a point are not: nothing flies through a point. Places
are found by a grid. Which triangles hang together is known beforehand, so "no way" is proven before any search.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

Array = NDArray[np.float64]
Index = NDArray[np.int64]

_STRAIGHT_RAD = 1e-9


@dataclass(frozen=True, slots=True)
class Mesh:
    """Triangles, their neighbours, and where they lie."""

    corners_m: Array
    """(n, 2) [m]."""
    triangles: Index
    """(m, 3) corner numbers, counter-clockwise."""
    neighbours: Index
    """(m, 3) beyond the edge from corner i to i + 1; -1 beyond a wall."""
    reflex: NDArray[np.bool_]
    """(n,) where free space turns by more than 180 degrees, so that a shortest path can bend."""
    parts: Index
    """(m,) number of the connected part."""
    grid: Grid


@dataclass(frozen=True, slots=True)
class Grid:
    """Square cells, each with the numbers of the things whose box meets it."""

    origin_m: Array
    """(2,) lower left corner [m]."""
    step_m: float
    columns: int
    rows: int
    starts: Index
    """(cells + 1,) where a cell begins in ``members``."""
    members: Index


def mesh_of(free: BaseGeometry) -> Mesh:
    """The triangles of a Polygon or MultiPolygon."""
    pieces = [shapely.constrained_delaunay_triangles(part) for part in shapely.get_parts(free) if not part.is_empty]
    triangles = shapely.get_parts(np.array(pieces)) if pieces else np.empty(0)
    points = shapely.get_coordinates(triangles).reshape(-1, 4, 2)[:, :3]
    twice = _cross(points[:, 1] - points[:, 0], points[:, 2] - points[:, 0])
    points = points[twice != 0]
    points[twice[twice != 0] < 0] = points[twice[twice != 0] < 0][:, ::-1]
    corners, numbers = _numbered(points.reshape(-1, 2))
    cells = numbers.reshape(-1, 3)
    neighbours = _neighbours(cells, len(corners))
    grid = grid_of(points.min(axis=1), points.max(axis=1))
    return Mesh(corners, cells, neighbours, _reflex(points, cells, len(corners)), _parts(neighbours), grid)


def grid_of(low_m: Array, high_m: Array) -> Grid:
    """A grid of about one thing a cell over boxes given by their lower left and upper right corners, (n, 2) each."""
    if not len(low_m):
        return Grid(np.zeros(2), 1.0, 1, 1, np.zeros(2, dtype=np.int64), np.empty(0, dtype=np.int64))
    origin, size = low_m.min(axis=0), np.maximum(high_m.max(axis=0) - low_m.min(axis=0), 1e-6)
    step = max(math.sqrt(float(size[0] * size[1]) / len(low_m)), float(size.max()) / 2048)
    columns, rows = int(size[0] / step) + 1, int(size[1] / step) + 1
    first = np.clip(((low_m - origin) / step).astype(np.int64), 0, [columns - 1, rows - 1])
    last = np.clip(((high_m - origin) / step).astype(np.int64), 0, [columns - 1, rows - 1])
    wide, tall = (last - first + 1).T
    things = np.repeat(np.arange(len(low_m)), wide * tall)
    within = np.arange(len(things)) - np.repeat(np.cumsum(wide * tall) - wide * tall, wide * tall)
    column = first[things, 0] + within % wide[things]
    row = first[things, 1] + within // wide[things]
    order = np.argsort(row * columns + column, kind="stable")
    counts = np.bincount(row * columns + column, minlength=columns * rows)
    return Grid(origin, step, columns, rows, np.concatenate([[0], np.cumsum(counts)]), things[order])


def _numbered(points: Array) -> tuple[Array, Index]:
    """Each place once, and which of them every point is."""
    unique, numbers = np.unique(points[:, 0] + 1j * points[:, 1], return_inverse=True)
    return np.stack([unique.real, unique.imag], axis=1), np.asarray(numbers, dtype=np.int64)


def _neighbours(cells: Index, corners: int) -> Index:
    """Who shares each edge: the same pair of corners the other way round."""
    first, second = cells, np.roll(cells, -1, axis=1)
    keys = (np.minimum(first, second) * corners + np.maximum(first, second)).ravel()
    order = np.argsort(keys, kind="stable")
    same = np.flatnonzero(keys[order][:-1] == keys[order][1:])
    result = np.full(keys.shape, -1, dtype=np.int64)
    result[order[same]], result[order[same + 1]] = order[same + 1] // 3, order[same] // 3
    return result.reshape(-1, 3)


def _reflex(points: Array, cells: Index, corners: int) -> NDArray[np.bool_]:
    """Inner corners see 360 degrees and need no turn: what counts is an edge of the space with more than 180."""
    along, back = np.roll(points, -1, axis=1) - points, np.roll(points, 1, axis=1) - points
    angles = np.arctan2(_cross(along, back), np.sum(along * back, axis=2))
    total = np.bincount(cells.ravel(), weights=angles.ravel(), minlength=corners)
    return np.asarray(total > math.pi + _STRAIGHT_RAD)


def _parts(neighbours: Index) -> Index:
    """Connected parts, each named by its lowest triangle: names flow to neighbours until none changes."""
    names = np.arange(len(neighbours))
    padded = np.concatenate([neighbours, np.full((1, 3), -1)])
    beside = np.where(padded[:-1] >= 0, padded[:-1], names[:, None])
    while True:
        lowest = np.minimum(names, names[beside].min(axis=1)) if len(names) else names
        lowest = lowest[lowest]  # and at once to the name of that name
        if np.array_equal(lowest, names):
            return names
        names = lowest


def _cross(first: Array, second: Array) -> Array:
    result: Array = first[..., 0] * second[..., 1] - first[..., 1] * second[..., 0]
    return result
