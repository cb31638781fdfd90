"""Whether a ring of positions encloses what its author meant: the checks that a geometry library leaves to us.

A ring that crosses itself, or holds a NaN, contains nothing at all for most libraries: the zone would silently not be
enforced. So every ring is refused here unless it is simple, closed, finite and of some area.

Source: RFC 7946, sections 3.1.6 (linear rings) and 3.1.9 (antimeridian); the vertex limit is F3548-21, OiMaxVertices.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

from shapely import Polygon, box
from shapely.affinity import translate
from shapely.validation import explain_validity

from skystork.airspace.zone import Ring
from skystork.frames import POLAR_LATITUDE_DEG

MAX_VERTICES = 10_000  # F3548-21, table A2.1, OiMaxVertices
MIN_POSITIONS = 4  # RFC 7946, 3.1.6: three corners, and the first again
SMALLEST_AREA_DEG2 = 1e-12  # about 0.01 m², below which coordinates of 1e-7 deg say nothing
WORLD_LONGITUDES_DEG, WORLD_LATITUDES_DEG = 350.0, 160.0
"""A ring this wide and high is meant to hold the whole world."""

Complaint = tuple[str, object, str, str]
"""What is wrong, what was seen, what is accepted, what to do."""


def position_complaint(item: object, *, wrap: bool) -> Complaint | None:
    """What is wrong with one position."""
    if not isinstance(item, list | tuple) or len(item) not in {2, 3} or not all(_is_number(value) for value in item):
        return "not a position", item, "[longitude, latitude]", "Write two numbers."
    try:
        longitude, latitude = float(item[0]), float(item[1])
    except OverflowError:
        longitude = latitude = math.inf
    if not (math.isfinite(longitude) and math.isfinite(latitude)):
        return "not a finite number", item, "finite degrees", "Correct the position."
    if abs(latitude) <= 90 and (abs(longitude) <= 180 or (wrap and abs(longitude) <= 360)):
        return None
    if max(abs(longitude), abs(latitude)) > 360:
        remedy = "These coordinates look like metres: convert the file to longitude and latitude (EPSG:4326)."
    elif abs(latitude) <= 90:
        remedy = "If longitudes run to 360 on purpose, say so with --wrap-longitudes."
    else:
        remedy = "Positions are longitude first, then latitude."
    return "outside the globe", item, "longitude -180..180, latitude -90..90", remedy


def wrapped(longitude_deg: float) -> float:
    """Within -180 to 180."""
    return longitude_deg if abs(longitude_deg) <= 180 else (longitude_deg + 180.0) % 360.0 - 180.0


def is_world(ring: Ring) -> bool:
    """Whether the ring is meant to hold everything."""
    longitudes, latitudes = zip(*ring, strict=True)
    wide_deg, high_deg = float(max(longitudes) - min(longitudes)), float(max(latitudes) - min(latitudes))
    return wide_deg >= WORLD_LONGITUDES_DEG and high_deg >= WORLD_LATITUDES_DEG


def count_complaint(ring: Ring) -> Complaint | None:
    """What can be said by counting and comparing."""
    if len(ring) < MIN_POSITIONS:
        limit = f"at least {MIN_POSITIONS}, the last as the first"
        return "too few positions", len(ring), limit, "Add the missing corners."
    if len(ring) > MAX_VERTICES:
        return "too many vertices", len(ring), f"at most {MAX_VERTICES}", "Simplify the ring."
    if ring[0] != ring[-1]:
        seen, limit = f"{ring[0]} … {ring[-1]}", "the last position as the first"
        remedy = "Repeat the first position at the end, or read it with --repair."
        return "the ring is not closed", seen, limit, remedy
    return None


def pole_complaint(ring: Ring) -> Complaint | None:
    """A ring about a pole, or up to it, is no polygon in longitude and latitude."""
    highest = max((abs(latitude) for _, latitude in ring), default=0.0)
    turn = sum(_short_way(b[0] - a[0]) for a, b in itertools.pairwise(ring))
    if highest <= POLAR_LATITUDE_DEG and abs(turn) < 180:
        return None
    seen = f"up to {highest:.1f} deg of latitude, once round: {abs(turn):.0f} deg"
    remedy = "A polygon in longitude and latitude has no inside there; no site is served beside a pole: leave it out."
    return "the ring goes around a pole", seen, f"up to {POLAR_LATITUDE_DEG:g} deg, not around", remedy


def is_uncut(ring: Ring) -> bool:
    """Wider than half the globe: it runs over the antimeridian and was not cut there."""
    longitudes = [position[0] for position in ring]
    return max(longitudes) - min(longitudes) > 180


def cut_at_antimeridian(rings: Sequence[Ring]) -> list[tuple[Ring, ...]]:
    """The same area as polygons on either side (RFC 7946, 3.1.9); empty where it cannot be cut."""
    shell = _unrolled(rings[0])
    middle = sum(longitude for longitude, _ in shell) / len(shell)
    holes = [_beside(_unrolled(ring), middle) for ring in rings[1:]]
    polygon = Polygon(shell, holes)
    if not polygon.is_valid:
        return []
    parts = []
    for turns in (-360.0, 0.0, 360.0):
        piece = translate(polygon.intersection(box(-180 + turns, -90, 180 + turns, 90)), xoff=-turns)
        for part in getattr(piece, "geoms", [piece]):
            if isinstance(part, Polygon) and part.area > SMALLEST_AREA_DEG2:
                parts.append(tuple(tuple((x, y) for x, y in ring.coords) for ring in (part.exterior, *part.interiors)))
    return parts


def topology_complaint(ring: Ring, number: int, zone: str) -> Complaint | None:
    """What is wrong with a ring that can be counted."""
    polygon = Polygon(ring)
    if polygon.is_valid and polygon.area >= SMALLEST_AREA_DEG2:
        return None
    verdict = explain_validity(polygon)
    if polygon.convex_hull.area < SMALLEST_AREA_DEG2:
        return f"ring {number} has no area", verdict, "an area above 0", "Correct the corners."
    if verdict != "Valid Geometry":
        what = f"ring {number} crosses itself near {_near(verdict)}; zone {zone} would not be enforced"
        return what, verdict, "a ring that does not cross or touch itself", "Put the corners in order."
    return None


def holes_complaint(rings: Sequence[Ring]) -> Complaint | None:
    """What is wrong with sound rings put together: holes outside the shell, or overlapping each other."""
    count = sum(len(ring) for ring in rings)
    if count > MAX_VERTICES:
        return "too many vertices in one zone", count, f"at most {MAX_VERTICES}", "Simplify it."
    if len(rings) == 1:
        return None
    polygon = Polygon(rings[0], rings[1:])
    if polygon.is_valid and polygon.area >= SMALLEST_AREA_DEG2:
        return None
    verdict = explain_validity(polygon)
    what = f"the holes do not fit the outer ring near {_near(verdict)}"
    return what, verdict, "holes inside the outer ring, apart from each other", "Correct the holes."


def normalised(rings: Sequence[Ring]) -> tuple[Ring, ...]:
    """The same rings, the outer one counter-clockwise and the holes clockwise (RFC 7946, 3.1.6)."""
    return tuple(
        ring if (_signed_area(ring) > 0) == (index == 0) else tuple(reversed(ring)) for index, ring in enumerate(rings)
    )


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _short_way(difference_deg: float) -> float:
    """Between -180 and 180; a whole turn is none."""
    return (difference_deg + 180.0) % 360.0 - 180.0 if abs(difference_deg) > 180 else difference_deg


def _unrolled(ring: Ring) -> list[tuple[float, float]]:
    """Longitudes without a jump."""
    turns, out = 0.0, [ring[0]]
    for before, after in itertools.pairwise(ring):
        jump_deg = after[0] - before[0]
        turns -= 360.0 * round(jump_deg / 360.0)
        out.append((after[0] + turns, after[1]))
    return out


def _beside(ring: list[tuple[float, float]], longitude_deg: float) -> list[tuple[float, float]]:
    middle = sum(longitude for longitude, _ in ring) / len(ring)
    turns = round((longitude_deg - middle) / 360.0) * 360.0
    return [(longitude + turns, latitude) for longitude, latitude in ring]


def _signed_area(ring: Ring) -> float:
    east, north = ring[0]
    shifted = [(x - east, y - north) for x, y in ring]
    return sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in itertools.pairwise(shifted)) / 2


def _near(verdict: str) -> str:
    """Longitude, latitude out of GEOS's ``…[lon lat]``."""
    inside = verdict.partition("[")[2].rstrip("]").split()
    if len(inside) < 2:
        return "an unknown place"
    return f"{float(inside[0]):.4f},{float(inside[1]):.4f}"
