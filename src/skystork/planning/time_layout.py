"""How many pieces a trajectory has, in which cell each lies, and how it would be flown along the bare path: a guess.

Each leg of the path is flown with the jerk-limited trapezoid of speed: up to cruise, along, down to the speed of the
next corner. At each corner a piece on either side turns the velocity. Along a straight line the guess is exact; round
corners it is where the search for the best durations begins (:mod:`skystork.planning.time_search`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_CORNER_SPEED_FLOOR = 0.12
"""Share of the speed kept in the sharpest turn, so that no piece has an endless duration."""
_SAME_SPEED = 0.05
"""A change of speed below this share of the air speed gets no pieces of its own: one piece can hold it."""
_SLIGHT_RAD = 0.02
"""A turn below this has no pieces of its own."""
_SLOWEST_M_S = 0.5

SHORTEST_PIECE = 0.04
"""Of the braking time v/a."""


@dataclass(frozen=True, slots=True)
class Motion:
    """Bounds on a trajectory."""

    air_speed_m_s: float
    """Bound on the speed through the air [m/s]."""
    acceleration_m_s2: float
    jerk_m_s3: float
    wind_enu_m_s: tuple[float, float]

    def ground_speed_m_s(self, direction: Array) -> float:
        """Ground speed at full air speed along a unit vector, by the wind triangle [m/s]."""
        wind = np.array(self.wind_enu_m_s)
        along = float(wind @ direction)
        across_squared = float(wind @ wind) - along**2
        return along + math.sqrt(max(self.air_speed_m_s**2 - across_squared, 0.0))


@dataclass(frozen=True, slots=True)
class Layout:
    """Pieces in flight order."""

    cells: tuple[int, ...]
    """Index of the cell that holds each piece."""
    durations_s: Array
    """(n,) [s]."""
    states: Array
    """(n + 1, 3 of position velocity acceleration, 2) [m, m/s, m/s²]."""


@dataclass(frozen=True, slots=True)
class _Piece:
    duration_s: float
    end_speed_m_s: float
    end_acceleration_m_s2: float


def lay_out(path: tuple[tuple[float, float], ...], motion: Motion, limits_m_s: tuple[float, ...] = ()) -> Layout:
    """Pieces for a path from rest to rest.

    Parameters
    ----------
    limits_m_s
        Over ground, one for each leg [m/s]; none where left out.
    """
    corners = np.array(path)
    steps = np.diff(corners, axis=0)
    lengths = np.hypot(steps[:, 0], steps[:, 1])
    directions = steps / lengths[:, None]
    cruise = [max(motion.ground_speed_m_s(direction), _SLOWEST_M_S) for direction in directions]
    cruise = [min(pair) for pair in zip(cruise, limits_m_s, strict=True)] if limits_m_s else cruise
    turns = np.arccos(np.clip(np.sum(directions[:-1] * directions[1:], axis=1), -1.0, 1.0))
    speeds = _corner_speeds(turns, lengths, cruise, motion.acceleration_m_s2)
    halves = [0.0, *(_half_turn_s(turn, speed, motion) for turn, speed in zip(turns, speeds[1:-1], strict=True)), 0.0]
    cells: list[int] = []
    durations: list[float] = []
    states = [np.array([corners[0], (0.0, 0.0), (0.0, 0.0)])]
    for leg, length in enumerate(lengths):
        ends = (speeds[leg], speeds[leg + 1])
        pieces = _long_enough(_leg(float(length), ends, (halves[leg], halves[leg + 1]), cruise[leg], motion), motion)
        moved = _distances(pieces, ends[0])
        stretch = float(length) / max(moved[-1], 1e-9)
        for piece, far in zip(pieces, moved, strict=True):
            cells.append(leg)
            durations.append(piece.duration_s * stretch)
            direction = directions[leg]
            states.append(
                np.array(
                    [
                        corners[leg] + direction * far * stretch,
                        direction * piece.end_speed_m_s,
                        direction * piece.end_acceleration_m_s2,
                    ]
                )
            )
        if leg < len(turns):
            states[-1] = _corner_state(corners[leg + 1], directions[leg : leg + 2], speeds[leg + 1], motion)
    states[-1] = np.array([corners[-1], (0.0, 0.0), (0.0, 0.0)])
    return Layout(tuple(cells), np.array(durations), np.array(states))


def padded(layout: Layout, pieces: int) -> Layout:
    """The same flight in exactly that many pieces: the longest is halved until the count is reached."""
    cells, durations, states = list(layout.cells), layout.durations_s.tolist(), list(layout.states)
    while len(cells) < pieces:
        longest = durations.index(max(durations))
        duration = durations[longest] / 2
        states.insert(longest + 1, _middle(states[longest], states[longest + 1], 2 * duration))
        durations[longest : longest + 1] = [duration] * 2
        cells.insert(longest, cells[longest])
    return Layout(tuple(cells), np.array(durations), np.array(states))


def sharpest_turn_rad(path: tuple[tuple[float, float], ...]) -> float:
    """The greatest change of heading along a path [rad]."""
    steps = np.diff(np.array(path), axis=0)
    headings = np.arctan2(steps[:, 1], steps[:, 0])
    turns = np.abs((np.diff(headings) + math.pi) % (2 * math.pi) - math.pi)
    return float(turns.max(initial=0.0))


def shortest_time_s(path: tuple[tuple[float, float], ...], motion: Motion) -> float:
    """No flight along this path or round it is faster, wind aside: L/v + v/a + a/j, rest to rest [s].

    With wind each leg counts with its own ground speed, and the figure is an estimate, not a bound.
    """
    steps = np.diff(np.array(path), axis=0)
    lengths = np.hypot(steps[:, 0], steps[:, 1])
    speeds = [motion.ground_speed_m_s(step / length) for step, length in zip(steps, lengths, strict=True) if length > 0]
    lengths = lengths[lengths > 0]
    cruise_s = sum(length / max(speed, _SLOWEST_M_S) for length, speed in zip(lengths, speeds, strict=True))
    total_m = float(lengths.sum())
    peak = min(total_m / cruise_s, _peak_speed(total_m, (0.0, 0.0), motion, motion.air_speed_m_s * 3))
    return float(total_m / peak) + _ramp_s(peak, motion)


def _corner_speeds(turns: Array, lengths: Array, cruise: list[float], acceleration: float) -> list[float]:
    """Speed guessed at each corner: what is left along the middle direction, if it can be reached in time."""
    shares = [max(math.cos(turn / 2), _CORNER_SPEED_FLOOR) for turn in turns]
    speeds = [0.0, *(min(cruise[n], cruise[n + 1]) * share for n, share in enumerate(shares)), 0.0]
    for leg, length in enumerate(lengths):
        speeds[leg + 1] = min(speeds[leg + 1], math.sqrt(speeds[leg] ** 2 + 2 * acceleration * length))
    for leg in range(len(lengths) - 1, -1, -1):
        speeds[leg] = min(speeds[leg], math.sqrt(speeds[leg + 1] ** 2 + 2 * acceleration * lengths[leg]))
    return [float(speed) for speed in speeds]


def _half_turn_s(turn: float, speed: float, motion: Motion) -> float:
    """Time to turn the velocity by half of a corner [s]."""
    if turn < _SLIGHT_RAD:
        return 0.0
    a, j = motion.acceleration_m_s2, motion.jerk_m_s3
    return float(speed * math.sin(turn / 2) / a + a / j / 2)


def _corner_state(corner: Array, directions: Array, speed: float, motion: Motion) -> Array:
    """At a corner: along the middle direction, pulled towards the inside."""
    along, inward = directions[0] + directions[1], directions[1] - directions[0]
    along_size, inward_size = float(np.hypot(*along)), float(np.hypot(*inward))
    pull = 0.6 * motion.acceleration_m_s2 if inward_size >= _SLIGHT_RAD else 0.0
    return np.array([corner, along / max(along_size, 1e-9) * speed, inward / max(inward_size, 1e-9) * pull])


def _leg(
    length: float, ends: tuple[float, float], halves: tuple[float, float], cruise: float, motion: Motion
) -> list[_Piece]:
    first, last = ends
    turning_m = halves[0] * first + halves[1] * last
    share = min(1.0, 0.6 * length / turning_m) if turning_m > 0 else 1.0
    straight = length - turning_m * share
    peak = max(min(cruise, _peak_speed(straight, ends, motion, cruise)), first, last)
    up = _ramp(first, peak, motion, whole=first == 0.0)
    down = _ramp(peak, last, motion, whole=last == 0.0)
    rest_m = straight - sum(_distances(part, start)[-1] for part, start in ((up, first), (down, peak)) if part)
    pieces = [_Piece(halves[0] * share, first, 0.0)] if halves[0] > 0 else []
    pieces += up
    if rest_m > 0.3 * peak or not (up or down or pieces):
        pieces.append(_Piece(max(rest_m / peak, 0.05), peak, 0.0))
    pieces += down
    return [*pieces, _Piece(halves[1] * share, last, 0.0)] if halves[1] > 0 else pieces


def _long_enough(pieces: list[_Piece], motion: Motion) -> list[_Piece]:
    """Pieces so short that their jerk outgrows all other numbers become part of a neighbour."""
    shortest_s = SHORTEST_PIECE * motion.air_speed_m_s / motion.acceleration_m_s2
    found = list(pieces)
    while len(found) > 1:
        index = min(range(len(found)), key=lambda n: found[n].duration_s)
        if found[index].duration_s >= shortest_s:
            break
        first = (
            index - 1
            if index == len(found) - 1 or (index and found[index - 1].duration_s < found[index + 1].duration_s)
            else index
        )
        one, two = found[first], found[first + 1]
        found[first : first + 2] = [
            _Piece(one.duration_s + two.duration_s, two.end_speed_m_s, two.end_acceleration_m_s2)
        ]
    return found


def _ramp(first: float, last: float, motion: Motion, *, whole: bool) -> list[_Piece]:
    """A change of speed. From or to rest its pieces are exactly jerk, full acceleration, jerk; else it is a guess."""
    change, sign = abs(last - first), 1.0 if last > first else -1.0
    a, j = motion.acceleration_m_s2, motion.jerk_m_s3
    if change < _SAME_SPEED * motion.air_speed_m_s:
        return []
    jerk_s = a / j
    plateau_s = change / a - jerk_s
    if plateau_s <= 0:
        each = math.sqrt(change / j)
        return [_Piece(each, (first + last) / 2, sign * each * j), _Piece(each, last, 0.0)]
    if whole and plateau_s > 0.1 * jerk_s:
        part = sign * a * jerk_s / 2
        return [
            _Piece(jerk_s, first + part, sign * a),
            _Piece(plateau_s, last - part, sign * a),
            _Piece(jerk_s, last, 0.0),
        ]
    total = change / a + jerk_s
    if not whole and total > 4 * jerk_s:
        quarter = sign * change / 4
        return [
            _Piece(total / 3, first + quarter, sign * a),
            _Piece(total / 3, last - quarter, sign * a),
            _Piece(total / 3, last, 0.0),
        ]
    return [_Piece(total / 2, (first + last) / 2, sign * a), _Piece(total / 2, last, 0.0)]


def _distances(pieces: list[_Piece], speed: float) -> list[float]:
    """How far the end of each piece is from the start of the first [m]."""
    far, pull = 0.0, 0.0
    found = []
    for piece in pieces:
        far += (speed + piece.end_speed_m_s) / 2 * piece.duration_s
        far += (pull - piece.end_acceleration_m_s2) * piece.duration_s**2 / 12
        speed, pull = piece.end_speed_m_s, piece.end_acceleration_m_s2
        found.append(far)
    return found


def _middle(before: Array, after: Array, duration: float) -> Array:
    """State in the middle of the quintic between two states."""
    t = duration
    p = (before[0] + after[0]) / 2 + 5 * t / 32 * (before[1] - after[1]) + t * t / 64 * (before[2] + after[2])
    v = 15 / (8 * t) * (after[0] - before[0]) - 7 / 16 * (before[1] + after[1]) + t / 32 * (after[2] - before[2])
    a = 3 / (2 * t) * (after[1] - before[1]) - (before[2] + after[2]) / 4
    return np.array([p, v, a])


def _ramp_s(change: float, motion: Motion) -> float:
    """Time of one change of speed [s]."""
    a, j = motion.acceleration_m_s2, motion.jerk_m_s3
    return change / a + a / j if change >= a * a / j else 2 * math.sqrt(change / j)


def _peak_speed(length: float, ends: tuple[float, float], motion: Motion, highest: float) -> float:
    """Highest speed that can be reached and left again within the length [m/s], by bisection."""
    first, last = ends

    def used_m(peak: float) -> float:
        return (first + peak) / 2 * _ramp_s(abs(peak - first), motion) + (peak + last) / 2 * _ramp_s(
            abs(peak - last), motion
        )

    low, high = max(first, last), max(highest, first, last)
    if used_m(high) <= length:
        return high
    for _ in range(25):
        peak = (low + high) / 2
        low, high = (peak, high) if used_m(peak) < length else (low, peak)
    return max(low, _SLOWEST_M_S)
