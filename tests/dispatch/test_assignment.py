"""What the dispatcher commits, what it keeps back, and what it tells."""

from __future__ import annotations

from dataclasses import replace

import pytest

from skystork.dispatch.assignment import Assignment, Awaiting, Unassigned, assign
from skystork.dispatch.cost import Cost, DroneAvailability, WaitingOrder
from skystork.dispatch.flight_estimate import FlightEstimate
from skystork.dispatch.rules import SiteRules
from skystork.fleet.profile import DroneProfile
from skystork.frames import Geodetic
from skystork.orders.order import Order, OrderId, Parcel, VehicleId
from skystork.orders.reasons import ReasonCode

NOW_S = 1_763_715_600.0
RULES = SiteRules()


def flight(out_s: float, energy_j: float = 1e6) -> FlightEstimate:
    return FlightEstimate(2 * out_s, out_s, energy_j)


def waiting(name: str, left_s: float = 1_800.0, road: bool = True, **estimates: FlightEstimate) -> WaitingOrder:
    order = Order(OrderId(name), NOW_S, Geodetic(54.5, -1.5), Parcel(1.0, 0.3, 0.2, 0.1))
    return WaitingOrder(order, estimates or {"lift_and_cruise": flight(400)}, NOW_S + left_s, road)


def drone(
    name: str, profile: DroneProfile, ready_in_s: float = 0.0, battery_j: float | None = None
) -> DroneAvailability:
    return DroneAvailability(VehicleId(name), profile, NOW_S + ready_in_s, battery_j or profile.battery_j)


def test_a_drone_that_is_ready_takes_the_order_and_says_when_it_is_there(lift_and_cruise: DroneProfile) -> None:
    (decision,) = assign([waiting("o1")], [drone("d1", lift_and_cruise)], now_s=NOW_S, rules=RULES)
    assert decision == Assignment(OrderId("o1"), VehicleId("d1"), NOW_S + 45 + 400, Cost(0.0, 1e6), ())


def test_a_drone_on_its_way_back_is_foreseen_but_nothing_is_committed(lift_and_cruise: DroneProfile) -> None:
    (decision,) = assign([waiting("o1")], [drone("d1", lift_and_cruise, 300.0)], now_s=NOW_S, rules=RULES)
    assert isinstance(decision, Awaiting)
    assert decision.eta_s == NOW_S + 300 + 45 + 400


def test_the_cheaper_of_two_aircraft_that_are_both_on_time_is_sent(
    lift_and_cruise: DroneProfile, multirotor: DroneProfile
) -> None:
    order = waiting("o1", lift_and_cruise=flight(200, 1.6e6), multirotor=flight(400, 0.8e6))
    drones = [drone("d1", lift_and_cruise), drone("d2", multirotor)]
    (decision,) = assign([order], drones, now_s=NOW_S, rules=RULES)
    assert isinstance(decision, Assignment)
    assert decision.vehicle_id == "d2"
    assert [(a.vehicle_id, a.cost.energy_j) for a in decision.alternatives] == [("d1", 1.6e6)]


def test_a_kept_promise_outweighs_any_energy(lift_and_cruise: DroneProfile, multirotor: DroneProfile) -> None:
    order = waiting("o1", 300.0, lift_and_cruise=flight(200, 4e6), multirotor=flight(260, 1e5))
    drones = [drone("d1", lift_and_cruise), drone("d2", multirotor)]
    (decision,) = assign([order], drones, now_s=NOW_S, rules=RULES)
    assert isinstance(decision, Assignment)
    assert decision.vehicle_id == "d1"


def test_a_drone_without_the_battery_is_passed_over_and_the_reason_is_told(lift_and_cruise: DroneProfile) -> None:
    drones = [drone("d1", lift_and_cruise, battery_j=2.0e6), drone("d2", lift_and_cruise)]
    (decision,) = assign([waiting("o1")], drones, now_s=NOW_S, rules=RULES)
    assert isinstance(decision, Assignment)
    assert decision.vehicle_id == "d2"
    reason = decision.alternatives[0].reason
    assert reason is not None
    assert (reason.code, reason.value, reason.limit) == (ReasonCode.ENERGY, 1e6, pytest.approx(2.0e6 - 0.25 * 5.4e6))


