"""A morning's wave: what flies, what goes by road, and why, with the fleet's own limits."""

from __future__ import annotations

from dataclasses import replace

import pytest

from skystork.airspace.weather import Weather
from skystork.dispatch.eligibility import Eligibility, RouteAnswer, assess_eligibility
from skystork.dispatch.flight_estimate import FlightHeights
from skystork.dispatch.morning_plan import MorningPlan, judge, plan_morning
from skystork.dispatch.morning_wave import MorningWave, WaveRates, as_asked
from skystork.dispatch.objective import WaveObjective
from skystork.dispatch.rules import SiteRules
from skystork.dispatch.van_plan import StopKind
from skystork.dispatch.van_roads import Roads
from skystork.dispatch.wave_effort import steps
from skystork.dispatch.wave_problem import WavePlan
from skystork.dispatch.wave_shuttles import is_shuttles
from skystork.errors import BrokenPlan, InvalidInput
from skystork.fleet.profile import DroneProfile, VanProfile
from skystork.fleet.vehicle import Drone, Van
from skystork.frames import Geodetic, LocalFrame, distance_m
from skystork.orders.order import Mode, Order, OrderId, Parcel, VehicleId
from skystork.orders.reasons import ReasonCode

DEPOT = Geodetic(54.5166, -1.5075)
NOW_S = 1_763_715_600.0
VAN = VanProfile("e_van", 900.0, 120, 10.5, 1.35, 90.0, 240.0, 1_548.0)
CALM = Weather(NOW_S, (0.0, 0.0), 0.0)


def order(name: str, east_m: float, north_m: float, weight_kg: float = 1.0) -> Order:
    door = LocalFrame(DEPOT).to_geodetic(east_m, north_m)
    return Order(OrderId(name), NOW_S, door, Parcel(weight_kg, 0.3, 0.2, 0.1))


def drone(name: str, profile: DroneProfile) -> Drone:
    return Drone(VehicleId(name), name, 1, profile, DEPOT)


def van(name: str, profile: VanProfile = VAN) -> Van:
    return Van(VehicleId(name), name, profile)


def answers(
    orders: list[Order], drones: list[Drone], vans: list[Van], weather: Weather | None = CALM
) -> dict[OrderId, Eligibility]:
    return {
        each.order_id: assess_eligibility(
            each, rules=SiteRules(), depot=DEPOT, drones=drones, vans=vans,
            route=lambda _, door=each.drop_off: RouteAnswer(distance_m(DEPOT, door)),
            weather=weather, heights=FlightHeights(80.0, 105.0), now_s=NOW_S,
        )
        for each in orders
    }  # fmt: skip


def planned(
    orders: list[Order], drones: list[Drone], vans: list[Van], *, shift_s: float = 3 * 3_600.0,
    weather: Weather | None = CALM, objective: WaveObjective = WaveObjective.LEAST_COST,
) -> MorningPlan:  # fmt: skip
    return plan_morning(
        orders, answers(orders, drones, vans, weather), drones=drones, vans=vans, depot=DEPOT, now_s=NOW_S,
        shift_s=shift_s, spent=steps(600), objective=objective,
    )  # fmt: skip


def test_a_far_light_parcel_flies_and_a_heavy_one_goes_by_road(lift_and_cruise: DroneProfile) -> None:
    orders = [order("light", 6_000, 0), order("heavy", -3_000, 0, 8.0)]
    plan = planned(orders, [drone("LC-1", lift_and_cruise)], [van("VAN-1")])
    light, heavy = plan.choices
    assert (light.mode, light.vehicle_id) == (Mode.DRONE, "LC-1")
    assert light.cost is not None
    assert light.other_cost is not None
    assert light.cost < light.other_cost
    assert (heavy.mode, heavy.vehicle_id, heavy.other_cost) == (Mode.VAN, "VAN-1", None)
    assert ReasonCode.WEIGHT in {reason.code for reason in heavy.reasons}
    assert heavy.cost == pytest.approx(1.25 * 2 * 3 * 1.35, rel=1e-3)
    assert plan.flights == {"LC-1": ("light",)}


