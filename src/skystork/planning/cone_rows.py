"""The trajectory problem as numbers: one sparse matrix whose pattern depends on the shape alone.

Unknowns: the states at the junctions (position, velocity, acceleration), one relative change of duration for each
piece, and one scale for all durations together. Two readings share the pattern:

- *scale*: durations are fixed up to the common scale s. In scaled time the control points are linear in the states;
  speed bounds are ``|V| <= s v``, and the bounds ``s² a`` and ``s³ j`` are replaced by their tangents at s = 1, which
  lie below: what is found is flyable, and exact once s = 1.
- *tangent*: s is 1, durations may change within a trust region, and products of duration and state are replaced by
  their tangents at the last flight. What is found is a better sharing of time, to be made flyable by *scale*.

Units inside are the turn radius v²/a and the braking time v/a, so that all numbers are near 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from skystork.planning.bezier import DERIVATIVE_WEIGHTS, STATE_POWERS, weights_at

Array = NDArray[np.float64]
Index = NDArray[np.intp]

SCALE_RANGE = (0.02, 50.0)
"""Of the first guess of the durations."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What the compiled problem depends on."""

    pieces: int
    planes: int
    """Half-planes of each cell, padded with ones that hold always."""

    @property
    def unknowns(self) -> int:
        """Six for each junction and axis pair, one for each duration, one scale."""
        return 6 * (self.pieces + 1) + self.pieces + 1

    @property
    def linear_rows(self) -> int:
        """Half-planes at six control points, and bounds of durations and scale."""
        return 6 * self.pieces * self.planes + 2 * self.pieces + 2

    @property
    def cones(self) -> int:
        """Five velocity, four acceleration and three jerk control points for each piece."""
        return 12 * self.pieces

    @property
    def rows(self) -> int:
        """Linear rows, then all cone heads, all first and all second components."""
        return self.linear_rows + 3 * self.cones


@dataclass(frozen=True, slots=True)
class Bounds:
    """The limits without units."""

    speed: float
    acceleration: float
    jerk: float
    wind: Array
    """(2,)."""


@dataclass(frozen=True, slots=True)
class Rows:
    """``h - G x`` is in the cone; G has the pattern of its shape and these values."""

    values: Array
    h: Array
    cost: Array


@dataclass(frozen=True, slots=True)
class Pattern:
    """Where the entries of G stand: half-planes, cone components, cone heads, bounds, in this order."""

    rows: Index
    columns: Index
    point_mask: NDArray[np.bool_]
    """(6, 6) which weights of position are ever not 0."""
    cone_masks: tuple[NDArray[np.bool_], ...]


@lru_cache(maxsize=32)
def pattern_of(shape: Shape) -> Pattern:
    """The entries of G for a shape."""
    point_mask = DERIVATIVE_WEIGHTS[0] != 0
    cone_masks = tuple(np.abs(DERIVATIVE_WEIGHTS[order]) > 1e-12 for order in (1, 2, 3))
    rows: list[Index] = []
    columns: list[Index] = []
    piece = np.arange(shape.pieces)
    plane_row = np.arange(6 * shape.pieces * shape.planes).reshape(shape.pieces, shape.planes, 6)
    point, state = np.nonzero(point_mask)
    for axis in (0, 1):
        rows.append(plane_row[:, :, point].ravel())
        column = _state_columns(piece, state, axis)
        columns.append(np.broadcast_to(column[:, None, :], (*plane_row.shape[:2], len(point))).ravel())
    rows.append(plane_row.ravel())
    columns.append(np.broadcast_to(_duration_column(shape, piece)[:, None, None], plane_row.shape).ravel())
    head = shape.linear_rows
    for mask in cone_masks:
        count = len(mask)
        cone = head + np.arange(shape.pieces * count).reshape(shape.pieces, count)
        point, state = np.nonzero(mask)
        for axis in (0, 1):
            component = cone + (1 + axis) * shape.cones
            rows += [component[:, point].ravel(), component.ravel(), component.ravel()]
            columns += [
                _state_columns(piece, state, axis).ravel(),
                np.repeat(_duration_column(shape, piece), count),
                np.full(cone.size, shape.unknowns - 1),
            ]
        rows.append(cone.ravel())
        columns.append(np.full(cone.size, shape.unknowns - 1))
        head += shape.pieces * count
    first = 6 * shape.pieces * shape.planes
    rows.append(first + np.arange(2 * shape.pieces + 2))
    durations = _duration_column(shape, piece)
    columns.append(np.concatenate([durations, durations, [shape.unknowns - 1] * 2]))
    return Pattern(np.concatenate(rows), np.concatenate(columns), point_mask, cone_masks)


