"""How many pieces a trajectory has, in which cell each lies, and how their durations compare: the first guess.

Each leg of the path is flown with the jerk-limited trapezoid of speed: up to cruise, along, down to the speed of the
next corner. The pieces of that profile are the pieces of the trajectory. Along a straight line the guess is exact;
round corners the optimisation moves the junctions and then the durations.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_CORNER_SPEED_FLOOR = 0.1
"""Share of the speed kept in the sharpest turn, so that no piece has an endless duration."""
_SAME_SPEED = 0.05
"""A change of speed below this share of the air speed gets no pieces of its own: one piece can hold it."""


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
    durations_s: tuple[float, ...]


def lay_out(path: tuple[tuple[float, float], ...], motion: Motion) -> Layout:
    """Pieces for a path from rest to rest."""
    corners = np.array(path)
    steps = np.diff(corners, axis=0)
    lengths = np.hypot(steps[:, 0], steps[:, 1])
    directions = steps / lengths[:, None]
    cruise = np.array([max(motion.ground_speed_m_s(direction), 0.5) for direction in directions])
    speeds = _corner_speeds(directions, lengths, cruise, motion.acceleration_m_s2)
    cells: list[int] = []
    durations: list[float] = []
    for leg, length in enumerate(lengths):
        pieces = _leg_durations(float(length), speeds[leg], speeds[leg + 1], float(cruise[leg]), motion)
        cells += [leg] * len(pieces)
        durations += pieces
    return Layout(tuple(cells), tuple(durations))


def padded(layout: Layout, pieces: int) -> Layout:
    """The same flight in exactly that many pieces: the longest is halved until the count is reached."""
    cells, durations = list(layout.cells), list(layout.durations_s)
    while len(cells) < pieces:
        longest = durations.index(max(durations))
        durations[longest : longest + 1] = [durations[longest] / 2] * 2
        cells.insert(longest, cells[longest])
    return Layout(tuple(cells), tuple(durations))


def shortest_time_s(path: tuple[tuple[float, float], ...], motion: Motion) -> float:
    """No flight along this path or round it is faster, wind aside: L/v + v/a + a/j, rest to rest [s].

    With wind each leg counts with its own ground speed, and the figure is an estimate, not a bound.
    """
    steps = np.diff(np.array(path), axis=0)
    lengths = np.hypot(steps[:, 0], steps[:, 1])
    speeds = [motion.ground_speed_m_s(step / length) for step, length in zip(steps, lengths, strict=True)]
    cruise_s = sum(length / max(speed, 0.5) for length, speed in zip(lengths, speeds, strict=True))
    total_m = float(lengths.sum())
    peak = min(total_m / cruise_s, _peak_speed(total_m, 0.0, 0.0, motion))
    return float(total_m / peak) + _ramp_s(peak, motion)


def _corner_speeds(directions: Array, lengths: Array, cruise: Array, acceleration: float) -> list[float]:
    """Speed guessed at each corner: what is left along the middle direction, if it can be reached in time."""
    cosines = np.clip(np.sum(directions[:-1] * directions[1:], axis=1), -1.0, 1.0)
    share = np.maximum(np.sqrt((1 + cosines) / 2), _CORNER_SPEED_FLOOR)
    speeds = [0.0, *(np.minimum(cruise[:-1], cruise[1:]) * share), 0.0]
    for leg, length in enumerate(lengths):
        speeds[leg + 1] = min(speeds[leg + 1], math.sqrt(speeds[leg] ** 2 + 2 * acceleration * length))
    for leg in range(len(lengths) - 1, -1, -1):
        speeds[leg] = min(speeds[leg], math.sqrt(speeds[leg + 1] ** 2 + 2 * acceleration * lengths[leg]))
    return [float(speed) for speed in speeds]


def _leg_durations(length: float, first: float, last: float, cruise: float, motion: Motion) -> list[float]:
    peak = max(min(cruise, _peak_speed(length, first, last, motion)), first, last)
    up, down = _ramp(first, peak, motion), _ramp(peak, last, motion)
    ramps_m = sum(up) * (first + peak) / 2 + sum(down) * (peak + last) / 2
    rest_s = (length - ramps_m) / peak
    if rest_s > 0.05 * (sum(up) + sum(down)) or not (up or down):
        return [*up, max(rest_s, length / peak / 2), *down]
    return [*up, *down]


def _ramp(first: float, last: float, motion: Motion) -> list[float]:
    """Durations of jerk up, constant acceleration, jerk down; two pieces where full acceleration is not reached."""
    change = abs(last - first)
    if change < _SAME_SPEED * motion.air_speed_m_s:
        return []
    jerk_s = motion.acceleration_m_s2 / motion.jerk_m_s3
    plateau_s = change / motion.acceleration_m_s2 - jerk_s
    if plateau_s <= 0.1 * jerk_s:
        return [math.sqrt(change / motion.jerk_m_s3)] * 2
    return [jerk_s, plateau_s, jerk_s]


def _ramp_s(change: float, motion: Motion) -> float:
    """Time of one change of speed [s]."""
    a, j = motion.acceleration_m_s2, motion.jerk_m_s3
    return change / a + a / j if change >= a * a / j else 2 * math.sqrt(change / j)


def _peak_speed(length: float, first: float, last: float, motion: Motion) -> float:
    """Highest speed that can be reached and left again within the length [m/s], by bisection."""
    low, high = max(first, last), motion.air_speed_m_s * 3
    for _ in range(40):
        peak = (low + high) / 2
        used = (first + peak) / 2 * _ramp_s(peak - first, motion) + (peak + last) / 2 * _ramp_s(peak - last, motion)
        low, high = (peak, high) if used < length else (low, peak)
    return max(low, 0.5)
