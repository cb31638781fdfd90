"""From a request to a flight out and back, or to every reason why there is none.

The flight is straight up over the pad, level to the doorstep, straight down, hold, straight up, level home, straight
down. Both level legs are fastest curves in a corridor about the shortest path. The air speed is kept at or below the
profile's cruise air speed, whatever the wind: that is the wind triangle, written as a cone at every control point.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from skystork.airspace.volume import ZoneSet
from skystork.fleet.profile import DroneProfile
from skystork.frames import Geodetic, LocalFrame
from skystork.orders.reasons import Reason, ReasonCode
from skystork.planning.bezier import evaluate, segment_points
from skystork.planning.corridor import NoCorridorError, as_corridor, lay_corridor
from skystork.planning.flight_plan import FlightPlan, FlightRequest, Infeasible, Leg, LegName, TrackPoint
from skystork.planning.leg_energy import (
    horizontal_energy_j,
    hover_energy_j,
    vertical_duration_s,
    vertical_energy_j,
)
from skystork.planning.routes import Route, Routes
from skystork.planning.time_layout import Motion
from skystork.planning.trajectory import optimise_trajectory

SLOWEST_GROUND_SPEED_SHARE = 0.2
"""Of cruise air speed: with more wind than leaves this against it, a flight is refused."""
LEVEL_M = 0.5
"""Within this of the cruise height a flight that begins in the air needs no climb."""
TURN_S = 1.0
"""It then only turns."""
REACH_TURN_RADII = 3.0
"""How far a corridor cell goes beyond its leg, in turn radii v²/a: a wide turn needs two."""


@dataclass(frozen=True, slots=True)
class RouteEstimate:
    """How far it is, without planning the flight."""

    length_m: float | None
    """Of the shortest free path one way [m]; None where there is none."""
    reasons: tuple[Reason, ...] = ()
    """Why there is none; empty where there is one."""


class Planner:
    """Plans flights in one zone set.

    Parameters
    ----------
    max_height_home_m
        Highest cruise height [m above home]; 120 m is the open ceiling of (EU) 2019/947 and CAP 722.
    service_radius_m
        About the origin of the frame [m].
    """

    def __init__(
        self, zone_set: ZoneSet, frame: LocalFrame, *, max_height_home_m: float = 120.0, service_radius_m: float
    ) -> None:
        self._zone_set = zone_set
        self._frame = frame
        self._routes = Routes(zone_set, frame, max_height_home_m=max_height_home_m, service_radius_m=service_radius_m)

    def plan(self, request: FlightRequest) -> FlightPlan | Infeasible:
        """The fastest flight found for a request; the same request gives the same plan."""
        reasons = _request_reasons(request)
        if reasons:
            return Infeasible(request, reasons)
        out = self._route(request, request.begins, request.outbound_height_m)
        back = self._route(request, request.pad, request.inbound_height_m)
        if not isinstance(out, Route) or not isinstance(back, Route):
            return Infeasible(request, _both(out, back))
        outbound = _level_leg(LegName.OUTBOUND, request, out)
        inbound = _level_leg(LegName.INBOUND, request, back)
        if isinstance(outbound, Reason) or isinstance(inbound, Reason):
            return Infeasible(request, tuple(leg for leg in (outbound, inbound) if isinstance(leg, Reason)))
        return self._assemble(request, outbound, inbound)

    def route_length_m(
        self, pad: Geodetic, drop_off: Geodetic, *, height_home_m: float, at_s: float, profile: DroneProfile
    ) -> RouteEstimate:
        """Length of the shortest free path from pad to doorstep, without optimising anything."""
        route = self._routes.find(pad, drop_off, height_home_m=height_home_m, at_s=at_s, profile=profile)
        return RouteEstimate(route.length_m) if isinstance(route, Route) else RouteEstimate(None, route)

    def _route(self, request: FlightRequest, start: Geodetic, height_home_m: float) -> Route | tuple[Reason, ...]:
        return self._routes.find(
            start,
            request.drop_off,
            height_home_m=height_home_m,
            at_s=request.departs_at_s,
            profile=request.profile,
        )

    def _assemble(self, request: FlightRequest, outbound: Leg, inbound: Leg) -> FlightPlan | Infeasible:
        drop_m = request.profile.drop_height_m
        out_m, back_m = request.outbound_height_m, request.inbound_height_m
        legs = (
            _first_leg(request),
            outbound,
            _vertical_leg(LegName.DESCENT, request, out_m, drop_m),
            _drop_leg(request),
            _vertical_leg(LegName.DROP_CLIMB, request, drop_m, back_m),
            inbound,
            _vertical_leg(LegName.LANDING, request, back_m, 0.0),
        )
        energy_j = sum(leg.energy_j for leg in legs)
        reserve_j = request.battery_j - energy_j
        kept_j = request.profile.reserve_fraction * request.profile.battery_j
        if not reserve_j >= kept_j:
            text = (
                f"the flight takes {energy_j / 1000:.0f} kJ of {request.battery_j / 1000:.0f} kJ on board and leaves "
                f"{reserve_j / 1000:.0f} kJ; {kept_j / 1000:.0f} kJ must be left at touch-down"
            )
            return Infeasible(request, (Reason(ReasonCode.ENERGY, text, reserve_j, kept_j),))
        places = (request.begins, request.drop_off, request.pad)
        track = _track(legs, *(self._frame.to_enu_m(place) for place in places))
        return FlightPlan(request, legs, track, energy_j, reserve_j, self._zone_set.hash, self._frame.origin)


def _request_reasons(request: FlightRequest) -> tuple[Reason, ...]:
    profile = request.profile
    reasons = []
    wind_m_s = math.hypot(*request.wind_enu_m_s)
    strongest = min(profile.wind_limit_m_s, (1 - SLOWEST_GROUND_SPEED_SHARE) * profile.cruise_air_speed_m_s)
    if not wind_m_s <= strongest:
        text = f"wind of {wind_m_s:.1f} m/s is above the {strongest:.1f} m/s that {profile.name} flies in"
        reasons.append(Reason(ReasonCode.WEATHER, text, wind_m_s, strongest))
    if not 0 <= request.payload_kg <= profile.payload_limit_kg:
        text = f"payload of {request.payload_kg:.2f} kg is outside 0 to {profile.payload_limit_kg:.2f} kg"
        reasons.append(Reason(ReasonCode.WEIGHT, text, request.payload_kg, profile.payload_limit_kg))
    if not math.isfinite(request.departs_at_s):
        text = f"departure at {request.departs_at_s} is not a time, so no zone could be told closed or open"
        reasons.append(Reason(ReasonCode.PLAN, text, str(request.departs_at_s), "seconds since the Unix epoch"))
    for height_m in (request.outbound_height_m, request.inbound_height_m):
        if not height_m > profile.drop_height_m:
            text = f"cruise height {height_m:.1f} m is not above the drop height of {profile.drop_height_m:.1f} m"
            reasons.append(Reason(ReasonCode.PLAN, text, height_m, profile.drop_height_m))
    return tuple(reasons)


def _both(out: Route | tuple[Reason, ...], back: Route | tuple[Reason, ...]) -> tuple[Reason, ...]:
    """Reasons of both ways, each once."""
    found = [reason for route in (out, back) if not isinstance(route, Route) for reason in route]
    return tuple(dict.fromkeys(found))


def _level_leg(name: LegName, request: FlightRequest, route: Route) -> Leg | Reason:
    profile = request.profile
    outward = name is LegName.OUTBOUND
    path = route.path_enu_m if outward else tuple(reversed(route.path_enu_m))
    height_m = request.outbound_height_m if outward else request.inbound_height_m
    motion = Motion(
        profile.cruise_air_speed_m_s, profile.max_acceleration_m_s2, profile.max_jerk_m_s3, request.wind_enu_m_s
    )
    reach_m = REACH_TURN_RADII * profile.cruise_air_speed_m_s**2 / profile.max_acceleration_m_s2
    if route.length_m < 1.0:
        text = f"pad and drop-off are {route.length_m:.1f} m apart"
        return Reason(ReasonCode.PLAN, text, route.length_m, 1.0)
    try:
        cells = lay_corridor(path, route.space.wall_edges_m(), reach_m)
    except NoCorridorError as error:
        return Reason(ReasonCode.PLAN, f"no corridor for the {name} leg: {error}", route.length_m, "a free corridor")
    found = optimise_trajectory(path, cells, motion)
    if found is None:
        text = f"no curve within the bounds of {profile.name} was found for the {name} leg of {route.length_m:.0f} m"
        return Reason(ReasonCode.PLAN, text, route.length_m, f"{profile.max_acceleration_m_s2} m/s²")
    energy_j = horizontal_energy_j(
        profile,
        found.segments,
        payload_kg=request.payload_kg if outward else 0.0,
        wind_enu_m_s=request.wind_enu_m_s,
    )
    return Leg(name, found.segments, as_corridor(cells, path), height_m, height_m, found.duration_s, energy_j)


def _first_leg(request: FlightRequest) -> Leg:
    """Up, or from above down, to the cruise height; where it is there already, a moment in which it turns."""
    out_m = request.outbound_height_m
    if abs(request.start_height_home_m - out_m) > LEVEL_M:
        return _vertical_leg(LegName.CLIMB, request, request.start_height_home_m, out_m)
    energy_j = hover_energy_j(request.profile, TURN_S, payload_kg=request.payload_kg, wind_enu_m_s=request.wind_enu_m_s)
    return Leg(LegName.CLIMB, (), None, out_m, out_m, TURN_S, energy_j)


def _vertical_leg(name: LegName, request: FlightRequest, start_m: float, end_m: float) -> Leg:
    loaded = name in {LegName.CLIMB, LegName.DESCENT}
    energy_j = vertical_energy_j(
        request.profile,
        end_m - start_m,
        payload_kg=request.payload_kg if loaded else 0.0,
        wind_enu_m_s=request.wind_enu_m_s,
    )
    return Leg(name, (), None, start_m, end_m, vertical_duration_s(request.profile, end_m - start_m), energy_j)


def _drop_leg(request: FlightRequest) -> Leg:
    profile = request.profile
    energy_j = hover_energy_j(
        profile, profile.drop_hold_s, payload_kg=request.payload_kg, wind_enu_m_s=request.wind_enu_m_s
    )
    return Leg(LegName.DROP, (), None, profile.drop_height_m, profile.drop_height_m, profile.drop_hold_s, energy_j)


def _track(
    legs: tuple[Leg, ...], start: tuple[float, float], drop: tuple[float, float], pad: tuple[float, float]
) -> tuple[TrackPoint, ...]:
    """One point a second, and the touch-down."""
    points: list[TrackPoint] = []
    began_s = 0.0
    over = start
    for leg in legs:
        first, end_s = math.ceil(began_s), began_s + leg.duration_s
        times = [float(second) for second in range(first, math.ceil(end_s))]
        shares = [(time - began_s) / leg.duration_s for time in times]
        rise_m = leg.end_height_home_m - leg.start_height_home_m
        heights = [leg.start_height_home_m + share * rise_m for share in shares]
        places = _along(leg, [time - began_s for time in times]) if leg.segments else [over] * len(times)
        points += [TrackPoint(t, *at, h) for t, at, h in zip(times, places, heights, strict=True)]
        over = drop if leg.name is LegName.OUTBOUND else pad if leg.name is LegName.INBOUND else over
        began_s = end_s
    return (*points, TrackPoint(began_s, *pad, 0.0))


def _along(leg: Leg, times_s: list[float]) -> list[tuple[float, float]]:
    ends = np.cumsum([segment.duration_s for segment in leg.segments])
    places = []
    for time_s in times_s:
        index = min(int(np.searchsorted(ends, time_s)), len(ends) - 1)
        segment = leg.segments[index]
        share = 1 - (float(ends[index]) - time_s) / segment.duration_s
        point = evaluate(segment_points(segment), np.array([min(max(share, 0.0), 1.0)]))[0]
        places.append((float(point[0]), float(point[1])))
    return places
