"""Each check before launch stands in the way alone, and says what was seen, what is required, and what to do."""

from dataclasses import replace

import pytest
from tests_support.plans import DEPOT, straight_plan

from skystork.airspace.weather import Weather
from skystork.clearance.checks import Check, Grade, failures
from skystork.clearance.preflight import OnBoard, Surroundings, check_on_board, check_own_state, check_surroundings
from skystork.fleet.vehicle import LandedState, LinkState, MissionState, VehicleState
from skystork.frames import LocalFrame

FRAME = LocalFrame(DEPOT)
DAY_S = 86_400.0
NOW_S = 100 * DAY_S
STRAIGHT = straight_plan(FRAME, distance_m=2000.0)
PLAN = replace(STRAIGHT, request=replace(STRAIGHT.request, departs_at_s=NOW_S - 300.0))
CALM = Weather(NOW_S - 30.0, (2.0, 0.0), 5.0, 0.0, 10_000.0)
HERE = Surroundings(CALM, "zones", NOW_S - 20 * DAY_S, 28 * DAY_S, simulated=False)
GROUND_M = 45.0
READY = VehicleState(
    vehicle_id=PLAN.request.vehicle_id,
    at_s=NOW_S,
    link=LinkState.UP,
    last_heard_s=NOW_S - 0.5,
    position=PLAN.request.pad,
    altitude_amsl_m=47.0,
    battery_fraction=1.0,
    ready_to_arm=True,
    landed=LandedState.ON_GROUND,
    mission_state=MissionState.NOT_STARTED,
    mission_id=11,
    fence_id=12,
    rally_id=13,
    home=PLAN.request.pad,
    home_altitude_amsl_m=46.5,
)
ON_BOARD = OnBoard(11, 12, 13)


def checked(vehicle: VehicleState = READY, about: Surroundings = HERE) -> tuple[Check, ...]:
    return (*check_own_state(vehicle, PLAN, GROUND_M, NOW_S), *check_surroundings(PLAN, about, NOW_S))


def failed(vehicle: VehicleState = READY, about: Surroundings = HERE) -> list[tuple[str, str]]:
    return [(each.name, each.text) for each in failures(checked(vehicle, about))]


def test_a_vehicle_in_order_passes_every_check_and_each_says_what_was_seen() -> None:
    checks = checked()
    assert {each.grade for each in checks} == {Grade.PASS}
    assert len({each.name for each in checks}) == len(checks)
    assert all(each.seen != "nothing" for each in checks)


def test_nothing_is_launched_by_an_earlier_copy_of_the_sites_files() -> None:
    assert failed(about=replace(HERE, unread=("zones.geojson: not JSON",))) == [
        (
            "site files",
            "site files is zones.geojson: not JSON, required read; nothing is launched by an earlier copy of them: "
            "mend them",
        )
    ]


@pytest.mark.parametrize(
    ("check", "facts", "seen"),
    [
        ("link", {"link": LinkState.LOST}, "lost"),
        ("link", {"last_heard_s": NOW_S - 5.5}, "5.5 s ago"),
        ("link", {"last_heard_s": None}, "never heard"),
        ("on ground", {"landed": LandedState.IN_AIR}, "in_air"),
        ("on ground", {"armed": True}, "armed, required on_ground, disarmed"),
        ("health", {"ready_to_arm": False}, "not passed"),
        ("at pad", {"position": FRAME.to_geodetic(0.0, 12.0)}, "12.0 m from its pad, required within 10 m"),
        ("at pad", {"position": None}, "nothing"),
        ("home", {"home": FRAME.to_geodetic(11.0, 0.0)}, "11.0 m from its pad, required within 10 m"),
        ("home", {"home": None}, "nothing"),
        ("home altitude", {"altitude_amsl_m": 43.0}, "+3.5 m from where it stands, required within 3 m"),
        ("home altitude", {"altitude_amsl_m": None}, "nothing"),
        ("ground altitude", {"altitude_amsl_m": 61.0, "home_altitude_amsl_m": 61.0}, "61.0 m AMSL, required within 15"),
        ("battery", {"battery_fraction": 0.5}, "battery is 0.500, required 0.6"),
        ("battery", {"battery_fraction": None}, "nothing"),
    ],
)
def test_each_check_of_the_vehicle_fails_alone(check: str, facts: dict[str, object], seen: str) -> None:
    found = failed(replace(READY, **facts))  # type: ignore[arg-type]
    assert [name for name, _ in found] == [check]
    assert seen in found[0][1]


def test_a_vehicle_that_never_told_its_home_fails_every_check_of_it() -> None:
    found = failed(replace(READY, home=None, home_altitude_amsl_m=None))
    assert [name for name, _ in found] == ["home", "home altitude", "ground altitude"]


@pytest.mark.parametrize(
    ("check", "about", "seen"),
    [
        ("weather age", replace(HERE, weather=replace(CALM, at_s=NOW_S - 601.0)), "601 s, required at most 600 s"),
        ("weather age", replace(HERE, weather=replace(CALM, at_s=NOW_S + 10.0)), "-10 s"),
        ("wind", replace(HERE, weather=replace(CALM, gust_m_s=10.1)), "10.1 m/s, required at most 10.0 m/s"),
        ("zones", replace(HERE, zone_set_hash="other zones"), "required other zones, in force now; the zones changed"),
        ("obstacles", replace(HERE, obstacle_set_hash="new crane"), "none in the plan, required new crane, known now"),
        ("zone data age", replace(HERE, zones_from_s=NOW_S - 29 * DAY_S), "29.0 days, required at most 28.0 days"),
        ("zone data age", replace(HERE, zones_from_s=NOW_S + DAY_S), "-1.0 days"),
        ("zone data age", replace(HERE, zones_from_s=None), "unknown"),
    ],
)
def test_each_check_of_what_is_about_the_vehicle_fails_alone(check: str, about: Surroundings, seen: str) -> None:
    found = failed(about=about)
    assert [name for name, _ in found] == [check]
    assert seen in found[0][1]


def test_a_plan_is_not_flown_later_than_the_times_of_its_zones_were_proven() -> None:
    late = replace(PLAN, request=replace(PLAN.request, departs_at_s=NOW_S - 901.0))
    ((name, text),) = [(each.name, each.text) for each in failures(check_surroundings(late, HERE, NOW_S))]
    assert name == "departure" and "901 s after the planned one, required at most 900 s" in text


def test_undated_zones_are_only_a_warning_where_the_site_says_that_its_vehicles_are_simulated() -> None:
    checks = checked(about=replace(HERE, zones_from_s=None, simulated=True))
    assert [(each.name, each.grade) for each in checks if each.grade is not Grade.PASS] == [
        ("zone data age", Grade.WARNING)
    ]


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


def test_a_refused_mission_is_told_with_what_the_vehicle_said_about_it() -> None:
    refused = replace(READY, mission_state=MissionState.NO_MISSION)
    (found,) = failures(check_on_board(refused, ON_BOARD, "Geofence violation for waypoint 2"))
    assert 'it said: "Geofence violation for waypoint 2"' in found.text


def test_ids_that_the_vehicle_never_sends_are_not_required() -> None:
    silent = replace(READY, mission_id=None, fence_id=None, rally_id=None)
    assert not failures(check_on_board(silent, OnBoard(None, None, None)))
