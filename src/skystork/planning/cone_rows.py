"""The cone problem of a flight as numbers: one sparse matrix whose pattern depends on the shape alone.

Unknowns are the states at the inner junctions (position, velocity, acceleration) in scaled time, and one scale s by
which all durations are stretched. In scaled time the control points are linear in the states. The bound on speed is
``|V - s w| <= s v``; the bounds ``s² a`` and ``s³ j`` are replaced by their tangents at s = 1, which lie below: what is
found is flyable, and exact once s = 1.

Of the half-planes that hold the position, each piece carries a few *lines*: those that a guess of the flight comes
nearest to. The others are looked at afterwards, and taken in if one of them is broken.

Units inside are the turn radius v²/a and the braking time v/a, so that all numbers are near 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from skystork.planning.bezier import DERIVATIVE_WEIGHTS, weights_at

Array = NDArray[np.float64]
Index = NDArray[np.int64]

SCALE_RANGE = (0.02, 50.0)
"""Of the first guess of the durations."""
DISCS: tuple[tuple[int, int], ...] = (
    *((1, n) for n in range(4)),
    *((2, n) for n in range(3)),
    *((3, n) for n in range(3)),
)
"""Order and number of the derivative points that are bounded; the next piece begins with those left out."""
_WEIGHTS_BEFORE = (0, 36, 66, 90)  # where the weights of each derivative begin in one row of all: 6, 5, 4, 3 points


@dataclass(frozen=True, slots=True)
class Shape:
    """What the compiled problem depends on."""

    pieces: int
    lines: int
    """For the three points that hang on the state before, and as many for the three that hang on the state after."""
    windy: bool

    @property
    def unknowns(self) -> int:
        """Six for each inner junction, one scale."""
        return 6 * (self.pieces - 1) + 1

    @property
    def linear_rows(self) -> int:
        """Lines, and two bounds of the scale."""
        return 2 * self.lines * (self.pieces - 1) + 2


@dataclass(frozen=True, slots=True)
class Pattern:
    """Where the entries of the matrix stand: lines, bounds of the scale, heads of the cones, their components."""

    rows: Index
    columns: Index
    cones: int
    cone_pieces: Index
    cone_kinds: Index
    """Which of :data:`DISCS` each cone is."""
    gathered: Index
    """Place of each component's entry in the row of all weights of all pieces."""

    @property
    def size(self) -> int:
        """Rows of the matrix below the linear ones are ``3 * cones``."""
        return len(self.rows)


@dataclass(frozen=True, slots=True)
class Bounds:
    """The limits of each piece without units, in scaled time."""

    discs: Array
    """(pieces, 10, 3) middle and radius of each of :data:`DISCS`."""


@dataclass(frozen=True, slots=True)
class Lines:
    """The half-planes taken in: for points before (pieces - 1, lines) and after (pieces - 1, lines)."""

    points: tuple[Index, Index]
    normals: tuple[Array, Array]
    offsets: tuple[Array, Array]


@lru_cache(maxsize=64)
def pattern_of(shape: Shape) -> Pattern:
    """The entries of the matrix of a shape."""
    rows, columns = _line_entries(shape)
    scale = shape.unknowns - 1
    rows += [np.array([shape.linear_rows - 2, shape.linear_rows - 1])]
    columns += [np.array([scale, scale])]
    found = [
        (piece, kind) for piece in range(shape.pieces) for kind in range(len(DISCS)) if _is_free(shape, piece, kind)
    ]
    pieces, kinds = (np.array(each, dtype=np.int64) for each in zip(*found, strict=True))
    cones = len(found)
    rows.append(shape.linear_rows + np.arange(cones))
    columns.append(np.full(cones, scale))
    entries = [_component(shape, cone, *found[cone]) for cone in range(cones)]
    row, column, gathered = (np.concatenate(each) for each in zip(*entries, strict=True))
    for axis in (0, 1):
        first = shape.linear_rows + (1 + axis) * cones
        rows.append(first + row)
        columns.append(column + axis)
        if shape.windy:
            rows.append(first + np.arange(cones))
            columns.append(np.full(cones, scale))
    return Pattern(np.concatenate(rows), np.concatenate(columns), cones, pieces, kinds, gathered)


