"""From a request to a flight out and back with every way out of it, or to every reason why there is none.

The flight is straight up over the pad, level to the doorstep, straight down, hold, straight up, level home, straight
down. Both level legs are fastest curves in a corridor about the shortest path, each in the layer in which it is there
soonest: a low one costs less climb and descent, a high one passes over more obstacles. The air speed is kept at or
below the profile's cruise air speed, whatever the wind: that is the wind triangle, written as a cone at every control
point.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from shapely import Polygon

from skystork.airspace.obstacles import ObstacleSet
from skystork.airspace.volume import ZoneSet
from skystork.fleet.profile import DroneProfile
from skystork.frames import Geodetic, LocalFrame
from skystork.orders.reasons import Reason
from skystork.planning.failsafe import Grounds, surroundings
from skystork.planning.flight_plan import FlightPlan, FlightRequest, Infeasible, Leg, LegName, SafePoint, Surroundings
from skystork.planning.hand_plan import hand_plan
from skystork.planning.leg_energy import vertical_duration_s
from skystork.planning.legs import motion_of, track_of, upright_legs
from skystork.planning.level_legs import level_legs
from skystork.planning.limits import request_reasons
from skystork.planning.routes import Route, Routes
from skystork.planning.stages import stage
from skystork.planning.time_layout import shortest_time_s


@dataclass(frozen=True, slots=True)
class RouteEstimate:
    """How far it is, without planning the flight."""

    length_m: float | None
    """Of the shortest free path one way [m]; None where there is none."""
    reasons: tuple[Reason, ...] = ()
    """Why there is none; empty where there is one."""
    path_enu_m: tuple[tuple[float, float], ...] = ()
    """Where it leads [site's frame, m]."""


@dataclass(frozen=True, slots=True)
class LayerChoice:
    """A layer of a level leg with the way in it."""

    height_home_m: float
    route: Route
    estimated_s: float
    """Of the leg and of the climb and the descent at its ends."""


class Planner:
    """Plans flights over one site.

    Parameters
    ----------
    max_height_home_m
        Highest cruise height [m above home]; 120 m is the open ceiling of (EU) 2019/947 and CAP 722.
    service_radius_m
        About the origin of the frame [m].
    obstacles
        Buildings and masts; None where the site has none.
    rally_points
        Where a vehicle that returns straight may come down besides its pad.
    energy_weight_s_per_j
        Seconds of flight time that a joule is worth [s/J]; 0: the fastest flight that the battery allows.
    """

    def __init__(
        self,
        zone_set: ZoneSet,
        frame: LocalFrame,
        *,
        max_height_home_m: float = 120.0,
        service_radius_m: float,
        obstacles: ObstacleSet | None = None,
        rally_points: tuple[SafePoint, ...] = (),
        energy_weight_s_per_j: float = 0.0,
    ) -> None:
        self._zone_set = zone_set
        self._weight_s_per_j = energy_weight_s_per_j
        self._frame = frame
        self._grounds = Grounds(zone_set, obstacles, rally_points, max_height_home_m)
        self._routes = Routes(
            zone_set,
            frame,
            max_height_home_m=max_height_home_m,
            service_radius_m=service_radius_m,
            obstacles=obstacles,
        )

    def plan(
        self, request: FlightRequest, avoid: Mapping[LegName, tuple[Polygon, ...]] = MappingProxyType({})
    ) -> FlightPlan | Infeasible:
        """The fastest flight found for a request, or the one that a person drew; the same request gives the same plan.

        Parameters
        ----------
        avoid
            Areas that a level leg keeps out of besides [site's frame, m]: where it would meet other flights.
        """
        if request.by_hand:
            return hand_plan(request, self._grounds, self._frame)
        reasons = request_reasons(request, self._grounds.max_height_home_m)
        if reasons:
            return Infeasible(request, reasons)
        out, back = (self.layers(request, name, avoid.get(name, ())) for name in (LegName.OUTBOUND, LegName.INBOUND))
        if not isinstance(out, list) or not isinstance(back, list):
            return Infeasible(request, _both(out, back))
        chosen = replace(request, outbound_height_m=out[0].height_home_m, inbound_height_m=back[0].height_home_m)
        level = level_legs(chosen, out[0].route, back[0].route, self._weight_s_per_j)
        if len(level) != 2 or not isinstance(level[0], Leg):
            return Infeasible(chosen, level)
        return self._assemble(chosen, *level)

    def layers(
        self, request: FlightRequest, name: LegName, avoid: tuple[Polygon, ...] = ()
    ) -> list[LayerChoice] | tuple[Reason, ...]:
        """Layers in which there is a way, the soonest there first; or everything that stands against all of them."""
        begins = request.begins if name is LegName.OUTBOUND else request.pad
        ways = [
            (
                height_m,
                self._routes.find(
                    begins,
                    request.drop_off,
                    height_home_m=height_m,
                    at_s=request.departs_at_s,
                    profile=request.profile,
                    avoid=avoid,
                ),
            )
            for height_m in request.layers_m(name)
        ]
        found = [
            LayerChoice(height_m, way, _estimated_s(request, name, height_m, way))
            for height_m, way in ways
            if isinstance(way, Route)
        ]
        if found:
            return sorted(found, key=lambda choice: (choice.estimated_s, choice.height_home_m))
        return tuple(dict.fromkeys(reason for _, way in ways if not isinstance(way, Route) for reason in way))

    def route_length_m(
        self, pad: Geodetic, drop_off: Geodetic, *, height_home_m: float, at_s: float, profile: DroneProfile
    ) -> RouteEstimate:
        """Length of the shortest free path from pad to doorstep, without optimising anything."""
        route = self._routes.find(pad, drop_off, height_home_m=height_home_m, at_s=at_s, profile=profile)
        if not isinstance(route, Route):
            return RouteEstimate(None, route)
        return RouteEstimate(route.length_m, path_enu_m=route.path_enu_m)

    def pad_reasons(
        self, pads: Sequence[Geodetic], *, height_home_m: float, at_s: float, profile: DroneProfile
    ) -> list[tuple[Reason, ...]]:
        """For each place, why no flight at this height may begin or end there; empty where one may."""
        return self._routes.shut_places("pad", pads, height_home_m=height_home_m, at_s=at_s, profile=profile)

    def _assemble(self, request: FlightRequest, outbound: Leg, inbound: Leg) -> FlightPlan | Infeasible:
        climb, descent, drop, drop_climb, landing = upright_legs(request)
        legs = (climb, outbound, descent, drop, drop_climb, inbound, landing)
        energy_j = sum(leg.energy_j for leg in legs)
        reserve_j = request.battery_j - energy_j
        places = (request.begins, request.drop_off, request.pad)
        track = track_of(legs, *(self._frame.to_enu_m(place) for place in places))
        with stage("failsafe ways"):
            around = surroundings(request, legs, self._grounds)
        if not isinstance(around, Surroundings):
            return Infeasible(request, around)
        return FlightPlan(request, legs, track, energy_j, reserve_j, self._zone_set.hash, self._frame.origin, around)


def _estimated_s(request: FlightRequest, name: LegName, height_m: float, route: Route) -> float:
    """Time of a leg in a layer with the climb and the descent at its ends, no curve optimised."""
    profile, outward = request.profile, name is LegName.OUTBOUND
    low_m = request.start_height_home_m if outward else 0.0
    rises = (height_m - low_m, profile.drop_height_m - height_m)
    path = route.path_enu_m if outward else tuple(reversed(route.path_enu_m))
    up_and_down_s = sum(vertical_duration_s(profile, rise_m if outward else -rise_m) for rise_m in rises)
    return up_and_down_s + (shortest_time_s(path, motion_of(request)) if route.length_m > 0 else 0.0)


def _both(
    out: list[LayerChoice] | tuple[Reason, ...], back: list[LayerChoice] | tuple[Reason, ...]
) -> tuple[Reason, ...]:
    """Reasons of both ways, each once."""
    found = [reason for way in (out, back) if isinstance(way, tuple) for reason in way]
    return tuple(dict.fromkeys(found))
