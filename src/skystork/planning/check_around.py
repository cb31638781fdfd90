"""What a flight falls back on, as the independent check reads and judges it: layers, hover boxes, safe points, fence.

The fence must hold all that may be flown and shut nothing of it out; it is what the vehicle keeps to without us.
Source: PX4 v1.17, src/modules/navigator (64 fence vertices on flight hardware, DM_KEY_FENCE_POINTS_MAX).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from skystork.planning.check_document import Complaint, WrittenFlight
from skystork.planning.check_geometry import Array, MeridianPlane, finite_pairs, point
from skystork.planning.check_index import EdgeIndex, Flags, too_near
from skystork.planning.check_volumes import finite
from skystork.planning.check_zones import ClosedVolumes

FENCE_VERTICES = 64
IN_FENCE_M = 40.0
"""From everything that may be flown to the fence: where a flight counts as leaving its path."""
FROM_EXCLUSION_M = 20.0
GUST_SHARE, POSITION_LOOP_S = 0.5, 1.05
"""A gust is half the wind limit; it moves a vehicle for 1/MPC_XY_P (PX4 v1.17: 0.95 1/s)."""
BELOW_DROP_M = 3.0
_PLACE_M = 0.01


@dataclass(frozen=True, slots=True)
class WrittenBox:
    """A hover box in the plane of the check."""

    place: str
    centre: Array
    half_width_m: float
    floor_m: float
    ceiling_m: float


@dataclass(frozen=True, slots=True)
class WrittenWay:
    """The way out from a part of a leg."""

    leg: str
    from_s: float
    to_s: float
    kind: str
    safe_point: int
    height_m: float


@dataclass(frozen=True, slots=True)
class WrittenSurroundings:
    """Everything around the legs."""

    layers_m: Mapping[str, tuple[float, ...]]
    boxes: tuple[WrittenBox, ...]
    return_path: str
    return_height_m: float
    safe_names: tuple[str, ...]
    safe_points: Array
    """(n, 2) [m]."""
    ways: tuple[WrittenWay, ...]
    inclusion_deg: Array
    exclusions_deg: tuple[Array, ...]
    obstacle_set_hash: str


def read_surroundings(document: Mapping[str, Any], plane: MeridianPlane) -> WrittenSurroundings:
    """Everything around the legs; raises as :func:`skystork.planning.check_document.read_document`."""
    fence, points = document["fence"], document["rally_points"]
    return WrittenSurroundings(
        {name: _heights(document["layers"][f"{name}_m"], name) for name in ("outbound", "inbound")},
        tuple(_box(raw, plane) for raw in document["hover_boxes"]),
        str(document["return_path"]),
        finite(document["return_height_home_m"], "return_height_home_m"),
        tuple(str(raw["name"]) for raw in points),
        np.array([_place(raw, plane) for raw in points]).reshape(-1, 2),
        tuple(_way(raw) for raw in document["failsafe_ways"]),
        finite_pairs(fence["inclusion_deg"], "inclusion_deg"),
        tuple(finite_pairs(ring, "exclusions_deg") for ring in fence["exclusions_deg"]),
        str(document["obstacle_set_hash"]),
    )


def layer_complaints(
    around: WrittenSurroundings, flight: WrittenFlight, asked: Mapping[str, Any]
) -> Iterator[Complaint]:
    """Level legs fly in one of the layers that were offered."""
    for number, name in ((1, "outbound"), (5, "inbound")):
        offered = tuple(asked[f"{name}_layers_m"]) or (asked[f"{name}_height_m"],)
        if around.layers_m[name] != offered:
            text = f"layers {list(around.layers_m[name])} m were not offered"
            yield "request", name, text, str(list(around.layers_m[name])), str(list(offered))
        height_m = flight.legs[number].start_m
        if height_m not in around.layers_m[name]:
            yield "layers", name, f"flies at {height_m:.1f} m, in none of its layers", height_m, str(offered)


def box_complaints(
    around: WrittenSurroundings,
    flight: WrittenFlight,
    closed: ClosedVolumes,
    span_s: tuple[float, float],
    *,
    lands: bool,
) -> Iterator[Complaint]:
    """Each vertical part has its box, wide and deep enough, and nothing closed reaches into it."""
    profile, top_m = flight.profile, max(flight.legs[1].start_m, flight.legs[5].start_m)
    half_m = profile["position_error_m"] + GUST_SHARE * profile["wind_limit_m_s"] * POSITION_LOOP_S
    low_m = 0.0 if lands else max(0.0, profile["drop_height_m"] - BELOW_DROP_M)
    needed = {"pad": (flight.pad, 0.0, top_m), "drop_off": (flight.drop, low_m, top_m)}
    if flight.begins_in_air:
        low_m, high_m = sorted((flight.start_height_m, flight.legs[1].start_m))
        needed["start"] = (flight.start, max(0.0, low_m - BELOW_DROP_M), high_m)
    if [box.place for box in around.boxes] != list(needed):
        places = " ".join(box.place for box in around.boxes)
        yield "hover box", "", "not one box for each vertical part", places, " ".join(needed)
        return
    for box in around.boxes:
        centre, floor_m, ceiling_m = needed[box.place]
        off_m = float(np.hypot(*(box.centre - centre)))
        if not off_m <= _PLACE_M:
            yield "hover box", "", f"box of the {box.place} is {off_m:.2f} m off its place", off_m, _PLACE_M
        if not abs(box.half_width_m - half_m) <= 1e-6:
            text = f"box of the {box.place} is {box.half_width_m:.2f} m to each side"
            yield "hover box", "", text, box.half_width_m, half_m
        if not (abs(box.floor_m - floor_m) <= 1e-6 and abs(box.ceiling_m - ceiling_m) <= 1e-6):
            text = f"box of the {box.place} reaches from {box.floor_m:.1f} to {box.ceiling_m:.1f} m"
            yield "hover box", "", text, f"{box.floor_m} to {box.ceiling_m}", f"{floor_m} to {ceiling_m}"
        shut = closed.closed(box.floor_m, box.ceiling_m, *span_s)
        for owner in np.unique(np.flatnonzero(_in_box(box, closed.index, shut))):
            text = f"{closed.names[owner]} reaches into the box of the {box.place}"
            yield "hover box", "", text, closed.names[owner], "nothing"


def safe_point_complaints(
    around: WrittenSurroundings, flight: WrittenFlight, asked: Mapping[str, Any], rally: Sequence[Mapping[str, Any]]
) -> Iterator[Complaint]:
    """Home comes first; any other is one that the site names, and the return is what the vehicle is set to."""
    profile = asked["profile"]
    for name, written, wanted in (
        ("return_path", around.return_path, profile["return_path"]),
        ("return_height_home_m", around.return_height_m, profile["return_height_m"]),
    ):
        if written != wanted:
            yield "request", "", f"{name} is {written!r}, asked was {wanted!r}", str(written), str(wanted)
    home = flight.drop if asked["ends_at_drop_off"] else flight.pad
    known = [("home", home)]
    known += [(str(each["name"]), _place(each["position"], flight.plane)) for each in rally]
    for number, (name, place) in enumerate(zip(around.safe_names, around.safe_points, strict=True)):
        near = [
            at for at, (other, there) in enumerate(known) if other == name and np.hypot(*(there - place)) <= _PLACE_M
        ]
        if not near or (number == 0) != (near[0] == 0):
            yield "safe point", "", f"{name} is no safe point of the site", name, " ".join(other for other, _ in known)
    if not len(around.safe_points):
        yield "safe point", "", "there is none", "0", "home first"


def fence_complaints(around: WrittenSurroundings, flight: WrittenFlight, swept: Sequence[Array]) -> Iterator[Complaint]:
    """Everything that may be flown is well inside the fence and outside its exclusions.

    Parameters
    ----------
    swept
        Triangles (3, 2) that straight failsafe ways may use [m].
    """
    rings = (around.inclusion_deg, *around.exclusions_deg)
    of_legs = [
        (leg.name, leg.points if len(leg.points) else np.broadcast_to(flight.place_of(leg.name), (1, 2, 2)))
        for leg in flight.legs
    ]
    sides = [np.array([triangle[end], triangle[2]]) for triangle in swept for end in (0, 1)]
    of_ways = [("failsafe way", np.array(sides))] if sides else []
    yield from ring_complaints(rings, flight.plane, [*of_legs, *of_ways])


def ring_complaints(
    rings: Sequence[Array], plane: MeridianPlane, flown: Iterable[tuple[str, Array]]
) -> Iterator[Complaint]:
    """What is wrong with the rings of a fence about what is flown.

    Parameters
    ----------
    rings
        The inclusion, then the exclusions, as longitudes and latitudes (n, 2) [deg].
    flown
        By name: control points (m, k, 2) of its pieces [m].
    """
    count = sum(len(ring) for ring in rings)
    if count > FENCE_VERTICES:
        yield "fence", "", f"{count} vertices do not fit on board", count, FENCE_VERTICES
    if min(len(ring) for ring in rings) < 3:
        yield "fence", "", "a polygon of fewer than three corners", min(len(ring) for ring in rings), 3
        return
    walls = [_ring_index(ring, plane) for ring in rings]
    for name, curves in flown:
        yield from _leaves(curves, name, walls)


def _ring_index(ring_deg: Array, plane: MeridianPlane) -> EdgeIndex:
    corners = plane.project(np.concatenate([ring_deg, ring_deg[:1]]))
    none = np.empty(0, dtype=np.int64)
    edges = np.stack([corners[:-1], corners[1:]], axis=1)
    return EdgeIndex(edges, np.zeros(len(edges), dtype=np.int64), np.empty((0, 2)), np.empty(0), none)


def _leaves(curves: Array, leg: str, walls: Sequence[EdgeIndex]) -> Iterator[Complaint]:
    """Curves that leave the first ring, or enter another, or come too near to either."""
    for number, wall in enumerate(walls):
        required_m, what = (FROM_EXCLUSION_M, "an exclusion") if number else (IN_FENCE_M, "the edge")
        inside = bool(len(wall.holders(curves[0, 0])))
        if inside == (number > 0):
            yield "fence", leg, f"begins beyond {what} of the fence", "beyond", required_m
            return
        found = too_near(curves, wall, np.ones(1, dtype=bool), required_m, filled=False)
        if found:
            least_m = min(each.distance_m for each in found)
            yield "fence", leg, f"{least_m:.1f} m from {what} of the fence", least_m, required_m


def _in_box(box: WrittenBox, index: EdgeIndex, closed: Flags) -> Flags:
    """By owner: whether it reaches into the square."""
    found = np.zeros(len(closed), dtype=bool)
    low, high = (box.centre - box.half_width_m)[None], (box.centre + box.half_width_m)[None]
    edge = index.edge_pairs(low, high)[1]
    crossing = edge[_meets_square(index.edges[edge], low[0], high[0])]
    found[index.edge_owner[crossing]] = True
    found[index.circle_owner[index.circle_pairs(low, high)[1]]] = True
    found[index.holders(box.centre)] = True
    return found & closed


def _meets_square(edges: Array, low: Array, high: Array) -> Flags:
    """Which edges (n, 2, 2) meet an upright square (Liang and Barsky's clipping)."""
    start, along = edges[:, 0], edges[:, 1] - edges[:, 0]
    enters, leaves = np.zeros(len(edges)), np.ones(len(edges))
    inside = np.ones(len(edges), dtype=bool)
    for axis in (0, 1):
        with np.errstate(divide="ignore", invalid="ignore"):
            shares = np.stack([(low[axis] - start[:, axis]), (high[axis] - start[:, axis])]) / along[:, axis]
        still = along[:, axis] == 0
        inside &= ~still | ((start[:, axis] >= low[axis]) & (start[:, axis] <= high[axis]))
        enters = np.where(still, enters, np.maximum(enters, shares.min(axis=0)))
        leaves = np.where(still, leaves, np.minimum(leaves, shares.max(axis=0)))
    return inside & (enters <= leaves)


def _box(raw: Mapping[str, Any], plane: MeridianPlane) -> WrittenBox:
    numbers = (finite(raw[key], key) for key in ("half_width_m", "floor_home_m", "ceiling_home_m"))
    return WrittenBox(str(raw["place"]), _place(raw, plane), *numbers)


def _way(raw: Mapping[str, Any]) -> WrittenWay:
    if isinstance(raw["safe_point"], bool) or not isinstance(raw["safe_point"], int):
        raise ValueError(f"safe_point is {raw['safe_point']!r}")
    times = (finite(raw["from_s"], "from_s"), finite(raw["to_s"], "to_s"))
    height_m = finite(raw["height_home_m"], "height_home_m")
    return WrittenWay(str(raw["leg"]), *times, str(raw["kind"]), raw["safe_point"], height_m)


def _place(raw: Mapping[str, Any], plane: MeridianPlane) -> Array:
    longitude, latitude = finite(raw["longitude_deg"], "longitude"), finite(raw["latitude_deg"], "latitude")
    if abs(latitude) > 90 or abs(longitude) > 180:
        raise ValueError(f"{latitude}, {longitude} is not on the globe")
    return point((longitude, latitude), plane)


def _heights(raw: Any, name: str) -> tuple[float, ...]:
    return tuple(finite(value, f"{name} layers") for value in raw)