def _line_entries(shape: Shape) -> tuple[list[Index], list[Index]]:
    """Before: pieces 1 and on hang on junction piece - 1. After: pieces to the last but one on junction piece."""
    rows, columns = [], []
    count = (shape.pieces - 1) * shape.lines
    junction = np.repeat(np.arange(shape.pieces - 1), shape.lines)
    for side in (0, 1):
        rows.append(np.repeat(side * count + np.arange(count), 6))
        columns.append((6 * junction[:, None] + np.arange(6)).ravel())
    return rows, columns


def _is_free(shape: Shape, piece: int, kind: int) -> bool:
    """Whether a bounded vector is not given by the two ends, which are at rest."""
    order, point = DISCS[kind]
    if piece == 0 and (order, point) in {(1, 0), (1, 1), (2, 0)}:
        return False
    return not (piece == shape.pieces - 1 and (order, point) == (1, 3))


def _component(shape: Shape, cone: int, piece: int, kind: int) -> tuple[Index, Index, Index]:
    """Row, column of the first axis, and place of the weight, of each entry of a component of a cone."""
    order, point = DISCS[kind]
    states = np.flatnonzero(np.abs(DERIVATIVE_WEIGHTS[order][point]) > 1e-12)
    junction = piece - 1 + states // 3
    inner = (junction >= 0) & (junction < shape.pieces - 1)
    states, junction = states[inner], junction[inner]
    place = piece * 108 + _WEIGHTS_BEFORE[order] + 6 * point + states
    return np.full(len(states), cone), 6 * junction + 2 * (states % 3), place


def fill(shape: Shape, durations: Array, lines: Lines, discs: Array, ends: Array) -> tuple[Array, Array]:
    """Values of the matrix G, in the order of the pattern, and h: ``h - G x`` is in the cone.

    Parameters
    ----------
    durations
        (pieces,).
    discs
        (pieces, 10, 3) middle and radius of each of :data:`DISCS`.
    ends
        (2, 2) start and goal.
    """
    pattern = pattern_of(shape)
    weights = [weights_at(order, durations) for order in range(4)]
    values, h = [], []
    for side, (points, normals, offsets) in enumerate(zip(lines.points, lines.normals, lines.offsets, strict=True)):
        own = weights[0][1:, :, :3] if side == 0 else weights[0][:-1, :, 3:]
        taken = np.take_along_axis(own, points[:, :, None], axis=1)
        values.append((taken[:, :, :, None] * normals[:, :, None, :]).ravel())
        h.append(offsets.ravel())
    values.append(np.array([1.0, -1.0]))
    h.append(np.array([SCALE_RANGE[1], -SCALE_RANGE[0]]))
    bounds = discs[pattern.cone_pieces, pattern.cone_kinds]
    orders = np.array([order for order, _ in DISCS])[pattern.cone_kinds]
    values.append(-orders * bounds[:, 2])
    h.append((1 - orders) * bounds[:, 2])
    everything = np.concatenate([each.reshape(shape.pieces, -1) for each in weights], axis=1)
    own_values = -everything.ravel()[pattern.gathered]
    for axis in (0, 1):
        values.append(own_values)
        if shape.windy:
            values.append(np.where(orders == 1, bounds[:, axis], 0.0))
        constant = np.zeros((shape.pieces, len(DISCS)))
        for end, piece, column in ((0, 0, 0), (1, -1, 3)):
            for kind, (order, point) in enumerate(DISCS):
                constant[piece, kind] += weights[order][piece, point, column] * ends[end, axis]
        h.append(constant[pattern.cone_pieces, pattern.cone_kinds])
    return np.concatenate(values), np.concatenate(h)
