"""Distances between legs and walls, and the convex cell about a leg, in machine code."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from skystork.compiled import compiled

Array = NDArray[np.float64]
Index = NDArray[np.int64]

MOST_SIDES = 64
"""Of a cell. A wall that would ask for more leaves no cell, which is refused, not cut short."""
_CLEAR_M = 1e-9


@compiled
def gather(start: Array, end: Array, reach_m: float, grid: tuple[Any, ...], seen: Index, stamp: int) -> Index:
    """Numbers of the walls in grid cells that the strip of half-width ``reach_m`` about a leg meets, each once."""
    origin, step, columns, rows, starts, members = grid
    found = np.empty(64, dtype=np.int64)
    count = 0
    low_y, high_y = min(start[1], end[1]) - reach_m, max(start[1], end[1]) + reach_m
    first = min(max(int(np.floor((low_y - origin[1]) / step)), 0), rows - 1)
    last = min(max(int(np.floor((high_y - origin[1]) / step)), 0), rows - 1)
    for row in range(first, last + 1):
        low_x, high_x = _span(start, end, origin[1] + row * step - reach_m, origin[1] + (row + 1) * step + reach_m)
        left = min(max(int(np.floor((low_x - reach_m - origin[0]) / step)), 0), columns - 1)
        right = min(max(int(np.floor((high_x + reach_m - origin[0]) / step)), 0), columns - 1)
        for cell in range(row * columns + left, row * columns + right + 1):
            for member in range(starts[cell], starts[cell + 1]):
                wall = members[member]
                if seen[wall] == stamp:
                    continue
                seen[wall] = stamp
                if count == len(found):
                    found = np.concatenate((found, np.empty(count, dtype=np.int64)))
                found[count] = wall
                count += 1
    return found[:count]


@compiled
def _span(start: Array, end: Array, low_y: float, high_y: float) -> tuple[float, float]:
    """East of a leg within a band of north; of the whole leg where it does not leave the band."""
    rise = end[1] - start[1]
    low, high = 0.0, 1.0
    if rise != 0.0:
        one, two = (low_y - start[1]) / rise, (high_y - start[1]) / rise
        low, high = min(max(min(one, two), 0.0), 1.0), min(max(max(one, two), 0.0), 1.0)
    elif start[1] < low_y or start[1] > high_y:
        high = 0.0
    one, two = start[0] + low * (end[0] - start[0]), start[0] + high * (end[0] - start[0])
    return min(one, two), max(one, two)


@compiled
def _foot(px: float, py: float, a: Array, b: Array) -> tuple[float, float]:
    """The point of a segment nearest to a place."""
    ex, ey = b[0] - a[0], b[1] - a[1]
    share = min(max(((px - a[0]) * ex + (py - a[1]) * ey) / max(ex * ex + ey * ey, 1e-300), 0.0), 1.0)
    return a[0] + share * ex, a[1] + share * ey


@compiled
def nearest_points(start: Array, end: Array, one: Array, two: Array) -> tuple[float, float, float, float, float]:
    """Distance between two segments, and the nearest points: on the first, then on the second; 0 where they cross."""
    best, x1, y1, x2, y2 = np.inf, 0.0, 0.0, 0.0, 0.0
    for side in range(2):
        place = start if side == 0 else end
        x, y = _foot(place[0], place[1], one, two)
        away = np.hypot(x - place[0], y - place[1])
        if away < best:
            best, x1, y1, x2, y2 = away, place[0], place[1], x, y
        place = one if side == 0 else two
        x, y = _foot(place[0], place[1], start, end)
        away = np.hypot(x - place[0], y - place[1])
        if away < best:
            best, x1, y1, x2, y2 = away, x, y, place[0], place[1]
    if best > 0.0 and _cross_over(start, end, one, two):
        best = 0.0
    return best, x1, y1, x2, y2


@compiled
def _cross_over(start: Array, end: Array, one: Array, two: Array) -> bool:
    ex, ey = end[0] - start[0], end[1] - start[1]
    fx, fy = two[0] - one[0], two[1] - one[1]
    a = ex * (one[1] - start[1]) - ey * (one[0] - start[0])
    b = ex * (two[1] - start[1]) - ey * (two[0] - start[0])
    c = fx * (start[1] - one[1]) - fy * (start[0] - one[0])
    d = fx * (end[1] - one[1]) - fy * (end[0] - one[0])
    return bool(a * b < 0.0 and c * d < 0.0)


@compiled
def clearance(
    start: Array, end: Array, up_to_m: float, edges: Array, grid: tuple[Any, ...], seen: Index, stamp: int
) -> float:
    """Distance from a leg to the nearest wall, or ``up_to_m`` where none is nearer [m]."""
    least = up_to_m
    for wall in gather(start, end, up_to_m, grid, seen, stamp):
        away = nearest_points(start, end, edges[wall, 0], edges[wall, 1])[0]
        least = min(least, away)
    return least


@compiled
def _clip(wall: Array, nx: float, ny: float, offset: float) -> bool:
    """Keep of a wall what is strictly inside a half-plane; false where nothing is."""
    one = nx * wall[0, 0] + ny * wall[0, 1] - offset
    two = nx * wall[1, 0] + ny * wall[1, 1] - offset
    if min(one, two) >= -_CLEAR_M:
        return False
    if max(one, two) > 0.0:
        share = one / (one - two)
        x, y = wall[0, 0] + share * (wall[1, 0] - wall[0, 0]), wall[0, 1] + share * (wall[1, 1] - wall[0, 1])
        side = 0 if one > two else 1
        wall[side, 0], wall[side, 1] = x, y
    return True


@compiled
def _cut(corners: Array, count: int, nx: float, ny: float, offset: float) -> int:
    """A convex polygon less the far side of a line (Sutherland and Hodgman, 1974); the new number of corners."""
    kept = np.empty((count + 2, 2))
    made = 0
    for index in range(count):
        after = (index + 1) % count
        here = nx * corners[index, 0] + ny * corners[index, 1] - offset
        there = nx * corners[after, 0] + ny * corners[after, 1] - offset
        if here <= 0.0:
            kept[made] = corners[index]
            made += 1
        if here * there < 0.0:
            share = here / (here - there)
            kept[made, 0] = corners[index, 0] + share * (corners[after, 0] - corners[index, 0])
            kept[made, 1] = corners[index, 1] + share * (corners[after, 1] - corners[index, 1])
            made += 1
    corners[:made] = kept[:made]
    return made


@compiled
def _separating(start: Array, end: Array, wall: Array, near: tuple[Any, ...]) -> tuple[float, float, float]:
    """The line between a leg and a wall: along the wall where that leaves the leg room, else square to the gap."""
    gap, x1, y1, x2, y2 = near
    nx, ny = (x2 - x1) / gap, (y2 - y1) / gap
    ex, ey = wall[1, 0] - wall[0, 0], wall[1, 1] - wall[0, 1]
    length = np.hypot(ex, ey)
    if length > 1e-6:
        sx, sy = -ey / length, ex / length
        if sx * nx + sy * ny < 0.0:
            sx, sy = -sx, -sy
        offset = sx * x2 + sy * y2
        if max(sx * start[0] + sy * start[1], sx * end[0] + sy * end[1]) <= offset - 0.5 * gap:
            return sx, sy, offset
    return nx, ny, nx * x2 + ny * y2


@compiled
def _box(start: Array, end: Array, reach_m: float, corners: Array) -> None:
    """The rectangle along a leg, counter-clockwise."""
    ex, ey = end[0] - start[0], end[1] - start[1]
    length = max(np.hypot(ex, ey), 1e-12)
    ux, uy = ex / length * reach_m, ey / length * reach_m
    for index in range(4):
        ahead = -1.0 if index in (0, 3) else 1.0
        left = -1.0 if index < 2 else 1.0
        place = start if ahead < 0.0 else end
        corners[index, 0] = place[0] + ahead * ux - left * uy
        corners[index, 1] = place[1] + ahead * uy + left * ux


@compiled
def cell_about(
    start: Array, end: Array, reach_m: float, edges: Array, grid: tuple[Any, ...], seen: Index, stamp: int
) -> tuple[int, Array]:
    """Corners of the convex polygon about a leg that no wall reaches into; no corners where a wall touches the leg."""
    corners = np.empty((MOST_SIDES + 4, 2))
    _box(start, end, reach_m, corners)
    count = 4
    lines = np.empty((MOST_SIDES, 3))
    made = 0
    found = gather(start, end, reach_m * 1.4143, grid, seen, stamp)
    gaps = np.empty(len(found))
    for index in range(len(found)):
        gaps[index] = nearest_points(start, end, edges[found[index], 0], edges[found[index], 1])[0]
    wall = np.empty((2, 2))
    for index in np.argsort(gaps, kind="mergesort"):
        if gaps[index] > reach_m * 1.4143:
            break
        wall[:] = edges[found[index]]
        inside = True
        for line in range(made):
            if not _clip(wall, lines[line, 0], lines[line, 1], lines[line, 2]):
                inside = False
                break
        if not inside:
            continue
        near = nearest_points(start, end, wall[0], wall[1])
        if near[0] <= _CLEAR_M or made == MOST_SIDES - 4:
            return 0, corners
        nx, ny, offset = _separating(start, end, wall, near)
        lines[made, 0], lines[made, 1], lines[made, 2] = nx, ny, offset
        made += 1
        count = _cut(corners, count, nx, ny, offset)
    return count, corners
