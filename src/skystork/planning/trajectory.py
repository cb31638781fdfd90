"""The fastest flight through a corridor, from rest to rest, as a C² Bézier curve within bounds at every instant.

A second-order cone problem is solved again and again with the same sparsity pattern, so that cvxpy compiles it once
for each shape. After each *scale* step (which gives a flyable curve) a *tangent* step moves time between the pieces;
the flight with the least time is kept. The status of the solver is not believed: the curve is taken apart into its
control points, and what remains over a bound is removed by stretching time, which leaves the geometry as it is.

Sources: Marcucci et al., Fast Path Planning Through Large Collections of Safe Boxes, IEEE T-RO 40 (2024), for the
alternation; Agrawal et al., Differentiable Convex Optimization Layers (2019), for parametrised problems.
"""

from __future__ import annotations

import importlib
import warnings
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array

from skystork.planning.bezier import derivative_points, weights_at
from skystork.planning.cone_rows import Bounds, Rows, Shape, fill, pattern_of
from skystork.planning.corridor import Cell
from skystork.planning.flight_plan import BezierSegment
from skystork.planning.time_layout import Layout, Motion, lay_out, padded, shortest_time_s

Array = NDArray[np.float64]

PIECE_COUNTS = (8, 16, 24, 32, 48, 64, 96, 128, 192, 256)
"""Shapes that are compiled; a flight takes the next larger."""
PLANE_STEP = 8
GAP_GOAL = 1.005
"""Stop once within 0.5 % of the time that no flight can beat."""
MAX_ROUNDS = 6
"""Rounds of tangent and scale."""
FIRST_TRUST = 0.4
WALL_TOLERANCE_M = 1e-3
"""A control point may lie this far outside its cell [m]: a thousandth of the slack between path and wall."""
BOUND_TOLERANCE = 1e-9


@dataclass(frozen=True, slots=True)
class Trajectory:
    """A curve and how good it is."""

    segments: tuple[BezierSegment, ...]
    duration_s: float
    shortest_time_s: float
    """What no flight along this path can beat [s]; with wind an estimate."""


@dataclass(frozen=True, slots=True)
class _Flight:
    durations: Array
    states: Array
    """(pieces + 1, 3, 2)."""


@dataclass(frozen=True, slots=True)
class _Problem:
    shape: Shape
    planes: tuple[Array, Array]
    bounds: Bounds
    ends: Array
    """(2, 2) start and goal."""


def optimise_trajectory(
    path: tuple[tuple[float, float], ...], cells: tuple[Cell, ...], motion: Motion
) -> Trajectory | None:
    """The fastest curve found in the corridor; None if the solver finds none or the result breaks a bound.

    Parameters
    ----------
    path
        Corners of the shortest path, from rest to rest [m].
    cells
        One for each leg of the path.
    """
    length_unit = motion.air_speed_m_s**2 / motion.acceleration_m_s2
    time_unit = motion.air_speed_m_s / motion.acceleration_m_s2
    layout = lay_out(path, motion)
    layout = padded(layout, next((count for count in PIECE_COUNTS if count >= len(layout.cells)), len(layout.cells)))
    origin = np.array(path[0])
    problem = _pose(layout, cells, motion, origin, (np.array([path[0], path[-1]]) - origin) / length_unit)
    goal = shortest_time_s(path, motion)
    flight = _improve(problem, np.array(layout.durations_s) / time_unit, GAP_GOAL * goal / time_unit)
    if flight is None:
        return None
    points = _control_points(flight) * length_unit + origin
    durations = _stretched(points, flight.durations * time_unit, motion)
    if durations is None or not _inside_cells(points, layout, cells):
        return None
    segments = tuple(
        BezierSegment(tuple((float(x), float(y)) for x, y in piece), float(duration))
        for piece, duration in zip(points, durations, strict=True)
    )
    return Trajectory(segments, float(durations.sum()), goal)


