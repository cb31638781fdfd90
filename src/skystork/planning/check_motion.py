"""Greatest speed, acceleration and jerk of curves, proven for all instants by halving their derivatives."""

from __future__ import annotations

import numpy as np

from skystork.planning.check_geometry import Array, derivatives, halves

BRACKET = 1e-5
"""Relative gap between the bound of a maximum and a value that the curve takes."""
_ROUNDS = 30


def greatest_norm(curves: Array) -> float:
    """Bound of the norm of Bézier curves (n, degree + 1, 2) that one of them reaches to within :data:`BRACKET`."""
    if not len(curves):
        return 0.0
    pieces, reached = curves, 0.0
    for _ in range(_ROUNDS):
        norms = np.hypot(pieces[..., 0], pieces[..., 1])
        reached = max(reached, float(np.max(norms[:, [0, -1]])))
        bounds = norms.max(axis=1)
        if not np.all(np.isfinite(bounds)):
            return float("inf")
        above = bounds > reached * (1 + BRACKET) + 1e-12
        if not np.any(above) or pieces.shape[1] == 1:
            return max(reached, float(np.max(bounds[above], initial=0.0)))
        pieces = np.concatenate(halves(pieces[above]))
    return max(reached, float(np.max(np.hypot(pieces[..., 0], pieces[..., 1]))))


def motion_of(curves: Array, durations_s: Array) -> tuple[Array, Array, Array]:
    """Velocity, acceleration and jerk as Bézier curves."""
    velocity = derivatives(curves, durations_s)
    acceleration = derivatives(velocity, durations_s)
    return velocity, acceleration, derivatives(acceleration, durations_s)
