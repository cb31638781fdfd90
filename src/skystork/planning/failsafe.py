"""The way out from every instant of a flight: what the autopilot really flies when it loses us, or its battery sags.

Along the mission (``ReturnPath.MISSION``) the vehicle turns back over the outbound curve until it is at the doorstep,
and from there on goes home by the rest of the plan; both are curves of the plan, proven clear with it. A flight that
begins in the air has nothing to turn back to: it always goes on. Straight (``ReturnPath.DIRECT``) is proven here, to
the pad and to rally points where the pad alone does not do. What is not proven is refused, with the reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import shapely
from shapely import MultiPoint, Polygon, unary_union
from shapely.geometry.base import BaseGeometry

from skystork.airspace.obstacles import ObstacleSet
from skystork.airspace.volume import ZoneSet
from skystork.fleet.profile import ReturnPath
from skystork.orders.reasons import Reason, ReasonCode
from skystork.planning.direct_return import Blocked, StraightWay, Walls, choose_safe_points
from skystork.planning.fence_outline import fence_half_width_m, lay_fence
from skystork.planning.flight_plan import (
    BezierSegment,
    FailsafeWay,
    FlightRequest,
    Leg,
    LegName,
    Place,
    SafePoint,
    Surroundings,
    WayKind,
)
from skystork.planning.free_space import planning_margin_m
from skystork.planning.hover_box import box_reasons, hover_boxes, square

_Ways = tuple[tuple[SafePoint, ...], tuple[FailsafeWay, ...], list[Polygon]]
"""Safe points, ways to them, and what straight ones sweep over [m]."""
HOME = "home"
"""Name of the pad among the safe points."""
FENCE_SPAN_S = 3600.0
"""A zone active within an hour of take-off is closed on board, as it is to the planner."""


@dataclass(frozen=True, slots=True)
class Grounds:
    """What is known about the site."""

    zones: ZoneSet
    obstacles: ObstacleSet | None
    rally_points: tuple[SafePoint, ...]
    max_height_home_m: float


def surroundings(request: FlightRequest, legs: Sequence[Leg], site: Grounds) -> Surroundings | tuple[Reason, ...]:
    """Hover boxes, safe points, failsafe ways and fence of the legs of a plan; or why one of them is not clear."""
    span_s = (request.departs_at_s, request.departs_at_s + FENCE_SPAN_S)
    boxes = hover_boxes(request)
    reasons = tuple(box_reasons(boxes, site.zones, site.obstacles, span_s))
    if reasons:
        return reasons
    home = SafePoint(HOME, request.drop_off if request.ends_at_drop_off else request.pad)
    found: _Ways | Reason
    if request.profile.return_path is ReturnPath.MISSION:
        found = ((home,), ways_along_mission(request, legs), [])
    else:
        found = _straight(request, legs, site, home)
    if isinstance(found, Reason):
        return (found,)
    points, ways, swept = found
    half_width_m = fence_half_width_m(request.profile)
    near = _about(legs, [shapely.get_coordinates(polygon) for polygon in swept], 3 * half_width_m)
    closed = site.zones.closed_polygons(site.max_height_home_m, span_s[0] - FENCE_SPAN_S, span_s[1], within=near)
    obstacle_hash = site.obstacles.hash if site.obstacles is not None else ""
    fence = lay_fence(legs, closed, swept, half_width_m=half_width_m)
    return Surroundings(boxes, points, ways, fence, obstacle_hash)


def ways_along_mission(request: FlightRequest, legs: Sequence[Leg]) -> tuple[FailsafeWay, ...]:
    """Ways of an autopilot that comes home along its mission."""
    out_m, back_m = request.outbound_height_m, request.inbound_height_m
    turns_back = request.start is None
    ways = []
    for leg in legs:
        kind, height_m = WayKind.FORWARD, back_m
        if leg.name is LegName.CLIMB and turns_back:
            kind, height_m = WayKind.DOWN, out_m
        elif leg.name in {LegName.CLIMB, LegName.OUTBOUND}:
            kind, height_m = (WayKind.REVERSE if turns_back else WayKind.FORWARD), out_m
        ways.append(FailsafeWay(leg.name, 0.0, leg.duration_s, kind, 0, height_m))
    return tuple(ways)


def _straight(request: FlightRequest, legs: Sequence[Leg], site: Grounds, home: SafePoint) -> _Ways | Reason:
    height_m = max(request.profile.return_height_m, *(leg.end_height_home_m for leg in legs))
    if height_m > site.max_height_home_m:
        text = f"a straight return at {height_m:.0f} m is above the {site.max_height_home_m:.0f} m allowed"
        return Reason(ReasonCode.PLAN, text, height_m, site.max_height_home_m)
    margin_m = planning_margin_m(request.profile)
    frame = site.zones.frame
    ends = [frame.to_enu_m(point.position) for point in (home, *site.rally_points)]
    names, polygons = _closed_at(height_m, request, site, _about(legs, [ends], 2 * margin_m))
    others = [point for point in site.rally_points if _stands_free(point, request, site)]
    places = [frame.to_enu_m(point.position) for point in others]
    runs = _runs(legs, frame.to_enu_m(request.begins), frame.to_enu_m(request.drop_off), frame.to_enu_m(request.pad))
    chosen = choose_safe_points(
        [segments for _, segments in runs], frame.to_enu_m(home.position), places, Walls(polygons, margin_m)
    )
    if isinstance(chosen, Blocked):
        how = f"passes {chosen.gap_m:.1f} m from" if chosen.gap_m > 0 else "goes through"
        text = (
            f"a straight return at {height_m:.0f} m to {home.name} {how} {names[chosen.closed]}, "
            f"{margin_m:.0f} m must be kept; none of {len(others)} rally points helps: name "
            "one on this side of it, or have the vehicle return along its mission"
        )
        return Reason(ReasonCode.ZONE, text, round(chosen.gap_m, 1), round(margin_m, 1))
    indices, ways = chosen
    found = [_way(leg, way, height_m) for (leg, _), found in zip(runs, ways, strict=True) for way in found]
    swept = [unary_union([way.swept for way in found]).convex_hull for found in ways]
    return (home, *(others[index] for index in indices)), tuple(_joined(found)), swept


def _way(leg: Leg, way: StraightWay, height_m: float) -> FailsafeWay:
    return FailsafeWay(leg.name, way.from_s, min(way.to_s, leg.duration_s), WayKind.DIRECT, way.safe_point, height_m)


def _runs(legs: Sequence[Leg], start: Place, drop: Place, pad: Place) -> list[tuple[Leg, tuple[BezierSegment, ...]]]:
    """Each leg as curves over ground: a vertical one stands on its place."""
    places = {LegName.CLIMB: start, LegName.LANDING: pad}
    return [(leg, leg.segments or (BezierSegment((places.get(leg.name, drop),) * 2, leg.duration_s),)) for leg in legs]


def _joined(ways: Sequence[FailsafeWay]) -> list[FailsafeWay]:
    """Ways of neighbouring parts to one safe point as one."""
    joined: list[FailsafeWay] = []
    for way in sorted(ways, key=lambda each: (list(LegName).index(each.leg), each.safe_point, each.from_s)):
        last = joined[-1] if joined else None
        if last and (last.leg, last.safe_point) == (way.leg, way.safe_point) and way.from_s <= last.to_s + 1e-6:
            joined[-1] = FailsafeWay(way.leg, last.from_s, way.to_s, way.kind, way.safe_point, way.height_home_m)
        else:
            joined.append(way)
    return joined


def _about(legs: Sequence[Leg], others: Iterable[Iterable[Sequence[float]]], room_m: float) -> BaseGeometry:
    """What all legs and these places lie in, as one convex area, and some room: farther off nothing matters."""
    flown = [point for leg in legs for segment in leg.segments for point in segment.control_points_enu_m]
    return MultiPoint([*flown, *(place for places in others for place in places)]).convex_hull.buffer(room_m)


def _closed_at(
    height_m: float, request: FlightRequest, site: Grounds, within: BaseGeometry
) -> tuple[list[str], list[Polygon]]:
    span_s = (request.departs_at_s, request.departs_at_s + FENCE_SPAN_S)
    zones = site.zones.closed_zones(0.0, height_m, *span_s, within=within)
    obstacles = site.obstacles.closed_at(height_m, within) if site.obstacles is not None else ()
    names = [f"{each.zone.name} ({each.zone.kind})" for each in zones] + [
        f"obstacle {each.obstacle.obstacle_id}" for each in obstacles
    ]
    return names, [each.polygon_enu_m for each in zones] + [each.polygon_enu_m for each in obstacles]


def _stands_free(point: SafePoint, request: FlightRequest, site: Grounds) -> bool:
    """Whether one may come down there."""
    area = square(point.position, planning_margin_m(request.profile), site.zones.frame)
    _, polygons = _closed_at(0.0, request, site, area)
    return not any(polygon.intersects(area) for polygon in polygons)
