"""Clearance: each check stands in the way alone, says what was seen, and a plan against other zones is not flown."""

from dataclasses import replace

import pytest
from tests_support.plans import DEPOT, straight_plan

from skystork.airspace.weather import Weather
from skystork.clearance.clearance import Clearance, Denied, request_clearance
from skystork.clearance.deconfliction import Reservation, Separation, reserve
from skystork.clearance.preflight import OnBoard, check_on_board, check_vehicle, failures
from skystork.fleet.vehicle import LandedState, LinkState, MissionState, VehicleState
from skystork.frames import LocalFrame

FRAME = LocalFrame(DEPOT)
PLAN = straight_plan(FRAME, distance_m=2000.0)
NOW_S = 1000.0
CALM = Weather(NOW_S - 30.0, (2.0, 0.0), 5.0, 0.0, 10_000.0)
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
ON_BOARD = OnBoard(11, 12, 13)


def ask(vehicle: VehicleState = READY, *, zones: str = "zones", reserved: tuple[Reservation, ...] = ()) -> object:
    return request_clearance(
        PLAN,
        vehicle=vehicle,
        weather=CALM,
        zone_set_hash=zones,
        earliest_s=NOW_S + 60.0,
        reserved=reserved,
        separation=Separation(25.0, 15.0),
        now_s=NOW_S,
    )


def test_a_vehicle_in_order_is_cleared_for_the_earliest_time() -> None:
    answer = ask()
    assert isinstance(answer, Clearance)
    assert answer.departs_at_s == NOW_S + 60.0
    assert not failures(answer.checks)


def test_a_plan_made_against_other_zones_is_denied() -> None:
    answer = ask(zones="other zones")
    assert isinstance(answer, Denied)
    assert [reason.code for reason in answer.reasons] == ["ZONE"]
    assert "plan again" in answer.reasons[0].text


def test_a_denial_names_everything_that_stands_in_the_way_at_once() -> None:
    answer = ask(replace(READY, link=LinkState.LOST, ready_to_arm=False), zones="other zones")
    assert isinstance(answer, Denied)
    assert [reason.code for reason in answer.reasons] == ["ZONE", "CLEARANCE", "CLEARANCE"]


def test_a_flight_along_the_same_line_is_delayed_behind_the_one_that_holds_it() -> None:
    other = reserve(straight_plan(FRAME, distance_m=2000.0, flight_id="F-2"), NOW_S + 60.0)
    answer = ask(reserved=(other,))
    assert isinstance(answer, Clearance)
    assert answer.departs_at_s > NOW_S + 60.0


@pytest.mark.parametrize(
    ("check", "facts", "seen"),
    [
        ("link", {"link": LinkState.LOST}, "lost"),
        ("link", {"last_heard_s": NOW_S - 5.5}, "5.5 s ago"),
        ("link", {"last_heard_s": None}, "None"),
        ("on ground", {"landed": LandedState.IN_AIR}, "in_air"),
        ("on ground", {"armed": True}, "armed True"),
        ("health", {"ready_to_arm": False}, "pre-arm"),
        ("at pad", {"position": FRAME.to_geodetic(0.0, 12.0)}, "within 10 m"),
        ("at pad", {"position": None}, "None m"),
        ("battery", {"battery_fraction": 0.5}, "battery 0.5, required 0.6"),
        ("battery", {"battery_fraction": None}, "None"),
    ],
)
def test_each_check_of_the_vehicle_fails_alone(check: str, facts: dict[str, object], seen: str) -> None:
    failed = failures(check_vehicle(replace(READY, **facts), PLAN, CALM, NOW_S))  # type: ignore[arg-type]
    assert [found.name for found in failed] == [check]
    assert seen in failed[0].text


@pytest.mark.parametrize(
    ("check", "weather"),
    [
        ("weather age", replace(CALM, at_s=NOW_S - 601.0)),
        ("weather age", replace(CALM, at_s=NOW_S + 10.0)),
        ("wind", replace(CALM, gust_m_s=10.1)),
    ],
)
def test_each_check_of_the_weather_fails_alone(check: str, weather: Weather) -> None:
    assert [found.name for found in failures(check_vehicle(READY, PLAN, weather, NOW_S))] == [check]


@pytest.mark.parametrize(
    ("check", "facts"),
    [
        ("mission", {"mission_state": MissionState.NO_MISSION}),
        ("mission id", {"mission_id": 99}),
        ("fence id", {"fence_id": None}),
        ("rally id", {"rally_id": 99}),
    ],
)
def test_what_is_on_board_must_be_what_was_uploaded(check: str, facts: dict[str, object]) -> None:
    assert [found.name for found in failures(check_on_board(replace(READY, **facts), ON_BOARD))] == [check]  # type: ignore[arg-type]


def test_ids_that_the_vehicle_never_sends_are_not_required() -> None:
    silent = replace(READY, mission_id=None, fence_id=None, rally_id=None)
    assert not failures(check_on_board(silent, OnBoard(None, None, None)))
