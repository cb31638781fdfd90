"""The way out from every instant of a flight, judged by the independent check.

Back along the outbound curve, on along the plan, or down over the pad are ways that are proven with the legs; here is
looked at whether each instant has one and whether it may be taken there. A straight way is proven from every point of a
curve at once: all of them lie in the triangle of a piece's chord and the safe point, grown by what the piece bends.
Source: PX4 v1.17, src/modules/navigator/rtl.cpp (RTL_TYPE 0 and 4, findClosestSafePoint).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from skystork.planning.check_around import WrittenSurroundings, WrittenWay
from skystork.planning.check_document import Complaint, WrittenFlight, WrittenLeg
from skystork.planning.check_geometry import Array, Indices, at_middles, bends_m, between_segments_m, halves
from skystork.planning.check_index import TOLERANCE_M, EdgeIndex, Flags, too_near
from skystork.planning.check_zones import ClosedVolumes

TIME_TOLERANCE_S = 1e-3
HEIGHT_TOLERANCE_M = 1e-6
_SHORTEST_M = 0.05
"""A piece this long whose triangle is not clear has a way that is not."""
_SAMPLES = 8
_ROUNDS = 40
_KINDS: Mapping[str, frozenset[str]] = {
    "mission": frozenset({"reverse", "forward", "down"}),
    "direct": frozenset({"direct"}),
}


def way_complaints(around: WrittenSurroundings, flight: WrittenFlight) -> Iterator[Complaint]:
    """Every instant of every leg has a way that may be taken there, at the height that it is flown at."""
    for leg in flight.legs:
        ways = sorted((way for way in around.ways if way.leg == leg.name), key=lambda way: way.from_s)
        covered_s = 0.0
        for way in ways:
            if way.from_s <= covered_s + TIME_TOLERANCE_S:
                covered_s = max(covered_s, way.to_s)
        if covered_s < leg.duration_s - TIME_TOLERANCE_S:
            text = f"no way out from {covered_s:.1f} s after its beginning"
            yield "failsafe", leg.name, text, covered_s, leg.duration_s
        for way in ways:
            yield from _way_complaints(way, leg, around, flight)
    names = {leg.name for leg in flight.legs}
    for way in around.ways:
        if way.leg not in names:
            yield "failsafe", way.leg, "a way out of no leg", way.leg, " ".join(sorted(names))


def _way_complaints(
    way: WrittenWay, leg: WrittenLeg, around: WrittenSurroundings, flight: WrittenFlight
) -> Iterator[Complaint]:
    out_m, back_m = flight.legs[1].start_m, flight.legs[5].start_m
    outward = leg.name in {"climb", "outbound"}
    height_m = out_m if outward else back_m
    if way.kind == "direct":
        height_m = max(around.return_height_m, *(each.end_m for each in flight.legs))
    if not -TIME_TOLERANCE_S <= way.from_s <= way.to_s <= leg.duration_s + TIME_TOLERANCE_S:
        text = f"from {way.from_s:.1f} to {way.to_s:.1f} s is not within the leg"
        yield "failsafe", leg.name, text, way.to_s, leg.duration_s
    if way.kind not in _KINDS.get(around.return_path, ()):
        yield "failsafe", leg.name, f"{way.kind} is not how this vehicle returns", way.kind, around.return_path
    if way.kind in {"reverse", "down"} and flight.begins_in_air:
        yield "failsafe", leg.name, f"{way.kind} leads to where it began in the air", way.kind, "forward"
    if (way.kind == "reverse" and not outward) or (way.kind == "down" and leg.name != "climb"):
        yield "failsafe", leg.name, f"{way.kind} is no way out of this leg", way.kind, "forward"
    if way.kind == "forward" and outward and not flight.begins_in_air:
        yield "failsafe", leg.name, "PX4 turns back before the doorstep", way.kind, "reverse"
    if not abs(way.height_m - height_m) <= HEIGHT_TOLERANCE_M:
        yield "failsafe", leg.name, f"its way out is at {way.height_m:.1f} m", way.height_m, height_m
    if not 0 <= way.safe_point < len(around.safe_points) or (way.kind != "direct" and way.safe_point != 0):
        text = f"its way out ends at safe point {way.safe_point}"
        yield "failsafe", leg.name, text, way.safe_point, len(around.safe_points) - 1


def direct_complaints(
    around: WrittenSurroundings,
    flight: WrittenFlight,
    closed: ClosedVolumes,
    span_s: tuple[float, float],
    required_m: float,
) -> Iterator[Complaint]:
    """Straight ways are clear from every point, lead to the nearest safe point, and one may come down there."""
    direct = [way for way in around.ways if way.kind == "direct"]
    if not direct or any(not 0 <= way.safe_point < len(around.safe_points) for way in direct):
        return
    top_m = max(way.height_m for way in direct)
    zones, roofs = closed.closed(0.0, top_m, *span_s), closed.closed(top_m, top_m, *span_s)
    shut = np.where(closed.is_obstacle, roofs, zones)
    for number in sorted({way.safe_point for way in direct}):
        place = around.safe_points[number]
        for found in too_near(np.broadcast_to(place, (1, 2, 2)), closed.index, shut, required_m):
            text = f"{around.safe_names[number]} is {found.distance_m:.1f} m from {closed.names[found.owner]}"
            yield "failsafe", "", text, found.distance_m, required_m
    for leg in flight.legs:
        ways = [way for way in direct if way.leg == leg.name]
        yield from _nearest_complaints(ways, leg, around, flight)
        for way in ways:
            curves = _part(leg, flight, way)
            owner = blocked_by(curves, around.safe_points[way.safe_point], closed.index, shut, required_m)
            if owner is not None:
                name = closed.names[owner]
                text = f"the straight way to {around.safe_names[way.safe_point]} comes too near to {name}"
                yield "failsafe", leg.name, text, name, required_m


def swept_triangles(around: WrittenSurroundings, flight: WrittenFlight) -> list[Array]:
    """Corners (3, 2) of what the straight ways sweep over: the ends of each piece, and the safe point [m]."""
    return [
        np.array([curve[0], curve[-1], around.safe_points[way.safe_point]])
        for way in around.ways
        if way.kind == "direct" and 0 <= way.safe_point < len(around.safe_points)
        for leg in flight.legs
        if leg.name == way.leg
        for curve in _part(leg, flight, way)
    ]


def blocked_by(curves: Array, place: Array, index: EdgeIndex, closed: Flags, required_m: float) -> int | None:
    """Owner that some straight way from the curves to a place comes too near to; None where all ways are clear."""
    for start in curves[:, 0]:
        for owner in index.holders(start):
            if closed[owner]:
                return int(owner)
    wanted_m = required_m - TOLERANCE_M
    pieces = curves
    piece, first, second, offset_m, owner_of = _candidates(pieces, place, index, closed, required_m)
    for _ in range(_ROUNDS):
        start, end = pieces[piece, 0], pieces[piece, -1]
        gap_m = _from_triangles(start, end, place, first, second) - offset_m
        open_pair = ~(gap_m - bends_m(pieces)[piece] >= wanted_m)
        if not np.any(open_pair):
            return None
        long = np.hypot(*(pieces[:, -1] - pieces[:, 0]).T) + bends_m(pieces) > _SHORTEST_M
        decided = open_pair & ~long[piece]
        if np.any(decided):
            return int(owner_of[decided][0])
        used, inverse = np.unique(piece[open_pair], return_inverse=True)
        pieces = np.concatenate(halves(pieces[used]))
        piece = np.concatenate([inverse, inverse + len(used)])
        first, second, offset_m, owner_of = (
            np.concatenate([values[open_pair]] * 2) for values in (first, second, offset_m, owner_of)
        )
    return int(owner_of[0])


def _candidates(
    pieces: Array, place: Array, index: EdgeIndex, closed: Flags, required_m: float
) -> tuple[Indices, Array, Array, Array, Indices]:
    """Pairs of a piece and an edge, or a circle as an edge of no length, near the box of its triangle."""
    low = np.minimum(pieces.min(axis=1), place) - required_m
    high = np.maximum(pieces.max(axis=1), place) + required_m
    piece, edge = index.edge_pairs(low, high)
    kept = closed[index.edge_owner[edge]]
    pairs = np.unique(np.stack([piece[kept], edge[kept]], axis=1), axis=0)
    around, circle = index.circle_pairs(low, high)
    kept = closed[index.circle_owner[circle]]
    around, circle = around[kept], circle[kept]
    return (
        np.concatenate([pairs[:, 0], around]),
        np.concatenate([index.edges[pairs[:, 1], 0], index.centres[circle]]),
        np.concatenate([index.edges[pairs[:, 1], 1], index.centres[circle]]),
        np.concatenate([np.zeros(len(pairs)), index.radii_m[circle]]),
        np.concatenate([index.edge_owner[pairs[:, 1]], index.circle_owner[circle]]),
    )


def _from_triangles(start: Array, end: Array, place: Array, first: Array, second: Array) -> Array:
    """Distance of edges from triangles, row by row; 0 where they meet."""
    apex = np.broadcast_to(place, start.shape)
    gaps = np.minimum(
        between_segments_m(start, end, first, second),
        np.minimum(between_segments_m(start, apex, first, second), between_segments_m(end, apex, first, second)),
    )
    sides = [_side(start, end, first), _side(end, apex, first), _side(apex, start, first)]
    inside = np.all([side >= 0 for side in sides], axis=0) | np.all([side <= 0 for side in sides], axis=0)
    flat = np.abs(_side(start, end, apex)) < 1e-9
    return np.where(inside & ~flat, 0.0, gaps)


def _side(start: Array, end: Array, place: Array) -> Array:
    along, to = end - start, place - start
    return np.asarray(along[:, 0] * to[:, 1] - along[:, 1] * to[:, 0])


def _part(leg: WrittenLeg, flight: WrittenFlight, way: WrittenWay) -> Array:
    """The pieces of a leg's curve that a way leads out of; of a vertical leg the point it stands over."""
    if not len(leg.points):
        return np.broadcast_to(flight.place_of(leg.name), (1, 2, 2))
    ends_s = np.cumsum(leg.piece_s)
    meets = (ends_s >= way.from_s - TIME_TOLERANCE_S) & (ends_s - leg.piece_s <= way.to_s + TIME_TOLERANCE_S)
    parts = []
    for curve, end_s, piece_s in zip(leg.points[meets], ends_s[meets], leg.piece_s[meets], strict=True):
        low = max(0.0, (way.from_s - (end_s - piece_s)) / piece_s)
        high = min(1.0, (way.to_s - (end_s - piece_s)) / piece_s)
        if high > low:
            parts.append(_between(curve, low, high))
    return np.array(parts).reshape(-1, *leg.points.shape[1:])


