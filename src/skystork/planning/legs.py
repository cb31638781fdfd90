"""The legs of a delivery flight, one by one: how long each takes and at what cost, and where the vehicle is when."""

from __future__ import annotations

import math

import numpy as np

from skystork.orders.reasons import Reason, ReasonCode
from skystork.planning.bezier import evaluate, segment_points
from skystork.planning.corridor import NoCorridorError, as_corridor
from skystork.planning.cruise import plan_cruise
from skystork.planning.energy_bound import EnergyBudgetError, EnergyTerms
from skystork.planning.flight_plan import FlightRequest, Leg, LegName, TrackPoint
from skystork.planning.leg_energy import (
    horizontal_energy_j,
    hover_energy_j,
    vertical_duration_s,
    vertical_energy_j,
)
from skystork.planning.routes import Route
from skystork.planning.time_layout import Motion

LEVEL_M = 0.5
"""Within this of the cruise height a flight that begins in the air needs no climb."""
TURN_S = 1.0
"""It then only turns."""
_LOADED = frozenset({LegName.CLIMB, LegName.OUTBOUND, LegName.DESCENT, LegName.DROP})

Place = tuple[float, float]


def motion_of(request: FlightRequest) -> Motion:
    """Bounds of the curves of a request."""
    profile = request.profile
    return Motion(
        profile.cruise_air_speed_m_s, profile.max_acceleration_m_s2, profile.max_jerk_m_s3, request.wind_enu_m_s
    )


def level_leg(
    name: LegName, request: FlightRequest, route: Route, energy: EnergyTerms | None = None
) -> Leg | Reason | EnergyBudgetError:
    """The best curve found along a route at its layer, out with the parcel or home without, or why there is none.

    Parameters
    ----------
    energy
        What energy is worth against time, and how much there is for this leg; None: the fastest.
    """
    profile = request.profile
    outward = name is LegName.OUTBOUND
    path = route.path_enu_m if outward else tuple(reversed(route.path_enu_m))
    height_m = request.outbound_height_m if outward else request.inbound_height_m
    if route.length_m < 1.0:
        text = f"pad and drop-off are {route.length_m:.1f} m apart"
        return Reason(ReasonCode.PLAN, text, route.length_m, 1.0)
    try:
        found = plan_cruise(path, route.space.walls, motion_of(request), route.speed_zones, energy=energy)
    except EnergyBudgetError as error:
        return error
    except NoCorridorError as error:
        return Reason(ReasonCode.PLAN, f"no corridor for the {name} leg: {error}", route.length_m, "a free corridor")
    if found is None:
        text = f"no curve within the bounds of {profile.name} was found for the {name} leg of {route.length_m:.0f} m"
        return Reason(ReasonCode.PLAN, text, route.length_m, f"{profile.max_acceleration_m_s2} m/s²")
    energy_j = horizontal_energy_j(
        profile,
        found.trajectory.segments,
        payload_kg=payload_kg(name, request),
        wind_enu_m_s=request.wind_enu_m_s,
    )
    curve, corridor = found.trajectory, as_corridor(found.cells, found.path)
    return Leg(name, curve.segments, corridor, height_m, height_m, curve.duration_s, energy_j)


def begins_at_m(height_home_m: float, outbound_height_m: float) -> float:
    """Height at which a flight that begins in the air is asked for: of the layer itself where it is as good as in it.

    Such a flight only turns there, so that its plan says the layer's height; the check holds it to what was asked.
    """
    return outbound_height_m if abs(height_home_m - outbound_height_m) <= LEVEL_M else max(height_home_m, 0.0)


def first_leg(request: FlightRequest) -> Leg:
    """Up, or from above down, to the cruise height; where it is there already, a moment in which it turns."""
    out_m = request.outbound_height_m
    if abs(request.start_height_home_m - out_m) > LEVEL_M:
        return vertical_leg(LegName.CLIMB, request, request.start_height_home_m, out_m)
    energy_j = hover_energy_j(request.profile, TURN_S, payload_kg=request.payload_kg, wind_enu_m_s=request.wind_enu_m_s)
    return Leg(LegName.CLIMB, (), None, out_m, out_m, TURN_S, energy_j)


def vertical_leg(name: LegName, request: FlightRequest, start_m: float, end_m: float) -> Leg:
    """Straight up or down."""
    energy_j = vertical_energy_j(
        request.profile, end_m - start_m, payload_kg=payload_kg(name, request), wind_enu_m_s=request.wind_enu_m_s
    )
    return Leg(name, (), None, start_m, end_m, vertical_duration_s(request.profile, end_m - start_m), energy_j)


def payload_kg(name: LegName, request: FlightRequest) -> float:
    """What is on board on a leg [kg]."""
    return request.payload_kg if name in _LOADED else 0.0


def upright_legs(request: FlightRequest) -> tuple[Leg, Leg, Leg, Leg, Leg]:
    """The legs that lead up and down, and the drop, in order."""
    drop_m, out_m, back_m = request.profile.drop_height_m, request.outbound_height_m, request.inbound_height_m
    return (
        first_leg(request),
        vertical_leg(LegName.DESCENT, request, out_m, drop_m),
        drop_leg(request),
        vertical_leg(LegName.DROP_CLIMB, request, drop_m, back_m),
        vertical_leg(LegName.LANDING, request, back_m, 0.0),
    )


def drop_leg(request: FlightRequest) -> Leg:
    """Hold at the drop height: look, release, confirm."""
    profile = request.profile
    energy_j = hover_energy_j(
        profile, profile.drop_hold_s, payload_kg=request.payload_kg, wind_enu_m_s=request.wind_enu_m_s
    )
    return Leg(LegName.DROP, (), None, profile.drop_height_m, profile.drop_height_m, profile.drop_hold_s, energy_j)


def track_of(legs: tuple[Leg, ...], start: Place, drop: Place, pad: Place) -> tuple[TrackPoint, ...]:
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


def _along(leg: Leg, times_s: list[float]) -> list[Place]:
    """Where the curve is at these times, in order."""
    ends_s = np.cumsum([segment.duration_s for segment in leg.segments])
    indices = np.minimum(np.searchsorted(ends_s, times_s), len(ends_s) - 1)
    places: list[Place] = []
    for index in np.unique(indices):
        segment = leg.segments[index]
        shares = 1 - (float(ends_s[index]) - np.array(times_s)[indices == index]) / segment.duration_s
        points = evaluate(segment_points(segment), np.clip(shares, 0.0, 1.0))
        places += [(float(east_m), float(north_m)) for east_m, north_m in points]
    return places
