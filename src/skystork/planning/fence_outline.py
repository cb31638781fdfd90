"""The fence of a flight as polygons: one about everything it may fly, and the closed zones that reach into that.

It is the second barrier, on board, for whatever goes wrong with the plan or with us. The inclusion polygon holds both
level legs, the pad, the doorstep and every failsafe way; the exclusion polygons leave all of these outside. Height and
distance from home are limited by GF_MAX_VER_DIST and GF_MAX_HOR_DIST of the firmware files.
"""

from __future__ import annotations

from collections.abc import Sequence

from shapely import GeometryCollection, LineString, MultiLineString, MultiPoint, Polygon, union_all
from shapely.geometry.base import BaseGeometry

from skystork.fleet.profile import Airframe, DroneProfile
from skystork.planning.bezier_path import FLATTENING_M, flatten
from skystork.planning.flight_plan import FlightFence, Leg, Place

FENCE_HALF_WIDTH_M = 60.0
"""Of the fence about the path of what can stop: the 40 m at which a flight is non-conforming, 20 m to stop in."""
FENCE_VERTICES = 60
"""PX4 stores 64 fence points on flight hardware (DM_KEY_FENCE_POINTS_MAX)."""
EXCLUSION_VERTICES = 24
"""Of these, for closed zones: three of eight corners."""
ZONE_VERTICES = 8
CLEAR_M = 20.0
"""Kept between path and exclusion: half of what the planner keeps from a zone; few corners may widen it."""
_SLACKS_M = (1.0, 3.0, 6.0, 12.0, 25.0, 50.0)


def fence_half_width_m(profile: DroneProfile) -> float:
    """How far to each side of the path a vehicle may be [m].

    A wing that is told to hold circles: it needs the half circle of a turn with the wind from behind, of diameter
    2v²/a, which the planner keeps free of closed zones (:func:`skystork.planning.free_space.planning_margin_m`).
    """
    if profile.airframe is Airframe.LIFT_AND_CRUISE:
        return max(FENCE_HALF_WIDTH_M, 2 * profile.max_air_speed_m_s**2 / profile.max_acceleration_m_s2)
    return FENCE_HALF_WIDTH_M


def lay_fence(
    legs: Sequence[Leg], closed: Sequence[Polygon], swept: Sequence[Polygon] = (), *, half_width_m: float
) -> FlightFence:
    """The fence of the legs of a plan.

    Parameters
    ----------
    half_width_m
        Of the inclusion polygon about the path, see :func:`fence_half_width_m`.
    closed
        Zones closed to the flight [site's frame, m].
    swept
        What straight ways out of the legs sweep over [m].
    """
    lines = [LineString(flatten(leg.segments, FLATTENING_M)) for leg in legs if leg.segments]
    flown = GeometryCollection([*lines, *swept]) if swept else MultiLineString(lines)
    exclusions = exclusion_polygons(flown, closed, half_width_m)
    room = FENCE_VERTICES - sum(_vertices(polygon) for polygon in exclusions)
    outline = inclusion_polygon(flown, room, half_width_m)
    return FlightFence(_ring(outline), tuple(_ring(polygon) for polygon in exclusions))


def inclusion_polygon(
    flown: BaseGeometry, vertices: int = FENCE_VERTICES, half_width_m: float = FENCE_HALF_WIDTH_M
) -> Polygon:
    """A polygon about everything flown [m]; few enough vertices for flight hardware."""
    ends = {place for line in _parts(flown) if isinstance(line, LineString) for place in _ends(line)}
    about_ends = MultiPoint(sorted(ends)).buffer(half_width_m, quad_segs=2)
    outline = Polygon()
    for slack_m in _SLACKS_M:
        few = union_all([part.simplify(slack_m) for part in _parts(flown)])
        wider_m = slack_m + max(0.0, slack_m - CLEAR_M / 2)  # what the two simplifications may take away again
        outline = few.buffer(half_width_m + wider_m, quad_segs=2, join_style="mitre", mitre_limit=2.0)
        outline = Polygon(_largest(outline.union(about_ends)).exterior).simplify(slack_m)
        if _vertices(outline) <= vertices:
            break
    return outline


def exclusion_polygons(
    flown: BaseGeometry, closed: Sequence[Polygon], half_width_m: float = FENCE_HALF_WIDTH_M
) -> list[Polygon]:
    """The parts of closed zones inside the inclusion polygon, nearest first, as many as there is room for.

    Cut to what lies inside, because a zone may have hundreds of vertices. Each leaves what is flown outside: where few
    corners would take it in, the zone is left out, the inclusion polygon and the checked plan still standing.
    """
    band = flown.simplify(_SLACKS_M[0]).buffer(2 * half_width_m, quad_segs=2)
    pieces = [piece for zone in closed for piece in _polygons(zone.intersection(band))]
    chosen: list[Polygon] = []
    for piece in sorted(pieces, key=flown.distance):
        few = _with_few_corners(piece)
        room = EXCLUSION_VERTICES - sum(_vertices(each) for each in chosen)
        if few is not None and _vertices(few) <= room and few.distance(flown) >= CLEAR_M:
            chosen.append(few)
    return chosen


def _with_few_corners(piece: Polygon) -> Polygon | None:
    for slack_m in _SLACKS_M[:4]:
        few = Polygon(piece.exterior).simplify(slack_m)
        if 3 <= _vertices(few) <= ZONE_VERTICES and few.is_valid:
            return few
    return None


def _polygons(shape: BaseGeometry) -> list[Polygon]:
    return [part for part in _parts(shape) if isinstance(part, Polygon) and part.area > 1.0]


def _parts(shape: BaseGeometry) -> list[BaseGeometry]:
    return list(getattr(shape, "geoms", [shape]))


def _ends(line: LineString) -> tuple[Place, Place]:
    return line.coords[0], line.coords[-1]


def _largest(shape: BaseGeometry) -> Polygon:
    return max(_polygons(shape), key=lambda part: part.area)


def _vertices(polygon: Polygon) -> int:
    return len(polygon.exterior.coords) - 1


def _ring(polygon: Polygon) -> tuple[Place, ...]:
    return tuple((float(east_m), float(north_m)) for east_m, north_m in polygon.exterior.coords[:-1])