def _pose(layout: Layout, cells: tuple[Cell, ...], motion: Motion, origin: Array, ends: Array) -> _Problem:
    """The problem without units, about the start."""
    length_unit = motion.air_speed_m_s**2 / motion.acceleration_m_s2
    most = max(len(cell.offsets_m) for cell in cells)
    shape = Shape(len(layout.cells), -(-most // PLANE_STEP) * PLANE_STEP)
    normals = np.zeros((shape.pieces, shape.planes, 2))
    offsets = np.ones((shape.pieces, shape.planes))
    for piece, index in enumerate(layout.cells):
        cell = cells[index]
        normals[piece, : len(cell.offsets_m)] = cell.normals
        offsets[piece, : len(cell.offsets_m)] = (cell.offsets_m - cell.normals @ origin) / length_unit
    jerk = motion.jerk_m_s3 * motion.air_speed_m_s / motion.acceleration_m_s2**2
    bounds = Bounds(1.0, 1.0, jerk, np.array(motion.wind_enu_m_s) / motion.air_speed_m_s)
    return _Problem(shape, (normals, offsets), bounds, ends)


def _improve(problem: _Problem, durations: Array, good_enough: float) -> _Flight | None:
    """Scale, then rounds of tangent and scale while they help."""
    best = _scale(problem, durations)
    trust = FIRST_TRUST
    for _ in range(MAX_ROUNDS):
        if best is None or best.durations.sum() <= good_enough:
            break
        shared = _share_time(problem, best, trust)
        tried = None if shared is None else _scale(problem, shared)
        if tried is not None and tried.durations.sum() < best.durations.sum():
            gain = 1 - tried.durations.sum() / best.durations.sum()
            best = tried
            if gain < 5e-4:
                break
        else:
            trust /= 4
    return best


def _scale(problem: _Problem, durations: Array) -> _Flight | None:
    """The least common scale of these durations; solved again where the tangent at s = 1 was far from it."""
    flight = None
    for _ in range(4):
        solution = _solve(problem, fill(problem.shape, durations, problem.planes, problem.bounds))
        if solution is None:
            return flight
        scale = float(solution[-1])
        durations = durations * scale
        states = solution[: 6 * (problem.shape.pieces + 1)].reshape(-1, 3, 2)
        flight = _Flight(durations, states / scale ** np.arange(3)[None, :, None])
        if abs(scale - 1) < 2e-2:
            break
    return flight


def _share_time(problem: _Problem, flight: _Flight, trust: float) -> Array | None:
    rows = fill(problem.shape, flight.durations, problem.planes, problem.bounds, states=flight.states, trust=trust)
    solution = _solve(problem, rows)
    if solution is None:
        return None
    change = solution[6 * (problem.shape.pieces + 1) : -1]
    return flight.durations * (1 + np.clip(change, -trust, trust))


def _solve(problem: _Problem, rows: Rows) -> Array | None:
    compiled = _compiled(problem.shape)
    ends = np.zeros((2, 3, 2))
    ends[:, 0] = problem.ends
    return compiled.solve(rows, ends.ravel())


class _Compiled:
    """One cvxpy problem of one shape, its numbers open."""

    def __init__(self, shape: Shape) -> None:
        # Imported here: it takes a second, and a service that only answers questions never needs it.
        cvxpy: Any = importlib.import_module("cvxpy")

        pattern = pattern_of(shape)
        order = np.lexsort((pattern.columns, pattern.rows))
        self._order = order
        self._cvxpy = cvxpy
        where = (pattern.rows[order], pattern.columns[order])
        self._matrix: Any = cvxpy.Parameter((shape.rows, shape.unknowns), sparsity=where)
        self._where = where
        self._h: Any = cvxpy.Parameter(shape.rows)
        self._cost: Any = cvxpy.Parameter(shape.unknowns)
        self._ends: Any = cvxpy.Parameter(12)
        self._x: Any = cvxpy.Variable(shape.unknowns)
        slack = self._h - self._matrix @ self._x
        heads, size = shape.linear_rows, shape.cones
        components = [slack[heads + size * part : heads + size * (part + 1)] for part in (0, 1, 2)]
        fixed = np.concatenate([np.arange(6), 6 * shape.pieces + np.arange(6)])
        self._problem: Any = cvxpy.Problem(
            cvxpy.Minimize(self._cost @ self._x),
            [
                slack[:heads] >= 0,
                cvxpy.SOC(components[0], cvxpy.vstack(components[1:]), axis=0),
                self._x[fixed] == self._ends,
            ],
        )

    def solve(self, rows: Rows, ends: Array) -> Array | None:
        """The unknowns, or None where the solver gives nothing finite."""
        self._matrix.value_sparse = coo_array((rows.values[self._order], self._where), self._matrix.shape)
        self._h.value, self._cost.value, self._ends.value = rows.h, rows.cost, ends
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # "may be inaccurate": accuracy is checked on the curve itself
                self._problem.solve(solver="CLARABEL", warm_start=False)  # the same answer every time
        except self._cvxpy.error.SolverError:
            return None
        solution = self._x.value
        if solution is None or not np.all(np.isfinite(solution)):
            return None
        return np.asarray(solution, dtype=np.float64)


@lru_cache(maxsize=32)
def _compiled(shape: Shape) -> _Compiled:
    return _Compiled(shape)


def _control_points(flight: _Flight) -> Array:
    """(pieces, 6, 2), with the two ends at rest by construction."""
    ends = np.concatenate([flight.states[:-1], flight.states[1:]], axis=1)
    points: Array = np.einsum("nks,nsa->nka", weights_at(0, flight.durations), ends)
    points[0, :3] = points[0, 0]
    points[-1, 3:] = points[-1, -1]
    return points


def _stretched(points: Array, durations: Array, motion: Motion) -> Array | None:
    """Durations stretched until every bound holds; None if ten stretches do not bring it there."""
    for _ in range(10):
        excess = _excess(points, durations, motion)
        if excess <= BOUND_TOLERANCE:
            return durations
        if excess > 0.5:
            return None
        durations = durations * (1 + excess * 1.01 + 1e-12)
    return None


def _excess(points: Array, durations: Array, motion: Motion) -> float:
    """By what share the worst control point of a derivative is beyond its bound."""
    worst = 0.0
    for piece, duration in zip(points, durations, strict=True):
        velocity = derivative_points(piece, float(duration))
        acceleration = derivative_points(velocity, float(duration))
        jerk = derivative_points(acceleration, float(duration))
        through_air = velocity - np.array(motion.wind_enu_m_s)
        limits = (motion.air_speed_m_s, motion.acceleration_m_s2, motion.jerk_m_s3)
        for values, limit in zip((through_air, acceleration, jerk), limits, strict=True):
            worst = max(worst, float(np.hypot(*values.T).max()) / limit - 1)
    return worst


def _inside_cells(points: Array, layout: Layout, cells: tuple[Cell, ...]) -> bool:
    return all(
        float(np.max(piece @ cells[index].normals.T - cells[index].offsets_m)) <= WALL_TOLERANCE_M
        for piece, index in zip(points, layout.cells, strict=True)
    )
