"""The plan of a mission by hand: straight ways from place to place as its items lead, nothing looked for.

It has the legs of a delivery flight without the drop, so that whatever watches, separates and brings home a flight
knows it: the climb; ``outbound``, all ways from which a return turns back; ``inbound``, all from which it goes on to
the landing; and the landing. PX4 turns back while the landing is at least as many item numbers away as the take-off
(PX4 1.17, RTL::reverseIsFurther, with RTL_TYPE 4).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from skystork.fleet.energy import level_power_w, upright_power_w
from skystork.fleet.profile import Airframe, ReturnPath
from skystork.frames import Geodetic, LocalFrame
from skystork.orders.reasons import Reason, ReasonCode
from skystork.planning.failsafe import Grounds, surroundings
from skystork.planning.flight_plan import (
    BezierSegment,
    Corridor,
    FlightPlan,
    FlightRequest,
    HandItem,
    Infeasible,
    Leg,
    LegName,
    Place,
    Surroundings,
    TrackPoint,
)

MAV_CMD_NAV_LAND = 21
MAV_CMD_DO_CHANGE_SPEED = 178
STANDS_M = 1.0
"""A shorter way over ground is a climb, a descent or a wait."""
CORRIDOR_M = 40.0
"""Half-width that is drawn and kept: the limit of conformance (:mod:`skystork.flight.conformance`)."""
MOST_WIND_SHARE = 0.9
"""Of the air speed: with more wind across or ahead it makes no way worth the name."""


@dataclass(frozen=True, slots=True)
class HandLeg:
    """One straight way."""

    name: str
    item: int
    """Number of the item that it leads to."""
    start: Geodetic
    end: Geodetic
    start_m: float
    """Height above home [m]."""
    end_m: float
    duration_s: float
    """With the wait at its end."""
    energy_j: float
    back_j: float
    """Flown the other way round [J]."""


def turning_item(items: int) -> int:
    """Number of the last item on the way to which a return turns back, the last of all being the landing."""
    return (items - 1) // 2


def hand_legs(request: FlightRequest, frame: LocalFrame) -> tuple[HandLeg, ...]:
    """The ways of the items, the first from the pad, in the wind of the request."""
    return tuple(_legs(request, frame))


def _legs(request: FlightRequest, frame: LocalFrame) -> Iterator[HandLeg]:
    here, height_m, speed_m_s = request.pad, 0.0, request.profile.cruise_air_speed_m_s
    for number, item in enumerate(request.by_hand):
        if item.command == MAV_CMD_DO_CHANGE_SPEED:
            speed_m_s = item.params[1] or speed_m_s
        if item.position is None:
            continue
        ends = (here, item.position)
        way = _vector(frame, *ends)
        rise_m, stays_s = item.height_home_m - height_m, stay_s(item)
        onwards_s, onwards_j = _flown(request, way, rise_m, speed_m_s)
        _, back_j = _flown(request, (-way[0], -way[1]), -rise_m, speed_m_s)
        duration_s, energy_j = onwards_s + stays_s, onwards_j + stays_s * _hover_w(request)
        yield HandLeg(item.name, number, *ends, height_m, item.height_home_m, duration_s, energy_j, back_j)
        here, height_m = item.position, item.height_home_m


def stay_s(item: HandItem) -> float:
    """How long it waits there [s]."""
    return 0.0 if item.position is None or item.name.endswith(("take-off", "landing")) else item.params[0] or 0.0


def ground_speed_m_s(way: Place, air_speed_m_s: float, wind_enu_m_s: Place) -> float:
    """Over ground along a way, at most the air speed itself; 0 where the wind leaves too little [m/s]."""
    length_m = math.hypot(*way)
    along = (way[0] / length_m, way[1] / length_m)
    with_m_s = wind_enu_m_s[0] * along[0] + wind_enu_m_s[1] * along[1]
    across_m_s = wind_enu_m_s[0] * along[1] - wind_enu_m_s[1] * along[0]
    if math.hypot(*wind_enu_m_s) > MOST_WIND_SHARE * air_speed_m_s:
        return 0.0
    return min(with_m_s + math.sqrt(air_speed_m_s**2 - across_m_s**2), air_speed_m_s)


def _flown(request: FlightRequest, way: Place, rise_m: float, speed_m_s: float) -> tuple[float, float]:
    """Time [s] and energy [J] of a way: over ground first, and what the climb or descent takes longer."""
    profile, length_m = request.profile, math.hypot(*way)
    level_s = level_j = 0.0
    if length_m >= STANDS_M:
        winged = profile.airframe is Airframe.LIFT_AND_CRUISE
        over_m_s = ground_speed_m_s(way, profile.cruise_air_speed_m_s, request.wind_enu_m_s) if winged else speed_m_s
        over_m_s = max(over_m_s, 0.1)
        velocity = (over_m_s * way[0] / length_m, over_m_s * way[1] / length_m)
        air_m_s = math.dist(velocity, request.wind_enu_m_s)
        level_s = length_m / over_m_s
        level_j = level_s * level_power_w(profile, payload_kg=0.0, air_speed_m_s=air_m_s)
    upright_m_s = profile.climb_speed_m_s if rise_m > 0 else profile.descent_speed_m_s
    upright_s = max(abs(rise_m) / upright_m_s - level_s, 0.0)
    wind_m_s = math.hypot(*request.wind_enu_m_s)
    climb_m_s = upright_m_s if rise_m > 0 else 0.0
    upright_w = upright_power_w(profile, payload_kg=0.0, air_speed_m_s=wind_m_s, climb_m_s=climb_m_s)
    return level_s + upright_s, level_j + upright_s * upright_w


def _hover_w(request: FlightRequest) -> float:
    return upright_power_w(request.profile, payload_kg=0.0, air_speed_m_s=math.hypot(*request.wind_enu_m_s))


def hand_plan(request: FlightRequest, grounds: Grounds, frame: LocalFrame) -> FlightPlan | Infeasible:
    """The plan of the items of a request, or why no such mission can be flown."""
    if request.profile.return_path is not ReturnPath.MISSION:
        text = f"{request.profile.name} returns straight, and the straight ways of a mission by hand are not proven"
        remedy = f"{text}: take a vehicle that returns along its mission"
        return Infeasible(request, (Reason(ReasonCode.PLAN, remedy, str(request.profile.return_path), "mission"),))
    ways = hand_legs(request, frame)
    if len(ways) < 2 or request.by_hand[-1].command != MAV_CMD_NAV_LAND:  # up and down
        text = "a mission by hand takes off first and lands last"
        return Infeasible(request, (Reason(ReasonCode.PLAN, text, len(ways), "take-off, ways, landing"),))
    legs = _as_legs(request, ways, frame)
    around = surroundings(request, legs, grounds)
    if not isinstance(around, Surroundings):
        return Infeasible(request, around)
    energy_j = sum(leg.energy_j for leg in legs)
    reserve_j = request.battery_j - energy_j
    return FlightPlan(request, legs, _track(ways, frame), energy_j, reserve_j, grounds.zones.hash, frame.origin, around)


def _as_legs(request: FlightRequest, ways: Sequence[HandLeg], frame: LocalFrame) -> tuple[Leg, ...]:
    climb, *middle, landing = ways
    turns = turning_item(len(request.by_hand))
    out = [way for way in middle if way.item <= turns]
    home = [way for way in middle if way.item > turns]
    top_m = out[-1].end_m if out else climb.end_m
    nothing = (LegName.DESCENT, LegName.DROP, LegName.DROP_CLIMB)
    place = frame.to_enu_m(out[-1].end if out else climb.end)
    return (
        Leg(LegName.CLIMB, (), None, climb.start_m, climb.end_m, climb.duration_s, climb.energy_j),
        _level(LegName.OUTBOUND, out, (climb.end_m, top_m), place, frame),
        *(Leg(name, (), None, top_m, top_m, 0.0, 0.0) for name in nothing),
        _level(LegName.INBOUND, home, (top_m, landing.start_m), place, frame),
        Leg(LegName.LANDING, (), None, landing.start_m, landing.end_m, landing.duration_s, landing.energy_j),
    )


def _level(
    name: LegName, ways: Sequence[HandLeg], heights_m: tuple[float, float], place: Place, frame: LocalFrame
) -> Leg:
    """Ways as one leg, each a piece; without ways a leg that stands at its place."""
    ends = [(frame.to_enu_m(way.start), frame.to_enu_m(way.end)) for way in ways] or [(place, place)]
    times_s = [way.duration_s for way in ways] or [0.0]
    segments = tuple(BezierSegment(pair, time_s) for pair, time_s in zip(ends, times_s, strict=True))
    corridor = Corridor(tuple(_about(*pair) for pair in ends), (ends[0][0], *(end for _, end in ends)))
    return Leg(name, segments, corridor, *heights_m, sum(times_s), sum(way.energy_j for way in ways))


def _about(start: Place, end: Place) -> tuple[Place, ...]:
    """The rectangle about a way, counter-clockwise [m]."""
    length_m = math.dist(start, end)
    along = ((end[0] - start[0]) / length_m, (end[1] - start[1]) / length_m) if length_m >= STANDS_M else (1.0, 0.0)
    x, y = CORRIDOR_M * along[0], CORRIDOR_M * along[1]
    return (
        (start[0] - x + y, start[1] - y - x),
        (end[0] + x + y, end[1] + y - x),
        (end[0] + x - y, end[1] + y + x),
        (start[0] - x - y, start[1] - y + x),
    )


def _track(ways: Sequence[HandLeg], frame: LocalFrame) -> tuple[TrackPoint, ...]:
    """One point a second, and the touch-down."""
    points, began_s = [], 0.0
    for way in ways:
        start, end = (*frame.to_enu_m(way.start), way.start_m), (*frame.to_enu_m(way.end), way.end_m)
        for second in range(math.ceil(began_s), math.ceil(began_s + way.duration_s)):
            share = (second - began_s) / way.duration_s
            place = [a + share * (b - a) for a, b in zip(start, end, strict=True)]
            points.append(TrackPoint(float(second), *place))
        began_s += way.duration_s
    return (*points, TrackPoint(began_s, *frame.to_enu_m(ways[-1].end), ways[-1].end_m))


def _vector(frame: LocalFrame, start: Geodetic, end: Geodetic) -> Place:
    (a, b), (c, d) = frame.to_enu_m(start), frame.to_enu_m(end)
    return c - a, d - b
