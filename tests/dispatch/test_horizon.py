"""The rolling horizon: what it decides, and that no input stops it."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest

from skystork.dispatch.horizon import decide, offer
from skystork.dispatch.horizon_decision import Action, HorizonDecision, Way, Why
from skystork.dispatch.horizon_situation import (
    Expected,
    Flight,
    HorizonDrone,
    HorizonOrder,
    HorizonVan,
    Hub,
    PartnerOffer,
    Situation,
    VanStop,
)
from skystork.orders.order import OrderId, VehicleId
from skystork.orders.reasons import Reason, ReasonCode

KIND = "hub/wing"
TOO_HEAVY = (Reason(ReasonCode.WEIGHT, "9 kg, a drone carries 2.3 kg", 9, 2.3),)
NO_ROAD = (Reason(ReasonCode.FLEET, "no van is in service", 0, 1),)


def flight(out_s: float, *, energy_j: float = 1e4, opens_s: float = -math.inf) -> Flight:
    return Flight(KIND, out_s, 2 * out_s, energy_j, cost=2.0 + out_s / 300, opens_s=opens_s)


def order(name: str, east_m: float = 3_000.0, *, due_s: float = 1_800.0, flies: bool = True) -> HorizonOrder:
    flights = (flight(abs(east_m) / 20),) if flies else ()
    return HorizonOrder(
        OrderId(name), (east_m, 0.0), due_s, 1.0, flights, () if flies else TOO_HEAVY, van_reasons=(), late_cost=25.0
    )


def drone(name: str, ready_at_s: float = 0.0, **more: object) -> HorizonDrone:
    return HorizonDrone(VehicleId(name), KIND, "hub", ready_at_s, turn_s=240.0, **more)  # type: ignore[arg-type]


def van(name: str, **more: object) -> HorizonVan:
    given: dict[str, object] = {"position_enu_m": (0.0, 0.0), "free_at_s": 0.0, "shift_ends_s": 36_000.0} | more
    return HorizonVan(
        VehicleId(name),
        "hub",
        speed_m_s=30 / 3.6,
        circuity=1.3,
        capacity_kg=500.0,
        capacity_parcels=20,
        service_s=120.0,
        load_s=180.0,
        **given,  # type: ignore[arg-type]
    )


def situation(*parts: HorizonOrder | HorizonDrone | HorizonVan, **more: object) -> Situation:
    return Situation(
        tuple(part for part in parts if isinstance(part, HorizonOrder)),
        tuple(part for part in parts if isinstance(part, HorizonDrone)),
        (Hub("hub"),),
        tuple(part for part in parts if isinstance(part, HorizonVan)),
        **more,  # type: ignore[arg-type]
    )


def names(decision: HorizonDecision, action: Action) -> list[str]:
    return [choice.order_id for choice in decision.by_action(action)]


def test_an_urgent_order_takes_the_drone_that_stands_ready() -> None:
    choice = decide(situation(order("a", due_s=400.0), drone("D1"), van("V1"))).of(OrderId("a"))
    assert (choice.action, choice.vehicle_id, choice.way) == (Action.LAUNCH, "D1", Way.DRONE)
    assert choice.eta_s == pytest.approx(150.0)
    assert {way.way for way in choice.ways} == {Way.DRONE, Way.VAN}
    assert not choice.breaks


def test_the_price_of_every_way_is_told_and_the_reasons_of_those_that_are_closed() -> None:
    heavy = order("a", due_s=7_200.0, flies=False)
    choice = decide(situation(heavy, drone("D1"), van("V1"))).of(OrderId("a"))
    by_drone, by_van = choice.ways
    assert (by_drone.possible, by_drone.reasons) == (False, TOO_HEAVY)
    assert by_van.vehicle_id == "V1"
    assert by_van.cost > 0
    assert Why.ONLY_WAY in choice.why


def test_of_more_orders_than_a_drone_can_bring_in_time_the_long_flight_makes_room() -> None:
    long = order("long", 9_000.0, due_s=900.0)
    near = [order(f"near{number}", 1_000.0, due_s=900.0) for number in range(2)]
    decision = decide(situation(long, *near, drone("D1")))
    assert not decision.of(OrderId("near0")).breaks
    assert not decision.of(OrderId("near1")).breaks
    assert decision.of(OrderId("long")).breaks
    assert [choice.order_id for choice in decision.breaking] == ["long"]


def test_a_van_carries_what_the_drones_have_no_time_for() -> None:
    orders = [order(f"o{number}", due_s=1_500.0) for number in range(8)]
    decision = decide(situation(*orders, drone("D1"), van("V1")))
    assert not decision.breaking
    assert {choice.way for choice in decision.choices} == {Way.DRONE, Way.VAN}


def test_a_flight_waits_for_hours_only_where_a_van_may_pass_meanwhile() -> None:
    alone = situation(order("a", due_s=10_800.0), drone("D1"))
    assert decide(alone).of(OrderId("a")).action is Action.LAUNCH


def test_a_flight_that_has_time_waits_while_drones_are_kept_for_urgent_orders() -> None:
    relaxed = situation(order("a", due_s=3_000.0), drone("D1"))
    assert decide(relaxed).of(OrderId("a")).action is Action.LAUNCH
    busy = replace(relaxed, expected=(Expected(KIND, per_s=1 / 300, flight_s=600.0, notice_s=300.0),))
    choice = decide(busy).of(OrderId("a"))
    assert (choice.action, choice.why[0]) == (Action.RESERVE, Why.KEPT_FOR_URGENT)
    at_last = decide(replace(busy, now_s=choice.leave_latest_s - 10.0)).of(OrderId("a"))
    assert (at_last.action, at_last.breaks) == (Action.LAUNCH, False)


def test_an_order_given_to_a_drone_stays_with_it() -> None:
    first, second = order("a", due_s=2_000.0), order("b", due_s=700.0)
    decision = decide(situation(first, second, drone("D1", holds=OrderId("a")), drone("D2")))
    assert decision.of(OrderId("a")).action is Action.HOLD
    assert decision.of(OrderId("a")).vehicle_id == "D1"
    assert decision.of(OrderId("b")).vehicle_id == "D2"


def rule_of(*parts: HorizonOrder | HorizonDrone | HorizonVan) -> str:
    (let_go,) = decide(situation(*parts)).let_go
    return let_go.rule


def test_each_rule_lets_an_order_go() -> None:
    a, name = order("a"), OrderId("a")
    assert rule_of(a, drone("D1", holds=name, in_service=False)) == "out_of_service"
    assert rule_of(drone("D1", holds=name)) == "order_gone"
    assert rule_of(a, drone("D1", holds=name), drone("D2", holds=name)) == "held_twice"
    assert rule_of(order("a", flies=False), drone("D1", holds=name)) == "cannot_fly"
    assert rule_of(a, drone("D1", holds=name, usable_j=5e3, full_j=6e3)) == "battery_short"
    assert rule_of(a, drone("D1", 5_000.0, holds=name), drone("D2")) == "would_be_late"


def test_the_drone_with_the_least_battery_that_is_enough_flies() -> None:
    near = replace(order("near"), flights=(flight(150.0, energy_j=1e4),))
    far = replace(order("far"), flights=(flight(150.0, energy_j=9e4),))
    fleet = [drone("low", usable_j=2e4, full_j=1e5, swap_s=600.0), drone("full", usable_j=1e5, full_j=1e5)]
    decision = decide(situation(near, far, *fleet))
    assert (decision.of(OrderId("near")).vehicle_id, decision.of(OrderId("far")).vehicle_id) == ("low", "full")


def test_batteries_of_many_drones_are_matched_and_the_match_ends() -> None:
    dice = np.random.default_rng(7)
    for count in (2, 13, 40):
        orders = [
            replace(
                order(f"o{number}"),
                flights=(flight(float(dice.uniform(60, 500)), energy_j=float(dice.uniform(1e4, 5e5))),),
            )
            for number in range(count)
        ]
        drones = [
            drone(f"D{number}", float(dice.uniform(-50, 25)), usable_j=float(dice.uniform(2e5, 1e6)), full_j=1e6)
            for number in range(count)
        ]
        decision = decide(situation(*orders, *drones))
        flown = [choice.vehicle_id for choice in decision.choices if choice.vehicle_id is not None]
        assert len(decision.choices) == count
        assert len(flown) > 0


def test_drones_leave_a_hub_one_slot_after_another() -> None:
    orders = [order(f"o{number}", due_s=900.0) for number in range(3)]
    drones = [drone(f"D{number}") for number in range(3)]
    hub = Hub("hub", load_s=30.0, launch_every_s=60.0, bays_free_at_s=(0.0,), next_launch_s=0.0)
    decision = decide(replace(situation(*orders, *drones), hubs=(hub,)))
    lifts_s = sorted(choice.eta_s - 150.0 for choice in decision.choices)
    assert all(later - sooner >= 60.0 for sooner, later in itertools.pairwise(lifts_s))


def test_a_parcel_left_by_a_drone_is_fetched_on_the_way_without_breaking_a_promise() -> None:
    on_board = VanStop(OrderId("on board"), (6_000.0, 0.0), due_s=2_000.0, weight_kg=1.0)
    left = replace(order("left", 5_000.0, due_s=5_000.0, flies=False), pick_up_enu_m=(3_000.0, 0.0))
    away = van("V1", away=True, position_enu_m=(1_000.0, 0.0), stops=(on_board,))
    decision = decide(situation(left, away))
    (plan,) = decision.vans
    assert plan.detour == ("left",)
    assert set(plan.stops) == {"left", "on board"}
    assert not decision.breaking


def test_a_partner_takes_what_nobody_else_brings_in_time() -> None:
    asked = replace(order("a", 12_000.0, due_s=600.0), partners=(PartnerOffer("courier", 15.0, 500.0),))
    choice = decide(situation(asked, drone("D1", 3_000.0), van("V1"))).of(OrderId("a"))
    assert (choice.action, choice.vehicle_id) == (Action.PARTNER, "courier")


def test_an_order_no_mode_can_serve_waits_with_every_reason() -> None:
    nowhere = replace(order("a", flies=False), van_reasons=NO_ROAD)
    choice = decide(situation(nowhere, drone("D1"), van("V1"))).of(OrderId("a"))
    assert (choice.action, choice.why) == (Action.DEFER, (Why.NO_WAY,))
    assert choice.reasons == (*TOO_HEAVY, *NO_ROAD)


def test_a_fleet_of_nothing_defers_everything() -> None:
    decision = decide(situation(order("a"), order("b", flies=False)))
    assert names(decision, Action.DEFER) == ["a", "b"]
    assert decide(situation(drone("D1"), van("V1"))).choices == ()


def test_a_shift_that_ends_before_it_begins_is_told_and_nothing_is_loaded() -> None:
    wrong = van("V1", shift_begins_s=9_000.0, shift_ends_s=1_000.0)
    decision = decide(situation(order("a", flies=False), wrong))
    assert "shift ends before it begins" in decision.problems[0]
    assert decision.of(OrderId("a")).action is Action.DEFER


@pytest.mark.parametrize("wrong", [math.nan, math.inf, -60.0])
def test_a_hole_in_the_matrix_closes_its_legs_and_no_others(wrong: float) -> None:
    road_s = np.full((3, 3), 300.0)
    road_s[0, 2] = wrong
    a, b = replace(order("a", flies=False), place=1), replace(order("b", flies=False), place=2)
    made = replace(situation(a, b, van("V1", place=0)), hubs=(Hub("hub", place=0),), road_s=road_s)
    decision = decide(made)
    assert "holes or negative times" in decision.problems[0]
    assert decision.of(OrderId("a")).action is Action.ROAD
    (plan,) = decision.vans
    assert plan.tour == ("a", "b")


def test_a_vehicle_or_an_order_claimed_twice_counts_once() -> None:
    decision = decide(situation(order("a"), order("a"), drone("D1"), drone("D1"), van("V1"), van("V1")))
    assert len(decision.choices) == 1
    assert len(decision.problems) == 3
    assert all("twice" in problem for problem in decision.problems)


def test_without_time_everything_waits_and_nothing_is_dropped() -> None:
    orders = [order(f"o{number}") for number in range(5)]
    decision = decide(situation(*orders, drone("D1")), spent=lambda: 1.0)
    assert not decision.complete
    assert [choice.order_id for choice in decision.choices] == [f"o{number}" for number in range(5)]
    assert all(Why.DEADLINE in choice.why for choice in decision.choices)


def test_an_offer_is_the_shortest_promise_that_holds() -> None:
    idle, busy = situation(drone("D1"), van("V1")), situation(drone("D1", 2_000.0), van("V1"))
    assert offer(idle, order("new", 3_000.0)).within_s == 1_800.0
    later = offer(busy, order("new", 11_000.0))
    assert (later.within_s, later.refused_s) == (3_600.0, (1_800.0,))
    nobody = offer(situation(), order("new"))
    assert (nobody.within_s, nobody.way) == (math.inf, None)


def test_what_only_a_van_can_bring_is_planned_however_dear_the_way_is() -> None:
    """No promise is given up for the price of driving: it would go by road all the same, and nobody would know why."""
    far = replace(order("far", 30_000.0, due_s=14_400.0, flies=False), late_cost=25.0)
    choice = decide(situation(far, drone("d"), van("v"))).of(far.order_id)
    assert choice.ways[1].cost > far.late_cost
    assert (choice.action, choice.way, choice.why[0]) == (Action.ROAD, Way.VAN, Why.ONLY_WAY)


def test_an_order_that_a_drone_could_bring_waits_for_it_where_a_tour_alone_costs_more_than_its_promise() -> None:
    far = replace(order("far", 30_000.0, due_s=14_400.0), late_cost=25.0)
    empty = drone("d", usable_j=0.0, full_j=0.0)
    choice = decide(situation(far, empty, van("v"))).of(far.order_id)
    assert (choice.action, choice.why) == (Action.DEFER, (Why.TOUR_TOO_DEAR,))


def test_plans_that_are_worth_the_same_do_not_take_turns() -> None:
    """Far more than the vehicles can carry, nothing happens, and yet it is decided each second."""
    orders = [order(f"o{number}", 2_000.0 + 350.0 * number, due_s=2_400.0) for number in range(40)]
    now = situation(*orders, *(drone(f"D{n}", ready_at_s=300.0 + 60 * n) for n in range(4)), van("V1"), van("V2"))
    changes, before = 0, decide(now)
    for second in range(1, 31):
        queues = {each.vehicle_id: each.queue for each in before.drones}
        tours = {each.vehicle_id: each.tour for each in before.vans}
        now = replace(
            now,
            now_s=float(second),
            drones=tuple(replace(each, foreseen=queues.get(each.vehicle_id, ())) for each in now.drones),
            vans=tuple(replace(each, next_tour=tours.get(each.vehicle_id, ())) for each in now.vans),
        )
        decision = decide(now)
        changes += sum(decision.of(each.order_id).action is not before.of(each.order_id).action for each in orders)
        before = decision
    assert changes <= len(orders) // 4
