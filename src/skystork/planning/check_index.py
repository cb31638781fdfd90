"""Edges of closed volumes in a grid, and the proof that curves keep their distance from them, for all instants.

A Bézier curve lies in the hull of its control points: a piece whose chord is far enough from an edge, less the
deviation of its control points from that chord, is clear of it. Any other piece is halved until it is decided; pieces
that are still undecided when they are straight to :data:`DECIDED_M` count as too near. All pieces of a flight go
through each round together, and each meets only the edges in its own cells.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from skystork.planning.check_geometry import Array, Indices, bends_m, between_segments_m, crossings, halves

CELL_M = 100.0
"""Side of a grid cell: a few buildings."""
LONGEST_PIECE_M = 200.0
"""Longer pieces are halved before they are compared with anything."""
TOLERANCE_M = 1e-3
"""Below the required distance, what still passes."""
DECIDED_M = 1e-4
"""A piece this straight is not halved again; undecided, it counts as too near."""
_ROW = 1 << 24  # cells in a row of the grid, more than the Earth is round

Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Nearest:
    """Where a curve comes too near."""

    curve: int
    """Row of the curve that was asked about."""
    owner: int
    """Whose edge or circle."""
    distance_m: float
    """Below the required one; 0 or less inside."""


class EdgeIndex:
    """Edges (n, 2, 2) and circles of many owners; built once for a set of zones.

    Parameters
    ----------
    edges, edge_owner
        All edges of all rings [m], and the number of the volume that each belongs to.
    centres, radii_m, circle_owner
        Circles are kept as circles.
    """

    def __init__(
        self, edges: Array, edge_owner: Indices, centres: Array, radii_m: Array, circle_owner: Indices
    ) -> None:
        self.edges, self.edge_owner = edges, edge_owner
        self.centres, self.radii_m, self.circle_owner = centres, radii_m, circle_owner
        keys, members = _cells_of(edges)
        order = np.argsort(keys, kind="stable")
        self._keys, self._members = keys[order], members[order]

    def holders(self, point: Array) -> Indices:
        """Owners of the volumes that a point lies in."""
        crossed = self.edge_owner[crossings(point, self.edges)]
        owners, counts = np.unique(crossed, return_counts=True)
        inside = np.hypot(*(self.centres - point).T) <= self.radii_m
        return np.concatenate([owners[counts % 2 == 1], self.circle_owner[inside]])

    def edge_pairs(self, low: Array, high: Array) -> tuple[Indices, Indices]:
        """Boxes (n, 2) and the edges in their cells: rows of boxes, rows of edges."""
        first, last = _cell(low), _cell(high)
        rows = last[:, 1] - first[:, 1] + 1
        box = np.repeat(np.arange(len(low)), rows)
        row = first[box, 1] + _counting(rows)
        begins = np.searchsorted(self._keys, _key(first[box, 0], row))
        counts = np.searchsorted(self._keys, _key(last[box, 0], row), side="right") - begins
        return np.repeat(box, counts), self._members[np.repeat(begins, counts) + _counting(counts)]

    def circle_pairs(self, low: Array, high: Array) -> tuple[Indices, Indices]:
        """Boxes (n, 2) and the circles that may touch them."""
        if not len(self.radii_m):
            return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
        nearest = np.clip(self.centres[None], low[:, None], high[:, None])
        gap = np.hypot(*np.moveaxis(nearest - self.centres[None], -1, 0))
        box, circle = np.nonzero(gap <= self.radii_m[None])
        return box, circle


def too_near(
    curves: Array, index: EdgeIndex, closed: Flags, required_m: float, *, filled: bool = True
) -> list[Nearest]:
    """For each curve and owner that are nearer than required: the distance found; empty is a proof of clearance.

    Parameters
    ----------
    curves
        (n, degree + 1, 2) [m].
    closed
        By owner: whether it counts.
    filled
        Whether the inside counts as well as the edges.
    """
    if not len(curves):
        return []
    found: dict[tuple[int, int], float] = {}
    if filled:
        _judge_ends(curves, index, closed, found)
    search = _Search.of(curves, index, closed, required_m)
    while len(search.pieces):
        search = search.step(required_m - TOLERANCE_M, found)
    return [Nearest(curve, owner, distance) for (curve, owner), distance in sorted(found.items())]


def clearance_m(curves: Array, index: EdgeIndex, closed: Flags, reach_m: float) -> float:
    """Least distance of the curves from what is closed, 1 mm below it at most; ``reach_m`` where nothing is nearer."""
    search = _Search.of(curves, index, closed, reach_m)
    best_m = reach_m
    while len(search.pieces):
        chord_m, bend_m = search.chords_m(), bends_m(search.pieces)
        best_m = min(best_m, float(np.min(search.ends_m(), initial=np.inf)))
        search = search.halved(chord_m - bend_m[search.piece] < best_m - TOLERANCE_M)
    return best_m - TOLERANCE_M if best_m < reach_m else reach_m


@dataclass(frozen=True, slots=True)
class _Search:
    """Pieces of curves, and the pairs of a piece and an edge (or circle, as an edge of no length) to be decided."""

    pieces: Array
    curve: Indices
    piece: Indices
    first: Array
    second: Array
    offset_m: Array
    """Radius, 0 for edges."""
    owner: Indices

    @classmethod
    def of(cls, curves: Array, index: EdgeIndex, closed: Flags, required_m: float) -> _Search:
        pieces, curve = cut_pieces(curves)
        low, high = pieces.min(axis=1) - required_m, pieces.max(axis=1) + required_m
        piece, edge = index.edge_pairs(low, high)
        kept = closed[index.edge_owner[edge]]
        piece, edge = piece[kept], edge[kept]
        around, circle = index.circle_pairs(low, high)
        kept = closed[index.circle_owner[circle]]
        around, circle = around[kept], circle[kept]
        return cls(
            pieces,
            curve,
            np.concatenate([piece, around]),
            np.concatenate([index.edges[edge, 0], index.centres[circle]]),
            np.concatenate([index.edges[edge, 1], index.centres[circle]]),
            np.concatenate([np.zeros(len(edge)), index.radii_m[circle]]),
            np.concatenate([index.edge_owner[edge], index.circle_owner[circle]]),
        )

    def chords_m(self) -> Array:
        """Distance of each pair's chord from its edge."""
        start, end = self.pieces[self.piece, 0], self.pieces[self.piece, -1]
        return between_segments_m(start, end, self.first, self.second) - self.offset_m

    def ends_m(self) -> Array:
        """Least distance of the two ends of each pair's piece, which are points of the curve."""
        start, end = self.pieces[self.piece, 0], self.pieces[self.piece, -1]
        return (
            np.minimum(
                between_segments_m(start, start, self.first, self.second),
                between_segments_m(end, end, self.first, self.second),
            )
            - self.offset_m
        )

    def step(self, wanted_m: float, found: dict[tuple[int, int], float]) -> _Search:
        """Decide what can be decided, note what is too near, and halve the rest."""
        chord_m, bend_m = self.chords_m(), bends_m(self.pieces)[self.piece]
        open_pair = ~(chord_m - bend_m >= wanted_m)  # what is not a number is not clear
        ends_m = self.ends_m()
        near = open_pair & (~(ends_m >= wanted_m) | ~(bend_m > DECIDED_M))
        for row in np.flatnonzero(near):
            key = (int(self.curve[self.piece[row]]), int(self.owner[row]))
            distance_m = min(float(ends_m[row]), float(chord_m[row] - bend_m[row]))
            found[key] = min(found.get(key, np.inf), distance_m)
        return self.halved(open_pair & ~near)

    def halved(self, kept: Flags) -> _Search:
        """The pieces of these pairs in halves, with the pairs that come of it."""
        used, inverse = np.unique(self.piece[kept], return_inverse=True)
        left, right = halves(self.pieces[used])
        twice = [np.concatenate([values[kept]] * 2) for values in (self.first, self.second, self.offset_m, self.owner)]
        return _Search(
            np.concatenate([left, right]),
            np.concatenate([self.curve[used]] * 2),
            np.concatenate([inverse, inverse + len(used)]),
            *twice,
        )


