"""From the taut path to one that walls leave room about, in machine code: bends moved off, needless ones dropped."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from skystork.compiled import compiled
from skystork.planning.wall_search import clearance, gather, nearest_points

Array = NDArray[np.float64]
Index = NDArray[np.int64]

HALVINGS = 16
_SHORT_M = 3.0
"""A bend this near to the next is dropped where that leaves a quarter of the room [m]: too little to turn twice in."""
GRAZED_M = 0.02
"""A leg that comes nearer to a wall than this [m], away from its bends, is given a bend there."""
STRAIGHT_M = 1e-4
"""A bend this near to the line from the place before it to the place after it does not turn."""
_KEPT_SHARE = 0.25
"""Of the move of its bends, a leg keeps at least this from all walls."""


@compiled
def bend(before: Array, here: Array, after: Array) -> tuple[float, float, float]:
    """Where to move a bend away from what it wraps (unit vector), and the cosine of half its angle."""
    ax, ay, bx, by = here[0] - before[0], here[1] - before[1], after[0] - here[0], after[1] - here[1]
    a, b = max(np.hypot(ax, ay), 1e-12), max(np.hypot(bx, by), 1e-12)
    x, y = ax / a - bx / b, ay / a - by / b
    length = np.hypot(x, y)
    cosine = (ax * bx + ay * by) / (a * b)
    half = np.sqrt(max((1.0 + cosine) / 2.0, 0.0))
    if length < 1e-9:
        return -ay / a, ax / a, 1.0
    return x / length, y / length, half


@compiled
def moved_off(path: Array, away: Array, slack_m: float, walls: tuple[Any, ...]) -> tuple[bool, Array]:
    """Each bend moved by up to ``slack_m`` from its wall, less where another wall is near; false where none works.

    ``away`` (n, 2) says where to, for places that are not bends but graze a wall; 0 0 for bends.
    """
    edges, grid, seen = walls
    count = len(path)
    slack = np.full(count, slack_m)
    slack[0] = clearance(path[0], path[0], slack_m, edges, grid, seen, -2)
    slack[-1] = clearance(path[-1], path[-1], slack_m, edges, grid, seen, -3)
    moved = path.copy()
    checked = np.zeros(count, dtype=np.bool_)
    stamp = -4
    for _ in range(HALVINGS * 4):
        for index in range(1, count - 1):
            x, y, half = bend(path[index - 1], path[index], path[index + 1])
            if away[index, 0] != 0.0 or away[index, 1] != 0.0:
                x, y, half = away[index, 0], away[index, 1], 1.0
            far = slack[index] / max(half, 0.25)
            moved[index, 0], moved[index, 1] = path[index, 0] + far * x, path[index, 1] + far * y
        done = True
        again = np.zeros(count, dtype=np.bool_)
        for leg in range(count - 1):
            if checked[leg]:
                continue
            need = _KEPT_SHARE * min(slack[leg], slack[leg + 1])
            if leg == 0 and count == 2:
                need = min(need, GRAZED_M)
            stamp -= 1
            if clearance(moved[leg], moved[leg + 1], slack_m, edges, grid, seen, stamp) >= need:
                checked[leg] = True
                continue
            done = False
            again[leg], again[leg + 1] = True, True
        for index in range(1, count - 1):
            if again[index]:
                slack[index] /= 2.0
                checked[index - 1], checked[index] = False, False
        if done:
            return True, moved
        if slack.min() < slack_m * 0.5**HALVINGS:
            break
    return False, moved


@compiled
def with_grazed(path: Array, edges: Array, grid: tuple[Any, ...], seen: Index) -> tuple[Array, Array]:
    """The path with a place more where a leg grazes a wall between its bends, and where to move it from there.

    A bend that does not turn, along one long wall in parts, is left out.
    """
    points, away = np.zeros((2 * len(path), 2)), np.zeros((2 * len(path), 2))
    points[0] = path[0]
    count, kept = 1, 0
    for leg in range(len(path) - 1):
        start, end = path[leg], path[leg + 1]
        ux, uy = end[0] - start[0], end[1] - start[1]
        length = np.hypot(ux, uy)
        best, found = STRAIGHT_M * length, False  # a wall along the leg itself does not tell a side
        place = np.zeros(4)
        for wall in gather(start, end, GRAZED_M, grid, seen, -50000 - leg):
            gap, x, y, wx, wy = nearest_points(start, end, edges[wall, 0], edges[wall, 1])
            far = ((x - start[0]) * ux + (y - start[1]) * uy) / length
            beside = _beside(edges[wall], start, ux, uy)
            if gap < GRAZED_M and 0.5 < far < length - 0.5 and abs(beside) > best:
                best, found = abs(beside), True
                side = -1.0 if beside > 0.0 else 1.0
                place[0], place[1], place[2], place[3] = x, y, -side * uy / length, side * ux / length
        if found:
            points[count], away[count] = place[:2], place[2:]
            count += 1
        if leg + 2 < len(path) and not _turns(
            path[kept], end, path[leg + 2], (edges, grid, seen, -90000 - leg), away[count]
        ):
            continue
        points[count] = end
        count, kept = count + 1, leg + 1
    return points[:count].copy(), away[:count].copy()


@compiled
def _beside(edge: Array, start: Array, ux: float, uy: float) -> float:
    """On which side of a line the middle of an edge lies, and how far, by the length of (ux, uy); left is positive."""
    x, y = (edge[0, 0] + edge[1, 0]) / 2.0 - start[0], (edge[0, 1] + edge[1, 1]) / 2.0 - start[1]
    return float(ux * y - uy * x)


@compiled
def _turns(before: Array, here: Array, after: Array, walls: tuple[Any, ...], away: Array) -> bool:
    """Whether a bend turns, or has a wall beside it, as where two walls end on one line: then where to move it from.

    The direction of a turn so slight is nothing but rounding. With no wall there but along the line the bend is none.
    """
    edges, grid, seen, stamp = walls
    ux, uy = after[0] - before[0], after[1] - before[1]
    length = max(np.hypot(ux, uy), 1e-12)
    if abs(ux * (here[1] - before[1]) - uy * (here[0] - before[0])) > STRAIGHT_M * length:
        return True
    best = STRAIGHT_M * length
    found = False
    for wall in gather(here, here, GRAZED_M, grid, seen, stamp):
        gap, _, _, _, _ = nearest_points(here, here, edges[wall, 0], edges[wall, 1])
        beside = _beside(edges[wall], before, ux, uy)
        if gap < GRAZED_M and abs(beside) > best:
            best, found = abs(beside), True
            side = -1.0 if beside > 0.0 else 1.0
            away[0], away[1] = -side * uy / length, side * ux / length
    return found


@compiled
def fewer_bends(path: Array, keep_m: float, turn_cosine: float, walls: tuple[Any, ...]) -> Array:
    """Drop slight bends where the straight line keeps ``keep_m`` from all walls, and put close pairs into one."""
    edges, grid, seen = walls
    points = path.copy()
    count = len(points)
    stamp = -10000
    index = 1
    while index < count - 1:
        _, _, half = bend(points[index - 1], points[index], points[index + 1])
        stamp -= 1
        dx, dy = points[index + 1] - points[index]
        short = np.hypot(dx, dy) < _SHORT_M
        keep = 0.25 * keep_m if short else keep_m
        if (short or 2.0 * half * half - 1.0 >= turn_cosine) and (
            clearance(points[index - 1], points[index + 1], keep_m, edges, grid, seen, stamp) >= keep
        ):
            points[index : count - 1] = points[index + 1 : count].copy()
            count -= 1
            index = max(index - 1, 1)
            continue
        index += 1
    return points[:count].copy()


@compiled
def pairs_joined(path: Array, keep_m: float, detour_m: float, walls: tuple[Any, ...]) -> Array:
    """Two bends the same way become one, where that costs at most ``detour_m`` and keeps clear of all walls."""
    edges, grid, seen = walls
    points = path.copy()
    count = len(points)
    stamp = -20000
    index = 1
    while index < count - 2:
        place = _meeting(points[index - 1], points[index], points[index + 1], points[index + 2])
        if place[2] <= detour_m:
            tip = np.array([place[0], place[1]])
            stamp -= 2
            if (
                clearance(points[index - 1], tip, keep_m, edges, grid, seen, stamp) >= keep_m
                and clearance(tip, points[index + 2], keep_m, edges, grid, seen, stamp + 1) >= keep_m
            ):
                points[index] = tip
                points[index + 1 : count - 1] = points[index + 2 : count].copy()
                count -= 1
                index = max(index - 1, 1)
                continue
        index += 1
    return points[:count].copy()


@compiled
def _meeting(a: Array, b: Array, c: Array, d: Array) -> tuple[float, float, float]:
    """Where the legs about b-c meet, and what the way over it costs; infinite where they do not, or bend over 120."""
    ux, uy, vx, vy = b[0] - a[0], b[1] - a[1], d[0] - c[0], d[1] - c[1]
    wx, wy = c[0] - b[0], c[1] - b[1]
    across = ux * vy - uy * vx
    size = np.hypot(ux, uy) * np.hypot(vx, vy)
    if abs(across) < 1e-6 * size or ux * vx + uy * vy < -0.5 * size:
        return 0.0, 0.0, np.inf
    ahead = (wx * vy - wy * vx) / across
    back = (ux * wy - uy * wx) / across
    if ahead <= 0.0 or back <= 0.0:
        return 0.0, 0.0, np.inf
    x, y = b[0] + ahead * ux, b[1] + ahead * uy
    cost = np.hypot(x - b[0], y - b[1]) + np.hypot(c[0] - x, c[1] - y) - np.hypot(wx, wy)
    return x, y, cost


@compiled
def cut_long(path: Array, part_m: float) -> Array:
    """Legs of over two parts get a point one part from each bend at their ends: there the cell is then wider."""
    points = np.empty((3 * len(path), 2))
    points[0] = path[0]
    count = 1
    for leg in range(len(path) - 1):
        one, two = path[leg], path[leg + 1]
        share = part_m / max(np.hypot(two[0] - one[0], two[1] - one[1]), 1e-9)
        inner = 0 < leg < len(path) - 2
        if inner and 0.4 < share < 0.5:  # two cells and not a third between them that is next to nothing
            points[count] = (one + two) / 2.0
            count += 1
            share = 1.0
        if share < 0.5 and leg > 0:
            points[count] = one + share * (two - one)
            count += 1
        if share < 0.5 and leg < len(path) - 2:
            points[count] = two - share * (two - one)
            count += 1
        points[count] = two
        count += 1
    return points[:count].copy()
