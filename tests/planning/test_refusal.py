"""Flights that cannot be: what is said to be in the way, and whether what is said to be possible is."""

import math
import re
from dataclasses import replace

import pytest

from skystork.airspace.altitudes import SURFACE, UNLIMITED, read_altitude
from skystork.airspace.schedule import DailyPeriod, Edge, Period
from skystork.airspace.volume import ZoneSet
from skystork.airspace.zone import Restriction, Zone
from skystork.frames import Geodetic, LocalFrame, distance_m
from skystork.orders.reasons import ReasonCode
from skystork.planning.flight_plan import FlightPlan, Infeasible
from skystork.planning.planner import Planner

MONDAY_NOON_S = 1_790_596_800.0  # 2026-09-28T12:00Z
WORKING_HOURS = Period(-math.inf, math.inf, (DailyPeriod((0, 1, 2, 3, 4), Edge(8 * 3600.0), Edge(16 * 3600.0)),))


@pytest.fixture
def field(darlington):
    """An empty plain about the depot; zones are put on it in metres."""
    return Field(darlington)


class Field:
    def __init__(self, darlington):
        self.darlington, self.frame = darlington, LocalFrame(darlington.depot)
        self.rotors = replace(
            darlington.winged,
            airframe=type(darlington.winged.airframe)("multirotor"),
            cruise_air_speed_m_s=15.0,
            max_air_speed_m_s=18.0,
            max_acceleration_m_s2=3.0,
            battery_j=5.0e7,
        )
        self.margin_m = 5.0 + 15.0**2 / 6.0 + 20.05

    def zone(self, name, corners, *, lower=SURFACE, upper=UNLIMITED, active=None, holes=()):
        rings = [[*ring, ring[0]] for ring in (corners, *holes)]
        degrees = tuple(tuple((p.longitude_deg, p.latitude_deg) for p in (self.frame.to_geodetic(*xy) for xy in ring))
                        for ring in rings)  # fmt: skip
        return Zone(name, f"zone {name}", "D", Restriction.PROHIBITED, degrees, lower, upper, active=active)

    def box(self, name, west, south, east, north, **more):
        return self.zone(name, [(west, south), (east, south), (east, north), (west, north)], **more)

    def plan(self, zones, to, **changes):
        planner = Planner(ZoneSet(zones, self.frame, 45.0), self.frame, service_radius_m=10_000.0)
        values = {"profile": self.rotors, "battery_j": 5.0e7, "departs_at_s": MONDAY_NOON_S, **changes}
        place = to if isinstance(to, Geodetic) else self.frame.to_geodetic(*to)
        return planner.plan(self.darlington.request(place, **values))

    def refused(self, zones, to, **changes):
        answer = self.plan(zones, to, **changes)
        assert isinstance(answer, Infeasible)
        return answer.reasons


def place_in(remedy):
    found = re.search(r"at (-?\d+\.\d+),(-?\d+\.\d+)", remedy)
    return Geodetic(float(found[1]), float(found[2]))


def test_a_drop_inside_a_zone_names_zone_leg_depth_and_the_nearest_place_which_is_flown(field):
    zones = [field.box("A", 2_000, -500, 3_000, 500)]
    (reason,) = field.refused(zones, (2_900, 0))
    assert (reason.code, reason.zone, reason.leg) == (ReasonCode.ZONE, "A", "descent")
    assert reason.value == pytest.approx(-100.0, abs=0.1)
    assert "zone A" in reason.text
    assert "to the east, 90 deg" in reason.remedy
    place = place_in(reason.remedy)
    door = field.frame.to_geodetic(2_900, 0)
    assert distance_m(door, place) == pytest.approx(100 + field.margin_m + 2, abs=1.5)
    east_m, north_m = field.frame.to_enu_m(place)
    assert isinstance(field.plan(zones, (east_m + 1.0, north_m)), FlightPlan)


def test_a_pad_inside_a_zone_is_told_as_the_pad(field):
    reasons = field.refused([field.box("A", -300, -300, 300, 300)], (2_900, 0))
    assert {(reason.zone, reason.leg) for reason in reasons} == {("A", "climb")}
    assert "the pad lies 300 m inside zone A" in reasons[0].text


def test_the_time_that_is_named_is_one_at_which_it_is_flown(field):
    zones = [field.box("A", 2_000, -500, 3_000, 500, active=(WORKING_HOURS,))]
    (reason,) = field.refused(zones, (2_500, 0))
    assert "take off at 2026-09-28T16:00Z or later" in reason.remedy or "T16:01Z" in reason.remedy
    assert isinstance(field.plan(zones, (2_500, 0), departs_at_s=MONDAY_NOON_S + 4 * 3600 + 61), FlightPlan)


def test_a_zone_that_never_opens_names_no_time(field):
    (reason,) = field.refused([field.box("A", 2_000, -500, 3_000, 500)], (2_500, 0))
    assert "take off at" not in reason.remedy


def test_the_height_that_is_named_is_one_at_which_it_is_flown(field):
    zones = [field.box("A", 2_000, -500, 3_000, 500, lower=read_altitude("75 m AGL"))]
    (reason,) = field.refused(zones, (2_500, 0))
    assert "a layer at 65 m or lower" in reason.remedy
    assert isinstance(field.plan(zones, (2_500, 0), outbound_height_m=64.0, inbound_height_m=64.0), FlightPlan)


