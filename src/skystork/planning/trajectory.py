"""The fastest flight through a corridor, from rest to rest, as a C² Bézier curve within bounds at every instant.

A guess of the flight is laid out along the path, and rounds of a search share the time between its pieces. With the
durations fixed up to a common factor the flight is a cone problem, which cvxpy compiles once for each shape. Its
answer is a flight; the search may go on from there while the time is well above the bound that no flight beats. How
much is tried depends on what was found alone, never on a clock: the same request gives the same flight.

No solver is believed: the curve is taken apart into its control points, what is outside its cell is refused, and what
remains over a bound of motion is removed by stretching time, which leaves the geometry as it is.

Sources: Marcucci et al., Fast Path Planning Through Large Collections of Safe Boxes, IEEE T-RO 40 (2024), for the
alternation of curve and durations.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from skystork.planning.bezier import DERIVATIVE_WEIGHTS, STATE_POWERS, segment_points, states_at_ends, weights_at
from skystork.planning.cone_energy import EnergyNumbers, EnergyShape, energy_numbers, with_energy
from skystork.planning.cone_program import program_of
from skystork.planning.cone_rows import DISCS, Lines, Shape, fill
from skystork.planning.corridor import Cell
from skystork.planning.energy_bound import EnergyTerms, energy_bound_j
from skystork.planning.flight_plan import BezierSegment
from skystork.planning.time_layout import Layout, Motion, lay_out, padded, sharpest_turn_rad, shortest_time_s

Array = NDArray[np.float64]

PIECE_COUNTS = (8, 12, 16, 20, 24, 28, 32, 36, 40, 48, 56, 64, 72, 80, 96, 112, 128, 160, 192, 224, 256)
"""Shapes that are compiled; a flight takes the next larger."""
LINE_COUNTS = (4, 8, 16, 48)
"""Half-planes taken in for each half of a piece; more where a broken one asks for it."""
ROUNDS = np.array([[0.6, 5e-2], [0.4, 1e-2]])
"""By what share a duration may change in each round of the search, and how well the round is solved."""
MORE_ROUNDS = np.array([[0.3, 1e-3]])
ALMOST_STRAIGHT = 1.0005
"""A guess within this of the shortest time, without sharp turns, is first tried as it is."""
SHARP_RAD = 0.35
GOOD = 1.0002
"""A flight within this of the shortest time is not searched on."""
AGREED = 1.006
"""Nor one within this of what the search foresaw: it stands at its local optimum."""
MOST_SEARCHES = 2
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
    cells: tuple[int, ...]
    """Which cell of the corridor holds each segment."""
    energy_bound_j: float | None = None
    """What it proves not to exceed [J], where energy was asked for."""


@dataclass(frozen=True, slots=True)
class _Flight:
    durations: Array
    states: Array
    """(pieces + 1, 6): position, velocity, acceleration."""


@dataclass(frozen=True, slots=True)
class _Problem:
    """Without units, about the start."""

    pieces: int
    planes: Array
    """(pieces, most sides, 3): normal and offset; past the sides of a cell 0 0 1, which always holds."""
    sides: NDArray[np.int64]
    discs: Array
    """(pieces, 10, 3)."""
    ends: Array
    """(2, 2) start and goal."""
    new_cell: NDArray[np.bool_]
    """(pieces,) whether a piece begins another cell."""
    windy: bool
    energy: EnergyNumbers | None = None


def optimise_trajectory(
    path: tuple[tuple[float, float], ...],
    cells: tuple[Cell, ...],
    motion: Motion,
    *,
    taut_path: tuple[tuple[float, float], ...] | None = None,
) -> Trajectory | None:
    """The fastest curve found in the corridor; None if the solver finds none or the result breaks a bound.

    Parameters
    ----------
    path
        Corners of a path that the walls leave room about, from rest to rest [m].
    cells
        One for each leg of the path.
    taut_path
        The shortest path, where ``path`` was moved off it: the bound is taken from it [m].
    """
    layout, problem, guess = _start(path, cells, motion)
    bound_s = shortest_time_s(taut_path or path, motion)
    sharp, time_unit = sharpest_turn_rad(path) > SHARP_RAD, motion.air_speed_m_s / motion.acceleration_m_s2
    flight = _fly(problem, guess, bound_s / time_unit, sharp=sharp)
    return None if flight is None else _looked_at(flight, np.array(path[0]), layout.cells, (cells, motion), bound_s)


def guessed_trajectory(path: tuple[tuple[float, float], ...], cells: tuple[Cell, ...], motion: Motion) -> Trajectory:
    """A start for :func:`with_less_energy` and no flight: nothing says that it keeps a bound."""
    layout, problem, guess = _start(path, cells, motion)
    bound_s = shortest_time_s(path, motion)
    time_unit = motion.air_speed_m_s / motion.acceleration_m_s2
    if sharpest_turn_rad(path) > SHARP_RAD or guess.durations.sum() * time_unit > ALMOST_STRAIGHT * bound_s:
        guess = _searched(problem, guess, ROUNDS)
    points = _control_points(guess) * (motion.air_speed_m_s * time_unit) + np.array(path[0])
    return _trajectory(points, guess.durations * time_unit, layout.cells, cells, bound_s)


def _start(
    path: tuple[tuple[float, float], ...], cells: tuple[Cell, ...], motion: Motion
) -> tuple[Layout, _Problem, _Flight]:
    """The problem without units, and a flight laid out along the path."""
    length_unit = motion.air_speed_m_s**2 / motion.acceleration_m_s2
    time_unit = motion.air_speed_m_s / motion.acceleration_m_s2
    limits = tuple(cell.speed_limit_m_s for cell in cells)
    layout = lay_out(path, motion, limits if math.isfinite(min(limits)) else ())
    count = len(layout.cells)
    layout = padded(layout, next((each for each in PIECE_COUNTS if each >= count), -(-count // 64) * 64))
    problem = _pose(layout.cells, cells, motion, np.array([path[0], path[-1]]))
    states = layout.states - np.array([path[0], (0.0, 0.0), (0.0, 0.0)])
    states /= np.array([length_unit, motion.air_speed_m_s, motion.acceleration_m_s2])[None, :, None]
    return layout, problem, _Flight(layout.durations_s / time_unit, np.ascontiguousarray(states.reshape(-1, 6)))


def with_less_energy(
    flight: Trajectory, cells: tuple[Cell, ...], motion: Motion, energy: EnergyTerms
) -> Trajectory | None:
    """The cone problem with its energy, from a flight; None if the solver finds none or the result breaks a bound.

    Parameters
    ----------
    motion
        Its air speed is a bound; the flight given may have been made for a lower one.
    """
    length_unit = motion.air_speed_m_s**2 / motion.acceleration_m_s2
    time_unit = motion.air_speed_m_s / motion.acceleration_m_s2
    points = np.array([segment_points(segment) for segment in flight.segments])
    durations = np.array([segment.duration_s for segment in flight.segments])
    origin = points[0, 0]
    problem = _pose(flight.cells, cells, motion, np.array([origin, points[-1, -1]]))
    costs_j = energy_bound_j(flight.segments, energy.power, motion.wind_enu_m_s)
    numbers = energy_numbers(points, durations, problem.discs[:, 3], motion, energy, costs_j=costs_j)
    problem = replace(problem, energy=numbers)
    states = states_at_ends((points - origin) / length_unit, durations / time_unit)
    solved = _solve(problem, _Flight(durations / time_unit, states))
    if solved is None:
        return None
    found = _looked_at(solved[0], origin, flight.cells, (cells, motion), flight.shortest_time_s)
    if found is None:
        return None
    return replace(found, energy_bound_j=energy_bound_j(found.segments, energy.power, motion.wind_enu_m_s))


def _looked_at(
    flight: _Flight, origin: Array, held: tuple[int, ...], bounds: tuple[tuple[Cell, ...], Motion], bound_s: float
) -> Trajectory | None:
    """In metres and seconds, within every bound; None where that cannot be had."""
    cells, motion = bounds
    time_unit = motion.air_speed_m_s / motion.acceleration_m_s2
    points = _control_points(flight) * (motion.air_speed_m_s**2 / motion.acceleration_m_s2) + origin
    durations = _stretched(points, flight.durations * time_unit, held, cells, motion)
    if durations is None or not _inside_cells(points, held, cells):
        return None
    return _trajectory(points, durations, held, cells, bound_s)


def _trajectory(
    points: Array, durations: Array, held: tuple[int, ...], cells: tuple[Cell, ...], bound_s: float
) -> Trajectory:
    segments = tuple(
        BezierSegment(tuple(map(tuple, piece)), duration, _told(cells[index].speed_limit_m_s))
        for piece, duration, index in zip(points.tolist(), durations.tolist(), held, strict=True)
    )
    return Trajectory(segments, float(durations.sum()), bound_s, held)


def _told(limit_m_s: float) -> float | None:
    return limit_m_s if math.isfinite(limit_m_s) else None


def _pose(of_pieces: tuple[int, ...], cells: tuple[Cell, ...], motion: Motion, ends_m: Array) -> _Problem:
    length_unit = motion.air_speed_m_s**2 / motion.acceleration_m_s2
    most = max(len(cell.offsets_m) for cell in cells)
    of_cell = np.zeros((len(cells), most, 3))
    of_cell[:, :, 2] = 1.0
    for index, cell in enumerate(cells):
        sides = len(cell.offsets_m)
        of_cell[index, :sides, :2] = cell.normals
        of_cell[index, :sides, 2] = (cell.offsets_m - cell.normals @ ends_m[0]) / length_unit
    held = np.array(of_pieces)
    jerk = motion.jerk_m_s3 * motion.air_speed_m_s / motion.acceleration_m_s2**2
    discs = np.zeros((len(held), len(DISCS), 3))
    discs[:, :4] = np.array([_speed_disc(cell, motion) for cell in cells])[held][:, None, :]
    slower = np.flatnonzero(discs[1:, 0, 2] > discs[:-1, 0, 2]) + 1
    discs[slower, 0] = discs[slower - 1, 1]  # the first velocity of a piece is the last of the one before
    discs[:, 4:7, 2] = 1.0
    discs[:, 7:, 2] = jerk
    return _Problem(
        pieces=len(held),
        planes=of_cell[held],
        sides=np.array([len(cell.offsets_m) for cell in cells], dtype=np.int64)[held],
        discs=discs,
        ends=(ends_m - ends_m[0]) / length_unit,
        new_cell=np.concatenate([[True], held[1:] != held[:-1]]),
        windy=any(motion.wind_enu_m_s),
    )


def _speed_disc(cell: Cell, motion: Motion) -> tuple[float, float, float]:
    """Middle and radius of the ground velocities allowed in a cell: air speed about the wind, and a limit of a zone.

    Where both bind, the largest disc in what they have in common.
    """
    wind = math.hypot(*motion.wind_enu_m_s)
    air, ground = motion.air_speed_m_s, cell.speed_limit_m_s
    if ground >= wind + air:
        return (motion.wind_enu_m_s[0] / air, motion.wind_enu_m_s[1] / air, 1.0)
    if ground <= air - wind:
        return (0.0, 0.0, ground / air)
    radius = (ground + air - wind) / 2
    middle = (ground - radius) / max(wind, 1e-9)
    return (motion.wind_enu_m_s[0] * middle / air, motion.wind_enu_m_s[1] * middle / air, radius / air)


def _fly(problem: _Problem, guess: _Flight, bound: float, *, sharp: bool) -> _Flight | None:
    """Search and decide, again while that promises something."""
    best: _Flight | None = None
    if not sharp and guess.durations.sum() <= ALMOST_STRAIGHT * bound:
        best = _decide(problem, guess)
        if best is not None and best.durations.sum() <= GOOD * bound:
            return best
    rounds, start = ROUNDS, guess
    for _ in range(MOST_SEARCHES):
        foreseen = _searched(problem, start, rounds)
        found = _decide(problem, foreseen)
        if found is not None and (best is None or found.durations.sum() < best.durations.sum()):
            best = found
        if best is not None and best.durations.sum() <= max(AGREED * foreseen.durations.sum(), GOOD * bound):
            break
        rounds, start = MORE_ROUNDS, best or foreseen
    return best or _decide(problem, guess)


def _searched(problem: _Problem, guess: _Flight, rounds: Array) -> _Flight:
    from skystork.planning import time_search  # noqa: PLC0415  (machine code: not for processes that plan nothing)

    states, durations = guess.states.copy(), guess.durations.copy()
    time_search.improve(states, durations, problem.planes, problem.sides, problem.discs, _TABLES, rounds)
    return _Flight(durations, states)


def _decide(problem: _Problem, guess: _Flight) -> _Flight | None:
    """The cone problem with the durations of a guess up to a common factor; again where that factor is far from 1."""
    found = None
    for _ in range(3):
        solved = _solve(problem, guess)
        if solved is None:
            return found
        found, scale = solved
        if abs(scale - 1) < 2e-2:
            break
        guess = found
    return found


def _solve(problem: _Problem, guess: _Flight) -> tuple[_Flight, float] | None:
    """One solve, with more half-planes where one that was left out is broken."""
    nearest = _rooms(problem, guess)
    for lines in LINE_COUNTS:
        shape = Shape(problem.pieces, lines, problem.windy)
        values, h = fill(shape, guess.durations, _lines(problem, nearest, lines), problem.discs, problem.ends)
        if problem.energy is None:
            solution = program_of(shape).solve(values, h)
        else:
            whole = EnergyShape(shape)
            solution = program_of(whole).solve(*with_energy(whole, values, h, guess.durations, problem.energy))
        if solution is None:
            return None
        solution = solution[: shape.unknowns]
        scale = float(solution[-1])
        states = np.zeros_like(guess.states)
        states[0, :2], states[-1, :2] = problem.ends
        states[1:-1] = solution[:-1].reshape(-1, 6) / np.repeat(scale ** np.arange(3.0), 2)
        found = _Flight(guess.durations * scale, states)
        rooms = _rooms(problem, found)
        if rooms.min() >= -WALL_TOLERANCE:
            return found, scale
        nearest = np.where(rooms < 0, rooms - 1.0, np.minimum(rooms, nearest))
    return None


WALL_TOLERANCE = 4e-6
"""Without units; the check in metres comes at the end."""


def _rooms(problem: _Problem, flight: _Flight) -> Array:
    """How far each control point is inside each half-plane of its cell (pieces, 6, most sides)."""
    points = _control_points(flight)
    result: Array = problem.planes[:, None, :, 2] - np.einsum("nka,npa->nkp", points, problem.planes[:, :, :2])
    return result


def _lines(problem: _Problem, rooms: Array, count: int) -> Lines:
    """The half-planes with the least room, for the points before and after each junction."""
    most = rooms.shape[2]
    again = rooms.copy()
    again[~problem.new_cell, 0] += 10.0  # the same point in the same cell as the last of the piece before
    points, normals, offsets = [], [], []
    for side, pieces, first in ((0, slice(1, None), 0), (1, slice(None, -1), 3)):
        held = again[pieces, first : first + 3].reshape(problem.pieces - 1, -1)
        order = np.argsort(held, axis=1, kind="stable")[:, :count]
        if order.shape[1] < count:
            order = np.concatenate([order, np.repeat(order[:, :1], count - order.shape[1], axis=1)], axis=1)
        planes = np.take_along_axis(problem.planes[pieces], (order % most)[:, :, None], axis=1)
        points.append(order // most + (first if side == 0 else 3))
        normals.append(planes[:, :, :2])
        offsets.append(planes[:, :, 2])
    return Lines((points[0], points[1]), (normals[0], normals[1]), (offsets[0], offsets[1]))


def _control_points(flight: _Flight) -> Array:
    """(pieces, 6, 2), with the two ends at rest by construction."""
    states = flight.states.reshape(-1, 3, 2)
    ends = np.concatenate([states[:-1], states[1:]], axis=1)
    return np.asarray(weights_at(0, flight.durations) @ ends)


def _stretched(
    points: Array, durations: Array, held: tuple[int, ...], cells: tuple[Cell, ...], motion: Motion
) -> Array | None:
    """Durations stretched until every bound holds; None if ten stretches do not bring it there."""
    limits = np.array([cell.speed_limit_m_s for cell in cells])[list(held)]
    for _ in range(10):
        excess = _excess(points, durations, limits, motion)
        if excess <= BOUND_TOLERANCE:
            return durations
        if excess > 0.5:
            return None
        durations = durations * (1 + excess * 1.01 + 1e-12)
    return None


def _excess(points: Array, durations: Array, limits: Array, motion: Motion) -> float:
    """By what share the worst control point of a derivative is beyond its bound."""
    times = durations[:, None, None]
    velocity = 5 * np.diff(points, axis=1) / times
    acceleration = 4 * np.diff(velocity, axis=1) / times
    jerk = 3 * np.diff(acceleration, axis=1) / times
    through_air = velocity - np.array(motion.wind_enu_m_s)
    return (
        max(
            float(np.hypot(through_air[..., 0], through_air[..., 1]).max()) / motion.air_speed_m_s,
            float((np.hypot(velocity[..., 0], velocity[..., 1]).max(axis=1) / limits).max()),
            float(np.hypot(acceleration[..., 0], acceleration[..., 1]).max()) / motion.acceleration_m_s2,
            float(np.hypot(jerk[..., 0], jerk[..., 1]).max()) / motion.jerk_m_s3,
        )
        - 1.0
    )


def _inside_cells(points: Array, held: tuple[int, ...], cells: tuple[Cell, ...]) -> bool:
    return all(
        float(np.max(piece @ cells[index].normals.T - cells[index].offsets_m)) <= WALL_TOLERANCE_M
        for piece, index in zip(points, held, strict=True)
    )


def _tables() -> tuple[Array, Array]:
    """Weights and powers of the duration of the sixteen vectors that the search bounds."""
    kinds = [*((0, point) for point in range(6)), *DISCS]
    weights = np.array([DERIVATIVE_WEIGHTS[order][point] for order, point in kinds])
    weights[np.abs(weights) < 1e-12] = 0.0
    return weights, np.array([STATE_POWERS - order for order, _ in kinds])


_TABLES = _tables()