def test_the_route_loads_hands_over_and_comes_home_within_the_shift(lift_and_cruise: DroneProfile) -> None:
    orders = [order(f"O{i}", 900.0 * i, 500.0, 5.0) for i in range(1, 7)]
    plan = planned(orders, [drone("LC-1", lift_and_cruise)], [van("VAN-1"), van("VAN-2")])
    (route,) = [route for route in plan.routes if route.stops]
    assert [stop.kind for stop in route.stops] == [StopKind.LOAD, *[StopKind.DELIVER] * 6, StopKind.RETURN]
    assert route.stops[-1].eta_s <= NOW_S + 3 * 3_600
    assert {stop.order_ids[0] for stop in route.stops[1:-1]} == {each.order_id for each in orders}


def test_drones_fly_no_longer_than_the_shift_and_the_rest_is_told_so(lift_and_cruise: DroneProfile) -> None:
    orders = [order(f"O{i}", 7_000.0, 300.0 * i) for i in range(8)]
    plan = planned(orders, [drone("LC-1", lift_and_cruise)], [van("VAN-1")], shift_s=3_600.0)
    by_van = [choice for choice in plan.choices if choice.mode is Mode.VAN]
    assert by_van
    assert len(plan.flights["LC-1"]) + len(by_van) == 8
    assert any("busy to the end of the shift" in reason.text for choice in by_van for reason in choice.reasons)


def test_an_order_that_nothing_can_carry_is_named_with_every_reason(lift_and_cruise: DroneProfile) -> None:
    orders = [order("anvil", 2_000, 0, 60.0), order("letter", 2_000, 500, 0.1)]
    anvil, letter = planned(orders, [drone("LC-1", lift_and_cruise)], [van("VAN-1")]).choices
    assert anvil.mode is None
    assert [reason.code for reason in anvil.reasons].count(ReasonCode.WEIGHT) >= 2
    assert letter.mode is not None


def test_what_is_wanted_later_is_left_for_a_later_wave_and_told(lift_and_cruise: DroneProfile) -> None:
    at_once, later = order("A", 2_000.0, 0.0), order("B", 2_000.0, 100.0)
    for times in ({"deliver_from_s": NOW_S + 3_600.0}, {"ready_at_s": NOW_S + 3_600.0}):
        plan = planned([at_once, replace(later, **times)], [drone("LC-1", lift_and_cruise)], [van("VAN-1")])
        first, second = plan.choices
        assert first.vehicle_id is not None and second.vehicle_id is None
        assert {reason.code for reason in second.reasons} == {ReasonCode.HOURS}


def test_without_weather_nothing_flies(lift_and_cruise: DroneProfile) -> None:
    plan = planned([order("letter", 6_000, 0)], [drone("LC-1", lift_and_cruise)], [van("VAN-1")], weather=None)
    assert plan.choices[0].mode is Mode.VAN
    assert ReasonCode.WEATHER in {reason.code for reason in plan.choices[0].reasons}


def test_a_van_takes_no_more_parcels_than_it_holds(lift_and_cruise: DroneProfile) -> None:
    small = replace(VAN, capacity_parcels=2)
    orders = [order(f"O{i}", 900.0 * i, 0.0, 5.0) for i in range(1, 4)]
    plan = planned(orders, [drone("LC-1", lift_and_cruise)], [van("VAN-1", small)])
    (left,) = [choice for choice in plan.choices if choice.mode is None]
    assert any("no room or time left" in reason.text for reason in left.reasons)


def test_one_vehicle_claimed_twice_a_shift_of_nothing_and_a_fleet_of_zero_are_refused(
    lift_and_cruise: DroneProfile,
) -> None:
    orders, fleet = [order("letter", 2_000, 0)], [drone("LC-1", lift_and_cruise)]
    with pytest.raises(InvalidInput, match="one vehicle is claimed twice"):
        planned(orders, fleet, [van("LC-1")])
    with pytest.raises(InvalidInput, match="the shift ends before it starts"):
        planned(orders, fleet, [van("VAN-1")], shift_s=-60.0)
    with pytest.raises(InvalidInput, match="there is no vehicle"):
        planned(orders, [], [])


def star() -> list[Order]:
    """Heavy parcels in two directions, each on the way to the next: one van drives least, two are back soonest."""
    east = [order(f"E{i}", 3_000.0 + 500.0 * i, 0.0, 5.0) for i in range(3)]
    return east + [order(f"N{i}", 0.0, 3_000.0 + 500.0 * i, 5.0) for i in range(3)]


