"""The bounds of each piece as parts of a matrix: what the search for durations is made of; in machine code."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from skystork.compiled import compiled
from skystork.planning.blocks_search import BLOCK, place, place_rhs

Array = NDArray[np.float64]
Index = NDArray[np.int64]

POINTS = 16
"""Vectors bounded on each piece: six of position, four of velocity, three of acceleration, three of jerk. The last of
velocity and acceleration are the first of the next piece."""
FIRST = 6
DISCS = 10


@compiled
def point_weights(weights: Array, power: Array, duration: float, out: Array, slope: Array) -> None:
    """Weights of p0 v0 a0 p1 v1 a1 in the bounded vectors, and their derivative by the duration."""
    powers = np.empty(6)  # duration to the -3 .. 2
    powers[3] = 1.0
    for index in range(3):
        powers[2 - index] = powers[3 - index] / duration
    powers[4] = duration
    powers[5] = duration * duration
    for point in range(POINTS):
        for state in range(6):
            exponent = power[point, state]
            weight = weights[point, state]
            if weight != 0.0:
                weight *= powers[int(exponent) + 3]
            out[point, state] = weight
            slope[point, state] = weight * exponent / duration


@compiled
def vectors_of(weights: Array, states: Array, piece: int, out: Array) -> None:
    """The (16, 2) vectors that such weights make of the states at both ends of a piece."""
    for point in range(POINTS):
        x, y = 0.0, 0.0
        for state in range(6):
            weight = weights[point, state]
            if weight != 0.0:
                row, column = piece + state // 3, 2 * (state % 3)
                x += weight * states[row, column]
                y += weight * states[row, column + 1]
        out[point, 0], out[point, 1] = x, y


@compiled
def local(
    work: tuple[Any, ...],
    piece: int,
    sides: int,
    bounds: Array,
    weights: tuple[Any, ...],
    pushes: tuple[Any, ...],
    matrix: Array,
    rhs: Array,
) -> None:
    """The bounds of one piece as its local matrix (13, 13), where ``weights`` are given, and right-hand side (13,)."""
    planes = bounds
    sigma, cones, skip_lines, skip_discs = weights
    push, cone_push = pushes
    for point in range(POINTS):
        sxx, sxy, syy, gx, gy = 0.0, 0.0, 0.0, 0.0, 0.0
        if point < FIRST:
            for row in range(point * sides, (point + 1) * sides):
                if not skip_lines[row]:
                    nx, ny, weight = planes[row - point * sides, 0], planes[row - point * sides, 1], sigma[row]
                    sxx += weight * nx * nx
                    sxy += weight * nx * ny
                    syy += weight * ny * ny
                    gx -= push[row] * nx
                    gy -= push[row] * ny
        else:
            row = point - FIRST
            if skip_discs[row]:
                continue
            w = cones[row]
            size = 1.0 / (w[3] * w[3])
            sxx, sxy = size * (2.0 * w[1] * w[1] + 1.0), size * 2.0 * w[1] * w[2]
            syy = size * (2.0 * w[2] * w[2] + 1.0)
            gx, gy = cone_push[row, 0], cone_push[row, 1]
        spread(work, (piece, point), (sxx, sxy, syy, gx, gy), matrix, rhs)


@compiled
def spread(work: tuple[Any, ...], at: tuple[Any, ...], sums: tuple[Any, ...], matrix: Array, rhs: Array) -> None:
    """One bounded vector's share: states before 0-5, duration 6, states after 7-12."""
    piece, point = at
    weights, by_time = work[0][piece], work[3][piece]
    sxx, sxy, syy, gx, gy = sums
    tx, ty = by_time[point, 0], by_time[point, 1]
    stx, sty = sxx * tx + sxy * ty, sxy * tx + syy * ty
    for state in range(6):
        weight = weights[point, state]
        if weight == 0.0:
            continue
        here = 2 * state + (1 if state >= 3 else 0)
        rhs[here] += weight * gx
        rhs[here + 1] += weight * gy
        if len(matrix) == 0:
            continue
        matrix[6, here] += weight * stx
        matrix[6, here + 1] += weight * sty
        for other in range(state + 1):
            product = weight * weights[point, other]
            if product != 0.0:
                there = 2 * other + (1 if other >= 3 else 0)
                matrix[here, there] += product * sxx
                matrix[here + 1, there] += product * sxy
                matrix[here + 1, there + 1] += product * syy
                if there != here:
                    matrix[here, there + 1] += product * sxy
    rhs[6] += gx * tx + gy * ty
    if len(matrix) != 0:
        matrix[6, 6] += tx * stx + ty * sty


