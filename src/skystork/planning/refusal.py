"""What stands in the way of a flight, in metres and by name, and what would make it possible.

Another time: when the zone is next open for a whole flight. Another height: below the floor of the zone, or below what
was granted. Another place: the nearest one that is free and can be reached. Where closed zones shut a place in, which
they are, and how wide the widest gap between them is against the width that is needed.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import shapely
from shapely import Point, Polygon
from shapely.geometry.base import BaseGeometry
from shapely.ops import nearest_points

from skystork.airspace.obstacles import ClosedObstacle
from skystork.airspace.schedule import is_active
from skystork.airspace.volume import HEIGHT_ERROR_M, ClosedZone, ZoneSet
from skystork.airspace.zone import Restriction, Zone
from skystork.frames import LocalFrame
from skystork.orders.reasons import PAD_LEG, Reason, ReasonCode

Place = tuple[float, float]

LOOKED_AHEAD_S = 7 * 86_400.0
"""How far an opening is looked for: schedules repeat by the week."""
ROUNDED_M = 2.0
"""A place that is named lies this far within the free space [m]: it is told in steps of a metre."""
_STEP_S = 900.0
_WINDS = ("north", "north-east", "east", "south-east", "south", "south-west", "west", "north-west")
_LEG_AT = {"pad": PAD_LEG, "drop-off": "descent"}
_MOST_ENCLOSING = 12
"""Named in a sentence; a place shut in by more is told by their number."""


@dataclass(frozen=True, slots=True)
class Ways:
    """What one flight meets at one height.

    Parameters are those of the search: the closed zones and obstacles, the space they leave, and the margin.
    """

    zones: ZoneSet
    frame: LocalFrame
    closed: tuple[ClosedZone, ...]
    obstacles: tuple[ClosedObstacle, ...]
    inner: BaseGeometry
    margin_m: float
    height_home_m: float
    at_s: float
    span_s: float
    service_radius_m: float


def place_reasons(what: str, place: Place, other_end: Place, ways: Ways) -> tuple[Reason, ...]:
    """Why a flight may not begin or end at a place that is not in the free space."""
    if not all(map(math.isfinite, place)):
        text = f"the {what} is not a place: its coordinates are not finite numbers"
        return (Reason(ReasonCode.PLAN, text, str(place), "latitude and longitude in degrees"),)
    if ways.inner.is_empty:
        text = f"a margin of {ways.margin_m:.0f} m from what is closed leaves nothing of the service area free"
        remedy = "a vehicle that needs less margin, or fewer closed zones"
        return (Reason(ReasonCode.PLAN, text, ways.margin_m, ways.service_radius_m, remedy=remedy),)
    moved = _nearest_free(what, place, other_end, ways)
    found = [reason for closed in ways.closed if (reason := _zone_reason(what, place, closed, ways, moved))]
    found += [] if found else list(_obstacle_reasons(what, place, ways, moved))
    if found:  # what is as far as is asked is in the way only by its corners, and only where nothing is nearer
        return tuple(each for each in found if float(each.value) < ways.margin_m) or tuple(found)
    away_m = math.hypot(*place)
    text = f"the {what} is {away_m:.0f} m from the site, which serves {ways.service_radius_m:.0f} m"
    return (Reason(ReasonCode.RADIUS, text, away_m, ways.service_radius_m, remedy=moved or "another site, or by road"),)


def enclosed_reason(start: Place, goal: Place, ways: Ways) -> Reason:
    """Why there is no way between two places that are both free: what shuts one of them in."""
    pockets = [(_part_of(ways.inner, place), name, other) for place, name, other in (
        (goal, "drop-off", start), (start, "pad", goal))]  # fmt: skip
    pocket, name, outside = min(pockets, key=lambda each: each[0].area)
    walls = _walls_of(pocket, ways)
    named = ", ".join(sorted({title for title, _ in walls})[:_MOST_ENCLOSING]) or "the edge of the service area"
    needed_m = 2 * ways.margin_m
    gap = _widest_gap(walls, needed_m)
    text = f"closed zones shut the {name} in, with {ways.margin_m:.0f} m kept from each: {named}"
    if gap is not None:
        text += f"; the widest gap between them is {gap[0]:.1f} m, {gap[1]} to {gap[2]}, and {needed_m:.1f} m is needed"
    elif len({title for title, _ in walls}) == 1:
        text += "; it has no gap"
    remedies = [_opening(zone, ways) for zone in _zones_about(pocket, ways)]
    place = goal if name == "drop-off" else start
    moved = _moved(name, place, _part_of(ways.inner, outside), ways)
    remedy = "; or ".join(dict.fromkeys(each for each in (*remedies, moved) if each))
    value: float | str = f"{len(walls)} closed zones" if gap is None else round(gap[0], 2)
    return Reason(ReasonCode.ZONE, text, value, round(needed_m, 2), leg=_LEG_AT[name], remedy=remedy)


def opens_at_s(zone: Zone, ways: Ways) -> float | None:
    """When a zone is next not active for a whole flight; None within a week [s since the Unix epoch]."""
    if zone.active is None:
        return None
    places = zone.places
    steps = int(LOOKED_AHEAD_S / _STEP_S)
    for step in range(1, steps + 1):
        at_s = ways.at_s + step * _STEP_S
        if not is_active(zone.active, at_s, at_s + ways.span_s, places):
            low_s, high_s = at_s - _STEP_S, at_s
            while high_s - low_s > 30.0:
                middle_s = (low_s + high_s) / 2
                if is_active(zone.active, middle_s, middle_s + ways.span_s, places):
                    low_s = middle_s
                else:
                    high_s = middle_s
            return math.ceil(high_s / 60.0) * 60.0
    return None


def bearing_words(east_m: float, north_m: float) -> str:
    """A direction as a person says it, with its bearing."""
    bearing_deg = math.degrees(math.atan2(east_m, north_m)) % 360.0
    return f"{_WINDS[round(bearing_deg / 45.0) % 8]}, {bearing_deg:.0f} deg"


def _zone_reason(what: str, place: Place, closed: ClosedZone, ways: Ways, moved: str) -> Reason | None:
    zone, here, margin_m = closed.zone, Point(place), ways.margin_m
    title = f"{zone.name} ({zone.kind}, {zone.lower.published} to {zone.upper.published})"
    remedy = "; or ".join(each for each in (_opening(zone, ways), _lower_height(closed, ways), moved) if each)
    leg = _LEG_AT.get(what, "")
    if closed.polygon_enu_m.covers(here):
        depth_m = float(closed.polygon_enu_m.boundary.distance(here))
        text = f"the {what} lies {depth_m:.0f} m inside {title}, which is closed; flights keep {margin_m:.0f} m outside"
        return Reason(ReasonCode.ZONE, text, -depth_m, margin_m, zone.zone_id, leg, remedy)
    gap_m = float(closed.polygon_enu_m.distance(here))
    if gap_m >= 2.1 * margin_m:  # farther than any mitred corner reaches
        return None
    text = f"the {what} is {gap_m:.0f} m from {title}, which is closed; flights keep {margin_m:.0f} m away"
    return Reason(ReasonCode.ZONE, text, gap_m, margin_m, zone.zone_id, leg, remedy)


def _obstacle_reasons(what: str, place: Place, ways: Ways, moved: str) -> Iterable[Reason]:
    here = Point(place)
    near = min(ways.obstacles, key=lambda each: float(each.polygon_enu_m.distance(here)), default=None)
    if near is None or float(near.polygon_enu_m.distance(here)) >= 2.1 * ways.margin_m:
        return
    gap_m, top_m = float(near.polygon_enu_m.distance(here)), near.closed_below_home_m
    text = (
        f"the {what} is {gap_m:.0f} m from obstacle {near.obstacle.obstacle_id}, closed up to {top_m:.0f} m; "
        f"flights at {ways.height_home_m:.0f} m keep {ways.margin_m:.0f} m away"
    )
    higher = f"a layer at {top_m:.0f} m or higher" if math.isfinite(top_m) else ""
    remedy = "; or ".join(each for each in (higher, moved) if each)
    place_id = near.obstacle.obstacle_id
    yield Reason(ReasonCode.PLAN, text, gap_m, ways.margin_m, place_id, _LEG_AT.get(what, ""), remedy)


def _opening(zone: Zone, ways: Ways) -> str:
    at_s = opens_at_s(zone, ways)
    if at_s is None:
        return ""
    moment = datetime.fromtimestamp(at_s, UTC)
    return f"take off at {moment:%Y-%m-%dT%H:%MZ} or later, when {zone.name} is open"


def _lower_height(closed: ClosedZone, ways: Ways) -> str:
    zone = closed.zone
    floor_m = ways.zones.band_home_m(zone)[0] - HEIGHT_ERROR_M
    granted_m = zone.granted_below_agl_m if zone.restriction is not Restriction.PROHIBITED else 0.0
    below_m = max(floor_m, granted_m)
    if not 0 < below_m < ways.height_home_m:
        return ""
    return f"a layer at {below_m:.0f} m or lower, under what {zone.name} closes"


def _nearest_free(what: str, place: Place, other_end: Place, ways: Ways) -> str:
    """The nearest place that is free and joined to the other end of the flight, if that is free itself."""
    space = _part_of(ways.inner, other_end)
    return _moved(what, place, space if not space.is_empty else ways.inner, ways)


def _moved(what: str, place: Place, space: BaseGeometry, ways: Ways) -> str:
    if space.is_empty:
        return ""
    within = space.buffer(-ROUNDED_M)
    there = nearest_points(space if within.is_empty else within, Point(place))[0]
    east_m, north_m = there.x - place[0], there.y - place[1]
    position = ways.frame.to_geodetic(there.x, there.y)
    return (
        f"the {what} {math.ceil(math.hypot(east_m, north_m))} m to the {bearing_words(east_m, north_m)}, at "
        f"{position.latitude_deg:.5f},{position.longitude_deg:.5f}"
    )


def _part_of(space: BaseGeometry, place: Place) -> BaseGeometry:
    here = Point(place)
    return next((part for part in getattr(space, "geoms", [space]) if part.covers(here)), Polygon())


def _zones_about(pocket: BaseGeometry, ways: Ways) -> list[Zone]:
    reach_m = 2.1 * ways.margin_m + 10.0
    return [each.zone for each in ways.closed if each.polygon_enu_m.distance(pocket) <= reach_m]


def _walls_of(pocket: BaseGeometry, ways: Ways) -> list[tuple[str, Polygon]]:
    """Names and outlines of what bounds a part of the free space."""
    reach_m = 2.1 * ways.margin_m + 10.0
    walls = [(f"{each.zone.name} ({each.zone.kind})", each.polygon_enu_m) for each in ways.closed]
    walls += [(f"obstacle {each.obstacle.obstacle_id}", each.polygon_enu_m) for each in ways.obstacles]
    if not walls:
        return []
    near = shapely.dwithin([polygon for _, polygon in walls], pocket, reach_m)
    return [wall for wall, is_near in zip(walls, near, strict=True) if is_near]


def _widest_gap(walls: Sequence[tuple[str, Polygon]], needed_m: float) -> tuple[float, str, str] | None:
    """Of the gaps between neighbours that are too narrow: (m, one, the other); wider ones are inside or outside."""
    best: tuple[float, str, str] | None = None
    for (one, first), (other, second) in itertools.combinations(walls[: 4 * _MOST_ENCLOSING], 2):
        gap_m = float(first.distance(second))
        between = shapely.shortest_line(first, second)
        blocked = any(wall is not first and wall is not second and wall.intersects(between) for _, wall in walls)
        if 0 < gap_m < needed_m and not blocked and (best is None or gap_m > best[0]):
            best = (gap_m, one, other)
    return best
