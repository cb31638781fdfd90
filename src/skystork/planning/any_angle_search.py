"""The search for the shortest path over triangles: Polyanya, in machine code.

A node is what one place (its root: the start, or a corner that the path bends round) sees of one edge: a cone between
two rays. Entering the triangle beyond splits the cone at the third corner. Where a ray goes through a corner of an
obstacle on this very edge, the path can bend round that corner, which becomes the root of new nodes. Nodes are taken
in the order of the length behind them plus the least that can lie ahead, so the first end reached is the shortest.

All tests of side are made with corners of the mesh, never with computed points, so they cannot contradict each other.

Source: Cui, Harabor, Grastien, Compromise-free pathfinding on a navigation mesh (IJCAI 2017); this variant keeps rays
in the place of intervals.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from skystork.compiled import compiled

Array = NDArray[np.float64]
Index = NDArray[np.int64]

FULL = -2
"""Status: more nodes than there was room for."""
_SAME_LENGTH_M = 1e-9


@compiled
def find_triangle(place: Array, corners: Array, triangles: Index, grid: tuple[Any, ...], tolerance_m: float) -> int:
    """The triangle that holds a place, or comes within a tolerance of it; -1 where there is none."""
    origin, step, columns, rows, starts, members = grid
    column = int(min(max((place[0] - origin[0]) / step, 0.0), columns - 1.0))
    row = int(min(max((place[1] - origin[1]) / step, 0.0), rows - 1.0))
    best, least = -1, tolerance_m
    for y in range(max(row - 1, 0), min(row + 2, rows)):
        for x in range(max(column - 1, 0), min(column + 2, columns)):
            cell = y * columns + x
            for member in range(starts[cell], starts[cell + 1]):
                away = _outside_m(place, corners, triangles[members[member]])
                if away < least:
                    best, least = members[member], away
                if least <= 0.0:
                    return best
    return best


@compiled
def _outside_m(place: Array, corners: Array, triangle: Index) -> float:
    """How far a place is outside a triangle; 0 inside [m]."""
    inside, least = True, np.inf
    for side in range(3):
        a, b = corners[triangle[side]], corners[triangle[(side + 1) % 3]]
        ex, ey, px, py = b[0] - a[0], b[1] - a[1], place[0] - a[0], place[1] - a[1]
        inside = inside and ex * py - ey * px >= 0.0
        share = min(max((ex * px + ey * py) / (ex * ex + ey * ey), 0.0), 1.0)
        least = min(least, np.hypot(px - share * ex, py - share * ey))
    return 0.0 if inside else least


@compiled
def _lead(ray: Array, point: Array, root: Array) -> float:
    """Positive where the point is to the left of the ray from the root."""
    return float(ray[0] * (point[1] - root[1]) - ray[1] * (point[0] - root[0]))


@compiled
def _ahead(root: Array, goal: Array, a: Array, b: Array, cone: Array) -> float:
    """The least length from the root through the part of the edge from a (left) to b (right) that the cone sees."""
    ex, ey = b[0] - a[0], b[1] - a[1]
    squared = ex * ex + ey * ey
    gx, gy = goal[0], goal[1]
    if ex * (gy - a[1]) - ey * (gx - a[0]) < 0.0:  # on the root's side: the mirror image is as far
        share = (ex * (gx - a[0]) + ey * (gy - a[1])) / squared
        gx, gy = 2.0 * (a[0] + share * ex) - gx, 2.0 * (a[1] + share * ey) - gy
    low, high = 0.0, 1.0
    for side in range(2):
        dx, dy = cone[2 * side], cone[2 * side + 1]
        across = ex * dy - ey * dx
        if across != 0.0:
            share = ((root[0] - a[0]) * dy - (root[1] - a[1]) * dx) / across
            if side == 0:
                low = min(max(share, 0.0), 1.0)
            else:
                high = min(max(share, 0.0), 1.0)
    across = ex * (gy - root[1]) - ey * (gx - root[0])
    share = low
    if across != 0.0:
        share = ((root[0] - a[0]) * (gy - root[1]) - (root[1] - a[1]) * (gx - root[0])) / across
    share = min(max(share, low), max(high, low))
    x, y = a[0] + share * ex, a[1] + share * ey
    return float(np.hypot(x - root[0], y - root[1]) + np.hypot(gx - x, gy - y))


@compiled
def _sift(heap: Index, keys: Array, size: int, node: int) -> None:
    """Put a node into the heap; equal keys in the order of their numbers, so that every run is the same."""
    place = size
    while place > 0:
        above = (place - 1) // 2
        other = heap[above]
        if keys[other] < keys[node] or (keys[other] == keys[node] and other < node):
            break
        heap[place] = other
        place = above
    heap[place] = node


@compiled
def _take(heap: Index, keys: Array, size: int) -> int:
    """Take the first node out of a heap of that size."""
    first, last = heap[0], heap[size - 1]
    place = 0
    while True:
        below = 2 * place + 1
        if below >= size - 1:
            break
        if below + 1 < size - 1:
            one, two = heap[below], heap[below + 1]
            if keys[two] < keys[one] or (keys[two] == keys[one] and two < one):
                below += 1
        other = heap[below]
        if keys[last] < keys[other] or (keys[last] == keys[other] and last < other):
            break
        heap[place] = other
        place = below
    heap[place] = last
    return int(first)


@compiled
def _push(room: tuple[Any, ...], mesh: tuple[Any, ...], ends: Array, made: tuple[Any, ...], cone: Array) -> None:
    """A node for the triangle beyond an edge; nothing beyond a wall.

    ``made``: root, triangle left, edge left, corner of the left ray or -1, of the right ray or -1.
    """
    keys, lengths, cones, numbers, heap, counts, roots, places = room
    corners, triangles, neighbours, _ = mesh
    root, triangle, edge, left, right = made
    beyond = neighbours[triangle, edge]
    if beyond < 0 or counts[2] == 1:
        return
    node = counts[0]
    if node >= len(keys):
        counts[2] = 1
        return
    counts[0] += 1
    right_end, left_end = triangles[triangle, edge], triangles[triangle, (edge + 1) % 3]
    entered = 0
    while triangles[beyond, entered] != left_end:
        entered += 1
    cones[node] = cone
    numbers[node, 0], numbers[node, 1], numbers[node, 2] = root, beyond, entered
    numbers[node, 3], numbers[node, 4] = left, right
    keys[node] = lengths[root] + _ahead(places[root], ends[1], corners[left_end], corners[right_end], cone)
    _sift(heap, keys, counts[1], node)
    counts[1] += 1


@compiled
def _push_end(room: tuple[Any, ...], root: int, goal: Array) -> None:
    """A node that ends at the goal, straight from the root."""
    keys, lengths, _, numbers, heap, counts, _, places = room
    node = counts[0]
    if node >= len(keys):
        counts[2] = 1
        return
    counts[0] += 1
    numbers[node, 0], numbers[node, 1] = root, -1
    keys[node] = lengths[root] + np.hypot(goal[0] - places[root, 0], goal[1] - places[root, 1])
    _sift(heap, keys, counts[1], node)
    counts[1] += 1


@compiled
def _turn(room: tuple[Any, ...], mesh: tuple[Any, ...], ends: Array, best: Array, at: tuple[Any, ...]) -> None:
    """Bend round a corner: it becomes a root that sees the triangles about it up to the wall.

    ``at``: root, triangle, place of the corner in it, 0 to turn left or 1 to turn right.
    """
    _, lengths, _, _, _, counts, roots, places = room
    corners, triangles, neighbours, _ = mesh
    root, triangle, place, side = at
    corner = triangles[triangle, place]
    from_root = corners[corner] - places[root]
    length = lengths[root] + np.hypot(from_root[0], from_root[1])
    if length >= best[corner, side] - _SAME_LENGTH_M or length > best[corner, 1 - side] + _SAME_LENGTH_M:
        return
    best[corner, side] = length
    new = counts[3]
    if new >= len(lengths):
        counts[2] = 1
        return
    counts[3] += 1
    lengths[new], roots[new, 0], roots[new, 1] = length, corner, root
    places[new] = corners[corner]
    _look_round(room, mesh, ends, (new, triangle, place, side), from_root)


@compiled
def _look_round(room: tuple[Any, ...], mesh: tuple[Any, ...], ends: Array, at: tuple[Any, ...], ray: Array) -> None:
    """Push what a new root sees on its side of the ray that it was reached by, triangle after triangle."""
    corners, triangles, neighbours, goal_triangle = mesh
    root, triangle, place, side = at
    here = corners[triangles[triangle, place]]
    first = triangle
    cone = np.empty(4)
    while True:
        right, left = triangles[triangle, (place + 1) % 3], triangles[triangle, (place + 2) % 3]
        if triangle == goal_triangle:
            _push_end(room, root, ends[1])
        right_lead, left_lead = _lead(ray, corners[right], here), _lead(ray, corners[left], here)
        cone[:2], cone[2:] = corners[left] - here, corners[right] - here
        if side == 0 and left_lead > 0.0:
            if right_lead < 0.0:
                cone[2:] = ray
                right = -1
            _push(room, mesh, ends, (root, triangle, (place + 1) % 3, left, right), cone)
        elif side == 1 and right_lead < 0.0:
            if left_lead > 0.0:
                cone[:2] = ray
                left = -1
            _push(room, mesh, ends, (root, triangle, (place + 1) % 3, left, right), cone)
        corner = triangles[triangle, place]
        triangle = neighbours[triangle, (place + 2) % 3 if side == 0 else place]
        if triangle < 0 or triangle == first:
            return
        place = 0
        while triangles[triangle, place] != corner:
            place += 1


@compiled
def _expand(
    room: tuple[Any, ...], mesh: tuple[Any, ...], ends: Array, reflex: NDArray[np.bool_], best: Array, node: int
) -> None:
    """Enter the triangle of a node."""
    cones, numbers, places = room[2], room[3], room[7]
    corners, triangles, _, goal_triangle = mesh
    root, triangle, edge, left, right = numbers[node]
    a, b, c = triangles[triangle, edge], triangles[triangle, (edge + 1) % 3], triangles[triangle, (edge + 2) % 3]
    here, cone = places[root], cones[node].copy()
    seen = _lead(cone[:2], ends[1], here) <= 0.0 <= _lead(cone[2:], ends[1], here)
    if triangle == goal_triangle and seen:
        _push_end(room, root, ends[1])
    if left == a and reflex[a]:
        _turn(room, mesh, ends, best, (root, triangle, edge, 0))
    if right == b and reflex[b]:
        _turn(room, mesh, ends, best, (root, triangle, (edge + 1) % 3, 1))
    past_left, past_right = _lead(cone[:2], corners[c], here), _lead(cone[2:], corners[c], here)
    narrowed = np.empty(4)
    if past_right > 0.0:
        narrowed[:2] = cone[:2] if past_left > 0.0 else corners[c] - here
        narrowed[2:] = cone[2:]
        _push(room, mesh, ends, (root, triangle, (edge + 1) % 3, left if past_left > 0.0 else c, right), narrowed)
    if past_left < 0.0:
        narrowed[:2] = cone[:2]
        narrowed[2:] = cone[2:] if past_right < 0.0 else corners[c] - here
        _push(room, mesh, ends, (root, triangle, (edge + 2) % 3, left, right if past_right < 0.0 else c), narrowed)


@compiled
def search(
    ends: Array, triangle_ends: tuple[Any, ...], mesh_arrays: tuple[Any, ...], reflex: NDArray[np.bool_], room_for: int
) -> tuple[int, Index]:
    """The corners of the shortest path between two places of one part, in order from the goal to the start.

    Parameters
    ----------
    ends
        (2, 2) start and goal [m].
    triangle_ends
        The triangles that hold them.
    mesh_arrays
        Corners, triangles and neighbours of the mesh.

    Returns
    -------
    tuple
        How many corners, and their numbers; :data:`FULL` if more than ``room_for`` nodes were needed, -1 for no way.
    """
    corners, triangles, neighbours = mesh_arrays
    mesh = (corners, triangles, neighbours, triangle_ends[1])
    keys, lengths = np.empty(room_for), np.empty(room_for)
    cones, numbers = np.empty((room_for, 4)), np.empty((room_for, 5), dtype=np.int64)
    heap, counts = np.empty(room_for, dtype=np.int64), np.zeros(4, dtype=np.int64)
    roots, places = np.empty((room_for, 2), dtype=np.int64), np.empty((room_for, 2))
    room = (keys, lengths, cones, numbers, heap, counts, roots, places)
    best = np.full((len(corners), 2), np.inf)
    lengths[0], roots[0, 0], roots[0, 1], counts[3] = 0.0, -1, -1, 1
    places[0] = ends[0]
    if triangle_ends[0] == triangle_ends[1]:
        return 0, np.empty(0, dtype=np.int64)
    cone = np.empty(4)
    for edge in range(3):
        right, left = triangles[triangle_ends[0], edge], triangles[triangle_ends[0], (edge + 1) % 3]
        cone[:2], cone[2:] = corners[left] - ends[0], corners[right] - ends[0]
        _push(room, mesh, ends, (0, triangle_ends[0], edge, left, right), cone)
    while counts[1] > 0 and counts[2] == 0:
        node = _take(heap, keys, counts[1])
        counts[1] -= 1
        root = numbers[node, 0]
        if numbers[node, 1] == -1:
            return _unwind(roots, root)
        _expand(room, mesh, ends, reflex, best, node)
    return (FULL if counts[2] == 1 else -1), np.empty(0, dtype=np.int64)


@compiled
def _unwind(roots: Index, root: int) -> tuple[int, Index]:
    found = np.empty(len(roots), dtype=np.int64)
    count = 0
    while root > 0:
        found[count] = roots[root, 0]
        count += 1
        root = roots[root, 1]
    return count, found[:count].copy()
