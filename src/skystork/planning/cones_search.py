"""The second-order cone in three dimensions, for an interior point method; in machine code.

Source: Vandenberghe, The CVXOPT linear and quadratic cone program solvers (2010), sections 4 and 5.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from skystork.compiled import compiled

Array = NDArray[np.float64]


@compiled
def scaling(s: Array, z: Array, out: Array) -> None:
    """Nesterov and Todd's point of a pair in the cone: w0 w1 w2 of unit size, and the factor."""
    ss = np.sqrt(max(s[0] * s[0] - s[1] * s[1] - s[2] * s[2], 1e-300))
    zz = np.sqrt(max(z[0] * z[0] - z[1] * z[1] - z[2] * z[2], 1e-300))
    half = np.sqrt(max((1.0 + (s[0] * z[0] + s[1] * z[1] + s[2] * z[2]) / (ss * zz)) / 2.0, 1e-300))
    out[0] = (s[0] / ss + z[0] / zz) / (2.0 * half)
    out[1] = (s[1] / ss - z[1] / zz) / (2.0 * half)
    out[2] = (s[2] / ss - z[2] / zz) / (2.0 * half)
    out[3] = np.sqrt(ss / zz)


@compiled
def scaled(w: Array, v0: float, v1: float, v2: float, sign: float) -> tuple[float, float, float]:
    """W v with sign 1, inverse of W times v with sign -1."""
    along = sign * (w[1] * v1 + w[2] * v2)
    size = w[3] if sign > 0.0 else 1.0 / w[3]
    more = sign * v0 + sign * along / (1.0 + w[0])
    return size * (w[0] * v0 + along), size * (v1 + more * w[1]), size * (v2 + more * w[2])


@compiled
def divided(a: tuple[Any, ...], d0: float, d1: float, d2: float) -> tuple[float, float, float]:
    """What a has to be multiplied by, in the algebra of the cone, to give d."""
    size = max(a[0] * a[0] - a[1] * a[1] - a[2] * a[2], 1e-300)
    across = a[1] * d1 + a[2] * d2
    head = (a[0] * d0 - across) / size
    return head, (d1 - head * a[1]) / a[0], (d2 - head * a[2]) / a[0]


@compiled
def reach(s: Array, d: Array) -> float:
    """How far s + t d stays in the cone."""
    a = d[0] * d[0] - d[1] * d[1] - d[2] * d[2]
    b = s[0] * d[0] - s[1] * d[1] - s[2] * d[2]
    c = max(s[0] * s[0] - s[1] * s[1] - s[2] * s[2], 0.0)
    far = 1e9
    if d[0] < 0.0:
        far = -s[0] / d[0]
    inner = b * b - a * c
    if inner >= 0.0:
        root = np.sqrt(inner)
        for sign in (-1.0, 1.0):  # the roots of a t^2 + 2 b t + c, without cancellation
            t = np.inf
            if b * sign > 0.0:
                t = -c / (b + sign * root) if b + sign * root != 0.0 else np.inf
            elif a != 0.0:
                t = (-b + sign * root) / a
            elif b != 0.0:
                t = -c / (2.0 * b)
            if t > 0.0:
                far = min(far, t)
    return far
