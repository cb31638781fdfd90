"""Quintic Bézier pieces given by position, velocity and acceleration at their two ends.

Pieces that share the state at a junction join with continuous acceleration (C²). All points of a piece lie in the
convex hull of its six control points, and so do those of its derivatives: a bound that holds at the control points
holds at every instant, not only where somebody looked.

Source: Farin, Curves and Surfaces for CAGD, 5th edition (2002), chapters 4 and 5.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from skystork.planning.flight_plan import BezierSegment

Array = NDArray[np.float64]

DEGREE = 5
"""The lowest degree that joins position, velocity and acceleration at both ends."""

POSITION_WEIGHTS: Array = np.array(
    [
        [1, 0, 0, 0, 0, 0],
        [1, 1 / 5, 0, 0, 0, 0],
        [1, 2 / 5, 1 / 20, 0, 0, 0],
        [0, 0, 0, 1, -2 / 5, 1 / 20],
        [0, 0, 0, 1, -1 / 5, 0],
        [0, 0, 0, 1, 0, 0],
    ]
)
"""(6 control points, 6 state numbers p0 v0 a0 p1 v1 a1), to be times duration^:data:`STATE_POWERS`."""

STATE_POWERS: Array = np.array([0.0, 1.0, 2.0, 0.0, 1.0, 2.0])
"""Power of the duration that goes with each state number."""

DERIVATIVE_WEIGHTS: tuple[Array, ...] = (
    POSITION_WEIGHTS,
    5 * np.diff(POSITION_WEIGHTS, axis=0),
    20 * np.diff(POSITION_WEIGHTS, n=2, axis=0),
    60 * np.diff(POSITION_WEIGHTS, n=3, axis=0),
)
"""Control points of position, velocity, acceleration and jerk; the power of the duration falls by one each time."""


def weights_at(order: int, durations_s: Array) -> Array:
    """Control points of a derivative as linear functions of the end states.

    Parameters
    ----------
    order
        0 position, 1 velocity, 2 acceleration, 3 jerk.
    durations_s
        (n,) [s].

    Returns
    -------
    Array
        (n, 6 - order, 6) weights of p0 v0 a0 p1 v1 a1.
    """
    powers = durations_s[:, None] ** (STATE_POWERS - order)
    return DERIVATIVE_WEIGHTS[order][None] * powers[:, None, :]


def states_at_ends(points: Array, durations: Array) -> Array:
    """Position, velocity and acceleration (pieces + 1, 6) at the ends of pieces (pieces, 6, 2)."""
    times = durations[:, None, None]
    velocity = 5 * np.diff(points, axis=1) / times
    acceleration = 4 * np.diff(velocity, axis=1) / times
    states = np.concatenate([points[:, 0], velocity[:, 0], acceleration[:, 0]], axis=1)
    last = np.concatenate([points[-1, -1], velocity[-1, -1], acceleration[-1, -1]])
    return np.ascontiguousarray(np.concatenate([states, last[None]]))


def derivative_points(control_points: Array, duration_s: float) -> Array:
    """Control points (degree, 2) of the time derivative of a piece (degree + 1, 2)."""
    return (len(control_points) - 1) / duration_s * np.diff(control_points, axis=0)


def evaluate(control_points: Array, shares: Array) -> Array:
    """Points (m, 2) of a piece (degree + 1, 2) at shares 0..1 of its duration."""
    return _binomial_basis(len(control_points) - 1, shares) @ control_points


def segment_points(segment: BezierSegment) -> Array:
    """Control points of a segment as an array (6, 2) [m]."""
    return np.array(segment.control_points_enu_m)


def _binomial_basis(degree: int, shares: Array) -> Array:
    exponents = np.arange(degree + 1)
    return _binomials(degree) * shares[:, None] ** exponents * (1 - shares[:, None]) ** (degree - exponents)


@lru_cache(maxsize=8)
def _binomials(degree: int) -> Array:
    row = np.ones(1)
    for _ in range(degree):
        row = np.convolve(row, [1.0, 1.0])
    return row