@compiled
def assemble(
    work: tuple[Any, ...],
    problem: tuple[Any, ...],
    weights: tuple[Any, ...],
    pushes: tuple[Any, ...],
    system: tuple[Any, ...],
    with_matrix: bool,
) -> None:
    """The matrix of a step and its right-hand side."""
    _, durations, planes, sides, _ = problem
    sigma, cones, skip_lines, skip_discs = weights
    diagonal, below, right = system
    count = len(durations)
    right[:] = 0.0
    matrix, rhs = np.zeros((13 if with_matrix else 0, 13)), np.empty(13)
    if with_matrix:
        diagonal[:] = 0.0
        below[:] = 0.0
    for piece in range(count):
        matrix[:] = 0.0
        rhs[:] = 0.0
        of_piece = (sigma[piece], cones[piece], skip_lines[piece], skip_discs[piece])
        pushed = (pushes[0][piece], pushes[1][piece])
        local(work, piece, sides[piece], planes[piece], of_piece, pushed, matrix, rhs)
        row = FIRST * sides[piece]
        rhs[6] += pushes[0][piece, row] - pushes[0][piece, row + 1] - 1.0
        if with_matrix:
            matrix[6, 6] += sigma[piece, row] + sigma[piece, row + 1]
            place(matrix, rhs, piece, system)
        else:
            place_rhs(rhs, piece, right)
    right[count - 1, 1:] = 0.0
    if with_matrix:
        for block in range(count):
            for row in range(BLOCK):
                diagonal[block, row, row] += 1e-9
        for row in range(1, BLOCK):
            diagonal[count - 1, row, :] = 0.0
            diagonal[count - 1, row, row] = 1.0
            below[count - 1, row, :] = 0.0


@compiled
def along_step(work: tuple[Any, ...], piece: int, step: Array, out: Array) -> None:
    """Change (16, 2) of the bounded vectors of a piece along a step."""
    weights, by_time = work[0][piece], work[3][piece]
    for point in range(POINTS):
        x, y = by_time[point, 0] * step[piece, 0], by_time[point, 1] * step[piece, 0]
        for state in range(6):
            weight = weights[point, state]
            block = piece - 1 + state // 3
            if weight != 0.0 and block >= 0:
                column = 1 + 2 * (state % 3)
                x += weight * step[block, column]
                y += weight * step[block, column + 1]
        out[point, 0], out[point, 1] = x, y


@compiled
def rooms(
    work: tuple[Any, ...], problem: tuple[Any, ...], was: Array, trust: float, lines: Array, discs: Array
) -> None:
    """What is left to each half-plane and duration bound, and the vectors in their discs, by the tangents."""
    w, _, c, dc = work
    states, durations, planes, sides, bounds = problem
    for piece in range(len(durations)):
        vectors_of(w[piece], states, piece, c[piece])
        c[piece] += dc[piece] * (durations[piece] - was[piece])
        n = sides[piece]
        for point in range(FIRST):
            for side in range(n):
                plane = planes[piece, side]
                lines[piece, point * n + side] = (
                    plane[2] - plane[0] * c[piece, point, 0] - plane[1] * c[piece, point, 1]
                )
        lines[piece, FIRST * n] = durations[piece] - (1.0 - trust) * was[piece]
        lines[piece, FIRST * n + 1] = (1.0 + trust) * was[piece] - durations[piece]
        for disc in range(DISCS):
            discs[piece, disc, 0] = bounds[piece, disc, 2]
            discs[piece, disc, 1] = c[piece, FIRST + disc, 0] - bounds[piece, disc, 0]
            discs[piece, disc, 2] = c[piece, FIRST + disc, 1] - bounds[piece, disc, 1]


@compiled
def skipped(count: int, rows: int, sides: Index) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Rows without a bound, and bounds that hold of themselves because the two ends are given."""
    lines, discs = np.ones((count, rows), dtype=np.bool_), np.zeros((count, DISCS), dtype=np.bool_)
    for piece in range(count):
        lines[piece, : FIRST * sides[piece] + 2] = False
    lines[0, : sides[0]] = True
    last = sides[count - 1]
    lines[count - 1, 5 * last : 6 * last] = True
    discs[0, 0], discs[0, 4] = True, True
    return lines, discs