def test_when_no_battery_suffices_the_order_is_unassigned_for_energy(lift_and_cruise: DroneProfile) -> None:
    (decision,) = assign([waiting("o1")], [drone("d1", lift_and_cruise, battery_j=2.0e6)], now_s=NOW_S, rules=RULES)
    assert isinstance(decision, Unassigned)
    assert decision.reasons[0].code is ReasonCode.ENERGY


def test_an_order_no_drone_can_bring_in_time_goes_by_road_with_the_numbers(lift_and_cruise: DroneProfile) -> None:
    (decision,) = assign([waiting("o1", 400.0)], [drone("d1", lift_and_cruise)], now_s=NOW_S, rules=RULES)
    assert isinstance(decision, Unassigned)
    assert (decision.reasons[0].code, decision.reasons[0].value) == (ReasonCode.PROMISE, 45.0)


def test_a_site_may_let_an_order_fly_a_little_late_rather_than_go_by_road(lift_and_cruise: DroneProfile) -> None:
    rules = replace(RULES, flight_lateness_limit_s=60.0)
    (decision,) = assign([waiting("o1", 400.0)], [drone("d1", lift_and_cruise)], now_s=NOW_S, rules=rules)
    assert isinstance(decision, Assignment)
    assert decision.cost.lateness_s == 45.0


def test_an_order_without_a_road_flies_late_rather_than_never(lift_and_cruise: DroneProfile) -> None:
    (decision,) = assign([waiting("o1", 100.0, road=False)], [drone("d1", lift_and_cruise)], now_s=NOW_S, rules=RULES)
    assert isinstance(decision, Assignment)
    assert decision.cost.lateness_s == 345.0


def test_with_one_drone_two_short_flights_are_kept_and_the_long_one_goes_by_road(lift_and_cruise: DroneProfile) -> None:
    orders = [
        waiting("long", 1_000.0, lift_and_cruise=flight(900)),
        waiting("short1", 1_100.0, lift_and_cruise=flight(200)),
        waiting("short2", 1_200.0, lift_and_cruise=flight(200)),
    ]
    decisions = assign(orders, [drone("d1", lift_and_cruise)], now_s=NOW_S, rules=RULES)
    assert [type(decision) for decision in decisions] == [Unassigned, Assignment, Awaiting]
    assert isinstance(decisions[0], Unassigned)
    assert decisions[0].reasons[0].text.startswith("drones are taken by orders that can be on time")


def test_the_first_flight_is_chosen_with_the_next_one_in_view(lift_and_cruise: DroneProfile) -> None:
    patient, urgent = waiting("patient", 1_800.0), waiting("urgent", 500.0)
    decisions = assign([patient, urgent], [drone("d1", lift_and_cruise)], now_s=NOW_S, rules=RULES)
    assert [type(decision) for decision in decisions] == [Awaiting, Assignment]
    assert all(not isinstance(d, Unassigned) and d.cost.lateness_s == 0 for d in decisions)


def test_an_aircraft_of_no_able_type_gives_a_fleet_reason(multirotor: DroneProfile) -> None:
    (decision,) = assign([waiting("o1")], [drone("d1", multirotor)], now_s=NOW_S, rules=RULES)
    assert isinstance(decision, Unassigned)
    assert decision.reasons[0].code is ReasonCode.FLEET


def test_no_orders_and_no_drones_are_no_trouble(lift_and_cruise: DroneProfile) -> None:
    assert assign([], [drone("d1", lift_and_cruise)], now_s=NOW_S, rules=RULES) == ()
    (decision,) = assign([waiting("o1")], [], now_s=NOW_S, rules=RULES)
    assert isinstance(decision, Unassigned)


def test_every_order_gets_one_answer_and_no_drone_two_flights_at_once(lift_and_cruise: DroneProfile) -> None:
    orders = [waiting(f"o{n}", 600.0 + 97 * (n % 11), lift_and_cruise=flight(100 + 31 * (n % 7))) for n in range(30)]
    drones = [drone(f"d{n}", lift_and_cruise, 60.0 * (n % 3)) for n in range(6)]
    decisions = assign(orders, drones, now_s=NOW_S, rules=RULES)
    assert [decision.order_id for decision in decisions] == [order.order.order_id for order in orders]
    committed = [decision.vehicle_id for decision in decisions if isinstance(decision, Assignment)]
    assert sorted(committed) == ["d0", "d3"]
    assert decisions == assign(orders, list(reversed(drones)), now_s=NOW_S, rules=RULES)
