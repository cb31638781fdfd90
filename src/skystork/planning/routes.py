"""The shortest way between two places at one height, or why there is none; cheap enough to ask for every order.

Flights at different heights and times that are closed out of the same zones share one free space, and so do their
shortest-path searches. Nothing here needs the optimiser.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import shapely
from shapely import Polygon

from skystork.airspace.obstacles import ClosedObstacle, ObstacleSet
from skystork.airspace.volume import ClosedZone, ZoneSet
from skystork.fleet.profile import Airframe, DroneProfile
from skystork.frames import Geodetic, LocalFrame
from skystork.orders.reasons import Reason, ReasonCode
from skystork.planning.cruise import SpeedZone
from skystork.planning.free_space import MITRE_LIMIT, FreeSpace, free_space, planning_margin_m, service_disc
from skystork.planning.refusal import Ways, enclosed_reason, place_reasons
from skystork.planning.shortest_path import Position, path_length_m
from skystork.planning.stages import stage

FLIGHT_SPAN_S = 3600.0
"""Zones active at any time within this of departure count as closed [s]: twice the promise of 30 minutes."""
LOOK_AROUND_M = 500.0
"""A curve leaves its path by less."""
_REMEMBERED_ROUTES = 4096


@dataclass(frozen=True, slots=True)
class Route:
    """A way that is free."""

    path_enu_m: tuple[Position, ...]
    length_m: float
    space: FreeSpace
    speed_zones: tuple[SpeedZone, ...] = ()
    """What limits the speed near it."""


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
        early must not come down into it. An obstacle is closed up to its roof and the margin above. A wing keeps out of
        zones that limit the speed: it has one speed en route, and no slower one.

        Parameters
        ----------
        avoid
            Areas kept out of besides; a place that lies in one has no way.
        """
        too_high = self._height_reasons(height_home_m)
        if too_high:
            return too_high
        winged = profile.airframe is not Airframe.MULTIROTOR
        closure = self._closure(height_home_m, at_s, planning_margin_m(profile), winged=winged)
        if avoid:
            closure = _without(closure, avoid)
        ends = (self._frame.to_enu_m(start), self._frame.to_enu_m(goal))
        both: list[tuple[str, Position, Position]] = [("pad", ends[0], ends[1]), ("drop-off", ends[1], ends[0])]
        shut = [(name, place, other) for name, place, other in both if not closure.space.holds(*place)]
        if shut:
            ways = self._ways(closure, height_home_m, at_s)
            return tuple(reason for each in shut for reason in place_reasons(*each, ways))
        path = self._path(closure, ends)
        if path is None:
            return (enclosed_reason(*ends, self._ways(closure, height_home_m, at_s)),)
        return Route(path, path_length_m(path), closure.space, self._speed_zones(path, height_home_m, at_s, profile))

    def shut_places(
        self, what: str, places: Sequence[Geodetic], *, height_home_m: float, at_s: float, profile: DroneProfile
    ) -> list[tuple[Reason, ...]]:
        """For each place, what keeps a flight at this height from beginning or ending there; empty where nothing does.

        Parameters
        ----------
        what
            The places are called that.
        """
        too_high = self._height_reasons(height_home_m)
        if too_high:
            return [too_high] * len(places)
        winged = profile.airframe is not Airframe.MULTIROTOR
        closure = self._closure(height_home_m, at_s, planning_margin_m(profile), winged=winged)
        spots, ways = [self._frame.to_enu_m(place) for place in places], self._ways(closure, height_home_m, at_s)
        return [() if closure.space.holds(*spot) else place_reasons(what, spot, spot, ways) for spot in spots]

    def _speed_zones(
        self, path: tuple[Position, ...], height_home_m: float, at_s: float, profile: DroneProfile
    ) -> tuple[SpeedZone, ...]:
        """Zones near a path that limit the speed, grown by the position error."""
        near = shapely.buffer(shapely.MultiPoint(path).convex_hull, LOOK_AROUND_M)
        found = self._zone_set.speed_zones(height_home_m, at_s, at_s + FLIGHT_SPAN_S, within=near)
        return tuple(
            SpeedZone(each.polygon_enu_m.buffer(profile.position_error_m, join_style="mitre"), limit_m_s)
            for each in found
            if (limit_m_s := each.zone.speed_limit_m_s) is not None
        )

    def _path(self, closure: _Closure, ends: tuple[Position, Position]) -> tuple[Position, ...] | None:
        if ends not in closure.routes:
            if len(closure.routes) >= _REMEMBERED_ROUTES:
                closure.routes.clear()
            with stage("path"):
                closure.routes[ends] = closure.space.paths.between(*ends)
        return closure.routes[ends]

    def _closure(self, height_home_m: float, at_s: float, margin_m: float, *, winged: bool) -> _Closure:
        disc = service_disc(self._service_radius_m)
        near = disc.buffer(MITRE_LIMIT * margin_m)  # as far as the corner of a grown zone reaches
        closed = self._zone_set.closed_zones(0.0, height_home_m, at_s, at_s + FLIGHT_SPAN_S, within=near)
        if winged:
            slow = self._zone_set.speed_zones(height_home_m, at_s, at_s + FLIGHT_SPAN_S, within=near)
            shut = {each.zone.zone_id for each in closed}
            closed += tuple(each for each in slow if each.zone.zone_id not in shut)
        obstacles = tuple(self._obstacles.closed_at(height_home_m, disc)) if self._obstacles is not None else ()
        # What is closed at one height is closed at all lower ones, so their number tells which they are.
        key = (tuple(zone.zone.zone_id for zone in closed), len(obstacles), margin_m)
        if key not in self._closures:
            polygons = [zone.polygon_enu_m for zone in closed] + [each.polygon_enu_m for each in obstacles]
            with stage("free space"):
                space = free_space(disc, polygons, margin_m)
            self._closures[key] = _Closure(closed, obstacles, space, {})
        return self._closures[key]

    def _height_reasons(self, height_home_m: float) -> tuple[Reason, ...]:
        if 0 < height_home_m <= self._max_height_home_m:
            return ()
        limit_m = self._max_height_home_m
        text = f"cruise height {height_home_m:.1f} m is outside 0 to {limit_m:.1f} m above home"
        value = height_home_m if math.isfinite(height_home_m) else str(height_home_m)
        return (Reason(ReasonCode.PLAN, text, value, limit_m, remedy=f"a height of at most {limit_m:g} m"),)

    def _ways(self, closure: _Closure, height_home_m: float, at_s: float) -> Ways:
        return Ways(
            self._zone_set,
            self._frame,
            closure.closed,
            closure.obstacles,
            closure.space.outer,
            closure.space.margin_m,
            height_home_m,
            at_s,
            FLIGHT_SPAN_S,
            self._service_radius_m,
        )


def _without(closure: _Closure, avoid: tuple[Polygon, ...]) -> _Closure:
    """The closure with areas taken out of its space; not remembered, because they are of one flight."""
    return _Closure(closure.closed, closure.obstacles, closure.space.without(shapely.union_all(list(avoid))), {})