def fill(
    shape: Shape,
    durations: Array,
    planes: tuple[Array, Array],
    bounds: Bounds,
    *,
    states: Array | None = None,
    trust: float = 0.0,
) -> Rows:
    """Numbers for one solve: *scale* without states, *tangent* about the given states.

    Parameters
    ----------
    durations
        (pieces,).
    planes
        Normals (pieces, planes, 2) and offsets (pieces, planes).
    states
        (pieces + 1, 3 of p v a, 2) of the last flight.
    trust
        Largest relative change of a duration in a tangent step.
    """
    tangent = states is not None
    ends = np.zeros((shape.pieces, 6, 2)) if states is None else np.concatenate([states[:-1], states[1:]], axis=1)
    pattern = pattern_of(shape)
    h = np.zeros(shape.rows)
    values = _plane_values(pattern, planes[0], durations, ends)
    h[: planes[1].size * 6] = np.repeat(planes[1].ravel(), 6)
    head = shape.linear_rows
    limits = (bounds.speed, bounds.acceleration, bounds.jerk)
    for order, mask in enumerate(pattern.cone_masks, start=1):
        size = shape.pieces * len(mask)
        wind = bounds.wind if order == 1 else np.zeros(2)
        limit = limits[order - 1]
        weights, slopes = weights_at(order, durations), _slopes(order, durations, ends)
        for axis in (0, 1):
            component = slice(head + (1 + axis) * shape.cones, head + (1 + axis) * shape.cones + size)
            h[component] = wind[axis] if tangent else 0.0
            pull = 0.0 if tangent else -wind[axis]
            values += [weights[:, mask].ravel(), slopes[:, :, axis].ravel(), np.full(size, pull)]
        h[head : head + size] = limit if tangent else limit * (1 - order)
        values.append(np.full(size, 0.0 if tangent else -order * limit))
        head += size
    first, last = 6 * shape.pieces * shape.planes, shape.linear_rows
    ones = np.ones(shape.pieces)
    values.append(np.concatenate([ones, -ones, [1.0, -1.0]]))
    h[first : last - 2] = trust if tangent else 1.0
    h[last - 2 : last] = SCALE_RANGE[1], -SCALE_RANGE[0]
    return Rows(np.concatenate(values), h, _cost(shape, durations, tangent))


def _plane_values(pattern: Pattern, normals: Array, durations: Array, ends: Array) -> list[Array]:
    weights = weights_at(0, durations)[:, pattern.point_mask]
    values = [(normals[:, :, axis, None] * weights[:, None, :]).ravel() for axis in (0, 1)]
    slopes = _slopes(0, durations, ends)
    values.append(np.einsum("npa,nka->npk", normals, slopes).ravel())
    return values


def _slopes(order: int, durations: Array, ends: Array) -> Array:
    """Change of each control point with the logarithm of the duration, (pieces, 6 - order, 2)."""
    weights = weights_at(order, durations) * (STATE_POWERS - order)
    result: Array = np.einsum("nks,nsa->nka", weights, ends)
    return result


def _cost(shape: Shape, durations: Array, tangent: bool) -> Array:
    cost = np.zeros(shape.unknowns)
    if tangent:
        cost[6 * (shape.pieces + 1) : -1] = durations / durations.sum()
    else:
        cost[-1] = 1.0
    return cost


def _state_columns(piece: Index, state: Index, axis: int) -> Index:
    """Columns of p0 v0 a0 p1 v1 a1 of each piece; a junction has px py vx vy ax ay."""
    return np.asarray(6 * piece[:, None] + 2 * state[None, :] + axis)


def _duration_column(shape: Shape, piece: Index) -> Index:
    return np.asarray(6 * (shape.pieces + 1) + piece)