def test_everybody_is_back_sooner_where_that_is_asked_and_it_costs_more(lift_and_cruise: DroneProfile) -> None:
    fleet, vans = [drone("LC-1", lift_and_cruise)], [van("VAN-1"), van("VAN-2")]
    cheap = planned(star(), fleet, vans)
    soon = planned(star(), fleet, vans, objective=WaveObjective.EARLIEST_FINISH)
    assert sum(bool(route.stops) for route in cheap.routes) == 1
    assert sum(bool(route.stops) for route in soon.routes) == 2
    assert soon.finish_s < cheap.finish_s
    assert cheap.cost < soon.cost


def test_the_finish_is_when_the_last_of_the_vehicles_is_back(lift_and_cruise: DroneProfile) -> None:
    for objective in WaveObjective:
        plan = planned(star(), [drone("LC-1", lift_and_cruise)], [van("VAN-1"), van("VAN-2")], objective=objective)
        back_s = max(route.stops[-1].eta_s for route in plan.routes if route.stops)
        assert plan.finish_s == pytest.approx(back_s, abs=1.0)
        assert plan.cost == pytest.approx(sum(1.25 * route.distance_m / 1e3 for route in plan.routes), rel=1e-6)


def test_what_the_other_way_would_do_to_the_finish_is_told(lift_and_cruise: DroneProfile) -> None:
    orders = [order("far", 7_000, 0, 5.0), order("light", 0, 6_000)]
    plan = planned(orders, [drone("LC-1", lift_and_cruise)], [van("VAN-1")], objective=WaveObjective.EARLIEST_FINISH)
    far, light = plan.choices
    assert (far.mode, far.other_cost, far.other_finish_s) == (Mode.VAN, None, None)
    assert light.mode is Mode.DRONE
    both = [order("far", 7_000, 0, 5.0), order("light", 0, 6_000, 5.0)]
    driven = planned(both, [drone("LC-1", lift_and_cruise)], [van("VAN-1")])
    assert light.other_finish_s == pytest.approx(driven.finish_s, abs=1.0)
    assert light.other_finish_s is not None
    assert light.other_finish_s > plan.finish_s


def test_an_order_of_a_van_is_told_what_a_flight_would_do_to_the_finish(lift_and_cruise: DroneProfile) -> None:
    orders = [order("heavy", 3_000, 0, 5.0), order("beside", 3_000, 50)]
    plan = planned(orders, [drone("LC-1", lift_and_cruise)], [van("VAN-1")], shift_s=3_600.0)
    beside = plan.choices[1]
    assert beside.mode is Mode.VAN
    assert beside.other_finish_s == pytest.approx(
        planned(orders[:1], [drone("LC-1", lift_and_cruise)], [van("VAN-1")]).finish_s, abs=1.0
    )
    assert beside.other_finish_s is not None
    assert beside.other_finish_s < plan.finish_s


@pytest.mark.parametrize("objective", WaveObjective)
def test_both_objectives_keep_what_the_vans_hold_and_the_shift(
    lift_and_cruise: DroneProfile, objective: WaveObjective
) -> None:
    orders = [order(f"O{i}", 900.0 * i, 400.0 * (i % 3), 5.0) for i in range(1, 8)]
    vans = [van("VAN-1", replace(VAN, capacity_parcels=2)), van("VAN-2", replace(VAN, capacity_parcels=3))]
    plan = planned(orders, [drone("LC-1", lift_and_cruise)], vans, shift_s=5_400.0, objective=objective)
    assert sum(choice.mode is None for choice in plan.choices) == 2
    assert plan.finish_s <= NOW_S + 5_400.0


def test_a_wave_of_one_van_for_the_earliest_finish_is_the_problem_that_small_changes_know(
    lift_and_cruise: DroneProfile,
) -> None:
    orders, fleet, vans = star(), [drone("LC-1", lift_and_cruise)], [van("VAN-1")]
    eligible = answers(orders, fleet, vans)
    wave = MorningWave(
        orders, [eligible[each.order_id] for each in orders], drones=fleet, vans=vans, depot=DEPOT,
        shift_s=10_800.0, rates=WaveRates(), roads=Roads(),
    )  # fmt: skip
    assert is_shuttles(as_asked(wave.priced(), WaveObjective.EARLIEST_FINISH))
    with pytest.raises(BrokenPlan, match=r"orders \[2, 3, 4, 5, 6\] are forgotten"):
        judge(wave.priced(), WavePlan(((1,),), ((),)))
