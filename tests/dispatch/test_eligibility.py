"""Every reason an order can be refused for, and all of them together."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest

from skystork.airspace.weather import Weather
from skystork.dispatch.eligibility import Eligibility, RouteAnswer, assess_eligibility
from skystork.dispatch.flight_estimate import FlightHeights
from skystork.dispatch.hours import FlightHours
from skystork.dispatch.rules import SiteRules
from skystork.fleet.profile import DroneProfile, VanProfile
from skystork.fleet.vehicle import Drone, Van
from skystork.frames import Geodetic, LocalFrame, distance_m
from skystork.orders.order import Hazard, Mode, Order, OrderId, Parcel, VehicleId
from skystork.orders.reasons import Reason, ReasonCode

DEPOT = Geodetic(54.5166, -1.5075)
FRAME = LocalFrame(DEPOT)
NOW_S = 1_763_715_600.0
CALM = Weather(NOW_S - 60, (2.0, 0.0), 4.0)
E_VAN = Van(VehicleId("v1"), "EV-1", VanProfile("e_van", 900.0, 120, 9.7, 1.35, 90.0, 240.0, 1_548.0))


def order_at(east_m: float, north_m: float = 0.0, *, deliver_by_s: float | None = None, **parcel: Any) -> Order:
    box = {"weight_kg": 1.0, "length_m": 0.3, "width_m": 0.2, "height_m": 0.1, **parcel}
    return Order(OrderId("o1"), NOW_S, FRAME.to_geodetic(east_m, north_m), Parcel(**box), deliver_by_s=deliver_by_s)


def straight(order: Order) -> RouteAnswer:
    return RouteAnswer(distance_m(DEPOT, order.drop_off))


def drone_of(profile: DroneProfile) -> Drone:
    return Drone(VehicleId(profile.name), "S1", 1, profile, DEPOT)


def assess(order: Order, *profiles: DroneProfile, **changes: Any) -> Eligibility:
    question: dict[str, Any] = {
        "rules": SiteRules(),
        "depot": DEPOT,
        "drones": [drone_of(profile) for profile in profiles],
        "vans": [E_VAN],
        "route": lambda _: straight(order),
        "weather": CALM,
        "heights": FlightHeights(80.0, 105.0),
        "now_s": NOW_S,
    }
    return assess_eligibility(order, **{**question, **changes})


def codes(reasons: tuple[Reason, ...]) -> set[ReasonCode]:
    return {reason.code for reason in reasons}


def test_an_ordinary_order_may_go_by_both(lift_and_cruise: DroneProfile, multirotor: DroneProfile) -> None:
    eligibility = assess(order_at(1_500), lift_and_cruise, multirotor)
    assert eligibility.modes == (Mode.DRONE, Mode.VAN)
    assert [answer.profile_name for answer in eligibility.able] == ["lift_and_cruise", "multirotor"]


def test_far_out_only_the_winged_aircraft_is_able(lift_and_cruise: DroneProfile, multirotor: DroneProfile) -> None:
    eligibility = assess(order_at(12_000, weight_kg=2.2), lift_and_cruise, multirotor)
    assert [answer.profile_name for answer in eligibility.able] == ["lift_and_cruise"]
    refused = next(answer for answer in eligibility.profiles if answer.profile_name == "multirotor")
    assert ReasonCode.ENERGY in codes(refused.reasons)
    reason = next(reason for reason in refused.reasons if reason.code is ReasonCode.ENERGY)
    assert reason.limit == pytest.approx(0.75 * 1.6e6 / 3600)
    assert float(reason.value) > 1.6e6 / 3600
    assert "Wh" in reason.text


@pytest.mark.parametrize(
    ("order", "code", "value", "limit"),
    [
        (order_at(1_000, weight_kg=2.5), ReasonCode.WEIGHT, 2.5, 2.268),
        (order_at(1_000, hazard=Hazard.LITHIUM_BATTERY), ReasonCode.HAZARD, "lithium_battery", "none"),
        (order_at(16_200), ReasonCode.RADIUS, 16_200, 16_093.0),
        (order_at(1_000, length_m=0.5), ReasonCode.SIZE, "0.50 × 0.20 × 0.10", "0.40 × 0.30 × 0.20"),
        (order_at(9_000, deliver_by_s=NOW_S + 200), ReasonCode.PROMISE, None, 200.0),
    ],
)
def test_each_limit_is_told_with_what_was_seen(
    order: Order, code: ReasonCode, value: float | str | None, limit: float | str, lift_and_cruise: DroneProfile
) -> None:
    eligibility = assess(order, lift_and_cruise)
    reason = next(reason for reason in eligibility.drone_reasons if reason.code is code)
    assert Mode.DRONE not in eligibility.modes
    assert eligibility.able == ()
    assert reason.limit == limit
    if isinstance(value, str):
        assert reason.value == value
    elif value is not None:
        assert float(reason.value) == pytest.approx(value, rel=1e-3)


@pytest.mark.parametrize(("ready_after_s", "able"), [(0.0, True), (1_200.0, False)])
def test_the_time_left_runs_from_when_the_parcel_is_there(
    ready_after_s: float, able: bool, lift_and_cruise: DroneProfile
) -> None:
    order = order_at(9_000, deliver_by_s=NOW_S + 1_300.0)
    eligibility = assess(replace(order, ready_at_s=NOW_S + ready_after_s), lift_and_cruise)
    assert bool(eligibility.able) is able
    assert (ReasonCode.PROMISE in codes(eligibility.drone_reasons)) is not able


def test_a_window_after_dark_is_judged_by_its_own_light(lift_and_cruise: DroneProfile) -> None:
    by_day = SiteRules(flight_hours=FlightHours.SUN)
    now, later = order_at(1_000), replace(order_at(1_000), deliver_from_s=NOW_S + 12 * 3_600.0)
    assert assess(now, lift_and_cruise, rules=by_day).able
    assert codes(assess(later, lift_and_cruise, rules=by_day).drone_reasons) == {ReasonCode.NIGHT}


@pytest.mark.parametrize(
    ("weather", "told"),
    [
        (Weather(NOW_S, (12.5, 0.0), 14.0), "mean wind is 12.5 m/s, limit 12.0 m/s"),
        (Weather(NOW_S, (5.0, 0.0), 18.0), "gusts are 18.0 m/s, limit 17.0 m/s"),
        (Weather(NOW_S, (5.0, 0.0), 6.0, rain_mm_h=5.0), "rain is 5.0 mm/h, limit 4.0 mm/h"),
        (Weather(NOW_S, (5.0, 0.0), 6.0, visibility_m=900.0), "visibility is 900 m, at least 1500 m is needed"),
        (Weather(NOW_S, (5.0, 0.0), math.nan), "gusts are nan m/s, limit 17.0 m/s"),
        (Weather(NOW_S - 6_000, (0.0, 0.0), 0.0), "no fresh weather reading: 6000 s old, at most 5400 s old"),
        (None, "no fresh weather reading: none, at most 5400 s old"),
    ],
)
def test_in_bad_or_unknown_weather_only_the_van_goes_and_one_reason_says_why(
    weather: Weather | None, told: str, lift_and_cruise: DroneProfile
) -> None:
    eligibility = assess(order_at(2_000), replace(lift_and_cruise, wind_limit_m_s=15.0), weather=weather)
    (reason,) = eligibility.drone_reasons
    assert (reason.code, reason.text) == (ReasonCode.WEATHER, told)
    assert reason.remedy
    assert eligibility.modes == (Mode.VAN,)


def test_rain_as_heavy_as_the_limit_is_flown_in(lift_and_cruise: DroneProfile) -> None:
    weather = Weather(NOW_S, (5.0, 0.0), 6.0, rain_mm_h=4.0)
    assert Mode.DRONE in assess(order_at(2_000), lift_and_cruise, weather=weather).modes


def test_a_wind_one_type_bears_and_another_does_not(lift_and_cruise: DroneProfile, multirotor: DroneProfile) -> None:
    weather = Weather(NOW_S, (10.5, 0.0), 13.0)
    eligibility = assess(order_at(1_000), lift_and_cruise, replace(multirotor, wind_limit_m_s=10.0), weather=weather)
    assert [answer.profile_name for answer in eligibility.able] == ["lift_and_cruise"]


def test_a_closed_zone_is_told_in_the_planners_words(lift_and_cruise: DroneProfile) -> None:
    zone = Reason(ReasonCode.ZONE, "the doorstep lies in TEESSIDE FRZ", 0.0, 50.0)
    eligibility = assess(order_at(2_000), lift_and_cruise, route=lambda _: RouteAnswer(None, (zone,)))
    assert codes(eligibility.drone_reasons) == {ReasonCode.ZONE}
    assert "TEESSIDE FRZ" in eligibility.drone_reasons[0].text


def test_a_planner_that_gives_no_way_and_no_reason_still_closes_the_mode(lift_and_cruise: DroneProfile) -> None:
    eligibility = assess(order_at(2_000), lift_and_cruise, route=lambda _: RouteAnswer(None))
    assert codes(eligibility.drone_reasons) == {ReasonCode.ZONE}


def test_the_detour_counts_not_the_straight_line(multirotor: DroneProfile) -> None:
    eligibility = assess(order_at(2_000), multirotor, route=lambda _: RouteAnswer(6_000.0))
    assert ReasonCode.ENERGY in codes(eligibility.drone_reasons)


def test_the_planner_is_not_asked_beyond_the_radius(lift_and_cruise: DroneProfile) -> None:
    def never(profile: DroneProfile) -> RouteAnswer:
        raise AssertionError("asked")

    assert ReasonCode.RADIUS in codes(assess(order_at(30_000), lift_and_cruise, route=never).drone_reasons)


def test_all_reasons_are_told_not_only_the_first(lift_and_cruise: DroneProfile) -> None:
    order = order_at(60_000, weight_kg=40.0, length_m=2.0, hazard=Hazard.CORROSIVE, deliver_by_s=NOW_S + 60)
    eligibility = assess(order, lift_and_cruise, weather=None, attempted=(Mode.DRONE,))
    assert codes(eligibility.drone_reasons) == {
        ReasonCode.ATTEMPTED, ReasonCode.WEIGHT, ReasonCode.RADIUS, ReasonCode.HAZARD, ReasonCode.WEATHER,
        ReasonCode.SIZE, ReasonCode.ENERGY, ReasonCode.PROMISE,
    }  # fmt: skip
    assert codes(eligibility.van_reasons) == {
        ReasonCode.WEIGHT, ReasonCode.SIZE, ReasonCode.RADIUS, ReasonCode.HAZARD, ReasonCode.PROMISE,
    }  # fmt: skip
    assert eligibility.modes == ()


def test_without_vehicles_both_modes_say_so() -> None:
    eligibility = assess(order_at(1_000), vans=[])
    assert codes(eligibility.drone_reasons) == codes(eligibility.van_reasons) == {ReasonCode.FLEET}


def test_batteries_as_they_are_count_and_not_as_they_were_bought(lift_and_cruise: DroneProfile) -> None:
    far = order_at(14_000)
    assert not assess(far, lift_and_cruise).drone_reasons
    (reason,) = assess(far, lift_and_cruise, full_j=lambda profile: 0.6 * profile.battery_j).drone_reasons
    assert reason.code is ReasonCode.ENERGY


def test_a_flight_that_px4_would_turn_home_by_itself_is_refused_for_its_energy(multirotor: DroneProfile) -> None:
    """Over the doorstep the battery must last 1.1 times the way home and 100 s (PX4 v1.17.0)."""
    bold = replace(multirotor, reserve_fraction=0.01)
    near, far = order_at(6_200, weight_kg=2.2), order_at(7_200, weight_kg=2.2)
    assert not assess(near, bold).drone_reasons
    (reason,) = assess(far, bold).drone_reasons
    assert reason.code is ReasonCode.ENERGY
    assert "PX4" in reason.text
    (answer,) = assess(far, bold).profiles
    assert answer.estimate.energy_j < bold.battery_j * 0.99 < answer.estimate.needed_j
