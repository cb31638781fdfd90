"""Whether a ring of positions encloses what its author meant: the checks that a geometry library leaves to us.

A ring that crosses itself, or holds a NaN, contains nothing at all for most libraries: the zone would silently not be
enforced. So every ring is refused here unless it is simple, closed, finite and of some area.

Source: RFC 7946, sections 3.1.6 (linear rings) and 3.1.9 (antimeridian); the vertex limit is F3548-21, OiMaxVertices.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

from shapely import Polygon
from shapely.validation import explain_validity

from skystork.errors import Problem

Ring = tuple[tuple[float, float], ...]

MAX_VERTICES = 10_000  # F3548-21, table A2.1, OiMaxVertices
MIN_POSITIONS = 4  # RFC 7946, 3.1.6: three corners, and the first again
SMALLEST_AREA_DEG2 = 1e-12  # about 0.01 m², below which coordinates of 1e-7 deg say nothing


def read_ring(raw: object, where: str) -> tuple[Ring | None, list[Problem]]:
    """Positions of one ring, or what is wrong with them.

    Returns
    -------
    tuple
        The ring as written, None if it cannot be used; and the problems, empty if it can.
    """
    if not isinstance(raw, list):
        return None, [
            _problem(where, "a ring must be a list of positions", raw, "[[lon, lat], …]", "Correct the ring.")
        ]
    positions: list[tuple[float, float]] = []
    problems: list[Problem] = []
    for index, item in enumerate(raw):
        position, problem = _read_position(item, f"{where}/{index}")
        if problem is not None:
            problems.append(problem)
        if position is not None:
            positions.append(position)
    if problems:
        return None, problems
    ring = tuple(positions)
    problems = _ring_problems(ring, where)
    return (None if problems else ring), problems


def polygon_problems(rings: Sequence[Ring], where: str) -> list[Problem]:
    """What is wrong with sound rings put together: holes outside the shell, or overlapping each other."""
    if sum(len(ring) for ring in rings) > MAX_VERTICES:
        count = sum(len(ring) for ring in rings)
        return [_problem(where, "too many vertices in one zone", count, f"at most {MAX_VERTICES}", "Simplify it.")]
    verdict = explain_validity(Polygon(rings[0], rings[1:]))
    if verdict == "Valid Geometry":
        return []
    return [_problem(where, f"the holes do not fit the outer ring near {_near(verdict)}", verdict, "holes inside the "
                     "outer ring, apart from each other", "Correct the holes.")]  # fmt: skip


def normalised(rings: Sequence[Ring]) -> tuple[Ring, ...]:
    """The same rings, the outer one counter-clockwise and the holes clockwise (RFC 7946, 3.1.6)."""
    return tuple(
        ring if (_signed_area(ring) > 0) == (index == 0) else tuple(reversed(ring)) for index, ring in enumerate(rings)
    )


def _read_position(item: object, where: str) -> tuple[tuple[float, float] | None, Problem | None]:
    if not isinstance(item, list) or len(item) not in {2, 3} or not all(_is_number(value) for value in item):
        return None, _problem(where, "not a position", item, "[longitude, latitude]", "Write two numbers.")
    try:
        longitude, latitude = float(item[0]), float(item[1])
    except OverflowError:
        longitude = latitude = math.inf
    if not (math.isfinite(longitude) and math.isfinite(latitude)):
        return None, _problem(where, "not a finite number", item, "finite degrees", "Correct the position.")
    if abs(longitude) <= 180 and abs(latitude) <= 90:
        return (longitude, latitude), None
    if max(abs(longitude), abs(latitude)) > 360:
        remedy = "These look like metres: convert the file to longitude and latitude (EPSG:4326)."
    else:
        remedy = "Positions are longitude first, then latitude."
    return None, _problem(where, "outside the globe", item, "longitude -180..180, latitude -90..90", remedy)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _ring_problems(ring: Ring, where: str) -> list[Problem]:
    complaint = _shape_complaint(ring) or _topology_complaint(ring)
    return [] if complaint is None else [_problem(where, *complaint)]


def _shape_complaint(ring: Ring) -> tuple[str, object, str, str] | None:
    """What can be said by counting and comparing: (what, seen, limit, remedy)."""
    if len(ring) < MIN_POSITIONS:
        limit = f"at least {MIN_POSITIONS}, the last as the first"
        return "too few positions", len(ring), limit, "Add the missing corners."
    if len(ring) > MAX_VERTICES:
        return "too many vertices", len(ring), f"at most {MAX_VERTICES}", "Simplify the ring."
    if ring[0] != ring[-1]:
        seen = f"{ring[0]} … {ring[-1]}"
        return "the ring is not closed", seen, "the last position as the first", "Repeat the first position at the end."
    width = max(position[0] for position in ring) - min(position[0] for position in ring)
    if width > 180:
        remedy = "If it crosses the antimeridian, cut it there in two (RFC 7946, 3.1.9)."
        return "wider than half the globe", f"{width:.1f} deg", "at most 180 deg", remedy
    return None


def _topology_complaint(ring: Ring) -> tuple[str, object, str, str] | None:
    polygon = Polygon(ring)
    verdict = explain_validity(polygon)
    if polygon.convex_hull.area < SMALLEST_AREA_DEG2:
        return "the ring has no area", verdict, "an area above 0", "Correct the corners."
    if verdict != "Valid Geometry":
        what = f"the ring crosses itself near {_near(verdict)}; the zone would not be enforced"
        return what, verdict, "a ring that does not cross or touch itself", "Put the corners in order."
    return None


def _signed_area(ring: Ring) -> float:
    east, north = ring[0]
    shifted = [(x - east, y - north) for x, y in ring]
    return sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in itertools.pairwise(shifted)) / 2


def _near(verdict: str) -> str:
    """Latitude, longitude out of GEOS's ``…[lon lat]``."""
    inside = verdict.partition("[")[2].rstrip("]").split()
    if len(inside) < 2:
        return "an unknown place"
    return f"{float(inside[1]):.4f},{float(inside[0]):.4f}"


def _problem(where: str, what: str, seen: object, limit: str, remedy: str) -> Problem:
    text = str(seen)
    return Problem(where, what, text if len(text) <= 80 else text[:77] + "…", limit, remedy)
