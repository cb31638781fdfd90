"""A spline of least jerk through the corners of the exact shortest path, as waypoint planners fly.

Times are those of the legs at cruise speed; the spline is then slowed uniformly until it keeps the bounds. Written
here after Richter, Bry and Roy, Polynomial Trajectory Planning for Aggressive Quadrotor Flight (ISRR 2013): quintic
pieces, free velocities and accelerations at the waypoints, one linear system.
"""

from __future__ import annotations

import time

import numpy as np
from numpy.typing import NDArray
from ours import LIMITS
from peers import Answer, Plan, stretched_s
from scenes import Place, Scene

from skystork.planning.shortest_path import ShortestPaths

SAMPLES = 200


def prepare(scene: Scene) -> Plan | str:
    """It flies our shortest path."""
    paths = ShortestPaths(scene.free)

    def plan(start: Place, goal: Place) -> Answer | None:
        began = time.process_time()
        path = paths.between(start, goal)
        if path is None:
            return None
        points = np.array(path)
        times = np.hypot(*np.diff(points, axis=0).T) / LIMITS[0] + 1e-3
        curve = _spline(points, times)
        ms = (time.process_time() - began) * 1e3
        return Answer(curve, stretched_s(curve, float(times.sum())), ms)

    return plan


def _spline(points: NDArray[np.float64], times: NDArray[np.float64]) -> NDArray[np.float64]:
    """Quintics with continuous derivatives up to the fourth at the waypoints, at rest at both ends."""
    pieces = len(times)
    rows = np.zeros((6 * pieces, 6 * pieces))
    right = np.zeros((6 * pieces, 2))
    row = 0
    for piece in range(pieces):
        for at, place in ((0.0, points[piece]), (times[piece], points[piece + 1])):
            rows[row, 6 * piece : 6 * piece + 6] = _powers(at, 0)
            right[row] = place
            row += 1
    for order in (1, 2):
        rows[row, :6] = _powers(0.0, order)
        rows[row + 1, -6:] = _powers(times[-1], order)
        row += 2
    for piece in range(pieces - 1):
        for order in (1, 2, 3, 4):
            rows[row, 6 * piece : 6 * piece + 6] = _powers(times[piece], order)
            rows[row, 6 * piece + 6 : 6 * piece + 12] = -_powers(0.0, order)
            row += 1
    weights = np.linalg.solve(rows, right).reshape(pieces, 6, 2)
    ends = np.cumsum(times)
    found = []
    for at in np.linspace(0.0, ends[-1], SAMPLES * pieces):
        piece = min(int(np.searchsorted(ends, at)), pieces - 1)
        found.append(_powers(at - (ends[piece] - times[piece]), 0) @ weights[piece])
    return np.array(found)


def _powers(at: float, order: int) -> NDArray[np.float64]:
    found = np.zeros(6)
    for power in range(order, 6):
        factor = np.prod(np.arange(power - order + 1, power + 1)) if order else 1.0
        found[power] = factor * at ** (power - order)
    return found
