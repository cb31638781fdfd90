"""What changed zones do to the two ways of a flight three kilometres east and back."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
from tests_support.flights import FRAME, HOLD, MISSION, PLAN, at, doorstep, flying

from skystork.airspace.altitudes import SURFACE, UNLIMITED
from skystork.airspace.volume import ZoneSet
from skystork.airspace.zone import Period, Restriction, Zone
from skystork.app.zone_threat import LATE_S, Threat, threat_to
from skystork.fleet.profile import Release
from skystork.flight.flight import Flight
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
