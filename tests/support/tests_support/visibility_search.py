"""The exact shortest path by A* over visible corners: the reference that the search over triangles is tested with.

A shortest path bends only at reflex vertices of the free space (corners of obstacles), and only so that it wraps
round them. A* over those vertices therefore finds the optimum; the straight distance to the goal is its bound. What a
vertex sees is computed when the search first reaches it and kept for all later queries in the same space.

Source: de Berg et al., Computational Geometry, 3rd edition (2008), chapter 15; Hart, Nilsson, Raphael (1968).
"""

from __future__ import annotations

import heapq
import itertools
import math

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import Point
from shapely.geometry.base import BaseGeometry

Array = NDArray[np.float64]
Position = tuple[float, float]

TOUCH_M = 1e-3
"""A path may graze a wall by this much [m]: far below any margin, far above the rounding of coordinates."""
_START, _GOAL = -1, -2
_STRAIGHT = 1e-9  # sine of the angle below which two edges count as one


class ShortestPaths:
    """Queries in one free space; remembers what its vertices see.

    Parameters
    ----------
    free
        Polygon or MultiPolygon [m]; its edge belongs to it.
    """

    def __init__(self, free: BaseGeometry) -> None:
        self._parts = list(shapely.get_parts(free))
        self._sight = shapely.buffer(free, TOUCH_M, join_style="mitre")
        shapely.prepare(self._sight)
        for part in self._parts:
            shapely.prepare(part)
        self._vertices, self._before, self._after = _reflex_vertices(self._parts)
        self._seen_from: dict[int, tuple[NDArray[np.intp], Array]] = {}

    def between(self, start: Position, goal: Position) -> tuple[Position, ...] | None:
        """Corners of the shortest path, both ends included; None where none exists.

        None is a proof: start and goal lie outside the space or in two parts of it that do not touch.
        """
        part = self._part_of(start)
        if part is None or part != self._part_of(goal):
            return None
        if self._sees(start, goal):
            return (start, goal)
        return self._search(np.array(start), np.array(goal))

    def _part_of(self, point: Position) -> int | None:
        place = Point(point)
        return next((number for number, part in enumerate(self._parts) if part.covers(place)), None)

    def _sees(self, start: Position, goal: Position) -> bool:
        return bool(shapely.covers(self._sight, shapely.linestrings([start, goal])))

    def _search(self, start: Array, goal: Array) -> tuple[Position, ...] | None:
        to_goal = dict(zip(*_as_lists(self._visible_from(goal)), strict=True))
        bound = np.hypot(*(self._vertices - goal).T)
        best: dict[int, float] = {_START: 0.0}
        came_from: dict[int, int] = {}
        queue: list[tuple[float, int]] = [(0.0, _START)]
        settled: set[int] = set()
        while queue:
            _, node = heapq.heappop(queue)
            if node == _GOAL:
                return self._unwind(came_from, start, goal)
            if node in settled:
                continue
            settled.add(node)
            for follower, step in self._followers(node, start, to_goal):
                length = best[node] + step
                if length < best.get(follower, math.inf):
                    best[follower], came_from[follower] = length, node
                    ahead = 0.0 if follower == _GOAL else float(bound[follower])
                    heapq.heappush(queue, (length + ahead, follower))
        return None

    def _followers(self, node: int, start: Array, to_goal: dict[int, float]) -> list[tuple[int, float]]:
        if node == _START:
            return list(zip(*_as_lists(self._visible_from(start)), strict=True))
        if node not in self._seen_from:
            self._seen_from[node] = self._visible_from(self._vertices[node], node)
        found = list(zip(*_as_lists(self._seen_from[node]), strict=True))
        return [*found, (_GOAL, to_goal[node])] if node in to_goal else found

    def _visible_from(self, place: Array, node: int | None = None) -> tuple[NDArray[np.intp], Array]:
        """Vertices that a shortest path may go to from here, and how far they are [m]."""
        steps = self._vertices - place
        lengths = np.hypot(steps[:, 0], steps[:, 1])
        wraps = _is_tangent(steps, self._before - self._vertices, self._after - self._vertices)
        if node is not None:
            wraps &= _is_tangent(steps, self._before[node] - place, self._after[node] - place)
            wraps[node] = False
        candidates = np.flatnonzero(wraps)
        ends = self._vertices[candidates]
        lines = shapely.linestrings(np.stack([np.broadcast_to(place, ends.shape), ends], axis=1))
        visible = candidates[shapely.covers(self._sight, lines)]
        return visible, lengths[visible]

    def _unwind(self, came_from: dict[int, int], start: Array, goal: Array) -> tuple[Position, ...]:
        nodes = []
        node = came_from[_GOAL]
        while node != _START:
            nodes.append(node)
            node = came_from[node]
        corners = [start, *(self._vertices[index] for index in reversed(nodes)), goal]
        return tuple((float(corner[0]), float(corner[1])) for corner in corners)


def path_length_m(path: tuple[Position, ...]) -> float:
    """Length of a broken line [m]."""
    return sum(math.dist(first, second) for first, second in itertools.pairwise(path))


def _as_lists(pair: tuple[NDArray[np.intp], Array]) -> tuple[list[int], list[float]]:
    return pair[0].tolist(), pair[1].tolist()


def _reflex_vertices(parts: list[BaseGeometry]) -> tuple[Array, Array, Array]:
    """Vertices where the free space turns by more than 180 degrees, with their neighbours; (n, 2) each [m]."""
    here, before, after = [np.empty((0, 2))], [np.empty((0, 2))], [np.empty((0, 2))]
    for part in parts:
        oriented = shapely.geometry.polygon.orient(part)
        for ring in (oriented.exterior, *oriented.interiors):
            points = shapely.get_coordinates(ring)[:-1]
            previous, following = np.roll(points, 1, axis=0), np.roll(points, -1, axis=0)
            incoming, outgoing = points - previous, following - points
            reflex = _cross(incoming, outgoing) < -_STRAIGHT * _product_of_lengths(incoming, outgoing)
            here.append(points[reflex])
            before.append(previous[reflex])
            after.append(following[reflex])
    return np.concatenate(here), np.concatenate(before), np.concatenate(after)


def _is_tangent(steps: Array, to_before: Array, to_after: Array) -> NDArray[np.bool_]:
    """Whether a line along ``steps`` has both neighbours of the vertex on one side, so that a path can wrap there."""
    first = _cross(steps, to_before) / np.maximum(_product_of_lengths(steps, to_before), 1e-300)
    second = _cross(steps, to_after) / np.maximum(_product_of_lengths(steps, to_after), 1e-300)
    result: NDArray[np.bool_] = (np.minimum(first, second) >= -_STRAIGHT) | (np.maximum(first, second) <= _STRAIGHT)
    return result


def _cross(first: Array, second: Array) -> Array:
    result: Array = first[..., 0] * second[..., 1] - first[..., 1] * second[..., 0]
    return result


def _product_of_lengths(first: Array, second: Array) -> Array:
    result: Array = np.hypot(first[..., 0], first[..., 1]) * np.hypot(second[..., 0], second[..., 1])
    return result
