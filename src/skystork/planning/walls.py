"""The edges of a free space, in a grid, and what can be asked of them at machine speed.

A query looks only into the grid cells that the strip about a leg meets, so its cost follows what is near the leg and
not how many buildings the city has.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from skystork.planning.mesh import Grid, grid_of

Array = NDArray[np.float64]
GridNumbers = tuple[Array, float, int, int, NDArray[np.int64], NDArray[np.int64]]


@dataclass(frozen=True, slots=True)
class Walls:
    """Edges and where to find them."""

    edges_m: Array
    """(n, 2 ends, 2) [m]."""
    grid: Grid

    @property
    def numbers(self) -> GridNumbers:
        """The grid as machine code takes it."""
        grid = self.grid
        return grid.origin_m, grid.step_m, grid.columns, grid.rows, grid.starts, grid.members


def walls_of(free: BaseGeometry) -> Walls:
    """Every edge of every ring of a Polygon or MultiPolygon."""
    rings = shapely.get_rings(shapely.get_parts(free))
    if not len(rings):
        return index_walls(np.empty((0, 2, 2)))
    points, ring = shapely.get_coordinates(rings, return_index=True)
    edges = np.stack([points[:-1], points[1:]], axis=1)[ring[:-1] == ring[1:]]
    return index_walls(edges)


def index_walls(edges_m: Array) -> Walls:
    """Edges (n, 2, 2) [m] in a grid."""
    edges = np.ascontiguousarray(edges_m, dtype=np.float64).reshape(-1, 2, 2)
    return Walls(edges, grid_of(edges.min(axis=1), edges.max(axis=1)))
