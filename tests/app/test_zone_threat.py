"""What changed zones do to the two ways of a flight three kilometres east and back."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
from tests_support.flights import FRAME, HOLD, MISSION, PLAN, at, doorstep, flying

from skystork.airspace.altitudes import SURFACE, UNLIMITED
from skystork.airspace.obstacles import Obstacle, ObstacleSet
from skystork.airspace.volume import ZoneSet
from skystork.airspace.zone import Period, Restriction, Zone
from skystork.app.ways_now import LATE_S
from skystork.app.zone_threat import Closing, Threat, threat_to
from skystork.fleet.profile import Release, ReturnPath
from skystork.flight.flight import Flight
from skystork.flight.mission import compile_mission
from skystork.flight.phase import FlightPhase
from skystork.flight.release import Parcel
from skystork.flight.steering import SteerAction
from skystork.flight.zone_reaction import react
from skystork.planning.flight_plan import TrackPoint


def zone(from_m: float, to_m: float, north_m: float = 0.0, half_m: float = 200.0, **changes: Any) -> Zone:
    """As far south of a line as north of it: of the way out, if nothing else is told."""
    south_m, far_m = north_m - half_m, north_m + half_m
    corners = [(from_m, south_m), (to_m, south_m), (to_m, far_m), (from_m, far_m), (from_m, south_m)]
    places = [FRAME.to_geodetic(*corner) for corner in corners]
    ring = tuple((place.longitude_deg, place.latitude_deg) for place in places)
    return replace(Zone("z", "z", "D", Restriction.PROHIBITED, (ring,), SURFACE, UNLIMITED), **changes)


def round_trip(phase: FlightPhase, **facts: Any) -> tuple[Flight, dict[str, Any]]:
    """Out straight east, home by 1000 m further north; at the doorstep."""
    by = [TrackPoint(400.0, 2250.0, 500.0, 105.0), TrackPoint(450.0, 1500.0, 1000.0, 105.0)]
    track = sorted((*PLAN.track, *by), key=lambda point: point.t_s)
    facts = {"east_m": 3000.0, "height_m": 4.0, "mission_sequence": HOLD} | facts
    flight = Flight(replace(PLAN, track=tuple(track)), MISSION, FRAME)
    flight.adopt(phase, Parcel.ON_BOARD, launched_at_s=0.0, returning=False, vehicle=doorstep(280.0))
    return flight, facts


def threat(flight: Flight, *zones: Zone, now_s: float = 0.0, **facts: Any) -> Threat:
    vehicle = at(now_s, **facts)
    return threat_to(flight, vehicle, ZoneSet(zones, FRAME, 45.0), None, frame=FRAME, now_s=now_s)


def test_a_zone_touches_that_becomes_active_after_the_planned_passage_but_not_after_the_latest() -> None:
    (there,) = threat(flying(), zone(1400.0, 1600.0)).touched
    passed_s = there.last_at_s

    def closes(from_s: float) -> bool:
        return bool(threat(flying(), zone(1400.0, 1600.0, active=(Period(from_s, math.inf),))).ways.ahead)

    assert closes(passed_s + 45.0)
    assert closes(passed_s + LATE_S - 1.0)
    assert not closes(passed_s + LATE_S + 1.0)


NORTH_M = 1000.0
IN_PHASES = [
    (FlightPhase.DROPPING, "AUTO.MISSION"),
    (FlightPhase.HOLDING, "AUTO.LOITER"),
    (FlightPhase.RETURNING, "AUTO.MISSION"),
]


@pytest.mark.parametrize(("phase", "mode"), IN_PHASES)
def test_home_from_the_doorstep_is_the_way_that_the_mission_flies_on(phase: FlightPhase, mode: str) -> None:
    flight, facts = round_trip(phase, mode=mode)
    behind = threat(flight, zone(1400.0, 1600.0), **facts).ways
    assert (behind.ahead, behind.home) == ("", "")
    before = threat(flight, zone(1400.0, 1600.0, north_m=NORTH_M), **facts)
    assert before.ways.ahead
    assert before.ways.home
    reaction = react(before.ways)
    assert reaction is not None
    assert reaction.action is (SteerAction.HOLD if phase is FlightPhase.DROPPING else None)


@pytest.mark.parametrize(("phase", "mode"), IN_PHASES)
def test_inside_at_the_doorstep_what_leads_out_is_the_way_that_the_mission_flies_on(
    phase: FlightPhase, mode: str
) -> None:
    flight, facts = round_trip(phase, mode=mode)
    here = zone(2900.0, 3100.0)
    out = threat(flight, here, replace(zone(1400.0, 1600.0), zone_id="behind"), **facts).ways
    assert out.inside
    assert out.home_leads_out
    again = threat(flight, here, replace(zone(1400.0, 1600.0, north_m=NORTH_M), zone_id="before"), **facts).ways
    assert again.inside
    assert not again.home_leads_out
    reaction = react(again)
    assert reaction is not None
    assert reaction.action is SteerAction.LAND


def test_before_the_doorstep_and_in_a_return_of_the_autopilot_home_is_the_path_it_came() -> None:
    flight, facts = round_trip(FlightPhase.OUTBOUND, mission_sequence=HOLD - 1, height_m=80.0)
    assert threat(flight, zone(1400.0, 1600.0), **facts).ways.home
    assert not threat(flight, zone(1400.0, 1600.0, north_m=NORTH_M), **facts).ways.home
    flight, facts = round_trip(FlightPhase.RETURNING, mode="AUTO.RTL")
    assert threat(flight, zone(1400.0, 1600.0), **facts).ways.ahead
    assert not threat(flight, zone(1400.0, 1600.0, north_m=NORTH_M), **facts).ways.ahead


@pytest.mark.parametrize("mode", ["POSCTL", "AUTO.LOITER"])
def test_what_holds_inside_a_zone_is_landed_only_where_no_pilot_has_it(mode: str) -> None:
    flight, facts = round_trip(FlightPhase.HOLDING, mode=mode)
    reaction = react(threat(flight, zone(-500.0, 3500.0, north_m=500.0, half_m=1000.0), **facts).ways)
    assert reaction is not None
    assert reaction.action is (None if mode == "POSCTL" else SteerAction.LAND)


@pytest.mark.parametrize(
    ("parcel", "line_in", "action"),
    [
        (Parcel.UNKNOWN, False, None),
        (Parcel.RELEASING, True, None),
        (Parcel.ON_BOARD, True, SteerAction.LAND),
        (Parcel.UNKNOWN, True, SteerAction.LAND),
    ],
)
def test_what_hangs_on_a_line_inside_a_zone_is_left_to_a_person(
    parcel: Parcel, line_in: bool, action: SteerAction | None
) -> None:
    request = replace(PLAN.request, profile=replace(PLAN.request.profile, release=Release.WINCH))
    flight = Flight(replace(PLAN, request=request), MISSION, FRAME)
    held = doorstep(230.0, mode="AUTO.LOITER", winch_retracted=line_in)
    flight.adopt(FlightPhase.HOLDING, parcel, launched_at_s=0.0, returning=False, vehicle=held)
    facts = {"east_m": 3000.0, "mission_sequence": HOLD, "mode": "AUTO.LOITER", "winch_retracted": line_in}
    reaction = react(threat(flight, zone(-500.0, 3500.0), now_s=230.0, **facts).ways)
    assert reaction is not None
    assert reaction.action is action


def to_a_rally_point() -> Flight:
    """From above the field to a landing three kilometres east; what its plan has after that is not flown."""
    request = replace(PLAN.request, start=FRAME.to_geodetic(0.0, 0.0), start_height_home_m=80.0, ends_at_drop_off=True)
    cruise = [TrackPoint(27.0 + east_m / 15.0, east_m, 0.0, 80.0) for east_m in range(300, 3000, 300)]
    plan = replace(PLAN, request=request, track=tuple(sorted((*PLAN.track, *cruise), key=lambda point: point.t_s)))
    flight = Flight(plan, compile_mission(plan, FRAME), FRAME)
    flight.adopt(FlightPhase.RETURNING, Parcel.ON_BOARD, launched_at_s=0.0, returning=True, vehicle=at(100.0))
    return flight


def test_a_flight_to_a_rally_point_has_its_way_there_ahead_and_nothing_after_it() -> None:
    flight, here = to_a_rally_point(), {"east_m": 600.0, "mission_sequence": 3}
    assert flight.mission.hold_sequence == -1
    assert threat(flight, zone(1400.0, 1600.0), **here).ways.ahead
    assert not threat(flight, zone(-300.0, 100.0), **here).ways.ahead, "it never turns back"
    past = {"east_m": 2500.0, "mission_sequence": 5}
    assert not threat(flight, zone(1400.0, 1600.0), **past).ways.ahead, "it does not come home by itself"


def test_a_flight_whose_plan_began_in_the_air_never_turns_back() -> None:
    request = replace(PLAN.request, start=FRAME.to_geodetic(0.0, 0.0), start_height_home_m=80.0)
    plan = replace(round_trip(FlightPhase.OUTBOUND)[0].plan, request=request)
    flight = Flight(plan, compile_mission(plan, FRAME), FRAME)
    flight.adopt(FlightPhase.OUTBOUND, Parcel.ON_BOARD, launched_at_s=0.0, returning=False, vehicle=at(100.0))
    here = {"east_m": 2500.0, "mission_sequence": 4}
    assert not threat(flight, zone(1400.0, 1600.0), **here).ways.home, "it is behind, and it goes home further north"
    assert threat(flight, zone(1400.0, 1600.0, north_m=NORTH_M), **here).ways.home


def test_one_that_returns_straight_is_held_against_the_straight_way_home() -> None:
    profile = replace(PLAN.request.profile, return_path=ReturnPath.DIRECT, return_height_m=120.0)
    curve = [TrackPoint(130.0, 1500.0, 800.0, 80.0)]
    track = tuple(sorted((*(p for p in PLAN.track if not 28.0 < p.t_s < 226.0), *curve), key=lambda p: p.t_s))
    plan = replace(PLAN, request=replace(PLAN.request, profile=profile), track=track)
    flight = Flight(plan, MISSION, FRAME)
    flight.adopt(FlightPhase.OUTBOUND, Parcel.ON_BOARD, launched_at_s=0.0, returning=False, vehicle=at(100.0))
    here = {"east_m": 2800.0, "mission_sequence": HOLD - 1}
    between = zone(1400.0, 1600.0)
    assert threat(flight, between, **here).ways.home
    assert not threat(flight, zone(1400.0, 1600.0, north_m=800.0), **here).ways.home
    flight.adopt(FlightPhase.RETURNING, Parcel.ON_BOARD, launched_at_s=0.0, returning=True, vehicle=at(100.0))
    assert threat(flight, between, **here, mode="AUTO.RTL").ways.ahead


def building(east_m: float, height_m: float, half_m: float = 20.0, name: str = "crane") -> ObstacleSet:
    places = [
        FRAME.to_geodetic(east_m + x * half_m, y * half_m) for x, y in ((-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1))
    ]
    ring = tuple((place.longitude_deg, place.latitude_deg) for place in places)
    return ObstacleSet([Obstacle(name, (ring,), height_m)], FRAME, 45.0)


@pytest.mark.parametrize(("height_m", "stands_in_it"), [(75.0, True), (60.0, False)])
def test_an_obstacle_in_the_way_is_a_threat_like_a_zone_below_its_roof_and_margin(
    height_m: float, stands_in_it: bool
) -> None:
    given: dict[str, Any] = {"frame": FRAME, "now_s": 0.0, "obstacles": building(1500.0, height_m)}
    none = ZoneSet((), FRAME, 45.0)
    found = threat_to(flying(), at(0.0), none, Closing(frozenset(), frozenset({"crane"})), **given)
    assert ("obstacle crane" in found.ways.ahead) is stands_in_it
    assert found.first[0] == ("obstacle crane" if stands_in_it else "")
    assert not threat_to(flying(), at(0.0), none, Closing(frozenset()), **given).ways.ahead, "it stood there before"


def test_a_house_beside_the_pad_is_no_threat_to_a_climb_and_one_in_its_hover_box_is() -> None:
    given: dict[str, Any] = {"frame": FRAME, "now_s": 0.0}
    none = ZoneSet((), FRAME, 45.0)
    for east_m, stands_in_it in ((-30.0, False), (-25.0, True)):
        house = building(east_m, 9.0)
        found = threat_to(flying(), at(0.0, height_m=1.0), none, None, **given, obstacles=house)
        assert bool(found.ways.ahead) is stands_in_it, east_m
