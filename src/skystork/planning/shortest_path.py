"""The exact shortest path in the plane among polygons, or the proof that there is none.

The space is cut into triangles once; each query walks over them (:mod:`skystork.planning.any_angle_search`). Two
places in parts that do not hang together are told apart without a search.
"""

from __future__ import annotations

import itertools
import math
from functools import cached_property
from typing import Any

import numpy as np
from shapely.geometry.base import BaseGeometry

from skystork.planning.mesh import Mesh, mesh_of

Position = tuple[float, float]

TOUCH_M = 1e-3
"""A place may lie outside the space by this much [m]: far below any margin, far above the rounding of coordinates."""
_FIRST_ROOM = 1 << 14
"""Nodes of the search there is room for at first; four times as many each time it runs out."""


class ShortestPaths:
    """Queries in one free space.

    Parameters
    ----------
    free
        Polygon or MultiPolygon [m]; its edge belongs to it.
    """

    def __init__(self, free: BaseGeometry) -> None:
        self._free = free

    @cached_property
    def mesh(self) -> Mesh:
        """The triangles of the space, cut when first needed."""
        return mesh_of(self._free)

    def between(self, start: Position, goal: Position) -> tuple[Position, ...] | None:
        """Corners of the shortest path, both ends included; None where none exists.

        None is a proof: start and goal lie outside the space or in two parts of it that do not touch.
        """
        mesh = self.mesh
        if not len(mesh.triangles):
            return None
        held_by = self._triangle_of(start), self._triangle_of(goal)
        if min(held_by) < 0 or mesh.parts[held_by[0]] != mesh.parts[held_by[1]]:
            return None
        ends = np.array([self._seen_from(start, held_by[0]), self._seen_from(goal, held_by[1])])
        return (start, *self._bends(ends, held_by), goal)

    def _bends(self, ends: Any, held_by: tuple[int, int]) -> tuple[Position, ...]:
        from skystork.planning import any_angle_search  # noqa: PLC0415

        mesh, room = self.mesh, _FIRST_ROOM
        arrays = (mesh.corners_m, mesh.triangles, mesh.neighbours)
        while True:
            count, numbers = any_angle_search.search(ends, held_by, arrays, mesh.reflex, room)
            if count != any_angle_search.FULL:
                break
            room *= 4
        if count < 0:  # the parts say that there is a way
            raise AssertionError(f"no path from {ends[0]} to {ends[1]} within one part of the free space")
        return tuple((float(x), float(y)) for x, y in mesh.corners_m[numbers[:count][::-1]])

    def _triangle_of(self, place: Position) -> int:
        from skystork.planning import any_angle_search  # noqa: PLC0415

        if not (math.isfinite(place[0]) and math.isfinite(place[1])):
            return -1
        mesh, grid = self.mesh, self.mesh.grid
        cells = (grid.origin_m, grid.step_m, grid.columns, grid.rows, grid.starts, grid.members)
        return int(any_angle_search.find_triangle(np.array(place), mesh.corners_m, mesh.triangles, cells, TOUCH_M))

    def _seen_from(self, place: Position, triangle: int) -> Position:
        """The place itself, or where it is on an edge, just inside: a ray needs two different ends."""
        corners = self.mesh.corners_m[self.mesh.triangles[triangle]]
        middle = corners.mean(axis=0)
        for share in (0.0, 1e-9, 1e-8, 1e-7, 1e-6):
            moved = np.array(place) * (1 - share) + middle * share
            edges = np.roll(corners, -1, axis=0) - corners
            to_place = moved - corners
            if np.all(edges[:, 0] * to_place[:, 1] - edges[:, 1] * to_place[:, 0] > 0):
                break
        return (float(moved[0]), float(moved[1]))


def path_length_m(path: tuple[Position, ...]) -> float:
    """Length of a broken line [m]."""
    return sum(math.dist(first, second) for first, second in itertools.pairwise(path))
