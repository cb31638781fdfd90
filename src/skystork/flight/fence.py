"""The fence on board: the second barrier, for whatever goes wrong with the plan or with us.

One inclusion polygon about the whole path, both ways, with the pad and the doorstep in it, and an exclusion polygon for
each closed zone that reaches into it. A return follows the mission (RTL_TYPE 4) and the rally point on board is the
landing place, so both lie inside. Height and distance from home are limited by GF_MAX_VER_DIST and GF_MAX_HOR_DIST of
the firmware files.
"""

from __future__ import annotations

from collections.abc import Sequence

from shapely import LineString, MultiLineString, Point, Polygon
from shapely.geometry.base import BaseGeometry

from skystork.flight.bezier_path import FLATTENING_M, flatten
from skystork.frames import LocalFrame
from skystork.link.contract import MissionItem
from skystork.planning.flight_plan import FlightPlan, LegName

MAV_CMD_NAV_FENCE_POLYGON_VERTEX_INCLUSION = 5001
MAV_CMD_NAV_FENCE_POLYGON_VERTEX_EXCLUSION = 5002
_FRAME_RELATIVE = 3
FENCE_HALF_WIDTH_M = 60.0
"""Of the inclusion fence about the path: the 40 m at which a flight is non-conforming, and 20 m to stop in."""
FENCE_VERTICES = 60
"""PX4 stores 64 fence points on flight hardware (DM_KEY_FENCE_POINTS_MAX)."""
EXCLUSION_VERTICES = 24
"""Of these, for closed zones: three of eight corners."""
ZONE_VERTICES = 8
CLEAR_M = 20.0
"""Kept between path and exclusion: half of what the planner keeps from a zone; few corners may widen it."""
_SLACKS_M = (1.0, 3.0, 6.0, 12.0)


def compile_fence(plan: FlightPlan, frame: LocalFrame, closed: Sequence[Polygon] = ()) -> tuple[MissionItem, ...]:
    """The fence of a plan.

    Parameters
    ----------
    closed
        Zones closed to the flight, in the site's frame [m].
    """
    exclusions = exclusion_polygons(plan, closed)
    taken = sum(len(polygon.exterior.coords) - 1 for polygon in exclusions)
    outline = fence_polygon(plan, FENCE_VERTICES - taken)
    items = _vertices(MAV_CMD_NAV_FENCE_POLYGON_VERTEX_INCLUSION, outline, frame)
    for polygon in exclusions:
        items += _vertices(MAV_CMD_NAV_FENCE_POLYGON_VERTEX_EXCLUSION, polygon, frame)
    return items


def fence_polygon(plan: FlightPlan, vertices: int = FENCE_VERTICES) -> Polygon:
    """Inclusion polygon about both paths, in the site's frame [m]; few enough vertices for flight hardware."""
    paths = _paths(plan)
    places = [Point(path[end]) for path in paths for end in (0, -1)]
    outline = Polygon()
    for slack_m in _SLACKS_M:
        lines = MultiLineString([LineString(path).simplify(slack_m) for path in paths])
        outline = lines.buffer(FENCE_HALF_WIDTH_M + slack_m, quad_segs=2, join_style="mitre", mitre_limit=2.0)
        for place in places:
            outline = outline.union(place.buffer(FENCE_HALF_WIDTH_M, quad_segs=2))
        outline = Polygon(outline.exterior).simplify(slack_m)
        if len(outline.exterior.coords) - 1 <= vertices:
            break
    return outline


def exclusion_polygons(plan: FlightPlan, closed: Sequence[Polygon]) -> list[Polygon]:
    """The parts of closed zones inside the inclusion polygon, nearest to the path first, as many as there is room for.

    Cut to what lies inside, because a zone may have hundreds of vertices. Each leaves the path outside: where few
    corners would take the path in, the zone is left out, the inclusion polygon and the checked plan still standing.
    """
    band, path = fence_polygon(plan).buffer(FENCE_HALF_WIDTH_M), MultiLineString(_paths(plan))
    pieces = [piece for zone in closed for piece in _polygons(zone.intersection(band))]
    chosen: list[Polygon] = []
    for piece in sorted(pieces, key=path.distance):
        few = _with_few_corners(piece)
        room = EXCLUSION_VERTICES - sum(len(each.exterior.coords) - 1 for each in chosen)
        if few is not None and len(few.exterior.coords) - 1 <= room and few.distance(path) >= CLEAR_M:
            chosen.append(few)
    return chosen


def _with_few_corners(piece: Polygon) -> Polygon | None:
    for slack_m in _SLACKS_M:
        few = Polygon(piece.exterior).simplify(slack_m)
        if 3 <= len(few.exterior.coords) - 1 <= ZONE_VERTICES and few.is_valid:
            return few
    return None


def _polygons(shape: BaseGeometry) -> list[Polygon]:
    parts = getattr(shape, "geoms", [shape])
    return [part for part in parts if isinstance(part, Polygon) and part.area > 1.0]


def _paths(plan: FlightPlan) -> list[list[tuple[float, float]]]:
    return [flatten(plan.leg(name).segments, FLATTENING_M) for name in (LegName.OUTBOUND, LegName.INBOUND)]


def _vertices(command: int, polygon: Polygon, frame: LocalFrame) -> tuple[MissionItem, ...]:
    places = [frame.to_geodetic(east_m, north_m) for east_m, north_m in polygon.exterior.coords[:-1]]
    params = (float(len(places)), 0.0, 0.0, 0.0)
    return tuple(
        MissionItem(command, _FRAME_RELATIVE, params, place.latitude_deg, place.longitude_deg) for place in places
    )
