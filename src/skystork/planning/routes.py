"""The shortest way between two places at one height, or why there is none; cheap enough to ask for every order.

Flights at different heights and times that are closed out of the same zones share one free space, and so do their
shortest-path searches. Nothing here needs the optimiser.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import shapely
from shapely import Point, Polygon

from skystork.airspace.obstacles import ClosedObstacle, ObstacleSet
from skystork.airspace.volume import ClosedZone, ZoneSet
from skystork.fleet.profile import DroneProfile
from skystork.frames import Geodetic, LocalFrame
from skystork.orders.reasons import Reason, ReasonCode
from skystork.planning.free_space import FreeSpace, free_space, planning_margin_m, service_disc
from skystork.planning.shortest_path import Position, path_length_m

FLIGHT_SPAN_S = 3600.0
"""Zones active at any time within this of departure count as closed [s]: twice the promise of 30 minutes."""
_REMEMBERED_ROUTES = 4096


@dataclass(frozen=True, slots=True)
class Route:
    """A way that is free."""

    path_enu_m: tuple[Position, ...]
    length_m: float
    space: FreeSpace


@dataclass(frozen=True, slots=True)
class _Closure:
    """One set of closed zones with what was computed for it."""

    closed: tuple[ClosedZone, ...]
    obstacles: tuple[ClosedObstacle, ...]
    space: FreeSpace
    routes: dict[tuple[Position, Position], tuple[Position, ...] | None]


class Routes:
    """Ways through a zone set; remembers free spaces and answers.

    Parameters
    ----------
    max_height_home_m
        Highest cruise height [m above home].
    service_radius_m
        About the origin of the frame [m].
    """

    def __init__(
        self,
        zone_set: ZoneSet,
        frame: LocalFrame,
        *,
        max_height_home_m: float,
        service_radius_m: float,
        obstacles: ObstacleSet | None = None,
    ) -> None:
        self._zone_set, self._obstacles = zone_set, obstacles
        self._frame = frame
        self._max_height_home_m = max_height_home_m
        self._service_radius_m = service_radius_m
        self._closures: dict[tuple[tuple[str, ...], int, float], _Closure] = {}

    def find(
        self,
        start: Geodetic,
        goal: Geodetic,
        *,
        height_home_m: float,
        at_s: float,
        profile: DroneProfile,
        avoid: tuple[Polygon, ...] = (),
    ) -> Route | tuple[Reason, ...]:
        """The shortest way at a height, or everything that stands against it.

        A zone counts as closed if it closes any height from the ground to this one: a vehicle that has to come down
        early must not come down into it. An obstacle is closed up to its roof and the margin above.

        Parameters
        ----------
        avoid
            Areas kept out of besides; a place that lies in one has no way.
        """
        too_high = self._height_reasons(height_home_m)
        if too_high:
            return too_high
        closure = self._closure(height_home_m, at_s, planning_margin_m(profile))
        if avoid:
            closure = _without(closure, avoid)
        ends = (self._frame.to_enu_m(start), self._frame.to_enu_m(goal))
        reasons = (*self._place_reasons("pad", ends[0], closure), *self._place_reasons("drop-off", ends[1], closure))
        if reasons:
            return reasons
        path = self._path(closure, ends)
        if path is None:
            return (_enclosed(closure),)
        return Route(path, path_length_m(path), closure.space)

    def _path(self, closure: _Closure, ends: tuple[Position, Position]) -> tuple[Position, ...] | None:
        if ends not in closure.routes:
            if len(closure.routes) >= _REMEMBERED_ROUTES:
                closure.routes.clear()
            closure.routes[ends] = closure.space.paths.between(*ends)
        return closure.routes[ends]

    def _closure(self, height_home_m: float, at_s: float, margin_m: float) -> _Closure:
        closed = self._zone_set.closed_zones(0.0, height_home_m, at_s, at_s + FLIGHT_SPAN_S)
        disc = service_disc(self._service_radius_m)
        obstacles = tuple(self._obstacles.closed_at(height_home_m, disc)) if self._obstacles is not None else ()
        # What is closed at one height is closed at all lower ones, so their number tells which they are.
        key = (tuple(zone.zone.zone_id for zone in closed), len(obstacles), margin_m)
        if key not in self._closures:
            polygons = [zone.polygon_enu_m for zone in closed] + [each.polygon_enu_m for each in obstacles]
            space = free_space(disc, polygons, margin_m)
            self._closures[key] = _Closure(closed, obstacles, space, {})
        return self._closures[key]

    def _height_reasons(self, height_home_m: float) -> tuple[Reason, ...]:
        if 0 < height_home_m <= self._max_height_home_m:
            return ()
        limit_m = self._max_height_home_m
        text = f"cruise height {height_home_m:.1f} m is outside 0 to {limit_m:.1f} m above home"
        return (Reason(ReasonCode.PLAN, text, height_home_m, limit_m),)

    def _place_reasons(self, what: str, place: Position, closure: _Closure) -> tuple[Reason, ...]:
        if closure.space.holds(*place):
            return ()
        reasons = [
            reason for zone in closure.closed if (reason := _zone_reason(what, place, zone, closure.space.margin_m))
        ]
        if not reasons:
            reasons = list(_obstacle_reasons(what, place, closure))
        if not reasons:
            distance_m = float(Point(place).distance(Point(0.0, 0.0)))
            text = f"the {what} is {distance_m:.0f} m from the site, which serves {self._service_radius_m:.0f} m"
            reasons = [Reason(ReasonCode.RADIUS, text, distance_m, self._service_radius_m)]
        return tuple(reasons)


def _zone_reason(what: str, place: Position, closed: ClosedZone, margin_m: float) -> Reason | None:
    zone, point = closed.zone, Point(place)
    title = f"{zone.name} ({zone.kind}, {zone.lower.published} to {zone.upper.published})"
    if closed.polygon_enu_m.covers(point):
        depth_m = float(closed.polygon_enu_m.boundary.distance(point))
        text = f"the {what} lies {depth_m:.0f} m inside {title}, which is closed; flights keep {margin_m:.0f} m outside"
        return Reason(ReasonCode.ZONE, text, -depth_m, margin_m)
    gap_m = float(closed.polygon_enu_m.distance(point))
    if gap_m > 3 * margin_m:  # farther than any mitred corner reaches
        return None
    text = f"the {what} is {gap_m:.0f} m from {title}, which is closed; flights keep {margin_m:.0f} m away"
    return Reason(ReasonCode.ZONE, text, gap_m, margin_m) if gap_m < margin_m * 2.1 else None


def _obstacle_reasons(what: str, place: Position, closure: _Closure) -> Iterator[Reason]:
    gap_m = min((float(each.polygon_enu_m.distance(Point(place))) for each in closure.obstacles), default=math.inf)
    margin_m = closure.space.margin_m
    if gap_m < margin_m * 2.1:
        text = f"the {what} is {gap_m:.0f} m from an obstacle that this layer does not pass over; keep {margin_m:.0f} m"
        yield Reason(ReasonCode.PLAN, text, gap_m, margin_m)


def _without(closure: _Closure, avoid: tuple[Polygon, ...]) -> _Closure:
    """The closure with areas taken out of its space; not remembered, because they are of one flight."""
    return _Closure(closure.closed, closure.obstacles, closure.space.without(shapely.union_all(list(avoid))), {})


def _enclosed(closure: _Closure) -> Reason:
    margin_m = closure.space.margin_m
    names = ", ".join(sorted(zone.zone.name for zone in closure.closed))
    names += f", and {len(closure.obstacles)} obstacles" if closure.obstacles else ""
    text = f"closed zones, with {margin_m:.0f} m kept from each, leave no way between pad and drop-off: {names}"
    return Reason(ReasonCode.ZONE, text, f"{len(closure.closed)} closed zones", f"{margin_m:.0f} m")