def _between(curve: Array, low: float, high: float) -> Array:
    """The part of a curve between two shares of its duration (de Casteljau, twice)."""
    after = _split(curve, low)[1] if low > 0 else curve
    return _split(after, (high - low) / (1 - low))[0] if high < 1 else after


def _split(curve: Array, share: float) -> tuple[Array, Array]:
    left, right, level = [curve[0]], [curve[-1]], curve
    while len(level) > 1:
        level = level[:-1] * (1 - share) + level[1:] * share
        left.append(level[0])
        right.append(level[-1])
    return np.array(left), np.array(right[::-1])


def _nearest_complaints(
    ways: list[WrittenWay], leg: WrittenLeg, around: WrittenSurroundings, flight: WrittenFlight
) -> Iterator[Complaint]:
    """At sampled instants the nearest safe point is one that the leg has a way to."""
    if len(leg.points):
        places = at_middles(leg.points, _SAMPLES).reshape(-1, 2)
        share = (np.arange(_SAMPLES) + 0.5) / _SAMPLES
        times_s = ((np.cumsum(leg.piece_s) - leg.piece_s)[:, None] + leg.piece_s[:, None] * share).ravel()
    else:
        places, times_s = flight.place_of(leg.name)[None], np.array([leg.duration_s / 2])
    nearest = np.argmin(np.hypot(*np.moveaxis(places[:, None] - around.safe_points[None], -1, 0)), axis=1)
    for at_s, number in zip(times_s, nearest, strict=True):
        if not any(way.safe_point == number and way.from_s <= at_s <= way.to_s for way in ways):
            name = around.safe_names[number]
            text = f"PX4 flies to {name} from {at_s:.1f} s on, and no way there is written"
            yield "failsafe", leg.name, text, name, "a way"
            return