def _judge_ends(curves: Array, index: EdgeIndex, closed: Flags, found: dict[tuple[int, int], float]) -> None:
    """A curve within a volume, far from its edges: its first point is inside too, or the curve crosses an edge."""
    seen: dict[tuple[float, float], Indices] = {}
    for row, start in enumerate(curves[:, 0]):
        if row and np.max(np.abs(start - curves[row - 1, -1])) < TOLERANCE_M:
            continue  # joined to the curve before, which crosses an edge if this one begins inside
        place = (float(start[0]), float(start[1]))
        if place not in seen:
            seen[place] = index.holders(start)
        for owner in seen[place]:
            if closed[owner]:
                found[row, int(owner)] = 0.0


def cut_pieces(curves: Array) -> tuple[Array, Indices]:
    """Curves in halves until none is longer than :data:`LONGEST_PIECE_M`, and which curve each piece is of."""
    done: list[tuple[Array, Indices]] = []
    pieces, curve = curves, np.arange(len(curves))
    for _ in range(16):
        long = np.max(pieces.max(axis=1) - pieces.min(axis=1), axis=1) > LONGEST_PIECE_M
        done.append((pieces[~long], curve[~long]))
        if not np.any(long):
            break
        pieces, curve = np.concatenate(halves(pieces[long])), np.concatenate([curve[long]] * 2)
    else:
        done.append((pieces, curve))
    return np.concatenate([one for one, _ in done]), np.concatenate([rows for _, rows in done])


def _cells_of(edges: Array) -> tuple[Indices, Indices]:
    """Every cell that an edge passes through, and the edge: long edges are followed in steps of a cell."""
    steps = np.maximum(1, np.ceil(np.max(np.abs(edges[:, 1] - edges[:, 0]), axis=1) / CELL_M)).astype(np.int64)
    edge = np.repeat(np.arange(len(edges)), steps)
    share = (_counting(steps) / steps[edge])[:, None]
    next_share = ((_counting(steps) + 1) / steps[edge])[:, None]
    start, along = edges[edge, 0], edges[edge, 1] - edges[edge, 0]
    one, other = _cell(start + share * along), _cell(start + next_share * along)
    # A step spans at most two cells each way: the four corners of its box are all the cells it can touch.
    beside, above = one[:, 0] != other[:, 0], one[:, 1] != other[:, 1]
    keys = [_key(one[:, 0], one[:, 1]), _key(other[beside, 0], one[beside, 1]), _key(one[above, 0], other[above, 1])]
    across = beside & above
    keys.append(_key(other[across, 0], other[across, 1]))
    return np.concatenate(keys), np.concatenate([edge, edge[beside], edge[above], edge[across]])


def _key(x: Indices, y: Indices) -> Indices:
    return np.asarray(y * _ROW + x, dtype=np.int64)


def _cell(points: Array) -> Indices:
    return np.asarray(np.floor(points / CELL_M), dtype=np.int64)


def _counting(counts: Indices) -> Indices:
    """0, 1, … for each count, one after another."""
    total = int(np.sum(counts))
    begins = np.cumsum(counts) - counts
    return np.asarray(np.arange(total) - np.repeat(begins, counts), dtype=np.int64)