def four_walls(field, slit_m):
    """A yard of walls 100 m thick with a slit in its eastern wall."""
    return [
        field.box("S", 2_000, -600, 3_000, -500),
        field.box("N", 2_000, 500, 3_000, 600),
        field.box("W", 2_000, -500, 2_100, 500),
        field.box("E1", 2_900, -500, 3_000, -slit_m / 2),
        field.box("E2", 2_900, slit_m / 2, 3_000, 500),
    ]


def test_a_slit_narrower_than_the_margins_is_told_with_both_widths(field):
    (reason,) = field.refused(four_walls(field, 120.0), (2_500, 0))
    for name in ("S", "N", "W", "E1", "E2"):
        assert f"zone {name} (D)" in reason.text
    assert reason.value == pytest.approx(120.0, abs=0.05)
    assert reason.limit == pytest.approx(2 * field.margin_m, abs=0.01)
    assert "shut the drop-off in" in reason.text
    east_m, north_m = field.frame.to_enu_m(place_in(reason.remedy))
    assert isinstance(field.plan(four_walls(field, 120.0), (east_m, north_m)), FlightPlan)


def test_a_slit_just_wide_enough_is_flown(field):
    assert isinstance(field.plan(four_walls(field, 2 * field.margin_m + 6.0), (2_500, 0)), FlightPlan)


def test_an_island_in_a_zone_has_no_gap(field):
    hole = [(2_100, -400), (2_900, -400), (2_900, 400), (2_100, 400)]
    outline = [(2_000, -500), (3_000, -500), (3_000, 500), (2_000, 500)]
    (reason,) = field.refused([field.zone("RING", outline, holes=[hole])], (2_500, 0))
    assert "zone RING" in reason.text
    assert "it has no gap" in reason.text


def test_a_pad_shut_in_is_told_as_the_pad(field):
    hole = [(-400, -400), (400, -400), (400, 400), (-400, 400)]
    outline = [(-500, -500), (500, -500), (500, 500), (-500, 500)]
    (reason,) = field.refused([field.zone("RING", outline, holes=[hole])], (2_500, 0))
    assert "shut the pad in" in reason.text


def test_a_trap_that_opens_by_its_times_names_the_time(field):
    walls = [
        replace(zone, active=(WORKING_HOURS,)) if zone.zone_id == "E1" else zone for zone in four_walls(field, 0.5)
    ]
    (reason,) = field.refused(walls, (2_500, 0))
    assert "when zone E1 is open" in reason.remedy


def test_too_far_names_the_nearest_place_that_is_served(field):
    (reason,) = field.refused([], (0, 12_000))
    assert reason.code is ReasonCode.RADIUS
    assert re.search(r"(199\d|200\d) m to the south, 180 deg", reason.remedy)


ABSURD = [math.nan, -1.0, 0.0, 1e9, math.inf]


@pytest.mark.parametrize("value", ABSURD)
@pytest.mark.parametrize(
    "name",
    ["cruise_air_speed_m_s", "max_acceleration_m_s2", "max_jerk_m_s3", "position_error_m", "descent_speed_m_s"],
)
def test_absurd_limits_of_a_vehicle_are_refused_by_name(field, name, value):
    reasons = field.refused([], (2_500, 0), profile=replace(field.rotors, **{name: value}))
    assert any(name in reason.text and name in reason.remedy for reason in reasons)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("payload_kg", math.nan), ("payload_kg", -1.0), ("payload_kg", 1e9), ("battery_j", math.nan),
        ("battery_j", -1.0), ("battery_j", 1e12), ("wind_enu_m_s", (math.nan, 0.0)), ("wind_enu_m_s", (1e9, 0.0)),
        ("departs_at_s", math.nan),
        ("outbound_height_m", math.nan), ("outbound_height_m", -5.0), ("inbound_height_m", 0.0),
        ("inbound_height_m", 1e9), ("start_height_home_m", math.nan), ("pad", Geodetic(math.nan, 0.0)),
        ("pad", Geodetic(200.0, 0.0)), ("drop_off", Geodetic(0.0, math.inf)),
    ],
)  # fmt: skip
def test_absurd_requests_are_refused_with_the_number(field, name, value):
    to = value if name == "drop_off" else field.darlington.yarm
    reasons = field.refused([], to, **({} if name == "drop_off" else {name: value}))
    assert reasons
    assert all(reason.text and reason.limit != "" for reason in reasons)


def test_a_margin_larger_than_the_service_area_is_told(field):
    zones = [field.box("A", 60, 4_000, 100, 4_040), field.box("B", -4_000, -9_000, -3_900, -8_000)]
    planner = Planner(ZoneSet(zones, field.frame, 45.0), field.frame, service_radius_m=100.0)
    wide = replace(field.rotors, position_error_m=100.0, cruise_air_speed_m_s=100.0, max_air_speed_m_s=110.0,
                   max_acceleration_m_s2=0.5)  # fmt: skip
    request = field.darlington.request(field.frame.to_geodetic(50, 0), profile=wide, battery_j=5e7)
    answer = planner.plan(request)
    assert isinstance(answer, Infeasible)
    assert "leaves nothing of the service area" in answer.reasons[0].text


def test_a_reason_says_its_remedy_in_words(field):
    (reason,) = field.refused([field.box("A", 2_000, -500, 3_000, 500)], (2_900, 0))
    assert str(reason) == f"ZONE: {reason.text}. Possible: {reason.remedy}"
