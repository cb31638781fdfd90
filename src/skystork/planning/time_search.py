"""How long each piece of a flight should take: rounds of a convex problem in states and durations, in machine code.

The cone problem that decides a flight (:mod:`skystork.planning.trajectory`) needs the durations of the pieces up to a
common factor. Here all bounded vectors are replaced by their tangents in states and durations, the shortest flight by
those is found, and this is repeated from what was found. The answer is a guess and is treated as one: nothing of it is
flown, and the cone problem decides how long the flight takes.

Each piece touches only the states at its two ends, so the matrix of a step is block tridiagonal with blocks of seven
(one duration, one state of six), and a step of the interior point method costs a few microseconds a piece.

Source: Vandenberghe, The CVXOPT linear and quadratic cone program solvers (2010), for the scaling and the step.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from skystork.compiled import compiled
from skystork.planning.blocks_search import BLOCK, factor, solve
from skystork.planning.cones_search import divided, reach, scaled, scaling
from skystork.planning.pieces_search import (
    DISCS,
    FIRST,
    POINTS,
    along_step,
    assemble,
    point_weights,
    rooms,
    skipped,
    vectors_of,
)

Array = NDArray[np.float64]
Index = NDArray[np.int64]

_TO_BOUNDARY = 0.98
_MOST_STEPS = 25
_FIRST_MEAN = 5.0
"""Product of slack and multiplier at the start, in shares of the time over the number of bounds. With 0.2 the first
third of all steps went by with hardly a move, because a guess breaks many bounds."""
_HELD = 1e9
"""Weight that keeps a duration where it is."""


@compiled
def improve(
    states: Array, durations: Array, planes: Array, sides: Index, discs: Array, tables: tuple[Any, ...], rounds: Array
) -> tuple[int, float]:
    """Improve states (n + 1, 6) and durations (n,) in place.

    Parameters
    ----------
    planes
        (n, most sides, 3) normal and offset of each side of the cell of each piece; ``sides`` says how many.
    discs
        (n, 10, 3) middle and radius of the bound of each vector of velocity, acceleration and jerk.
    tables
        Weights and powers of the sixteen vectors, (16, 6) each.
    rounds
        (m, 2): for each round by what share a duration may change, and to what share of the time it is solved.

    Returns
    -------
    tuple
        Steps taken in all, -1 where a round failed; and of the last round the gap as a share of the time.
    """
    count = len(durations)
    shape, plain = (count, POINTS, 6), (count, POINTS, 2)
    work = (np.empty(shape), np.empty(shape), np.empty(plain), np.empty(plain))
    skip = skipped(count, FIRST * planes.shape[1] + 2, sides)
    problem = (states, durations, planes, sides, discs)
    steps, gap = 0, 0.0
    for number in range(len(rounds)):
        old_states, old_durations = states.copy(), durations.copy()
        taken, gap = _round(work, problem, skip, tables, rounds[number])
        if taken < 0:
            states[:], durations[:] = old_states, old_durations
            return -1, gap
        steps += taken
    return steps, gap


@compiled
def _round(
    work: tuple[Any, ...], problem: tuple[Any, ...], skip: tuple[Any, ...], tables: tuple[Any, ...], aim: Array
) -> tuple[int, float]:
    """Solve the problem by its tangents where it stands: a convex one."""
    w, dw, _, dc = work
    states, durations, planes, sides, _ = problem
    skip_lines, skip_discs = skip
    count = len(durations)
    was = durations.copy()
    for piece in range(count):
        point_weights(tables[0], tables[1], durations[piece], w[piece], dw[piece])
        vectors_of(dw[piece], states, piece, dc[piece])
    degree = (~skip_lines).sum() + (~skip_discs).sum()
    lines, discs = np.ones(skip_lines.shape), np.zeros((count, DISCS, 3))
    rooms(work, problem, was, aim[0], lines, discs)
    if _smoothed(work, problem, skip, discs):
        rooms(work, problem, was, aim[0], lines, discs)
    lines_slack, discs_slack = np.maximum(lines, 0.05), discs.copy()
    for piece in range(count):
        for disc in range(DISCS):
            discs_slack[piece, disc, 0] = max(
                discs[piece, disc, 0], 1.2 * np.hypot(discs[piece, disc, 1], discs[piece, disc, 2])
            )
    mean = _FIRST_MEAN * durations.sum() / degree
    lines_dual, discs_dual = mean / lines_slack, np.zeros_like(discs)
    for piece in range(count):
        for disc in range(DISCS):
            s = discs_slack[piece, disc]
            size = s[0] * s[0] - s[1] * s[1] - s[2] * s[2]
            discs_dual[piece, disc, 0] = mean * s[0] / size
            discs_dual[piece, disc, 1], discs_dual[piece, disc, 2] = -mean * s[1] / size, -mean * s[2] / size
    pairs = (lines_slack, discs_slack, lines_dual, discs_dual)
    for taken in range(_MOST_STEPS):
        lines_rest, discs_rest = np.where(skip_lines, 0.0, lines - lines_slack), discs - discs_slack
        breach = np.abs(lines_rest).max()
        for piece in range(count):
            for disc in range(DISCS):
                if skip_discs[piece, disc]:
                    discs_rest[piece, disc] = 0.0
        breach = max(breach, np.abs(discs_rest).max())
        gap = mean * degree / durations.sum()
        if gap < aim[1] and breach < 0.1 * aim[1]:
            return taken, gap
        mean = _step(work, problem, pairs, (lines_rest, discs_rest, skip_lines, skip_discs), mean, degree)
        if not np.isfinite(mean):
            return -1, gap
        rooms(work, problem, was, aim[0], lines, discs)
    return _MOST_STEPS, gap


@compiled
def _smoothed(work: tuple[Any, ...], problem: tuple[Any, ...], skip: tuple[Any, ...], discs: Array) -> bool:
    """Move the states so that vectors beyond their bounds come near them, and others change little; by least squares.

    Where short pieces meet at a corner the jerk of a guess is a hundred times its bound, which no step from there
    brings down at once.
    """
    states, durations, _, sides, _ = problem
    skip_lines, skip_discs = skip
    count = len(durations)
    system = (np.empty((count, BLOCK, BLOCK)), np.empty((count, BLOCK, BLOCK)), np.empty((count, BLOCK)))
    pushes = (np.zeros(skip_lines.shape), np.zeros((count, DISCS, 2)))
    sigma, cones = np.ones(skip_lines.shape), np.zeros((count, DISCS, 4))
    cones[:, :, 0], cones[:, :, 3] = 1.0, 1.0
    for piece in range(count):
        sigma[piece, FIRST * sides[piece] : FIRST * sides[piece] + 2] = _HELD
        for disc in range(DISCS):
            bound, x, y = discs[piece, disc]
            over = 1.0 - min(1.0, bound / max(np.hypot(x, y), 1e-12))
            pushes[1][piece, disc, 0], pushes[1][piece, disc, 1] = -over * x, -over * y
    assemble(work, problem, (sigma, cones, skip_lines, skip_discs), pushes, system, True)
    if not factor(system[0], system[1], count):
        return False
    solve(system[0], system[1], system[2], count)
    for piece in range(count - 1):
        states[piece + 1] += system[2][piece, 1:]
    return True


@compiled
def _changes(
    work: tuple[Any, ...], sides: Index, planes: Array, step: Array, rests: tuple[Any, ...], out: tuple[Any, ...]
) -> None:
    """Changes of the slacks along a step."""
    lines_rest, discs_rest, _, _ = rests
    lines_out, discs_out = out
    vectors = np.empty((POINTS, 2))
    for piece in range(len(sides)):
        n = sides[piece]
        along_step(work, piece, step, vectors)
        for point in range(FIRST):
            for side in range(n):
                row = point * n + side
                plane = planes[piece, side]
                lines_out[piece, row] = (
                    lines_rest[piece, row] - plane[0] * vectors[point, 0] - plane[1] * vectors[point, 1]
                )
        lines_out[piece, FIRST * n] = lines_rest[piece, FIRST * n] + step[piece, 0]
        lines_out[piece, FIRST * n + 1] = lines_rest[piece, FIRST * n + 1] - step[piece, 0]
        for disc in range(DISCS):
            discs_out[piece, disc, 0] = discs_rest[piece, disc, 0]
            discs_out[piece, disc, 1] = discs_rest[piece, disc, 1] + vectors[FIRST + disc, 0]
            discs_out[piece, disc, 2] = discs_rest[piece, disc, 2] + vectors[FIRST + disc, 1]


@compiled
def _pushes(
    problem: tuple[Any, ...],
    pairs: tuple[Any, ...],
    rests: tuple[Any, ...],
    kept: tuple[Any, ...],
    aims: tuple[Any, ...],
) -> None:
    """What the bounds add to the right-hand side, into ``aims``: the pushes of lines and discs.

    ``kept`` holds the weights and, for the corrector, the wanted products.
    """
    lines_slack = pairs[0]
    lines_rest, discs_rest, skip_lines, skip_discs = rests
    sigma, cones, lines_want, discs_want = kept
    push, cone_push = aims
    for piece in range(len(problem[3])):
        for row in range(lines_slack.shape[1]):
            if not skip_lines[piece, row]:
                push[piece, row] = (
                    lines_want[piece, row] / lines_slack[piece, row] - sigma[piece, row] * lines_rest[piece, row]
                )
        for disc in range(DISCS):
            if not skip_discs[piece, disc]:
                w, rest = cones[piece, disc], discs_rest[piece, disc]
                one = scaled(w, rest[0], rest[1], rest[2], -1.0)
                two = scaled(
                    w,
                    discs_want[piece, disc, 0] - one[0],
                    discs_want[piece, disc, 1] - one[1],
                    discs_want[piece, disc, 2] - one[2],
                    -1.0,
                )
                cone_push[piece, disc, 0], cone_push[piece, disc, 1] = two[1], two[2]


@compiled
def _dual_changes(
    pairs: tuple[Any, ...],
    rests: tuple[Any, ...],
    kept: tuple[Any, ...],
    slack_changes: tuple[Any, ...],
    out: tuple[Any, ...],
) -> tuple[float, float]:
    """Changes of the multipliers that go with changes of the slacks; how far both kinds can go."""
    lines_slack, discs_slack, lines_dual, discs_dual = pairs
    skip_lines, skip_discs = rests[2], rests[3]
    sigma, cones, lines_want, discs_want = kept
    along, along_dual = 1.0, 1.0
    for piece in range(len(lines_slack)):
        for row in range(lines_slack.shape[1]):
            if skip_lines[piece, row]:
                continue
            s, z, ds = lines_slack[piece, row], lines_dual[piece, row], slack_changes[0][piece, row]
            dz = lines_want[piece, row] / s - z - sigma[piece, row] * ds
            out[0][piece, row] = dz
            if ds < 0.0:
                along = min(along, -_TO_BOUNDARY * s / ds)
            if dz < 0.0:
                along_dual = min(along_dual, -_TO_BOUNDARY * z / dz)
        for disc in range(DISCS):
            if skip_discs[piece, disc]:
                continue
            w, d = cones[piece, disc], slack_changes[1][piece, disc]
            one = scaled(w, d[0], d[1], d[2], -1.0)
            want = discs_want[piece, disc]
            two = scaled(w, want[0] - one[0], want[1] - one[1], want[2] - one[2], -1.0)
            for part in range(3):
                out[1][piece, disc, part] = two[part] - discs_dual[piece, disc, part]
            along = min(along, _TO_BOUNDARY * reach(discs_slack[piece, disc], d))
            along_dual = min(along_dual, _TO_BOUNDARY * reach(discs_dual[piece, disc], out[1][piece, disc]))
    return along, along_dual


@compiled
def _product(
    pairs: tuple[Any, ...], rests: tuple[Any, ...], lines: tuple[Any, ...], discs: tuple[Any, ...], far: tuple[Any, ...]
) -> float:
    """Sum of the products of slacks and multipliers after a step."""
    total = 0.0
    for piece in range(len(pairs[0])):
        for row in range(pairs[0].shape[1]):
            if not rests[2][piece, row]:
                total += (pairs[0][piece, row] + far[0] * lines[0][piece, row]) * (
                    pairs[2][piece, row] + far[1] * lines[1][piece, row]
                )
        for disc in range(DISCS):
            if not rests[3][piece, disc]:
                for part in range(3):
                    total += (pairs[1][piece, disc, part] + far[0] * discs[0][piece, disc, part]) * (
                        pairs[3][piece, disc, part] + far[1] * discs[1][piece, disc, part]
                    )
    return total


@compiled
def _wanted(
    pairs: tuple[Any, ...],
    rests: tuple[Any, ...],
    cones: Array,
    changes: tuple[Any, ...],
    target: float,
    out: tuple[Any, ...],
) -> None:
    """Products that the corrector aims at: the target less what the predictor got wrong."""
    lines_change, discs_change, lines_dual_change, discs_dual_change = changes
    for piece in range(len(pairs[0])):
        for row in range(pairs[0].shape[1]):
            if not rests[2][piece, row]:
                out[0][piece, row] = target - lines_change[piece, row] * lines_dual_change[piece, row]
        for disc in range(DISCS):
            if rests[3][piece, disc]:
                continue
            w, z = cones[piece, disc], pairs[3][piece, disc]
            ds, dz = discs_change[piece, disc], discs_dual_change[piece, disc]
            here = scaled(w, z[0], z[1], z[2], 1.0)
            one, two = scaled(w, ds[0], ds[1], ds[2], -1.0), scaled(w, dz[0], dz[1], dz[2], 1.0)
            want = divided(
                here,
                target - one[0] * two[0] - one[1] * two[1] - one[2] * two[2],
                -one[0] * two[1] - two[0] * one[1],
                -one[0] * two[2] - two[0] * one[2],
            )
            for part in range(3):
                out[1][piece, disc, part] = want[part]


@compiled
def _step(
    work: tuple[Any, ...],
    problem: tuple[Any, ...],
    pairs: tuple[Any, ...],
    rests: tuple[Any, ...],
    mean: float,
    degree: int,
) -> float:
    """One predictor and corrector step; the new mean product, nan where the matrix is not positive."""
    states, durations, planes, sides, _ = problem
    lines_slack, discs_slack, lines_dual, discs_dual = pairs
    count = len(durations)
    system = (np.empty((count, BLOCK, BLOCK)), np.empty((count, BLOCK, BLOCK)), np.empty((count, BLOCK)))
    sigma, cones = lines_dual / lines_slack, np.zeros((count, DISCS, 4))
    for piece in range(count):
        for disc in range(DISCS):
            scaling(discs_slack[piece, disc], discs_dual[piece, disc], cones[piece, disc])
    wants = (np.zeros_like(lines_slack), np.zeros_like(discs_slack))
    pushes = (np.zeros_like(lines_slack), np.zeros((count, DISCS, 2)))
    weights = (sigma, cones, rests[2], rests[3])
    _pushes(problem, pairs, rests, (sigma, cones, wants[0], wants[1]), pushes)
    assemble(work, problem, weights, pushes, system, True)
    if not factor(system[0], system[1], count):
        return np.nan
    slacks = (np.zeros_like(lines_slack), np.zeros_like(discs_slack))
    duals = (np.zeros_like(lines_slack), np.zeros_like(discs_slack))
    far = (1.0, 1.0)
    for turn in range(2):
        solve(system[0], system[1], system[2], count)
        _changes(work, sides, planes, system[2], rests, slacks)
        far = _dual_changes(pairs, rests, (sigma, cones, wants[0], wants[1]), slacks, duals)
        if turn == 0:
            ahead = _product(pairs, rests, (slacks[0], duals[0]), (slacks[1], duals[1]), far) / degree
            target = min(max((ahead / mean) ** 3, 1e-3), 0.8) * mean
            _wanted(pairs, rests, cones, (slacks[0], slacks[1], duals[0], duals[1]), target, wants)
            _pushes(problem, pairs, rests, (sigma, cones, wants[0], wants[1]), pushes)
            assemble(work, problem, weights, pushes, system, False)
    mean = _product(pairs, rests, (slacks[0], duals[0]), (slacks[1], duals[1]), far) / degree
    lines_slack += far[0] * slacks[0]
    discs_slack += far[0] * slacks[1]
    lines_dual += far[1] * duals[0]
    discs_dual += far[1] * duals[1]
    durations += far[0] * system[2][:, 0]
    for piece in range(count - 1):
        states[piece + 1] += far[0] * system[2][piece, 1:]
    return mean
