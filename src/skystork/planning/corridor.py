"""A corridor of convex polygons about a path: the largest half-plane cuts that the nearest walls leave.

About each leg of the path a box is cut by one line after the other: the nearest wall edge still inside decides the
next line, which has the whole leg on one side and that edge on the other. The loop ends when no wall is left inside,
so each polygon is convex, holds its leg, meets no wall, and is wholly free. Neighbours share the corner of the path.

Source: Deits and Tedrake, Computing large convex regions of obstacle-free space (WAFR 2014), with the leg in the place
of the ellipse.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from skystork.planning.flight_plan import Corridor

Array = NDArray[np.float64]
Position = tuple[float, float]

_CLEAR_M = 1e-9


class NoCorridorError(ValueError):
    """A leg of the path touches a wall, so no polygon about it has an inside."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One convex polygon: all points with ``normals @ point <= offsets_m``."""

    normals: Array
    """(n, 2), unit length, outward."""
    offsets_m: Array
    """(n,) [m]."""
    corners_m: Array
    """(n, 2), counter-clockwise [m]."""


def lay_corridor(path: tuple[Position, ...], walls_m: Array, reach_m: float) -> tuple[Cell, ...]:
    """One cell for each leg of the path.

    Parameters
    ----------
    walls_m
        Edges of the free space, (n, 2 ends, 2) [m]; the path touches none.
    reach_m
        How far a cell goes beyond its leg where no wall is near [m].

    Raises
    ------
    NoCorridorError
        If a leg touches a wall.
    """
    ends = np.array(path)
    return tuple(_cell(ends[index], ends[index + 1], walls_m, reach_m) for index in range(len(ends) - 1))


def as_corridor(cells: tuple[Cell, ...], path: tuple[Position, ...]) -> Corridor:
    """The corridor as plain numbers, for the plan."""
    polygons = tuple(tuple((float(x), float(y)) for x, y in cell.corners_m) for cell in cells)
    return Corridor(polygons, path)


def _cell(start: Array, end: Array, walls_m: Array, reach_m: float) -> Cell:
    low, high = np.minimum(start, end) - reach_m, np.maximum(start, end) + reach_m
    corners = np.array([[low[0], low[1]], [high[0], low[1]], [high[0], high[1]], [low[0], high[1]]])
    near = np.all((walls_m.max(axis=1) > low) & (walls_m.min(axis=1) < high), axis=1)
    walls = walls_m[near]
    for normal, offset in _lines_of(corners):
        walls = _inside(walls, normal, offset)
    while len(walls):
        normal, offset = _separating_line(start, end, walls)
        corners = _cut(corners, normal, offset)
        walls = _inside(walls, normal, offset)
    lines = list(_lines_of(corners))
    return Cell(np.array([normal for normal, _ in lines]), np.array([offset for _, offset in lines]), corners)


def _separating_line(start: Array, end: Array, walls: Array) -> tuple[Array, float]:
    """The line between the leg and its nearest wall: along the wall where that works, else square to the gap."""
    on_leg, on_wall = _closest_points(start, end, walls)
    gaps = np.hypot(*(on_wall - on_leg).T)
    nearest = int(np.argmin(gaps))
    gap_m = float(gaps[nearest])
    if gap_m <= _CLEAR_M:
        raise NoCorridorError(f"the leg from {start} to {end} touches a wall at {on_wall[nearest]}")
    normal = (on_wall[nearest] - on_leg[nearest]) / gap_m
    along = walls[nearest, 1] - walls[nearest, 0]
    length_m = float(np.hypot(*along))
    if length_m > _CLEAR_M:
        square = np.array([-along[1], along[0]]) / length_m
        square = square if float(square @ normal) > 0 else -square
        offset = float(square @ on_wall[nearest])
        if max(float(square @ start), float(square @ end)) <= offset - gap_m / 2:
            return square, offset
    return normal, float(normal @ on_wall[nearest])


def _closest_points(start: Array, end: Array, walls: Array) -> tuple[Array, Array]:
    """Nearest pair between one segment and each of many that do not cross it: one of the four ends is in it."""
    pairs = [
        (np.broadcast_to(point, walls[:, 0].shape), _foot(point, walls[:, 0], walls[:, 1])) for point in (start, end)
    ]
    pairs += [(_foot(walls[:, side], start, end), walls[:, side]) for side in (0, 1)]
    on_leg, on_wall = np.stack([pair[0] for pair in pairs]), np.stack([pair[1] for pair in pairs])
    best = np.argmin(np.hypot(*np.moveaxis(on_wall - on_leg, -1, 0)), axis=0)
    rows = np.arange(len(walls))
    return on_leg[best, rows], on_wall[best, rows]


def _foot(points: Array, start: Array, end: Array) -> Array:
    """Point of the segment nearest to each point, broadcast over rows."""
    along = end - start
    squared = np.maximum(np.sum(along * along, axis=-1), 1e-300)
    share = np.clip(np.sum((points - start) * along, axis=-1) / squared, 0.0, 1.0)
    return np.asarray(start + share[..., None] * along)


def _inside(walls: Array, normal: Array, offset: float) -> Array:
    """The parts of wall edges strictly inside a half-plane."""
    heights = walls @ normal - offset
    kept = np.min(heights, axis=1) < -_CLEAR_M
    walls, heights = walls[kept], heights[kept]
    crosses = np.max(heights, axis=1) > 0
    outer = np.argmax(heights, axis=1)
    rows = np.flatnonzero(crosses)
    high, low = heights[rows, outer[rows]], heights[rows, 1 - outer[rows]]
    share = (high / (high - low))[:, None]
    clipped = walls.copy()
    clipped[rows, outer[rows]] = walls[rows, outer[rows]] * (1 - share) + walls[rows, 1 - outer[rows]] * share
    return clipped


def _cut(corners: Array, normal: Array, offset: float) -> Array:
    """A convex polygon less the far side of a line (Sutherland and Hodgman, 1974)."""
    heights = corners @ normal - offset
    kept: list[Array] = []
    for index in range(len(corners)):
        after = (index + 1) % len(corners)
        if heights[index] <= 0:
            kept.append(corners[index])
        if (heights[index] < -_CLEAR_M) != (heights[after] < -_CLEAR_M) and heights[index] * heights[after] < 0:
            share = heights[index] / (heights[index] - heights[after])
            kept.append(corners[index] + share * (corners[after] - corners[index]))
    return np.array(kept)


def _lines_of(corners: Array) -> list[tuple[Array, float]]:
    """Outward unit normal and offset of each side of a counter-clockwise polygon; sides of no length are left out."""
    lines = []
    for index in range(len(corners)):
        along = corners[(index + 1) % len(corners)] - corners[index]
        length = float(np.hypot(*along))
        if length > 1e-6:
            normal = np.array([along[1], -along[0]]) / length
            lines.append((normal, float(normal @ corners[index])))
    return lines
