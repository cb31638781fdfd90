"""A corridor of convex polygons about a path: the largest half-plane cuts that the nearest walls leave.

About each leg of the path a box is cut by one line after the other: the nearest wall edge still inside decides the
next line, which has the whole leg on one side and that edge on the other. The loop ends when no wall is left inside,
so each polygon is convex, holds its leg, meets no wall, and is wholly free. Neighbours share the corner of the path.

Source: Deits and Tedrake, Computing large convex regions of obstacle-free space (WAFR 2014), with the leg in the place
of the ellipse.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from skystork.planning.flight_plan import Corridor
from skystork.planning.walls import Walls, index_walls

Array = NDArray[np.float64]
Position = tuple[float, float]

_NO_SIDE_M = 1e-6
"""Sides shorter than this carry no line of their own."""


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
    speed_limit_m_s: float = math.inf
    """Over ground, where a zone sets one [m/s]."""


def lay_corridor(
    path: tuple[Position, ...],
    walls: Walls | Array,
    reach_m: float,
    speed_limits_m_s: tuple[float, ...] | None = None,
) -> tuple[Cell, ...]:
    """One cell for each leg of the path.

    Parameters
    ----------
    walls
        Edges of the free space in their grid, or as an array (n, 2 ends, 2) [m]; the path touches none.
    reach_m
        How far a cell goes beyond its leg where no wall is near [m].
    speed_limits_m_s
        Over ground, one for each leg; None where no zone sets one [m/s].

    Raises
    ------
    NoCorridorError
        If a leg touches a wall.
    """
    from skystork.planning import wall_search  # noqa: PLC0415  (machine code: not for processes that plan nothing)

    index = walls if isinstance(walls, Walls) else index_walls(walls)
    seen = np.full(len(index.edges_m), -1, dtype=np.int64)
    ends = np.array(path, dtype=np.float64)
    limits = speed_limits_m_s or (math.inf,) * (len(ends) - 1)
    cells = []
    for leg in range(len(ends) - 1):
        start, end = ends[leg], ends[leg + 1]
        count, corners = wall_search.cell_about(start, end, reach_m, index.edges_m, index.numbers, seen, leg)
        if not count:
            raise NoCorridorError(f"the leg from {path[leg]} to {path[leg + 1]} touches a wall")
        cells.append(_cell(corners[:count], limits[leg]))
    return tuple(cells)


def as_corridor(cells: tuple[Cell, ...], path: tuple[Position, ...]) -> Corridor:
    """The corridor as plain numbers, for the plan."""
    return Corridor(tuple(tuple(map(tuple, cell.corners_m.tolist())) for cell in cells), path)


def _cell(corners: Array, speed_limit_m_s: float) -> Cell:
    """Outward unit normal and offset of each side; sides of no length are left out."""
    along = np.roll(corners, -1, axis=0) - corners
    lengths = np.hypot(along[:, 0], along[:, 1])
    sides = lengths > _NO_SIDE_M
    normals = np.stack([along[sides, 1], -along[sides, 0]], axis=1) / lengths[sides, None]
    offsets = np.sum(normals * corners[sides], axis=1)
    return Cell(normals, offsets, np.ascontiguousarray(corners), speed_limit_m_s)
