"""Checks before launch: each fails alone, names what was seen and required, and forbids the launch."""

from dataclasses import replace

import pytest
from tests_support.plans import DEPOT, straight_plan

from skystork.airspace.weather import Weather
from skystork.clearance.clearance import Clearance, Denied, request_clearance
from skystork.clearance.deconfliction import Separation
from skystork.clearance.preflight import OnBoard, check_on_board, check_vehicle, failures
from skystork.fleet.vehicle import LandedState, LinkState, MissionState, VehicleState
from skystork.frames import LocalFrame
from skystork.planning.flight_plan import FlightPlan

FRAME = LocalFrame(DEPOT)
PLAN: FlightPlan = straight_plan(FRAME, distance_m=3000.0)
NOW_S = 1000.0
CALM = Weather(at_s=NOW_S - 30.0, wind_enu_m_s=(3.0, 0.0), gust_m_s=5.0)
READY = VehicleState(
    vehicle_id=PLAN.request.vehicle_id,
    at_s=NOW_S,
    link=LinkState.UP,
    last_heard_s=NOW_S - 0.5,
    position=PLAN.request.pad,
    battery_fraction=1.0,
    ready_to_arm=True,
    landed=LandedState.ON_GROUND,
    mission_state=MissionState.NOT_STARTED,
    mission_id=11,
    fence_id=12,
    rally_id=13,
)


def test_a_ready_vehicle_passes_every_check() -> None:
    assert failures(check_vehicle(READY, PLAN, CALM, NOW_S)) == ()
    assert failures(check_on_board(READY, OnBoard(11, 12, 13))) == ()


@pytest.mark.parametrize(
    ("name", "vehicle", "weather"),
    [
        ("link", replace(READY, link=LinkState.LOST), CALM),
        ("link", replace(READY, last_heard_s=NOW_S - 6.0), CALM),
        ("link", replace(READY, last_heard_s=None), CALM),
        ("on ground", replace(READY, landed=LandedState.IN_AIR), CALM),
        ("on ground", replace(READY, armed=True), CALM),
        ("health", replace(READY, ready_to_arm=False), CALM),
        ("at pad", replace(READY, position=FRAME.to_geodetic(15.0, 0.0)), CALM),
        ("at pad", replace(READY, position=None), CALM),
        ("battery", replace(READY, battery_fraction=0.5), CALM),
        ("battery", replace(READY, battery_fraction=None), CALM),
        ("weather age", READY, replace(CALM, at_s=NOW_S - 601.0)),
        ("weather age", READY, replace(CALM, at_s=NOW_S + 60.0)),
        ("wind", READY, replace(CALM, gust_m_s=10.5)),
    ],
)
def test_one_wrong_value_fails_its_own_check(name: str, vehicle: VehicleState, weather: Weather) -> None:
    assert [check.name for check in failures(check_vehicle(vehicle, PLAN, weather, NOW_S))] == [name]


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("mission", {"mission_state": MissionState.NO_MISSION}),
        ("mission", {"mission_state": MissionState.PAUSED}),
        ("mission id", {"mission_id": 99}),
        ("fence id", {"fence_id": None}),
        ("rally id", {"rally_id": 0}),
    ],
)
def test_something_else_on_board_fails(name: str, change: dict[str, object]) -> None:
    failed = failures(check_on_board(replace(READY, **change), OnBoard(11, 12, 13)))
    assert [check.name for check in failed] == [name]


def clear(vehicle: VehicleState = READY, zones: str = "zones") -> Clearance | Denied:
    return request_clearance(
        PLAN,
        vehicle=vehicle,
        weather=CALM,
        zone_set_hash=zones,
        earliest_s=NOW_S + 50.0,
        reserved=(),
        separation=Separation(25.0, 15.0),
        now_s=NOW_S,
    )


def test_a_clearance_holds_the_space_from_its_departure_on() -> None:
    answer = clear()
    assert isinstance(answer, Clearance)
    assert answer.departs_at_s == NOW_S + 50.0


def test_zones_that_changed_since_planning_deny_it() -> None:
    answer = clear(zones="other zones")
    assert isinstance(answer, Denied)
    assert [reason.code for reason in answer.reasons] == ["ZONE"]


def test_a_failed_check_denies_it_with_the_checks_name() -> None:
    answer = clear(replace(READY, battery_fraction=0.3))
    assert isinstance(answer, Denied)
    assert [reason.value for reason in answer.reasons] == ["battery"]
